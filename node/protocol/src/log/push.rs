//! Pushing own entries to followers until each has acknowledged durably, and those of others where they are passed on.
//!
//! One push at a time to a peer, carrying everything that waits: order is kept without a window, and many messages share one durable commit
//! at the other side.

use tidings_crypto::id::NodeId;
use tls_codec::VLByteVec;

use crate::error::Outcome;
use crate::input::{Protocol, RequestFailure};
use crate::limits::{OUTBOX_LIFETIME_MS, PUSH_BYTES_MAX, PUSH_ENTRIES_MAX};
use crate::peer::{Purpose, Pushed};
use crate::record;
use crate::record::key;
use crate::record::log::{Obstacle, OutboxRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::log::{LogRequest, LogResponse, PushItem, PushStatus};

/// Sends the next push to a connected peer, if anything waits and none is under way.
pub(crate) fn pump(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    if step.peers.peer(peer).push_under_way {
        return Ok(());
    }
    let (mut entries, mut items) = collect(step, peer)?;
    collect_forwards(step, peer, &mut entries, &mut items)?;
    if items.is_empty() {
        if is_waiting(step, peer)? {
            // A whole push of entries that were given up; behind them there is more.
            step.to_serve.insert(peer);
        }
        return Ok(());
    }
    step.peers.peer(peer).push_under_way = true;
    step.request(peer, Protocol::Log, wire::encode(&LogRequest::Push(items)), Purpose::Push(entries));
    Ok(())
}

/// Whether anything waits for this peer.
pub(crate) fn is_waiting(step: &Step<'_>, peer: NodeId) -> Outcome<bool> {
    Ok(!step.rows.scan(Scope::Node, Table::Outbox, peer.as_bytes(), 1)?.is_empty())
}

fn collect(step: &mut Step<'_>, peer: NodeId) -> Outcome<(Vec<Pushed>, Vec<PushItem>)> {
    let mut rows = Vec::new();
    let mut items = Vec::new();
    let mut bytes = 0;
    for (row, value) in step.rows.scan(Scope::Node, Table::Outbox, peer.as_bytes(), PUSH_ENTRIES_MAX)? {
        let waiting: OutboxRecord = record::decode(&value, "outbox")?;
        let entry = step.rows.get_bytes(
            Scope::Node,
            Table::QueueEntry,
            &key::counted(waiting.queue.as_bytes(), waiting.counter),
        )?;
        let queue = super::queue::get(step, &waiting.queue)?;
        let (Some(entry), Some(queue)) = (entry, queue) else {
            // Its queue has ended.
            give_up(step, peer, &row)?;
            continue;
        };
        if step.now.wall.0.saturating_sub(waiting.since) > OUTBOX_LIFETIME_MS {
            give_up(step, peer, &row)?;
            continue;
        }
        bytes += entry.len();
        if bytes > PUSH_BYTES_MAX && !items.is_empty() {
            break;
        }
        rows.push(Pushed::Own(row));
        let voucher = VLByteVec::from(super::queue::voucher_for(&queue, peer));
        items.push(PushItem { topic: queue.topic, outer: VLByteVec::from(entry), voucher });
    }
    Ok((rows, items))
}

/// Fills the push up with entries of others that are passed on.
fn collect_forwards(
    step: &mut Step<'_>,
    peer: NodeId,
    entries: &mut Vec<Pushed>,
    items: &mut Vec<PushItem>,
) -> Outcome<()> {
    let mut bytes: usize = items.iter().map(|item| item.outer.as_slice().len()).sum();
    while entries.len() < PUSH_ENTRIES_MAX
        && let Some((queue, counter)) = step.peers.peer(peer).forwards.front().copied()
    {
        let row = key::counted(queue.as_bytes(), counter);
        let entry = step.rows.get_bytes(Scope::Node, Table::QueueEntry, &row)?;
        if let (Some(entry), Some(record)) = (entry, super::queue::get(step, &queue)?) {
            bytes += entry.len();
            if bytes > PUSH_BYTES_MAX && !items.is_empty() {
                return Ok(());
            }
            entries.push(Pushed::PassedOn(queue, counter));
            let voucher = VLByteVec::from(super::queue::voucher_for(&record, peer));
            items.push(PushItem { topic: record.topic, outer: VLByteVec::from(entry), voucher });
        }
        step.peers.peer(peer).forwards.pop_front();
    }
    Ok(())
}

/// Handles the answer to a push.
pub(crate) fn answered(
    step: &mut Step<'_>,
    peer: NodeId,
    entries: &[Pushed],
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    step.peers.peer(peer).push_under_way = false;
    let statuses = match result.map(|bytes| wire::decode::<LogResponse>(&bytes, "answer to a push")) {
        Ok(Ok(LogResponse::Pushed(statuses))) if statuses.len() == entries.len() => statuses,
        Ok(_) | Err(_) => {
            pass_on_again(step, peer, entries);
            return super::peer_wait::try_again(step, peer, Obstacle::NoAnswer);
        }
    };
    let (mut progress, mut own_waits) = (false, false);
    for (entry, status) in entries.iter().zip(statuses) {
        match (entry, status) {
            (Pushed::Own(row), PushStatus::Kept | PushStatus::Refused) => {
                progress = true;
                settle(step, peer, row, status)?;
            }
            (Pushed::Own(row), PushStatus::Unasked) if is_for_nobody(step, peer, row)? => {
                progress = true;
                settle(step, peer, row, status)?;
            }
            // To the end: what it has no room for must not stand before what it has.
            (Pushed::Own(row), PushStatus::NoRoom | PushStatus::Unasked) => {
                own_waits = true;
                put_off(step, peer, row)?;
            }
            (Pushed::PassedOn(..), PushStatus::Kept | PushStatus::Refused) => progress = true,
            // It reads for itself when it has room, or when somebody there asks for the queue.
            (Pushed::PassedOn(..), PushStatus::NoRoom | PushStatus::Unasked) => {}
        }
    }
    if progress {
        step.peers.peer(peer).failures = 0;
        step.to_serve.insert(peer);
        super::peer_wait::over(step, peer)
    } else if own_waits {
        super::peer_wait::try_again(step, peer, Obstacle::NoRoom)
    } else {
        // Nothing of this node waits that a person could be told of.
        let pause = step.peers.back_off(peer);
        step.set_timer(TimerKind::Peer(peer), pause);
        Ok(())
    }
}

/// Puts what is passed on back to the front, unless the connection is gone: then the peer reads when it comes back.
fn pass_on_again(step: &mut Step<'_>, peer: NodeId, entries: &[Pushed]) {
    if step.peers.is_connected(peer) {
        for entry in entries.iter().rev() {
            match entry {
                Pushed::PassedOn(queue, counter) => step.peers.peer(peer).forwards.push_front((*queue, *counter)),
                Pushed::Own(_) => {}
            }
        }
    }
}

/// Whether nobody lives at a peer for whom it should keep an entry: somebody there was added on a branch that has lost, and was not let in.
/// Should they be after all, they read for themselves ([`super::queue::follow`]).
fn is_for_nobody(step: &Step<'_>, peer: NodeId, row: &[u8]) -> Outcome<bool> {
    let Some(waiting) = step.rows.get::<OutboxRecord>(Scope::Node, Table::Outbox, row)? else { return Ok(false) };
    let Some(queue) = super::queue::get(step, &waiting.queue)? else { return Ok(false) };
    let is_mailbox = queue.followers.iter().any(|follower| follower.node == peer && follower.mailbox);
    if is_mailbox || queue.subscribers.is_empty() {
        return Ok(false);
    }
    for account in queue.subscribers {
        if crate::account::conversation::state::may_have_home(step, account, &waiting.queue, peer)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn give_up(step: &mut Step<'_>, peer: NodeId, row: &[u8]) -> Outcome<()> {
    if let Some(waiting) = step.rows.get::<OutboxRecord>(Scope::Node, Table::Outbox, row)? {
        step.rows.delete(Scope::Node, Table::Outbox, row);
        crate::account::message::state::given_up(step, peer, &waiting)?;
    }
    Ok(())
}

fn put_off(step: &mut Step<'_>, peer: NodeId, row: &[u8]) -> Outcome<()> {
    if let Some(value) = step.rows.get_bytes(Scope::Node, Table::Outbox, row)? {
        step.rows.delete(Scope::Node, Table::Outbox, row);
        let last = key::counted(peer.as_bytes(), step.rows.next_count("outbox")?);
        step.rows.put_bytes(Scope::Node, Table::Outbox, &last, value);
    }
    Ok(())
}

fn settle(step: &mut Step<'_>, peer: NodeId, row: &[u8], status: PushStatus) -> Outcome<()> {
    let Some(waiting) = step.rows.get::<OutboxRecord>(Scope::Node, Table::Outbox, row)? else {
        return Ok(());
    };
    step.rows.delete(Scope::Node, Table::Outbox, row);
    match status {
        PushStatus::Kept => crate::account::message::state::kept_by(step, peer, &waiting),
        // One neighbour's word: the others may keep it and pass it on.
        PushStatus::Refused | PushStatus::NoRoom | PushStatus::Unasked if waiting.shared => Ok(()),
        PushStatus::Unasked => crate::account::message::state::given_up(step, peer, &waiting),
        PushStatus::Refused | PushStatus::NoRoom => crate::account::message::state::refused_by(step, peer, &waiting),
    }
}
