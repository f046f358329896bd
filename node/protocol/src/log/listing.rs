//! Reading which entries a queue holds, in the order of its counters.

use tidings_crypto::id::{OuterId, QueueId};

use crate::error::{Fault, Outcome};
use crate::limits::{LIST_READ_BYTES_MAX, LIST_STEP};
use crate::record::key;
use crate::step::Step;
use crate::store::snapshot::{Direction, Snapshot as _};
use crate::store::table::{Scope, Table};
use crate::wire::log::Listed;

/// Up to `room` entries after a counter, and whether there are more. It ends early after [`LIST_READ_BYTES_MAX`].
pub(crate) fn after(step: &Step<'_>, queue: &QueueId, mut after: u64, room: usize) -> Outcome<(Vec<Listed>, bool)> {
    let end = key::prefix_end(queue.as_bytes());
    let mut entries: Vec<Listed> = Vec::new();
    let mut bytes = 0;
    // In small steps: entries may be large, and only their ids are wanted.
    while entries.len() < room && bytes < LIST_READ_BYTES_MAX {
        let start = key::counted(queue.as_bytes(), after.saturating_add(1));
        let limit = LIST_STEP.min(room - entries.len());
        let rows = step.rows.range(Scope::Node, Table::QueueEntry, &start, &end, limit, Direction::Forward)?;
        if rows.is_empty() {
            return Ok((entries, false));
        }
        for (row, value) in rows {
            after = key::counter_of(&row).ok_or(Fault::Damaged("queue entry key"))?;
            bytes += value.len();
            entries.push(Listed { counter: after, id: id_of(&value)? });
        }
    }
    let start = key::counted(queue.as_bytes(), after.saturating_add(1));
    let more = step.rows.range(Scope::Node, Table::QueueEntry, &start, &end, 1, Direction::Forward)?;
    Ok((entries, !more.is_empty()))
}

/// The counter of the oldest entry from `since` on, if there is one.
pub(crate) fn first(step: &Step<'_>, queue: &QueueId, since: u64) -> Outcome<Option<u64>> {
    let (start, end) = (key::counted(queue.as_bytes(), since), key::prefix_end(queue.as_bytes()));
    let rows = step.rows.range(Scope::Node, Table::QueueEntry, &start, &end, 1, Direction::Forward)?;
    rows.first().map(|(row, _)| key::counter_of(row).ok_or(Fault::Damaged("queue entry key").into())).transpose()
}

/// The counter of an entry, if the queue holds it.
pub(crate) fn counter_of(step: &Step<'_>, queue: &QueueId, id: &OuterId) -> Outcome<Option<u64>> {
    let index = key::join(&[queue.as_bytes(), id.as_bytes()]);
    let counter = step.rows.get_bytes(Scope::Node, Table::OuterIndex, &index)?;
    counter.map(|counter| key::counter_of(&counter).ok_or(Fault::Damaged("outer index").into())).transpose()
}

fn id_of(entry: &[u8]) -> Outcome<OuterId> {
    Ok(tidings_crypto::Outer::parse(entry).map_err(|_| Fault::Damaged("queue entry"))?.id())
}
