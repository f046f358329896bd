//! How long entries stay: what every reader has is deleted at a mailbox, what is beyond the bound at a home, what nobody asked for after 7 days,
//! and what another queue has replaced after 7 days at a mailbox and after 180 at a home (PROTOCOL A7, A8; REQ-SYNC-10).
//!
//! A deleted entry is remembered for 30 days by its id, so that neither a push nor a sync brings it back.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{NodeId, OuterId, QueueId};
use tidings_crypto::outer::Outer;

use crate::error::{Fault, Outcome};
use crate::limits::{
    CLOSING_LIFETIME_MS, LATECOMER_LIFETIME_MS, MAILBOX_LIFETIME_MS, PROVISIONAL_LIFETIME_MS, QUEUE_BYTES_MAX,
    QUEUE_ENTRIES_MAX, REMOVED_PER_STEP_MAX, REMOVED_REMEMBERED_MS, RETENTION_MS, RETENTION_QUEUES_STEP,
};
use crate::record;
use crate::record::key;
use crate::record::log::{OutboxRecord, QueueRecord};
use crate::step::{Step, refused};
use crate::store::snapshot::{Direction, Snapshot as _};
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;

const DAY_MS: u64 = 24 * 3600 * 1000;

/// Tables whose rows belong to one queue and start with its id.
const OF_A_QUEUE: [Table; 10] = [
    Table::QueueEntry,
    Table::OuterIndex,
    Table::Removed,
    Table::QueueDay,
    Table::ReaderCursor,
    Table::PeerCursor,
    Table::RangeNode,
    Table::RangeTree,
    Table::Generation,
    Table::Provisional,
];

/// A deleted entry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct RemovedRecord {
    #[n(0)]
    id: OuterId,
    /// When it was deleted, unix milliseconds.
    #[n(1)]
    time: u64,
}

/// Looks at the queues from `from` on, some in each step, and starts anew after an hour.
pub(crate) fn round(step: &mut Step<'_>, from: &QueueId) -> Outcome<()> {
    if from.as_bytes() == &[0; 32] {
        super::registration::forget_absent(step)?;
    }
    let end = key::prefix_end(b"");
    let start = from.as_bytes();
    let rows =
        step.rows.range(Scope::Node, Table::Queue, start, &end, RETENTION_QUEUES_STEP + 1, Direction::Forward)?;
    let mut next = None;
    for (place, (row, _)) in rows.iter().enumerate() {
        let queue = QueueId::try_from(row.as_slice()).map_err(|_| Fault::Damaged("queue key"))?;
        if place == RETENTION_QUEUES_STEP {
            next = Some(queue);
        } else {
            look(step, &queue)?;
        }
    }
    match next {
        Some(queue) => step.set_timer(TimerKind::RetentionRound(queue), 0),
        None => step.set_timer(TimerKind::RetentionRound(QueueId::from_bytes([0; 32])), RETENTION_MS),
    }
    Ok(())
}

/// Deletes what need not be kept of one queue.
pub(crate) fn look(step: &mut Step<'_>, queue: &QueueId) -> Outcome<()> {
    let Some(mut record) = super::queue::get(step, queue)? else { return Ok(()) };
    let now = step.now.wall.0;
    if record.ended {
        return after_the_end(step, queue, &record);
    }
    if record.provisional.is_some() && record.is_unwanted() {
        if now < record.opened_at.saturating_add(PROVISIONAL_LIFETIME_MS) {
            return Ok(());
        }
        if record.latecomers.is_empty() {
            return forget(step, queue);
        }
        // It was here before, for others.
        super::quota::give_back(step, queue.as_bytes())?;
        (record.provisional, record.closed_at) = (None, record.latecomers_since);
        super::queue::put(step, queue, &record);
    }
    if record.closed_at != 0 && now >= ends_at(&record) {
        return end(step, queue, record);
    }
    forget_removed(step, queue)?;
    let before = if record.subscribers.is_empty() && record.latecomers.is_empty() {
        kept_by_all_readers(step, queue, &record)?
    } else {
        beyond_the_bound(step, queue, &record)?
    };
    if drop_before(step, queue, &mut record, before)? {
        super::queue::put(step, queue, &record);
    }
    Ok(())
}

/// When the time of a queue is over which another has replaced, unix milliseconds.
fn ends_at(record: &QueueRecord) -> u64 {
    let end = record.closed_at.saturating_add(CLOSING_LIFETIME_MS);
    if record.latecomers.is_empty() {
        return end;
    }
    end.max(record.latecomers_since.saturating_add(LATECOMER_LIFETIME_MS))
}

/// Notes the first entry of each day, so that old ones are found without reading them.
pub(crate) fn note_day(step: &mut Step<'_>, queue: &QueueId, record: &mut QueueRecord, counter: u64) {
    let day = step.now.wall.0 / DAY_MS;
    if day > record.day {
        record.day = day;
        step.rows.put(Scope::Node, Table::QueueDay, &key::counted(queue.as_bytes(), day), &counter);
    }
}

/// The counter of the first entry at a mailbox that some reader lacks or that is younger than 30 days.
fn kept_by_all_readers(step: &mut Step<'_>, queue: &QueueId, record: &QueueRecord) -> Outcome<u64> {
    let mut before = older_than(step, queue, record, step.now.wall.0.saturating_sub(MAILBOX_LIFETIME_MS) / DAY_MS)?;
    // A sponsor that has not claimed it yet has not named its readers.
    if record.sponsors.iter().all(|sponsor| sponsor.claimed) {
        let readers: Vec<NodeId> = record.sponsors.iter().flat_map(|sponsor| sponsor.readers.clone()).collect();
        let mut read = u64::MAX;
        for reader in &readers {
            read = read.min(reader_cursor(step, queue, *reader)?);
        }
        if !readers.is_empty() {
            before = before.max(read.saturating_add(1).min(record.next));
        }
    }
    Ok(before)
}

pub(crate) fn reader_cursor(step: &Step<'_>, queue: &QueueId, reader: NodeId) -> Outcome<u64> {
    let row = key::join(&[queue.as_bytes(), reader.as_bytes()]);
    Ok(step.rows.get(Scope::Node, Table::ReaderCursor, &row)?.unwrap_or(0))
}

/// The counter of the first entry that came on `day` or later.
fn older_than(step: &mut Step<'_>, queue: &QueueId, record: &QueueRecord, day: u64) -> Outcome<u64> {
    let mut old = Vec::new();
    for (row, value) in step.rows.scan(Scope::Node, Table::QueueDay, queue.as_bytes(), usize::MAX)? {
        if key::counter_of(&row).is_some_and(|noted| noted >= day) {
            let first: u64 = record::decode(&value, "day of a queue")?;
            return Ok(if old.is_empty() { record.first } else { first });
        }
        old.push(row);
    }
    // Every day on which something came is over, and no day of the newest entries may be forgotten while they are kept.
    Ok(if old.is_empty() { record.first } else { record.next })
}

/// At a home beyond its bound: the counter up to which every account has processed and every follower has acknowledged, and no further than
/// brings the queue back below the bound.
fn beyond_the_bound(step: &Step<'_>, queue: &QueueId, record: &QueueRecord) -> Outcome<u64> {
    let entries = record.next.saturating_sub(record.first);
    if record.bytes <= QUEUE_BYTES_MAX && entries <= QUEUE_ENTRIES_MAX {
        return Ok(record.first);
    }
    let mut free = record.next;
    for account in &record.subscribers {
        let cursor = refused(step.rows.get::<u64>(Scope::Account(*account), Table::Cursor, queue.as_bytes()))?;
        // A locked account has not told how far it is.
        free = free.min(cursor.ok().flatten().unwrap_or(0).saturating_add(1));
    }
    for follower in &record.followers {
        for (_, value) in step.rows.scan(Scope::Node, Table::Outbox, follower.node.as_bytes(), usize::MAX)? {
            let waiting: OutboxRecord = record::decode(&value, "outbox")?;
            if waiting.queue == *queue {
                free = free.min(waiting.counter);
            }
        }
    }
    // By the mean size of an entry, a sixteenth of the bound.
    let surplus = (record.bytes.saturating_sub(QUEUE_BYTES_MAX / 16 * 15)) / (record.bytes / entries.max(1)).max(1);
    let surplus = surplus.max(entries.saturating_sub(QUEUE_ENTRIES_MAX / 16 * 15));
    Ok(free.min(record.first.saturating_add(surplus)))
}

/// Deletes entries before a counter, some in each step. Returns whether the record changed.
fn drop_before(step: &mut Step<'_>, queue: &QueueId, record: &mut QueueRecord, before: u64) -> Outcome<bool> {
    if before <= record.first {
        return Ok(false);
    }
    let (start, end) = (key::counted(queue.as_bytes(), record.first), key::counted(queue.as_bytes(), before));
    let rows =
        step.rows.range(Scope::Node, Table::QueueEntry, &start, &end, REMOVED_PER_STEP_MAX, Direction::Forward)?;
    if rows.len() == REMOVED_PER_STEP_MAX {
        step.set_timer(TimerKind::Retention(*queue), 0);
    }
    let mut bytes = 0;
    record.first = before;
    let full = rows.len() == REMOVED_PER_STEP_MAX;
    for (row, entry) in rows {
        bytes += entry.len() as u64;
        let id = Outer::parse(&entry).map_err(|_| Fault::Damaged("queue entry"))?.id();
        let removed = RemovedRecord { id, time: step.now.wall.0 };
        step.rows.put(Scope::Node, Table::Removed, &row, &removed);
        step.rows.delete(Scope::Node, Table::QueueEntry, &row);
        if full {
            record.first = key::counter_of(&row).ok_or(Fault::Damaged("queue entry key"))?.saturating_add(1);
        }
    }
    record.bytes = record.bytes.saturating_sub(bytes);
    super::quota::refund(step, record, bytes)?;
    forget_days(step, queue, record.first)?;
    Ok(true)
}

/// Forgets days all of whose entries are deleted; the last such day stays, since it says where the next begins.
fn forget_days(step: &mut Step<'_>, queue: &QueueId, first: u64) -> Outcome<()> {
    let rows = step.rows.scan(Scope::Node, Table::QueueDay, queue.as_bytes(), usize::MAX)?;
    for pair in rows.windows(2) {
        let [(row, _), (_, next)] = pair else { continue };
        if record::decode::<u64>(next, "day of a queue")? <= first {
            step.rows.delete(Scope::Node, Table::QueueDay, row);
        }
    }
    Ok(())
}

/// Forgets which entries were deleted more than 30 days ago.
fn forget_removed(step: &mut Step<'_>, queue: &QueueId) -> Outcome<()> {
    for (row, value) in step.rows.scan(Scope::Node, Table::Removed, queue.as_bytes(), REMOVED_PER_STEP_MAX)? {
        let removed: RemovedRecord = record::decode(&value, "deleted entry")?;
        if step.now.wall.0 < removed.time.saturating_add(REMOVED_REMEMBERED_MS) {
            return Ok(());
        }
        let index = key::join(&[queue.as_bytes(), removed.id.as_bytes()]);
        step.rows.delete(Scope::Node, Table::OuterIndex, &index);
        step.rows.delete(Scope::Node, Table::Removed, &row);
    }
    Ok(())
}

/// Ends a queue: nothing of it is kept, nothing is taken, and that is remembered for a while.
pub(crate) fn end(step: &mut Step<'_>, queue: &QueueId, mut record: QueueRecord) -> Outcome<()> {
    let bytes = record.bytes;
    super::quota::refund(step, &mut record, bytes)?;
    for sponsor in std::mem::take(&mut record.sponsors) {
        let row = key::join(&[sponsor.account.as_bytes(), queue.as_bytes()]);
        step.rows.delete(Scope::Node, Table::Sponsored, &row);
    }
    record.ended = true;
    record.closed_at = step.now.wall.0.max(1);
    record.bytes = 0;
    record.first = record.next;
    record.followers.clear();
    record.latecomers.clear();
    super::queue::put(step, queue, &record);
    after_the_end(step, queue, &record)
}

fn after_the_end(step: &mut Step<'_>, queue: &QueueId, record: &QueueRecord) -> Outcome<()> {
    let forgotten = record.closed_at.saturating_add(CLOSING_LIFETIME_MS + REMOVED_REMEMBERED_MS);
    if purge(step, queue)? && step.now.wall.0 >= forgotten {
        step.rows.delete(Scope::Node, Table::Queue, queue.as_bytes());
    }
    Ok(())
}

/// Forgets a queue that nobody has asked for.
fn forget(step: &mut Step<'_>, queue: &QueueId) -> Outcome<()> {
    super::quota::give_back(step, queue.as_bytes())?;
    if purge(step, queue)? {
        step.rows.delete(Scope::Node, Table::Queue, queue.as_bytes());
    }
    Ok(())
}

/// Deletes all rows of a queue but its record, some in each step. Returns whether none is left.
fn purge(step: &mut Step<'_>, queue: &QueueId) -> Outcome<bool> {
    let mut room = REMOVED_PER_STEP_MAX;
    for table in OF_A_QUEUE {
        for (row, _) in step.rows.scan(Scope::Node, table, queue.as_bytes(), room)? {
            step.rows.delete(Scope::Node, table, &row);
            room -= 1;
        }
        if room == 0 {
            step.set_timer(TimerKind::Retention(*queue), 0);
            return Ok(false);
        }
    }
    Ok(true)
}
