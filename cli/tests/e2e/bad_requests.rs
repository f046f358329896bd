//! Requests that must be refused, each with its code (issue 2, INTERFACES §2), and a node that goes on as if nothing had been.

use serde_json::{Value, json};

use crate::http::{Reply, Request};
use crate::node::Node;
use crate::person::{PASSWORD, Person};

const TEXT_BYTES_MAX: usize = 64 * 1024;
const BODY_BYTES_MAX: usize = 1024 * 1024;

fn code(reply: &Reply) -> (u16, String) {
    reply.problem()
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn a_wrong_password_and_an_unknown_user_get_the_same_answer() {
    let node = Node::start();
    Person::sign_up(&node, "alice");
    let answers: Vec<Reply> = ["alice", "nobody", "alice@example.org"]
        .map(|login| node.post("/auth/login", &json!({"login": login, "password": "wrong password"})))
        .into();
    for answer in &answers {
        assert_eq!(code(answer), is(401, "WRONG_CREDENTIALS"));
        assert_eq!(answer.body, answers[0].body);
    }
    let names =
        |reply: &Reply| reply.head.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect::<Vec<_>>();
    assert!(answers.iter().all(|answer| names(answer) == names(&answers[0])));
}

#[test]
fn five_wrong_passwords_are_answered_and_many_more_are_slowed() {
    let node = Node::start();
    Person::sign_up(&node, "alice");
    let mut wrong = 0;
    let slowed = loop {
        let reply = node.post("/auth/login", &json!({"login": "alice", "password": "wrong password"}));
        match code(&reply) {
            (401, _) if wrong < 50 => wrong += 1,
            (429, _) => break reply,
            other => panic!("{other:?} after {wrong} wrong passwords"),
        }
    };
    assert!(wrong >= 5, "slowed after {wrong}");
    assert_eq!(slowed.json()["code"], "RATE_LIMITED");
    assert!(slowed.header("retry-after").is_some() && slowed.json()["retryAfterSeconds"].as_u64().unwrap() >= 1);
}

#[test]
fn sign_up_says_which_field_is_wrong() {
    let node = Node::start();
    for (field, request) in [
        ("name", json!({"name": "a b", "password": PASSWORD})),
        ("password", json!({"name": "alice", "password": "short"})),
        ("email", json!({"name": "alice", "password": PASSWORD, "email": "nowhere"})),
        ("admin", json!({"name": "alice", "password": PASSWORD, "admin": true})),
        ("password", json!({"name": "alice"})),
    ] {
        let reply = node.post("/auth/signup", &request);
        assert_eq!(code(&reply), is(422, "VALIDATION"), "{request}");
        assert_eq!(reply.json()["fields"][0]["field"], field, "{request}");
        assert!(!reply.body.contains(PASSWORD), "an answer repeats the passphrase");
    }
    let alice = Person::sign_up(&node, "alice");
    let invite = alice.post("/invites", &json!({"kind": "account"})).expect(201)["link"].clone();
    let taken = node.post("/auth/signup", &json!({"name": "ALICE", "password": PASSWORD, "invite": invite}));
    assert_eq!(code(&taken), is(409, "TAKEN"));
    Person::sign_up_with(&node, &json!({"name": "dave", "password": PASSWORD, "invite": invite}));
}

#[test]
fn the_first_account_is_made_from_here_or_with_the_setup_link() {
    let mut node = Node::start();
    let secret = node.ready["setup_url"].as_str().unwrap().split("#setup=").nth(1).unwrap().to_owned();
    let from_elsewhere = |invite: Option<&str>| {
        let request = json!({"name": "alice", "password": PASSWORD, "invite": invite});
        Request::post("/auth/signup", &request).header("x-forwarded-for", "203.0.113.9").send(&node.host())
    };
    assert_eq!(code(&from_elsewhere(None)), is(403, "REGISTRATION_CLOSED"));
    assert_eq!(code(&from_elsewhere(Some("guessed"))), is(403, "REGISTRATION_CLOSED"));
    from_elsewhere(Some(&secret)).expect(201);
    let second = json!({"name": "mallory", "password": PASSWORD, "invite": secret});
    assert!(code(&node.post("/auth/signup", &second)).0 >= 400, "the setup link counts once");
    assert!(node.stop().success());
    node.restart();
    assert_eq!(node.ready["setup_url"], Value::Null);
}

#[test]
fn an_invite_that_is_used_expired_revoked_or_no_invite_is_refused() {
    let nodes = [Node::start(), Node::start(), Node::start()];
    let [alice, bob, carol] =
        [("alice", 0), ("bob", 1), ("carol", 2)].map(|(name, node)| Person::sign_up(&nodes[node], name));
    let claim = |person: &Person, link: &Value| person.post("/contacts", &json!({"link": link}));

    let link = json!(alice.invite());
    assert_eq!(code(&claim(&alice, &link)), is(409, "CONFLICT"), "one's own");
    claim(&bob, &link).expect(201);
    bob.until("bob is in", || bob.contact(&alice).filter(|contact| contact["state"] == "accepted"));
    let late = claim(&carol, &link);
    let answer = if late.status == 201 {
        // The link alone does not say that it was used: the inviter's node does.
        let refused = carol
            .until("the other side refuses", || carol.contact(&alice).filter(|contact| contact["state"] == "refused"));
        refused["reason"].as_str().unwrap().to_owned()
    } else {
        code(&late).1
    };
    assert!(answer.to_lowercase().contains("used"), "{answer}");
    assert!(alice.contact(&carol).is_none());

    let revoked = alice.post("/invites", &json!({"kind": "contact"})).expect(201);
    assert_eq!(alice.delete(&format!("/invites/{}", revoked["id"].as_str().unwrap())).status, 204);
    if claim(&carol, &revoked["link"]).status == 201 {
        carol.until("the other side refuses", || carol.contact(&alice).filter(|contact| contact["state"] == "refused"));
    }
    assert!(alice.contact(&carol).is_none());

    let short = alice.post("/invites", &json!({"kind": "contact", "expiresInSeconds": 1})).expect(201);
    // The one thing waited for here is the clock itself.
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    assert_eq!(code(&claim(&carol, &short["link"])), is(410, "INVITE_EXPIRED"));

    let whole = alice.invite();
    let cut = whole.get(..whole.len() - 9).unwrap();
    for bad in ["", "hello", "https://node.example/i", "https://node.example/i#v9.AAAA", cut] {
        assert_eq!(code(&claim(&carol, &json!(bad))), is(422, "INVITE_INVALID"), "{bad}");
    }
    assert_eq!(code(&carol.post("/contacts", &json!({}))), is(422, "VALIDATION"));
    assert_eq!(code(&carol.post("/contacts", &json!({"handle": "who@where"}))), is(404, "NOT_FOUND"));
    for field in [
        json!({"kind": "contact", "uses": 0}),
        json!({"kind": "contact", "expiresInSeconds": 0}),
        json!({"kind": "party"}),
    ] {
        assert_eq!(code(&alice.post("/invites", &field)), is(422, "VALIDATION"), "{field}");
    }
}

#[test]
fn what_is_too_large_is_413_and_what_just_fits_arrives() {
    let (one, two) = (Node::start(), Node::start());
    let (alice, bob) = (Person::sign_up(&one, "alice"), Person::sign_up(&two, "bob"));
    alice.befriend(&bob);
    for size in [TEXT_BYTES_MAX + 1, BODY_BYTES_MAX - 200, BODY_BYTES_MAX + 1, 3 * BODY_BYTES_MAX] {
        let reply = alice.post("/chat/send", &json!({"to": bob.id, "text": "x".repeat(size)}));
        assert_eq!(code(&reply), is(413, "TOO_LARGE"), "{size}");
    }
    let largest = "é".repeat(TEXT_BYTES_MAX / 2);
    alice.deliver(&bob.id, &largest);
    // Every byte of it takes six in JSON.
    let escaped = "\u{1}".repeat(TEXT_BYTES_MAX);
    alice.deliver(&bob.id, &escaped);
    assert_eq!(bob.texts(&alice.id), [largest, escaped]);
}

#[test]
fn malformed_bodies_are_refused_before_anything_happens() {
    let (one, two) = (Node::start(), Node::start());
    let (alice, bob) = (Person::sign_up(&one, "alice"), Person::sign_up(&two, "bob"));
    alice.befriend(&bob);
    let send = |body: &[u8]| {
        alice.ask(&Request::new("POST", "/chat/send").header("content-type", "application/json").body(body))
    };
    for body in [
        &b""[..],
        b"{",
        b"nonsense",
        b"{\"to\":\"bob\",\"text\":\"\xff\"}",
        b"{\"to\":\"bob\",\"text\":\"a\"} x",
        b"{\"to\":\"bob\",\"text\":\"\\ud800\"}",
    ] {
        assert_eq!(code(&send(body)), is(400, "MALFORMED"), "{}", String::from_utf8_lossy(body));
    }
    for (body, field) in [
        (&br#"{"to":"bob"}"#[..], "text"),
        (br#"{"to":"bob","text":7}"#, "text"),
        (br#"{"to":"bob","text":"a","urgent":true}"#, "urgent"),
        (br#"{"to":"bob","text":"a","id":"7"}"#, "id"),
        (br#"{"to":"bob","text":""}"#, "text"),
        (br#"["bob","a"]"#, "body"),
        (b"null", "body"),
    ] {
        let reply = send(body);
        assert_eq!(code(&reply), is(422, "VALIDATION"), "{}", String::from_utf8_lossy(body));
        assert_eq!(reply.json()["fields"][0]["field"], field);
    }
    let form = alice.ask(
        &Request::new("POST", "/chat/send").header("content-type", "text/plain").body(br#"{"to":"bob","text":"a"}"#),
    );
    assert_eq!(code(&form), is(415, "WRONG_CONTENT_TYPE"), "a form of another page could send this");
    assert!(alice.messages(&bob.id).is_empty());
}

#[test]
fn what_is_not_there_is_404_and_what_cannot_be_done_is_405() {
    let node = Node::start();
    let alice = Person::sign_up(&node, "alice");
    for path in [
        "/nothing",
        "/chat/nobody",
        "/group/nothing",
        "/group/nothing/messages",
        "/chat/acc1zzzz",
        "/chat/%00",
        "/chat/..%2f..%2fetc",
    ] {
        assert_eq!(code(&alice.ask(&Request::get(path))), is(404, "NOT_FOUND"), "{path}");
    }
    assert_eq!(code(&alice.delete("/invites/0123")), is(404, "NOT_FOUND"));
    assert_eq!(code(&alice.ask(&Request::new("PUT", "/chat/send"))), is(405, "METHOD_NOT_ALLOWED"));
    for query in ["/chats?limit=many", "/chats?colour=red", "/chat/nobody?limit=-1", "/events?since=x"] {
        let reply = alice.ask(&Request::get(query).header("accept", "text/event-stream"));
        assert_eq!(code(&reply), is(422, "VALIDATION"), "{query}");
    }
}

#[test]
fn a_token_of_another_node_or_of_nobody_opens_nothing() {
    let (one, two) = (Node::start(), Node::start());
    let (alice, bob) = (Person::sign_up(&one, "alice"), Person::sign_up(&two, "bob"));
    let parts: Vec<&str> = alice.token.split('.').collect();
    assert_eq!(parts.len(), 3, "a JWT");
    // {"alg":"none","typ":"JWT"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", parts[1]);
    let other_body = format!("{}.{}.{}", parts[0], bob.token.split('.').nth(1).unwrap(), parts[2]);
    let flipped = if parts[2].starts_with('A') { "B" } else { "A" };
    let other_signature = format!("{}.{}.{flipped}{}", parts[0], parts[1], &parts[2][1..]);
    for token in [bob.token.as_str(), &unsigned, &other_body, &other_signature, "", "x", "a.b.c"] {
        assert_eq!(code(&Request::get("/me").token(token).send(&alice.host)), is(401, "UNAUTHENTICATED"), "{token}");
    }
    assert_eq!(code(&Request::get("/me").send(&alice.host)), is(401, "UNAUTHENTICATED"));
    assert_eq!(
        code(&Request::get("/me").header("tidings-account", "alice").send(&alice.host)),
        is(401, "UNAUTHENTICATED"),
        "that is for the socket"
    );
    assert_eq!(
        code(&Request::get("/me").header("x-forwarded-for", "127.0.0.1").send(&alice.host)),
        is(401, "UNAUTHENTICATED")
    );
    assert_eq!(alice.ask(&Request::post("/auth/logout", &json!({}))).status, 204);
    assert_eq!(code(&alice.ask(&Request::get("/me"))), is(401, "UNAUTHENTICATED"), "after logout");
}

#[test]
fn other_hosts_and_origins_are_refused() {
    let node = Node::start();
    let alice = Person::sign_up(&node, "alice");
    let own = node.host();
    let port = own.rsplit(':').next().unwrap().to_owned();
    for host in
        ["evil.example", &format!("evil.example:{port}"), "127.0.0.1:1", "", &format!("localhost.evil.example:{port}")]
    {
        let reply = alice.ask(&Request::get("/me").host(host));
        assert_eq!(code(&reply).1, "WRONG_HOST", "{host}");
        assert!(matches!(reply.status, 403 | 421), "{reply:?}");
    }
    let invite = Request::post("/invites", &json!({"kind": "contact"}));
    for origin in [
        "https://evil.example",
        "null",
        &format!("https://{own}"),
        "http://127.0.0.1:1",
        &format!("http://{own}.evil.example"),
    ] {
        assert_eq!(code(&alice.ask(&invite.clone().header("origin", origin))), is(403, "WRONG_ORIGIN"), "{origin}");
    }
    alice.ask(&invite.clone().header("origin", &format!("http://{own}"))).expect(201);
    alice.ask(&invite).expect(201);
}

#[test]
fn a_cookie_without_its_csrf_token_changes_nothing() {
    let node = Node::start();
    let alice = Person::sign_up(&node, "alice");
    let login = node.post("/auth/login", &json!({"login": "alice", "password": PASSWORD}));
    let (session, set) = (login.expect(200), login.header("set-cookie").unwrap());
    for attribute in ["HttpOnly", "SameSite=Strict"] {
        assert!(set.contains(attribute), "{set}");
    }
    let cookie = set.split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("tidings_session="), "{set}");
    let csrf = session["csrfToken"].as_str().unwrap();
    let origin = format!("http://{}", node.host());
    let invite =
        Request::post("/invites", &json!({"kind": "contact"})).header("cookie", &cookie).header("origin", &origin);
    assert_eq!(code(&invite.send(&alice.host)), is(403, "CSRF"));
    assert_eq!(code(&invite.clone().header("x-csrf-token", "guessed").send(&alice.host)), is(403, "CSRF"));
    invite.clone().header("x-csrf-token", csrf).send(&alice.host).expect(201);
    let alone = Request::post("/invites", &json!({"kind": "contact"})).header("cookie", &cookie);
    assert!(matches!(alone.send(&alice.host).status, 401 | 403), "a script with the cookie alone (INTERFACES §2)");

    // The old one again means that somebody has a copy: every session ends.
    let refresh = |cookie: &str| {
        Request::new("POST", "/auth/refresh").header("cookie", cookie).header("origin", &origin).send(&alice.host)
    };
    let renewed = refresh(&cookie);
    renewed.expect(200);
    let new = renewed.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(code(&refresh(&cookie)).0, 401);
    assert_eq!(code(&refresh(&new)).0, 401, "the renewed one must end with it");
}

#[test]
fn a_locked_account_shows_nothing_until_it_is_unlocked() {
    let mut node = Node::start();
    let alice = Person::sign_up(&node, "alice");
    node.kill();
    node.restart();
    assert_eq!(alice.get("/me")["locked"], true, "the session is still there");
    for path in ["/chats", "/contacts", "/groups", "/invites"] {
        assert_eq!(code(&alice.ask(&Request::get(path))), is(423, "LOCKED"), "{path}");
    }
    assert_eq!(code(&alice.post("/invites", &json!({"kind": "contact"}))), is(423, "LOCKED"));
    assert_eq!(code(&alice.post("/me/unlock", &json!({"password": "wrong password"}))), is(401, "WRONG_CREDENTIALS"));
    assert_eq!(alice.post("/me/unlock", &json!({"password": PASSWORD})).status, 204);
    alice.get("/chats");
}
