//! What a device wrote behind the end of its log: nobody reads it, but a commit in it is a rival like any other.
//!
//! Where a log ends is what the chosen branch says. Whether a commit counts may not depend on that, or those who come from different
//! branches would choose from different commits. So the log is followed further, in its order, for the commits alone.

use tidings_crypto::id::AccountId;

use super::conversation::{equivocation, follow_commit};
use super::device_log::{self, Place};
use super::process::{Progress, try_on};
use super::trail;
use crate::error::Outcome;
use crate::record::conversation::ConversationRecord;
use crate::record::log::{BeyondRecord, DeviceLogRecord};
use crate::step::Step;
use crate::wire::inner::{Kind, Signed};

/// Takes an entry that counts no more on the chosen branch.
pub(crate) fn passed(
    step: &mut Step<'_>,
    account: AccountId,
    mut record: ConversationRecord,
    entry: &Signed,
    log: DeviceLogRecord,
) -> Outcome<Progress> {
    if entry.inner.generation > log.generation {
        note(step, account, entry, None)?;
        return Ok(Progress::Done);
    }
    let mut further = further(&log);
    match device_log::place(step, account, &record, &further, entry)? {
        Place::Next => {}
        // What came between the end of one log and the beginning of the next may have been followed in part only.
        Place::Later if entry.inner.generation < log.generation => {
            note(step, account, entry, None)?;
            return Ok(Progress::Done);
        }
        Place::Later => return Ok(Progress::Waits),
        Place::Before => return Ok(Progress::Done),
        Place::Beside => return equivocation::followed(step, account, record, entry, log),
    }
    let trail = trail::before(step, account, &record, &further, entry)?.unwrap_or_else(|| further.trail.clone());
    if entry.inner.kind() == Some(Kind::Commit) {
        let judged = DeviceLogRecord { trail: trail.clone(), ..further.clone() };
        try_on(step, &mut record, |step, record| follow_commit::received(step, account, record, entry, &judged))?;
    }
    device_log::advance(step, account, &record, &mut further, (entry, trail))?;
    let DeviceLogRecord { sequence, head, trail, .. } = further;
    note(step, account, entry, Some(BeyondRecord { sequence, head, trail }))?;
    Ok(Progress::Done)
}

/// How far a log was followed.
pub(crate) fn of(log: &DeviceLogRecord) -> BeyondRecord {
    let DeviceLogRecord { sequence, head, trail, .. } = log.clone();
    log.beyond.clone().unwrap_or(BeyondRecord { sequence, head, trail })
}

/// The log as far as it was followed.
fn further(log: &DeviceLogRecord) -> DeviceLogRecord {
    let gaps = if log.beyond.is_some() { Vec::new() } else { log.gaps.clone() };
    let BeyondRecord { sequence, head, trail } = of(log);
    DeviceLogRecord { sequence, head, trail, gaps, dropped: 0, ..log.clone() }
}

/// The device may be added again, and then nobody shall wait for this entry. A commit may just have moved the end of the log.
fn note(step: &mut Step<'_>, account: AccountId, entry: &Signed, beyond: Option<BeyondRecord>) -> Outcome<()> {
    let log = device_log::of_author(step, account, entry)?;
    if device_log::is_over(&log, entry) {
        let dropped = log.dropped.max(entry.inner.sequence);
        let beyond = beyond.or_else(|| log.beyond.clone());
        let log = DeviceLogRecord { dropped, beyond, ..log };
        device_log::put(step, account, &entry.inner.conversation, &entry.inner.device, &log);
    }
    Ok(())
}
