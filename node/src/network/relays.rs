//! The relays a person named, and whether we have a reservation at each (circuit relay v2, client side).
//!
//! Owns the pauses between attempts. Does not touch the swarm: the task listens at what [`Relays::due`] hands out. None is built
//! in (`DECISIONS` 2).

use std::time::Instant;

use libp2p::core::transport::ListenerId;
use libp2p::{Multiaddr, PeerId};

use super::redial::pause;

/// One relay.
#[derive(Debug)]
struct Relay {
    peer: PeerId,
    /// Where we listen: the relay's address and `/p2p-circuit`.
    circuit: Multiaddr,
    listener: Option<ListenerId>,
    reserved: bool,
    failures: u32,
    /// When to ask for a reservation; `None` while there is a listener.
    due: Option<Instant>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Relays(Vec<Relay>);

impl Relays {
    /// Relays by their peer and the circuit address there, all due.
    pub(super) fn new(relays: Vec<(PeerId, Multiaddr)>, now: Instant) -> Self {
        let relay =
            |(peer, circuit)| Relay { peer, circuit, listener: None, reserved: false, failures: 0, due: Some(now) };
        Self(relays.into_iter().map(relay).collect())
    }

    /// Whether the peer is one of them.
    pub(super) fn contains(&self, peer: &PeerId) -> bool {
        self.0.iter().any(|relay| relay.peer == *peer)
    }

    /// Where to listen now. Call [`Self::listening`] or [`Self::failed`] for each.
    pub(super) fn due(&self, now: Instant) -> Vec<Multiaddr> {
        self.0
            .iter()
            .filter(|relay| relay.due.is_some_and(|due| due <= now))
            .map(|relay| relay.circuit.clone())
            .collect()
    }

    /// Notes that the swarm has taken the order to listen there.
    pub(super) fn listening(&mut self, circuit: &Multiaddr, listener: ListenerId) {
        if let Some(relay) = self.0.iter_mut().find(|relay| relay.circuit == *circuit) {
            relay.listener = Some(listener);
            relay.due = None;
        }
    }

    /// Notes that the swarm has refused to listen there.
    pub(super) fn failed(&mut self, circuit: &Multiaddr, now: Instant) {
        if let Some(relay) = self.0.iter_mut().find(|relay| relay.circuit == *circuit) {
            relay.lose(now);
        }
    }

    /// Notes that a listener has closed; whether it was one of ours.
    pub(super) fn closed(&mut self, listener: ListenerId, now: Instant) -> bool {
        let relay = self.0.iter_mut().find(|relay| relay.listener == Some(listener));
        relay.is_some_and(|relay| {
            relay.lose(now);
            true
        })
    }

    /// Notes that the relay has given us a reservation.
    pub(super) fn accepted(&mut self, peer: &PeerId) {
        for relay in self.0.iter_mut().filter(|relay| relay.peer == *peer) {
            relay.reserved = true;
            relay.failures = 0;
        }
    }

    /// Each relay with whether we have a reservation there.
    pub(super) fn states(&self) -> impl Iterator<Item = (PeerId, &Multiaddr, bool)> {
        self.0.iter().map(|relay| (relay.peer, &relay.circuit, relay.reserved))
    }
}

impl Relay {
    fn lose(&mut self, now: Instant) {
        self.listener = None;
        self.reserved = false;
        self.failures = self.failures.saturating_add(1);
        self.due = Some(now + pause(self.failures));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_relay_that_is_lost_is_asked_again_after_a_pause_that_grows() {
        let (peer, now) = (PeerId::random(), Instant::now());
        let circuit: Multiaddr = format!("/ip4/192.0.2.1/tcp/1/p2p/{peer}/p2p-circuit").parse().unwrap();
        let mut relays = Relays::new(vec![(peer, circuit.clone())], now);
        assert_eq!(relays.due(now), std::slice::from_ref(&circuit));
        let listener = ListenerId::next();
        relays.listening(&circuit, listener);
        relays.accepted(&peer);
        assert!(relays.due(now).is_empty() && relays.states().all(|(_, _, reserved)| reserved));
        assert!(!relays.closed(ListenerId::next(), now));
        assert!(relays.closed(listener, now));
        assert!(relays.states().all(|(_, _, reserved)| !reserved));
        assert!(relays.due(now).is_empty());
        assert_eq!(relays.due(now + Duration::from_secs(1)).len(), 1);
        relays.failed(&circuit, now);
        assert!(relays.due(now + Duration::from_secs(1)).is_empty());
        assert_eq!(relays.due(now + Duration::from_secs(2)).len(), 1);
    }
}
