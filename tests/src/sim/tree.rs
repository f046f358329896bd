//! The tree of epochs as the observer has seen it: what any account keeps of any epoch.

use std::collections::{BTreeMap, BTreeSet};

use tidings_crypto::id::{AccountId, ConversationId, EpochId};
use tidings_protocol::record::epoch::{EpochRecord, Standing};

/// One epoch, by whoever first came to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roster {
    pub(crate) conversation: ConversationId,
    pub(crate) number: u64,
    pub(crate) parent: Option<EpochId>,
    pub(crate) members: BTreeSet<AccountId>,
}

/// All epochs.
#[derive(Default)]
pub(crate) struct Tree {
    epochs: BTreeMap<EpochId, Roster>,
    /// What builds on an epoch, also where its state was given up in the step that made it.
    children: BTreeMap<(ConversationId, EpochId), BTreeSet<EpochId>>,
}

impl Tree {
    /// Notes an epoch that an account has entered into its own tree.
    pub(crate) fn note(&mut self, conversation: ConversationId, epoch: EpochId, record: &EpochRecord) {
        if let Some(parent) = record.parent {
            self.children.entry((conversation, parent)).or_default().insert(epoch);
        }
        if record.standing != Standing::Kept {
            return;
        }
        let members = record.members.iter().copied().collect();
        let roster = Roster { conversation, number: record.number, parent: record.parent, members };
        self.epochs.entry(epoch).or_insert(roster);
    }

    /// The epoch, if anybody is or was in it.
    pub(crate) fn get(&self, epoch: &EpochId) -> Option<&Roster> {
        self.epochs.get(epoch)
    }

    fn ancestry(&self, epoch: EpochId) -> Vec<EpochId> {
        let mut line = vec![epoch];
        while let Some(parent) = line.last().and_then(|at| self.get(at)).and_then(|at| at.parent) {
            line.push(parent);
        }
        line
    }

    /// Whether `tip` builds on the epoch, or is it.
    pub(crate) fn leads_to(&self, epoch: EpochId, tip: EpochId) -> bool {
        self.ancestry(tip).contains(&epoch)
    }

    /// Whether `account` was in at each epoch between `first` and `tip`: back to where both branches meet, and forth again.
    pub(crate) fn was_in_between(&self, first: EpochId, tip: EpochId, account: AccountId) -> bool {
        let (there, here) = (self.ancestry(first), self.ancestry(tip));
        let Some(meet) = there.iter().find(|epoch| here.contains(epoch)) else { return false };
        let until = |line: &[EpochId]| line.iter().position(|epoch| epoch == meet).map_or(0, |at| at + 1);
        let way = there.iter().take(until(&there)).chain(here.iter().take(until(&here)));
        way.into_iter().all(|epoch| self.get(epoch).is_some_and(|roster| roster.members.contains(&account)))
    }

    /// Whether two or more epochs build on one.
    pub(crate) fn forks(&self, conversation: ConversationId) -> u64 {
        let of_it = self.children.iter().filter(|((of, _), _)| *of == conversation);
        of_it.map(|(_, children)| children.len().saturating_sub(1) as u64).sum()
    }
}
