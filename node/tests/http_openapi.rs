//! The OpenAPI document: kept beside the web interface, and every route in it closed to strangers (VERIFY 5.1, 1).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod http_node;

use http_node::fresh;
use serde_json::Value;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// All operations: method, path with its parameters filled, and the operation.
fn operations() -> Vec<(String, String, Value)> {
    let document = serde_json::to_value(tidings_node::http::document()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let filled: String =
            path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/");
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                all.push((method.to_uppercase(), filled.clone(), operation.clone()));
            }
        }
    }
    all
}

/// `security(())` in a handler's annotation is `[{}]` in the document.
fn is_open(operation: &Value) -> bool {
    operation["security"].as_array().is_some_and(|all| all.iter().any(|one| one.as_object().unwrap().is_empty()))
}

#[test]
fn the_document_beside_the_web_interface_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/ui/openapi.json");
    let generated = format!("{}\n", serde_json::to_string_pretty(&tidings_node::http::document()).unwrap());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &generated).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == generated,
        "web/ui/openapi.json is not what the code generates: run this test with UPDATE_OPENAPI=1"
    );
}

#[tokio::test]
async fn every_route_of_the_document_is_closed_without_a_token() {
    let (_folder, node) = fresh().await;
    let made = node.sign_up("alice").await;
    let (mut closed, mut open) = (0, 0);
    for (method, path, operation) in operations() {
        if is_open(&operation) {
            open += 1;
            continue;
        }
        closed += 1;
        for headers in [
            vec![],
            vec![("Authorization", "Bearer x.y.z")],
            vec![("Authorization", "Basic YTpi")],
            vec![("Cookie", "tidings_session=AAAA")],
        ] {
            let answer = node.send(&method, &path, &headers, b"").await;
            assert!(matches!(answer.status, 401 | 403), "{method} {path} with {headers:?}: {answer:?}");
            answer.code();
            assert!(!answer.body.contains(made.json()["account"]["id"].as_str().unwrap()));
        }
    }
    assert_eq!(open, 5, "signup, login, healthz, readyz, version: a further open route is a decision");
    assert!(closed >= 20, "{closed}");
}

#[tokio::test]
async fn every_route_of_the_document_exists_and_an_ended_session_opens_none() {
    let (_folder, node) = fresh().await;
    let token = node.sign_up("alice").await.token();
    assert_eq!(node.post("/auth/logout", &token, serde_json::json!({})).await.status, 204);
    for (method, path, operation) in operations() {
        let answer = node.send(&method, &path, &[("Authorization", &format!("Bearer {token}"))], b"").await;
        assert!(answer.status != 404 && answer.status != 405, "{method} {path}: {answer:?}");
        assert!(is_open(&operation) || answer.status == 401, "{method} {path}: {answer:?}");
    }
}

// REQ-HTTP-1
#[tokio::test]
async fn no_route_answers_junk_with_a_fault_of_the_server() {
    let (_folder, node) = fresh().await;
    let token = node.sign_up("alice").await.token();
    let bearer = format!("Bearer {token}");
    for (method, path, _) in operations() {
        if path == "/auth/logout" || path == "/me/lock" {
            continue;
        }
        for body in
            ["", "{}", "[]", "null", "{\"x\":1}", "\"\"", "{\"password\":\"\"}", "{\"name\":\"\",\"members\":[\"\"]}"]
        {
            let headers = [
                ("Authorization", bearer.as_str()),
                ("Content-Type", "application/json"),
                ("Accept", "application/json"),
            ];
            let answer =
                node.send(&method, &format!("{path}?before=zz&after=zz&since=zz"), &headers, body.as_bytes()).await;
            assert!((200..500).contains(&answer.status), "{method} {path} {body}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn the_document_is_served_and_readable() {
    let (_folder, node) = fresh().await;
    let served = node.send("GET", "/openapi.json", &[], b"").await.json();
    assert_eq!(served, serde_json::to_value(tidings_node::http::document()).unwrap());
    assert!(served["openapi"].as_str().unwrap().starts_with("3.1"));
    let docs = node.send("GET", "/docs", &[], b"").await;
    assert!(docs.body.contains("POST /chat/send") && !docs.body.contains("<script"));
}
