//! Node records over gossipsub: they spread, they say what they should and nothing else, and what should not spread does not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "tests")]

mod network_raw;
mod network_support;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::StreamExt;
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity, MessageId, ValidationMode};
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};
use network_raw::Raw;
use network_support::{Node, PATIENCE, TCP, start};
use tidings_crypto::sign::{Label, SigningKey};
use tidings_node::network::{
    GOSSIP_PROTOCOL, Multiaddr, NetworkCommand, NetworkConfig, NetworkEvent, RECORDS_TOPIC, Status, peer_id_of,
};
use tls_codec::{Serialize, VLByteVec};
use tokio::time::{Instant, sleep, timeout};

fn outside(seed: u8) -> Multiaddr {
    format!("/ip4/203.0.113.{seed}/tcp/4001").parse().unwrap()
}

/// A node that tells where it is.
async fn teller(seed: u8, external: Vec<Multiaddr>) -> Node {
    let name = format!("node-{seed}");
    let listen = vec![TCP.parse().unwrap()];
    start(NetworkConfig { seed: [seed; 32], listen, external, gossip: true, name, ..NetworkConfig::default() }).await
}

async fn until(node: &Node, what: &str, is_so: impl Fn(&Status) -> bool) -> Status {
    let limit = Instant::now() + PATIENCE;
    loop {
        let status = node.status().await;
        if is_so(&status) {
            return status;
        }
        assert!(Instant::now() < limit, "not in time: {what}: {status:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn bytes(of: &[u8]) -> Vec<u8> {
    VLByteVec::from(of.to_vec()).tls_serialize_detached().unwrap()
}

/// A record put together by hand, from the specification.
fn record(node: [u8; 32], issued_ms: u64, name: &str, addresses: &[Multiaddr], signer: &SigningKey) -> Vec<u8> {
    let addresses: Vec<u8> = addresses.iter().flat_map(|address| bytes(&address.to_vec())).collect();
    let body = [&node[..], &issued_ms.to_be_bytes(), &bytes(name.as_bytes()), &bytes(&addresses)].concat();
    let signature = signer.sign(Label::NodeRecord, &body);
    [bytes(&body), signature.as_bytes().to_vec()].concat()
}

fn key(seed: u64) -> SigningKey {
    let mut bytes = [9; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    SigningKey::from_seed(&bytes)
}

fn good(seed: u64, issued_ms: u64) -> Vec<u8> {
    let key = key(seed);
    record(*key.verifying_key().as_bytes(), issued_ms, "", &[outside(1)], &key)
}

type Lawless = gossipsub::Behaviour<gossipsub::IdentityTransform, gossipsub::AllowAllSubscriptionFilter>;

/// gossipsub of somebody who keeps to nothing, connected to the node and subscribed.
async fn lawless(victim: &mut Node) -> Swarm<Lawless> {
    let config = gossipsub::ConfigBuilder::default()
        .protocol_id_prefix(GOSSIP_PROTOCOL)
        .validation_mode(ValidationMode::None)
        .max_transmit_size(1 << 24)
        .message_id_fn(|message| MessageId::from(message.data.clone()))
        .build()
        .unwrap();
    let behaviour = Lawless::new_with_subscription_filter(
        MessageAuthenticity::Anonymous,
        config,
        gossipsub::AllowAllSubscriptionFilter {},
    );
    let mut swarm = swarm_of(behaviour.unwrap());
    swarm.behaviour_mut().subscribe(&IdentTopic::new(RECORDS_TOPIC)).unwrap();
    connect(&mut swarm, victim).await;
    let subscribed = async {
        loop {
            if let SwarmEvent::Behaviour(gossipsub::Event::Subscribed { .. }) = swarm.select_next_some().await {
                return;
            }
        }
    };
    timeout(PATIENCE, subscribed).await.expect("the node subscribes to its topic");
    swarm
}

fn swarm_of<B: NetworkBehaviour>(behaviour: B) -> Swarm<B> {
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_behaviour(|_| behaviour)
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(60)))
        .build()
}

async fn connect<B: NetworkBehaviour>(swarm: &mut Swarm<B>, victim: &mut Node) {
    let target = peer_id_of(&victim.id()).unwrap();
    swarm.dial(victim.handle.listen[0].clone().with_p2p(target).unwrap()).unwrap();
    while !swarm.is_connected(&target) {
        timeout(PATIENCE, swarm.select_next_some()).await.unwrap();
    }
    while !matches!(victim.next().await, NetworkEvent::Connected(_)) {}
}

/// Lets the swarm run while the node is asked.
async fn run_until<B: NetworkBehaviour>(
    swarm: &mut Swarm<B>,
    node: &Node,
    what: &str,
    is_so: impl Fn(&Status) -> bool,
) -> Status {
    tokio::select! {
        status = until(node, what, is_so) => status,
        () = async { loop { swarm.select_next_some().await; } } => unreachable!(),
    }
}

fn publish(swarm: &mut Swarm<Lawless>, record: Vec<u8>) {
    swarm.behaviour_mut().publish(IdentTopic::new(RECORDS_TOPIC), record).unwrap();
}

fn score(status: &Status) -> i64 {
    status.connections[0].score.unwrap()
}

// REQ-NET-8
#[tokio::test]
async fn records_spread_over_a_line_of_five_nodes_and_come_up_to_date_when_one_moves() {
    let mut nodes = Vec::new();
    for seed in 1..=5 {
        nodes.push(teller(seed, vec![outside(seed)]).await);
    }
    for at in 1..nodes.len() {
        let (left, right) = nodes.split_at_mut(at);
        left[at - 1].dial(&right[0]).await;
    }
    for node in &nodes {
        until(node, "four records", |status| status.records_known == 4).await;
    }
    for node in &nodes {
        assert_eq!(node.status().await.records.rejected, 0);
    }
}

// REQ-NET-8
#[tokio::test]
async fn a_node_that_has_moved_is_found_by_its_record() {
    let middle = teller(1, vec![outside(1)]).await;
    let mut friend = teller(2, vec![outside(2)]).await;
    friend.dial(&middle).await;
    assert_eq!(friend.next().await, NetworkEvent::Connected(middle.id()));
    // Nobody has told the friend where it is, and it sits at a port that nobody can guess.
    let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = probe.local_addr().unwrap().port();
    drop(probe);
    let here: Multiaddr = format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap();
    let config = NetworkConfig {
        seed: [3; 32],
        listen: vec![here.clone()],
        external: vec![here],
        gossip: true,
        ..NetworkConfig::default()
    };
    let moved = start(config).await;
    friend.send(NetworkCommand::Dial { node: moved.id(), addresses: Vec::new() }).await;
    moved.dial(&middle).await;
    until(&friend, "its record", |status| status.records_known == 2).await;
    friend.send(NetworkCommand::Dial { node: moved.id(), addresses: Vec::new() }).await;
    assert_eq!(friend.next().await, NetworkEvent::Connected(moved.id()));
}

// REQ-NET-8
#[tokio::test]
async fn a_record_holds_key_time_name_addresses_and_signature_and_not_one_byte_more() {
    let addresses = vec![outside(7), "/dns4/node.example/udp/9/quic-v1".parse().unwrap()];
    let mut node = teller(7, addresses.clone()).await;
    let mut swarm = lawless(&mut node).await;
    let heard = async {
        loop {
            if let SwarmEvent::Behaviour(gossipsub::Event::Message { message, .. }) = swarm.select_next_some().await {
                return message;
            }
        }
    };
    let message = timeout(PATIENCE, heard).await.expect("the node tells where it is");
    assert_eq!((message.source, message.sequence_number), (None, None), "gossipsub adds no author");
    // Everything but the time is given, and the signature is deterministic (RFC 8032), so that the whole must be equal.
    let at = message.data.windows(32).position(|part| part == node.id().as_bytes()).unwrap() + 32;
    let issued = u64::from_be_bytes(message.data[at..at + 8].try_into().unwrap());
    assert!(now_ms() - issued < 60_000);
    let expected = record(*node.id().as_bytes(), issued, "node-7", &addresses, &SigningKey::from_seed(&[7; 32]));
    assert_eq!(message.data, expected);
}

// REQ-NET-8
#[tokio::test]
async fn nodes_that_do_not_exchange_records_neither_tell_nor_listen() {
    let mut quiet = start(NetworkConfig {
        seed: [1; 32],
        listen: vec![TCP.parse().unwrap()],
        external: vec![outside(1)],
        ..NetworkConfig::default()
    })
    .await;
    let mut talker = teller(2, vec![outside(2)]).await;
    network_support::connect(&mut talker, &mut quiet).await;
    let other = teller(3, vec![outside(3)]).await;
    other.dial(&talker).await;
    until(&other, "the talker's record", |status| status.records_known == 1).await;
    assert_eq!(quiet.status().await.records_known, 0);
    assert_eq!(talker.status().await.records_known, 1);
}

// REQ-NET-9
#[tokio::test]
async fn forged_long_and_old_records_are_refused_and_cost_their_sender() {
    let (now, hour) = (now_ms(), 3_600_000);
    let author = key(1);
    let node = *author.verifying_key().as_bytes();
    let bad = [
        ("signed by another", record(node, now, "", &[outside(1)], &key(2))),
        ("a handle for a name", record(node, now, "alice@example", &[outside(1)], &author)),
        ("no address", record(node, now, "", &[], &author)),
        ("a loopback port of nobody", record(node, now, "", &["/memory/7".parse().unwrap()], &author)),
        ("longer than a record may be", [good(1, now), vec![0; 2500]].concat()),
        ("too old", good(1, now - 26 * hour)),
        ("from the future", good(1, now + 2 * hour)),
        ("no record at all", b"hello".to_vec()),
    ];
    for (what, bytes) in bad {
        let mut victim = teller(1, Vec::new()).await;
        let mut swarm = lawless(&mut victim).await;
        publish(&mut swarm, bytes);
        let status = run_until(&mut swarm, &victim, what, |status| status.records.rejected == 1).await;
        assert!(score(&status) < 0, "{what}: {status:?}");
        assert_eq!((status.records.taken, status.records_known), (0, 0), "{what}");
    }
}

// REQ-NET-9
#[tokio::test]
async fn after_some_forgeries_a_peer_is_not_heard_and_others_are() {
    let mut victim = teller(1, Vec::new()).await;
    let mut swarm = lawless(&mut victim).await;
    for number in 0..4_u8 {
        publish(&mut swarm, vec![number; 50]);
    }
    let status = run_until(&mut swarm, &victim, "refusals", |status| status.records.rejected >= 3).await;
    assert!(score(&status) < -80, "{status:?}");
    publish(&mut swarm, good(1, now_ms()));
    let honest = teller(2, vec![outside(2)]).await;
    honest.dial(&victim).await;
    let status = run_until(&mut swarm, &victim, "the honest record", |status| status.records.taken > 0).await;
    assert_eq!((status.records.taken, status.records_known), (1, 1), "the forger's good record came too late");
}

// REQ-NET-9
#[tokio::test]
async fn a_flood_of_good_records_is_cut_and_costs_its_sender() {
    let mut victim = teller(1, Vec::new()).await;
    let mut swarm = lawless(&mut victim).await;
    for seed in 0..300 {
        publish(&mut swarm, good(seed, now_ms()));
    }
    let status = run_until(&mut swarm, &victim, "the flood", |status| status.records.flooded >= 50).await;
    assert!(status.records.taken <= 64 + 2 * 40, "{status:?}");
    assert!(score(&status) < 0, "{status:?}");
}

// REQ-NET-9
#[tokio::test]
async fn a_record_is_not_spread_when_it_comes_too_soon_after_the_last() {
    let mut victim = teller(1, Vec::new()).await;
    let mut swarm = lawless(&mut victim).await;
    let now = now_ms();
    for step in 0..10 {
        publish(&mut swarm, good(1, now + step * 1000));
    }
    let status = run_until(&mut swarm, &victim, "all", |status| status.records.taken + status.records.ignored == 10);
    let status = status.await;
    assert_eq!((status.records.taken, status.records.rejected), (1, 0));
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

/// A protobuf field with bytes in it.
fn field(number: u64, body: &[u8]) -> Vec<u8> {
    [varint((number << 3) | 2), varint(body.len() as u64), body.to_vec()].concat()
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn framed(rpc: &[u8]) -> Vec<u8> {
    [varint(rpc.len() as u64), rpc.to_vec()].concat()
}

fn subscribe(topic: &str) -> Vec<u8> {
    field(1, &[number(1, 1), field(2, topic.as_bytes())].concat())
}

fn control(number: u64, body: &[u8]) -> Vec<u8> {
    framed(&field(3, &field(number, body)))
}

/// What a peer can do to a mesh, as frames.
fn attacks() -> Vec<(&'static str, Vec<u8>)> {
    let topic = field(1, RECORDS_TOPIC.as_bytes());
    let many = |count: u64, make: &dyn Fn(u64) -> Vec<u8>| (0..count).flat_map(make).collect::<Vec<u8>>();
    let foreign = |index: u64| field(1, format!("foreign-{index}").as_bytes());
    let with_backoff = |topic: Vec<u8>, backoff: u64| control(4, &[topic, number(3, backoff)].concat());
    let ids = |count: u64| many(count, &|index| field(2, &[&index.to_be_bytes()[..], &[1; 24]].concat()));
    vec![
        ("10,000 topics in one request", framed(&many(10_000, &|index| subscribe(&format!("topic-{index}"))))),
        ("10,000 topics one by one", many(10_000, &|index| framed(&subscribe(&format!("topic-{index}"))))),
        ("GRAFT flood", many(10_000, &|_| control(3, &topic))),
        ("GRAFT of foreign topics", many(10_000, &|index| control(3, &foreign(index)))),
        ("PRUNE for ever", with_backoff(topic.clone(), u64::MAX)),
        ("PRUNE with a time that overflows", with_backoff(topic.clone(), i64::MAX as u64)),
        ("PRUNE of foreign topics", many(1000, &|index| with_backoff(foreign(index), u64::MAX))),
        ("IHAVE flood", many(200, &|_| control(1, &[topic.clone(), ids(40)].concat()))),
        ("IWANT flood", many(200, &|_| control(2, &field(1, &[7; 32])))),
        ("an RPC of 1 MiB", framed(&field(2, &[0; 1 << 20]))),
        ("a length of 2^63", varint(1 << 63)),
        ("noise", vec![0xa5; 5000]),
    ]
}

// REQ-NET-9
#[tokio::test]
async fn control_messages_that_attack_the_mesh_harm_nobody_else() {
    let mut victim = teller(1, Vec::new()).await;
    for (count, (what, frames)) in (1..).zip(attacks()) {
        let protocol = StreamProtocol::try_from_owned(format!("{GOSSIP_PROTOCOL}/1.1.0")).unwrap();
        let config = request_response::Config::default();
        let raw = request_response::Behaviour::<Raw>::new([(protocol, ProtocolSupport::Full)], config);
        let mut swarm = swarm_of(raw);
        connect(&mut swarm, &mut victim).await;
        let target = peer_id_of(&victim.id()).unwrap();
        swarm.behaviour_mut().send_request(&target, frames);
        // An honest node beside it is heard: the node has not fallen, and its mesh works.
        let seed = u8::try_from(count + 10).unwrap();
        let honest = teller(seed, vec![outside(seed)]).await;
        honest.dial(&victim).await;
        run_until(&mut swarm, &victim, what, |status| status.records_known == count).await;
    }
}
