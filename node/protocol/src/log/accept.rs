//! The one door by which foreign entries enter: form, size, topic signature, known queue or room for a provisional one, seen before.

use tidings_crypto::id::NodeId;
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
        take_room(step, peer, queue.as_bytes(), bytes.len() as u64)?;
    }
    super::append::keep(step, record, &queue, &outer)?;
    Ok(true)
}

/// Counts bytes taken from a peer for a queue or a bundle that no account has confirmed (DECISIONS 19).
pub(crate) fn take_room(step: &mut Step<'_>, peer: NodeId, what: &[u8; 32], bytes: u64) -> Outcome<()> {
    let of_it = key::join(&[what, peer.as_bytes()]);
    for (row, limit) in
        [(peer.as_bytes().as_slice(), PROVISIONAL_BYTES_MAX), (b"", PROVISIONAL_BYTES_ALL), (&of_it, u64::MAX)]
    {
        let used = provisional(step, row)?.saturating_add(bytes);
        if used > limit {
            return Err(Rejection::Quota { what: "bytes that nobody here has asked for" }.into());
        }
        step.rows.put(Scope::Node, Table::Provisional, row, &used);
    }
    Ok(())
}

fn provisional(step: &Step<'_>, row: &[u8]) -> Outcome<u64> {
    Ok(step.rows.get(Scope::Node, Table::Provisional, row)?.unwrap_or(0))
}

/// Gives back the room that something took before it was confirmed or given up, and no more than that.
pub(crate) fn give_back(step: &mut Step<'_>, what: &[u8; 32]) -> Outcome<()> {
    for (row, value) in step.rows.scan(Scope::Node, Table::Provisional, what, usize::MAX)? {
        let Some(peer) = row.get(what.len()..).filter(|peer| !peer.is_empty()) else { continue };
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
