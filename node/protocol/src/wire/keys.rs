//! `/tidings/keys/1`: a key package against a contact token.

use tidings_crypto::id::AccountId;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct KeysRequest {
    /// Whose.
    pub account: AccountId,
    /// Given to the asker when the contact was made.
    pub token: [u8; 16],
}

/// The answer; empty if there is none to give.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct KeysResponse {
    /// A signed key package.
    pub key_package: VLByteVec,
}
