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
    /// By a device that signed two different entries under one number, or another commit in that epoch before, or that had left it.
    #[n(4)]
    Demoted,
}

impl Class {
    /// All of them, the most preferred first.
    pub const ALL: [Self; 5] = [Self::Removal, Self::Admin, Self::Readmit, Self::Update, Self::Demoted];

    /// The number under which it travels.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The class with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.number() == number)
    }
}
