//! What the network task tells the driver.

use std::time::{Duration, Instant};

use libp2p::Multiaddr;

use super::{NodeId, Protocol, RequestFailure};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Addresses we listen at, without `/p2p/…`.
    pub listen: Vec<Multiaddr>,
    /// Addresses others reach us at, as configured.
    pub external: Vec<Multiaddr>,
    /// Connected peers, one row a connection, at most 512.
    pub connections: Vec<Connection>,
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
}
