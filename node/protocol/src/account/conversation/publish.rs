//! Writing an own entry: its place in the own log, signature, seal, and into the queue.

use tidings_crypto::id::{AccountId, EntryId};
use tidings_crypto::outer::{LogKey, Outer, TopicKey};

use crate::error::{Outcome, Rejection};
use crate::record::conversation::ConversationRecord;
use crate::record::key;
use crate::record::profile::ProfileRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::inner::{Dependency, Draft, Inner, Place, Signed};

/// Where an own entry went.
pub(crate) struct Published {
    pub(crate) id: EntryId,
    pub(crate) sequence: u64,
    pub(crate) clock: u64,
    /// Its counter in the queue.
    pub(crate) counter: u64,
}

/// Appends `draft` to the own log, sealed under the tip. Changes `record`; the caller stores it.
pub(crate) fn publish(
    step: &mut Step<'_>,
    account: AccountId,
    profile: &ProfileRecord,
    record: &mut ConversationRecord,
    draft: Draft,
) -> Outcome<Published> {
    if record.stranded {
        return Err(Rejection::Stranded.into());
    }
    let place = next_place(step, profile, record);
    let (sequence, clock) = (place.sequence, place.clock);
    let signed = Signed::sign(Inner::new(draft, place), &profile.device_key());
    let log_key = LogKey::from_bytes(record.log_key);
    let outer = Outer::seal(&TopicKey::derive(&record.topic_secret), &log_key, step.random(), &signed.to_bytes())
        .map_err(|_| Rejection::TooLarge { limit: crate::limits::TEXT_BYTES_MAX })?;
    record.own_sequence = sequence;
    record.own_head = *signed.id().as_bytes();
    record.own_tag = log_key.tag();
    record.clock = clock;
    record.heads.clear();
    let own = key::counted(record.id.as_bytes(), sequence);
    step.rows.put_bytes(Scope::Account(account), Table::OwnEntry, &own, signed.id().as_bytes().to_vec());
    let counter = crate::log::append::publish(step, account, &outer)?;
    Ok(Published { id: signed.id(), sequence, clock, counter })
}

fn next_place(step: &Step<'_>, profile: &ProfileRecord, record: &ConversationRecord) -> Place {
    let heads = record.heads.iter();
    Place {
        device: profile.device,
        sequence: record.own_sequence.saturating_add(1),
        prev: record.own_head,
        prev_tag: record.own_tag,
        clock: next_clock(record.clock, step.now.wall.0),
        dependencies: heads
            .map(|head| Dependency { device: head.device, sequence: head.sequence, tag: head.tag })
            .collect(),
    }
}

/// Signs an entry that stands outside the own log. Returns what is to be sealed.
pub(crate) fn sign_beside(
    step: &Step<'_>,
    profile: &ProfileRecord,
    record: &ConversationRecord,
    draft: Draft,
) -> Vec<u8> {
    let place =
        Place { prev: [0; 32], prev_tag: [0; 8], dependencies: Vec::new(), ..next_place(step, profile, record) };
    Signed::sign(Inner::new(draft, place), &profile.device_key()).to_bytes()
}

/// A hybrid logical clock: later than everything seen, and near the wall clock.
fn next_clock(last: u64, wall: u64) -> u64 {
    last.saturating_add(1).max(wall << 16)
}

/// Takes another's clock into account, but not one that runs far ahead (PROTOCOL A7.3).
pub(crate) fn heard_clock(last: u64, heard: u64, wall: u64) -> u64 {
    last.max(clamp_clock(heard, wall))
}

/// A clock value cut back to at most ten minutes ahead of this node's own.
pub(crate) fn clamp_clock(heard: u64, wall: u64) -> u64 {
    heard.min(wall.saturating_add(crate::limits::CLOCK_AHEAD_MS_MAX) << 16)
}

/// The key under which an entry's message stands in its conversation: by clock, then by author.
pub(crate) fn order_key(clock: u64, author: &AccountId, sequence: u64) -> Vec<u8> {
    let author = author.as_bytes().get(..16).unwrap_or_default();
    key::join(&[&clock.to_be_bytes(), author, &sequence.to_be_bytes()])
}
