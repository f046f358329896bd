//! The network: libp2p behind two enums, [`NetworkCommand`] in and [`NetworkEvent`] out.
//!
//! Owns the swarm, in one task. Carries opaque frames for the four request protocols of `DECISIONS` 7 between nodes
//! that are connected; never dials to send a request. Transports are QUIC, and TCP with TLS or Noise. mDNS is optional
//! and announces the peer id and its addresses only (`DECISIONS` 4). No relay, hole punching or gossipsub yet
//! (`DECISIONS` 2).
//!
//! It does not look into frames, does not store anything, and decides nothing about whom to reach except that it keeps
//! configured peers and those found by mDNS connected.

mod address;
mod address_book;
mod behaviour;
mod codec;
mod command;
mod event;
mod identity;
mod inbound;
mod limits;
mod outbound;
mod redial;
mod reports;
mod swarm;
mod task;

use libp2p::identity::Keypair;
pub use libp2p::{Multiaddr, PeerId};
use tokio::sync::mpsc;

pub use address::named_node;
pub use behaviour::protocol_name;
pub use command::NetworkCommand;
pub use event::{Connection, NetworkEvent, Status};
pub use identity::{node_id_of, peer_id_of};
pub use limits::{COMMANDS_WAITING_MAX, EVENTS_WAITING_MAX, REQUEST_BYTES_MAX, REQUEST_TIMEOUT, RESPONSE_BYTES_MAX};
pub use tidings_crypto::id::NodeId;
pub use tidings_protocol::input::{Protocol, RequestFailure};

/// How a node takes part in the network.
#[derive(Clone, Default)]
pub struct NetworkConfig {
    /// Seed of the node's Ed25519 key.
    pub seed: [u8; 32],
    /// Where to listen; port 0 takes any free one. Empty: the node only dials.
    pub listen: Vec<Multiaddr>,
    /// Addresses others reach us at, for invites; nothing checks them.
    pub external: Vec<Multiaddr>,
    /// Announce and discover nodes in the local network.
    pub mdns: bool,
    /// Peers to stay connected to, each address ending in `/p2p/…`.
    pub peers: Vec<Multiaddr>,
}

/// The driver's end of the network.
#[derive(Clone, Debug)]
pub struct NetworkHandle {
    /// Orders to the network task. When the last clone is dropped, the task closes its connections and ends.
    pub commands: mpsc::Sender<NetworkCommand>,
    /// Who we are.
    pub local: NodeId,
    /// Where we listened when the network started, ports resolved.
    pub listen: Vec<Multiaddr>,
}

/// Why the network did not start.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The seed makes no key.
    #[error("the node key is not usable")]
    Key,
    /// A configured listen address can't be used.
    #[error("can't listen on {address}: {reason}")]
    Listen {
        /// The address as configured.
        address: Multiaddr,
        /// What the system said.
        reason: String,
    },
    /// A configured peer can't be dialed.
    #[error("{0} is no peer address: it needs an ip or dns name, tcp or udp/quic-v1 with a port, and /p2p/ at the end")]
    Peer(Multiaddr),
    /// TLS or Noise did not start.
    #[error("the transport did not start: {0}")]
    Transport(String),
}

/// Starts the network and its task; must be called in a tokio runtime with I/O and time. The first event is
/// [`NetworkEvent::Listening`].
///
/// # Errors
/// [`NetworkError`]: a listen address or a configured peer is not usable, or the key or the transport.
pub async fn start(config: NetworkConfig) -> Result<(NetworkHandle, mpsc::Receiver<NetworkEvent>), NetworkError> {
    install_crypto();
    let key: Keypair = identity::keypair_of(config.seed)?;
    let local = node_id_of(&key.public().to_peer_id()).ok_or(NetworkError::Key)?;
    let mut peers = Vec::new();
    for peer in &config.peers {
        peers.push(address::with_peer(peer).ok_or_else(|| NetworkError::Peer(peer.clone()))?);
    }
    let mut swarm = swarm::build(&key, config.mdns)?;
    for address in config.external {
        swarm.add_external_address(address);
    }
    let early = swarm::listen(&mut swarm, &config.listen).await?;
    let listen = swarm.listeners().cloned().collect();
    let (commands, commands_end) = mpsc::channel(COMMANDS_WAITING_MAX);
    let (events_end, events) = mpsc::channel(EVENTS_WAITING_MAX);
    tokio::spawn(task::Task::new(swarm, events_end, peers).run(commands_end, early));
    Ok((NetworkHandle { commands, local, listen }, events))
}

fn install_crypto() {
    // Both aws-lc and ring are in the tree, so rustls can't choose by itself and would panic at the first user that
    // asks for the default. Somebody else may have chosen before us, which is as good.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("rustls has its provider already");
    }
}
