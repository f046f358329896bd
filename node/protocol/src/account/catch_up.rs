//! Processing a queue for an account: each entry once, after everything it builds on (DECISIONS 15, 16).
//!
//! An entry whose epoch, predecessor or dependency is not here yet waits in `Pending`; whenever one is processed, those that wait are looked
//! at again.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId, QueueId};
use tidings_crypto::outer::Outer;

use super::conversation::{rejoin, state as conversation_state};
use super::process::{self, Progress, is_past, log_key};
use super::{event, unlock};
use crate::error::{Fault, Outcome, Rejection};
use crate::limits::{CATCH_UP_ENTRIES_MAX, PENDING_ENTRIES_MAX, SYNC_ASKS_MAX, SYNC_DELAY_MS};
use crate::record;
use crate::record::conversation::ConversationRecord;
use crate::record::event::EventKind;
use crate::record::key;
use crate::step::{Step, refused};
use crate::store::snapshot::{Direction, Snapshot as _};
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire::rejoin::Reason;

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
    match refused(step.attempt(|step| process::process(step, account, record, (bytes, false))))? {
        Ok(Progress::Done) if had_pending => retry_pending(step, account, &id),
        Ok(Progress::Done) => Ok(()),
        Ok(Progress::Waits) => keep_pending(step, account, &id, place, (bytes, false)),
        Ok(Progress::Later { moved }) => {
            keep_pending(step, account, &id, place, (bytes, true))?;
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
    (bytes, weighed): (&[u8], bool),
) -> Outcome<()> {
    let Some(mut record) = conversation_state::get(step, account, id)? else { return Ok(()) };
    let outer = Outer::parse(bytes).map_err(|_| Rejection::Malformed { what: "outer entry" })?;
    let row = key::join(&[id.as_bytes(), outer.id().as_bytes()]);
    if step.rows.get_bytes(Scope::Account(account), Table::Pending, &row)?.is_some() {
        return Ok(());
    }
    if record.pending >= PENDING_ENTRIES_MAX {
        record.unreadable = record.unreadable.saturating_add(1);
        event::emit(step, account, Some(*id), EventKind::Unreadable)?;
    } else {
        record.pending += 1;
        record.asks = 0;
        let waiting = PendingRecord { queue, counter, tag: outer.epoch_tag(), weighed };
        step.rows.put(Scope::Account(account), Table::Pending, &row, &waiting);
        step.set_timer(TimerKind::Missing(account, *id), SYNC_DELAY_MS);
    }
    conversation_state::put(step, account, &record);
    Ok(())
}

/// Looks at entries that wait until none of them gets further.
pub(crate) fn retry_pending(step: &mut Step<'_>, account: AccountId, id: &ConversationId) -> Outcome<()> {
    loop {
        let mut progress = false;
        for (row, value) in step.rows.scan(Scope::Account(account), Table::Pending, id.as_bytes(), usize::MAX)? {
            let Some(record) = conversation_state::get(step, account, id)? else { return Ok(()) };
            let waiting: PendingRecord = record::decode(&value, "pending entry")?;
            if log_key(step, account, &record, &waiting.tag)?.is_none() && !is_past(&record, &waiting.tag) {
                continue;
            }
            let place = key::counted(waiting.queue.as_bytes(), waiting.counter);
            let bytes = step.rows.get_bytes(Scope::Node, Table::QueueEntry, &place)?.unwrap_or_default();
            let tried = (bytes.as_slice(), waiting.weighed);
            match refused(step.attempt(|step| process::process(step, account, record, tried)))? {
                Ok(Progress::Waits) => continue,
                Ok(Progress::Later { moved }) => {
                    progress |= moved;
                    if !waiting.weighed {
                        let waiting = PendingRecord { weighed: true, ..waiting };
                        step.rows.put(Scope::Account(account), Table::Pending, &row, &waiting);
                    }
                    continue;
                }
                Ok(Progress::Done) | Err(_) => progress = true,
            }
            step.rows.delete(Scope::Account(account), Table::Pending, &row);
            if let Some(mut record) = conversation_state::get(step, account, id)? {
                record.pending = record.pending.saturating_sub(1);
                conversation_state::put(step, account, &record);
            }
        }
        if !progress {
            return Ok(());
        }
    }
}

/// Asks the followers for what entries wait for, a few times with growing pauses. If nobody has it, the others are where this device was
/// never told to go: it asks to be let back in.
pub(crate) fn ask_for_missing(step: &mut Step<'_>, account: AccountId, id: &ConversationId) -> Outcome<()> {
    if !step.rows.is_unlocked(account)? {
        return Ok(());
    }
    let Some(mut record) = conversation_state::get(step, account, id)?.filter(|record| record.pending > 0) else {
        return Ok(());
    };
    if record.asks >= SYNC_ASKS_MAX {
        if record.membership.is_in() && !record.stranded && waits_for_an_epoch(step, account, &record)? {
            rejoin::ask(step, account, &mut record, Reason::Stranded)?;
            conversation_state::put(step, account, &record);
        }
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

/// Whether an entry waits that stands under an epoch nobody led this device to.
fn waits_for_an_epoch(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<bool> {
    for (_, value) in step.rows.scan(Scope::Account(account), Table::Pending, record.id.as_bytes(), usize::MAX)? {
        let waiting: PendingRecord = record::decode(&value, "pending entry")?;
        if log_key(step, account, record, &waiting.tag)?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}
