//! The identity log: what an account says about itself, signed by its root key and always shipped whole.
//!
//! Spec: `PROTOCOL.md` A3, `DECISIONS.md` 5, 6, 10, 12. Owns making, reading and checking the log and the box key and reach records beside it.
//! Has no clock: whether a device's `not_after` has passed is for the caller to judge.

mod box_key_record;
mod entry;
mod log;
mod reach_record;
mod read;

pub use box_key_record::{BoxKeyError, BoxKeyRecord};
pub use entry::{DeviceRecord, Home};
pub use log::IdentityLog;
pub use reach_record::{Mailbox, ReachError, ReachRecord};

use crate::codec::CodecError;
use crate::sign::BadSignature;

/// The largest identity log, in bytes.
pub const MAX_LOG: usize = 64 * 1024;
/// The most devices an account has.
pub const MAX_DEVICES: usize = 8;
/// The most home nodes an account names at a time.
pub const MAX_HOMES: usize = 4;
/// The most addresses of one home node.
pub const MAX_HOME_ADDRESSES: usize = 8;
/// The most mailboxes of an account.
pub const MAX_MAILBOXES: usize = 3;
/// The most addresses of one mailbox.
pub const MAX_MAILBOX_ADDRESSES: usize = 3;
/// The longest binary multiaddr, in bytes.
pub const MAX_ADDRESS: usize = 256;

/// Why an identity log is refused, or an entry can't be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Truncated, trailing bytes, not canonical, another version, or no entry at all.
    #[error("the identity log is malformed")]
    Malformed,
    /// An entry of a kind this version does not know.
    #[error("the identity log has an entry of an unknown kind")]
    UnknownKind,
    /// An entry does not name the entry before it, or the first is not the genesis, or a later one is.
    #[error("the chain of the identity log is broken")]
    Chain,
    /// An entry is not signed by the root key.
    #[error("an entry of the identity log is not signed by the root key")]
    Signature,
    /// A device key that is no valid key, or that is the root key.
    #[error("a device key in the identity log is not valid")]
    DeviceKey,
    /// More than [`MAX_LOG`] bytes.
    #[error("the identity log is too large")]
    TooLarge,
    /// More than [`MAX_DEVICES`] devices.
    #[error("the identity log has too many devices")]
    TooManyDevices,
    /// More or longer homes and addresses than allowed.
    #[error("the identity log names too many or too long addresses")]
    Homes,
}

impl From<CodecError> for IdentityError {
    fn from(_: CodecError) -> Self {
        IdentityError::Malformed
    }
}

impl From<BadSignature> for IdentityError {
    fn from(_: BadSignature) -> Self {
        IdentityError::Signature
    }
}

#[cfg(test)]
mod tests;
