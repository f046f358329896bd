//! Junk where other nodes connect: the node stays up, its people's messages go on, and its log says no word of a bug.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use crate::node::Node;
use crate::person::Person;

/// Repeatable noise.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[0]
        })
        .collect()
}

/// The start of a libp2p connection: both sides name the negotiation they speak.
fn negotiated(port: u16) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"\x13/multistream/1.0.0\n").unwrap();
    let mut answer = [0; 20];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"\x13/multistream/1.0.0\n", "not the port of a node");
    stream
}

/// The port on which the node listens this way.
fn port(node: &Node, kind: &str) -> u16 {
    let addresses = node.ready["listen"].as_array().unwrap().iter().map(|address| address.as_str().unwrap());
    addresses.filter_map(|address| address.split(kind).nth(1)?.split('/').next()).next().unwrap().parse().unwrap()
}

#[test]
fn junk_on_the_ports_of_a_node_stops_nothing() {
    let listen = ["--listen", "/ip4/127.0.0.1/tcp/0", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1"];
    let mut nodes = [Node::start_with(&listen), Node::start_with(&listen)];
    let [tcp, quic] = ["/tcp/", "/udp/"].map(|kind| port(&nodes[0], kind));
    let (alice, bob) = (Person::sign_up(&nodes[0], "alice"), Person::sign_up(&nodes[1], "bob"));
    alice.befriend(&bob);
    alice.deliver(&bob.id, "before");
    for (round, size) in [1, 20, 1_000, 70_000, 3_000_000].into_iter().enumerate() {
        let mut stream = TcpStream::connect(("127.0.0.1", tcp)).unwrap();
        // The node may close before it has taken all.
        drop(stream.write_all(&noise(size, u64::try_from(round).unwrap() + 7)));
    }
    let mut tls = negotiated(tcp);
    tls.write_all(b"\x0b/tls/1.0.0\n").unwrap();
    drop(tls.write_all(&noise(100_000, 99)));
    let mut oversize = negotiated(tcp);
    // A length of the negotiation far beyond its limit.
    drop(oversize.write_all(&[&b"\xff\xff\xff\xff\x0f"[..], &noise(1_000_000, 3)].concat()));
    let half_open: Vec<TcpStream> = (0..50).map(|_| TcpStream::connect(("127.0.0.1", tcp)).unwrap()).collect();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for round in 0..200 {
        let mut packet = noise(1_200, round + 1);
        // Half of them look like the first packet of a QUIC connection.
        packet[0] = if round % 2 == 0 { 0xc0 } else { packet[0] };
        packet[1..5].copy_from_slice(&1_u32.to_be_bytes());
        socket.send_to(&packet, ("127.0.0.1", quic)).unwrap();
    }
    alice.deliver(&bob.id, "during");
    drop(half_open);
    bob.deliver(&alice.id, "after");
    assert_eq!(alice.texts(&bob.id), ["before", "during", "after"]);
    for node in &mut nodes {
        assert!(node.stop().success());
        let log = node.log();
        assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
    }
}
