//! Strangers join a group by link: three nodes, over the command line; approval, refusal, and what each of them is told.

use serde_json::{Value, json};

use crate::http::Request;
use crate::node::Node;
use crate::person::{Person, items};
use crate::shell::run;

/// Waits until `who` is asked about somebody, and gives the request.
fn asked(who: &Person) -> Value {
    who.until("somebody asks", || items(&who.get("/requests")).into_iter().next())
}

fn is_in(who: &Person, group: &str, other: &Person) -> bool {
    let group = who.ask(&Request::get(&format!("/group/{group}")));
    let members =
        if group.status == 200 { group.expect(200)["members"].as_array().unwrap().clone() } else { Vec::new() };
    members.iter().any(|one| one["account"] == other.id.as_str() && one["state"] == "member")
}

// REQ-JOIN-2, REQ-JOIN-3, REQ-JOIN-4
#[test]
fn strangers_join_by_link_are_asked_about_and_are_told_when_not() {
    let (one, two, three) = (Node::start(), Node::start(), Node::start());
    let alice = Person::sign_up(&one, "alice");
    let (bob, carol) = (Person::sign_up(&two, "bob"), Person::sign_up(&three, "carol"));
    let ops = run(&one, &["group", "create", "ops"]).ok();

    let made = run(&one, &["group", "invite", "ops", "--uses", "2", "--note", "from the poster"]);
    assert!(made.stderr.contains("tidings request list"), "the rule of a new group asks: {made:?}");
    let link = made.ok();
    assert!(run(&two, &["contact", "add", &link]).refused(5).contains("leads into a group"));
    let joined = run(&two, &["join", &link]);
    assert!(joined.stderr.starts_with("Asked."), "{joined:?}");
    assert_eq!(joined.ok(), ops);
    assert!(run(&two, &["group", "list"]).ok().contains("asked"));
    assert_eq!(asked(&alice)["note"], "from the poster");
    let listed = run(&one, &["group", "requests", "ops"]).ok();
    assert!(listed.contains("bob@") && listed.contains("#ops"), "{listed}");
    assert_eq!(alice.get(&format!("/group/{ops}"))["members"].as_array().unwrap().len(), 1);
    run(&one, &["request", "accept", "bob"]).ok();
    bob.until("bob is in", || is_in(&bob, &ops, &alice).then_some(()));
    assert!(run(&two, &["group", "list"]).ok().contains("#ops"));
    run(&two, &["send", "#ops", "hello from outside"]).ok();
    alice.receive(&ops, "hello from outside");

    run(&three, &["join", &link]).ok();
    asked(&alice);
    run(&one, &["request", "decline", "carol"]).ok();
    carol.until("carol is told", || {
        run(&three, &["group", "list"]).stdout.contains("refused: whoever made the link has declined").then_some(())
    });
    let events = run(&three, &["listen", "--since", "0", "--types", "request.refused", "--once", "1", "--json"]).json();
    assert_eq!((&events["type"], &events["payload"]["group"]), (&json!("request.refused"), &json!(ops)));
    assert_eq!(run(&one, &["request", "accept", "carol"]).code, 5, "she asks no more");

    run(&one, &["group", "set", "ops", "--join", "link"]).ok();
    let open = run(&one, &["invite", "create", "--group", "ops", "--json"]).json();
    assert_eq!((&open["kind"], &open["approval"]), (&json!("group"), &json!(false)));
    run(&three, &["join", open["link"].as_str().unwrap()]).ok();
    carol.until("carol is in", || is_in(&carol, &ops, &bob).then_some(()));
    bob.until("bob sees her", || is_in(&bob, &ops, &carol).then_some(()));
    for (who, node) in [(&alice, &one), (&bob, &two), (&carol, &three)] {
        assert_eq!(items(&who.get("/contacts")).len(), 0, "nobody became a contact");
        assert_eq!(run(node, &["join", open["link"].as_str().unwrap()]).code, 6, "all are in");
    }
    let how = run(&two, &["group", "recover", "ops"]).ok();
    assert!(how.contains("RUNS IT") && how.contains("--owner MEMBER"), "{how}");
    let refused = run(&two, &["group", "recover", "ops", "--owner", "me"]);
    assert!(refused.refused(6).contains(&alice.id), "alice is there, and it is said: {refused:?}");
    assert_eq!(run(&two, &["group", "recover", "ops", "--withdraw"]).code, 5);
    assert_eq!(run(&two, &["group", "invite", "ops"]).code, 4, "a member adds nobody");
    run(&one, &["group", "set", "ops", "--join", "invited"]).ok();
    let closed = run(&one, &["group", "invite", "ops"]);
    assert!(closed.refused(6).contains("--join approved"), "{closed:?}");
}
