//! Two entries of one log with one number: what that costs their author (PROTOCOL A5.4 rule 5).

use std::collections::BTreeMap;

use tidings_crypto::id::EntryId;

use super::{Class, Passage};

/// The lowest number under which a log (one device, one generation) holds two entries; `None` while it is honest. Two signed entries are
/// the proof, and whoever holds both comes to the same number, in whatever order they came.
#[must_use]
pub fn forked_at(entries: impl IntoIterator<Item = (u64, EntryId)>) -> Option<u64> {
    let mut first = BTreeMap::new();
    let mut lowest: Option<u64> = None;
    for (sequence, id) in entries {
        if *first.entry(sequence).or_insert(id) != id {
            lowest = Some(lowest.map_or(sequence, |known| known.min(sequence)));
        }
    }
    lowest
}

/// The class under which a commit with number `sequence` takes part in the choice. From the number on at which its log forks it comes after
/// all others (REQ-FORK-8), and so it does if the log's way through its parent says so (REQ-FORK-6, REQ-FORK-7). It stays valid, since
/// somebody may have built on it before the proof was known.
#[must_use]
pub fn effective_class(made: Class, sequence: u64, forked_at: Option<u64>, passage: &Passage) -> Class {
    if forked_at.is_some_and(|at| sequence >= at) || passage.demotes(sequence) { Class::Demoted } else { made }
}
