//! The epochs a log had reached at each of its entries, along their hashes. By this a commit is judged (REQ-FORK-6, REQ-FORK-7), also one in
//! a second log that its author signed beside the first, and whichever of the two came first: as long as what it builds on can be read here
//! (`docs/PROTOCOL.md` section 14, where the core falls short).

use tidings_crypto::id::AccountId;

use super::conversation::rule::Trail;
use super::device_log;
use crate::error::Outcome;
use crate::record::conversation::ConversationRecord;
use crate::record::key;
use crate::record::log::{DeviceLogRecord, PlaceRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::inner::Signed;

/// What was processed in a place.
pub(crate) fn place(step: &Step<'_>, account: AccountId, place: &[u8]) -> Outcome<Option<PlaceRecord>> {
    step.rows.get(Scope::Account(account), Table::LogPlace, place)
}

/// The trail before an entry; `None` if what it builds on is not here and can still come. Behind what can't come it is the trail of the
/// log as it was followed here.
pub(crate) fn before(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    log: &DeviceLogRecord,
    entry: &Signed,
) -> Outcome<Option<Trail>> {
    if entry.inner.prev == log.head {
        return Ok(Some(log.trail.clone()));
    }
    if entry.inner.sequence == 1 {
        return Ok(Some(Trail::default()));
    }
    let there = place(step, account, &predecessor(entry))?.filter(|there| *there.entry.as_bytes() == entry.inner.prev);
    if let Some(there) = there {
        return Ok(Some(there.trail));
    }
    if let Some(trail) = beside(step, account, entry)? {
        return Ok(Some(trail));
    }
    let waits = device_log::waits_for_predecessor(step, account, record, log, entry)?;
    Ok((!waits).then(|| log.trail.clone()))
}

/// The trail before an entry that builds on one which stands beside its log.
pub(crate) fn beside(step: &Step<'_>, account: AccountId, entry: &Signed) -> Outcome<Option<Trail>> {
    let row = key::join(&[&predecessor(entry), &entry.inner.prev]);
    step.rows.get(Scope::Account(account), Table::LogBeside, &row)
}

/// Whether an entry was seen to stand beside its log.
pub(crate) fn is_noted(step: &Step<'_>, account: AccountId, entry: &Signed) -> Outcome<bool> {
    Ok(step.rows.get_bytes(Scope::Account(account), Table::LogBeside, &row(entry))?.is_some())
}

/// Notes an entry that stands beside its log, and the trail from it on.
pub(crate) fn note(step: &mut Step<'_>, account: AccountId, entry: &Signed, trail: &Trail) {
    step.rows.put(Scope::Account(account), Table::LogBeside, &row(entry), trail);
}

fn row(entry: &Signed) -> Vec<u8> {
    key::join(&[&device_log::key_of(entry), entry.id().as_bytes()])
}

fn predecessor(entry: &Signed) -> Vec<u8> {
    device_log::place_key(&entry.inner.conversation, &entry.inner.device, entry.inner.sequence.saturating_sub(1))
}
