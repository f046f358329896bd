//! Generations of a queue's counters: how a store that went back to an old copy of its folder is noticed.
//!
//! A position in another store is a counter there. After the store is restored from a backup, or runs twice from one folder, it gives the
//! same counters to other entries. So each run of a node appends under a random generation, as Kafka's leader epochs do (KIP-101, KIP-320): a
//! counter and its generation name one entry and everything before it; a position whose generation the store does not know for that counter
//! is none.

use tidings_crypto::id::QueueId;

use crate::error::Outcome;
use crate::limits::GENERATIONS_MAX;
use crate::record::sync::{CursorRecord, GenerationRecord, SegmentRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};

/// Notes under which generation a counter was given out.
pub(crate) fn note(step: &mut Step<'_>, queue: &QueueId, counter: u64) -> Outcome<()> {
    let generation = of_this_run(step);
    let mut record = load(step, queue)?;
    if record.segments.last().is_some_and(|last| last.generation == generation) {
        return Ok(());
    }
    record.segments.push(SegmentRecord { first: counter, generation });
    if record.segments.len() > GENERATIONS_MAX {
        record.segments.remove(0);
    }
    step.rows.put(Scope::Node, Table::Generation, queue.as_bytes(), &record);
    Ok(())
}

/// The generation of a counter; zeros if it is not known any more.
pub(crate) fn of(step: &Step<'_>, queue: &QueueId, counter: u64) -> Outcome<[u8; 16]> {
    let record = load(step, queue)?;
    let segment = record.segments.iter().rev().find(|segment| segment.first <= counter);
    Ok(segment.map(|segment| segment.generation).unwrap_or_default())
}

/// Whether a position is one that this store gave out and still stands by. `next` is the queue's next counter.
pub(crate) fn is_known(step: &Step<'_>, queue: &QueueId, position: &CursorRecord, next: u64) -> Outcome<bool> {
    if position.after == 0 {
        return Ok(true);
    }
    let generation = of(step, queue, position.after)?;
    Ok(position.after < next && generation == position.generation && generation != [0; 16])
}

fn load(step: &Step<'_>, queue: &QueueId) -> Outcome<GenerationRecord> {
    Ok(step.rows.get(Scope::Node, Table::Generation, queue.as_bytes())?.unwrap_or_default())
}

fn of_this_run(step: &mut Step<'_>) -> [u8; 16] {
    if let Some(generation) = step.peers.generation {
        return generation;
    }
    let generation = step.random();
    step.peers.generation = Some(generation);
    generation
}
