//! Conversations as an account keeps them.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId, DeviceId, EpochId, NodeId, QueueId};

use crate::limits::SUCCESSOR_AFTER_MS;

/// What kind of conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ConversationKind {
    /// Two people.
    #[n(0)]
    Direct,
    /// A group.
    #[n(1)]
    Group,
}

/// Whether the account takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Membership {
    /// A member.
    #[n(0)]
    Member,
    /// Wants to leave; the owner has not committed it yet.
    #[n(1)]
    Leaving,
    /// Left.
    #[n(2)]
    Left,
    /// Was removed.
    #[n(3)]
    Removed,
}

impl Membership {
    /// Whether the account is in: a member, also one who wants to leave.
    #[must_use]
    pub const fn is_in(self) -> bool {
        matches!(self, Self::Member | Self::Leaving)
    }
}

/// An entry of another device that was processed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct HeadRecord {
    /// Whose log.
    #[n(0)]
    pub device: DeviceId,
    /// Its number there.
    #[n(1)]
    pub sequence: u64,
    /// The epoch tag under which it was sealed.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub tag: [u8; 8],
}

/// One conversation. Number 18 was the count of unread messages, which is now computed from the read marker.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ConversationRecord {
    /// Its id, which is also the MLS group id.
    #[n(0)]
    pub id: ConversationId,
    /// Direct or group.
    #[n(1)]
    pub kind: ConversationKind,
    /// The account's own part.
    #[n(2)]
    pub membership: Membership,
    /// The queue that carries it.
    #[n(3)]
    pub queue: QueueId,
    /// The generation secret from which the topic key comes.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub topic_secret: [u8; 32],
    /// The newest epoch: a pointer to its rows.
    #[n(5)]
    pub tip: EpochId,
    /// Its number in MLS.
    #[n(6)]
    pub epoch: u64,
    /// Epochs whose rows are kept, the tip included: the chosen ones, so that late messages can be read and a better rival followed, and
    /// their rivals.
    #[n(7)]
    pub kept: Vec<EpochId>,
    /// The policy extension of the tip, as bytes.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub policy: Vec<u8>,
    /// Own log: the last sequence number.
    #[n(9)]
    pub own_sequence: u64,
    /// Own log: the hash of the last entry.
    #[cbor(n(10), with = "minicbor::bytes")]
    pub own_head: [u8; 32],
    /// Own log: the epoch tag of the last entry.
    #[cbor(n(11), with = "minicbor::bytes")]
    pub own_tag: [u8; 8],
    /// The hybrid logical clock.
    #[n(12)]
    pub clock: u64,
    /// How many entries wait for their predecessors.
    #[n(13)]
    pub pending: u32,
    /// Members of the tip, own account included, in the order of the tree.
    #[n(14)]
    pub members: Vec<AccountId>,
    /// The node that hosts each of `members`, in the same order.
    #[n(21)]
    pub homes: Vec<NodeId>,
    /// What was processed of others since the last own entry; at most four, the newest last.
    #[n(22)]
    pub heads: Vec<HeadRecord>,
    /// The log key of the tip.
    #[cbor(n(23), with = "minicbor::bytes")]
    pub log_key: [u8; 32],
    /// Epoch tags of past epochs, the newest last: a newcomer is told which entries it will never be able to read.
    #[n(24)]
    pub past_tags: Vec<minicbor::bytes::ByteArray<8>>,
    /// Who founded it.
    #[n(15)]
    pub creator: AccountId,
    /// When the account came in, unix milliseconds.
    #[n(16)]
    pub created_at: u64,
    /// Time of the last message or change, unix milliseconds.
    #[n(17)]
    pub active_at: u64,
    /// When the account started to owe a receipt, unix milliseconds; 0 if it owes none.
    #[n(19)]
    pub receipt_due: u64,
    /// How many entries could not be read at all.
    #[n(20)]
    pub unreadable: u32,
    /// The oldest epoch at which a rival commit can still change anything for this device.
    #[n(25)]
    pub base: EpochId,
    /// Chosen epochs before the base that are still remembered, oldest first.
    #[n(26)]
    pub past: Vec<EpochId>,
    /// Queues of the kept epochs.
    #[n(27)]
    pub queues: Vec<QueueId>,
    /// How often the followers were asked for what entries wait for.
    #[n(28)]
    pub asks: u32,
    /// When it last asked to be let back in, unix milliseconds; 0 if never.
    #[n(30)]
    pub asked_at: u64,
    /// The generation of the own log that it asked for last.
    #[n(31)]
    pub asked_generation: u16,
    /// The generation of the own log.
    #[n(32)]
    pub generation: u16,
    /// The key package that it asked to be added by, by reference; empty if it never asked.
    #[cbor(n(33), with = "minicbor::bytes")]
    pub asked_package: Vec<u8>,
    /// When the own leaf is to be renewed next, unix milliseconds; 0 if never.
    #[n(34)]
    pub refresh_at: u64,
    /// Which log each device writes at the tip that was let back in.
    #[n(35)]
    pub generations: Vec<GenerationRecord>,
    /// When it last came in by a welcome, unix milliseconds: it has heard nobody before.
    #[n(36)]
    pub welcomed_at: Option<u64>,
    /// When this account last said that it is here, to those who wanted to pass it over, unix milliseconds.
    #[n(37)]
    pub answered_at: Option<u64>,
    /// Whether entries were left in their queues since too many wait: these are read again when there is room.
    #[n(38)]
    pub passed_over: bool,
    /// Whether entries were left in their queues that could not be opened for long: these are read again when the tip moves.
    #[n(39)]
    pub given_up: bool,
    /// When the tip was entered or somebody else last wrote under it, unix milliseconds.
    #[n(40)]
    pub heard_at: u64,
    /// When it is looked at again whether what was final here is so for the others, unix milliseconds.
    #[n(41)]
    pub doubt_at: Option<u64>,
    /// Where the tree began before a late rival put this account out: a vote may yet bring it back.
    #[n(42)]
    pub base_before: Option<EpochId>,
    /// The last number of the own log when it asked to be let back in: what came after may be behind its end for the others.
    #[n(43)]
    pub asked_sequence: u64,
    /// Since when the others are where this device cannot follow, unix milliseconds: it writes nothing until it is let back in. Absent if
    /// it can follow.
    #[n(44)]
    pub stranded_since: Option<u64>,
    /// The group in which this one goes on: nothing is written here any more.
    #[n(45)]
    pub succeeded_by: Option<ConversationId>,
}

/// Which of its logs a device writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct GenerationRecord {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// The generation of its log.
    #[n(1)]
    pub generation: u16,
}

/// Which log a device writes, by such a list: its first if it is not named.
#[must_use]
pub fn generation_among(generations: &[GenerationRecord], device: &DeviceId) -> u16 {
    generations.iter().find(|known| known.device == *device).map_or(0, |known| known.generation)
}

impl ConversationRecord {
    /// A conversation of which nothing is known but its id and where its tree begins. `now` is in unix milliseconds.
    #[must_use]
    pub fn blank(id: ConversationId, kind: ConversationKind, creator: AccountId, base: EpochId, now: u64) -> Self {
        Self {
            id,
            kind,
            membership: Membership::Member,
            queue: QueueId::from_bytes([0; 32]),
            topic_secret: [0; 32],
            // None of the tree yet.
            tip: EpochId::from_bytes([0; 32]),
            epoch: 0,
            kept: Vec::new(),
            policy: Vec::new(),
            own_sequence: 0,
            own_head: [0; 32],
            own_tag: [0; 8],
            clock: 0,
            pending: 0,
            members: Vec::new(),
            homes: Vec::new(),
            heads: Vec::new(),
            log_key: [0; 32],
            past_tags: Vec::new(),
            creator,
            created_at: now,
            active_at: now,
            receipt_due: 0,
            unreadable: 0,
            base,
            past: Vec::new(),
            queues: Vec::new(),
            asks: 0,
            asked_at: 0,
            asked_generation: 0,
            generation: 0,
            asked_package: Vec::new(),
            refresh_at: 0,
            generations: Vec::new(),
            welcomed_at: None,
            answered_at: None,
            passed_over: false,
            given_up: false,
            heard_at: now,
            doubt_at: None,
            base_before: None,
            asked_sequence: 0,
            stranded_since: None,
            succeeded_by: None,
        }
    }

    /// Whether the others are where this device cannot follow.
    #[must_use]
    pub const fn is_stranded(&self) -> bool {
        self.stranded_since.is_some()
    }

    /// From when on a successor may be opened, unix milliseconds; `None` where this device can follow the others (REQ-SUCC-1).
    #[must_use]
    pub fn successor_from(&self) -> Option<u64> {
        self.stranded_since.map(|since| since.saturating_add(SUCCESSOR_AFTER_MS))
    }

    /// Notes whether they are; `now` is in unix milliseconds.
    pub fn set_stranded(&mut self, stranded: bool, now: u64) {
        self.stranded_since = stranded.then(|| self.stranded_since.unwrap_or(now));
    }
}

/// The key that opens the outer seal of one epoch's entries.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LogKeyRecord {
    /// The key.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// The epoch.
    #[n(1)]
    pub epoch: EpochId,
    /// The queue that carries its entries.
    #[n(10)]
    pub queue: QueueId,
}
