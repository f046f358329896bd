//! What stands between this node and a peer for which something waits: since when, why, and when it is tried again. Stored, so that a
//! person can be told why a message waits (REQ-MSG-5).

use tidings_crypto::id::NodeId;

use crate::error::Outcome;
use crate::record::log::{Obstacle, PeerWaitRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;

/// Tries `peer` again after a growing pause and remembers why.
pub(crate) fn try_again(step: &mut Step<'_>, peer: NodeId, obstacle: Obstacle) -> Outcome<()> {
    // A first try to connect is no news.
    let is_news = step.peers.peer(peer).failures > 0 || obstacle != Obstacle::Unreachable;
    let pause = step.peers.back_off(peer);
    step.set_timer(TimerKind::Peer(peer), pause);
    if is_news {
        let known = step.rows.get::<PeerWaitRecord>(Scope::Node, Table::PeerWait, peer.as_bytes())?;
        let wait = PeerWaitRecord {
            since: known.map_or(step.now.wall.0, |known| known.since),
            next_try: step.now.wall.0.saturating_add(pause),
            obstacle,
        };
        step.rows.put(Scope::Node, Table::PeerWait, peer.as_bytes(), &wait);
    }
    Ok(())
}

/// The peer takes what waits for it again.
pub(crate) fn over(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    if step.rows.get_bytes(Scope::Node, Table::PeerWait, peer.as_bytes())?.is_some() {
        step.rows.delete(Scope::Node, Table::PeerWait, peer.as_bytes());
    }
    Ok(())
}

/// Somebody wants it tried now.
pub(crate) fn now(step: &mut Step<'_>, peer: NodeId) {
    step.peers.peer(peer).failures = 0;
    step.set_timer(TimerKind::Peer(peer), 0);
}
