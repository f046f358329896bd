//! Mailboxes: `/me/mailboxes`, and `/mailbox/vouchers` of a node that is one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /me/mailboxes`: a node that keeps messages for the caller while the caller's own node is off. 201 [`Mailbox`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MailboxRequest {
    /// Where it is: a multiaddr that ends in `/p2p/` and its peer id.
    pub address: String,
    /// What its operator gave; needed where the mailbox asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voucher: Option<String>,
}

/// How the caller stands with a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MailboxState {
    /// It has not answered yet.
    Waiting,
    /// It keeps for the caller, and contacts know it.
    Registered,
    /// It does not; see `reason`.
    Refused,
}

/// One mailbox. `GET /me/mailboxes` lists all; `DELETE /me/mailboxes/{peerId}` gives one up (204).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mailbox {
    /// The node's peer id.
    pub peer_id: String,
    /// Where it is: multiaddrs.
    pub addresses: Vec<String>,
    /// How the caller stands with it.
    pub state: MailboxState,
    /// Why it refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Bytes it keeps at most, as it says.
    pub quota_bytes: u64,
    /// Bytes it kept when it answered last.
    pub used_bytes: u64,
    /// When it answered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<String>,
}

/// `POST /mailbox/vouchers`, on the Unix socket of a mailbox: lets somebody have their mailbox here. 201 [`Voucher`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VoucherRequest {
    /// Bytes kept at most.
    pub quota_bytes: u64,
    /// How long it can be redeemed, in seconds.
    pub expires_in_seconds: u64,
}

/// A voucher. It is shown once, and good for one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Voucher {
    /// What its receiver passes to `account mailbox add --voucher`.
    pub voucher: String,
    /// Bytes kept at most.
    pub quota_bytes: u64,
    /// The end of its time.
    pub expires_at: String,
}
