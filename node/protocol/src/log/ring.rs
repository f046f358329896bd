//! Who passes an entry on to whom (PROTOCOL A9, DECISIONS 17).
//!
//! With few followers the origin pushes to all of them and nobody else does. With more, all followers stand on four rings in the order of
//! hashes of (queue, ring, node); each node's neighbours are the one before and the one after it on every ring. The origin pushes to its
//! neighbours, and whoever gets a new entry does the same. Such a union of random cycles is an expander (C. Law and K.-Y. Siu,
//! "Distributed Construction of Random Expander Networks", INFOCOM 2003): every node is a few steps away, and many nodes may be away.
//! One ring with eight neighbours would take n ÷ 8 steps.
//!
//! What is passed on is not stored: only to peers that are connected, and forgotten with the connection, since a new one begins with reading.

use tidings_crypto::derive;
use tidings_crypto::id::{NodeId, OuterId, QueueId};
use tidings_crypto::outer::queue_of;
use tidings_crypto::sign::VerifyingKey;

use super::{listing, sync};
use crate::error::Outcome;
use crate::limits::{DIRECT_FOLLOWERS_MAX, FORWARDS_MAX, RING_CONNECTED_MIN, RING_TEND_MS, RINGS, SYNC_FOLLOWERS};
use crate::record::log::QueueRecord;
use crate::step::Step;
use crate::timer::TimerKind;

/// Whether a queue has so many followers that they pass entries on.
#[must_use]
pub fn is_ring(record: &QueueRecord) -> bool {
    record.followers.iter().filter(|follower| !follower.mailbox).count() > DIRECT_FOLLOWERS_MAX
}

/// To which followers this node pushes.
pub(crate) fn carriers(step: &mut Step<'_>, queue: &QueueId, record: &QueueRecord) -> Vec<NodeId> {
    if !is_ring(record) {
        return record.followers.iter().map(|follower| follower.node).collect();
    }
    let mut carriers = around(step, queue, record);
    // They keep the queue and pass nothing on.
    carriers.extend(record.followers.iter().filter(|follower| follower.mailbox).map(|follower| follower.node));
    carriers
}

/// This node's neighbours among the homes that keep a queue.
fn around(step: &mut Step<'_>, queue: &QueueId, record: &QueueRecord) -> Vec<NodeId> {
    let homes = record.followers.iter().filter(|follower| !follower.mailbox);
    let followers: Vec<NodeId> = homes.map(|follower| follower.node).collect();
    if let Some(neighbours) = step.peers.rings.find(queue, &followers) {
        return neighbours;
    }
    let neighbours = neighbours(queue, step.config.node, &followers);
    step.peers.rings.remember(*queue, followers, neighbours.clone());
    neighbours
}

/// Makes the followers to which this node pushes peers that are to be reached.
pub(crate) fn reach_carriers(step: &mut Step<'_>, record: &QueueRecord) {
    let queue = queue_of(&VerifyingKey::from_bytes(record.topic));
    for node in carriers(step, &queue, record) {
        step.peers.peer(node).wanted = true;
        step.to_serve.insert(node);
    }
    if is_ring(record) {
        step.set_timer(TimerKind::Ring(queue), RING_TEND_MS);
    }
}

/// The nodes before and after `own` on each ring.
#[must_use]
pub fn neighbours(queue: &QueueId, own: NodeId, followers: &[NodeId]) -> Vec<NodeId> {
    let mut chosen = Vec::new();
    for ring in 0..RINGS {
        let place = |node: &NodeId| derive("tidings/1/ring", &[queue.as_bytes(), &[ring], node.as_bytes()]);
        let here = place(&own);
        let mut others: Vec<([u8; 32], NodeId)> = followers.iter().map(|node| (place(node), *node)).collect();
        others.retain(|(_, node)| *node != own);
        let after = others.iter().filter(|(at, _)| *at > here).min().or_else(|| others.iter().min());
        let before = others.iter().filter(|(at, _)| *at < here).max().or_else(|| others.iter().max());
        chosen.extend(after.iter().chain(&before).map(|(_, node)| *node));
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// Passes on an entry that `from` pushed and that was new here.
pub(crate) fn pass_on(step: &mut Step<'_>, from: NodeId, queue: &QueueId, counter: u64) -> Outcome<()> {
    let Some(record) = super::queue::get(step, queue)? else { return Ok(()) };
    if !is_ring(&record) {
        return Ok(());
    }
    for node in around(step, queue, &record) {
        if node == from || !step.peers.is_connected(node) {
            continue;
        }
        let forwards = &mut step.peers.peer(node).forwards;
        if forwards.len() >= FORWARDS_MAX {
            forwards.pop_front();
        }
        forwards.push_back((*queue, counter));
        step.to_serve.insert(node);
    }
    Ok(())
}

/// Notes that a peer has an entry, so that it is not passed on to it.
pub(crate) fn has(step: &mut Step<'_>, peer: NodeId, queue: &QueueId, id: &OuterId) -> Outcome<()> {
    if step.peers.peer(peer).forwards.is_empty() {
        return Ok(());
    }
    if let Some(counter) = listing::counter_of(step, queue, id)? {
        step.peers.peer(peer).forwards.retain(|waiting| *waiting != (*queue, counter));
    }
    Ok(())
}

/// Keeps a large queue together: reads from a follower chosen at random, and reaches for others when few are connected. Again and again.
pub(crate) fn tend(step: &mut Step<'_>, queue: &QueueId) -> Outcome<()> {
    let Some(record) = super::queue::get(step, queue)?.filter(is_ring) else { return Ok(()) };
    let (mut connected, mut others): (Vec<NodeId>, Vec<NodeId>) =
        record.followers.iter().map(|follower| follower.node).partition(|node| step.peers.is_connected(*node));
    if connected.len() < RING_CONNECTED_MIN {
        for node in choose(step, &mut others, SYNC_FOLLOWERS) {
            super::route::reach(step, node)?;
        }
    }
    for node in choose(step, &mut connected, 1) {
        sync::ask(step, node, &[*queue])?;
    }
    step.set_timer(TimerKind::Ring(*queue), RING_TEND_MS);
    Ok(())
}

/// Some of `nodes`, chosen at random.
pub(crate) fn choose(step: &mut Step<'_>, nodes: &mut Vec<NodeId>, number: usize) -> Vec<NodeId> {
    let mut chosen = Vec::new();
    while chosen.len() < number && !nodes.is_empty() {
        let at = u64::from_be_bytes(step.random()) % nodes.len() as u64;
        chosen.push(nodes.swap_remove(usize::try_from(at).unwrap_or(0)));
    }
    chosen
}
