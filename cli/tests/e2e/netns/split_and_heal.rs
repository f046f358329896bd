//! A group of five on a bad link that breaks in two and heals (VERIFY P3, P8).

use std::time::{Duration, Instant};

use serde_json::json;

use super::link::Link;
use super::resident::{Resident, View, until};
use crate::person::PATIENCE;

/// From the moment the link is whole again.
pub(super) const HEALED_WITHIN: Duration = Duration::from_secs(30);
/// How long the link is cut at least, unless `TIDINGS_SPLIT_SECONDS` says otherwise: longer than a request (20 s) and a connection without an answer
/// to its pings (35 s) last, so that everything has to be begun anew.
const SPLIT_SECONDS: u64 = 40;
pub(super) const BAD_LINK: [&str; 4] = ["seed=11", "delay_ms=50", "jitter_ms=10", "loss=2"];
const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];

/// Waits until all of them are shown what `wanted` says, and the same.
fn agree(patience: Duration, people: &[&Resident], group: &str, wanted: impl Fn(&View) -> bool) -> Duration {
    until(patience, || {
        let views: Vec<View> = people.iter().map(|person| person.view(group)).collect();
        let same = views.windows(2).all(|pair| pair[0] == pair[1]);
        if same && wanted(&views[0]) { Ok(()) } else { Err(format!("{views:#?}")) }
    })
}

fn has_all(view: &View, texts: &[String]) -> bool {
    texts.iter().all(|text| view.texts.iter().filter(|shown| *shown == text).count() == 1)
}

/// Everybody of `people` says `count` things; gives the texts.
fn all_speak(people: &[&Resident], group: &str, when: &str, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for number in 0..count {
        for person in people {
            let text = format!("{} {when} {number}", person.name);
            person.send(group, &text);
            texts.push(text);
        }
    }
    texts
}

fn split_time() -> Duration {
    let seconds = std::env::var("TIDINGS_SPLIT_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(SPLIT_SECONDS))
}

#[test]
fn five_nodes_split_and_heal() {
    let mut link = Link::new(NAMES.len(), &BAD_LINK);
    let people: Vec<Resident> =
        NAMES.iter().enumerate().map(|(port, name)| Resident::move_in(link.namespace(port), name)).collect();
    let all: Vec<&Resident> = people.iter().collect();
    let alice = all[0];
    for other in &all[1..] {
        other.befriend(alice);
    }
    let members: Vec<&str> = all[1..].iter().map(|person| person.id.as_str()).collect();
    let made = alice.post("/group/create", &json!({"name": "five", "members": members})).expect(201);
    let group = made["id"].as_str().unwrap();
    agree(PATIENCE, &all, group, |view| view.members.len() == NAMES.len());
    let mut texts = all_speak(&all, group, "before", 1);
    agree(PATIENCE, &all, group, |view| has_all(view, &texts));

    let cut = Instant::now();
    link.split(&[&[0, 1], &[2, 3, 4]]);
    let (left, right) = all.split_at(2);
    let said_left = all_speak(left, group, "left", 3);
    let said_right = all_speak(right, group, "right", 3);
    agree(PATIENCE, left, group, |view| has_all(view, &said_left));
    agree(PATIENCE, right, group, |view| has_all(view, &said_right));
    for (side, others) in [(left, &said_right), (right, &said_left)] {
        for person in side {
            let view = person.view(group);
            assert!(others.iter().all(|text| !view.texts.contains(text)), "the link was not cut: {view:?}");
        }
    }
    std::thread::sleep(split_time().saturating_sub(cut.elapsed()));
    link.heal();
    texts.extend(said_left);
    texts.extend(said_right);
    let healed = agree(HEALED_WITHIN, &all, group, |view| has_all(view, &texts) && view.texts.len() == texts.len());
    eprintln!("five nodes agree {:.1} s after the link was whole again", healed.as_secs_f64());
}
