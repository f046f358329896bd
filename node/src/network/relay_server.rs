//! Being a relay for others (circuit relay v2, server side), within limits.
//!
//! Off unless the operator switches it on. Whoever may not have a reservation still may call those who have one: their contacts
//! are strangers to the relay. Does not decide who is allowed; the configuration does.

use std::time::{Duration, Instant};

use libp2p::{Multiaddr, PeerId, relay};

use super::limits::{
    RELAY_CIRCUIT_BYTES_MAX, RELAY_CIRCUIT_TIME_MAX, RELAY_CIRCUITS_MAX, RELAY_CIRCUITS_PER_PEER_MAX,
    RELAY_RESERVATIONS_MAX,
};
use super::{NodeId, node_id_of};

/// For whom a node is a relay, and how much of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelayServer {
    /// Who gets reservations; empty: everybody.
    pub allow: Vec<NodeId>,
    /// How much of everything.
    pub limits: RelayLimits,
}

/// What all users of a relay may take of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayLimits {
    /// Reservations at once.
    pub reservations: usize,
    /// Circuits at once.
    pub circuits: usize,
    /// Circuits at once of one node that asks for them.
    pub circuits_per_peer: usize,
    /// Bytes through one circuit, each way.
    pub circuit_bytes: u64,
    /// Time of one circuit.
    pub circuit_time: Duration,
}

impl Default for RelayLimits {
    fn default() -> Self {
        Self {
            reservations: RELAY_RESERVATIONS_MAX,
            circuits: RELAY_CIRCUITS_MAX,
            circuits_per_peer: RELAY_CIRCUITS_PER_PEER_MAX,
            circuit_bytes: RELAY_CIRCUIT_BYTES_MAX,
            circuit_time: RELAY_CIRCUIT_TIME_MAX,
        }
    }
}

/// The behaviour of a relay.
pub(super) fn behaviour(local: PeerId, server: RelayServer) -> relay::Behaviour {
    let RelayServer { allow, limits } = server;
    // The rest of the default are rates by peer and by IP address, which bound what a flood of requests costs.
    let mut config = relay::Config {
        max_reservations: limits.reservations,
        // libp2p refuses beyond one more than this.
        max_reservations_per_peer: 0,
        max_circuits: limits.circuits,
        max_circuits_per_peer: limits.circuits_per_peer,
        max_circuit_bytes: limits.circuit_bytes,
        max_circuit_duration: limits.circuit_time,
        ..relay::Config::default()
    };
    if !allow.is_empty() {
        let is_allowed =
            move |peer: PeerId, _: &Multiaddr, _: Instant| node_id_of(&peer).is_some_and(|node| allow.contains(&node));
        // First, so that a request that is refused takes nothing of a rate.
        config.reservation_rate_limiters.insert(0, Box::new(is_allowed));
    }
    relay::Behaviour::new(local, config)
}
