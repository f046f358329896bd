//! The queue of what happens next, ordered by time and then by who came first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tidings_crypto::id::AccountId;
use tidings_protocol::command::Command;
use tidings_protocol::input::Protocol;

use super::workload::Purpose;

/// One thing that will happen.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// A node runs what waits in its inbox.
    Run { node: usize },
    /// A node's timer.
    Wake { node: usize, life: u64 },
    /// A crashed node comes back.
    Restart { node: usize, life: u64 },
    /// Somebody unlocks an account.
    Unlock { node: usize, life: u64, account: AccountId },
    /// A dial gets through.
    LinkUp { from: usize, to: usize },
    /// A connection ends for both.
    LinkDown { a: usize, b: usize, generation: u64 },
    /// A node notices that its peer is gone.
    PeerGone { node: usize, peer: usize },
    /// A request reaches its peer.
    Arrive { from: usize, life: u64, to: usize, generation: u64, id: u64, protocol: Protocol, bytes: Vec<u8> },
    /// An answer reaches its asker.
    Answer { from: usize, to: usize, life: u64, generation: u64, id: u64, bytes: Vec<u8> },
    /// A request has waited long enough.
    Timeout { node: usize, life: u64, id: u64 },
    /// A partition ends.
    Mend { from: usize, to: usize },
    /// A person does something.
    Act,
    /// A person's command reaches the node.
    Command { person: usize, command: Box<Command>, purpose: Purpose },
    /// The world looks for something to break.
    Fault,
    /// The stranger does something.
    Attack,
    /// The cheating member does something.
    Cheat,
}

struct Entry {
    time: u64,
    sequence: u64,
    event: Event,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.time, self.sequence) == (other.time, other.sequence)
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.time, self.sequence).cmp(&(other.time, other.sequence))
    }
}

/// The virtual clock and what is still to come.
#[derive(Default)]
pub(crate) struct Schedule {
    /// Virtual milliseconds since the world began.
    pub(crate) now: u64,
    sequence: u64,
    heap: BinaryHeap<Reverse<Entry>>,
}

impl Schedule {
    /// Lets `event` happen in `delay` milliseconds.
    pub(crate) fn after(&mut self, delay: u64, event: Event) {
        self.at(self.now.saturating_add(delay), event);
    }

    /// Lets `event` happen at `time`, or now if that is over.
    pub(crate) fn at(&mut self, time: u64, event: Event) {
        self.sequence += 1;
        self.heap.push(Reverse(Entry { time: time.max(self.now), sequence: self.sequence, event }));
    }

    /// Goes to the next event, if there is one up to `limit`; otherwise goes to `limit`.
    pub(crate) fn next(&mut self, limit: u64) -> Option<Event> {
        if self.heap.peek().is_none_or(|Reverse(entry)| entry.time > limit) {
            self.now = self.now.max(limit);
            return None;
        }
        let Reverse(entry) = self.heap.pop()?;
        self.now = entry.time;
        Some(entry.event)
    }
}
