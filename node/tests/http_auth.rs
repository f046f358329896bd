//! Sign-up, login, sessions, tokens (VERIFY 5.1: 1, 10, 13, 14).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod http_node;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_node::{Node, PASSWORD, Setup, fresh, fresh_with};
use serde_json::json;
use tidings_node::http::HttpSettings;
use tidings_node::identity::{AccessKey, Registration};

#[tokio::test]
async fn a_new_account_gets_a_session_and_its_recovery_key_once() {
    let (_folder, node) = fresh().await;
    let made = node
        .post(
            "/auth/signup",
            "",
            json!({"name": "Alice", "password": PASSWORD, "displayName": "Alice A.", "email": "a@example.org"}),
        )
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let body = made.json();
    assert_eq!(body["account"]["name"], "alice");
    assert_eq!(body["account"]["displayName"], "Alice A.");
    assert_eq!(body["account"]["handle"], format!("alice@{}", node.peer_id));
    assert!(body["account"]["id"].as_str().unwrap().starts_with("acc1"));
    assert_eq!(body["recoveryKey"].as_str().unwrap().split(' ').count(), 24);
    let cookie = made.header("set-cookie").unwrap();
    for part in ["tidings_session=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let me = node.get("/me", &made.token()).await.json();
    assert_eq!((me["account"]["id"].clone(), me["locked"].clone()), (body["account"]["id"].clone(), json!(false)));
    for login in ["alice", "ALICE ", "a@example.org", &format!("alice@{}", node.peer_id)] {
        let answer = node.log_in(login, PASSWORD).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.json().get("recoveryKey").is_none());
    }
}

// REQ-HTTP-4
#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_look_alike_and_cost_alike() {
    let (_folder, node) = fresh().await;
    node.sign_up("alice").await;
    let before = node.argon2_runs();
    let wrong = node.log_in("alice", "not her password").await;
    let between = node.argon2_runs();
    let unknown = node.log_in("mallory", "not her password").await;
    let by_mail = node.log_in("nobody@example.org", "not her password").await;
    let after = node.argon2_runs();
    assert_eq!((wrong.status, wrong.code()), (401, "WRONG_CREDENTIALS".to_owned()));
    assert_eq!((unknown.status, &unknown.body), (wrong.status, &wrong.body));
    assert_eq!((by_mail.status, &by_mail.body), (wrong.status, &wrong.body));
    assert_eq!((between - before, after - between), (1, 2), "one run for each try, whoever is asked for");
}

#[tokio::test]
async fn five_wrong_passwords_run_at_full_speed_then_guessing_is_slowed() {
    let (_folder, node) = fresh().await;
    node.sign_up("alice").await;
    for name in ["alice", "nobody"] {
        for _ in 0..6 {
            assert_eq!(node.log_in(name, "guess guess").await.status, 401);
        }
        let runs = node.argon2_runs();
        let slowed = node.log_in(name, PASSWORD).await;
        assert_eq!((slowed.status, slowed.code()), (429, "RATE_LIMITED".to_owned()), "{name}");
        assert!(slowed.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        assert_eq!(node.argon2_runs(), runs, "a try that is not looked at costs nothing");
    }
}

#[tokio::test]
async fn a_field_that_breaks_its_rule_is_named() {
    let (_folder, node) = fresh().await;
    for (body, field) in [
        (json!({"name": "a", "password": PASSWORD}), "name"),
        (json!({"name": "al ice", "password": PASSWORD}), "name"),
        (json!({"name": "alice", "password": "short"}), "password"),
        (json!({"name": "alice", "password": PASSWORD, "email": "x\r\nBcc: y@z.a"}), "email"),
        (json!({"name": "alice", "password": PASSWORD, "displayName": "a\u{0}b"}), "displayName"),
        (json!({"name": "alice", "password": PASSWORD, "admin": true}), "admin"),
        (json!({"name": "alice"}), "password"),
    ] {
        let answer = node.post("/auth/signup", "", body.clone()).await;
        assert_eq!((answer.status, answer.code()), (422, "VALIDATION".to_owned()), "{body}");
        assert_eq!(answer.json()["fields"][0]["field"], field, "{body}");
    }
    node.sign_up("alice").await;
    let taken = node.post("/auth/signup", "", json!({"name": "ALICE", "password": PASSWORD})).await;
    assert_eq!((taken.status, taken.code()), (409, "TAKEN".to_owned()));
}

// REQ-HTTP-5
#[tokio::test]
async fn the_first_account_needs_no_invite_from_here_and_the_second_keeps_to_the_policy() {
    for (registration, code) in [
        (Registration::Invite, "INVITE_REQUIRED"),
        (Registration::Closed, "REGISTRATION_CLOSED"),
        (Registration::Approval, "REGISTRATION_CLOSED"),
    ] {
        let (_folder, node) = fresh_with(Setup { registration, ..Setup::default() }).await;
        assert_eq!(node.get("/version", "").await.json()["fresh"], true);
        node.sign_up("owner").await;
        assert_eq!(node.get("/version", "").await.json()["fresh"], false);
        let runs = node.argon2_runs();
        let refused = node.post("/auth/signup", "", json!({"name": "second", "password": PASSWORD})).await;
        assert_eq!((refused.status, refused.code()), (403, code.to_owned()));
        assert_eq!(node.argon2_runs(), runs, "who is not let in costs no work");
    }
}

#[tokio::test]
async fn behind_a_proxy_the_first_account_needs_the_setup_secret() {
    let (_folder, node) = fresh_with(Setup { setup_secret: Some("s3cr3t".into()), ..Setup::default() }).await;
    let headers = [("Content-Type", "application/json"), ("X-Forwarded-For", "203.0.113.9")];
    let try_with = |invite: Option<&str>| {
        json!({"name": "owner", "password": PASSWORD, "invite": invite}).to_string().into_bytes()
    };
    for invite in [None, Some("s3cr3"), Some("")] {
        let refused = node.send("POST", "/auth/signup", &headers, &try_with(invite)).await;
        assert_eq!((refused.status, refused.code()), (403, "REGISTRATION_CLOSED".to_owned()), "{invite:?}");
    }
    assert_eq!(node.send("POST", "/auth/signup", &headers, &try_with(Some("s3cr3t"))).await.status, 201);
}

#[tokio::test]
async fn an_account_invite_of_the_owner_lets_in_as_often_as_it_says() {
    let (_folder, node) = fresh_with(Setup::default()).await;
    let owner = node.sign_up("owner").await.token();
    let invite = node.post("/invites", &owner, json!({"kind": "account", "note": "for bob"})).await;
    assert_eq!(invite.status, 201, "{invite:?}");
    let link = invite.json()["link"].as_str().unwrap().to_owned();
    let sign_up = |name: &'static str, invite: String| {
        node.post("/auth/signup", "", json!({"name": name, "password": PASSWORD, "invite": invite}))
    };
    assert_eq!(sign_up("bob", "http://x/i#a1.AAAAAAAAAAAAAAAAAAAAAA".into()).await.code(), "INVITE_INVALID");
    assert_eq!(sign_up("owner", link.clone()).await.code(), "TAKEN", "and the invite is not used up by that");
    let bob = sign_up("bob", link.clone()).await;
    assert_eq!(bob.status, 201, "{bob:?}");
    assert_eq!(sign_up("carol", link).await.code(), "INVITE_USED");
    let by_bob = node.post("/invites", &bob.token(), json!({"kind": "account"})).await;
    assert_eq!((by_bob.status, by_bob.code()), (403, "FORBIDDEN".to_owned()));
    let second = node.post("/invites", &owner, json!({"kind": "account"})).await.json();
    assert_eq!(
        node.delete(&format!("/invites/{}", second["id"].as_str().unwrap()), &bob.token()).await.status,
        404,
        "not his to revoke"
    );
    assert_eq!(node.delete(&format!("/invites/{}", second["id"].as_str().unwrap()), &owner).await.status, 204);
    assert_eq!(sign_up("carol", second["link"].as_str().unwrap().into()).await.code(), "INVITE_INVALID");
}

// REQ-HTTP-3
#[tokio::test]
async fn a_token_that_is_not_ours_or_not_in_time_opens_nothing() {
    let (_folder, node) = fresh().await;
    let made = node.sign_up("alice").await;
    let (token, id) = (made.token(), made.json()["account"]["id"].as_str().unwrap().to_owned());
    let parts: Vec<&str> = token.split('.').collect();
    let claims: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let (session, issued) = (claims["sid"].as_str().unwrap(), claims["iat"].as_u64().unwrap());
    let ours = AccessKey::new(&node.token_seed.into(), node.peer_id.clone());
    assert_eq!(node.get("/me", &ours.issue(&id, session, issued)).await.status, 200, "the control");
    let header = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let bad = [
        String::new(),
        format!("{}.{}.", header(r#"{"alg":"none","typ":"JWT"}"#), parts[1]),
        format!("{}.{}.{}", header(r#"{"alg":"HS256","typ":"JWT"}"#), parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        AccessKey::new(&[7; 32].into(), node.peer_id.clone()).issue(&id, session, issued),
        AccessKey::new(&node.token_seed.into(), "12D3another".into()).issue(&id, session, issued),
        ours.issue(&id, session, issued - 901),
        ours.issue(&id, session, issued + 100_000),
        ours.issue(&id, "00000000000000000000000000000000", issued),
        ours.issue("acc1nonsense", session, issued),
        "x".repeat(60_000),
    ];
    for token in bad {
        let answer = node.get("/me", &token).await;
        assert!(answer.status == 401 || answer.status == 431, "{token} {answer:?}");
        if answer.status == 401 {
            assert_eq!(answer.code(), "UNAUTHENTICATED");
        }
    }
    let in_query = node.send("GET", &format!("/me?token={token}&access_token={token}"), &[], b"").await;
    assert_eq!(in_query.status, 401);
}

// REQ-HTTP-3
#[tokio::test]
async fn a_refresh_token_used_twice_ends_every_session_of_the_account() {
    let (_folder, node) = fresh().await;
    let first = node.sign_up("alice").await;
    let elsewhere = node.log_in("alice", PASSWORD).await;
    let other_person = node.sign_up("bob").await;
    let origin = format!("http://{}", node.host());
    let refresh = |cookie: String| {
        let (node, origin) = (&node, origin.clone());
        async move { node.send("POST", "/auth/refresh", &[("Cookie", &cookie), ("Origin", &origin)], b"").await }
    };
    let second = refresh(first.cookie()).await;
    assert_eq!(second.status, 200, "{second:?}");
    assert_ne!(second.cookie(), first.cookie());
    assert_eq!(second.csrf(), first.csrf(), "other tabs keep their CSRF token");
    let third = refresh(second.cookie()).await;
    assert_eq!(third.status, 200);
    let stolen = refresh(first.cookie()).await;
    assert_eq!((stolen.status, stolen.code()), (401, "SESSION_ENDED".to_owned()));
    for token in [first.token(), second.token(), third.token(), elsewhere.token()] {
        assert_eq!(node.get("/me", &token).await.status, 401);
    }
    assert_eq!(refresh(third.cookie()).await.status, 401);
    assert_eq!(node.get("/me", &other_person.token()).await.status, 200);
}

#[tokio::test]
async fn of_two_uses_of_one_refresh_token_at_once_only_one_wins() {
    let (_folder, node) = fresh().await;
    let cookie = node.sign_up("alice").await.cookie();
    let origin = format!("http://{}", node.host());
    let headers = [("Cookie", cookie.as_str()), ("Origin", origin.as_str())];
    let (one, two) = tokio::join!(
        node.send("POST", "/auth/refresh", &headers, b""),
        node.send("POST", "/auth/refresh", &headers, b"")
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test]
async fn logout_ends_the_session_at_once_and_only_this_one() {
    let (_folder, node) = fresh().await;
    let one = node.sign_up("alice").await;
    let two = node.log_in("alice", PASSWORD).await;
    let out = node.post("/auth/logout", &one.token(), json!({})).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(node.get("/me", &one.token()).await.status, 401);
    assert_eq!(node.send("GET", "/me", &[("Cookie", &one.cookie())], b"").await.status, 401);
    assert_eq!(node.get("/me", &two.token()).await.status, 200);
}

#[tokio::test]
async fn sessions_survive_a_restart_and_the_account_is_locked_until_its_passphrase_comes() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let node = Node::open(&data).await;
    let made = node.sign_up("alice").await;
    node.close(&data).await;
    let node = Node::open(&data).await;
    let me = node.get("/me", &made.token()).await.json();
    assert_eq!((me["locked"].clone(), me["device"].clone()), (json!(true), json!(null)));
    for path in ["/chats", "/contacts", "/groups", "/invites", "/chat/bob", "/events"] {
        let answer = node.get(path, &made.token()).await;
        if path == "/events" {
            assert_eq!(answer.status, 400, "needs a WebSocket");
            continue;
        }
        assert_eq!((answer.status, answer.code()), (423, "LOCKED".to_owned()), "{path}");
    }
    assert_eq!(
        node.post("/me/unlock", &made.token(), json!({"password": "wrong wrong"})).await.code(),
        "WRONG_CREDENTIALS"
    );
    assert_eq!(node.get("/chats", &made.token()).await.status, 423);
    assert_eq!(node.post("/me/unlock", &made.token(), json!({"password": PASSWORD})).await.status, 204);
    assert_eq!(node.get("/chats", &made.token()).await.status, 200);
    assert_eq!(node.post("/me/lock", &made.token(), json!({})).await.status, 204);
    assert_eq!(node.get("/chats", &made.token()).await.status, 423);
    assert_eq!(node.log_in("alice", PASSWORD).await.status, 200);
    assert_eq!(node.get("/chats", &made.token()).await.status, 200, "login unlocks too");
}

#[tokio::test]
async fn the_cookie_is_secure_where_tls_ends_before_us() {
    let http = HttpSettings { public_url: Some("https://chat.example".into()), ..HttpSettings::default() };
    let (_folder, node) = fresh_with(Setup { http, ..Setup::default() }).await;
    let body = json!({"name": "owner", "password": PASSWORD}).to_string();
    let made = node
        .send(
            "POST",
            "/auth/signup",
            &[("Host", "chat.example"), ("Content-Type", "application/json")],
            body.as_bytes(),
        )
        .await;
    assert!(made.header("set-cookie").unwrap().contains("Secure"), "{made:?}");
}
