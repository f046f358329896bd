//! All who are at one epoch are in the same state: same number, members and authenticator, whatever branch it is on. On none is somebody in
//! who is banned there.

use std::collections::{BTreeMap, BTreeSet};

use tidings_crypto::id::EpochId;
use tidings_protocol::account::policy::Policy;

use super::{Checker, Seen, Verdict};
use crate::sim::view::TipFact;

/// The authenticator first seen for each epoch.
#[derive(Default)]
pub(super) struct Epochs {
    authenticators: BTreeMap<EpochId, Vec<u8>>,
}

impl Epochs {
    fn check(&mut self, seen: &Seen<'_>, fact: &TipFact) -> Verdict {
        let record = &fact.record;
        let roster = seen.view.tree.get(&record.tip);
        let same = |members: &BTreeSet<_>| {
            record.members.len() == members.len() && record.members.iter().all(|m| members.contains(m))
        };
        if roster.is_some_and(|roster| roster.number != record.epoch || !same(&roster.members)) {
            return Err(format!("{:?} has other members at epoch {} than others", fact.account, record.epoch));
        }
        let banned = |policy: Policy| record.members.iter().any(|member| policy.bans.contains(member));
        if Policy::parse(&record.policy).is_ok_and(banned) {
            return Err(format!("{:?} has somebody in at epoch {} who is banned", fact.account, record.epoch));
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
        let members = seen.facts.tips.iter().filter(|fact| fact.record.membership.is_in());
        members.into_iter().try_for_each(|fact| self.check(seen, fact))
    }
}
