//! A peer that writes what it likes: a raw libp2p swarm against a node.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "tests")]

mod network_raw;
mod network_support;

use std::time::Duration;

use futures::StreamExt;
use libp2p::request_response::{self, Message, ProtocolSupport};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{PeerId, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};
use network_raw::Raw;
use network_support::{Node, PATIENCE, TCP, node};
use tidings_node::network::{NetworkCommand, NetworkEvent, Protocol, RequestFailure, peer_id_of, protocol_name};
use tokio::time::timeout;

type Frames = request_response::Behaviour<Raw>;
type Event = request_response::Event<Vec<u8>, Vec<u8>>;

/// Two protocols, since libp2p limits the streams of each one by itself.
#[derive(NetworkBehaviour)]
struct Hostile {
    log: Frames,
    id: Frames,
}

fn frames(protocol: Protocol) -> Frames {
    let config = request_response::Config::default().with_max_concurrent_streams(1000);
    Frames::new([(StreamProtocol::new(protocol_name(protocol)), ProtocolSupport::Full)], config)
}

/// A hostile swarm connected to the node.
async fn hostile(victim: &mut Node) -> (Swarm<Hostile>, PeerId) {
    let mut swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_behaviour(|_| Hostile { log: frames(Protocol::Log), id: frames(Protocol::Id) })
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(60)))
        .build();
    let target = peer_id_of(&victim.id()).unwrap();
    swarm.dial(victim.handle.listen[0].clone().with_p2p(target).unwrap()).unwrap();
    while !swarm.is_connected(&target) {
        timeout(PATIENCE, swarm.select_next_some()).await.unwrap();
    }
    assert!(matches!(victim.next().await, NetworkEvent::Connected(_)));
    (swarm, target)
}

async fn next(swarm: &mut Swarm<Hostile>) -> Event {
    loop {
        if let SwarmEvent::Behaviour(HostileEvent::Log(event) | HostileEvent::Id(event)) =
            timeout(PATIENCE, swarm.select_next_some()).await.unwrap()
        {
            return event;
        }
    }
}

fn framed(body: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(body);
    bytes
}

// REQ-NET-1
#[tokio::test]
async fn junk_oversized_and_cut_frames_fail_their_stream_only() {
    let mut victim = node(1, &[TCP]).await;
    let (mut swarm, target) = hostile(&mut victim).await;
    let junk: [&[u8]; 6] =
        [b"", b"\0", b"GET / HTTP/1.1\r\n\r\n", &[0xff; 64], &1_310_721_u32.to_be_bytes(), b"\0\0\x03\xe8cut off"];
    for bytes in junk {
        swarm.behaviour_mut().log.send_request(&target, bytes.to_vec());
        match next(&mut swarm).await {
            Event::OutboundFailure { .. } => {}
            Event::Message { message: Message::Response { response, .. }, .. } => assert!(response.is_empty()),
            other => panic!("{other:?}"),
        }
        assert!(victim.events.try_recv().is_err(), "the node passed on {bytes:?}");
    }
    // The same connection still carries a good frame, and what follows a frame is not looked at.
    let mut good = framed(b"hello");
    good.extend([0xff; 10]);
    swarm.behaviour_mut().log.send_request(&target, good);
    let serve = victim.serve(|bytes| {
        assert_eq!(bytes, b"hello");
        b"good day".to_vec()
    });
    let (_, event) = tokio::join!(serve, next(&mut swarm));
    match event {
        Event::Message { message: Message::Response { response, .. }, .. } => assert_eq!(response, framed(b"good day")),
        other => panic!("{other:?}"),
    }
    assert!(victim.events.try_recv().is_err());
}

#[tokio::test]
async fn a_bad_response_is_a_failure_of_that_request_only() {
    let mut victim = node(1, &[TCP]).await;
    let (mut swarm, _) = hostile(&mut victim).await;
    let peer = victim.status().await.connections[0].peer;
    let over = u32::try_from(4 * 1024 * 1024 + 64 * 1024 + 1).unwrap().to_be_bytes().to_vec();
    let answers = [
        (over, Err(RequestFailure::BadFrame)),
        (vec![0xff; 100], Err(RequestFailure::BadFrame)),
        (vec![0, 0], Err(RequestFailure::BadFrame)),
        (vec![0, 0, 0, 9, 1], Err(RequestFailure::BadFrame)),
        (vec![], Err(RequestFailure::Timeout)),
        (framed(b"fine"), Ok(b"fine".to_vec())),
    ];
    for (id, (answer, expected)) in (0..).zip(answers) {
        victim.request(peer, id, Protocol::Log, b"question".to_vec()).await;
        match next(&mut swarm).await {
            Event::Message { message: Message::Request { request, channel, .. }, .. } => {
                assert_eq!(request, framed(b"question"));
                swarm.behaviour_mut().log.send_response(channel, answer).unwrap();
            }
            other => panic!("{other:?}"),
        }
        let (outcome, _) = tokio::join!(victim.outcome(), next(&mut swarm));
        assert_eq!(outcome, (id, expected));
    }
    victim.request(peer, 99, Protocol::Keys, vec![]).await;
    let outcome = tokio::select! {
        outcome = victim.outcome() => outcome,
        event = next(&mut swarm) => panic!("{event:?}"),
    };
    assert_eq!(outcome, (99, Err(RequestFailure::Unsupported)));
}

#[tokio::test]
async fn a_peer_that_asks_more_than_its_share_is_turned_away_until_it_is_answered() {
    let mut victim = node(1, &[TCP]).await;
    let (mut swarm, target) = hostile(&mut victim).await;
    // In two steps, as libp2p itself drops streams that come too fast.
    let mut tokens = Vec::new();
    let mut refused = 0;
    for _ in 0..4 {
        for _ in 0..25 {
            swarm.behaviour_mut().log.send_request(&target, framed(b"?"));
            swarm.behaviour_mut().id.send_request(&target, framed(b"?"));
        }
        let mut seen = 0;
        while seen < 50 {
            tokio::select! {
                event = victim.next() => if let NetworkEvent::Request { token, .. } = event {
                    tokens.push(token);
                    seen += 1;
                },
                event = next(&mut swarm) => {
                    assert!(matches!(event, Event::OutboundFailure { .. } | Event::Message { .. }));
                    refused += 1;
                    seen += 1;
                }
            }
        }
    }
    assert_eq!((tokens.len(), refused), (128, 72));
    for token in tokens {
        victim.send(NetworkCommand::Respond { token, bytes: b"!".to_vec() }).await;
        match next(&mut swarm).await {
            Event::Message { message: Message::Response { response, .. }, .. } => assert_eq!(response, framed(b"!")),
            other => panic!("{other:?}"),
        }
    }
    swarm.behaviour_mut().log.send_request(&target, framed(b"again"));
    tokio::select! {
        event = victim.next() => assert!(matches!(event, NetworkEvent::Request { .. })),
        event = next(&mut swarm) => panic!("{event:?}"),
    }
}
