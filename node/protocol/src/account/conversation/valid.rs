//! Which commits count beside what their author may do: the author's log and the path to the parent decide (PROTOCOL A5.4). The rules are
//! pure functions in `rule`; here stand the facts they ask for.

use tidings_crypto::id::{AccountId, EpochId};

use super::epoch;
use super::rule::Class;
use crate::error::{Outcome, Rejection};
use crate::limits::ANCHORS_MAX;
use crate::record::conversation::{ConversationKind, ConversationRecord};
use crate::record::epoch::{CommitRecord, EpochRecord};
use crate::record::log::DeviceLogRecord;
use crate::step::Step;

/// Judges a commit at `parent`; what it is after that: a device whose log forks counts last.
pub(crate) fn judge(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (parent, at): (&EpochId, &EpochRecord),
    commit: CommitRecord,
    log: &DeviceLogRecord,
) -> Outcome<CommitRecord> {
    for child in &at.children {
        let rival = epoch::named(step, account, &record.id, child)?.commit;
        if rival.is_some_and(|rival| rival.device == commit.device && rival.sequence < commit.sequence) {
            return Err(Rejection::Refused { reason: "second commit of a device at one epoch" }.into());
        }
    }
    for acknowledged in &log.epochs {
        if is_ancestor(step, account, record, parent, acknowledged)? {
            return Err(Rejection::Refused { reason: "commit to an epoch its author had left" }.into());
        }
    }
    if floods(step, account, record, at, &commit)? {
        return Err(Rejection::Refused { reason: "too many commits of one member" }.into());
    }
    let forks = log.forked_at.is_some_and(|from| commit.sequence >= from);
    Ok(CommitRecord { class: if forks { Class::Demoted } else { commit.class }, ..commit })
}

/// Whether `epoch` builds on `ancestor` and is not it.
fn is_ancestor(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    ancestor: &EpochId,
    epoch: &EpochId,
) -> Outcome<bool> {
    let mut at = *epoch;
    while let Some(parent) = epoch::get(step, account, &record.id, &at)?.and_then(|known| known.parent) {
        if parent == *ancestor {
            return Ok(true);
        }
        at = parent;
    }
    Ok(false)
}

/// Whether a member without a role commits again before enough others did (PROTOCOL A5.4 rule 2).
fn floods(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    at: &EpochRecord,
    commit: &CommitRecord,
) -> Outcome<bool> {
    let bounded = record.kind == ConversationKind::Group && commit.rank == u16::MAX && commit.class == Class::Update;
    if !bounded {
        return Ok(false);
    }
    let needed = (at.members.len() / 3).clamp(1, ANCHORS_MAX);
    let (mut between, mut here) = (0, at.clone());
    while between < needed {
        let Some(made) = here.commit else { return Ok(false) };
        if made.author != commit.author {
            between += 1;
        } else if made.class == Class::Update {
            return Ok(true);
        }
        match here.parent {
            Some(parent) => match epoch::get(step, account, &record.id, &parent)? {
                Some(next) => here = next,
                None => return Ok(false),
            },
            None => return Ok(false),
        }
    }
    Ok(false)
}
