//! What is refused at the door: hosts, origins, CSRF, bodies, sizes, methods (VERIFY 5.1: 3–6, 15, 18).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod http_node;

use http_node::{Answer, PASSWORD, fresh};
use serde_json::json;

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn is(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{answer:?}");
}

// REQ-HTTP-2
#[tokio::test]
async fn another_host_is_refused_and_told_which_setting_to_change() {
    let (_folder, node) = fresh().await;
    let port = node.port;
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("localhost.evil:{port}"),
        format!("0.0.0.0:{port}"),
        "localhost".to_owned(),
        format!("localhost:{}", port - 1),
    ] {
        for path in ["/version", "/", "/app/x", "/nothing", "/events"] {
            let answer = node.send("GET", path, &[("Host", &host)], b"").await;
            is(&answer, 421, "WRONG_HOST");
            assert!(answer.json()["fix"].as_str().unwrap().contains("allowed_hosts"));
        }
    }
    for host in [format!("localhost:{port}"), format!("[::1]:{port}")] {
        assert_eq!(node.send("GET", "/version", &[("Host", &host)], b"").await.status, 200, "{host}");
    }
}

// REQ-HTTP-2
#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let (_folder, node) = fresh().await;
    let token = node.sign_up("alice").await.token();
    let bearer = format!("Bearer {token}");
    let login = json!({"login": "alice", "password": PASSWORD}).to_string();
    let same = format!("http://{}", node.host());
    for origin in [
        "http://evil.example",
        "null",
        "",
        "http://127.0.0.1",
        &format!("{same}.evil.example"),
        &format!("https://{}", node.host()),
        &format!("http://localhost:{}", node.port),
    ] {
        is(&node.send("POST", "/auth/login", &[("Origin", origin), JSON], login.as_bytes()).await, 403, "WRONG_ORIGIN");
        is(
            &node.send("POST", "/me/lock", &[("Origin", origin), ("Authorization", &bearer)], b"").await,
            403,
            "WRONG_ORIGIN",
        );
        assert_eq!(
            node.socket("/events", &[("Origin", origin), ("Authorization", &bearer)]).await.err(),
            Some(403),
            "{origin:?}"
        );
    }
    let twice = [("Origin", same.as_str()), ("Origin", "http://evil.example"), JSON];
    is(&node.send("POST", "/auth/login", &twice, login.as_bytes()).await, 403, "WRONG_ORIGIN");
    assert_eq!(node.send("POST", "/auth/login", &[("Origin", &same), JSON], login.as_bytes()).await.status, 200);
    assert_eq!(node.send("POST", "/auth/login", &[JSON], login.as_bytes()).await.status, 200, "a script has no Origin");
}

// REQ-HTTP-2
#[tokio::test]
async fn the_cookie_alone_changes_nothing() {
    let (_folder, node) = fresh().await;
    let made = node.sign_up("alice").await;
    let bob = node.sign_up("bob").await;
    let (cookie, csrf, origin) = (made.cookie(), made.csrf(), format!("http://{}", node.host()));
    let invite = json!({"kind": "contact"}).to_string();
    let post = |headers: Vec<(&'static str, String)>| {
        let (node, invite, cookie) = (&node, invite.clone(), cookie.clone());
        async move {
            let mut all = vec![JSON, ("Cookie", cookie.as_str())];
            all.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
            node.send("POST", "/invites", &all, invite.as_bytes()).await
        }
    };
    is(&post(vec![]).await, 403, "CSRF");
    is(&post(vec![("Origin", origin.clone())]).await, 403, "CSRF");
    is(&post(vec![("Origin", origin.clone()), ("X-CSRF-Token", bob.csrf())]).await, 403, "CSRF");
    is(&post(vec![("Origin", origin.clone()), ("X-CSRF-Token", String::new())]).await, 403, "CSRF");
    is(
        &post(vec![("Origin", "http://evil.example".into()), ("X-CSRF-Token", csrf.clone())]).await,
        403,
        "WRONG_ORIGIN",
    );
    assert_eq!(post(vec![("Origin", origin.clone()), ("X-CSRF-Token", csrf)]).await.status, 201);
    assert_eq!(
        node.send("GET", "/chats", &[("Cookie", &cookie)], b"").await.status,
        200,
        "reading needs no CSRF token"
    );
    is(&node.send("POST", "/auth/refresh", &[("Cookie", &cookie)], b"").await, 403, "CSRF");
    is(&node.send("POST", "/auth/refresh", &[], b"").await, 401, "UNAUTHENTICATED");
    assert_eq!(
        node.socket("/events", &[("Cookie", &cookie)]).await.err(),
        Some(403),
        "a socket with the cookie needs an Origin"
    );
    assert!(node.socket("/events", &[("Cookie", &cookie), ("Origin", &origin)]).await.is_ok());
}

#[tokio::test]
async fn a_form_is_not_json() {
    let (_folder, node) = fresh().await;
    node.sign_up("alice").await;
    let login = json!({"login": "alice", "password": PASSWORD}).to_string();
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx"]
    {
        is(
            &node.send("POST", "/auth/login", &[("Content-Type", kind)], login.as_bytes()).await,
            415,
            "WRONG_CONTENT_TYPE",
        );
    }
    is(&node.send("POST", "/auth/login", &[], login.as_bytes()).await, 415, "WRONG_CONTENT_TYPE");
    assert_eq!(
        node.send("POST", "/auth/login", &[("Content-Type", "Application/JSON; charset=utf-8")], login.as_bytes())
            .await
            .status,
        200
    );
}

// REQ-HTTP-7
#[tokio::test]
async fn bad_bodies_are_told_apart() {
    let (_folder, node) = fresh().await;
    let token = node.sign_up("alice").await.token();
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), JSON];
    for body in ["{", "", "nonsense", "{\"to\":\"bob\",}", "\u{1}"] {
        is(&node.send("POST", "/chat/send", &headers, body.as_bytes()).await, 400, "MALFORMED");
    }
    is(&node.send("POST", "/chat/send", &headers, b"{\"to\":\"\xff\"}").await, 400, "MALFORMED");
    for body in [
        json!({"to": "bob", "text": "x", "extra": 1}),
        json!({"to": "bob"}),
        json!({"to": 7, "text": "x"}),
        json!([]),
        json!({"to": "b", "text": ""}),
        json!({"to": "b", "text": "x", "id": "7"}),
    ] {
        is(&node.send("POST", "/chat/send", &headers, body.to_string().as_bytes()).await, 422, "VALIDATION");
    }
    is(&node.get("/chats?limit=-1", &token).await, 422, "VALIDATION");
    is(&node.get("/chats?colour=red", &token).await, 422, "VALIDATION");
    is(&node.get("/chat/%ff", &token).await, 400, "MALFORMED");
}

// REQ-HTTP-7
#[tokio::test]
async fn what_is_too_large_is_413_whoever_sends_it() {
    let (_folder, node) = fresh().await;
    let token = node.sign_up("alice").await.token();
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), JSON];
    let two_mebibytes = json!({"to": "bob", "text": "x".repeat(2 << 20)}).to_string();
    is(&node.send("POST", "/chat/send", &headers, two_mebibytes.as_bytes()).await, 413, "TOO_LARGE");
    is(&node.send("POST", "/auth/login", &[JSON], two_mebibytes.as_bytes()).await, 413, "TOO_LARGE");
    let long = |length: usize| json!({"to": "nobody", "text": "x".repeat(length)});
    is(&node.post("/chat/send", &token, long(64 * 1024 + 1)).await, 413, "TOO_LARGE");
    is(&node.post("/chat/send", &token, long(64 * 1024)).await, 404, "NOT_FOUND");
    let umlauts = json!({"to": "nobody", "text": "ä".repeat(32 * 1024 + 1)});
    is(&node.post("/chat/send", &token, umlauts).await, 413, "TOO_LARGE");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_too() {
    let (_folder, node) = fresh().await;
    for path in [
        "/nothing",
        "/chats/x/y",
        "/auth",
        "/admin/users",
        "/app/assets/missing.js",
        "/app/../../etc/passwd",
        "/app/%2e%2e/%2e%2e/etc/passwd",
    ] {
        is(&node.send("GET", path, &[], b"").await, 404, "NOT_FOUND");
    }
    for (method, path) in
        [("DELETE", "/chats"), ("GET", "/auth/login"), ("PUT", "/me"), ("OPTIONS", "/chats"), ("POST", "/version")]
    {
        let answer = node.send(method, path, &[], b"").await;
        is(&answer, 405, "METHOD_NOT_ALLOWED");
        assert!(answer.header("allow").is_some(), "{answer:?}");
    }
}

#[tokio::test]
async fn every_answer_is_closed_to_other_sites() {
    let (_folder, node) = fresh().await;
    let evil = [
        ("Origin", "http://evil.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Private-Network", "true"),
    ];
    for (method, path) in [
        ("GET", "/version"),
        ("GET", "/"),
        ("GET", "/i"),
        ("GET", "/app/chats"),
        ("GET", "/nothing"),
        ("OPTIONS", "/auth/login"),
        ("GET", "/docs"),
    ] {
        let answer = node.send(method, path, &evil, b"").await;
        assert!(!answer.head.to_lowercase().contains("access-control-"), "{answer:?}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name).as_deref(), Some(value), "{method} {path}");
        }
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.contains("default-src 'none'")
                && policy.contains("frame-ancestors 'none'")
                && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(answer.header("permissions-policy").unwrap().contains("camera=(self)"));
    }
    assert_eq!(node.send("GET", "/version", &[], b"").await.header("cache-control").as_deref(), Some("no-store"));
    assert_eq!(
        node.send("GET", "/app/chats", &[], b"").await.header("content-type").as_deref(),
        Some("text/html; charset=utf-8")
    );
}

#[tokio::test]
async fn a_guess_at_a_name_tells_nothing_about_who_is_here() {
    let (_folder, node) = fresh().await;
    let alice = node.sign_up("alice").await;
    let bob = node.sign_up("bob").await;
    let (id, nobody) = (
        bob.json()["account"]["id"].as_str().unwrap().to_owned(),
        tidings_crypto::id::AccountId::from_bytes([7; 32]).to_string(),
    );
    let (known, unknown) = (
        node.get(&format!("/chat/{id}"), &alice.token()).await,
        node.get(&format!("/chat/{nobody}"), &alice.token()).await,
    );
    is(&known, 404, "NOT_FOUND");
    assert_eq!(known.body, unknown.body, "an account of this node that is no contact looks like none");
    let by_handle = |name: &'static str| node.post("/contacts", "", json!({"handle": name}));
    assert_eq!(by_handle("bob").await.body, by_handle("nobody").await.body);
}
