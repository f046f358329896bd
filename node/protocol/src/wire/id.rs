//! `/tidings/id/1`: who is this account?

use tidings_crypto::id::AccountId;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct IdRequest {
    /// The account.
    pub account: AccountId,
}

/// The answer; empty if the account neither lives nor has its mailbox here.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct IdResponse {
    /// The whole identity log.
    pub log: VLByteVec,
    /// The newest box key record.
    pub box_key: VLByteVec,
    /// The newest reach record; empty if the account has never had a mailbox.
    pub reach: VLByteVec,
}
