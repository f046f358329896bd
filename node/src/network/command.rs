//! What the driver asks of the network task.

use tokio::sync::oneshot;

use super::{NodeId, Protocol, Status};

/// One order to the network task. Commands are carried out in the order they arrive.
#[derive(Debug)]
pub enum NetworkCommand {
    /// Open a connection to a node, unless there is one or one is being opened. Without addresses those already known
    /// are used. A failure is silent: no [`Connected`](super::NetworkEvent::Connected) comes.
    Dial {
        /// The node to reach; whoever answers must prove that key.
        node: NodeId,
        /// Binary multiaddrs, with or without the node's `/p2p/…`. Those that can't be dialed are ignored.
        addresses: Vec<Vec<u8>>,
    },
    /// Send one request frame. Exactly one [`Response`](super::NetworkEvent::Response) with this `peer` and `id`
    /// follows.
    Request {
        /// The node to ask; there must be a connection.
        peer: NodeId,
        /// The caller's name for the request.
        id: u64,
        /// Which protocol carries it.
        protocol: Protocol,
        /// The frame's bytes.
        bytes: Vec<u8>,
    },
    /// Answer a [`Request`](super::NetworkEvent::Request). A token that is forgotten (timeout, connection closed) or
    /// already answered is ignored, and so is an answer over the size limit.
    Respond {
        /// The request's token.
        token: u64,
        /// The frame's bytes.
        bytes: Vec<u8>,
    },
    /// Ask for addresses and peers.
    Status {
        /// Where the answer goes.
        reply: oneshot::Sender<Status>,
    },
    /// Close all connections and end the task. Dropping the last sender of commands does the same.
    Shutdown,
}
