//! Nodes on loopback with real sockets, for the network tests.
#![allow(dead_code, reason = "each test program uses a part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "tests")]

use std::time::Duration;

use tidings_node::network::{
    self, Multiaddr, NetworkCommand, NetworkConfig, NetworkEvent, NetworkHandle, NodeId, Protocol, RequestFailure,
    Status,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Longer than any wait of a healthy node on a loaded machine, shorter than a hung test run.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);
pub(crate) const PROTOCOLS: [Protocol; 5] =
    [Protocol::Log, Protocol::Inbox, Protocol::Keys, Protocol::Id, Protocol::Ephemeral];
pub(crate) const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";
pub(crate) const TCP: &str = "/ip4/127.0.0.1/tcp/0";

pub(crate) struct Node {
    pub(crate) handle: NetworkHandle,
    pub(crate) events: mpsc::Receiver<NetworkEvent>,
}

/// Starts a node; its `Listening` event is taken and checked.
pub(crate) async fn node(seed: u8, listen: &[&str]) -> Node {
    let listen = listen.iter().map(|address| address.parse().unwrap()).collect();
    start(NetworkConfig { seed: [seed; 32], listen, ..NetworkConfig::default() }).await
}

pub(crate) async fn start(config: NetworkConfig) -> Node {
    let (handle, events) = network::start(config).await.unwrap();
    let mut node = Node { handle, events };
    let first = node.next().await;
    assert_eq!(first, NetworkEvent::Listening(node.handle.listen.clone()));
    node
}

impl Node {
    pub(crate) fn id(&self) -> NodeId {
        self.handle.local
    }

    pub(crate) fn addresses(&self) -> Vec<Vec<u8>> {
        self.handle.listen.iter().map(Multiaddr::to_vec).collect()
    }

    pub(crate) async fn next(&mut self) -> NetworkEvent {
        timeout(PATIENCE, self.events.recv()).await.expect("no event in time").expect("the network ended")
    }

    pub(crate) async fn send(&self, command: NetworkCommand) {
        timeout(PATIENCE, self.handle.commands.send(command)).await.expect("a command was not taken").unwrap();
    }

    pub(crate) async fn dial(&self, other: &Node) {
        self.send(NetworkCommand::Dial { node: other.id(), addresses: other.addresses() }).await;
    }

    pub(crate) async fn request(&self, peer: NodeId, id: u64, protocol: Protocol, bytes: Vec<u8>) {
        self.send(NetworkCommand::Request { peer, id, protocol, bytes }).await;
    }

    pub(crate) async fn status(&self) -> Status {
        let (reply, answer) = oneshot::channel();
        self.send(NetworkCommand::Status { reply }).await;
        timeout(PATIENCE, answer).await.unwrap().unwrap()
    }

    /// Waits for a request, answers it with `answer` of its bytes, and says on which protocol it came.
    pub(crate) async fn serve(&mut self, answer: impl FnOnce(Vec<u8>) -> Vec<u8>) -> (NodeId, Protocol) {
        match self.next().await {
            NetworkEvent::Request { peer, token, protocol, bytes } => {
                self.send(NetworkCommand::Respond { token, bytes: answer(bytes) }).await;
                (peer, protocol)
            }
            other => panic!("expected a request, got {other:?}"),
        }
    }

    /// Waits for the outcome of a request.
    pub(crate) async fn outcome(&mut self) -> (u64, Result<Vec<u8>, RequestFailure>) {
        match self.next().await {
            NetworkEvent::Response { id, result, .. } => (id, result),
            other => panic!("expected a response, got {other:?}"),
        }
    }
}

/// Connects `a` to `b` and waits until both know.
pub(crate) async fn connect(a: &mut Node, b: &mut Node) {
    a.dial(b).await;
    assert_eq!(a.next().await, NetworkEvent::Connected(b.id()));
    assert_eq!(b.next().await, NetworkEvent::Connected(a.id()));
}
