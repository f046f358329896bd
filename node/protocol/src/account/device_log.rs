//! Another device's log as this account has processed it: what came, what is missing, what will never count (PROTOCOL A4).
//!
//! A log may have gaps: an entry whose predecessor stands under an epoch that this account does not know, on another branch or from before
//! its time, is not kept waiting for it; if the epoch becomes known after all, the gap is filled. The upper sixteen bits of a sequence number
//! are the log's generation, so that the log of a device that was let back in goes on above its old one.

use tidings_crypto::id::{AccountId, ConversationId, DeviceId};

use super::process::can_come;
use crate::error::{Fault, Outcome};
use crate::limits::LOG_GAPS_MAX;
use crate::record;
use crate::record::conversation::ConversationRecord;
use crate::record::key;
use crate::record::log::{DeviceLogRecord, Stretch};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::inner::Signed;

fn row(conversation: &ConversationId, device: &DeviceId) -> Vec<u8> {
    key::join(&[conversation.as_bytes(), device.as_bytes()])
}

pub(crate) fn get(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    device: &DeviceId,
) -> Outcome<Option<DeviceLogRecord>> {
    step.rows.get(Scope::Account(account), Table::DeviceLog, &row(conversation, device))
}

/// A log that must be there: one of which an entry is being processed.
pub(crate) fn of_author(step: &Step<'_>, account: AccountId, entry: &Signed) -> Outcome<DeviceLogRecord> {
    let known = get(step, account, &entry.inner.conversation, &entry.inner.device)?;
    Ok(known.ok_or(Fault::Damaged("device log"))?)
}

pub(crate) fn put(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    device: &DeviceId,
    log: &DeviceLogRecord,
) {
    step.rows.put(Scope::Account(account), Table::DeviceLog, &row(conversation, device), log);
}

/// The logs of all devices that were ever heard of in a conversation.
pub(crate) fn all(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
) -> Outcome<Vec<(DeviceId, DeviceLogRecord)>> {
    let prefix = conversation.as_bytes();
    let rows = step.rows.scan(Scope::Account(account), Table::DeviceLog, prefix, usize::MAX)?;
    let mut logs = Vec::with_capacity(rows.len());
    for (row, value) in rows {
        let device = row.get(prefix.len()..).and_then(|device| DeviceId::try_from(device).ok());
        let device = device.ok_or(Fault::Damaged("device log key"))?;
        logs.push((device, record::decode(&value, "device log")?));
    }
    Ok(logs)
}

/// Where an entry stands in its author's log.
pub(crate) enum Place {
    /// Everything before it was processed, as far as this account can ever read it.
    Next,
    /// Something before it is missing.
    Later,
    /// It was processed before.
    Before,
    /// Its author signed another entry for its place, or for one before it on which this one builds.
    Beside,
}

/// Whether the entry with this number was processed.
pub(crate) fn has(log: &DeviceLogRecord, sequence: u64) -> bool {
    sequence <= log.sequence && !log.gaps.iter().any(|gap| gap.contains(sequence))
}

/// Whether a number lies behind the end of a log, or between two of its generations.
pub(crate) fn is_cut(log: &DeviceLogRecord, sequence: u64) -> bool {
    log.cut.is_some_and(|cut| sequence > cut) || log.void.is_some_and(|void| void.contains(sequence))
}

pub(crate) fn place(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    log: &DeviceLogRecord,
    entry: &Signed,
) -> Outcome<Place> {
    let sequence = entry.inner.sequence;
    if is_beside(step, account, entry)? {
        return Ok(Place::Beside);
    }
    if has(log, sequence) {
        return Ok(Place::Before);
    }
    let before = sequence.saturating_sub(1);
    let predecessor = at(step, account, &place_key(&entry.inner.conversation, &entry.inner.device, before))?;
    match predecessor.map(|there| there == entry.inner.prev) {
        Some(false) => return Ok(Place::Beside),
        Some(true) if has(log, before) => return Ok(Place::Next),
        Some(true) | None => {}
    }
    Ok(if waits_for_predecessor(step, account, record, log, entry)? { Place::Later } else { Place::Next })
}

/// Whether the entry before this one in its log can still come. One that was dropped is not waited for.
fn waits_for_predecessor(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    log: &DeviceLogRecord,
    entry: &Signed,
) -> Outcome<bool> {
    let kept = entry.inner.sequence > log.dropped.saturating_add(1);
    Ok(kept && can_come(step, account, record, &entry.inner.prev_tag)?)
}

/// The id of the entry that came first for a place.
fn at(step: &Step<'_>, account: AccountId, place: &[u8]) -> Outcome<Option<Vec<u8>>> {
    Ok(step.rows.get_bytes(Scope::Account(account), Table::LogPlace, place)?)
}

/// Notes that an entry is there for its place. Returns whether its author signed another for it.
pub(crate) fn claim(step: &mut Step<'_>, account: AccountId, entry: &Signed) -> Outcome<bool> {
    let (row, id) = (key_of(entry), entry.id());
    match at(step, account, &row)? {
        Some(there) => Ok(there != id.as_bytes()),
        None => {
            step.rows.put_bytes(Scope::Account(account), Table::LogPlace, &row, id.as_bytes().to_vec());
            Ok(false)
        }
    }
}

/// Whether another entry came first for the place of this one.
pub(crate) fn is_beside(step: &Step<'_>, account: AccountId, entry: &Signed) -> Outcome<bool> {
    Ok(at(step, account, &key_of(entry))?.is_some_and(|there| there != entry.id().as_bytes()))
}

/// The key of what is noted of one place in a log.
pub(crate) fn place_key(conversation: &ConversationId, device: &DeviceId, sequence: u64) -> Vec<u8> {
    key::counted(&row(conversation, device), sequence)
}

fn key_of(entry: &Signed) -> Vec<u8> {
    place_key(&entry.inner.conversation, &entry.inner.device, entry.inner.sequence)
}

/// Notes that an entry was processed.
pub(crate) fn advance(step: &Step<'_>, log: &mut DeviceLogRecord, entry: &Signed) {
    let sequence = entry.inner.sequence;
    let said = (entry.inner.clock >> 16).min(step.now.wall.0);
    log.heard = Some(log.heard.map_or(said, |before| before.max(said)));
    if sequence > log.sequence {
        let first = log.sequence.saturating_add(1);
        if sequence > first {
            log.gaps.push(Stretch { first, last: sequence - 1 });
            if log.gaps.len() > LOG_GAPS_MAX {
                log.gaps.remove(0);
            }
        }
        log.sequence = sequence;
    } else {
        fill(log, sequence);
    }
    match log.owed.last_mut() {
        Some(span) if span.last.saturating_add(1) == sequence => span.last = sequence,
        Some(_) | None => log.owed.push(Stretch { first: sequence, last: sequence }),
    }
}

fn fill(log: &mut DeviceLogRecord, sequence: u64) {
    let Some(at) = log.gaps.iter().position(|gap| gap.contains(sequence)) else { return };
    let gap = log.gaps.remove(at);
    if sequence < gap.last {
        log.gaps.insert(at, Stretch { first: sequence + 1, last: gap.last });
    }
    if gap.first < sequence {
        log.gaps.insert(at, Stretch { first: gap.first, last: sequence - 1 });
    }
}
