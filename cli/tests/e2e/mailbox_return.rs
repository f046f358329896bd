//! The return of somebody who was away: everything that was written and changed meanwhile lies at a mailbox, and is there within seconds.
//!
//! `TIDINGS_MAILBOX_MESSAGES` says how many messages (200 without it), with a commit before every tenth.

use std::env;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::http::Request;
use crate::mailbox::{mailbox_node, name, nothing_is_readable, until_sent};
use crate::node::Node;
use crate::person::{Person, items};

/// From the start of the node, its account still locked, to the last of a thousand messages.
const RETURN_TIME: Duration = Duration::from_secs(5);
const MESSAGES_PER_COMMIT: usize = 10;
const WORD: &str = "canary-return-ulaanbaatar";

fn messages() -> usize {
    env::var("TIDINGS_MAILBOX_MESSAGES").map_or(200, |number| number.parse().unwrap())
}

// REQ-MBOX-2, REQ-MBOX-14, REQ-VAULT-5
#[test]
fn what_was_written_and_changed_in_a_group_meanwhile_is_there_in_order_soon_after_the_return() {
    let mut mailbox = mailbox_node(&["-vv"]);
    let (mut one, mut two) = (Node::start(), Node::start());
    let (alice, bob) = (Person::sign_up(&one, "alice"), Person::sign_up(&two, "bob"));
    alice.befriend(&bob);
    name(&two, &bob, &mailbox);
    let made = alice.post("/group/create", &json!({"name": WORD, "members": [bob.id]})).expect(201);
    let group = made["id"].as_str().unwrap().to_owned();
    bob.until("he is in", || (bob.ask(&Request::get(&format!("/group/{group}"))).status == 200).then_some(()));
    // What a device says of its mailboxes stands in its log before what it writes then.
    bob.deliver(&group, "you know mine");
    assert!(two.stop().success());

    let texts: Vec<String> = (0..messages()).map(|number| format!("{WORD} number {number}")).collect();
    for (number, text) in texts.iter().enumerate() {
        if number % MESSAGES_PER_COMMIT == 0 {
            rename(&alice, &group, &format!("{WORD} {number}"));
        }
        alice.send(&group, text);
    }
    until_sent(&alice, &group, texts.last().unwrap());
    let last_name = alice.get(&format!("/group/{group}"))["name"].clone();
    assert!(one.stop().success());

    let back = Instant::now();
    two.restart();
    let bob = Person::log_in(&two, "bob");
    bob.receive(&group, texts.last().unwrap());
    let took = back.elapsed();
    println!("{} messages and {} commits: {} ms", texts.len(), texts.len() / MESSAGES_PER_COMMIT, took.as_millis());
    let all = all_texts(&bob, &group);
    assert_eq!(all[all.len() - texts.len()..], texts);
    assert_eq!(bob.get(&format!("/group/{group}"))["name"], last_name);
    nothing_is_readable(&mut mailbox, &[WORD, "you know mine"]);
    assert!(took < RETURN_TIME, "{took:?}");
}

/// Gives the group another name, by a commit of its own, though nobody but the mailbox is there.
fn rename(person: &Person, group: &str, name: &str) {
    let path = format!("/group/{group}");
    person.ask(&Request::patch(&path, &json!({"name": name}))).expect(200);
    person.until("the commit is made", || (person.get(&path)["name"] == name).then_some(()));
}

/// Every text in a group, oldest first.
fn all_texts(person: &Person, group: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut path = format!("/group/{group}/messages?limit=200");
    loop {
        let page = person.get(&path);
        texts.splice(0..0, items(&page).iter().map(|message| message["text"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => path = format!("/group/{group}/messages?limit=200&before={next}"),
            None => return texts,
        }
    }
}
