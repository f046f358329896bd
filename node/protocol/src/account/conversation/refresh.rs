//! Self-updates: a device renews its leaf soon after it joined and then from time to time, so that whoever once copied its state is locked
//! out again (post-compromise security, RFC 9420 §16.6, PROTOCOL A5.8).

use tidings_crypto::id::AccountId;

use super::commit::{Plan, commit};
use super::{recovery, state, wish};
use crate::error::Outcome;
use crate::limits::{
    REFRESH_FIRST_MS, REFRESH_HELD_MS_MAX, REFRESH_HELD_STEP_MS, REFRESH_LARGE_MS, REFRESH_SMALL_MEMBERS,
    REFRESH_SMALL_MS, REFRESH_SPREAD_MS,
};
use crate::record::conversation::ConversationRecord;
use crate::step::{Step, refused};
use crate::timer::TimerKind;

/// Plans the first self-update after joining. The caller stores `record`.
pub(crate) fn plan_first(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord) {
    let pause = REFRESH_FIRST_MS.saturating_add(spread(step, account, record));
    record.refresh_at = step.now.wall.0.saturating_add(pause);
    step.set_timer(TimerKind::Act(account, record.id), pause);
}

/// So that not all members of a group do it at once.
fn spread(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> u64 {
    let lot = tidings_crypto::derive("tidings/1/refresh", &[record.id.as_bytes(), account.as_bytes()]);
    let lot = lot.first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first));
    lot.wrapping_add(step.now.wall.0 / REFRESH_LARGE_MS) % REFRESH_SPREAD_MS
}

/// Renews the own leaf if it is time; else sees to it that it is looked at again then.
pub(crate) fn act(step: &mut Step<'_>, account: AccountId, mut record: ConversationRecord) -> Outcome<()> {
    let now = step.now.wall.0;
    if record.refresh_at == 0 {
        return Ok(());
    }
    if now < record.refresh_at {
        step.set_timer(TimerKind::Act(account, record.id), record.refresh_at - now);
        return Ok(());
    }
    if !wish::is_fresh(step, &record)? {
        return Ok(());
    }
    if now < record.refresh_at.saturating_add(REFRESH_HELD_MS_MAX) && recovery::is_under_way(step, account, &record)? {
        step.set_timer(TimerKind::Act(account, record.id), REFRESH_HELD_STEP_MS);
        return Ok(());
    }
    let pause = if record.members.len() <= REFRESH_SMALL_MEMBERS { REFRESH_SMALL_MS } else { REFRESH_LARGE_MS };
    let pause = pause.saturating_add(spread(step, account, &record));
    record.refresh_at = now.saturating_add(pause);
    step.set_timer(TimerKind::Act(account, record.id), pause);
    state::put(step, account, &record);
    // One that is not due by the rules, after others have just committed, comes with the next.
    drop(refused(step.attempt(|step| commit(step, account, &mut record, Plan::default())))?);
    Ok(())
}
