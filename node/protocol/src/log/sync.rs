//! Sync between stores (DECISIONS 15): what a peer keeps after our position in each shared queue, or where it differs from ours.
//!
//! It repairs what pushing missed. By counter it costs 40 bytes for each entry that is new at the peer, known here or not; by ranges what
//! differs. Which of the two is chosen here; `read` and `reconcile::session` take up the answers.

use tidings_crypto::id::{NodeId, QueueId};
use tls_codec::VLByteVec;

use super::{generation, listing, reconcile, ring};
use crate::error::{Fault, Outcome};
use crate::input::Protocol;
use crate::limits::{
    FETCH_BYTES_MAX, FETCH_ENTRIES_MAX, LIST_ENTRIES_MAX, LIST_QUEUES_MAX, READ_AGAIN_MS, RECONCILE_ENTRIES_MIN,
    SYNC_FOLLOWERS,
};
use crate::peer::Purpose;
use crate::record;
use crate::record::key;
use crate::record::log::QueueRecord;
use crate::record::sync::CursorRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::log::{FetchRequest, LogRequest, Page, Position, Rest};

/// Asks a peer that has just connected what is new in every queue we share.
pub(crate) fn start(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    let mut shared = Vec::new();
    for (row, value) in step.rows.scan(Scope::Node, Table::Queue, b"", usize::MAX)? {
        let queue: QueueRecord = record::decode(&value, "queue")?;
        if is_shared(&queue, peer) {
            shared.push(QueueId::try_from(row.as_slice()).map_err(|_| Fault::Damaged("queue key"))?);
        }
    }
    ask(step, peer, &shared)
}

fn is_shared(queue: &QueueRecord, peer: NodeId) -> bool {
    queue.followers.iter().any(|follower| follower.node == peer)
}

/// A request to read these queues got no answer: they are asked for again after a pause. A new connection begins with reading anyway.
pub(crate) fn put_off(step: &mut Step<'_>, peer: NodeId, queues: &[QueueId]) {
    if step.peers.is_connected(peer) {
        step.peers.peer(peer).unread.extend(queues);
        step.set_timer(TimerKind::ReadAgain(peer), READ_AGAIN_MS);
    }
}

/// Asks a peer again for what it gave no answer to.
pub(crate) fn resume(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    let mut unread = std::mem::take(&mut step.peers.peer(peer).unread);
    for queue in unread.clone() {
        if !super::queue::get(step, &queue)?.is_some_and(|record| is_shared(&record, peer)) {
            unread.remove(&queue);
        }
    }
    ask(step, peer, &unread.into_iter().collect::<Vec<_>>())
}

/// Asks the followers of a queue what is new in it; of many only some, the next time others.
pub(crate) fn again(step: &mut Step<'_>, queue: &QueueId) -> Outcome<()> {
    let Some(record) = super::queue::get(step, queue)? else { return Ok(()) };
    let asked = |purpose: &Purpose| matches!(purpose, Purpose::List(queues) if queues.contains(queue));
    if step.peers.any_under_way(asked) {
        return Ok(());
    }
    let mut followers: Vec<NodeId> = record.followers.iter().map(|follower| follower.node).collect();
    if ring::is_ring(&record) {
        followers = ring::choose(step, &mut followers, SYNC_FOLLOWERS);
    }
    for follower in followers {
        if step.peers.is_connected(follower) {
            ask(step, follower, &[*queue])?;
        } else if ring::is_ring(&record) {
            // Only neighbours are kept connected. Once it is, it is asked like every peer.
            super::route::reach(step, follower)?;
        }
    }
    Ok(())
}

/// Asks a connected peer what is new in these queues: by counter, or by ranges where the position is void and most may be known.
pub(crate) fn ask(step: &mut Step<'_>, peer: NodeId, queues: &[QueueId]) -> Outcome<()> {
    let mut positions = Vec::new();
    for queue in queues {
        let cursor = cursor(step, queue, peer)?;
        if cursor.after == 0 && may_reconcile(step, queue, peer)? {
            reconcile::session::begin(step, peer, *queue)?;
        } else {
            positions.push(position(queue, cursor));
        }
    }
    for positions in positions.chunks(LIST_QUEUES_MAX) {
        list(step, peer, positions.to_vec());
    }
    Ok(())
}

/// Reads a peer's queue by counter from a position on.
pub(crate) fn read_on(step: &mut Step<'_>, peer: NodeId, queue: QueueId, cursor: CursorRecord) -> Outcome<()> {
    list(step, peer, vec![position(&queue, cursor)]);
    Ok(())
}

/// Whether so much of the queue is here that reading another store from its start would mostly name what is known.
pub(crate) fn may_reconcile(step: &mut Step<'_>, queue: &QueueId, peer: NodeId) -> Outcome<bool> {
    let (Some(record), Some(since)) = (super::queue::get(step, queue)?, readable_from(step, queue, peer)?) else {
        return Ok(false);
    };
    let state = step.peers.peer(peer);
    let barred = state.no_reconcile || state.by_counter.contains(queue);
    Ok(record.next.saturating_sub(since) >= RECONCILE_ENTRIES_MIN && !barred)
}

pub(crate) fn list(step: &mut Step<'_>, peer: NodeId, positions: Vec<Position>) {
    let queues = positions.iter().map(|position| position.queue).collect();
    step.request(peer, Protocol::Log, wire::encode(&LogRequest::List(positions)), Purpose::List(queues));
}

pub(crate) fn position(queue: &QueueId, cursor: CursorRecord) -> Position {
    Position { queue: *queue, after: cursor.after, generation: cursor.generation }
}

pub(crate) fn cursor(step: &Step<'_>, queue: &QueueId, peer: NodeId) -> Outcome<CursorRecord> {
    Ok(step.rows.get(Scope::Node, Table::PeerCursor, &cursor_key(queue, peer))?.unwrap_or_default())
}

/// Remembers how far a peer's queue was read.
pub(crate) fn move_cursor(step: &mut Step<'_>, queue: &QueueId, peer: NodeId, cursor: &CursorRecord) {
    step.rows.put(Scope::Node, Table::PeerCursor, &cursor_key(queue, peer), cursor);
}

fn cursor_key(queue: &QueueId, peer: NodeId) -> Vec<u8> {
    key::join(&[queue.as_bytes(), peer.as_bytes()])
}

/// Answers a list request: only queues that the asker follows.
pub(crate) fn serve_list(step: &Step<'_>, peer: NodeId, positions: &[Position]) -> Outcome<Vec<Page>> {
    let mut pages = Vec::new();
    let mut room = LIST_ENTRIES_MAX;
    for position in positions.iter().take(LIST_QUEUES_MAX) {
        let queue = position.queue;
        let (Some(record), Some(since)) = (super::queue::get(step, &queue)?, readable_from(step, &queue, peer)?) else {
            continue;
        };
        let known = CursorRecord { after: position.after, generation: position.generation };
        if !generation::is_known(step, &queue, &known, record.next)? {
            pages.push(Page { queue, generation: [0; 16], entries: Vec::new(), rest: Rest::UnknownPosition });
            continue;
        }
        let page = page(step, queue, position.after.max(since.saturating_sub(1)), room)?;
        room -= page.entries.len();
        pages.push(page);
    }
    Ok(pages)
}

fn page(step: &Step<'_>, queue: QueueId, after: u64, room: usize) -> Outcome<Page> {
    let (entries, more) = listing::after(step, &queue, after, room)?;
    let last = entries.last().map_or(after, |last| last.counter);
    let generation = generation::of(step, &queue, last)?;
    Ok(Page { queue, generation, entries, rest: if more { Rest::More } else { Rest::Nothing } })
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
pub(crate) fn readable_from(step: &Step<'_>, queue: &QueueId, peer: NodeId) -> Outcome<Option<u64>> {
    Ok(super::queue::get(step, queue)?.and_then(|record| super::queue::readable_from(&record, peer)))
}
