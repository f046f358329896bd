//! Relays on loopback: what they give, what they refuse, and that a circuit carries frames like any connection.
//!
//! Behind real routers: `behind_routers` in the end-to-end tests.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "tests")]

mod network_support;

use std::time::Duration;

use futures::StreamExt;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{PeerId, Swarm, SwarmBuilder, noise, relay, tcp, yamux};
use network_support::{Node, PATIENCE, PROTOCOLS, QUIC, TCP, start};
use tidings_node::network::{
    Multiaddr, NetworkCommand, NetworkConfig, NetworkEvent, NodeId, Protocol, Reach, RelayLimits, RelayServer,
    RequestFailure, peer_id_of,
};
use tokio::time::{Instant, sleep, timeout};

const KIB: u64 = 1024;
/// How long something must not happen: some rounds of what would make it happen.
const LONG_ENOUGH: Duration = Duration::from_secs(4);

async fn relay(seed: u8, server: RelayServer) -> Node {
    let listen = vec![TCP.parse().unwrap(), QUIC.parse().unwrap()];
    start(NetworkConfig { seed: [seed; 32], listen, relay_server: Some(server), ..NetworkConfig::default() }).await
}

fn limited(change: impl FnOnce(&mut RelayLimits)) -> RelayServer {
    let mut server = RelayServer::default();
    change(&mut server.limits);
    server
}

/// The relay's address over `transport`.
fn address_over(transport: &str, relay: &Node) -> Multiaddr {
    let address = relay.handle.listen.iter().find(|address| address.to_string().contains(transport)).unwrap();
    address.clone().with_p2p(peer_id_of(&relay.id()).unwrap()).unwrap()
}

fn address_of(relay: &Node) -> Multiaddr {
    address_over("quic", relay)
}

/// A node that nobody can dial but through the relay: it listens nowhere, and over QUIC no hole is punched to who does not listen. (Over TCP
/// there is, on loopback.)
async fn hidden(seed: u8, relays: &[&Node]) -> Node {
    let relays = relays.iter().map(|relay| address_of(relay)).collect();
    start(NetworkConfig { seed: [seed; 32], relays, ..NetworkConfig::default() }).await
}

/// As [`hidden`], with its place at the relay.
async fn placed(seed: u8, relay: &Node) -> Node {
    let node = hidden(seed, &[relay]).await;
    let limit = Instant::now() + PATIENCE;
    while !has_place(&node).await {
        assert!(Instant::now() < limit, "no place at the relay");
        sleep(Duration::from_millis(20)).await;
    }
    node
}

async fn has_place(node: &Node) -> bool {
    node.status().await.relays.iter().any(|relay| relay.reserved)
}

fn circuit_bytes(relay: &Node) -> Vec<u8> {
    address_of(relay).with(libp2p::multiaddr::Protocol::P2pCircuit).to_vec()
}

async fn call(from: &Node, to: NodeId, relay: &Node) {
    from.send(NetworkCommand::Dial { node: to, addresses: vec![circuit_bytes(relay)] }).await;
}

/// The next event that is not about a relay.
async fn next_beside(node: &mut Node, relay: NodeId) -> NetworkEvent {
    loop {
        match node.next().await {
            NetworkEvent::Connected(peer) if peer == relay => {}
            NetworkEvent::Listening(_) => {}
            other => return other,
        }
    }
}

async fn connected(node: &mut Node, to: NodeId, relay: NodeId) {
    assert_eq!(next_beside(node, relay).await, NetworkEvent::Connected(to));
}

/// Sends a request and has it answered with its own bytes.
async fn echo(from: &mut Node, to: &mut Node, id: u64, protocol: Protocol, bytes: Vec<u8>) {
    from.request(to.id(), id, protocol, bytes.clone()).await;
    loop {
        match to.next().await {
            NetworkEvent::Request { token, bytes, .. } => {
                to.send(NetworkCommand::Respond { token, bytes }).await;
                break;
            }
            NetworkEvent::Connected(_) | NetworkEvent::Listening(_) => {}
            other => panic!("{other:?}"),
        }
    }
    loop {
        match from.next().await {
            NetworkEvent::Response { id: of, result, .. } => {
                assert_eq!((of, result), (id, Ok(bytes)));
                return;
            }
            NetworkEvent::Connected(_) | NetworkEvent::Listening(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

// REQ-NET-5
#[tokio::test]
async fn a_circuit_carries_all_protocols_both_ways_and_large_frames() {
    let relay = relay(1, RelayServer::default()).await;
    let (mut alice, mut bob) = (placed(2, &relay).await, hidden(3, &[]).await);
    let status = alice.status().await;
    assert_eq!(status.reach, Reach::Relayed(vec![relay.id()]));
    assert_eq!(status.external.iter().map(Multiaddr::to_vec).collect::<Vec<_>>(), [circuit_bytes(&relay)]);
    call(&bob, alice.id(), &relay).await;
    connected(&mut bob, alice.id(), relay.id()).await;
    connected(&mut alice, bob.id(), relay.id()).await;
    for (id, protocol) in (0..).zip(PROTOCOLS) {
        echo(&mut bob, &mut alice, id, protocol, vec![7; 100]).await;
        echo(&mut alice, &mut bob, id, protocol, vec![8; 100]).await;
    }
    echo(&mut bob, &mut alice, 9, Protocol::Log, vec![9; 1_310_720]).await;
    let links = alice.status().await.connections;
    let to_bob: Vec<bool> = links.iter().filter(|link| link.peer == bob.id()).map(|link| link.is_relayed()).collect();
    assert_eq!(to_bob, [true]);
}

// REQ-NET-6
#[tokio::test]
async fn a_circuit_becomes_a_direct_connection_where_it_can_and_nothing_is_lost_on_the_way() {
    let relay = relay(1, RelayServer::default()).await;
    let config = |seed: u8| NetworkConfig {
        seed: [seed; 32],
        listen: vec![QUIC.parse().unwrap()],
        relays: vec![address_of(&relay)],
        ..NetworkConfig::default()
    };
    let (mut alice, mut bob) = (start(config(2)).await, start(config(3)).await);
    while !(has_place(&alice).await && has_place(&bob).await) {
        sleep(Duration::from_millis(20)).await;
    }
    call(&bob, alice.id(), &relay).await;
    connected(&mut bob, alice.id(), relay.id()).await;
    connected(&mut alice, bob.id(), relay.id()).await;
    let limit = Instant::now() + PATIENCE;
    // Any `Disconnected`, and any answer that does not come, fails inside.
    for id in 0.. {
        echo(&mut bob, &mut alice, id, Protocol::Log, vec![1; 1000]).await;
        let links = alice.status().await.connections;
        let to_bob: Vec<bool> = links.iter().filter(|l| l.peer == bob.id()).map(|l| l.is_relayed()).collect();
        // Both sides punch, so there can be two.
        if !to_bob.is_empty() && to_bob.iter().all(|is_relayed| !is_relayed) {
            break;
        }
        assert!(Instant::now() < limit, "still relayed: {links:?}");
        sleep(Duration::from_millis(50)).await;
    }
    echo(&mut alice, &mut bob, 1, Protocol::Id, vec![2; 1000]).await;
    // AutoNAT has dialed back by now (each 5 s), which must look to nobody as if the relay had come back.
    sleep(Duration::from_secs(6)).await;
    assert!(has_place(&alice).await);
    echo(&mut bob, &mut alice, 2, Protocol::Id, vec![2; 1000]).await;
}

// REQ-NET-7
#[tokio::test]
async fn a_node_that_is_no_relay_gives_no_place() {
    // With a public address, without which libp2p would not offer it in any case.
    let (listen, external) = (vec![QUIC.parse().unwrap()], vec!["/ip4/203.0.113.1/tcp/1".parse().unwrap()]);
    let plain = start(NetworkConfig { seed: [1; 32], listen, external, ..NetworkConfig::default() }).await;
    let alice = hidden(2, &[&plain]).await;
    sleep(LONG_ENOUGH).await;
    let status = alice.status().await;
    assert_eq!((status.reach, status.external), (Reach::Local, Vec::new()));
    assert!(status.relays.iter().all(|relay| !relay.reserved));
    assert_eq!(status.connections.len(), 1, "it was asked");
}

// REQ-NET-7
#[tokio::test]
async fn a_closed_relay_takes_whom_it_names_and_others_may_call_them() {
    let alice_id = network_support::node(2, &[]).await.id();
    let relay = relay(1, RelayServer { allow: vec![alice_id], ..RelayServer::default() }).await;
    let (mut alice, stranger) = (placed(2, &relay).await, hidden(3, &[&relay]).await);
    sleep(LONG_ENOUGH).await;
    assert!(!has_place(&stranger).await);
    let mut bob = hidden(4, &[]).await;
    call(&bob, alice.id(), &relay).await;
    connected(&mut bob, alice.id(), relay.id()).await;
    connected(&mut alice, bob.id(), relay.id()).await;
    echo(&mut bob, &mut alice, 1, Protocol::Inbox, vec![1]).await;
}

// REQ-NET-7
#[tokio::test]
async fn reservations_and_circuits_are_counted() {
    let relay = relay(1, limited(|limits| (limits.reservations, limits.circuits) = (1, 1))).await;
    let mut alice = placed(2, &relay).await;
    let late = hidden(3, &[&relay]).await;
    let (mut bob, mut carol) = (hidden(4, &[]).await, hidden(5, &[]).await);
    call(&bob, alice.id(), &relay).await;
    connected(&mut bob, alice.id(), relay.id()).await;
    connected(&mut alice, bob.id(), relay.id()).await;
    call(&carol, alice.id(), &relay).await;
    let refused = timeout(LONG_ENOUGH, async { next_beside(&mut carol, relay.id()).await }).await;
    assert!(refused.is_err(), "{refused:?}");
    assert!(!has_place(&late).await);
}

// REQ-NET-7
#[tokio::test]
async fn a_circuit_ends_at_its_bytes_and_at_its_time() {
    let relay = relay(1, limited(|limits| limits.circuit_bytes = 64 * KIB)).await;
    let (mut alice, mut bob) = (placed(2, &relay).await, hidden(3, &[]).await);
    call(&bob, alice.id(), &relay).await;
    connected(&mut bob, alice.id(), relay.id()).await;
    connected(&mut alice, bob.id(), relay.id()).await;
    echo(&mut bob, &mut alice, 1, Protocol::Log, vec![0; 1000]).await;
    bob.request(alice.id(), 2, Protocol::Log, vec![0; 100_000]).await;
    let ended = next_beside(&mut bob, relay.id()).await;
    assert_eq!(ended, NetworkEvent::Response { peer: alice.id(), id: 2, result: Err(RequestFailure::Disconnected) });
    assert_eq!(next_beside(&mut bob, relay.id()).await, NetworkEvent::Disconnected(alice.id()));

    let relay = self::relay(6, limited(|limits| limits.circuit_time = Duration::from_secs(2))).await;
    let (alice, mut bob) = (placed(7, &relay).await, hidden(8, &[]).await);
    call(&bob, alice.id(), &relay).await;
    connected(&mut bob, alice.id(), relay.id()).await;
    assert_eq!(next_beside(&mut bob, relay.id()).await, NetworkEvent::Disconnected(alice.id()));
}

#[derive(NetworkBehaviour)]
struct Caller {
    relay: relay::client::Behaviour,
}

fn caller() -> Swarm<Caller> {
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_relay_client(noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_behaviour(|_, relay| Caller { relay })
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(60)))
        .build()
}

// REQ-NET-7
#[tokio::test]
async fn connection_limits_hold_for_circuits_too() {
    let relay = relay(1, RelayServer::default()).await;
    let alice = placed(2, &relay).await;
    let (mut swarm, target) = (caller(), peer_id_of(&alice.id()).unwrap());
    let at = address_over("tcp", &relay);
    let circuit = at.clone().with(libp2p::multiaddr::Protocol::P2pCircuit);
    swarm.dial(at).unwrap();
    while swarm.connected_peers().next().is_none() {
        timeout(PATIENCE, swarm.select_next_some()).await.unwrap();
    }
    let mut opened = 0;
    for _ in 0..8 {
        let dial = DialOpts::peer_id(target).condition(PeerCondition::Always).addresses(vec![circuit.clone()]);
        swarm.dial(dial.build()).unwrap();
        opened += usize::from(timeout(PATIENCE, outcome_of_dial(&mut swarm, target)).await.unwrap());
    }
    let from_caller = alice.status().await.connections.iter().filter(|link| link.is_relayed()).count();
    // Alice refuses a circuit at its end, when the caller believes to have it.
    assert!(opened > 4 && from_caller == 4, "{from_caller} circuits of one peer; it opened {opened}");
}

/// Whether a circuit to the peer was opened.
async fn outcome_of_dial(swarm: &mut Swarm<Caller>, target: PeerId) -> bool {
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::ConnectionEstablished { peer_id, .. } if peer_id == target => return true,
            SwarmEvent::OutgoingConnectionError { .. } => return false,
            _ => {}
        }
    }
}

#[tokio::test]
async fn addresses_that_are_no_relays_are_refused_at_the_start() {
    let start = |relays: &[&str]| {
        let relays = relays.iter().map(|relay| relay.parse().unwrap()).collect();
        tidings_node::network::start(NetworkConfig { seed: [1; 32], relays, ..NetworkConfig::default() })
    };
    let peer = peer_id_of(&network_support::node(2, &[]).await.id()).unwrap();
    let good = format!("/ip4/127.0.0.1/tcp/1/p2p/{peer}");
    for bad in ["/ip4/127.0.0.1/tcp/1", &format!("{good}/p2p-circuit"), "/memory/1"] {
        let error = start(&[bad]).await.err().unwrap().to_string();
        assert!(error.contains("is no relay address"), "{error}");
    }
    assert!(start(&[good.as_str(); 4]).await.is_ok());
    assert!(start(&[good.as_str(); 5]).await.is_err());
}
