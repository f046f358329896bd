//! `/tidings/ephemeral/1`: frames that pass once, from home node to home node, and are kept by neither (PROTOCOL A4, `eph`).
//!
//! Nothing is dialled, stored or sent again for them, and the answer is empty whatever became of a frame. What is in one only members can
//! read: [`crate::account::ephemeral`].

use tidings_crypto::ephemeral::Ephemeral;
use tidings_crypto::id::NodeId;

use crate::account;
use crate::error::{Fault, Outcome, Rejection};
use crate::input::Protocol;
use crate::limits::{EPHEMERAL_WINDOW_MS, EPHEMERALS_PER_WINDOW_MAX};
use crate::peer::Purpose;
use crate::step::{Step, refused};

/// Hands a frame to those of `nodes` that are connected, and to the accounts of this node if it is among them.
pub(crate) fn send(step: &mut Step<'_>, frame: &Ephemeral, nodes: &[NodeId]) -> Result<(), Fault> {
    for node in nodes {
        if *node == step.config.node {
            deliver(step, *node, frame)?;
        } else if step.peers.is_connected(*node) {
            step.request(*node, Protocol::Ephemeral, frame.to_bytes(), Purpose::Ephemeral);
        }
    }
    Ok(())
}

/// Takes a frame of a peer.
///
/// # Errors
/// [`Rejection`] for what is none, and for one too many: it has no effect.
pub(crate) fn received(step: &mut Step<'_>, peer: NodeId, bytes: &[u8]) -> Outcome<()> {
    if !has_room(step, peer) {
        return Err(Rejection::Quota { what: "ephemeral frames of one peer" }.into());
    }
    let frame = Ephemeral::parse(bytes).map_err(|_| Rejection::Malformed { what: "ephemeral frame" })?;
    Ok(deliver(step, peer, &frame)?)
}

/// Gives it to the accounts here that read the queue it names.
fn deliver(step: &mut Step<'_>, from: NodeId, frame: &Ephemeral) -> Result<(), Fault> {
    let Ok(Some(queue)) = refused(super::queue::get(step, &frame.queue()))? else { return Ok(()) };
    for account in queue.subscribers {
        // Each decides for itself; nobody is told why not.
        drop(refused(account::ephemeral::hear(step, account, from, frame))?);
    }
    Ok(())
}

/// Counts a frame of a peer. Strangers have none to send.
fn has_room(step: &mut Step<'_>, peer: NodeId) -> bool {
    if !step.peers.is_connected(peer) {
        return false;
    }
    let now = step.now.monotonic;
    let peer = step.peers.peer(peer);
    if now >= peer.ephemerals_until {
        (peer.ephemerals_until, peer.ephemerals) = (now.after(EPHEMERAL_WINDOW_MS), 0);
    }
    peer.ephemerals = peer.ephemerals.saturating_add(1);
    peer.ephemerals <= EPHEMERALS_PER_WINDOW_MAX
}
