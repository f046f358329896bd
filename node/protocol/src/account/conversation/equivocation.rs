//! A device that signs two entries for one place of its log shows different logs to different members. What it committed from there on
//! counts last, and nobody waits for it (PROTOCOL A5.4 rule 5).

use tidings_crypto::id::{AccountId, DeviceId};

use super::{epoch, follow_commit, tip};
use crate::account::device_log;
use crate::account::process::try_on;
use crate::error::Outcome;
use crate::record::conversation::ConversationRecord;
use crate::record::log::DeviceLogRecord;
use crate::step::Step;
use crate::wire::inner::{Kind, Signed};

/// `entry` proves that its author's log forks.
pub(crate) fn found(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    entry: &Signed,
    log: DeviceLogRecord,
) -> Outcome<()> {
    let from = log.forked_at.map_or(entry.inner.sequence, |earlier| earlier.min(entry.inner.sequence));
    let log = DeviceLogRecord { forked_at: Some(from), ..log };
    device_log::put(step, account, &record.id, &entry.inner.device, &log);
    let demoted = demote(step, account, record, &entry.inner.device, from)?;
    if entry.inner.kind() == Some(Kind::Commit) {
        // Others may have seen this one only: it stands for choice like the other.
        try_on(step, record, |step, record| follow_commit::received(step, account, record, entry, &log))?;
    }
    if demoted {
        tip::settle(step, account, record)?;
    }
    Ok(())
}

/// Lowers the device's commits from that number on. Returns whether there were any.
fn demote(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    device: &DeviceId,
    from: u64,
) -> Outcome<bool> {
    let mut any = false;
    for id in epoch::subtree(step, account, &record.id, &record.base)? {
        let mut known = epoch::named(step, account, &record.id, &id)?;
        if let Some(commit) = known.commit.as_mut()
            && commit.device == *device
            && commit.sequence >= from
            && !commit.demoted
        {
            commit.demoted = true;
            any = true;
            epoch::put(step, account, &record.id, &id, &known);
        }
    }
    Ok(any)
}
