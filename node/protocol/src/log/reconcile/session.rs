//! Asking: one reconciliation of a queue with a peer, from the fingerprint of everything down to the entries that are missing here.
//!
//! Nothing of it is stored. One that is cut off begins anew at the next connection, and what it fetched until then is no difference any more.

use std::collections::BTreeMap;

use tidings_crypto::id::{NodeId, OuterId, QueueId};

use super::prefix::Prefix;
use super::tree::{self, View};
use super::{short, shown};
use crate::error::Outcome;
use crate::input::{Protocol, RequestFailure};
use crate::limits::{
    FETCH_ENTRIES_MAX, RANGE_ITEMS_SENT, RANGE_LACKING_MAX, RANGES_MAX, RECONCILE_OPEN_MAX, RECONCILE_REQUESTS_MAX,
    RECONCILE_SESSIONS_MAX, RECONCILE_WANTED_MAX, RECONCILE_WINDOW,
};
use crate::log::{accept, listing, queue, sync};
use crate::peer::Purpose;
use crate::record::sync::CursorRecord;
use crate::step::Step;
use crate::wire;
use crate::wire::log::{FetchRequest, LogRequest, LogResponse};
use crate::wire::reconcile::{Have, Range, RangeAnswer, ReconcileRequest, Reconciled};

/// A range that differs and was not asked about yet.
#[derive(Debug, Clone, Copy)]
struct Open {
    prefix: Prefix,
    /// How many entries the peer has in it.
    theirs: u64,
}

/// A range that was asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    prefix: Prefix,
    split: bool,
}

/// One reconciliation under way.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    nonce: [u8; 16],
    /// Where the peer's queue ended when this began: our position once all ranges are equal.
    end: Option<CursorRecord>,
    /// The last one is asked about first, so that few are open at once.
    open: Vec<Open>,
    under_way: usize,
    requests: u32,
    /// Entries that are missing here, by their counter at the peer.
    wanted: BTreeMap<u64, OuterId>,
    fetching: bool,
    /// Entries that it brought.
    taken: u64,
}

/// Begins a reconciliation with a peer, or lets it wait until another one ends.
pub(crate) fn begin(step: &mut Step<'_>, peer: NodeId, queue: QueueId) -> Outcome<()> {
    let nonce = step.random();
    let state = step.peers.peer(peer);
    if state.reconciling.contains_key(&queue) {
        return Ok(());
    }
    if state.reconciling.len() >= RECONCILE_SESSIONS_MAX {
        state.reconcile_later.insert(queue);
        return Ok(());
    }
    state.reconcile_later.remove(&queue);
    let open = vec![Open { prefix: Prefix::ALL, theirs: u64::MAX }];
    let wanted = BTreeMap::new();
    let session = Session { nonce, end: None, open, under_way: 0, requests: 0, wanted, fetching: false, taken: 0 };
    go_on(step, peer, queue, session)
}

/// Begins those that wait, as far as there is room: whenever one has ended.
fn resume(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    while step.peers.peer(peer).reconciling.len() < RECONCILE_SESSIONS_MAX {
        let Some(queue) = step.peers.peer(peer).reconcile_later.pop_first() else { return Ok(()) };
        begin(step, peer, queue)?;
    }
    Ok(())
}

/// Asks, fetches, or ends.
fn go_on(step: &mut Step<'_>, peer: NodeId, queue: QueueId, mut session: Session) -> Outcome<()> {
    let (Some(record), Some(since)) = (queue::get(step, &queue)?, sync::readable_from(step, &queue, peer)?) else {
        // It is not kept here any more.
        return resume(step, peer);
    };
    let Some(view) = View::open(step, queue, &record, since)? else {
        return read_by_counter(step, peer, queue);
    };
    while session.may_ask() {
        ask(step, peer, queue, &view, &mut session)?;
    }
    if !session.fetching && !session.wanted.is_empty() {
        let counters: Vec<u64> = session.wanted.keys().copied().take(FETCH_ENTRIES_MAX).collect();
        session.fetching = true;
        let request = LogRequest::Fetch(FetchRequest { queue, counters: counters.clone() });
        step.request(
            peer,
            Protocol::Log,
            wire::encode(&request),
            Purpose::Gather { queue, nonce: session.nonce, counters },
        );
    }
    if session.under_way > 0 || session.fetching {
        step.peers.peer(peer).reconciling.insert(queue, session);
        return Ok(());
    }
    if session.open.is_empty() {
        return finish(step, peer, queue, &session);
    }
    if session.taken == 0 {
        return distrust(step, peer, queue);
    }
    // So many ranges that its requests ran out, but it brought something: what is left is less than before.
    step.peers.peer(peer).reconcile_later.insert(queue);
    resume(step, peer)
}

fn finish(step: &mut Step<'_>, peer: NodeId, queue: QueueId, session: &Session) -> Outcome<()> {
    let end = session.end.unwrap_or_default();
    sync::move_cursor(step, &queue, peer, &end);
    sync::read_on(step, peer, queue, end)?;
    resume(step, peer)
}

/// Ends a session for which one of the two has no room.
fn read_by_counter(step: &mut Step<'_>, peer: NodeId, queue: QueueId) -> Outcome<()> {
    step.peers.peer(peer).by_counter.insert(queue);
    sync::read_on(step, peer, queue, CursorRecord::default())?;
    resume(step, peer)
}

/// Ends a session whose answers are none: this peer is read by counter from now on.
fn distrust(step: &mut Step<'_>, peer: NodeId, queue: QueueId) -> Outcome<()> {
    let state = step.peers.peer(peer);
    state.no_reconcile = true;
    let mut queues = std::mem::take(&mut state.reconcile_later);
    queues.insert(queue);
    for queue in queues {
        sync::read_on(step, peer, queue, CursorRecord::default())?;
    }
    Ok(())
}

impl Session {
    fn may_ask(&self) -> bool {
        !self.open.is_empty()
            && self.under_way < RECONCILE_WINDOW
            && self.requests < RECONCILE_REQUESTS_MAX
            && self.wanted.len() < RECONCILE_WANTED_MAX
    }
}

fn ask(step: &mut Step<'_>, peer: NodeId, queue: QueueId, view: &View, session: &mut Session) -> Outcome<()> {
    let mut open = session.open.split_off(session.open.len().saturating_sub(RANGES_MAX));
    open.sort_by_key(|open| open.prefix);
    let mut asked = Vec::with_capacity(open.len());
    let mut ranges = Vec::with_capacity(open.len());
    for open in open {
        let have = have(step, view, open, &session.nonce)?;
        asked.push(Asked { prefix: open.prefix, split: matches!(have, Have::Split(_)) });
        ranges.push(Range { prefix: open.prefix.to_wire(), have });
    }
    session.under_way += 1;
    session.requests += 1;
    let request = LogRequest::Reconcile(ReconcileRequest { queue, nonce: session.nonce, ranges });
    step.request(
        peer,
        Protocol::Log,
        wire::encode(&request),
        Purpose::Reconcile { queue, nonce: session.nonce, asked },
    );
    Ok(())
}

/// Shows what is here in a range, in the form that is shorter.
fn have(step: &mut Step<'_>, view: &View, open: Open, nonce: &[u8; 16]) -> Outcome<Have> {
    let ours = tree::node(step, view, open.prefix)?.count;
    if ours > RANGE_ITEMS_SENT && open.theirs > RANGE_ITEMS_SENT && open.prefix.can_split() {
        let parts = tree::children(step, view, open.prefix)?;
        return Ok(Have::Split(parts.iter().map(|part| shown(nonce, &part.fingerprint)).collect()));
    }
    if ours > RANGE_ITEMS_SENT {
        // Fewer there than here: let it name them all.
        return Ok(Have::Items(Vec::new()));
    }
    let (ids, _) = tree::ids(step, view, open.prefix, usize::MAX)?;
    let mut items: Vec<[u8; 8]> = ids.iter().map(|(id, _)| short(nonce, id)).collect();
    items.sort_unstable();
    items.dedup();
    Ok(Have::Items(items))
}

/// Handles the answer to one request.
pub(crate) fn answered(
    step: &mut Step<'_>,
    peer: NodeId,
    (queue, nonce): (QueueId, [u8; 16]),
    asked: &[Asked],
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    let Some(mut session) = under_way(step, peer, &queue, &nonce) else { return Ok(()) };
    let Ok(bytes) = result else { return put_off(step, peer, queue) };
    let Ok(LogResponse::Reconciled(answer)) = wire::decode::<LogResponse>(&bytes, "reconciliation") else {
        return distrust(step, peer, queue);
    };
    if answer.answers.is_empty() {
        // It has no room for another tree now, or we are no follower in its eyes.
        return read_by_counter(step, peer, queue);
    }
    session.under_way = session.under_way.saturating_sub(1);
    session.end.get_or_insert(CursorRecord { after: answer.last, generation: answer.generation });
    if !take(step, &queue, &mut session, asked, &answer)? {
        return distrust(step, peer, queue);
    }
    go_on(step, peer, queue, session)
}

/// Takes out the session that an answer belongs to; one of an earlier session has none.
fn under_way(step: &mut Step<'_>, peer: NodeId, queue: &QueueId, nonce: &[u8; 16]) -> Option<Session> {
    let sessions = &mut step.peers.peer(peer).reconciling;
    if sessions.get(queue)?.nonce == *nonce { sessions.remove(queue) } else { None }
}

/// Takes up an answer. Returns whether it is one.
fn take(
    step: &Step<'_>,
    queue: &QueueId,
    session: &mut Session,
    asked: &[Asked],
    answer: &Reconciled,
) -> Outcome<bool> {
    if answer.answers.len() != asked.len() {
        return Ok(false);
    }
    for (asked, answer) in asked.iter().zip(&answer.answers) {
        match (asked.split, answer) {
            (true, RangeAnswer::Differ(parts)) => {
                if !parts.is_sorted_by(|one, next| one.nibble < next.nibble) || parts.len() > 16 {
                    return Ok(false);
                }
                for part in parts {
                    if part.nibble > 15 || part.count == 0 {
                        return Ok(false);
                    }
                    session.open.push(Open { prefix: asked.prefix.child(part.nibble), theirs: part.count });
                }
            }
            (false, RangeAnswer::Lacking(lacking)) => {
                let ascending = lacking.entries.is_sorted_by(|one, next| one.id < next.id);
                let inside = lacking.entries.iter().all(|entry| asked.prefix.contains(&entry.id));
                if !ascending || !inside || lacking.entries.len() > RANGE_LACKING_MAX {
                    return Ok(false);
                }
                for entry in &lacking.entries {
                    if listing::counter_of(step, queue, &entry.id)?.is_none() {
                        session.wanted.insert(entry.counter, entry.id);
                    }
                }
                if lacking.more != 0 {
                    if !asked.prefix.can_split() {
                        return Ok(false);
                    }
                    let parts = (0..16).map(|nibble| asked.prefix.child(nibble));
                    session.open.extend(parts.map(|prefix| Open { prefix, theirs: u64::MAX }));
                }
            }
            (true, RangeAnswer::Lacking(_)) | (false, RangeAnswer::Differ(_)) => return Ok(false),
        }
    }
    Ok(session.open.len() <= RECONCILE_OPEN_MAX)
}

/// Takes entries that were fetched. Those that did not fit into the answer are asked for again.
pub(crate) fn gathered(
    step: &mut Step<'_>,
    peer: NodeId,
    (queue, nonce): (QueueId, [u8; 16]),
    counters: &[u64],
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    let Some(mut session) = under_way(step, peer, &queue, &nonce) else { return Ok(()) };
    let Ok(bytes) = result else { return put_off(step, peer, queue) };
    let Some(record) = queue::get(step, &queue)? else { return resume(step, peer) };
    let Ok(LogResponse::Fetched(entries)) = wire::decode::<LogResponse>(&bytes, "entries") else {
        return distrust(step, peer, queue);
    };
    session.fetching = false;
    for entry in &entries {
        session.taken += u64::from(accept::fetched(step, peer, &record, entry.as_slice())?);
    }
    let before = session.wanted.len();
    for counter in counters {
        if let Some(id) = session.wanted.get(counter).copied()
            && listing::counter_of(step, &queue, &id)?.is_some()
        {
            session.wanted.remove(counter);
        }
    }
    if session.wanted.len() == before {
        // It names what it does not give.
        return distrust(step, peer, queue);
    }
    go_on(step, peer, queue, session)
}

/// Ends a session of which a request got no answer.
fn put_off(step: &mut Step<'_>, peer: NodeId, queue: QueueId) -> Outcome<()> {
    sync::put_off(step, peer, &[queue]);
    resume(step, peer)
}
