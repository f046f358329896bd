//! A group that is split, and changed on both sides at once: removed from, added to and renamed (VERIFY P3, P8; issue: rival commits).

use serde_json::json;

use super::link::Link;
use super::resident::{Resident, View, until};
use super::split_and_heal::{BAD_LINK, HEALED_WITHIN};
use crate::http::Request;
use crate::person::PATIENCE;

const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];

impl Resident {
    fn change(&self, path: &str, body: &serde_json::Value) {
        let reply = self.ask(&Request::patch(path, body));
        assert!((200..300).contains(&reply.status), "{} {path}: {reply:?}", self.name);
    }

    fn remove(&self, group: &str, other: &Self) {
        let reply = self.ask(&Request::delete(&format!("/group/{group}/members/{}", other.id)));
        assert!((200..300).contains(&reply.status), "{reply:?}");
    }
}

fn sorted(people: &[&Resident]) -> Vec<String> {
    let mut ids: Vec<String> = people.iter().map(|person| person.id.clone()).collect();
    ids.sort();
    ids
}

/// Name, epoch and members, as all of them are shown.
fn same_group(people: &[&Resident], group: &str) -> Result<View, String> {
    let views: Vec<View> = people.iter().map(|person| View { texts: Vec::new(), ..person.view(group) }).collect();
    if views.windows(2).all(|pair| pair[0] == pair[1]) { Ok(views[0].clone()) } else { Err(format!("{views:#?}")) }
}

// REQ-FORK-2, REQ-FORK-9
#[test]
fn a_group_changed_on_both_sides_of_a_split_is_one_group_again() {
    let mut link = Link::new(NAMES.len(), &BAD_LINK);
    let people: Vec<Resident> =
        NAMES.iter().enumerate().map(|(port, name)| Resident::move_in(link.namespace(port), name)).collect();
    let [alice, bob, carol, dave, erin] = [0, 1, 2, 3, 4].map(|at| &people[at]);
    for other in [bob, carol, dave, erin] {
        other.befriend(alice);
    }
    erin.befriend(carol);
    let members = json!([bob.id, carol.id, dave.id]);
    let made = alice.post("/group/create", &json!({"name": "before", "members": members})).expect(201);
    let group = made["id"].as_str().unwrap();
    let first = [alice, bob, carol, dave];
    let four = sorted(&first);
    until(PATIENCE, || same_group(&first, group).and_then(|view| same(&view.members, &four)));
    alice.change(&format!("/group/{group}/members/{}", carol.id), &json!({"role": "owner"}));
    until(PATIENCE, || same_group(&first, group).map(drop));

    link.split(&[&[0, 1], &[2, 3, 4]]);
    alice.remove(group, dave);
    alice.change(&format!("/group/{group}"), &json!({"name": "from the left"}));
    alice.post(&format!("/group/{group}/members"), &json!({"account": erin.id})).expect(201);
    carol.remove(group, bob);
    carol.change(&format!("/group/{group}"), &json!({"name": "from the right"}));
    carol.post(&format!("/group/{group}/members"), &json!({"account": erin.id})).expect(201);
    alice.send(group, "said on the left");
    carol.send(group, "said on the right");
    until(PATIENCE, || same_group(&[alice, bob], group).and_then(|view| same(&view.name, &json!("from the left"))));
    until(PATIENCE, || same_group(&[carol, erin], group).and_then(|view| same(&view.name, &json!("from the right"))));
    link.heal();

    let left = [alice, carol, erin];
    let three = sorted(&left);
    let healed = until(HEALED_WITHIN, || same_group(&left, group).and_then(|view| same(&view.members, &three)));
    let texts = ["said on the left", "said on the right"];
    let both = |person: &Resident| texts.iter().all(|text| person.view(group).texts.iter().any(|shown| shown == text));
    until(HEALED_WITHIN, || if both(alice) && both(carol) { Ok(()) } else { Err("a message is missing".into()) });
    for speaker in left {
        speaker.send(group, &format!("{} goes on", speaker.name));
    }
    until(HEALED_WITHIN, || {
        let heard =
            |person: &Resident| person.view(group).texts.iter().filter(|text| text.ends_with("goes on")).count();
        let counts = left.map(heard);
        same(&counts, &[3; 3])
    });
    let gone = |person: &Resident| !person.view(group).texts.iter().any(|text| text.ends_with("goes on"));
    assert!(gone(bob) && gone(dave), "who was removed reads on");
    eprintln!("one group {:.1} s after the link was whole again", healed.as_secs_f64());
}

fn same<T: PartialEq + std::fmt::Debug>(one: &T, other: &T) -> Result<(), String> {
    if one == other { Ok(()) } else { Err(format!("{one:?} is not {other:?}")) }
}
