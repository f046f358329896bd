//! Writing an own entry: its place in the own log, signature, seal, and into the queue.

use tidings_crypto::id::{AccountId, EntryId};
use tidings_crypto::outer::{LogKey, Outer, TopicKey};

use crate::account::message::order;
use crate::account::profile;
use crate::error::{Outcome, Rejection};
use crate::record::conversation::ConversationRecord;
use crate::record::epoch::EpochRecord;
use crate::record::key;
use crate::record::profile::ProfileRecord;
use crate::step::{Step, refused};
use crate::store::table::{Scope, Table};
use crate::wire::inner::{Dependency, Draft, Inner, Place, Signed, generation_start};

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
    if record.is_stranded() {
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
    order::note(step, account, &record.id, (profile.device, sequence), clock);
    let counter = crate::log::append::publish(step, account, &outer)?;
    Ok(Published { id: signed.id(), sequence, clock, counter })
}

/// Begins another own log: whoever was let back in writes nothing more in the one before.
pub(crate) fn begin_log(record: &mut ConversationRecord, generation: u16) {
    record.generation = generation;
    record.own_sequence = generation_start(generation);
    record.own_head = [0; 32];
    record.own_tag = [0; 8];
}

fn next_place(step: &Step<'_>, profile: &ProfileRecord, record: &ConversationRecord) -> Place {
    let heads = record.heads.iter();
    Place {
        device: profile.device,
        sequence: record.own_sequence.saturating_add(1),
        prev: record.own_head,
        prev_tag: record.own_tag,
        clock: order::after(record.clock, step.now.wall.0 << 16),
        dependencies: heads
            .map(|head| Dependency { device: head.device, sequence: head.sequence, tag: head.tag })
            .collect(),
    }
}

/// Says something outside the own log, sealed under an epoch of which the keys are known. It is lost if the queue takes nothing any more.
/// Returns its id and clock.
pub(crate) fn beside(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    under: &EpochRecord,
    draft: Draft,
) -> Outcome<(EntryId, u64)> {
    let profile = profile::load(step, account)?;
    let next = next_place(step, &profile, record);
    let place = Place { prev: [0; 32], prev_tag: [0; 8], dependencies: Vec::new(), ..next };
    let clock = place.clock;
    let signed = Signed::sign(Inner::new(draft, place), &profile.device_key());
    let topic = TopicKey::derive(&under.topic_secret);
    if under.log_key == [0; 32] || crate::log::queue::get(step, &topic.queue())?.is_none() {
        return Ok((signed.id(), clock));
    }
    let outer = Outer::seal(&topic, &LogKey::from_bytes(under.log_key), step.random(), &signed.to_bytes())
        .map_err(|_| Rejection::TooLarge { limit: crate::limits::TEXT_BYTES_MAX })?;
    refused(step.attempt(|step| crate::log::append::publish(step, account, &outer)))?.unwrap_or_default();
    Ok((signed.id(), clock))
}
