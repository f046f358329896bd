//! Rows of a node that keeps queues for others, and of accounts that have such nodes.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, NodeId};

/// An account for which this node keeps queues and items.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SponsorRecord {
    /// The node that collects.
    #[n(0)]
    pub home: NodeId,
    /// Most bytes kept.
    #[n(1)]
    pub quota: u64,
    /// Bytes of entries kept.
    #[n(2)]
    pub used: u64,
    /// Of these, bytes of queues which contacts have opened and the account has not claimed yet.
    #[n(3)]
    pub unclaimed: u64,
    /// When its last registration was issued, unix milliseconds by its device.
    #[n(4)]
    pub issued_at: u64,
    /// When it registered last, unix milliseconds.
    #[n(5)]
    pub seen_at: u64,
    /// Whether it came by a voucher.
    #[n(6)]
    pub by_voucher: bool,
    /// Whether its last key package was handed out.
    #[n(7)]
    pub last_resort_used: bool,
    /// Its identity log, shown to whoever asks for the account.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub identity_log: Vec<u8>,
    /// Its box key record; the same.
    #[cbor(n(9), with = "minicbor::bytes")]
    pub box_key: Vec<u8>,
    /// Its reach record; the same.
    #[cbor(n(10), with = "minicbor::bytes")]
    pub reach: Vec<u8>,
}

/// What one sponsor wants of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SponsoredRecord {
    /// Who.
    #[n(0)]
    pub account: AccountId,
    /// Whether the account has claimed it; else a contact has opened it.
    #[n(1)]
    pub claimed: bool,
    /// Bytes of the queue that count as this sponsor's.
    #[n(2)]
    pub charged: u64,
    /// Whether the sponsor says that another queue carries the conversation by now.
    #[n(3)]
    pub closing: bool,
    /// Nodes that may read.
    #[n(4)]
    pub readers: Vec<NodeId>,
}

/// What an operator gives to somebody so that this node keeps for them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct VoucherRecord {
    /// Most bytes kept.
    #[n(0)]
    pub quota: u64,
    /// Unix seconds after which it can't be redeemed.
    #[n(1)]
    pub expires: u64,
    /// Who has redeemed it.
    #[n(2)]
    pub used_by: Option<AccountId>,
}

/// How an account stands with one of its mailboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum MailboxState {
    /// It has not answered yet.
    #[n(0)]
    Waiting,
    /// It keeps for this account.
    #[n(1)]
    Registered,
    /// It does not; the reason stands beside.
    #[n(2)]
    Refused,
}

/// One mailbox of an account.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OwnMailboxRecord {
    /// Which node.
    #[n(0)]
    pub node: NodeId,
    /// Binary multiaddrs.
    #[n(1)]
    pub addresses: Vec<minicbor::bytes::ByteVec>,
    /// What its operator gave; empty if nothing.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub voucher: Vec<u8>,
    /// How it stands.
    #[n(3)]
    pub state: MailboxState,
    /// Why it refuses; empty unless it does.
    #[n(4)]
    pub refusal: String,
    /// Bytes it keeps at most, as it says.
    #[n(5)]
    pub quota: u64,
    /// Bytes it keeps, as it said last.
    #[n(6)]
    pub used: u64,
    /// Key packages it had left.
    #[n(7)]
    pub key_packages: u32,
    /// Hash of what it was last told, so that it is told again only what changed.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub told: Vec<u8>,
    /// When it answered last, unix milliseconds.
    #[n(9)]
    pub seen_at: u64,
    /// Whether the last key package there has to be replaced.
    #[n(10)]
    pub last_resort_due: bool,
}
