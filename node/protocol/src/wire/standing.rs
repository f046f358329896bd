//! The body of a word on an epoch: whether its branch leads anywhere, or who is out (PROTOCOL 14). The entry's signature is the word's; the epoch is that
//! under which it stands.

use tidings_crypto::id::AccountId;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

/// A word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum Word {
    /// The epoch has lost: it leads nowhere, and neither does what builds on it.
    #[tls_codec(discriminant = 1)]
    Void,
    /// It is on the way to where everybody is, after all.
    Holds,
    /// Whoever asked under it to be let back in is a member no more.
    Gone(AccountId),
}
