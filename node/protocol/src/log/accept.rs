//! The one door by which foreign entries enter: form, size, topic signature, known queue or a reason to keep an unknown one, room, seen before.

use tidings_crypto::id::{NodeId, QueueId};
use tidings_crypto::outer::{Outer, queue_of};
use tidings_crypto::sign::VerifyingKey;

use crate::error::{Fault, Outcome, Rejection};
use crate::record::log::QueueRecord;
use crate::step::Step;
use crate::wire::log::{PushItem, PushStatus};

/// Takes one pushed entry from `peer`.
pub(crate) fn pushed(step: &mut Step<'_>, peer: NodeId, item: &PushItem) -> Outcome<PushStatus> {
    let take = |step: &mut Step<'_>| accept(step, peer, item.topic, item.outer.as_slice(), item.voucher.as_slice());
    let status = match crate::step::refused(step.attempt(take))? {
        Ok(Some((queue, counter))) => {
            super::ring::pass_on(step, peer, &queue, counter)?;
            PushStatus::Kept
        }
        Ok(None) => PushStatus::Kept,
        Err(Rejection::Quota { .. }) => PushStatus::NoRoom,
        Err(Rejection::NotFound) => PushStatus::Unasked,
        Err(_) => PushStatus::Refused,
    };
    Ok(status)
}

/// Takes one entry that this node fetched from `peer` for a queue it keeps. Returns whether it was new and good.
pub(crate) fn fetched(step: &mut Step<'_>, peer: NodeId, record: &QueueRecord, bytes: &[u8]) -> Result<bool, Fault> {
    let topic = record.topic;
    let take = |step: &mut Step<'_>| accept(step, peer, topic, bytes, &[]);
    Ok(crate::step::refused(step.attempt(take))?.is_ok_and(|new| new.is_some()))
}

/// Returns the entry's place if it is new.
fn accept(
    step: &mut Step<'_>,
    peer: NodeId,
    topic: [u8; 32],
    bytes: &[u8],
    voucher: &[u8],
) -> Outcome<Option<(QueueId, u64)>> {
    let outer = Outer::parse(bytes).map_err(|_| Rejection::Malformed { what: "outer entry" })?;
    let topic_key = VerifyingKey::from_bytes(topic);
    let queue = queue_of(&topic_key);
    if outer.queue() != queue {
        return Err(Rejection::Refused { reason: "queue of another topic key" }.into());
    }
    if super::append::is_kept(step, &queue, &outer)? {
        super::ring::has(step, peer, &queue, &outer.id())?;
        return Ok(None);
    }
    outer.verify(&topic_key).map_err(|_| Rejection::Refused { reason: "topic signature" })?;
    let mut record = match super::queue::get(step, &queue)? {
        Some(record) if record.ended => return Err(Rejection::Refused { reason: "queue that has ended" }.into()),
        // Nobody here reads it any more, but somebody may be about to: one who was added again and has not unlocked since.
        Some(record) if record.provisional.is_none() && record.is_unwanted() => {
            super::voucher::admit(step, peer, &queue, record, voucher)?
        }
        Some(record) => record,
        None => super::voucher::admit(step, peer, &queue, QueueRecord::new(topic, step.now.wall.0), voucher)?,
    };
    super::quota::take(step, peer, &queue, &mut record, bytes.len())?;
    let counter = super::append::keep(step, record, &queue, &outer)?;
    Ok(Some((queue, counter)))
}
