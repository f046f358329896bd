//! Epochs of a conversation as an account keeps them: a tree, since commits race (PROTOCOL A5). The MLS rows of each stand elsewhere,
//! under the same id.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, DeviceId, EntryId, EpochId, NodeId, QueueId};

use crate::account::conversation::rule::Class;
use crate::record::conversation::GenerationRecord;

/// What an account has of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Standing {
    /// Its MLS rows: messages and commits under it can be read.
    #[n(0)]
    Kept,
    /// Nothing: the commit that leads to it removed this account.
    #[n(1)]
    Out,
    /// Its rows were given up: for forward secrecy, or because the commit is of no use to this device.
    #[n(2)]
    Forgotten,
    /// Only what a welcome told of it.
    #[n(3)]
    Told,
}

/// The commit that leads to an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct CommitRecord {
    /// Its entry.
    #[n(0)]
    pub id: EntryId,
    /// Who made it.
    #[n(1)]
    pub author: AccountId,
    /// On which device.
    #[n(2)]
    pub device: DeviceId,
    /// Its place in that device's log.
    #[n(3)]
    pub sequence: u64,
    /// What it does.
    #[n(4)]
    pub class: Class,
    /// Its author's rank at the parent; 0 is the most senior.
    #[n(5)]
    pub rank: u16,
    /// Whether its author's log forks at or before it: it counts last.
    #[n(6)]
    pub demoted: bool,
}

/// Where a removed device's log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct CutRecord {
    /// The removed device.
    #[n(0)]
    pub device: DeviceId,
    /// The last entry that counts.
    #[n(1)]
    pub sequence: u64,
}

/// A device that is let back in: its old log ends, and another begins.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReadmitRecord {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// The last entry of its old log that counts.
    #[n(1)]
    pub sequence: u64,
    /// The generation of the log that begins.
    #[n(2)]
    pub generation: u16,
    /// Its request, as it was signed.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub request: Vec<u8>,
}

/// A member's vote for a child: cast for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct VoteRecord {
    /// Whose.
    #[n(0)]
    pub voter: AccountId,
    /// For which child.
    #[n(1)]
    pub child: EpochId,
}

/// A word on an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct WordRecord {
    /// Whose.
    #[n(0)]
    pub author: AccountId,
    /// Its entry.
    #[n(1)]
    pub id: EntryId,
    /// The clock of that entry.
    #[n(2)]
    pub clock: u64,
    /// Whether it says that the epoch is void.
    #[n(3)]
    pub void: bool,
}

/// One epoch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct EpochRecord {
    /// Its number in MLS; rivals share it.
    #[n(0)]
    pub number: u64,
    /// What it builds on; none for the first, and for the oldest that a newcomer was told of.
    #[n(1)]
    pub parent: Option<EpochId>,
    /// How it came about; none for the first.
    #[n(2)]
    pub commit: Option<CommitRecord>,
    /// What the account has of it.
    #[n(3)]
    pub standing: Standing,
    /// Members, in the order of the tree; empty where only a welcome told of it.
    #[n(4)]
    pub members: Vec<AccountId>,
    /// The node that hosts each of `members`, in the same order.
    #[n(5)]
    pub homes: Vec<NodeId>,
    /// The policy extension, as bytes; empty where only a welcome told of it.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub policy: Vec<u8>,
    /// The key of the outer seal; zeros if the account is no member.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub log_key: [u8; 32],
    /// The generation secret of its topic; zeros if the account is no member.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub topic_secret: [u8; 32],
    /// The queue that carries its entries.
    #[n(9)]
    pub queue: QueueId,
    /// When it was entered or heard of, unix milliseconds.
    #[n(10)]
    pub entered: u64,
    /// The counter that its queue stood at then: what it changes can concern later entries only.
    #[n(11)]
    pub counter: u64,
    /// Valid commits to it that are known, by the epochs they lead to.
    #[n(12)]
    pub children: Vec<EpochId>,
    /// Logs that its commit ends.
    #[n(13)]
    pub cuts: Vec<CutRecord>,
    /// Devices that its commit adds.
    #[n(14)]
    pub added: Vec<DeviceId>,
    /// Devices that its commit lets back in.
    #[n(15)]
    pub readmitted: Vec<ReadmitRecord>,
    /// Votes for its children.
    #[n(16)]
    pub votes: Vec<VoteRecord>,
    /// The last number of the own log when it was entered; absent where only a welcome told of it.
    #[n(17)]
    pub own_sequence: Option<u64>,
    /// Which log each device writes in it that was let back in on the way to it. What a device signs here counts in that log alone.
    #[n(18)]
    pub generations: Vec<GenerationRecord>,
    /// Words on whether it leads anywhere, own ones too: each counts once, though it may be read again.
    #[n(19)]
    pub words: Vec<WordRecord>,
    /// Who asked under it to be let back in and was told to be out.
    #[n(20)]
    pub gone: Vec<AccountId>,
}

impl EpochRecord {
    /// The last word on it, by the clocks.
    #[must_use]
    pub fn last_word(&self) -> Option<WordRecord> {
        self.words.iter().max_by_key(|word| (word.clock, word.id)).copied()
    }

    /// Whether that is that it is void.
    #[must_use]
    pub fn is_void(&self) -> bool {
        self.last_word().is_some_and(|word| word.void)
    }
}
