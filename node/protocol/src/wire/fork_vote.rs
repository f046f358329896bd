//! The body of a vote: which of several commits at one epoch its author has made final (PROTOCOL A5.6). The entry's signature is the vote's.

use tidings_crypto::id::EpochId;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

/// A vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct ForkVote {
    /// The epoch with several children.
    pub parent: EpochId,
    /// The child.
    pub child: EpochId,
}
