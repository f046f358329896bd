//! Putting entries into a queue: own ones with what each follower still has to acknowledge, foreign ones without.

use tidings_crypto::id::{AccountId, NodeId, QueueId};
use tidings_crypto::outer::Outer;

use crate::error::{Fault, Outcome};
use crate::limits::SOMETHING_CAME_MS;
use crate::record::key;
use crate::record::log::{OutboxRecord, QueueRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;

/// Appends an entry that `author`, an account of this node, wrote, and queues it for every follower. Returns its counter.
pub(crate) fn publish(step: &mut Step<'_>, author: AccountId, outer: &Outer) -> Outcome<u64> {
    let queue = outer.queue();
    let record = super::queue::get(step, &queue)?.ok_or(Fault::Damaged("queue of an own conversation"))?;
    let followers: Vec<NodeId> = super::ring::carriers(step, &queue, &record);
    let shared = super::ring::is_ring(&record);
    let counter = keep(step, record, &queue, outer)?;
    for node in followers {
        let row = key::counted(node.as_bytes(), step.rows.next_count("outbox")?);
        let waiting = OutboxRecord { queue, counter, since: step.now.wall.0, author, shared };
        step.rows.put(Scope::Node, Table::Outbox, &row, &waiting);
        step.to_serve.insert(node);
    }
    Ok(counter)
}

/// Stores an entry at the end of its queue and wakes the accounts and nodes that read it.
pub(crate) fn keep(step: &mut Step<'_>, mut record: QueueRecord, queue: &QueueId, outer: &Outer) -> Outcome<u64> {
    let counter = record.next;
    record.next = counter.saturating_add(1);
    let bytes = outer.to_bytes();
    record.bytes = record.bytes.saturating_add(bytes.len() as u64);
    super::retention::note_day(step, queue, &mut record, counter);
    super::queue::put(step, queue, &record);
    super::generation::note(step, queue, counter)?;
    step.rows.put_bytes(Scope::Node, Table::QueueEntry, &key::counted(queue.as_bytes(), counter), bytes);
    let index = key::join(&[queue.as_bytes(), outer.id().as_bytes()]);
    step.rows.put_bytes(Scope::Node, Table::OuterIndex, &index, counter.to_be_bytes().to_vec());
    step.to_catch_up.extend(record.subscribers.iter().map(|account| (*account, *queue)));
    for reader in record.sponsors.iter().flat_map(|sponsor| &sponsor.readers) {
        if step.peers.is_connected(*reader) {
            step.set_timer(TimerKind::SomethingCame(*reader), SOMETHING_CAME_MS);
        }
    }
    Ok(counter)
}

/// Whether the queue holds this entry, or has held it and deleted it.
pub(crate) fn is_kept(step: &Step<'_>, queue: &QueueId, outer: &Outer) -> Outcome<bool> {
    let index = key::join(&[queue.as_bytes(), outer.id().as_bytes()]);
    Ok(step.rows.get_bytes(Scope::Node, Table::OuterIndex, &index)?.is_some())
}
