//! Which commits count beside what their author may do: the author's log and the path to the parent decide (PROTOCOL A5.4). The rules are
//! pure functions in `rule`; here the rows are read that they ask for.

use tidings_crypto::id::{AccountId, EpochId};

use super::epoch;
use super::rule::{Ancestor, Class, Place, Trail, Verdict, within_spacing};
use crate::account::policy::RANK_NONE;
use crate::error::{Outcome, Rejection};
use crate::record::conversation::{ConversationKind, ConversationRecord};
use crate::record::epoch::{CommitRecord, EpochRecord};
use crate::record::log::DeviceLogRecord;
use crate::step::Step;
use crate::wire::inner::{Kind, Signed};

/// Judges a commit at `parent` by its author's log and by the branch below it.
pub(crate) fn judge(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (parent, at): (&EpochId, &EpochRecord),
    commit: &CommitRecord,
    log: &DeviceLogRecord,
) -> Outcome<()> {
    match log.trail.judge(parent, |epoch| place(step, account, record, epoch))? {
        Verdict::Valid => {}
        Verdict::Repeated => return Err(Rejection::Refused { reason: "second commit of a device at one epoch" }.into()),
        Verdict::Backdated => {
            return Err(Rejection::Refused { reason: "commit to an epoch its author had left" }.into());
        }
    }
    keeps_spacing(step, account, record, at, commit)
}

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

/// Goes on with the next entry of a log.
pub(crate) fn extend(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    trail: &mut Trail,
    entry: &Signed,
) -> Outcome<()> {
    let is_commit = entry.inner.kind() == Some(Kind::Commit);
    trail.extend(entry.inner.epoch, is_commit, |epoch| place(step, account, record, epoch))
}

fn place(step: &Step<'_>, account: AccountId, record: &ConversationRecord, epoch: &EpochId) -> Outcome<Option<Place>> {
    let known = epoch::get(step, account, &record.id, epoch)?;
    Ok(known.map(|known| Place { parent: known.parent, number: known.number }))
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
