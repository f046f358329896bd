//! A device that signs two entries for one place of its log shows different logs to different members. What it committed from there on
//! counts last, and nobody waits for it (PROTOCOL A5.4 rule 5).

use tidings_crypto::id::{AccountId, DeviceId};

use super::{epoch, passage};
use crate::account::device_log;
use crate::error::Outcome;
use crate::record::conversation::ConversationRecord;
use crate::record::log::DeviceLogRecord;
use crate::step::Step;
use crate::wire::inner::{Signed, generation_of};

/// Takes in what an entry proves of its author by being there, whatever became of those before it. Returns whether a commit was lowered by
/// it: that hangs on which entries are here and not on the order in which they came.
pub(crate) fn witness(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    entry: &Signed,
) -> Outcome<bool> {
    let behind = passage::note(step, account, record, entry)?;
    let forked = device_log::claim(step, account, entry)?;
    Ok((forked && prove(step, account, record, entry)?) || behind)
}

/// Two entries for one place prove that the log forks there. Returns whether any commit was lowered by it.
fn prove(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord, entry: &Signed) -> Outcome<bool> {
    let mut log = device_log::of_author(step, account, entry)?;
    let from = entry.inner.sequence;
    if log.is_forked(from) {
        return Ok(false);
    }
    log.forks.retain(|known| generation_of(*known) != generation_of(from));
    log.forks.push(from);
    device_log::put(step, account, &record.id, &entry.inner.device, &log);
    demote(step, account, record, (&entry.inner.device, &log))
}

/// Lowers the device's commits behind a fork of its log. Returns whether there were any.
fn demote(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (device, log): (&DeviceId, &DeviceLogRecord),
) -> Outcome<bool> {
    let mut ids = epoch::subtree(step, account, &record.id, &record.base)?;
    for past in &record.past {
        ids.extend(epoch::get(step, account, &record.id, past)?.map(|past| past.children).unwrap_or_default());
    }
    let mut any = false;
    for id in ids {
        any |= epoch::demote_if(step, account, record, &id, |commit| {
            commit.device == *device && log.is_forked(commit.sequence)
        })?;
    }
    Ok(any)
}
