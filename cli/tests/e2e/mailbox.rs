//! Mailboxes: what is written to somebody whose node is off lies at a third node, which can't read it, until theirs comes back.

use serde_json::{Value, json};

use crate::canary::{Haystack, files, hex, holds};
use crate::node::Node;
use crate::person::{PASSWORD, Person, items};
use crate::shell::run;

const QUIC: [&str; 2] = ["--listen", "/ip4/127.0.0.1/udp/0/quic-v1"];
const TEXT: &str = "canary-mailbox-samarkand-0815";
const NAME: &str = "canary-name-timbuktu";
const SHOWN: &str = "Canary Shown Nouakchott";

pub(crate) fn mailbox_node(more: &[&str]) -> Node {
    Node::start_with(&[&QUIC, ["--profile", "mailbox"].as_slice(), more].concat())
}

/// Where others reach a node, as `account mailbox add` takes it.
fn address(node: &Node) -> String {
    format!("/ip4/127.0.0.1/udp/{}/quic-v1/p2p/{}", node.peer_port(), node.peer_id())
}

fn standing(person: &Person) -> Value {
    items(&person.get("/me/mailboxes")).first().cloned().unwrap_or_default()
}

/// Names a mailbox by the command line, and waits until it keeps.
pub(crate) fn name(node: &Node, person: &Person, mailbox: &Node) {
    let printed = run(node, &["account", "mailbox", "add", &address(mailbox)]).ok();
    assert_eq!(printed.trim(), mailbox.peer_id());
    person.until("the mailbox keeps", || (standing(person)["state"] == "registered").then_some(()));
    assert!(run(node, &["account", "mailbox", "list"]).ok().contains("registered"));
}

/// Waits until a message has come as far as `sent`: somebody has it durably.
pub(crate) fn until_sent(person: &Person, with: &str, text: &str) {
    person.until(&format!("{text:?} is sent"), || {
        person.messages(with).into_iter().find(|one| one["text"] == text && one["state"] == "sent")
    });
}

fn come_back(node: &mut Node, name: &str) -> Person {
    node.restart();
    Person::log_in(node, name)
}

// REQ-MBOX-2, REQ-VAULT-5
#[test]
fn a_message_arrives_by_a_mailbox_that_can_not_read_it_though_the_two_are_never_there_together() {
    let mut mailbox = mailbox_node(&["-vv"]);
    let (mut one, mut two) = (Node::start(), Node::start());
    let person = json!({"name": NAME, "displayName": SHOWN, "password": PASSWORD});
    let (alice, bob) = (Person::sign_up_with(&one, &person), Person::sign_up(&two, "bob"));
    alice.befriend(&bob);
    name(&one, &alice, &mailbox);
    name(&two, &bob, &mailbox);
    // What a device says of its mailboxes stands in its log before what it writes then.
    alice.deliver(&bob.id, "you know mine");
    bob.deliver(&alice.id, "and you mine");

    assert!(two.stop().success());
    alice.send(&bob.id, TEXT);
    until_sent(&alice, &bob.id, TEXT);
    assert!(one.stop().success());

    let bob = come_back(&mut two, "bob");
    bob.receive(&alice.id, TEXT);
    bob.send(&alice.id, &format!("{TEXT} read"));
    until_sent(&bob, &alice.id, &format!("{TEXT} read"));
    // The mailbox has what he wrote; his receipt and his text still wait for her own node.
    bob.until("his receipt is written", || (bob.get("/status")["outbox"].as_u64()? >= 2).then_some(()));
    assert!(two.stop().success());

    let alice = come_back(&mut one, NAME);
    alice.receive(&bob.id, &format!("{TEXT} read"));
    alice.until("his receipt came by the mailbox as well", || {
        alice.messages(&bob.id).into_iter().find(|one| one["text"] == TEXT && one["state"] == "delivered")
    });
    nothing_is_readable(&mut mailbox, &[TEXT, NAME, SHOWN, "you know mine", "and you mine"]);
}

/// Looks for every planted word in the folder and logs of a mailbox that was started with `-vv`, while it runs and after.
pub(crate) fn nothing_is_readable(mailbox: &mut Node, words: &[&str]) {
    let look = |mailbox: &Node| {
        let mut haystacks: Vec<Haystack> = vec![("log".to_owned(), mailbox.log().into_bytes())];
        files(&mailbox.data(), &mut haystacks);
        haystacks
    };
    let running = look(mailbox);
    assert!(mailbox.stop().success());
    for (place, bytes) in running.iter().chain(&look(mailbox)) {
        for word in words {
            assert!(!holds(bytes, word), "{word:?} stands in {place}");
        }
    }
    // The search finds what is there.
    let found =
        |place: &str, word: &str| running.iter().any(|(name, bytes)| name.contains(place) && holds(bytes, word));
    assert!(found("log", "DEBUG") && found("data/", "redb"), "logs and files were not read");
    assert!(holds(hex(TEXT).as_bytes(), TEXT) && holds(TEXT.to_uppercase().as_bytes(), TEXT));
}

// REQ-MBOX-2
#[test]
fn people_become_contacts_by_a_link_though_they_are_never_there_together() {
    let mailbox = mailbox_node(&[]);
    let (mut one, mut two) = (Node::start(), Node::start());
    let (alice, bob) = (Person::sign_up(&one, "alice"), Person::sign_up(&two, "bob"));
    name(&one, &alice, &mailbox);
    name(&two, &bob, &mailbox);
    let link = alice.invite();
    assert!(one.stop().success());
    bob.post("/contacts", &json!({"link": link})).expect(201);
    bob.until("the mailbox has told who she is", || (bob.contact(&alice)?["state"] == "requested").then_some(()));
    bob.send(&alice.id, "I came by your link");
    // The request is on its way when nothing but what her own node lacks waits.
    bob.until("the request lies at the mailbox", || (bob.get("/status")["outbox"] == 1).then_some(()));
    assert!(two.stop().success());

    let alice = come_back(&mut one, "alice");
    alice.until("she has accepted", || alice.contact(&bob)?["conversation"].as_str().map(drop));
    alice.send(&bob.id, "welcome");
    until_sent(&alice, &bob.id, "welcome");
    alice.until("the welcome lies at the mailbox", || {
        let waiting = alice.get("/status")["outbox"].as_u64()?;
        // A commit, a text and a welcome wait for his own node, and nothing for the mailbox.
        (waiting <= 3).then_some(())
    });
    assert!(one.stop().success());

    let bob = come_back(&mut two, "bob");
    bob.receive(&alice.id, "welcome");
    until_sent(&bob, &alice.id, "I came by your link");
    assert!(two.stop().success());
    let alice = come_back(&mut one, "alice");
    alice.receive(&bob.id, "I came by your link");
}

// REQ-MBOX-7
#[test]
fn a_mailbox_node_has_no_people_says_so_and_keeps_against_vouchers_where_its_operator_wants_that() {
    let mailbox = mailbox_node(&["--mailbox", "vouchers"]);
    assert_eq!(mailbox.ready["mailbox"], "vouchers");
    assert_eq!(mailbox.ready["setup_url"], Value::Null);
    let signup = mailbox.post("/auth/signup", &json!({"name": "eve", "password": PASSWORD})).problem();
    assert_eq!(signup.0, 403);
    let status = run(&mailbox, &["status", "--json"]).json();
    assert_eq!((&status["mailbox"], &status["accounts"]), (&json!("vouchers"), &json!(0)));

    let node = Node::start();
    let alice = Person::sign_up(&node, "alice");
    run(&node, &["account", "mailbox", "add", &address(&mailbox)]).ok();
    alice.until("the mailbox refuses", || {
        (standing(&alice)["reason"] == "it keeps against a voucher only").then_some(())
    });
    let voucher = run(&mailbox, &["mailbox", "voucher", "create", "--quota", "1MiB", "--expires", "1h"]).ok();
    run(&node, &["account", "mailbox", "add", &address(&mailbox), "--voucher", voucher.trim()]).ok();
    alice.until("the mailbox keeps", || (standing(&alice)["quotaBytes"] == 1024 * 1024).then_some(()));
    // Nobody with an account makes vouchers over the network.
    let over_http = alice.post("/mailbox/vouchers", &json!({"quotaBytes": 1, "expiresInSeconds": 60})).problem();
    assert_eq!(over_http.0, 403);
    run(&node, &["account", "mailbox", "remove", mailbox.peer_id()]).ok();
    assert_eq!(items(&alice.get("/me/mailboxes")), Vec::<Value>::new());
}
