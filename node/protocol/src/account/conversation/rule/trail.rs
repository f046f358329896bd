//! Where a log has been: each entry names the epoch it was written in, and so says that its author had reached it (PROTOCOL A5.4 rules 3
//! and 4).
//!
//! A commit is judged against the entries before it in its own log, along their hashes. These never change, so neither does the verdict,
//! whatever comes later or by another way. If a device signed two logs, each commit is judged along its own.

use minicbor::{Decode, Encode};
use tidings_crypto::id::EpochId;

/// The place of an epoch in the tree of epochs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The epoch its commit was made in; `None` for the first.
    pub parent: Option<EpochId>,
    /// How many commits lie below it. Two epochs with one number are different states.
    pub number: u64,
}

/// What the place of a commit is, in view of its author's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may stand.
    Valid,
    /// The log already holds a commit in the same epoch: the one with the lowest number counts (REQ-FORK-6).
    Repeated,
    /// The log was written past this epoch already: who has seen what followed cannot act before it (REQ-FORK-7).
    Backdated,
}

/// The epochs a log has reached, as far as they matter: the newest on each branch, and those it has committed in and not left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Trail {
    #[n(0)]
    reached: Vec<EpochId>,
    #[n(1)]
    committed: Vec<EpochId>,
}

impl Trail {
    /// Goes on with the next entry of the log, written in `epoch`; `commit` says whether it is a commit, valid or not.
    ///
    /// `place` reads the tree. Its rows may be forgotten only by number, the oldest first: an epoch without a row is taken to lie below
    /// all others.
    ///
    /// # Errors
    /// What `place` fails with; the trail is then unchanged.
    pub fn extend<E>(
        &mut self,
        epoch: EpochId,
        commit: bool,
        place: impl Fn(&EpochId) -> Result<Option<Place>, E>,
    ) -> Result<(), E> {
        let mut reached = Vec::with_capacity(self.reached.len() + 1);
        let mut passed = false;
        for other in &self.reached {
            passed |= *other == epoch || below(&epoch, other, &place)?;
            if *other == epoch || !below(other, &epoch, &place)? {
                reached.push(*other);
            }
        }
        if !passed {
            reached.push(epoch);
        }
        let mut committed = Vec::with_capacity(self.committed.len() + 1);
        for other in self.committed.iter().chain(commit.then_some(&epoch)) {
            if !committed.contains(other) && !left_behind(other, &reached, &place)? {
                committed.push(*other);
            }
        }
        *self = Self { reached, committed };
        Ok(())
    }

    /// Judges a commit in `parent` by the next entry of the log.
    ///
    /// # Errors
    /// What `place` fails with.
    pub fn judge<E>(
        &self,
        parent: &EpochId,
        place: impl Fn(&EpochId) -> Result<Option<Place>, E>,
    ) -> Result<Verdict, E> {
        if self.committed.contains(parent) {
            return Ok(Verdict::Repeated);
        }
        Ok(if left_behind(parent, &self.reached, &place)? { Verdict::Backdated } else { Verdict::Valid })
    }
}

fn left_behind<E>(
    epoch: &EpochId,
    reached: &[EpochId],
    place: &impl Fn(&EpochId) -> Result<Option<Place>, E>,
) -> Result<bool, E> {
    for other in reached {
        if below(epoch, other, place)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether `lower` is a strict ancestor of `upper`.
fn below<E>(
    lower: &EpochId,
    upper: &EpochId,
    place: &impl Fn(&EpochId) -> Result<Option<Place>, E>,
) -> Result<bool, E> {
    let Some(Place { number: floor, .. }) = place(lower)? else { return Ok(false) };
    let mut at = *upper;
    while let Some(Place { parent: Some(parent), number }) = place(&at)? {
        if number <= floor {
            return Ok(false);
        }
        if parent == *lower {
            return Ok(true);
        }
        at = parent;
    }
    Ok(false)
}
