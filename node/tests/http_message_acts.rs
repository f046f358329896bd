//! What can be done to messages and conversations over HTTP, between two people of one node.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod http_node;

use http_node::socket::Frame;
use http_node::{Answer, Node, fresh};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Two {
    _folder: TempDir,
    node: Node,
    alice: String,
    alice_id: String,
    bob: String,
    bob_id: String,
    chat: String,
}

/// Alice and Bob, contacts of each other.
async fn two() -> Two {
    let (folder, node) = fresh().await;
    let (alice, bob) = (node.sign_up("alice").await, node.sign_up("bob").await);
    let id = |answer: &Answer| answer.json()["account"]["id"].as_str().unwrap().to_owned();
    let (alice_id, bob_id) = (id(&alice), id(&bob));
    let (alice, bob) = (alice.token(), bob.token());
    node.befriend(&alice, &bob).await;
    for token in [&alice, &bob] {
        node.until("/contacts", token, |page| page["items"][0]["state"] == "accepted").await;
    }
    let contacts = node.get("/contacts", &alice).await.json();
    let chat = contacts["items"][0]["conversation"].as_str().unwrap().to_owned();
    Two { _folder: folder, node, alice, alice_id, bob, bob_id, chat }
}

impl Two {
    /// Alice writes to bob; returns the message's id once he has it.
    async fn write(&self, text: &str) -> String {
        let sent = self.node.post("/chat/send", &self.alice, json!({"to": "bob", "text": text})).await;
        assert_eq!(sent.status, 201, "{sent:?}");
        let id = sent.json()["id"].as_str().unwrap().to_owned();
        self.seen_by_bob(&id, |message| message["text"] == text).await;
        id
    }

    async fn seen_by_bob(&self, id: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let is = |page: &Value| page["items"].as_array().unwrap().iter().any(|one| one["id"] == id && holds(one));
        let page = self.node.until(&format!("/chat/{}", self.alice_id), &self.bob, is).await;
        page["items"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone()
    }

    async fn put(&self, path: &str, token: &str, body: Value) -> u16 {
        ask(&self.node, "PUT", path, token, Some(body)).await.status
    }
}

async fn ask(node: &Node, method: &str, path: &str, token: &str, body: Option<Value>) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    node.send(method, path, &headers, body.as_bytes()).await
}

// REQ-MSG-2
#[tokio::test]
async fn an_own_message_is_edited_reacted_to_answered_and_taken_back() {
    let two = two().await;
    let (node, alice, bob) = (&two.node, &two.alice, &two.bob);
    let id = two.write("helo").await;
    let path = format!("/messages/{id}");
    let edited = ask(node, "PATCH", &path, alice, Some(json!({"text": "hello"}))).await;
    assert_eq!((edited.status, &edited.json()["text"]), (200, &json!("hello")));
    let shown = two.seen_by_bob(&id, |message| message["text"] == "hello").await;
    assert!(shown["editedAt"].is_string());
    assert_eq!(ask(node, "PATCH", &path, bob, Some(json!({"text": "no"}))).await.status, 403);
    assert_eq!(ask(node, "PATCH", &path, alice, Some(json!({"text": ""}))).await.status, 422);
    assert_eq!(ask(node, "PUT", &format!("{path}/reactions/%F0%9F%91%8D"), bob, None).await.status, 204);
    assert_eq!(ask(node, "PUT", &format!("{path}/reactions/a%20b"), bob, None).await.status, 422);
    let shown =
        node.until(&path, alice, |message| message["reactions"].as_array().is_some_and(|all| !all.is_empty())).await;
    assert_eq!(shown["reactions"], json!([{"emoji": "👍", "accounts": [two.bob_id]}]));
    let answer = node.post("/chat/send", bob, json!({"to": "alice", "text": "hi", "replyTo": id})).await.json();
    assert_eq!((&answer["replyTo"], &answer["quoted"]["text"]), (&json!(id), &json!("hello")));
    assert_eq!(node.delete(&path, bob).await.status, 403);
    assert_eq!(node.delete(&path, alice).await.status, 204);
    let shown = two.seen_by_bob(&id, |message| message["deleted"] == true).await;
    assert_eq!((&shown["text"], &shown["reactions"]), (&json!(""), &json!([])));
    for unknown in ["/messages/f81d4fae-7dec-41d0-a765-00a0c91e6bf6", "/messages/nonsense"] {
        assert_eq!(node.get(unknown, alice).await.status, 404);
        assert_eq!(node.delete(unknown, alice).await.status, 404);
    }
}

// REQ-MSG-6, REQ-MSG-7
#[tokio::test]
async fn reading_moves_the_count_and_the_state_unless_it_is_switched_off() {
    let two = two().await;
    let (node, alice, bob) = (&two.node, &two.alice, &two.bob);
    let (first, second) = (two.write("one").await, two.write("two").await);
    let unread = |page: &Value| page["items"][0]["unread"].clone();
    assert_eq!(unread(&node.get("/chats", bob).await.json()), json!(2));
    let read = format!("/chats/{}/read", two.chat);
    assert_eq!(node.post(&read, bob, json!({"upTo": first})).await.status, 204);
    assert_eq!(unread(&node.get("/chats", bob).await.json()), json!(1));
    node.until(&format!("/messages/{first}"), alice, |message| message["state"] == "read").await;
    assert_eq!(node.get(&format!("/messages/{second}"), alice).await.json()["state"], "delivered");
    assert_eq!(ask(node, "PATCH", "/me/settings", bob, Some(json!({"readReceipts": false}))).await.status, 204);
    assert_eq!(node.get("/me/settings", bob).await.json(), json!({"readReceipts": false, "typingIndicators": false}));
    assert_eq!(node.post(&read, bob, json!({})).await.status, 204);
    assert_eq!(unread(&node.get("/chats", bob).await.json()), json!(0));
    let third = two.write("three").await;
    node.until(&format!("/messages/{third}"), alice, |message| message["state"] == "delivered").await;
    assert_eq!(node.get(&format!("/messages/{second}"), alice).await.json()["state"], "delivered");
}

// REQ-EPH-8
#[tokio::test]
async fn typing_comes_live_marked_as_transient_and_is_never_replayed() {
    let two = two().await;
    let (node, alice, bob) = (&two.node, &two.alice, &two.bob);
    let (typing, here) = (format!("/chats/{}/typing", two.chat), format!("/chats/{}/typing-indicators", two.chat));
    assert_eq!(node.get("/me/settings", bob).await.json()["typingIndicators"], json!(false), "until it is wanted");
    assert_eq!(ask(node, "PATCH", "/me/settings", bob, Some(json!({"typingIndicators": true}))).await.status, 204);
    let settings = json!({"readReceipts": true, "typingIndicators": true});
    assert_eq!(node.get("/me/settings", bob).await.json(), settings);
    assert_eq!(two.put(&here, alice, json!({"shown": true})).await, 204);
    assert_eq!(node.get("/chats", alice).await.json()["items"][0]["typingIndicators"], json!(true));
    let mut socket = node.socket_with("/events", bob).await;
    let ready = socket.event("node.ready").await;
    assert_eq!(two.put(&typing, alice, json!({"typing": true})).await, 204);
    let event = socket.event("typing").await;
    let payload = json!({"conversation": two.chat, "account": two.alice_id, "typing": true});
    assert_eq!((&event["payload"], &event["conversation"]), (&payload, &json!(two.chat)));
    assert_eq!((&event["transient"], &event["cursor"]), (&json!(true), &ready["cursor"]), "it has no place of its own");
    assert!(ready.get("self").is_none() && event.get("self").is_none());
    assert_eq!(two.put(&typing, alice, json!({"typing": false})).await, 204);
    assert_eq!(socket.event("typing").await["payload"]["typing"], json!(false));
    two.write("done").await;
    assert_eq!(socket.event("message.new").await.get("transient"), None);
    let mut all = node.socket_with("/events?since=0&types=typing,message.new", bob).await;
    all.event("node.ready").await;
    assert!(matches!(all.next().await, Frame::Event(event) if event["type"] == "message.new"));
    assert_eq!(two.put(&typing, alice, json!({"typing": 1})).await, 422);
    assert_eq!(two.put("/chats/cnv1nonsense/typing", alice, json!({"typing": true})).await, 404);
}

#[tokio::test]
async fn draft_mute_archive_and_timer_stand_in_the_list() {
    let two = two().await;
    let (node, alice, bob) = (&two.node, &two.alice, &two.bob);
    let path = |what: &str| format!("/chats/{}/{what}", two.chat);
    assert_eq!(two.put(&path("draft"), alice, json!({"text": "dear bob"})).await, 204);
    assert_eq!(two.put(&path("mute"), alice, json!({"muted": true})).await, 204);
    assert_eq!(two.put(&path("archive"), alice, json!({"archived": true})).await, 204);
    assert_eq!(two.put(&path("timer"), alice, json!({"seconds": 3600})).await, 204);
    assert_eq!(two.put(&path("timer"), alice, json!({"seconds": 366 * 86_400})).await, 422);
    let chat = node.get("/chats", alice).await.json()["items"][0].clone();
    assert_eq!(
        (&chat["draft"], &chat["archived"], &chat["timerSeconds"]),
        (&json!("dear bob"), &json!(true), &json!(3600))
    );
    assert!(chat["mutedUntil"].as_str().unwrap().starts_with("9999"));
    // The timer is for both, the rest is one's own.
    let other = node.until("/chats", bob, |page| page["items"][0]["timerSeconds"] == 3600).await["items"][0].clone();
    assert_eq!((&other["draft"], &other["archived"], other.get("mutedUntil")), (&json!(null), &json!(false), None));
    let id = two.write("soon gone").await;
    assert!(node.get(&format!("/messages/{id}"), bob).await.json()["expiresAt"].is_string());
    assert_eq!(two.put("/chats/nonsense/draft", alice, json!({"text": ""})).await, 404);
}

// REQ-MSG-5, REQ-MSG-9
#[tokio::test]
async fn a_message_to_somebody_who_is_locked_says_so_and_can_no_longer_be_given_up() {
    let two = two().await;
    let (node, alice) = (&two.node, &two.alice);
    assert_eq!(node.post("/me/lock", &two.bob, json!({})).await.status, 204);
    let sent = node.post("/chat/send", alice, json!({"to": "bob", "text": "are you there?"})).await.json();
    assert_eq!(sent["state"], "sent");
    assert!(sent["reason"].as_str().unwrap().contains("locked"), "{sent}");
    assert_eq!(sent["states"][0]["reason"], sent["reason"]);
    let path = format!("/messages/{}", sent["id"].as_str().unwrap());
    assert_eq!(node.post(&format!("{path}/retry"), alice, json!({})).await.status, 200);
    assert_eq!(node.post(&format!("{path}/cancel"), alice, json!({})).await.status, 409);
}
