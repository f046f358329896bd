//! Two nodes on loopback, real sockets: what the driver may rely on.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "tests")]

mod network_support;

use std::time::Duration;

use network_support::{PATIENCE, PROTOCOLS, QUIC, TCP, connect, node, start};
use tidings_node::network::{
    self, Multiaddr, NetworkCommand, NetworkConfig, NetworkError, NetworkEvent, NodeId, Protocol, REQUEST_BYTES_MAX,
    RESPONSE_BYTES_MAX, RequestFailure, node_id_of, peer_id_of,
};
use tokio::time::timeout;

fn pattern(length: usize) -> Vec<u8> {
    (0_u8..=250).cycle().take(length).collect()
}

#[tokio::test]
async fn a_request_arrives_on_the_protocol_it_was_sent_on() {
    for transport in [QUIC, TCP] {
        let (mut a, mut b) = (node(1, &[transport]).await, node(2, &[transport]).await);
        connect(&mut a, &mut b).await;
        for (id, protocol) in (0..).zip(PROTOCOLS) {
            a.request(b.id(), id, protocol, pattern(100)).await;
            let (from, on) = b.serve(|bytes| bytes.into_iter().rev().collect()).await;
            assert_eq!((from, on), (a.id(), protocol));
            let answer: Vec<u8> = pattern(100).into_iter().rev().collect();
            assert_eq!(a.outcome().await, (id, Ok(answer)));
        }
        let status = a.status().await;
        assert_eq!(status.connections.len(), 1);
        assert_eq!(status.connections[0].peer, b.id());
        assert!(status.connections[0].outgoing);
        assert_eq!(status.connections[0].address, b.handle.listen[0]);
    }
}

#[tokio::test]
async fn the_largest_frames_pass_both_transports_unchanged() {
    for transport in [QUIC, TCP] {
        let (mut a, mut b) = (node(1, &[transport]).await, node(2, &[transport]).await);
        connect(&mut a, &mut b).await;
        for (request, response) in [(1 << 20, 4 << 20), (REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX), (0, 0)] {
            a.request(b.id(), 1, Protocol::Log, pattern(request)).await;
            b.serve(|bytes| {
                assert!(bytes == pattern(request), "the request was changed on its way");
                pattern(response)
            })
            .await;
            let (_, result) = a.outcome().await;
            assert!(result == Ok(pattern(response)), "the response was changed on its way");
        }
    }
}

#[tokio::test]
async fn a_frame_over_the_limit_is_not_sent_and_harms_nothing_else() {
    let (mut a, mut b) = (node(1, &[QUIC]).await, node(2, &[QUIC]).await);
    connect(&mut a, &mut b).await;
    a.request(b.id(), 1, Protocol::Log, pattern(REQUEST_BYTES_MAX + 1)).await;
    assert_eq!(a.outcome().await, (1, Err(RequestFailure::BadFrame)));
    a.request(b.id(), 2, Protocol::Log, pattern(1)).await;
    b.serve(|_| pattern(RESPONSE_BYTES_MAX + 1)).await;
    assert_eq!(a.outcome().await, (2, Err(RequestFailure::Timeout)));
    a.request(b.id(), 3, Protocol::Log, pattern(1)).await;
    b.serve(|bytes| bytes).await;
    assert_eq!(a.outcome().await, (3, Ok(pattern(1))));
}

#[tokio::test]
async fn nodes_that_dial_each_other_at_once_can_talk_both_ways() {
    for transport in [QUIC, TCP] {
        for round in 0..10 {
            let (mut a, mut b) = (node(1, &[transport]).await, node(2, &[transport]).await);
            tokio::join!(a.dial(&b), b.dial(&a));
            assert_eq!(a.next().await, NetworkEvent::Connected(b.id()), "{transport} {round}");
            assert_eq!(b.next().await, NetworkEvent::Connected(a.id()), "{transport} {round}");
            // Several, so that both connections carry some, if there are two.
            for id in 0..4 {
                a.request(b.id(), id, Protocol::Log, pattern(10)).await;
                b.serve(|bytes| bytes).await;
                assert_eq!(a.outcome().await, (id, Ok(pattern(10))));
                b.request(a.id(), id, Protocol::Id, pattern(20)).await;
                a.serve(|bytes| bytes).await;
                assert_eq!(b.outcome().await, (id, Ok(pattern(20))));
            }
        }
    }
}

#[tokio::test]
async fn dialing_a_connected_peer_again_opens_nothing() {
    let (mut a, mut b) = (node(1, &[QUIC, TCP]).await, node(2, &[QUIC, TCP]).await);
    connect(&mut a, &mut b).await;
    for _ in 0..20 {
        a.dial(&b).await;
    }
    // Answered after the dials, as commands keep their order.
    a.request(b.id(), 1, Protocol::Log, vec![]).await;
    b.serve(|bytes| bytes).await;
    assert_eq!(a.outcome().await, (1, Ok(vec![])));
    assert_eq!(a.status().await.connections.len(), 1);
    assert!(a.status().await.connections[0].address.to_string().contains("quic-v1"));
}

#[tokio::test]
async fn a_lost_peer_is_reported_once_after_the_failures_of_its_requests() {
    for transport in [QUIC, TCP] {
        let (mut a, mut b) = (node(1, &[transport]).await, node(2, &[transport]).await);
        let gone = b.id();
        connect(&mut a, &mut b).await;
        a.request(gone, 7, Protocol::Inbox, pattern(10)).await;
        assert!(matches!(b.next().await, NetworkEvent::Request { .. }));
        drop(b);
        assert_eq!(a.outcome().await, (7, Err(RequestFailure::Disconnected)));
        assert_eq!(a.next().await, NetworkEvent::Disconnected(gone));
        a.request(gone, 8, Protocol::Inbox, vec![]).await;
        assert_eq!(a.outcome().await, (8, Err(RequestFailure::NotConnected)));
        assert!(a.status().await.connections.is_empty());
        assert!(a.events.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_request_to_a_stranger_fails_at_once_and_dials_nobody() {
    let (mut a, mut b) = (node(1, &[QUIC]).await, node(2, &[QUIC]).await);
    a.request(b.id(), 1, Protocol::Log, vec![]).await;
    assert_eq!(a.outcome().await, (1, Err(RequestFailure::NotConnected)));
    a.request(NodeId::from_bytes([0xff; 32]), 2, Protocol::Log, vec![]).await;
    assert_eq!(a.outcome().await, (2, Err(RequestFailure::NotConnected)));
    assert!(b.events.try_recv().is_err());
}

#[tokio::test]
async fn sixty_four_requests_are_in_flight_at_once_and_answered_in_any_order() {
    let (mut a, mut b) = (node(1, &[QUIC]).await, node(2, &[QUIC]).await);
    connect(&mut a, &mut b).await;
    for id in 0..200_u64 {
        a.request(b.id(), id, Protocol::Log, id.to_be_bytes().to_vec()).await;
    }
    let mut tokens = Vec::new();
    let mut outcomes = Vec::new();
    while outcomes.len() < 200 {
        while tokens.len() < 64 && tokens.len() + outcomes.len() < 200 {
            if let NetworkEvent::Request { token, bytes, .. } = b.next().await {
                tokens.push((token, bytes));
            }
        }
        for (token, bytes) in tokens.drain(..).rev() {
            b.send(NetworkCommand::Respond { token, bytes }).await;
            let (id, result) = a.outcome().await;
            assert_eq!(result, Ok(id.to_be_bytes().to_vec()));
            outcomes.push(id);
        }
    }
    outcomes.sort_unstable();
    assert_eq!(outcomes, (0..200).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_driver_that_reads_nothing_still_gets_its_commands_taken_and_loses_no_event() {
    let (mut a, mut b) = (node(1, &[TCP]).await, node(2, &[TCP]).await);
    connect(&mut a, &mut b).await;
    for id in 0..300 {
        a.request(b.id(), id, Protocol::Log, pattern(1000)).await;
    }
    let nobody = node(3, &[]).await.id();
    for id in 0..2000 {
        b.request(nobody, id, Protocol::Log, vec![]).await;
    }
    let (mut failed, mut served) = (Vec::new(), 0);
    while failed.len() < 2000 || served < 300 {
        match b.next().await {
            NetworkEvent::Response { id, result, .. } => {
                assert_eq!(result, Err(RequestFailure::NotConnected));
                failed.push(id);
            }
            NetworkEvent::Request { token, bytes, .. } => {
                b.send(NetworkCommand::Respond { token, bytes }).await;
                served += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(failed, (0..2000).collect::<Vec<u64>>());
    for _ in 0..300 {
        assert!(a.outcome().await.1.is_ok());
    }
}

// REQ-NET-2
#[tokio::test]
async fn whoever_answers_with_another_key_is_not_connected() {
    let (mut a, b) = (node(1, &[QUIC, TCP]).await, node(2, &[QUIC, TCP]).await);
    let wanted = node(3, &[]).await.id();
    a.send(NetworkCommand::Dial { node: wanted, addresses: b.addresses() }).await;
    // A dial to the right key, begun later, has come to its end when this has.
    a.dial(&b).await;
    assert_eq!(a.next().await, NetworkEvent::Connected(b.id()));
    assert!(timeout(Duration::from_secs(2), a.events.recv()).await.is_err());
}

#[tokio::test]
async fn junk_for_an_address_or_a_key_dials_nobody() {
    let (mut a, b) = (node(1, &[QUIC]).await, node(2, &[QUIC]).await);
    let junk = vec![vec![], vec![0xff; 400], vec![0xff; 3], b"/ip4/127.0.0.1/tcp/1".to_vec()];
    a.send(NetworkCommand::Dial { node: b.id(), addresses: junk }).await;
    a.send(NetworkCommand::Dial { node: NodeId::from_bytes([0xff; 32]), addresses: b.addresses() }).await;
    a.send(NetworkCommand::Dial { node: a.id(), addresses: a.addresses() }).await;
    a.send(NetworkCommand::Respond { token: 99, bytes: vec![] }).await;
    a.dial(&b).await;
    assert_eq!(a.next().await, NetworkEvent::Connected(b.id()));
}

#[tokio::test]
async fn a_configured_peer_is_dialed_at_the_start_and_again_after_it_was_away() {
    let b = node(2, &[TCP]).await;
    let address = b.handle.listen[0].clone();
    let peer = peer_id_of(&b.id()).unwrap();
    let peers = vec![address.clone().with_p2p(peer).unwrap()];
    let mut a = start(NetworkConfig { seed: [1; 32], peers, ..NetworkConfig::default() }).await;
    let friend = b.id();
    assert_eq!(a.next().await, NetworkEvent::Connected(friend));
    drop(b);
    assert_eq!(a.next().await, NetworkEvent::Disconnected(friend));
    let again = node(2, &[&address.to_string()]).await;
    assert_eq!(again.id(), friend);
    assert_eq!(a.next().await, NetworkEvent::Connected(friend));
}

#[tokio::test]
async fn a_peer_once_dialed_is_dialed_again_without_addresses() {
    let (mut a, mut b) = (node(1, &[TCP]).await, node(2, &[TCP]).await);
    let (friend, address) = (b.id(), b.handle.listen[0].to_string());
    connect(&mut a, &mut b).await;
    drop(b);
    assert_eq!(a.next().await, NetworkEvent::Disconnected(friend));
    let _again = node(2, &[&address]).await;
    a.send(NetworkCommand::Dial { node: friend, addresses: vec![] }).await;
    assert_eq!(a.next().await, NetworkEvent::Connected(friend));
}

#[tokio::test]
async fn a_listen_address_in_use_is_an_error_that_names_it() {
    for transport in [QUIC, TCP, "/ip4/192.0.2.1/tcp/0", "/ip4/127.0.0.1/udp/0"] {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let taken_udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let address: Multiaddr = transport
            .replace("tcp/0", &format!("tcp/{}", taken.local_addr().unwrap().port()))
            .replace("udp/0/", &format!("udp/{}/", taken_udp.local_addr().unwrap().port()))
            .parse()
            .unwrap();
        let config = NetworkConfig { seed: [1; 32], listen: vec![address.clone()], ..NetworkConfig::default() };
        match timeout(PATIENCE, network::start(config)).await.unwrap() {
            Err(error @ NetworkError::Listen { .. }) => assert!(error.to_string().contains(&address.to_string())),
            other => panic!("{transport}: {:?}", other.map(|_| "started")),
        }
    }
}

#[tokio::test]
async fn a_configured_peer_without_a_key_is_an_error_that_names_it() {
    let peers = vec!["/ip4/192.0.2.1/tcp/4001".parse().unwrap()];
    let started = network::start(NetworkConfig { seed: [1; 32], peers, ..NetworkConfig::default() }).await;
    assert!(started.err().unwrap().to_string().contains("/ip4/192.0.2.1/tcp/4001"));
}

#[tokio::test]
async fn the_external_address_is_in_the_status_and_a_shutdown_ends_the_events() {
    let external: Multiaddr = "/dns4/node.example/udp/4001/quic-v1".parse().unwrap();
    let config = NetworkConfig {
        seed: [1; 32],
        listen: vec![QUIC.parse().unwrap(), TCP.parse().unwrap()],
        external: vec![external.clone()],
        ..NetworkConfig::default()
    };
    let mut a = start(config).await;
    let status = a.status().await;
    assert_eq!(status.external, [external]);
    assert_eq!(status.listen.len(), 2);
    assert!(status.listen.iter().all(|address| !address.to_string().contains("/0")), "{:?}", status.listen);
    a.send(NetworkCommand::Shutdown).await;
    assert_eq!(timeout(PATIENCE, a.events.recv()).await.unwrap(), None);
}

#[tokio::test]
async fn a_node_id_is_the_key_in_its_peer_id() {
    let a = node(9, &[]).await;
    let peer = peer_id_of(&a.id()).unwrap();
    assert_eq!(node_id_of(&peer), Some(a.id()));
    assert!(peer.to_string().starts_with("12D3KooW"));
}
