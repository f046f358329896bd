//! Bans: over the command line, on three nodes, against an admin who adds and a stranger who knocks.

use serde_json::{Value, json};

use crate::http::Request;
use crate::node::Node;
use crate::person::{Person, items};
use crate::shell::run;

fn accounts(group: &Value, list: &str) -> Vec<String> {
    group[list].as_array().unwrap().iter().map(|one| one["account"].as_str().unwrap().to_owned()).collect()
}

// REQ-BAN-1, REQ-BAN-2, REQ-BAN-4
#[test]
fn whoever_is_banned_is_out_cannot_be_added_and_knocks_in_vain_until_it_is_lifted() {
    let (one, two, three) = (Node::start(), Node::start(), Node::start());
    let (alice, bob) = (Person::sign_up(&one, "alice"), Person::sign_up(&two, "bob"));
    let carol = Person::sign_up(&three, "carol");
    alice.befriend(&bob);
    alice.befriend(&carol);
    bob.befriend(&carol);
    let members = json!({"name": "ops", "members": ["bob", "carol"]});
    let ops = alice.post("/group/create", &members).expect(201)["id"].as_str().unwrap().to_owned();
    let group = format!("/group/{ops}");
    for person in [&bob, &carol] {
        person.until("they are in", || (person.ask(&Request::get(&group)).status == 200).then_some(()));
    }
    assert_eq!(run(&two, &["group", "ban", "ops", "carol"]).code, 4, "a member bans nobody");
    run(&one, &["group", "role", "ops", "admin", "bob"]).ok();

    run(&one, &["group", "ban", "ops", "carol"]).ok();
    carol.until("carol is out", || (carol.get(&group)["active"] == false).then_some(()));
    bob.until("bob knows", || (accounts(&bob.get(&group), "banned") == [carol.id.clone()]).then_some(()));
    assert!(!accounts(&alice.get(&group), "members").contains(&carol.id));
    let shown = run(&two, &["group", "show", "ops"]).ok();
    assert!(shown.contains("BANNED") && shown.contains("carol@"), "{shown}");
    let refused = run(&two, &["group", "add", "ops", "carol"]);
    let refused = refused.refused(6);
    assert!(refused.contains("banned from this group") && refused.contains("tidings group unban"), "{refused}");
    assert!(run(&one, &["group", "ban", "ops", "carol"]).refused(6).contains("banned already"));

    run(&one, &["group", "set", "ops", "--join", "link"]).ok();
    let link = run(&one, &["group", "invite", "ops"]).ok();
    run(&three, &["join", &link]).ok();
    carol.until("carol is declined", || {
        run(&three, &["group", "list"]).stdout.contains("refused: whoever made the link has declined").then_some(())
    });
    assert!(items(&alice.get("/requests")).is_empty());

    // By whoever may, also of somebody nobody here knows.
    run(&two, &["group", "unban", "ops", "carol"]).ok();
    assert_eq!(run(&two, &["group", "unban", "ops", "carol"]).code, 5);
    alice.until("the ban is lifted", || accounts(&alice.get(&group), "banned").is_empty().then_some(()));
    run(&one, &["group", "add", "ops", "carol"]).ok();
    carol.until("carol is in again", || (carol.get(&group)["active"] == true).then_some(()));
    let told = run(&one, &["group", "log", "ops"]).ok();
    for line in ["lifted the ban of carol", "banned carol", "removed carol"] {
        assert!(told.contains(line), "{line} is not in:\n{told}");
    }
}
