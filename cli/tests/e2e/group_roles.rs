//! Roles, settings, succession and the log of a group: over the command line, on two nodes.

use serde_json::json;

use crate::http::Request;
use crate::node::Node;
use crate::person::Person;
use crate::shell::run;

// REQ-POLICY-3, REQ-POLICY-8, REQ-POLICY-9
#[test]
fn a_group_is_shared_renamed_quietened_and_handed_over() {
    let (one, two) = (Node::start(), Node::start());
    let (alice, bob) = (Person::sign_up(&one, "alice"), Person::sign_up(&two, "bob"));
    alice.befriend(&bob);
    let ops = alice.post("/group/create", &json!({"name": "ops", "members": ["bob"]})).expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let group = format!("/group/{ops}");
    bob.until("bob is in", || (bob.ask(&Request::get(&group)).status == 200).then_some(()));

    assert_eq!(run(&two, &["group", "set", "ops", "--name", "mine"]).code, 4, "a member changes nothing");
    run(&one, &["group", "role", "ops", "admin", "bob"]).ok();
    bob.until("bob is admin", || {
        let members = bob.get(&group)["members"].as_array().unwrap().clone();
        members.iter().any(|member| member["account"] == bob.id.as_str() && member["role"] == "admin").then_some(())
    });
    run(&two, &["group", "set", "ops", "--name", "later", "--description", "for later"]).ok();
    alice.until("the name is there", || (alice.get(&group)["name"] == "later").then_some(()));
    assert_eq!(run(&two, &["group", "set", "later", "--post", "roles"]).code, 4, "the rules are the owner's");

    run(&one, &["group", "set", "later", "--post", "roles"]).ok();
    run(&one, &["group", "role", "later", "member", "bob"]).ok();
    bob.until("bob may not write", || {
        let refused = bob.post("/group/send", &json!({"group": ops, "text": "no"}));
        (refused.status == 403).then(|| assert_eq!(refused.problem().1, "MAY_NOT_POST"))
    });

    let told = run(&two, &["group", "log", "later"]).ok();
    for line in ["made you member", "changed the rules", "named the group later", "made you admin"] {
        assert!(told.contains(line), "{line} is not in:\n{told}");
    }
    let log = run(&one, &["group", "log", "later", "--json"]).json();
    let acts: Vec<&str> = log["items"].as_array().unwrap().iter().map(|entry| entry["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["role", "rules", "described", "named", "role", "added"]);

    assert_eq!(run(&one, &["group", "leave", "later"]).code, 6, "the last owner cannot just leave");
    run(&one, &["group", "leave", "later", "--successor", "bob"]).ok();
    bob.until("bob owns it and is alone", || {
        let members = bob.get(&group)["members"].as_array().unwrap().clone();
        (members.len() == 1 && members[0]["role"] == "owner").then_some(())
    });
    assert!(run(&two, &["group", "show", "later"]).ok().contains("only those with a role write"));
}
