//! Processing a queue for an account: each entry once, after everything it builds on (DECISIONS 15, 16).
//!
//! An entry whose epoch, predecessor or dependency is not here yet waits in `Pending`; whenever one is processed, those that wait are looked
//! at again.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, QueueId};
use tidings_crypto::outer::{LogKey, Outer};
use tidings_crypto::sign::VerifyingKey;

use super::conversation::publish::{clamp_clock, heard_clock};
use super::conversation::state as conversation_state;
use super::conversation::{follow_commit, leave};
use super::message::{receipt, receive};
use super::{event, profile, reach, unlock};
use crate::error::{Fault, Outcome, Rejection};
use crate::limits::{CATCH_UP_ENTRIES_MAX, DEPENDENCIES_MAX, PENDING_ENTRIES_MAX, SYNC_DELAY_MS};
use crate::record;
use crate::record::conversation::{ConversationRecord, HeadRecord, LogKeyRecord, Membership};
use crate::record::event::EventKind;
use crate::record::key;
use crate::record::log::DeviceLogRecord;
use crate::step::{Step, refused};
use crate::store::snapshot::{Direction, Snapshot as _};
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire::inner::{Kind, Signed};

/// An entry that waits for something it builds on; the entry itself stands in its queue.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct PendingRecord {
    #[n(0)]
    counter: u64,
    #[cbor(n(1), with = "minicbor::bytes")]
    tag: [u8; 8],
}

/// What became of one entry.
enum Progress {
    /// It was processed, or is an own one, or was before.
    Done,
    /// Something it builds on is missing.
    Waits,
}

/// Processes what is new in a queue, up to a bounded number of entries; the rest follows in another step.
pub(crate) fn catch_up(step: &mut Step<'_>, account: AccountId, queue: &QueueId) -> Outcome<()> {
    if !step.rows.is_unlocked(account)? {
        return Ok(());
    }
    let Some(conversation) = unlock::conversation_of(step, account, queue)? else { return Ok(()) };
    let scope = Scope::Account(account);
    let cursor: u64 = step.rows.get(scope, Table::Cursor, queue.as_bytes())?.unwrap_or(0);
    let start = key::counted(queue.as_bytes(), cursor.saturating_add(1));
    let end = key::prefix_end(queue.as_bytes());
    let rows =
        step.rows.range(Scope::Node, Table::QueueEntry, &start, &end, CATCH_UP_ENTRIES_MAX, Direction::Forward)?;
    if rows.is_empty() {
        return Ok(());
    }
    if rows.len() == CATCH_UP_ENTRIES_MAX {
        step.set_timer(TimerKind::CatchUp(account, *queue), 0);
    }
    let mut done = cursor;
    for (row, bytes) in rows {
        let Some(record) = conversation_state::get(step, account, &conversation)? else { return Ok(()) };
        if matches!(record.membership, Membership::Left | Membership::Removed) {
            // What stands behind the removal is for the time after somebody adds this account again.
            break;
        }
        let counter = key::counter_of(&row).ok_or(Fault::Damaged("queue entry key"))?;
        take(step, account, record, counter, &bytes)?;
        done = counter;
    }
    step.rows.put(scope, Table::Cursor, queue.as_bytes(), &done);
    Ok(())
}

fn take(
    step: &mut Step<'_>,
    account: AccountId,
    record: ConversationRecord,
    counter: u64,
    bytes: &[u8],
) -> Outcome<()> {
    let had_pending = record.pending > 0;
    let id = record.id;
    match refused(step.attempt(|step| process(step, account, record, bytes)))? {
        Ok(Progress::Done) if had_pending => retry_pending(step, account, &id),
        Ok(Progress::Done) => Ok(()),
        Ok(Progress::Waits) => keep_pending(step, account, &id, counter, bytes),
        // Refused for good: nothing of it was kept.
        Err(_) => Ok(()),
    }
}

fn keep_pending(
    step: &mut Step<'_>,
    account: AccountId,
    id: &tidings_crypto::ConversationId,
    counter: u64,
    bytes: &[u8],
) -> Outcome<()> {
    let Some(mut record) = conversation_state::get(step, account, id)? else { return Ok(()) };
    if record.pending >= PENDING_ENTRIES_MAX {
        record.unreadable = record.unreadable.saturating_add(1);
        event::emit(step, account, Some(*id), EventKind::Unreadable)?;
    } else {
        let outer = Outer::parse(bytes).map_err(|_| Fault::Damaged("queue entry"))?;
        record.pending += 1;
        let waiting = PendingRecord { counter, tag: outer.epoch_tag() };
        let row = key::join(&[id.as_bytes(), outer.id().as_bytes()]);
        step.rows.put(Scope::Account(account), Table::Pending, &row, &waiting);
        step.set_timer(TimerKind::Sync(record.queue), SYNC_DELAY_MS);
    }
    conversation_state::put(step, account, &record);
    Ok(())
}

/// Looks at entries that wait until none of them gets further.
fn retry_pending(step: &mut Step<'_>, account: AccountId, id: &tidings_crypto::ConversationId) -> Outcome<()> {
    loop {
        let mut progress = false;
        for (row, value) in step.rows.scan(Scope::Account(account), Table::Pending, id.as_bytes(), usize::MAX)? {
            let Some(record) = conversation_state::get(step, account, id)? else { return Ok(()) };
            if matches!(record.membership, Membership::Left | Membership::Removed) {
                return Ok(());
            }
            let waiting: PendingRecord = record::decode(&value, "pending entry")?;
            if log_key(step, account, &record, &waiting.tag)?.is_none() && !is_past(&record, &waiting.tag) {
                continue;
            }
            let place = key::counted(record.queue.as_bytes(), waiting.counter);
            let bytes = step.rows.get_bytes(Scope::Node, Table::QueueEntry, &place)?.unwrap_or_default();
            if let Ok(Progress::Waits) = refused(step.attempt(|step| process(step, account, record, &bytes)))? {
                continue;
            }
            progress = true;
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

fn process(step: &mut Step<'_>, account: AccountId, mut record: ConversationRecord, bytes: &[u8]) -> Outcome<Progress> {
    let outer = Outer::parse(bytes).map_err(|_| Rejection::Malformed { what: "outer entry" })?;
    let tag = outer.epoch_tag();
    let Some(key) = log_key(step, account, &record, &tag)? else {
        // Sealed before we came: not meant for us, and never to be read.
        return Ok(if is_past(&record, &tag) { Progress::Done } else { Progress::Waits });
    };
    let plain = outer.open(&LogKey::from_bytes(key.key)).map_err(|_| Rejection::Refused { reason: "seal" })?;
    let entry = Signed::parse(&plain)?;
    if entry.inner.conversation != record.id || entry.inner.epoch != key.epoch || entry.inner.generation != 0 {
        return Err(Rejection::Refused { reason: "entry of another conversation or epoch" }.into());
    }
    let own = profile::load(step, account)?.device;
    if entry.inner.device == own {
        return Ok(Progress::Done);
    }
    let row = key::join(&[record.id.as_bytes(), entry.inner.device.as_bytes()]);
    let log: DeviceLogRecord = step
        .rows
        .get(Scope::Account(account), Table::DeviceLog, &row)?
        .ok_or(Rejection::Refused { reason: "device that is no member" })?;
    entry.verify(&VerifyingKey::from_bytes(log.key))?;
    if log.cut.is_some_and(|cut| entry.inner.sequence > cut) {
        // The device may be added again, and then nobody shall wait for this.
        let dropped = log.dropped.max(entry.inner.sequence);
        step.rows.put(Scope::Account(account), Table::DeviceLog, &row, &DeviceLogRecord { dropped, ..log });
        return Ok(Progress::Done);
    }
    if entry.inner.sequence <= log.sequence {
        return Ok(Progress::Done);
    }
    match place(step, account, &record, &log, &entry)? {
        Place::Next if has_dependencies(step, account, &record, own, &entry)? => {}
        Place::Next | Place::Later => return Ok(Progress::Waits),
        Place::Fork => {
            // Its author shows different logs to different members. Nobody shall wait for what others may have seen of it.
            step.rows.put(Scope::Account(account), Table::DeviceLog, &row, &DeviceLogRecord { forked: true, ..log });
            return Ok(Progress::Done);
        }
    }
    route(step, account, &mut record, &entry, &log, &row)?;
    record.clock = heard_clock(record.clock, entry.inner.clock, step.now.wall.0);
    note_head(&mut record, &entry, outer.epoch_tag());
    conversation_state::put(step, account, &record);
    Ok(Progress::Done)
}

fn is_past(record: &ConversationRecord, tag: &[u8; 8]) -> bool {
    record.past_tags.iter().any(|past| **past == *tag)
}

/// Whether something of a queue still waits for an unlocked account here.
pub(crate) fn is_waiting(step: &Step<'_>, queue: &QueueId) -> Outcome<bool> {
    let Some(record) = crate::log::queue::get(step, queue)? else { return Ok(false) };
    for account in record.subscribers {
        if step.rows.is_unlocked(account)?
            && let Some(conversation) = unlock::conversation_of(step, account, queue)?
            && conversation_state::get(step, account, &conversation)?.is_some_and(|record| record.pending > 0)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn log_key(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    tag: &[u8; 8],
) -> Outcome<Option<LogKeyRecord>> {
    step.rows.get(Scope::Account(account), Table::LogKey, &key::join(&[record.id.as_bytes(), tag]))
}

/// Where an entry stands in its author's log.
enum Place {
    /// Everything before it was processed, as far as this account can ever read it.
    Next,
    /// Something before it is missing.
    Later,
    /// It names another predecessor than the one that was processed.
    Fork,
}

fn place(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    log: &DeviceLogRecord,
    entry: &Signed,
) -> Outcome<Place> {
    // A predecessor sealed under an epoch from before our time will never be read here: the log starts at this entry.
    Ok(if log_key(step, account, record, &entry.inner.prev_tag)?.is_none() {
        Place::Next
    } else if entry.inner.sequence != log.sequence.saturating_add(1) {
        Place::Later
    } else if entry.inner.prev == log.head {
        Place::Next
    } else {
        Place::Fork
    })
}

fn has_dependencies(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    own: tidings_crypto::DeviceId,
    entry: &Signed,
) -> Outcome<bool> {
    for dependency in entry.inner.dependencies.iter().filter(|dependency| dependency.device != own) {
        let row = key::join(&[record.id.as_bytes(), dependency.device.as_bytes()]);
        let Some(log) = step.rows.get::<DeviceLogRecord>(Scope::Account(account), Table::DeviceLog, &row)? else {
            continue;
        };
        let readable = log_key(step, account, record, &dependency.tag)?.is_some()
            && !log.forked
            && dependency.sequence > log.dropped
            && log.cut.is_none_or(|cut| dependency.sequence <= cut);
        if readable && log.sequence < dependency.sequence {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Hands an entry to the operation for its kind and moves its author's log on.
fn route(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    entry: &Signed,
    log: &DeviceLogRecord,
    row: &[u8],
) -> Outcome<()> {
    let scope = Scope::Account(account);
    let author = log.account;
    let clock = clamp_clock(entry.inner.clock, step.now.wall.0).max(log.clock);
    let mut unreadable = false;
    match entry.inner.kind() {
        Some(Kind::App) => unreadable = !receive::received(step, account, record, entry, (author, clock))?,
        Some(Kind::Commit) => {
            try_on(step, record, |step, record| follow_commit::received(step, account, record, entry, author))?
        }
        Some(Kind::SelfRemove) => {
            try_on(step, record, |step, record| leave::received(step, account, record, entry, author))?
        }
        Some(Kind::Receipt) => {}
        Some(Kind::Reach) => drop(refused(step.attempt(|step| reach::received(step, account, entry, author)))?),
        // A later version may know it; it cannot change the group.
        None => {
            record.unreadable = record.unreadable.saturating_add(1);
            event::emit(step, account, Some(record.id), EventKind::Unreadable)?;
        }
    }
    let mut log: DeviceLogRecord = step.rows.get(scope, Table::DeviceLog, row)?.ok_or(Fault::Damaged("device log"))?;
    if entry.inner.kind() == Some(Kind::Receipt) {
        drop(refused(receipt::received(step, account, record, entry, &mut log))?);
    }
    if unreadable {
        log.unreadable.push(entry.inner.sequence);
    }
    if entry.inner.sequence > log.sequence.saturating_add(1) {
        // What lies between was never readable here, so no receipt may cover it.
        log.receipted = entry.inner.sequence.saturating_sub(1);
    }
    log.clock = clock;
    log.sequence = entry.inner.sequence;
    log.head = *entry.id().as_bytes();
    step.rows.put(scope, Table::DeviceLog, row, &log);
    Ok(())
}

/// Runs an operation that changes the conversation; if it is refused, neither rows nor `record` keep anything of it.
fn try_on(
    step: &mut Step<'_>,
    record: &mut ConversationRecord,
    operation: impl FnOnce(&mut Step<'_>, &mut ConversationRecord) -> Outcome<()>,
) -> Result<(), Fault> {
    let mut changed = record.clone();
    if refused(step.attempt(|step| operation(step, &mut changed)))?.is_ok() {
        *record = changed;
    }
    Ok(())
}

fn note_head(record: &mut ConversationRecord, entry: &Signed, tag: [u8; 8]) {
    record.heads.retain(|head| head.device != entry.inner.device);
    record.heads.push(HeadRecord { device: entry.inner.device, sequence: entry.inner.sequence, tag });
    if record.heads.len() > DEPENDENCIES_MAX {
        record.heads.remove(0);
    }
}
