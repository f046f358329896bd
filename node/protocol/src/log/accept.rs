//! The one door by which foreign entries enter: form, size, topic signature, known queue or room for a provisional one, seen before.

use tidings_crypto::id::{NodeId, QueueId};
use tidings_crypto::outer::{Outer, queue_of};
use tidings_crypto::sign::VerifyingKey;

use crate::error::{Fault, Outcome, Rejection};
use crate::limits::{PROVISIONAL_BYTES_ALL, PROVISIONAL_BYTES_MAX};
use crate::record;
use crate::record::key;
use crate::record::log::QueueRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::log::{PushItem, PushStatus};

/// Takes one pushed entry from `peer`.
pub(crate) fn pushed(step: &mut Step<'_>, peer: NodeId, item: &PushItem) -> Outcome<PushStatus> {
    let outcome = crate::step::refused(step.attempt(|step| accept(step, peer, item.topic, item.outer.as_slice())))?;
    let status = match outcome {
        Ok(Some((queue, counter))) => {
            super::ring::pass_on(step, peer, &queue, counter)?;
            PushStatus::Kept
        }
        Ok(None) => PushStatus::Kept,
        Err(Rejection::Quota { .. }) => PushStatus::NoRoom,
        Err(_) => PushStatus::Refused,
    };
    Ok(status)
}

/// Takes one entry that this node fetched from `peer` for a queue it keeps. Returns whether it was new and good.
pub(crate) fn fetched(step: &mut Step<'_>, peer: NodeId, record: &QueueRecord, bytes: &[u8]) -> Result<bool, Fault> {
    let topic = record.topic;
    Ok(crate::step::refused(step.attempt(|step| accept(step, peer, topic, bytes)))?.is_ok_and(|new| new.is_some()))
}

/// Returns the entry's place if it is new.
fn accept(step: &mut Step<'_>, peer: NodeId, topic: [u8; 32], bytes: &[u8]) -> Outcome<Option<(QueueId, u64)>> {
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
    let record = match super::queue::get(step, &queue)? {
        // Nobody here reads it any more, but somebody may be about to: one who was added again and has not unlocked since.
        Some(record) if record.provisional.is_none() && record.subscribers.is_empty() => {
            QueueRecord { provisional: Some(peer), ..record }
        }
        Some(record) => record,
        None => QueueRecord {
            topic,
            followers: Vec::new(),
            subscribers: Vec::new(),
            next: 1,
            provisional: Some(peer),
            epoch: 0,
        },
    };
    if record.provisional.is_some() {
        take_room(step, peer, &queue, bytes.len() as u64)?;
    }
    let counter = super::append::keep(step, record, &queue, &outer)?;
    Ok(Some((queue, counter)))
}

/// Counts bytes taken from a peer for queues that no account has confirmed (DECISIONS 19).
fn take_room(step: &mut Step<'_>, peer: NodeId, queue: &QueueId, bytes: u64) -> Outcome<()> {
    let of_queue = key::join(&[queue.as_bytes(), peer.as_bytes()]);
    for (row, limit) in
        [(peer.as_bytes().as_slice(), PROVISIONAL_BYTES_MAX), (b"", PROVISIONAL_BYTES_ALL), (&of_queue, u64::MAX)]
    {
        let used = provisional(step, row)?.saturating_add(bytes);
        if used > limit {
            return Err(Rejection::Quota { what: "bytes for unconfirmed queues" }.into());
        }
        step.rows.put(Scope::Node, Table::Provisional, row, &used);
    }
    Ok(())
}

fn provisional(step: &Step<'_>, row: &[u8]) -> Outcome<u64> {
    Ok(step.rows.get(Scope::Node, Table::Provisional, row)?.unwrap_or(0))
}

/// Gives back the room a queue took before it was confirmed, and no more than that.
pub(crate) fn give_back(step: &mut Step<'_>, queue: &QueueId) -> Outcome<()> {
    for (row, value) in step.rows.scan(Scope::Node, Table::Provisional, queue.as_bytes(), usize::MAX)? {
        let Some(peer) = row.get(queue.as_bytes().len()..).filter(|peer| !peer.is_empty()) else { continue };
        let bytes: u64 = record::decode(&value, "provisional bytes")?;
        step.rows.delete(Scope::Node, Table::Provisional, &row);
        for row in [peer, b""] {
            match provisional(step, row)?.saturating_sub(bytes) {
                0 => step.rows.delete(Scope::Node, Table::Provisional, row),
                left => step.rows.put(Scope::Node, Table::Provisional, row, &left),
            }
        }
    }
    Ok(())
}
