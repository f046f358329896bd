//! The network: libp2p behind two enums, [`NetworkCommand`] in and [`NetworkEvent`] out.
//!
//! Owns the swarm, in one task. Carries opaque frames for the four request protocols of `DECISIONS` 7 between nodes
//! that are connected; never dials to send a request. Transports are QUIC, and TCP with TLS or Noise; beside them circuits through
//! relays that a person named (relay v2), which DCUtR makes direct where the routers let it. AutoNAT v2 finds out whether we can
//! be reached. mDNS is optional and announces the peer id and its addresses only (`DECISIONS` 4); gossipsub is optional and
//! carries node records only (`DECISIONS` 3).
//!
//! It does not look into frames, does not store anything, and decides nothing about whom to reach except that it keeps
//! configured peers, relays and those found by mDNS connected.

mod address;
mod address_book;
mod behaviour;
mod codec;
mod command;
mod event;
mod gossip;
mod gossip_reports;
mod identity;
mod inbound;
mod limits;
mod outbound;
mod reach;
mod reach_reports;
mod record;
mod records;
mod redial;
mod relay_server;
mod relays;
mod reports;
mod swarm;
mod task;

use libp2p::identity::Keypair;
pub use libp2p::{Multiaddr, PeerId};
use tidings_crypto::sign::SigningKey;
use tokio::sync::{mpsc, oneshot};

pub use address::named_node;
use behaviour::Parts;
pub use behaviour::protocol_name;
pub use command::NetworkCommand;
pub use event::{Connection, NetworkEvent, Status};
pub use gossip::{GOSSIP_PROTOCOL, RECORDS_TOPIC};
pub use identity::{node_id_of, peer_id_of};
use limits::RELAYS_MAX;
pub use limits::{COMMANDS_WAITING_MAX, EVENTS_WAITING_MAX, REQUEST_BYTES_MAX, REQUEST_TIMEOUT, RESPONSE_BYTES_MAX};
pub use reach::{Reach, RelayState};
pub use records::RecordCounts;
pub use relay_server::{RelayLimits, RelayServer};
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
    /// Relays to be reached through, at most four, each address ending in `/p2p/…`.
    pub relays: Vec<Multiaddr>,
    /// Be a relay for others.
    pub relay_server: Option<RelayServer>,
    /// Exchange node records with other nodes, and tell them where we are.
    pub gossip: bool,
    /// The node's name in its record; lower-case letters, digits and hyphens, or nothing.
    pub name: String,
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

impl NetworkHandle {
    /// What the network looks like; `None` if its task has ended.
    pub async fn status(&self) -> Option<Status> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(NetworkCommand::Status { reply }).await.ok()?;
        answer.await.ok()
    }
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
    /// A configured relay can't be used.
    #[error(
        "{0} is no relay address: it needs an ip or dns name, tcp or udp/quic-v1 with a port, and /p2p/ at the end"
    )]
    Relay(Multiaddr),
    /// There are more relays than a node uses.
    #[error("{0} relays are named; a node uses at most {RELAYS_MAX}")]
    Relays(usize),
    /// The node's name can't stand in its record.
    #[error("{0:?} is no name of a node: lower-case letters, digits and hyphens, at most 63")]
    Name(String),
    /// TLS, Noise or gossipsub did not start.
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
    let relays = relays_of(&config.relays)?;
    if !record::is_name(&config.name) {
        return Err(NetworkError::Name(config.name));
    }
    let serves = config.relay_server.is_some();
    let parts = Parts { mdns: config.mdns, relay_server: config.relay_server, gossip: config.gossip };
    let mut swarm = swarm::build(&key, parts)?;
    for address in &config.external {
        swarm.add_external_address(address.clone());
    }
    let early = swarm::listen(&mut swarm, &config.listen).await?;
    let listen: Vec<Multiaddr> = swarm.listeners().cloned().collect();
    if serves && config.external.is_empty() {
        // A relay tells its users where it is. Where nobody has said so, that is where it listens.
        for address in listen
            .iter()
            .filter(|address| config.listen.iter().all(address::is_loopback) || !address::is_loopback(address))
        {
            swarm.add_external_address(address.clone());
        }
    }
    let (commands, commands_end) = mpsc::channel(COMMANDS_WAITING_MAX);
    let (events_end, events) = mpsc::channel(EVENTS_WAITING_MAX);
    let record_key = SigningKey::from_seed(&config.seed);
    let own = task::Own { record_key, name: config.name, external: config.external, gossip: config.gossip };
    tokio::spawn(task::Task::new(swarm, events_end, peers, relays, own).run(commands_end, early));
    Ok((NetworkHandle { commands, local, listen }, events))
}

fn relays_of(named: &[Multiaddr]) -> Result<Vec<(PeerId, Multiaddr)>, NetworkError> {
    if named.len() > RELAYS_MAX {
        return Err(NetworkError::Relays(named.len()));
    }
    let circuit = |relay: &Multiaddr| address::circuit_at(relay).ok_or_else(|| NetworkError::Relay(relay.clone()));
    named.iter().map(circuit).collect()
}

fn install_crypto() {
    // Both aws-lc and ring are in the tree, so rustls can't choose by itself and would panic at the first user that
    // asks for the default. Somebody else may have chosen before us, which is as good.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("rustls has its provider already");
    }
}
