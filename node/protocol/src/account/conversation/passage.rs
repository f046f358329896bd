//! The way of each log through the tree of epochs, by which commits are judged that come twice in an epoch or behind their author
//! (REQ-FORK-6, REQ-FORK-7). The rule is pure and stands in `rule`; here the rows are kept that it asks for.

use tidings_crypto::id::{AccountId, ConversationId, DeviceId, EpochId};

use super::epoch;
use super::rule::Passage;
use crate::error::Outcome;
use crate::record::conversation::ConversationRecord;
use crate::record::key;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::inner::{Kind, Signed};

fn row(record: &ConversationRecord, epoch: &EpochId, device: &DeviceId) -> Vec<u8> {
    key::join(&[record.id.as_bytes(), epoch.as_bytes(), device.as_bytes()])
}

/// The way of a device's log through an epoch, as far as it is known here.
pub(crate) fn of(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (epoch, device): (&EpochId, &DeviceId),
) -> Outcome<Passage> {
    let known = step.rows.get(Scope::Account(account), Table::LogPassage, &row(record, epoch, device))?;
    Ok(known.unwrap_or_default())
}

fn put(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (epoch, device): (&EpochId, &DeviceId),
    passage: &Passage,
) {
    step.rows.put(Scope::Account(account), Table::LogPassage, &row(record, epoch, device), passage);
}

/// Takes in what an entry says of the way of its author's log. Returns whether a commit was lowered by it.
pub(crate) fn note(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    entry: &Signed,
) -> Outcome<bool> {
    let (at, sequence) = ((&entry.inner.epoch, &entry.inner.device), entry.inner.sequence);
    let before = of(step, account, record, at)?;
    let mut here = before;
    let entered = here.enter(sequence);
    if entry.inner.kind() == Some(Kind::Commit) {
        here.commit(sequence);
    }
    if here == before {
        return Ok(false);
    }
    put(step, account, record, at, &here);
    let lowered = here.demotes_any() && lower(step, account, record, at, &here)?;
    Ok((entered && leave(step, account, record, entry)?) || lowered)
}

/// Whoever writes in an epoch has left those below it. Where that was known of an epoch, it was known of all further below.
fn leave(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord, entry: &Signed) -> Outcome<bool> {
    let mut lowered = false;
    let mut at = epoch::get(step, account, &record.id, &entry.inner.epoch)?.and_then(|here| here.parent);
    while let Some(below) = at {
        let Some(known) = epoch::get(step, account, &record.id, &below)? else { break };
        let place = (&below, &entry.inner.device);
        let mut there = of(step, account, record, place)?;
        if !there.leave(entry.inner.sequence) {
            break;
        }
        put(step, account, record, place, &there);
        lowered |= there.demotes_any() && lower(step, account, record, place, &there)?;
        at = known.parent;
    }
    Ok(lowered)
}

/// Lowers the device's commits in an epoch that its way through it demotes. Returns whether there were any that stood higher.
fn lower(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (parent, device): (&EpochId, &DeviceId),
    passage: &Passage,
) -> Outcome<bool> {
    let mut any = false;
    for child in epoch::get(step, account, &record.id, parent)?.map(|at| at.children).unwrap_or_default() {
        any |= epoch::demote_if(step, account, record, &child, |commit| {
            commit.device == *device && passage.demotes(commit.sequence)
        })?;
    }
    Ok(any)
}

/// Forgets the ways of all logs through an epoch that is forgotten.
pub(crate) fn forget(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    epoch: &EpochId,
) -> Outcome<()> {
    let prefix = key::join(&[conversation.as_bytes(), epoch.as_bytes()]);
    for (row, _) in step.rows.scan(Scope::Account(account), Table::LogPassage, &prefix, usize::MAX)? {
        step.rows.delete(Scope::Account(account), Table::LogPassage, &row);
    }
    Ok(())
}
