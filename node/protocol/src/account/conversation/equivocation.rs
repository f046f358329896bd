//! A device that signs two entries for one place of its log shows different logs to different members. What it committed from there on
//! counts last, and nobody waits for it (PROTOCOL A5.4 rule 5).

use tidings_crypto::id::{AccountId, DeviceId};

use super::{epoch, follow_commit, tip, valid};
use crate::account::process::{Progress, try_on};
use crate::account::{device_log, trail};
use crate::error::Outcome;
use crate::record::conversation::ConversationRecord;
use crate::record::log::DeviceLogRecord;
use crate::step::Step;
use crate::wire::inner::{Kind, Signed, generation_of};

/// Follows an entry that stands beside its author's log: nobody reads it, but others may have seen this one only, so a commit stands for
/// choice like one of the log. Both are judged along their own hashes.
pub(crate) fn followed(
    step: &mut Step<'_>,
    account: AccountId,
    mut record: ConversationRecord,
    entry: &Signed,
    log: DeviceLogRecord,
) -> Outcome<Progress> {
    if trail::is_noted(step, account, entry)? {
        return Ok(Progress::Done);
    }
    let (log, demoted) = prove(step, account, &record, entry, log)?;
    let before = trail::before(step, account, &record, &log, entry)?;
    let progress = if before.is_some() { Progress::Done } else { Progress::Waits };
    if let Some(trail) = before {
        follow(step, account, &mut record, entry, DeviceLogRecord { trail, ..log })?;
    }
    if demoted {
        tip::settle(step, account, &mut record)?;
    }
    Ok(progress)
}

fn follow(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    entry: &Signed,
    mut log: DeviceLogRecord,
) -> Outcome<()> {
    if entry.inner.kind() == Some(Kind::Commit) {
        try_on(step, record, |step, record| follow_commit::received(step, account, record, entry, &log))?;
    }
    valid::extend(step, account, record, &mut log.trail, entry)?;
    trail::note(step, account, entry, &log.trail);
    Ok(())
}

/// Two entries for one place prove that the log forks there. Returns the log with that, and whether any commit was lowered by it.
fn prove(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    entry: &Signed,
    mut log: DeviceLogRecord,
) -> Outcome<(DeviceLogRecord, bool)> {
    let from = entry.inner.sequence;
    if log.is_forked(from) || !device_log::is_beside(step, account, entry)? {
        return Ok((log, false));
    }
    log.forks.retain(|known| generation_of(*known) != generation_of(from));
    log.forks.push(from);
    device_log::put(step, account, &record.id, &entry.inner.device, &log);
    let demoted = demote(step, account, record, (&entry.inner.device, &log))?;
    Ok((log, demoted))
}

/// Lowers the device's commits behind a fork of its log. Returns whether there were any.
fn demote(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (device, log): (&DeviceId, &DeviceLogRecord),
) -> Outcome<bool> {
    let mut any = false;
    for id in epoch::subtree(step, account, &record.id, &record.base)? {
        let mut known = epoch::named(step, account, &record.id, &id)?;
        if let Some(commit) = known.commit.as_mut()
            && commit.device == *device
            && log.is_forked(commit.sequence)
            && !commit.demoted
        {
            commit.demoted = true;
            any = true;
            epoch::put(step, account, &record.id, &id, &known);
        }
    }
    Ok(any)
}
