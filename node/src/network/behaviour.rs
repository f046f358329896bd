//! Everything the swarm does on a connection, put together.
//!
//! One request-response behaviour a protocol, so that a request goes out on exactly the protocol it was given.

use libp2p::identity::Keypair;
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{
    StreamProtocol, autonat, connection_limits, dcutr, identify, mdns, memory_connection_limits, ping, relay,
};

use super::codec::FrameCodec;
use super::gossip::{self, Gossip};
use super::limits::{
    CONNECTIONS_INCOMING_MAX, CONNECTIONS_MAX, CONNECTIONS_PENDING_MAX, CONNECTIONS_PER_PEER_MAX, MEMORY_SHARE_MAX,
    PING_INTERVAL, PING_TIMEOUT, REQUEST_TIMEOUT, STREAMS_PER_PROTOCOL_MAX,
};
use super::relay_server::{self, RelayServer};
use super::{NetworkError, Protocol};

/// Frames of one protocol.
pub(super) type Frames = request_response::Behaviour<FrameCodec>;

/// The swarm's behaviour. The limits come first, so that what they refuse costs nothing more.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    connections: connection_limits::Behaviour,
    memory: memory_connection_limits::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    mdns: Toggle<mdns::tokio::Behaviour>,
    relay_client: relay::client::Behaviour,
    relay_server: Toggle<relay::Behaviour>,
    dcutr: dcutr::Behaviour,
    probe_client: autonat::v2::client::Behaviour,
    probe_server: Toggle<autonat::v2::server::Behaviour>,
    pub(super) gossip: Toggle<Gossip>,
    log: Frames,
    inbox: Frames,
    keys: Frames,
    id: Frames,
    ephemeral: Frames,
}

/// What a node takes part in beside talking to its peers.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    /// Announce and discover nodes in the local network.
    pub(super) mdns: bool,
    /// Be a relay, and try for others whether they can be reached (AutoNAT v2): both need a node that everybody reaches.
    pub(super) relay_server: Option<RelayServer>,
    /// Exchange node records.
    pub(super) gossip: bool,
}

impl Behaviour {
    /// The behaviour of a node with this key. Without mDNS and gossip the node announces itself to nobody.
    pub(super) fn new(
        key: &Keypair,
        parts: Parts,
        relay_client: relay::client::Behaviour,
    ) -> Result<Self, NetworkError> {
        let codec = FrameCodec::new();
        let local = key.public().to_peer_id();
        let Parts { mdns, relay_server, gossip } = parts;
        Ok(Self {
            connections: connection_limits::Behaviour::new(connection_limits()),
            memory: memory_connection_limits::Behaviour::with_max_percentage(MEMORY_SHARE_MAX),
            identify: identify::Behaviour::new(identify_config(key)),
            ping: ping::Behaviour::new(ping::Config::new().with_interval(PING_INTERVAL).with_timeout(PING_TIMEOUT)),
            mdns: Toggle::from(mdns.then(|| local_discovery(key)).flatten()),
            relay_client,
            probe_server: Toggle::from(relay_server.is_some().then(autonat::v2::server::Behaviour::default)),
            relay_server: Toggle::from(relay_server.map(|server| relay_server::behaviour(local, server))),
            dcutr: dcutr::Behaviour::new(local),
            probe_client: autonat::v2::client::Behaviour::default(),
            gossip: Toggle::from(gossip.then(gossip::behaviour).transpose()?),
            log: frames(Protocol::Log, &codec),
            inbox: frames(Protocol::Inbox, &codec),
            keys: frames(Protocol::Keys, &codec),
            id: frames(Protocol::Id, &codec),
            ephemeral: frames(Protocol::Ephemeral, &codec),
        })
    }

    /// The behaviour that carries a protocol.
    pub(super) fn frames(&mut self, protocol: Protocol) -> &mut Frames {
        match protocol {
            Protocol::Log => &mut self.log,
            Protocol::Inbox => &mut self.inbox,
            Protocol::Keys => &mut self.keys,
            Protocol::Id => &mut self.id,
            Protocol::Ephemeral => &mut self.ephemeral,
        }
    }
}

/// The name of a protocol on the wire (`DECISIONS` 7).
#[must_use]
pub const fn protocol_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Log => "/tidings/log/1",
        Protocol::Inbox => "/tidings/inbox/1",
        Protocol::Keys => "/tidings/keys/1",
        Protocol::Id => "/tidings/id/1",
        Protocol::Ephemeral => "/tidings/ephemeral/1",
    }
}

fn frames(protocol: Protocol, codec: &FrameCodec) -> Frames {
    let config = request_response::Config::default()
        .with_request_timeout(REQUEST_TIMEOUT)
        .with_max_concurrent_streams(STREAMS_PER_PROTOCOL_MAX);
    let name = StreamProtocol::new(protocol_name(protocol));
    Frames::with_codec(codec.clone(), [(name, ProtocolSupport::Full)], config)
}

fn connection_limits() -> connection_limits::ConnectionLimits {
    connection_limits::ConnectionLimits::default()
        .with_max_pending_incoming(Some(CONNECTIONS_PENDING_MAX))
        .with_max_pending_outgoing(Some(CONNECTIONS_PENDING_MAX))
        .with_max_established_incoming(Some(CONNECTIONS_INCOMING_MAX))
        .with_max_established(Some(CONNECTIONS_MAX))
        .with_max_established_per_peer(Some(CONNECTIONS_PER_PEER_MAX))
}

fn identify_config(key: &Keypair) -> identify::Config {
    // The address book of this module keeps addresses, by stricter rules than identify's own cache. The agent names no
    // version: it would tell strangers which bugs we have.
    identify::Config::new("/tidings/1".to_owned(), key.public())
        .with_agent_version("tidings".to_owned())
        .with_cache_size(0)
        .with_push_listen_addr_updates(true)
}

fn local_discovery(key: &Keypair) -> Option<mdns::tokio::Behaviour> {
    // A machine that doesn't let us watch its interfaces still has a working network otherwise.
    mdns::tokio::Behaviour::new(mdns::Config::default(), key.public().to_peer_id())
        .inspect_err(|error| tracing::warn!(%error, "local discovery is off: mdns did not start"))
        .ok()
}
