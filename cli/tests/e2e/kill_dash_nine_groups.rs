//! `kill -9` of the owner or of the member while the owner adds or removes the member: afterwards both agree who is in the group, the one
//! who is in reads what is written, the one who is not does not, and nobody is stuck.

use std::time::Duration;

use serde_json::json;

use crate::http::{Reply, Request};
use crate::kill_dash_nine::{Dice, kills, report};
use crate::node::Node;
use crate::person::Person;

/// A change of members takes some milliseconds on either side.
const KILL_WITHIN_MS: u64 = 60;

#[test]
fn a_change_of_members_that_is_cut_short_is_done_or_not_done() {
    let mut dice = Dice::thrown();
    let mut nodes = [Node::start(), Node::start(), Node::start()];
    let names = ["alice", "bob", "carol"];
    let mut people = [0, 1, 2].map(|place: usize| Person::sign_up(&nodes[place], names[place]));
    people[0].befriend(&people[1]);
    people[0].befriend(&people[2]);
    let made = people[0].post("/group/create", &json!({"name": "ops", "members": ["bob", "carol"]})).expect(201);
    let group = made["id"].as_str().unwrap().to_owned();
    people[0].deliver(&group, "all three");

    let mut inside = true;
    // Each round needs several deliveries after a reconnect, so half as many.
    for round in 0..kills().div_ceil(2) {
        inside = !inside;
        let change = change_of(&people[0], &people[2], &group, inside);
        let victim = [0, 2][usize::try_from(dice.below(2)).unwrap()];
        let moment = Duration::from_millis(dice.below(KILL_WITHIN_MS));
        let answer = std::thread::scope(|scope| {
            let answer = scope.spawn(|| change.try_send(&people[0].host));
            // Not a wait for anything: the moment is what the test varies.
            std::thread::sleep(moment);
            nodes[victim].kill();
            answer.join().unwrap()
        });
        nodes[victim].restart();
        people[victim] = Person::log_in(&nodes[victim], names[victim]);
        let settled = answer.is_ok_and(|reply| reply.status < 300);
        report(&format!("round {round}: {} killed after {moment:?}, answered: {settled}", names[victim]));
        if !settled {
            // As a person would: again. That it was done already is fine.
            let again = change_of(&people[0], &people[2], &group, inside).send(&people[0].host);
            assert!(again.status < 300 || is_done_already(&again), "{again:?}");
        }
        check(&people, &group, inside, round);
    }
}

/// The request by which the owner adds or removes.
fn change_of(owner: &Person, member: &Person, group: &str, add: bool) -> Request {
    let request = if add {
        Request::post(&format!("/group/{group}/members"), &json!({"account": member.id}))
    } else {
        Request::delete(&format!("/group/{group}/members/{}", member.id))
    };
    request.token(&owner.token)
}

fn is_done_already(reply: &Reply) -> bool {
    matches!(reply.problem().1.as_str(), "CONFLICT" | "NOT_FOUND" | "NOT_MEMBER")
}

fn check(people: &[Person; 3], group: &str, inside: bool, round: u64) {
    let [alice, bob, carol] = people;
    let path = format!("/group/{group}");
    for person in [alice, bob] {
        person.until("the members are right", || {
            let members = person.get(&path)["members"].as_array().unwrap().clone();
            let joined =
                members.iter().any(|member| member["account"] == carol.id.as_str() && member["state"] == "member");
            (joined == inside).then_some(())
        });
    }
    carol.until("carol knows", || (carol.get(&path)["active"] == inside).then_some(()));
    let text = format!("round {round}");
    alice.deliver(group, &text);
    bob.receive(group, &text);
    alice.deliver(&carol.id, &format!("beside {round}"));
    assert_eq!(carol.texts(group).contains(&text), inside, "round {round}: carol is in: {inside}");
    if inside {
        carol.deliver(group, &format!("carol in {round}"));
    }
}
