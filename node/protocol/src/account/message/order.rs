//! The order in which messages are shown (PROTOCOL A7.3): by a clock that is a function of the entry and of what it builds on, and of
//! nothing else, so that it is the same for all members; then by author.
//!
//! Deviation: A7.3 cuts back a clock that runs more than ten minutes ahead of the reader's own. That depends on when an entry is read,
//! and two members who read it at different times would show two orders. Here an entry stands after everything it builds on, whatever its
//! clock says, and a clock that names no possible time counts as none. A wrong clock can therefore put a message before or after those
//! its author had not seen, and never before one that they had.

use tidings_crypto::id::{AccountId, ConversationId, DeviceId};

use crate::error::{Fault, Outcome};
use crate::limits::CLOCK_MAX;
use crate::record::key;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::inner::{Inner, Signed};

/// The key under which an entry's message stands in its conversation: by clock, then by author.
pub(crate) fn order_key(clock: u64, author: &AccountId, sequence: u64) -> Vec<u8> {
    let author = author.as_bytes().get(..16).unwrap_or_default();
    key::join(&[&clock.to_be_bytes(), author, &sequence.to_be_bytes()])
}

/// The clock under which an entry stands: later than all it builds on, as far as that is here.
pub(crate) fn clock_of(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    entry: &Signed,
) -> Outcome<u64> {
    let Inner { device, sequence, dependencies, .. } = &entry.inner;
    let before = std::iter::once((*device, sequence.saturating_sub(1)));
    let built_on = before.chain(dependencies.iter().map(|dependency| (dependency.device, dependency.sequence)));
    let mut latest = 0;
    for (device, sequence) in built_on {
        let row = row(conversation, &device, sequence);
        if let Some(clock) = step.rows.get_bytes(Scope::Account(account), Table::EntryClock, &row)? {
            latest = latest.max(key::counter_of(&clock).ok_or(Fault::Damaged("entry clock"))?);
        }
    }
    Ok(after(latest, entry.inner.clock))
}

/// `clock`, if it names a possible time, but later than `latest`.
pub(crate) fn after(latest: u64, clock: u64) -> u64 {
    let said = if clock <= CLOCK_MAX { clock } else { 0 };
    latest.saturating_add(1).max(said)
}

/// Remembers the clock of an entry for those that build on it.
pub(crate) fn note(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    (device, sequence): (DeviceId, u64),
    clock: u64,
) {
    let row = row(conversation, &device, sequence);
    step.rows.put_bytes(Scope::Account(account), Table::EntryClock, &row, clock.to_be_bytes().to_vec());
}

fn row(conversation: &ConversationId, device: &DeviceId, sequence: u64) -> Vec<u8> {
    key::join(&[conversation.as_bytes(), device.as_bytes(), &sequence.to_be_bytes()])
}
