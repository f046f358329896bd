//! The Unix socket in the data folder: the node's own user needs no token and names the account.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod http_node;

use http_node::{PASSWORD, Setup, fresh_with, send_locally};
use serde_json::json;

const JSON: (&str, &str) = ("Content-Type", "application/json");

// REQ-HTTP-8
#[tokio::test]
async fn the_nodes_own_user_needs_no_token() {
    let (folder, node) =
        fresh_with(Setup { registration: tidings_node::identity::Registration::Open, ..Setup::default() }).await;
    let socket = folder.path().join("data/api.sock");
    let ask = |path: &'static str, account: Option<&'static str>| {
        let socket = socket.clone();
        async move {
            let headers: Vec<(&str, &str)> = account.map(|name| ("Tidings-Account", name)).into_iter().collect();
            send_locally(&socket, "GET", path, &headers, b"").await
        }
    };
    assert_eq!(ask("/status", None).await.json()["accounts"], 0, "a node without an account has a status");
    assert_eq!(ask("/me", None).await.code(), "UNAUTHENTICATED");
    let made = send_locally(
        &socket,
        "POST",
        "/auth/signup",
        &[JSON],
        json!({"name": "alice", "password": PASSWORD}).to_string().as_bytes(),
    )
    .await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(ask("/me", None).await.json()["account"]["name"], "alice", "the only account");
    node.sign_up("bob").await;
    let ambiguous = ask("/me", None).await;
    assert_eq!((ambiguous.status, ambiguous.code()), (409, "AMBIGUOUS".to_owned()));
    assert_eq!(ambiguous.json()["candidates"].as_array().unwrap().len(), 2);
    assert_eq!(ask("/me", Some("Bob")).await.json()["account"]["name"], "bob");
    assert_eq!(ask("/me", Some("carol")).await.code(), "NOT_FOUND");
    assert_eq!(ask("/chats", Some("bob")).await.status, 200);
    assert_eq!(send_locally(&socket, "POST", "/me/lock", &[("Tidings-Account", "bob")], b"").await.status, 204);
    assert_eq!(ask("/chats", Some("bob")).await.code(), "LOCKED");
    assert_eq!(ask("/status", None).await.json()["unlocked"], 1);
}

#[tokio::test]
async fn over_tcp_the_account_header_is_worth_nothing() {
    let (_folder, node) = fresh_with(Setup::default()).await;
    node.sign_up("alice").await;
    assert_eq!(node.send("GET", "/me", &[("Tidings-Account", "alice")], b"").await.status, 401);
    assert_eq!(node.send("GET", "/status", &[("Tidings-Account", "alice")], b"").await.status, 401);
}
