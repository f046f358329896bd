//! Finds the ports: the one somebody asked for or none, else the default or the next free one.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as Probe, UdpSocket};

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::UpError;
use crate::config::{NODE_PORT, Setting, Settings};
use crate::network::{
    self, NetworkConfig, NetworkError, NetworkEvent, NetworkHandle, RelayLimits, RelayServer, node_id_of,
};

/// Ports tried from the default on. A machine with a hundred nodes has an operator who names ports.
const PORTS_TRIED: u16 = 100;

/// Listens for HTTP.
pub(super) async fn http(setting: &Setting<SocketAddr>, notes: &mut Vec<String>) -> Result<TcpListener, UpError> {
    let first = setting.value;
    let tried = if setting.is_explicit() { 1 } else { PORTS_TRIED };
    let mut refusal = None;
    for port in (first.port()..=u16::MAX).take(tried.into()) {
        let address = SocketAddr::new(first.ip(), port);
        match TcpListener::bind(address).await {
            Ok(listener) => {
                if port != first.port() {
                    notes.push(format!("port {} is taken, the web interface is at port {port}", first.port()));
                }
                return Ok(listener);
            }
            Err(error) => refusal = Some(UpError::listen(address, &error)),
        }
    }
    Err(refusal.unwrap_or_else(|| UpError::Taken { address: first.to_string() }))
}

/// Starts the network.
pub(super) async fn network(
    settings: &Settings,
    seed: [u8; 32],
    notes: &mut Vec<String>,
) -> Result<(NetworkHandle, mpsc::Receiver<NetworkEvent>), UpError> {
    let config = |listen: Vec<Multiaddr>| NetworkConfig {
        seed,
        mdns: settings.profile.value.announces_locally() && !listen.iter().all(is_loopback),
        listen,
        external: settings.external.value.clone(),
        peers: settings.peer.value.clone(),
        relays: settings.relay_use.value.clone(),
        relay_server: settings.relay_serve.value.then(|| RelayServer {
            allow: settings.relay_allow.value.iter().filter_map(node_id_of).collect(),
            limits: RelayLimits::default(),
        }),
        gossip: settings.gossip_records.value,
        name: settings.gossip_name.value.clone(),
    };
    if settings.listen.is_explicit() {
        let listen = settings.listen.value.clone();
        for address in &listen {
            must_be_free(address)?;
        }
        return Ok(network::start(config(listen)).await?);
    }
    for port in (NODE_PORT..=u16::MAX).take(PORTS_TRIED.into()) {
        let listen = everywhere(port);
        if listen.iter().any(|address| must_be_free(address).is_err()) {
            continue;
        }
        match network::start(config(listen)).await {
            // Somebody was faster.
            Err(NetworkError::Listen { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(started) => {
                if port != NODE_PORT {
                    notes.push(format!("port {NODE_PORT} is taken, other nodes reach this one at port {port}"));
                }
                return Ok(started);
            }
        }
    }
    Err(UpError::Taken { address: format!("every port from {NODE_PORT} to {}", NODE_PORT + PORTS_TRIED - 1) })
}

/// QUIC and TCP on all interfaces, IPv6 where the machine has it.
fn everywhere(port: u16) -> Vec<Multiaddr> {
    let mut hosts = vec![Multiaddr::from(Ipv4Addr::UNSPECIFIED)];
    if Probe::bind((Ipv6Addr::UNSPECIFIED, 0)).is_ok() {
        hosts.push(Multiaddr::from(Ipv6Addr::UNSPECIFIED));
    }
    let quic = hosts.iter().map(|host| host.clone().with(Protocol::Udp(port)).with(Protocol::QuicV1));
    let tcp = hosts.iter().map(|host| host.clone().with(Protocol::Tcp(port)));
    quic.chain(tcp).collect()
}

/// Tries the port without the sharing that libp2p asks of the system, with which two nodes would split each other's connections.
fn must_be_free(address: &Multiaddr) -> Result<(), UpError> {
    let mut parts = address.iter();
    let ip: IpAddr = match parts.next() {
        Some(Protocol::Ip4(ip)) => ip.into(),
        // A dual-stack probe would collide with our own IPv4 listener of the same port, which libp2p's does not.
        Some(Protocol::Ip6(ip)) if !ip.is_unspecified() => ip.into(),
        _ => return Ok(()),
    };
    let (port, tried): (u16, io::Result<()>) = match parts.next() {
        Some(Protocol::Tcp(port)) => (port, Probe::bind((ip, port)).map(drop)),
        Some(Protocol::Udp(port)) => (port, UdpSocket::bind((ip, port)).map(drop)),
        _ => return Ok(()),
    };
    tried.map_err(|error| UpError::listen(SocketAddr::from((ip, port)), &error))
}

fn is_loopback(address: &Multiaddr) -> bool {
    match address.iter().next() {
        Some(Protocol::Ip4(ip)) => ip.is_loopback(),
        Some(Protocol::Ip6(ip)) => ip.is_loopback(),
        _ => false,
    }
}
