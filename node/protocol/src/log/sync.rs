//! Sync by cursor (DECISIONS 15): list what a peer keeps after our position in each shared queue, fetch what we lack.
//!
//! It repairs what pushing missed; its cost grows with what is new at the peer (40 bytes each) and with what we lack.

use tidings_crypto::id::{NodeId, OuterId, QueueId};
use tls_codec::VLByteVec;

use crate::error::{Fault, Outcome};
use crate::input::{Protocol, RequestFailure};
use crate::limits::{
    FETCH_BYTES_MAX, FETCH_ENTRIES_MAX, LIST_ENTRIES_MAX, LIST_QUEUES_MAX, LIST_READ_BYTES_MAX, LIST_STEP,
};
use crate::peer::Purpose;
use crate::record;
use crate::record::key;
use crate::record::log::QueueRecord;
use crate::step::Step;
use crate::store::snapshot::Direction;
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::log::{FetchRequest, Listed, LogRequest, LogResponse, Page, Position};

/// Asks a peer that has just connected what is new in every queue we share.
pub(crate) fn start(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    let mut positions = Vec::new();
    for (row, value) in step.rows.scan(Scope::Node, Table::Queue, b"", usize::MAX)? {
        let queue: QueueRecord = record::decode(&value, "queue")?;
        if queue.followers.iter().any(|follower| follower.node == peer) {
            let queue = QueueId::try_from(row.as_slice()).map_err(|_| Fault::Damaged("queue key"))?;
            positions.push(Position { queue, after: position(step, &queue, peer)? });
        }
    }
    for positions in positions.chunks(LIST_QUEUES_MAX) {
        list(step, peer, positions.to_vec());
    }
    Ok(())
}

/// Asks every connected follower of a queue what is new in it.
pub(crate) fn again(step: &mut Step<'_>, queue: &QueueId) -> Outcome<()> {
    let Some(record) = super::queue::get(step, queue)? else { return Ok(()) };
    let asked = |purpose: &Purpose| matches!(purpose, Purpose::List(queues) if queues.contains(queue));
    if step.peers.any_under_way(asked) {
        return Ok(());
    }
    for follower in record.followers {
        if step.peers.is_connected(follower.node) {
            let after = position(step, queue, follower.node)?;
            list(step, follower.node, vec![Position { queue: *queue, after }]);
        }
    }
    Ok(())
}

fn list(step: &mut Step<'_>, peer: NodeId, positions: Vec<Position>) {
    let queues = positions.iter().map(|position| position.queue).collect();
    step.request(peer, Protocol::Log, wire::encode(&LogRequest::List(positions)), Purpose::List(queues));
}

pub(crate) fn position(step: &Step<'_>, queue: &QueueId, peer: NodeId) -> Outcome<u64> {
    Ok(step.rows.get(Scope::Node, Table::PeerCursor, &cursor_key(queue, peer))?.unwrap_or(0))
}

fn cursor_key(queue: &QueueId, peer: NodeId) -> Vec<u8> {
    key::join(&[queue.as_bytes(), peer.as_bytes()])
}

/// Handles a list: fetches what we lack, moves the position, asks for the next page.
pub(crate) fn listed(
    step: &mut Step<'_>,
    peer: NodeId,
    asked: &[QueueId],
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    let Ok(Ok(LogResponse::Listed(pages))) = result.map(|bytes| wire::decode::<LogResponse>(&bytes, "list")) else {
        return Ok(());
    };
    let mut again = Vec::new();
    let mut open: Vec<QueueId> = asked.to_vec();
    let full = pages.iter().any(|page| !page.entries.is_empty());
    for page in pages {
        // One page for each queue that was asked for.
        let Some(at) = open.iter().position(|queue| *queue == page.queue) else { continue };
        open.swap_remove(at);
        let missing = missing(step, &page)?;
        for counters in missing.chunks(FETCH_ENTRIES_MAX) {
            fetch(step, peer, page.queue, counters.to_vec());
        }
        let Some(last) = page.entries.last() else {
            if page.more != 0 && full {
                // The answer was full before it came to this queue.
                again.push(Position { queue: page.queue, after: position(step, &page.queue, peer)? });
            }
            continue;
        };
        // The position stays where something is missing, so that a lost fetch is repeated at the next connection.
        let safe = missing.first().map_or(last.counter, |first| first.saturating_sub(1));
        step.rows.put(Scope::Node, Table::PeerCursor, &cursor_key(&page.queue, peer), &safe);
        if page.more != 0 {
            again.push(Position { queue: page.queue, after: last.counter });
        }
    }
    if !again.is_empty() {
        list(step, peer, again);
    }
    Ok(())
}

fn missing(step: &Step<'_>, page: &Page) -> Outcome<Vec<u64>> {
    let mut missing = Vec::new();
    for entry in &page.entries {
        let index = key::join(&[page.queue.as_bytes(), entry.id.as_bytes()]);
        if step.rows.get_bytes(Scope::Node, Table::OuterIndex, &index)?.is_none() {
            missing.push(entry.counter);
        }
    }
    Ok(missing)
}

fn fetch(step: &mut Step<'_>, peer: NodeId, queue: QueueId, counters: Vec<u64>) {
    let request = LogRequest::Fetch(FetchRequest { queue, counters });
    step.request(peer, Protocol::Log, wire::encode(&request), Purpose::Fetch(queue));
}

/// Takes fetched entries. If some did not fit into the answer, the next list names them again.
pub(crate) fn fetched(
    step: &mut Step<'_>,
    peer: NodeId,
    queue: &QueueId,
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    let Ok(Ok(LogResponse::Fetched(entries))) = result.map(|bytes| wire::decode::<LogResponse>(&bytes, "entries"))
    else {
        return Ok(());
    };
    let Some(record) = super::queue::get(step, queue)? else { return Ok(()) };
    let mut progress = false;
    for entry in &entries {
        progress |= super::accept::fetched(step, peer, &record, entry.as_slice())?;
    }
    // Whoever sends what we do not take would be asked for it again and again.
    if progress {
        let after = position(step, queue, peer)?;
        list(step, peer, vec![Position { queue: *queue, after }]);
    }
    Ok(())
}

/// Answers a list request: only queues that the asker follows.
pub(crate) fn serve_list(step: &Step<'_>, peer: NodeId, positions: &[Position]) -> Outcome<Vec<Page>> {
    let mut pages = Vec::new();
    let mut room = LIST_ENTRIES_MAX;
    for position in positions.iter().take(LIST_QUEUES_MAX) {
        if let Some(since) = readable_from(step, &position.queue, peer)? {
            let position = Position { queue: position.queue, after: position.after.max(since.saturating_sub(1)) };
            let page = page(step, &position, room)?;
            room -= page.entries.len();
            pages.push(page);
        }
    }
    Ok(pages)
}

fn page(step: &Step<'_>, position: &Position, room: usize) -> Outcome<Page> {
    use crate::store::snapshot::Snapshot as _;
    let queue = position.queue.as_bytes();
    let end = key::prefix_end(queue);
    let mut entries: Vec<Listed> = Vec::new();
    let (mut after, mut bytes) = (position.after, 0);
    // In small steps: entries may be large, and only their ids are wanted.
    while entries.len() < room && bytes < LIST_READ_BYTES_MAX {
        let start = key::counted(queue, after.saturating_add(1));
        let limit = LIST_STEP.min(room - entries.len());
        let rows = step.rows.range(Scope::Node, Table::QueueEntry, &start, &end, limit, Direction::Forward)?;
        if rows.is_empty() {
            return Ok(Page { queue: position.queue, entries, more: 0 });
        }
        for (row, value) in rows {
            after = key::counter_of(&row).ok_or(Fault::Damaged("queue entry key"))?;
            bytes += value.len();
            entries.push(Listed { counter: after, id: id_of(&value)? });
        }
    }
    let start = key::counted(queue, after.saturating_add(1));
    let more = !step.rows.range(Scope::Node, Table::QueueEntry, &start, &end, 1, Direction::Forward)?.is_empty();
    Ok(Page { queue: position.queue, entries, more: u8::from(more) })
}

fn id_of(entry: &[u8]) -> Outcome<OuterId> {
    Ok(tidings_crypto::Outer::parse(entry).map_err(|_| Fault::Damaged("queue entry"))?.id())
}

/// Answers a fetch with as many of the entries as fit.
pub(crate) fn serve_fetch(step: &Step<'_>, peer: NodeId, request: &FetchRequest) -> Outcome<Vec<VLByteVec>> {
    let mut entries = Vec::new();
    if readable_from(step, &request.queue, peer)?.is_none() {
        return Ok(entries);
    }
    let mut bytes = 0;
    for counter in request.counters.iter().take(FETCH_ENTRIES_MAX) {
        let row = key::counted(request.queue.as_bytes(), *counter);
        if let Some(entry) = step.rows.get_bytes(Scope::Node, Table::QueueEntry, &row)? {
            bytes += entry.len();
            if bytes > FETCH_BYTES_MAX {
                break;
            }
            entries.push(VLByteVec::from(entry));
        }
    }
    Ok(entries)
}

/// From which counter on a peer may read a queue; `None` if it is no follower.
fn readable_from(step: &Step<'_>, queue: &QueueId, peer: NodeId) -> Outcome<Option<u64>> {
    Ok(super::queue::get(step, queue)?.and_then(|record| super::queue::readable_from(&record, peer)))
}
