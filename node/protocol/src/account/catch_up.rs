//! Processing a queue for an account: each entry once, after everything it builds on (DECISIONS 15, 16).
//!
//! An entry whose epoch, predecessor or dependency is not here yet waits in `Pending`; whenever one is processed, those that wait are looked
//! at again.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId, QueueId};
use tidings_crypto::outer::Outer;

use super::conversation::{rejoin, state as conversation_state};
use super::process::{self, Progress, Try, is_past, log_key};
use super::unlock;
use crate::error::{Fault, Outcome, Rejection};
use crate::limits::{
    ASK_AFTER_MS, ASK_SPREAD_MS, CATCH_UP_ENTRIES_MAX, MISSING_STEP_MAX, MISSING_WAIT_MS, PENDING_ENTRIES_MAX,
    SETTLING_MS, SYNC_ASKS_MAX, SYNC_DELAY_MS,
};
use crate::record;
use crate::record::conversation::ConversationRecord;
use crate::record::key;
use crate::step::{Step, refused};
use crate::store::snapshot::{Direction, Snapshot as _};
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;

/// An entry that waits for something it builds on; the entry itself stands in its queue.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct PendingRecord {
    #[n(0)]
    queue: QueueId,
    #[n(1)]
    counter: u64,
    #[cbor(n(2), with = "minicbor::bytes")]
    tag: [u8; 8],
    /// Whether it was opened, and what it says of the group was followed as far as that goes.
    #[n(3)]
    weighed: bool,
    /// What it names as its clock; the highest number while it can't be opened.
    #[n(4)]
    clock: u64,
    /// Since when it waits, unix milliseconds.
    #[n(5)]
    since: u64,
}

/// Processes what is new in a queue, up to a bounded number of entries; the rest follows in another step.
pub(crate) fn catch_up(step: &mut Step<'_>, account: AccountId, queue: &QueueId) -> Outcome<()> {
    if !step.rows.is_unlocked(account)? {
        return Ok(());
    }
    let Some(conversation) = unlock::conversation_of(step, account, queue)? else { return Ok(()) };
    let cursor = cursor(step, account, queue)?;
    let start = key::counted(queue.as_bytes(), cursor.saturating_add(1));
    let end = key::prefix_end(queue.as_bytes());
    let rows =
        step.rows.range(Scope::Node, Table::QueueEntry, &start, &end, CATCH_UP_ENTRIES_MAX, Direction::Forward)?;
    if rows.len() == CATCH_UP_ENTRIES_MAX {
        step.set_timer(TimerKind::CatchUp(account, *queue), 0);
    }
    for (row, bytes) in rows {
        if step.is_worn() {
            step.set_timer(TimerKind::CatchUp(account, *queue), 0);
            break;
        }
        let Some(record) = conversation_state::get(step, account, &conversation)? else { return Ok(()) };
        let counter = key::counter_of(&row).ok_or(Fault::Damaged("queue entry key"))?;
        step.rows.put(Scope::Account(account), Table::Cursor, queue.as_bytes(), &counter);
        take(step, account, record, (*queue, counter), &bytes)?;
        if self::cursor(step, account, queue)? != counter {
            // The tip went to another branch, and with it the reading back: it goes on from there.
            break;
        }
    }
    Ok(())
}

fn cursor(step: &Step<'_>, account: AccountId, queue: &QueueId) -> Outcome<u64> {
    Ok(step.rows.get(Scope::Account(account), Table::Cursor, queue.as_bytes())?.unwrap_or(0))
}

fn take(
    step: &mut Step<'_>,
    account: AccountId,
    record: ConversationRecord,
    place: (QueueId, u64),
    bytes: &[u8],
) -> Outcome<()> {
    let had_pending = record.pending > 0;
    let id = record.id;
    match refused(step.attempt(|step| process::process(step, account, record, (bytes, Try::default()))))? {
        Ok(Progress::Done) if had_pending => retry_pending(step, account, &id),
        Ok(Progress::Done | Progress::Known) => Ok(()),
        Ok(Progress::Waits) => keep_pending(step, account, &id, place, (bytes, None)),
        Ok(Progress::Later { moved, clock }) => {
            keep_pending(step, account, &id, place, (bytes, Some(clock)))?;
            if moved { retry_pending(step, account, &id) } else { Ok(()) }
        }
        // Refused for good: nothing of it was kept.
        Err(_) => Ok(()),
    }
}

fn keep_pending(
    step: &mut Step<'_>,
    account: AccountId,
    id: &ConversationId,
    (queue, counter): (QueueId, u64),
    (bytes, clock): (&[u8], Option<u64>),
) -> Outcome<()> {
    let Some(mut record) = conversation_state::get(step, account, id)? else { return Ok(()) };
    let outer = Outer::parse(bytes).map_err(|_| Rejection::Malformed { what: "outer entry" })?;
    let row = key::join(&[id.as_bytes(), outer.id().as_bytes()]);
    if step.rows.get_bytes(Scope::Account(account), Table::Pending, &row)?.is_some() {
        return Ok(());
    }
    let waiting = PendingRecord {
        queue,
        counter,
        tag: outer.epoch_tag(),
        weighed: clock.is_some(),
        clock: clock.unwrap_or(u64::MAX),
        since: step.now.wall.0,
    };
    if record.pending >= PENDING_ENTRIES_MAX {
        record.passed_over = true;
        if !make_room(step, account, &mut record, &waiting)? {
            conversation_state::put(step, account, &record);
            return Ok(());
        }
    }
    record.pending += 1;
    record.asks = 0;
    step.rows.put(Scope::Account(account), Table::Pending, &row, &waiting);
    step.set_timer(TimerKind::Missing(account, *id), SYNC_DELAY_MS);
    conversation_state::put(step, account, &record);
    Ok(())
}

/// Leaves the last entry by its clock in its queue, so that an earlier one can wait: on that more may build. Returns whether there was any.
fn make_room(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    earlier: &PendingRecord,
) -> Outcome<bool> {
    let Some((row, _)) = waiting(step, account, &record.id)?.pop().filter(|(_, last)| last.clock > earlier.clock)
    else {
        return Ok(false);
    };
    step.rows.delete(Scope::Account(account), Table::Pending, &row);
    record.pending -= 1;
    Ok(true)
}

/// Looks at entries that wait until none of them gets further.
pub(crate) fn retry_pending(step: &mut Step<'_>, account: AccountId, id: &ConversationId) -> Outcome<()> {
    let mut progress = true;
    while std::mem::take(&mut progress) {
        for (row, waiting) in waiting(step, account, id)? {
            progress |= retry(step, account, id, (&row, waiting), false)?;
        }
    }
    read_passed_over(step, account, id)
}

/// The entries that wait, by their clocks: what one builds on stands before it.
fn waiting(step: &Step<'_>, account: AccountId, id: &ConversationId) -> Outcome<Vec<(Vec<u8>, PendingRecord)>> {
    let rows = step.rows.scan(Scope::Account(account), Table::Pending, id.as_bytes(), usize::MAX)?;
    let all: Result<Vec<(Vec<u8>, PendingRecord)>, Fault> =
        rows.into_iter().map(|(row, value)| Ok((row, record::decode(&value, "pending entry")?))).collect();
    let mut all = all?;
    all.sort_by_key(|(_, one)| one.clock);
    Ok(all)
}

/// Tries one entry that waits; `alone` without what it builds on. Returns whether anything is different now.
fn retry(
    step: &mut Step<'_>,
    account: AccountId,
    id: &ConversationId,
    (row, waiting): (&[u8], PendingRecord),
    alone: bool,
) -> Outcome<bool> {
    let Some(record) = conversation_state::get(step, account, id)? else { return Ok(false) };
    if log_key(step, account, &record, &waiting.tag)?.is_none() && !is_past(&record, &waiting.tag) {
        return Ok(false);
    }
    let place = key::counted(waiting.queue.as_bytes(), waiting.counter);
    let bytes = step.rows.get_bytes(Scope::Node, Table::QueueEntry, &place)?.unwrap_or_default();
    let how = Try { weighed: waiting.weighed, alone };
    match refused(step.attempt(|step| process::process(step, account, record, (&bytes, how))))? {
        Ok(Progress::Waits) => return Ok(false),
        Ok(Progress::Later { moved, clock }) => {
            if !waiting.weighed {
                let waiting = PendingRecord { weighed: true, clock, since: step.now.wall.0, ..waiting };
                step.rows.put(Scope::Account(account), Table::Pending, row, &waiting);
                step.set_timer(TimerKind::Missing(account, *id), SYNC_DELAY_MS);
                if let Some(mut record) = conversation_state::get(step, account, id)? {
                    record.asks = 0;
                    conversation_state::put(step, account, &record);
                }
            }
            return Ok(moved);
        }
        Ok(Progress::Done | Progress::Known) | Err(_) => {}
    }
    step.rows.delete(Scope::Account(account), Table::Pending, row);
    if let Some(mut record) = conversation_state::get(step, account, id)? {
        record.pending = record.pending.saturating_sub(1);
        conversation_state::put(step, account, &record);
    }
    Ok(true)
}

/// Takes entries without what they build on that have waited for it long enough, the earliest first: others may follow it.
fn take_alone(step: &mut Step<'_>, account: AccountId, id: &ConversationId) -> Outcome<()> {
    let now = step.now.wall.0;
    let over = |one: &PendingRecord| one.weighed && now >= one.since.saturating_add(MISSING_WAIT_MS);
    let mut over: Vec<_> = waiting(step, account, id)?.into_iter().filter(|(_, one)| over(one)).collect();
    if over.len() > MISSING_STEP_MAX {
        over.truncate(MISSING_STEP_MAX);
        step.set_timer(TimerKind::Missing(account, *id), 0);
    }
    let mut taken = false;
    for (row, one) in over {
        taken |= retry(step, account, id, (&row, one), true)?;
    }
    if taken { retry_pending(step, account, id) } else { Ok(()) }
}

/// Reads the queues again from which entries were left since too many waited, once there is room.
fn read_passed_over(step: &mut Step<'_>, account: AccountId, id: &ConversationId) -> Outcome<()> {
    let record = conversation_state::get(step, account, id)?;
    let Some(mut record) = record.filter(|one| one.passed_over && one.pending < PENDING_ENTRIES_MAX / 2) else {
        return Ok(());
    };
    record.passed_over = false;
    read_from_the_start(step, account, &record);
    conversation_state::put(step, account, &record);
    Ok(())
}

/// Goes through all entries once more. Those already processed are skipped.
pub(crate) fn read_from_the_start(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord) {
    for queue in &record.queues {
        step.rows.delete(Scope::Account(account), Table::Cursor, queue.as_bytes());
        step.to_catch_up.insert((account, *queue));
    }
}

/// Asks the followers for what entries wait for, a few times with growing pauses, and takes them without it in the end. If nobody has their
/// epoch, the others are where this device was never told to go: it asks to be let back in.
pub(crate) fn ask_for_missing(step: &mut Step<'_>, account: AccountId, id: &ConversationId) -> Outcome<()> {
    if !step.rows.is_unlocked(account)? {
        return Ok(());
    }
    take_alone(step, account, id)?;
    let Some(mut record) = conversation_state::get(step, account, id)?.filter(|record| record.pending > 0) else {
        return Ok(());
    };
    if record.asks >= SYNC_ASKS_MAX {
        if record.membership.is_in() && !record.is_stranded() && waits_for_an_epoch(step, account, &record)? {
            let wait = turn_to_ask(step, account, &record)?;
            if wait > 0 {
                step.set_timer(TimerKind::Missing(account, *id), wait);
                return Ok(());
            }
            rejoin::ask_in_case(step, account, &mut record)?;
        }
        give_up_unopened(step, account, &mut record)?;
        conversation_state::put(step, account, &record);
        return Ok(());
    }
    for queue in &record.queues {
        crate::log::sync::again(step, queue)?;
    }
    record.asks += 1;
    let pause = SYNC_DELAY_MS.saturating_mul(1 << (2 * record.asks).min(16));
    step.set_timer(TimerKind::Missing(account, *id), pause);
    conversation_state::put(step, account, &record);
    Ok(())
}

/// Whether an entry waits that stands under an epoch nobody led this device to, and nobody has written since where it is. What was in the queue
/// when it came says nothing: it may be from before its time.
fn waits_for_an_epoch(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<bool> {
    let came = record.welcomed_at.map_or(0, |came| came.saturating_add(SETTLING_MS));
    let after = record.heard_at.max(came);
    Ok(waiting(step, account, &record.id)?.iter().any(|(_, one)| !one.weighed && one.since > after))
}

/// How long this account waits before it asks in case, in milliseconds: all may have got the same, and who is let in first shows the others that
/// they are where everybody is.
fn turn_to_ask(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<u64> {
    let lot = tidings_crypto::derive("tidings/1/turn", &[record.tip.as_bytes(), account.as_bytes()]);
    let lot = u64::from(u16::from_le_bytes([lot[0], lot[1]])) * ASK_SPREAD_MS / u64::from(u16::MAX);
    let newest = waiting(step, account, &record.id)?.iter().map(|(_, one)| one.since).max().unwrap_or(0);
    Ok(newest.saturating_add(ASK_AFTER_MS).saturating_add(lot).saturating_sub(step.now.wall.0))
}

/// Leaves in their queues what nobody could open for so long.
fn give_up_unopened(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord) -> Outcome<()> {
    for (row, _) in waiting(step, account, &record.id)?.into_iter().filter(|(_, one)| !one.weighed) {
        step.rows.delete(Scope::Account(account), Table::Pending, &row);
        record.pending = record.pending.saturating_sub(1);
        record.given_up = true;
    }
    Ok(())
}
