//! Two people, three people, several people on one node: over REST.

use serde_json::{Value, json};

use crate::http::Request;
use crate::node::Node;
use crate::person::{Person, items};

fn group_of(person: &Person, id: &str) -> Value {
    person.get(&format!("/group/{id}"))
}

fn accounts_in(group: &Value) -> Vec<String> {
    let mut accounts: Vec<String> = group["members"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|member| member["state"] == "member")
        .map(|member| member["account"].as_str().unwrap().to_owned())
        .collect();
    accounts.sort();
    accounts
}

/// Waits until the person sees exactly these people in the group.
fn members_become(person: &Person, id: &str, members: &[&Person]) {
    let mut wanted: Vec<String> = members.iter().map(|member| member.id.clone()).collect();
    wanted.sort();
    person.until("the members are right", || {
        let known = items(&person.get("/groups?limit=200")).iter().any(|group| group["id"] == id);
        (known && accounts_in(&group_of(person, id)) == wanted).then_some(())
    });
}

#[test]
fn two_people_on_two_nodes_write_to_each_other() {
    let (one, two) = (Node::start(), Node::start());
    let (alice, bob) = (Person::sign_up(&one, "alice"), Person::sign_up(&two, "bob"));
    alice.befriend(&bob);

    let sent = alice.send(&bob.id, "hello bob, grüße 👋");
    assert_eq!((&sent["self"], &sent["text"]), (&json!(true), &json!("hello bob, grüße 👋")));
    let received = bob.receive(&alice.id, "hello bob, grüße 👋");
    assert_eq!(
        (&received["id"], &received["sender"], &received["self"]),
        (&sent["id"], &json!(alice.id), &json!(false))
    );
    assert_eq!(received["conversation"], sent["conversation"]);

    bob.deliver(&alice.id, "and back");
    assert_eq!(alice.texts(&bob.id), ["hello bob, grüße 👋", "and back"]);
    assert_eq!(bob.texts("alice"), ["hello bob, grüße 👋", "and back"], "by login name");
    assert_eq!(alice.texts(&format!("bob@{}", two.peer_id())), ["hello bob, grüße 👋", "and back"], "by handle");
}

#[test]
fn what_is_written_before_the_invite_is_answered_arrives_after_it() {
    let (mut one, two) = (Node::start(), Node::start());
    let (alice, bob) = (Person::sign_up(&one, "alice"), Person::sign_up(&two, "bob"));
    let link = alice.invite();
    one.kill();
    let asked = bob.post("/contacts", &json!({"link": link})).expect(201);
    assert_eq!(asked["state"], "requested");
    let early = bob.send(&alice.id, "written while you were away");
    assert_eq!(early["state"], "queued");
    one.restart();
    let alice = Person::log_in(&one, "alice");
    let received = alice.until("the early message is there", || {
        let known = alice.contact(&bob)?["conversation"].is_string();
        known.then(|| {
            alice.messages(&bob.id).into_iter().find(|message| message["text"] == "written while you were away")
        })?
    });
    assert_eq!(received["id"], early["id"]);
}

#[test]
fn the_same_id_twice_is_one_message() {
    let (one, two) = (Node::start(), Node::start());
    let (alice, bob) = (Person::sign_up(&one, "alice"), Person::sign_up(&two, "bob"));
    alice.befriend(&bob);
    let request = json!({"to": bob.id, "text": "once", "id": "0191e0a4-3f7b-7c11-9d0e-3f6f0c1c2b3a"});
    let first = alice.post("/chat/send", &request).expect(201);
    let second = alice.post("/chat/send", &request).expect(201);
    assert_eq!((&first["id"], &second["id"]), (&json!("0191e0a4-3f7b-7c11-9d0e-3f6f0c1c2b3a"), &first["id"]));
    bob.deliver(&alice.id, "after it");
    alice.deliver(&bob.id, "and after that");
    assert_eq!(bob.texts(&alice.id).iter().filter(|text| *text == "once").count(), 1);
}

#[test]
fn a_group_of_three_adds_and_removes_and_the_removed_one_reads_nothing_later() {
    let nodes = [Node::start(), Node::start(), Node::start()];
    let [alice, bob, carol] =
        [("alice", 0), ("bob", 1), ("carol", 2)].map(|(name, node)| Person::sign_up(&nodes[node], name));
    alice.befriend(&bob);
    alice.befriend(&carol);

    let made = alice.post("/group/create", &json!({"name": "ops", "members": [bob.id]})).expect(201);
    let ops = made["id"].as_str().unwrap();
    assert_eq!((&made["name"], &made["createdBy"]), (&json!("ops"), &json!(alice.id)));
    members_become(&bob, ops, &[&alice, &bob]);
    alice.deliver(ops, "before carol");

    alice.post(&format!("/group/{ops}/members"), &json!({"account": carol.id})).expect(201);
    members_become(&carol, ops, &[&alice, &bob, &carol]);
    members_become(&bob, ops, &[&alice, &bob, &carol]);
    bob.deliver(ops, "all three");
    carol.deliver(ops, "carol too");
    assert_eq!(carol.texts(ops), ["all three", "carol too"], "a new member reads nothing from before");
    assert_eq!(alice.texts(ops), ["before carol", "all three", "carol too"]);

    assert_eq!(alice.delete(&format!("/group/{ops}/members/{}", carol.id)).status, 204);
    carol.until("carol knows", || (group_of(&carol, ops)["active"] == false).then_some(()));
    members_become(&bob, ops, &[&alice, &bob]);
    alice.deliver(ops, "without carol");
    bob.deliver(ops, "indeed");
    // What came after it on the same path is there, so the other would be as well.
    alice.deliver(&carol.id, "sorry");
    assert_eq!(carol.texts(ops), ["all three", "carol too"], "the removed one reads on");
    let refused = carol.post("/group/send", &json!({"group": ops, "text": "still here?"})).problem();
    assert_eq!(refused, (403, "NOT_MEMBER".to_owned()));
    assert_eq!(bob.texts(ops), ["before carol", "all three", "carol too", "without carol", "indeed"]);
}

#[test]
fn a_member_leaves_and_the_owner_cannot() {
    let nodes = [Node::start(), Node::start()];
    let (alice, bob) = (Person::sign_up(&nodes[0], "alice"), Person::sign_up(&nodes[1], "bob"));
    alice.befriend(&bob);
    let ops = alice.post("/group/create", &json!({"name": "ops", "members": ["bob"]})).expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    members_become(&bob, &ops, &[&alice, &bob]);
    bob.deliver(&ops, "here");

    let own = format!("/group/{ops}/members/{}", alice.id);
    assert_eq!(alice.delete(&own).problem(), (409, "LAST_ADMIN".to_owned()));
    let others = format!("/group/{ops}/members/{}", alice.id);
    assert_eq!(bob.delete(&others).problem(), (403, "NOT_ADMIN".to_owned()));
    assert_eq!(bob.delete(&format!("/group/{ops}/members/{}", bob.id)).status, 204);
    members_become(&alice, &ops, &[&alice]);
    alice.send(&ops, "gone?");
    bob.deliver(&alice.id, "yes");
    assert_eq!(bob.texts(&ops), ["here"]);
}

#[test]
fn several_accounts_on_one_node_are_strangers_until_they_meet() {
    let (one, two) =
        (Node::start_with(&["--listen", "/ip4/127.0.0.1/udp/0/quic-v1", "--registration", "invite"]), Node::start());
    let alice = Person::sign_up(&one, "alice");
    let refused = one.post("/auth/signup", &json!({"name": "dave", "password": "long enough"})).problem();
    assert_eq!(refused, (403, "INVITE_REQUIRED".to_owned()));
    let invite = alice.post("/invites", &json!({"kind": "account"})).expect(201)["link"].clone();
    let dave = Person::sign_up_with(
        &one,
        &json!({"name": "dave", "password": "correct horse battery", "displayName": "Dave D.", "invite": invite}),
    );
    let again =
        one.post("/auth/signup", &json!({"name": "erin", "password": "long enough", "invite": invite})).problem();
    assert_eq!(again, (410, "INVITE_USED".to_owned()));
    assert!(items(&dave.get("/contacts")).is_empty(), "people of one node do not see each other");

    let bob = Person::sign_up(&two, "bob");
    alice.befriend(&dave);
    dave.befriend(&bob);
    alice.deliver(&dave.id, "in the same house");
    dave.deliver(&alice.id, "so near");
    bob.deliver(&dave.id, "from outside");
    assert_eq!(dave.texts(&bob.id), ["from outside"]);
    assert_eq!(dave.texts(&alice.id), ["in the same house", "so near"]);
    assert_eq!(alice.contact(&dave).unwrap()["displayName"], "Dave D.");
    assert_eq!(
        alice.ask(&Request::get(&format!("/chat/{}", bob.id))).problem(),
        (404, "NOT_FOUND".to_owned()),
        "bob is no contact of alice"
    );

    // One locks, the other goes on; what comes meanwhile is kept and read after unlocking.
    assert_eq!(dave.post("/me/lock", &json!({})).status, 204);
    assert_eq!(dave.ask(&Request::get("/chats")).problem(), (423, "LOCKED".to_owned()));
    let kept = bob.send(&dave.id, "while locked");
    bob.until("it is on the disk of dave's node", || {
        bob.messages(&dave.id).into_iter().find(|message| message["id"] == kept["id"] && message["state"] == "sent")
    });
    assert_eq!(alice.get("/me")["locked"], false);
    assert_eq!(dave.post("/me/unlock", &json!({"password": "correct horse battery"})).status, 204);
    dave.receive(&bob.id, "while locked");
}
