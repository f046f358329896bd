//! Event streams: replay, live, gap, and their end with the session (INTERFACES §3; VERIFY 5.1, 3).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod http_node;

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_node::socket::Frame;
use http_node::{Node, fresh, request};
use serde_json::{Value, json};
use tidings_node::identity::{ACCESS_SECONDS, AccessKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Alice's and Bob's tokens, once they are contacts.
async fn friends(node: &Node) -> (String, String) {
    let (alice, bob) = (node.sign_up("alice").await.token(), node.sign_up("bob").await.token());
    node.befriend(&alice, &bob).await;
    for token in [&alice, &bob] {
        node.until("/contacts", token, |page| page["items"][0]["state"] == "accepted").await;
    }
    (alice, bob)
}

async fn say(node: &Node, token: &str, text: &str) {
    let sent = node.post("/chat/send", token, json!({"to": "bob", "text": text})).await;
    assert_eq!(sent.status, 201, "{sent:?}");
}

// REQ-HTTP-6
#[tokio::test]
async fn a_message_comes_live_and_again_after_its_cursor() {
    let (_folder, node) = fresh().await;
    let (alice, bob) = friends(&node).await;
    let mut socket = node.socket_with("/events", &bob).await;
    let ready = socket.event("node.ready").await;
    assert_eq!((&ready["v"], &ready["payload"]["peerId"]), (&json!(1), &json!(node.peer_id)));
    say(&node, &alice, "one").await;
    let one = socket.event("message.new").await;
    assert_eq!((&one["payload"]["text"], &one["payload"]["self"]), (&json!("one"), &json!(false)));
    assert!(one.get("self").is_none());
    drop(socket);
    say(&node, &alice, "two").await;
    let mut again = node.socket_with(&format!("/events?since={}", one["cursor"].as_str().unwrap()), &bob).await;
    assert_eq!(again.event("message.new").await["payload"]["text"], "two");
    let mut all = node.socket_with("/events?since=0", &bob).await;
    assert_eq!(all.event("message.new").await["payload"]["text"], "one");
    assert_eq!(all.event("message.new").await["payload"]["text"], "two");
}

#[tokio::test]
async fn ones_own_messages_are_marked_and_their_states_follow() {
    let (_folder, node) = fresh().await;
    let (alice, _) = friends(&node).await;
    let mut socket = node.socket_with("/events", &alice).await;
    say(&node, &alice, "one").await;
    let new = socket.event("message.new").await;
    assert_eq!((&new["self"], &new["payload"]["self"]), (&json!(true), &json!(true)));
    loop {
        let state = socket.event("message.state").await;
        assert_eq!(state["payload"]["id"], new["payload"]["id"]);
        if state["payload"]["state"] == "delivered" {
            break;
        }
    }
}

#[tokio::test]
async fn only_the_types_asked_for_come() {
    let (_folder, node) = fresh().await;
    let (alice, bob) = friends(&node).await;
    let mut socket = node.socket_with("/events?since=0&types=message.new", &bob).await;
    say(&node, &alice, "one").await;
    assert!(matches!(socket.next().await, Frame::Event(event) if event["type"] == "node.ready"));
    assert!(matches!(socket.next().await, Frame::Event(event) if event["type"] == "message.new"));
}

// REQ-HTTP-6
#[tokio::test]
async fn a_cursor_that_is_gone_or_of_another_history_yields_a_gap_first() {
    let (_folder, node) = fresh().await;
    let (alice, bob) = friends(&node).await;
    say(&node, &alice, "one").await;
    let mut socket = node.socket_with("/events?since=999999", &bob).await;
    let Frame::Event(first) = socket.next().await else { panic!("no event") };
    assert_eq!((&first["type"], &first["payload"]["oldest"]), (&json!("gap"), &json!("1")));
    assert_eq!(socket.event("message.new").await["payload"]["text"], "one", "what is kept follows");
    assert_eq!(node.socket("/events?since=x", &[("Authorization", &format!("Bearer {bob}"))]).await.err(), Some(422));
}

#[tokio::test]
async fn who_has_no_session_hears_nothing() {
    let (_folder, node) = fresh().await;
    let token = node.sign_up("alice").await.token();
    for (path, headers) in [
        ("/events".to_owned(), vec![]),
        (format!("/events?token={token}"), vec![]),
        (format!("/events?access_token={token}"), vec![]),
        ("/events".to_owned(), vec![("Authorization", "Bearer x")]),
        ("/events".to_owned(), vec![("Sec-WebSocket-Protocol", token.as_str())]),
    ] {
        assert_eq!(node.socket(&path, &headers).await.err(), Some(401), "{path} {headers:?}");
    }
}

#[tokio::test]
async fn logout_closes_the_socket_within_five_seconds() {
    let (_folder, node) = fresh().await;
    let token = node.sign_up("alice").await.token();
    let mut socket = node.socket_with("/events", &token).await;
    socket.event("node.ready").await;
    assert_eq!(node.post("/auth/logout", &token, json!({})).await.status, 204);
    let begun = Instant::now();
    assert_eq!(socket.closed().await, 4401);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn locking_closes_the_socket_and_a_locked_account_gets_none() {
    let (_folder, node) = fresh().await;
    let token = node.sign_up("alice").await.token();
    let mut socket = node.socket_with("/events", &token).await;
    socket.event("node.ready").await;
    assert_eq!(node.post("/me/lock", &token, json!({})).await.status, 204);
    assert_eq!(socket.closed().await, 4423);
    assert_eq!(node.socket("/events", &[("Authorization", &format!("Bearer {token}"))]).await.err(), Some(423));
}

#[tokio::test]
async fn stopping_the_node_closes_the_sockets() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let node = Node::open(&data).await;
    let token = node.sign_up("alice").await.token();
    let mut socket = node.socket_with("/events", &token).await;
    socket.event("node.ready").await;
    let begun = Instant::now();
    node.close(&data).await;
    assert_eq!(socket.closed().await, 1001);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn the_same_events_come_as_lines() {
    let (_folder, node) = fresh().await;
    let (alice, bob) = friends(&node).await;
    let bearer = format!("Bearer {bob}");
    let headers = [("Authorization", bearer.as_str()), ("Accept", "text/event-stream")];
    let mut stream = TcpStream::connect(("127.0.0.1", node.port)).await.unwrap();
    stream.write_all(&request("GET", "/events", &node.host(), &headers, b"")).await.unwrap();
    say(&node, &alice, "one").await;
    let mut text = String::new();
    let found: Value = loop {
        let mut piece = vec![0; 4096];
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut piece)).await.unwrap().unwrap();
        text.push_str(&String::from_utf8_lossy(&piece[..read]));
        let line =
            text.lines().filter_map(|line| line.strip_prefix("data: ")).find(|line| line.contains("message.new"));
        if let Some(event) = line.and_then(|line| serde_json::from_str(line).ok()) {
            break event;
        }
    };
    assert!(text.contains("content-type: text/event-stream"));
    assert_eq!(found["payload"]["text"], "one");
}

#[tokio::test]
async fn a_token_that_runs_out_closes_the_socket_within_five_seconds() {
    let (_folder, node) = fresh().await;
    let made = node.sign_up("alice").await;
    let (token, id) = (made.token(), made.json()["account"]["id"].as_str().unwrap().to_owned());
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let key = AccessKey::new(&node.token_seed.into(), node.peer_id.clone());
    let short = key.issue(&id, claims["sid"].as_str().unwrap(), claims["iat"].as_u64().unwrap() + 3 - ACCESS_SECONDS);
    let mut socket = node.socket_with("/events", &short).await;
    let begun = Instant::now();
    assert_eq!(socket.closed().await, 4401);
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert_eq!(node.get("/me", &token).await.status, 200, "the session itself goes on");
}

#[tokio::test]
async fn a_quiet_socket_shows_that_it_lives() {
    let (_folder, node) = fresh().await;
    let token = node.sign_up("alice").await.token();
    let mut socket = node.socket_with("/events", &token).await;
    socket.event("node.ready").await;
    assert_eq!(socket.next().await, Frame::Ping, "a sign of life every 15 s");
}

#[tokio::test]
async fn a_client_that_floods_the_socket_is_put_out() {
    let (_folder, node) = fresh().await;
    let token = node.sign_up("alice").await.token();
    let mut socket = node.socket_with("/events", &token).await;
    socket.event("node.ready").await;
    socket.flood(1_000).await;
    assert_eq!(socket.closed().await, 1008);
    let mut again = node.socket_with("/events", &token).await;
    again.event("node.ready").await;
    again.announce(1 << 40).await;
    assert!(matches!(again.closed().await, 0 | 1009), "a frame of a terabyte is not waited for");
}
