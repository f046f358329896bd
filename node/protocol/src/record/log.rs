//! Rows of the log layer.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, NodeId, QueueId};

/// Another node that keeps a queue.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FollowerRecord {
    /// Which.
    #[n(0)]
    pub node: NodeId,
    /// Entries before this counter are older than its interest: it could not read them.
    #[n(1)]
    pub since: u64,
}

/// One queue that this node keeps.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct QueueRecord {
    /// The public topic key; the queue id is its hash.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub topic: [u8; 32],
    /// Other nodes that keep it.
    #[n(1)]
    pub followers: Vec<FollowerRecord>,
    /// Accounts of this node that read it.
    #[n(2)]
    pub subscribers: Vec<AccountId>,
    /// The counter of the next entry.
    #[n(3)]
    pub next: u64,
    /// Who presented it first, while no account has confirmed it.
    #[n(4)]
    pub provisional: Option<NodeId>,
    /// The newest MLS epoch that `followers` come from: an account that unlocks late goes through older ones.
    #[n(5)]
    pub epoch: u64,
}

/// One entry that a node still has to acknowledge.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct OutboxRecord {
    /// The queue.
    #[n(0)]
    pub queue: QueueId,
    /// The entry's counter in it.
    #[n(1)]
    pub counter: u64,
    /// Unix milliseconds of the first try.
    #[n(2)]
    pub since: u64,
    /// The account of this node that wrote it and wants to know.
    #[n(3)]
    pub author: AccountId,
    /// Whether the node passes it on to others, which this node does not push to itself.
    #[n(20)]
    pub shared: bool,
}

/// One sealed item on its way to an account's inbox.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ParcelRecord {
    /// For whom.
    #[n(0)]
    pub recipient: AccountId,
    /// The sealed item.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub item: Vec<u8>,
    /// Unix milliseconds of the first try.
    #[n(2)]
    pub since: u64,
}

/// One device of a conversation: its key, and how far its log was processed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DeviceLogRecord {
    /// Whose device.
    #[n(0)]
    pub account: AccountId,
    /// The device key, from the identity log.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// The last sequence number processed; 0 for none.
    #[n(2)]
    pub sequence: u64,
    /// The hash of that entry.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub head: [u8; 32],
    /// The last sequence number our receipts have covered.
    #[n(4)]
    pub receipted: u64,
    /// The last own sequence number that this device has receipted to us.
    #[n(5)]
    pub acknowledged: u64,
    /// For a device that was removed: the last entry that counts.
    #[n(6)]
    pub cut: Option<u64>,
    /// Entries of it that could not be read and that no receipt has named yet.
    #[n(7)]
    pub unreadable: Vec<u64>,
    /// The clock under which its last entry was put in order.
    #[n(8)]
    pub clock: u64,
    /// Whether it signed two entries with one number: it is not waited for any more.
    #[n(9)]
    pub forked: bool,
    /// The last entry that was refused for standing behind a cut: others may build on it, and it will never be processed here.
    #[n(10)]
    pub dropped: u64,
}
