//! Reading a peer's queue by counter: page after page, fetching what is not here. The position moves once a page is here whole.

use std::collections::BTreeMap;

use tidings_crypto::id::{NodeId, OuterId, QueueId};

use super::{accept, listing, queue, reconcile, sync};
use crate::error::Outcome;
use crate::input::{Protocol, RequestFailure};
use crate::limits::{FETCH_ENTRIES_MAX, RECONCILE_PAGE_MIN};
use crate::peer::Purpose;
use crate::record::sync::CursorRecord;
use crate::step::Step;
use crate::wire;
use crate::wire::log::{FetchRequest, LogRequest, LogResponse, Page, Position, Rest};

/// A page of which something is still being fetched. Not stored: after a lost connection the page is asked for again.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// What is missing here, by its counter at the peer.
    missing: BTreeMap<u64, OuterId>,
    /// Our position once it is here.
    end: CursorRecord,
    /// Whether there is another page.
    more: bool,
}

/// Handles a list: fetches what is missing here, or moves the position and asks for the next page.
pub(crate) fn listed(
    step: &mut Step<'_>,
    peer: NodeId,
    asked: &[QueueId],
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    let Ok(bytes) = result else {
        sync::put_off(step, peer, asked);
        return Ok(());
    };
    let Ok(LogResponse::Listed(pages)) = wire::decode::<LogResponse>(&bytes, "list") else { return Ok(()) };
    let mut next = Vec::new();
    let mut open: Vec<QueueId> = asked.to_vec();
    let full = pages.iter().any(|page| !page.entries.is_empty());
    for page in pages {
        // One page for each queue that was asked for.
        let Some(at) = open.iter().position(|queue| *queue == page.queue) else { continue };
        open.swap_remove(at);
        next.extend(take(step, peer, &page, full)?);
    }
    if !next.is_empty() {
        sync::list(step, peer, next);
    }
    Ok(())
}

/// Takes one page. Returns where to read on, if that can be said already. `full`: whether the answer as a whole had any entries.
fn take(step: &mut Step<'_>, peer: NodeId, page: &Page, full: bool) -> Outcome<Option<Position>> {
    let queue = page.queue;
    let known = sync::cursor(step, &queue, peer)?;
    if page.rest == Rest::UnknownPosition {
        if known.after > 0 {
            // Its store went back. What stands under its counters now is not what we read there.
            sync::move_cursor(step, &queue, peer, &CursorRecord::default());
            sync::ask(step, peer, &[queue])?;
        }
        return Ok(None);
    }
    let more = page.rest == Rest::More;
    let Some(last) = page.entries.last() else {
        // The answer was full before it came to this queue.
        return Ok((more && full).then(|| sync::position(&queue, known)));
    };
    let end = CursorRecord { after: last.counter, generation: page.generation };
    let missing = missing(step, page)?;
    if missing.is_empty() && !more {
        sync::move_cursor(step, &queue, peer, &end);
        return Ok(None);
    }
    let mostly_known = page.entries.len() >= RECONCILE_PAGE_MIN && missing.len() * 8 < page.entries.len();
    if more && mostly_known && sync::may_reconcile(step, &queue, peer)? {
        reconcile::session::begin(step, peer, queue)?;
        return Ok(None);
    }
    if missing.is_empty() {
        sync::move_cursor(step, &queue, peer, &end);
        return Ok(Some(sync::position(&queue, end)));
    }
    if step.peers.peer(peer).reading.contains_key(&queue) {
        // Another page of it is being fetched, and goes on from there.
        return Ok(None);
    }
    fetch(step, peer, queue, Reading { missing, end, more });
    Ok(None)
}

fn missing(step: &Step<'_>, page: &Page) -> Outcome<BTreeMap<u64, OuterId>> {
    let mut missing = BTreeMap::new();
    for entry in &page.entries {
        if listing::counter_of(step, &page.queue, &entry.id)?.is_none() {
            missing.insert(entry.counter, entry.id);
        }
    }
    Ok(missing)
}

fn fetch(step: &mut Step<'_>, peer: NodeId, queue: QueueId, reading: Reading) {
    let counters = reading.missing.keys().copied().take(FETCH_ENTRIES_MAX).collect();
    step.peers.peer(peer).reading.insert(queue, reading);
    let request = LogRequest::Fetch(FetchRequest { queue, counters });
    step.request(peer, Protocol::Log, wire::encode(&request), Purpose::Fetch(queue));
}

/// Takes fetched entries. Those that did not fit into the answer are asked for again.
pub(crate) fn fetched(
    step: &mut Step<'_>,
    peer: NodeId,
    queue: &QueueId,
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    let Some(mut reading) = step.peers.peer(peer).reading.remove(queue) else { return Ok(()) };
    let Ok(bytes) = result else {
        sync::put_off(step, peer, &[*queue]);
        return Ok(());
    };
    let Ok(LogResponse::Fetched(entries)) = wire::decode::<LogResponse>(&bytes, "entries") else { return Ok(()) };
    let Some(record) = queue::get(step, queue)? else { return Ok(()) };
    for entry in &entries {
        accept::fetched(step, peer, &record, entry.as_slice())?;
    }
    let before = reading.missing.len();
    let mut missing = BTreeMap::new();
    for (counter, id) in reading.missing {
        if listing::counter_of(step, queue, &id)?.is_none() {
            missing.insert(counter, id);
        }
    }
    if missing.is_empty() {
        sync::move_cursor(step, queue, peer, &reading.end);
        if reading.more {
            sync::read_on(step, peer, *queue, reading.end)?;
        }
    } else if missing.len() < before {
        reading.missing = missing;
        fetch(step, peer, *queue, reading);
    }
    // Whoever names what it does not give, or gives what we do not take, would be asked for it again and again.
    Ok(())
}
