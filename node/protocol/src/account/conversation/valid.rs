//! Which commits count beside what their author may do: the path to the parent decides (PROTOCOL A5.4 rule 2). The rule is a pure function in
//! `rule`; here the rows are read that it asks for.

use tidings_crypto::id::AccountId;

use super::epoch;
use super::rule::{Ancestor, Class, within_spacing};
use crate::account::policy::RANK_NONE;
use crate::error::{Outcome, Rejection};
use crate::record::conversation::{ConversationKind, ConversationRecord};
use crate::record::epoch::{CommitRecord, EpochRecord};
use crate::step::Step;

/// Checks that a member without a role leaves room for others between two commits of its own (REQ-FORK-5).
pub(crate) fn keeps_spacing(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    at: &EpochRecord,
    commit: &CommitRecord,
) -> Outcome<()> {
    if commit.class == Class::Readmit || is_spaced(step, account, record, at, (&commit.author, commit.rank))? {
        Ok(())
    } else {
        Err(Rejection::Refused { reason: "too many commits of one member" }.into())
    }
}

/// Whether this account may make an ordinary commit at the tip, as far as REQ-FORK-5 goes.
pub(crate) fn may_commit_ordinarily(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<bool> {
    let tip = epoch::named(step, account, &record.id, &record.tip)?;
    let rank = super::state::rank(&record.policy, &account)?;
    is_spaced(step, account, record, &tip, (&account, rank))
}

fn is_spaced(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    at: &EpochRecord,
    (author, rank): (&AccountId, u16),
) -> Outcome<bool> {
    if record.kind == ConversationKind::Direct || rank != RANK_NONE {
        return Ok(true);
    }
    within_spacing(author, at.members.len(), Branch { step, account, record, at: Some(at.clone()) })
}

/// The commits from an epoch downwards.
struct Branch<'a, 'b> {
    step: &'a Step<'b>,
    account: AccountId,
    record: &'a ConversationRecord,
    at: Option<EpochRecord>,
}

impl Iterator for Branch<'_, '_> {
    type Item = Outcome<Ancestor>;

    fn next(&mut self) -> Option<Self::Item> {
        let here = self.at.take()?;
        let commit = here.commit?;
        if let Some(parent) = here.parent {
            match epoch::get(self.step, self.account, &self.record.id, &parent) {
                Ok(below) => self.at = below,
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(Ancestor { author: commit.author, class: commit.class }))
    }
}
