//! Timers: what is due when. They are not stored; after a restart they are set again from the rows that need them.

use std::collections::BTreeMap;

use tidings_crypto::id::{AccountId, ConversationId, DeviceId, NodeId, QueueId};

use crate::time::Monotonic;

/// What happens when a timer fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TimerKind {
    /// Try again whatever waits for this peer.
    Peer(NodeId),
    /// Send the receipt an account owes in a conversation.
    Receipt(AccountId, ConversationId),
    /// Ask the followers of a conversation for what entries wait for.
    Missing(AccountId, ConversationId),
    /// Do what was wished for in a conversation and can be done now.
    Act(AccountId, ConversationId),
    /// Look for messages of an account whose time is over.
    Expiry(AccountId),
    /// Look after a queue with many followers.
    Ring(QueueId),
    /// Ask a peer again for what it gave no answer to.
    ReadAgain(NodeId),
    /// Go on processing a queue.
    CatchUp(AccountId, QueueId),
    /// Delete what need not be kept of a queue.
    Retention(QueueId),
    /// Look at all queues, from this one on.
    RetentionRound(QueueId),
    /// Tell an account's mailboxes what changed.
    Register(AccountId),
    /// Read from a mailbox.
    ReadMailbox(NodeId),
    /// As a mailbox: tell a reader that something came.
    SomethingCame(NodeId),
    /// Go on opening an account's inbox.
    OpenInbox(AccountId),
    /// Show a device no longer as typing to an account.
    Typing(AccountId, ConversationId, DeviceId),
}

/// All timers that are set; each kind at most once.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeMap<(Monotonic, TimerKind), ()>,
    set: BTreeMap<TimerKind, Monotonic>,
}

impl Timers {
    /// Sets a timer; an earlier one of the same kind stays.
    pub(crate) fn set(&mut self, kind: TimerKind, at: Monotonic) {
        match self.set.get(&kind) {
            Some(earlier) if *earlier <= at => {}
            Some(later) => {
                self.due.remove(&(*later, kind));
                self.insert(kind, at);
            }
            None => self.insert(kind, at),
        }
    }

    /// Whether a timer of this kind is set.
    pub(crate) fn is_set(&self, kind: TimerKind) -> bool {
        self.set.contains_key(&kind)
    }

    /// Takes a timer back.
    pub(crate) fn cancel(&mut self, kind: TimerKind) {
        if let Some(at) = self.set.remove(&kind) {
            self.due.remove(&(at, kind));
        }
    }

    /// Takes the next timer that is due.
    pub(crate) fn pop_due(&mut self, now: Monotonic) -> Option<TimerKind> {
        let (at, kind) = self.due.keys().next().copied()?;
        if at > now {
            return None;
        }
        self.due.remove(&(at, kind));
        self.set.remove(&kind);
        Some(kind)
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Monotonic> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    fn insert(&mut self, kind: TimerKind, at: Monotonic) {
        self.set.insert(kind, at);
        self.due.insert((at, kind), ());
    }
}
