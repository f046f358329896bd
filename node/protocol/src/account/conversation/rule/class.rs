//! What a commit does, in the order in which rivals are preferred (PROTOCOL A5.5).

use minicbor::{Decode, Encode};

/// The class of a commit. One that does several things has the first that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Class {
    /// Removes, demotes or bans somebody, or revokes a device.
    #[n(0)]
    Removal,
    /// Another change that takes a role: add, policy, promote.
    #[n(1)]
    Admin,
    /// Lets a device back in, or carries out a self-remove.
    #[n(2)]
    Readmit,
    /// Renews the committer's own leaf and nothing else.
    #[n(3)]
    Update,
    /// By a device that signed two different entries under one number.
    #[n(4)]
    Demoted,
}
