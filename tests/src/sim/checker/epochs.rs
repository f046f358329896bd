//! No epoch has two children, and all who are at one epoch are in the same state: same number, members and authenticator.

use std::collections::{BTreeMap, BTreeSet};

use tidings_crypto::id::EpochId;
use tidings_protocol::record::conversation::Membership;

use super::{Checker, Seen, Verdict};
use crate::sim::view::TipFact;

/// The authenticator first seen for each epoch.
#[derive(Default)]
pub(super) struct Epochs {
    authenticators: BTreeMap<EpochId, Vec<u8>>,
}

impl Epochs {
    /// One committer a conversation: nobody can be further than its founder.
    fn check_maker(seen: &Seen<'_>, fact: &TipFact) -> Verdict {
        let record = &fact.record;
        let founder = seen.view.conversations.get(&(record.creator, record.id));
        if founder.is_some_and(|founder| founder.epoch >= record.epoch) {
            return Ok(());
        }
        Err(format!("{:?} is at epoch {}, which the founder has not made", fact.account, record.epoch))
    }

    fn check(&mut self, seen: &Seen<'_>, fact: &TipFact) -> Verdict {
        Self::check_maker(seen, fact)?;
        let record = &fact.record;
        let first = seen.view.chain.get(&(record.id, record.epoch));
        if first.is_some_and(|first| *first != record.tip) {
            return Err(format!(
                "{:?} is at another epoch {} than others: one epoch has two children",
                fact.account, record.epoch
            ));
        }
        let roster = seen.view.rosters.get(&record.tip);
        let same = |members: &BTreeSet<_>| {
            record.members.len() == members.len() && record.members.iter().all(|m| members.contains(m))
        };
        if roster.is_some_and(|roster| roster.number != record.epoch || !same(&roster.members)) {
            return Err(format!("{:?} has other members at epoch {} than others", fact.account, record.epoch));
        }
        if fact
            .before
            .as_ref()
            .is_some_and(|before| before.epoch > record.epoch && before.membership == Membership::Member)
        {
            return Err(format!("{:?} went back to epoch {}", fact.account, record.epoch));
        }
        let Some(authenticator) = &fact.authenticator else {
            return Ok(());
        };
        if self.authenticators.entry(record.tip).or_insert_with(|| authenticator.clone()) == authenticator {
            Ok(())
        } else {
            Err(format!("{:?} has another authenticator at epoch {} than others", fact.account, record.epoch))
        }
    }
}

impl Checker for Epochs {
    fn name(&self) -> &'static str {
        "epochs"
    }

    fn committed(&mut self, seen: &Seen<'_>) -> Verdict {
        let members = seen
            .facts
            .tips
            .iter()
            .filter(|fact| matches!(fact.record.membership, Membership::Member | Membership::Leaving));
        members.into_iter().try_for_each(|fact| self.check(seen, fact))
    }
}
