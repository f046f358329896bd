//! What a log did in an epoch and past it: each entry names the epoch it was written in, and so says that its author had reached it (PROTOCOL
//! A5.4 rules 3 and 4).
//!
//! It is made of the lowest numbers that are known, so it is the same for all who have the same entries, in whatever order these came and
//! whatever they name as their predecessors.

use minicbor::{Decode, Encode};

/// The way of one log through one epoch, as far as it is known. Numbers are places in the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct Passage {
    /// The lowest number of an entry in the epoch.
    #[n(0)]
    entered: Option<u64>,
    /// The lowest number of a commit in it, whether it counts or not.
    #[n(1)]
    committed: Option<u64>,
    /// The highest number of a commit in it.
    #[n(2)]
    last: Option<u64>,
    /// The lowest number of an entry in an epoch above it.
    #[n(3)]
    left: Option<u64>,
}

impl Passage {
    /// Takes in an entry in the epoch. Returns whether it is the lowest that is known.
    pub fn enter(&mut self, sequence: u64) -> bool {
        lower(&mut self.entered, sequence)
    }

    /// Takes in a commit in the epoch.
    pub fn commit(&mut self, sequence: u64) {
        self.last = self.last.max(Some(sequence));
        lower(&mut self.committed, sequence);
    }

    /// Takes in an entry in an epoch that builds on this one. Returns whether it is the lowest that is known.
    pub fn leave(&mut self, sequence: u64) -> bool {
        lower(&mut self.left, sequence)
    }

    /// Whether a commit in the epoch comes after all others: the log holds one in it under a lower number (REQ-FORK-6), or had left the
    /// epoch before it (REQ-FORK-7). It stays valid, since somebody may have built on it before that was known.
    #[must_use]
    pub fn demotes(&self, sequence: u64) -> bool {
        [self.committed, self.left].into_iter().flatten().any(|lowest| lowest < sequence)
    }

    /// Whether it demotes any commit that is known.
    #[must_use]
    pub fn demotes_any(&self) -> bool {
        self.last.is_some_and(|last| self.demotes(last))
    }
}

fn lower(known: &mut Option<u64>, sequence: u64) -> bool {
    let lowest = known.is_none_or(|known| sequence < known);
    if lowest {
        *known = Some(sequence);
    }
    lowest
}
