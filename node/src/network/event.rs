//! What the network task tells the driver.

use std::time::{Duration, Instant};

use libp2p::Multiaddr;

use super::{NodeId, Protocol, Reach, RecordCounts, RelayState, RequestFailure};

/// One event of the network. A peer's requests and responses come after its `Connected`; when its last connection
/// closes, the failures of its requests come first and then `Disconnected`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkEvent {
    /// All addresses we listen at, whenever they change, and once at the start.
    Listening(Vec<Multiaddr>),
    /// The first connection to a peer is open.
    Connected(NodeId),
    /// The last connection to a peer is closed.
    Disconnected(NodeId),
    /// A peer asks something.
    Request {
        /// Who asks, proved by the handshake.
        peer: NodeId,
        /// Names the request in [`Respond`](super::NetworkCommand::Respond).
        token: u64,
        /// Which protocol carried it.
        protocol: Protocol,
        /// The frame's bytes, not looked at.
        bytes: Vec<u8>,
    },
    /// The outcome of a [`Request`](super::NetworkCommand::Request).
    Response {
        /// Who was asked.
        peer: NodeId,
        /// The caller's name for the request.
        id: u64,
        /// The response frame's bytes, or why there is none.
        result: Result<Vec<u8>, RequestFailure>,
    },
}

/// What the network looks like now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Addresses we listen at ourselves, without `/p2p/…`.
    pub listen: Vec<Multiaddr>,
    /// Addresses to give to others, the best first: configured, confirmed by others, through relays, public ones of
    /// the machine.
    pub external: Vec<Multiaddr>,
    /// How others reach us.
    pub reach: Reach,
    /// The relays that were named.
    pub relays: Vec<RelayState>,
    /// Connected peers, one row a connection, at most 512.
    pub connections: Vec<Connection>,
    /// Node records that came in.
    pub records: RecordCounts,
    /// How many nodes' records are known.
    pub records_known: usize,
}

/// One open connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Who is at the other end.
    pub peer: NodeId,
    /// The address we dialed, or the one the peer came from.
    pub address: Multiaddr,
    /// Whether we opened it.
    pub outgoing: bool,
    /// Since when it is there.
    pub opened: Instant,
    /// The last ping's round trip.
    pub round_trip: Option<Duration>,
    /// What gossipsub thinks of the peer, rounded; below zero it has sent what it should not. `None` without gossip.
    pub score: Option<i64>,
}

impl Connection {
    /// Whether its bytes go through a relay.
    #[must_use]
    pub fn is_relayed(&self) -> bool {
        super::address::is_circuit(&self.address)
    }
}
