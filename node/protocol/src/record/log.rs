//! Rows of the log layer.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, BundleId, NodeId, QueueId};

use super::mailbox::SponsoredRecord;
use crate::wire::inner::generation_of;

/// Another node that keeps a queue.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FollowerRecord {
    /// Which.
    #[n(0)]
    pub node: NodeId,
    /// Entries before this counter are older than its interest: it could not read them.
    #[n(1)]
    pub since: u64,
    /// Whether it keeps the queue for a member without being able to read it.
    #[n(10)]
    pub mailbox: bool,
    /// Why it shall keep the queue if it does not know it, a [`crate::wire::mailbox::QueueVoucher`]; empty if there is no reason.
    #[cbor(n(11), with = "minicbor::bytes")]
    pub voucher: Vec<u8>,
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
    /// When it was first presented here, unix milliseconds.
    #[n(10)]
    pub opened_at: u64,
    /// The lowest counter that may still be kept: everything before it was deleted.
    #[n(11)]
    pub first: u64,
    /// Bytes of the entries kept.
    #[n(12)]
    pub bytes: u64,
    /// Since when another queue carries the conversation, unix milliseconds; 0 while this one does.
    #[n(13)]
    pub closed_at: u64,
    /// A closing queue: the day (since 1970) and how many entries were taken on it.
    #[n(14)]
    pub trickle: (u64, u32),
    /// Whether its time is over: nothing is kept, and nothing taken.
    #[n(15)]
    pub ended: bool,
    /// For whom it is kept without their living here.
    #[n(16)]
    pub sponsors: Vec<SponsoredRecord>,
    /// The word of the earlier queue's topic key for this one, a [`crate::wire::mailbox::QueueVoucher`]; empty for the first.
    #[cbor(n(17), with = "minicbor::bytes")]
    pub succession: Vec<u8>,
    /// The newest day (since 1970) on which an entry came.
    #[n(18)]
    pub day: u64,
    /// Who may still read it once nobody here does: they may have been away since it was in use.
    #[n(19)]
    pub latecomers: Vec<FollowerRecord>,
    /// Since when it is kept for them, unix milliseconds.
    #[n(20)]
    pub latecomers_since: u64,
}

impl QueueRecord {
    /// A queue of which nothing is kept yet and which nobody has asked for.
    #[must_use]
    pub const fn new(topic: [u8; 32], opened_at: u64) -> Self {
        Self {
            topic,
            followers: Vec::new(),
            subscribers: Vec::new(),
            next: 1,
            provisional: None,
            epoch: 0,
            opened_at,
            first: 1,
            bytes: 0,
            closed_at: 0,
            trickle: (0, 0),
            ended: false,
            sponsors: Vec::new(),
            succession: Vec::new(),
            day: 0,
            latecomers: Vec::new(),
            latecomers_since: 0,
        }
    }

    /// Whether nobody has asked for it: neither an account of this node nor one that has its mailbox here.
    #[must_use]
    pub fn is_unwanted(&self) -> bool {
        self.subscribers.is_empty() && self.sponsors.is_empty()
    }
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

/// One item on its way to an account's inbox.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ParcelRecord {
    /// For whom.
    #[n(0)]
    pub recipient: AccountId,
    /// The item; empty for a part of a bundle.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub item: Vec<u8>,
    /// Unix milliseconds of the first try.
    #[n(2)]
    pub since: u64,
    /// Mailboxes of the account which get it as well once its home can't be reached.
    #[n(10)]
    pub mailboxes: Vec<NodeId>,
    /// The part that it carries, if it does.
    #[n(4)]
    pub part: Option<PartRecord>,
}

/// A part of a bundle on its way to another node. Its bytes stand with the bundle, once for all nodes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PartRecord {
    /// Of which bundle.
    #[n(0)]
    pub bundle: BundleId,
    /// Which part.
    #[n(1)]
    pub index: u8,
    /// The accounts there for whom the bundle is.
    #[n(2)]
    pub guests: Vec<AccountId>,
}

/// A sealed bundle that this node keeps.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct BundleRecord {
    /// The hashes of its parts.
    #[n(0)]
    pub digests: Vec<minicbor::bytes::ByteArray<32>>,
    /// Parts that have not come yet.
    #[n(1)]
    pub missing: Vec<u8>,
    /// Accounts of this node that have not taken it yet.
    #[n(2)]
    pub guests: Vec<AccountId>,
    /// Parts of it that other nodes still have to be given.
    #[n(3)]
    pub errands: u32,
    /// When its first part came, unix milliseconds.
    #[n(4)]
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
    /// What was processed and no receipt has covered yet.
    #[n(4)]
    pub owed: Vec<Stretch>,
    /// The last own sequence number that this device has receipted to us.
    #[n(5)]
    pub acknowledged: u64,
    /// For a device that was removed: the last entry that counts.
    #[n(6)]
    pub cut: Option<u64>,
    /// Entries of it that could not be read and that no receipt has named yet.
    #[n(7)]
    pub unreadable: Vec<u64>,
    /// The lowest numbers for which it signed two entries, one of each generation in which it did: from there on it is not waited for.
    #[n(9)]
    pub forks: Vec<u64>,
    /// The last entry that was refused for standing behind a cut: others may build on it, and it will never be processed here.
    #[n(10)]
    pub dropped: u64,
    /// Entries that were skipped since they could not be opened.
    #[n(13)]
    pub gaps: Vec<Stretch>,
    /// When a request of it to be let back in was last taken up, unix milliseconds.
    #[n(14)]
    pub readmitted_at: u64,
    /// Between the end of its log before it was let back in, and the beginning of the one after.
    #[n(15)]
    pub void: Option<Stretch>,
    /// When it was last heard, unix milliseconds: by the clock of its newest entry, but no later than that was read here.
    #[n(17)]
    pub heard: Option<u64>,
}

/// A stretch of a log, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Stretch {
    /// The first entry.
    #[n(0)]
    pub first: u64,
    /// The last entry.
    #[n(1)]
    pub last: u64,
}

impl Stretch {
    /// Whether a number lies in it.
    #[must_use]
    pub const fn contains(&self, sequence: u64) -> bool {
        self.first <= sequence && sequence <= self.last
    }
}

impl DeviceLogRecord {
    /// Whether an entry stands where the device shows different logs to different members, or behind that (REQ-FORK-8).
    #[must_use]
    pub fn is_forked(&self, sequence: u64) -> bool {
        self.forks.iter().any(|from| *from <= sequence && generation_of(*from) == generation_of(sequence))
    }

    /// The log of a device of which nothing was processed yet; `now` is when it is heard of, unix milliseconds.
    #[must_use]
    pub fn blank(account: AccountId, key: [u8; 32], now: u64) -> Self {
        Self {
            account,
            key,
            sequence: 0,
            owed: Vec::new(),
            acknowledged: 0,
            cut: None,
            unreadable: Vec::new(),
            forks: Vec::new(),
            dropped: 0,
            gaps: Vec::new(),
            readmitted_at: 0,
            void: None,
            heard: Some(now),
        }
    }
}

/// Why a node cannot be given what waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Obstacle {
    /// No connection comes about.
    #[n(0)]
    Unreachable,
    /// It is connected and does not answer as it must.
    #[n(1)]
    NoAnswer,
    /// It has no room.
    #[n(2)]
    NoRoom,
}

/// A node that cannot be given what waits for it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PeerWaitRecord {
    /// Since when, unix milliseconds.
    #[n(0)]
    pub since: u64,
    /// When it is tried again, unix milliseconds.
    #[n(1)]
    pub next_try: u64,
    /// Why.
    #[n(2)]
    pub obstacle: Obstacle,
}
