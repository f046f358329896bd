//! Requests of peers on `/tidings/log/1` and `/tidings/inbox/1`, and what a peer is owed when it can be reached.

use tidings_crypto::id::NodeId;

use crate::effect::Effect;
use crate::error::Outcome;
use crate::limits::PUSH_ENTRIES_MAX;
use crate::record::log::Obstacle;
use crate::step::{Step, refused};
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::inbox::{InboxRequest, InboxResponse};
use crate::wire::log::{LogRequest, LogResponse};

/// Answers one frame on the log protocol.
pub(crate) fn log_request(step: &mut Step<'_>, peer: NodeId, bytes: &[u8]) -> Outcome<LogResponse> {
    match wire::decode::<LogRequest>(bytes, "log request") {
        Ok(LogRequest::Push(items)) if items.len() <= PUSH_ENTRIES_MAX => {
            let mut statuses = Vec::with_capacity(items.len());
            for item in &items {
                statuses.push(super::accept::pushed(step, peer, item)?);
            }
            Ok(LogResponse::Pushed(statuses))
        }
        Ok(LogRequest::List(positions)) => Ok(LogResponse::Listed(super::sync::serve_list(step, peer, &positions)?)),
        Ok(LogRequest::Fetch(request)) => Ok(LogResponse::Fetched(super::sync::serve_fetch(step, peer, &request)?)),
        Ok(LogRequest::Mailbox(request)) => Ok(LogResponse::Mailbox(super::mailbox::request(step, peer, &request)?)),
        Ok(LogRequest::Reconcile(request)) => match refused(super::reconcile::serve::serve(step, peer, &request))? {
            Ok(answer) => Ok(LogResponse::Reconciled(answer)),
            Err(_) => Ok(LogResponse::Malformed),
        },
        Ok(LogRequest::Push(_)) | Err(_) => Ok(LogResponse::Malformed),
    }
}

/// Answers one frame on the inbox protocol.
pub(crate) fn inbox_request(step: &mut Step<'_>, peer: NodeId, bytes: &[u8]) -> Outcome<InboxResponse> {
    match wire::decode::<InboxRequest>(bytes, "inbox request") {
        Ok(request) => super::parcel::receive(step, peer, request.recipient, request.item.as_slice()),
        Err(_) => Ok(InboxResponse::Refused),
    }
}

/// Gives a peer what waits for it, or tries to reach it.
pub(crate) fn serve(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    if step.peers.is_connected(peer) {
        super::push::pump(step, peer)?;
        return super::parcel::pump(step, peer);
    }
    super::parcel::spread(step, peer)?;
    if step.timers.is_set(TimerKind::Peer(peer)) {
        return Ok(());
    }
    let waiting = step.peers.peer(peer).wanted
        || super::push::is_waiting(step, peer)?
        || super::parcel::is_waiting(step, peer)?
        || crate::account::contact::is_waiting(step, peer)?;
    if waiting {
        dial(step, peer)?;
    } else {
        // Strangers come under as many names as they like.
        step.peers.forget(peer);
    }
    Ok(())
}

/// Tries once to connect to a peer, if that is not under way.
pub(crate) fn reach(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    if step.peers.is_connected(peer) || step.timers.is_set(TimerKind::Peer(peer)) {
        return Ok(());
    }
    dial(step, peer)
}

/// Tries to connect, and again after a growing pause.
fn dial(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    if peer == step.config.node {
        return Ok(());
    }
    let addresses = crate::directory::addresses(step, peer)?;
    step.effects.push(Effect::Dial { node: peer, addresses });
    super::peer_wait::try_again(step, peer, Obstacle::Unreachable)
}
