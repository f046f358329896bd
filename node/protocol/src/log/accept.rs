//! The one door by which foreign entries enter: form, size, topic signature, known queue or room for a provisional one, seen before.

use tidings_crypto::id::NodeId;
use tidings_crypto::outer::{Outer, queue_of};
use tidings_crypto::sign::VerifyingKey;

use crate::error::{Fault, Outcome, Rejection};
use crate::limits::PROVISIONAL_BYTES_MAX;
use crate::record::log::QueueRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::log::{PushItem, PushStatus};

/// Takes one pushed entry from `peer`.
pub(crate) fn pushed(step: &mut Step<'_>, peer: NodeId, item: &PushItem) -> Result<PushStatus, Fault> {
    let outcome = crate::step::refused(step.attempt(|step| accept(step, peer, item.topic, item.outer.as_slice())))?;
    Ok(match outcome {
        Ok(_) => PushStatus::Kept,
        Err(Rejection::Quota { .. }) => PushStatus::NoRoom,
        Err(_) => PushStatus::Refused,
    })
}

/// Takes one entry that this node fetched from `peer` for a queue it keeps. Returns whether it was new and good.
pub(crate) fn fetched(step: &mut Step<'_>, peer: NodeId, record: &QueueRecord, bytes: &[u8]) -> Result<bool, Fault> {
    let topic = record.topic;
    Ok(crate::step::refused(step.attempt(|step| accept(step, peer, topic, bytes)))?.is_ok_and(|new| new))
}

/// Returns whether the entry is new.
fn accept(step: &mut Step<'_>, peer: NodeId, topic: [u8; 32], bytes: &[u8]) -> Outcome<bool> {
    let outer = Outer::parse(bytes).map_err(|_| Rejection::Malformed { what: "outer entry" })?;
    let topic_key = VerifyingKey::from_bytes(topic);
    let queue = queue_of(&topic_key);
    if outer.queue() != queue {
        return Err(Rejection::Refused { reason: "queue of another topic key" }.into());
    }
    if super::append::is_kept(step, &queue, &outer)? {
        return Ok(false);
    }
    outer.verify(&topic_key).map_err(|_| Rejection::Refused { reason: "topic signature" })?;
    let record = match super::queue::get(step, &queue)? {
        // Nobody here reads it any more, but somebody may be about to: one who was added again and has not unlocked since.
        Some(record) if record.provisional.is_none() && record.subscribers.is_empty() => {
            QueueRecord { provisional: Some(peer), ..record }
        }
        Some(record) => record,
        None => QueueRecord { topic, followers: Vec::new(), subscribers: Vec::new(), next: 1, provisional: Some(peer) },
    };
    if record.provisional.is_some() {
        take_room(step, peer, bytes.len() as u64)?;
    }
    super::append::keep(step, record, &queue, &outer)?;
    Ok(true)
}

/// Counts bytes taken from a peer for queues that no account has confirmed (DECISIONS 19).
fn take_room(step: &mut Step<'_>, peer: NodeId, bytes: u64) -> Outcome<()> {
    let used: u64 = step.rows.get(Scope::Node, Table::Provisional, peer.as_bytes())?.unwrap_or(0);
    let used = used.saturating_add(bytes);
    if used > PROVISIONAL_BYTES_MAX {
        return Err(Rejection::Quota { what: "bytes for unconfirmed queues" }.into());
    }
    step.rows.put(Scope::Node, Table::Provisional, peer.as_bytes(), &used);
    Ok(())
}
