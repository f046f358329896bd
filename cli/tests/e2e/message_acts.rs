//! What can be done to messages and conversations on the command line, between two nodes.

use std::io::{BufRead, BufReader};

use serde_json::{Value, json};

use crate::command_line::{befriend, listening, send, sign_up, texts};
use crate::http::Request;
use crate::node::Node;
use crate::person::Person;
use crate::shell::run;

fn two() -> [Node; 2] {
    let nodes = [Node::start(), Node::start()];
    for (node, name) in nodes.iter().zip(["alice", "bob"]) {
        sign_up(node, name);
    }
    befriend(&nodes[0], &nodes[1]);
    nodes
}

fn shown(node: &Node, id: &str) -> Value {
    run(node, &["message", "info", id, "--json"]).json()
}

#[test]
fn a_message_is_answered_edited_reacted_to_and_taken_back() {
    let [one, two] = &two();
    let id = send(one, "bob", "helo")["id"].as_str().unwrap().to_owned();
    run(one, &["message", "edit", &id, "hello"]).ok();
    let wait = ["--wait", "delivered", "--timeout", "60s", "--json"];
    let answer = run(two, &[&["send", "alice", "hi", "--reply", &id], &wait[..]].concat()).json();
    assert_eq!((&answer["replyTo"], &answer["state"]), (&json!(id), &json!("delivered")));
    // What bob writes comes behind what he has seen: the edit.
    assert_eq!(answer["quoted"]["text"], "hello");
    run(two, &["message", "react", &id, "👍"]).ok();
    send(two, "alice", "done");
    assert_eq!(shown(one, &id)["reactions"][0]["emoji"], "👍");
    assert!(run(one, &["chat", "history", "bob"]).ok().contains("you: hello (edited)"));
    assert_eq!(run(two, &["message", "edit", &id, "mine"]).refused(4).lines().count(), 1);
    run(one, &["message", "delete", &id]).ok();
    send(one, "bob", "gone");
    assert_eq!(texts(two, "alice"), ["", "hi", "done", "gone"]);
    assert_eq!(run(one, &["message", "info", "f81d4fae-7dec-41d0-a765-00a0c91e6bf6"]).refused(5).lines().count(), 1);
}

#[test]
fn a_message_is_read_once_its_recipient_says_so() {
    let [one, two] = &two();
    let id = send(one, "bob", "seen?")["id"].as_str().unwrap().to_owned();
    assert_eq!(run(two, &["chat", "list", "--json"]).json()["items"][0]["unread"], 1);
    run(two, &["chat", "read", "alice", "--up-to", &id]).ok();
    let sent = run(one, &["send", "bob", "seen?", "--id", &id, "--wait", "read", "--timeout", "60s", "--json"]).json();
    assert_eq!(sent["state"], "read");
    let chat = run(two, &["chat", "list", "--json"]).json()["items"][0].clone();
    assert_eq!((&chat["unread"], &chat["draft"]), (&json!(0), &json!(null)));
    run(two, &["chat", "mute", "alice", "8h"]).ok();
    run(two, &["chat", "archive", "alice"]).ok();
    run(two, &["chat", "receipts", "off"]).ok();
    let chat = run(two, &["chat", "list", "--json"]).json()["items"][0].clone();
    assert_eq!((chat["mutedUntil"].is_string(), &chat["archived"]), (true, &json!(true)));
}

// REQ-EPH-8
#[test]
fn a_contact_on_another_node_sees_that_somebody_is_typing_once_both_want_it() {
    let nodes = [Node::start(), Node::start()];
    let [alice, bob] = [Person::sign_up(&nodes[0], "alice"), Person::sign_up(&nodes[1], "bob")];
    alice.befriend(&bob);
    let chat = alice.contact(&bob).unwrap()["conversation"].as_str().unwrap().to_owned();
    let types = |typing: bool| {
        let request = Request::put(&format!("/chats/{chat}/typing"), &json!({"typing": typing}));
        assert_eq!(alice.ask(&request).status, 204);
    };
    run(&nodes[0], &["chat", "typing", "on"]).ok();
    run(&nodes[1], &["chat", "typing", "on", "--chat", "alice"]).ok();
    assert_eq!(run(&nodes[1], &["chat", "list", "--json"]).json()["items"][0]["typingIndicators"], true);
    let mut watch = listening(&nodes[1], &["--types", "typing", "--once", "2"]);
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    types(true);
    assert!(lines.next().unwrap().ends_with("@alice  alice is typing"));
    types(false);
    assert!(lines.next().unwrap().ends_with("@alice  alice is no longer typing"));
    assert!(watch.wait().unwrap().success());
}

#[test]
fn a_message_for_a_node_that_is_away_says_so_and_can_be_given_up() {
    let [one, mut two] = two();
    two.stop();
    let id = run(&one, &["send", "bob", "are you there?", "--json"]).json()["id"].as_str().unwrap().to_owned();
    let give_up = std::time::Instant::now() + crate::person::PATIENCE;
    let waiting = loop {
        let message = shown(&one, &id);
        // At first the connection that was there does not answer; once it is gone, none comes about.
        let is_away = message["reason"].as_str().is_some_and(|reason| reason.contains("cannot be reached since"));
        if is_away || std::time::Instant::now() > give_up {
            break message;
        }
        std::thread::sleep(std::time::Duration::from_millis(250));
    };
    assert!(waiting["nextTryAt"].is_string(), "{waiting}");
    assert!(run(&one, &["message", "info", &id]).ok().contains("cannot be reached since"));
    run(&one, &["message", "retry", &id]).ok();
    run(&one, &["message", "cancel", &id]).ok();
    assert_eq!(shown(&one, &id)["deleted"], true);
}
