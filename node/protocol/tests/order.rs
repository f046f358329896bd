//! The order in which messages are shown: causal, the same for all, whatever the clocks say (PROTOCOL A7.3).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use tidings_crypto::id::ConversationId;
use tidings_protocol::command::Recipient;
use tidings_protocol::store::table::Table;
use tidings_protocol::wire::inner::Dependency;
use world::{Person, World};

const YEARS: i64 = 10 * 365 * 24 * 3600 * 1000;

struct Group {
    world: World,
    people: Vec<Person>,
    id: ConversationId,
}

/// A group of people on as many nodes.
fn group(size: usize) -> Group {
    let mut world = World::new(size);
    let people: Vec<Person> = (0..size).map(|host| world.sign_up(host, &format!("person{host}"))).collect();
    for other in &people[1..] {
        world.befriend(people[0], *other);
    }
    let id = world.group(people[0], "ops", &people[1..]);
    world.advance(10_000);
    Group { world, people, id }
}

impl Group {
    fn shown(&self, person: Person) -> Vec<String> {
        self.world
            .messages(person)
            .into_iter()
            .filter(|one| one.conversation == Some(self.id))
            .map(|one| one.text)
            .collect()
    }
}

// REQ-MSG-10
#[test]
fn with_clocks_ten_years_off_all_members_see_one_order_and_none_sees_an_answer_before_its_question() {
    for seed in 0..12 {
        let mut rng = ChaCha20Rng::from_seed([seed; 32]);
        let mut group = group(5);
        for host in 0..5 {
            group.world.skew[host] = [-YEARS, 0, YEARS, 3_600_000][(rng.next_u32() % 4) as usize];
        }
        // What each writer saw when it wrote.
        let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for number in 0..40 {
            let host = (rng.next_u32() % 5) as usize;
            if rng.next_u32() % 6 == 0 {
                group.world.hosts[host].online = !group.world.hosts[host].online;
            }
            let writer = group.people[host];
            let text = format!("{number:02}");
            if group.world.hosts[host].online {
                seen.insert(text.clone(), group.shown(writer));
                group.world.send(writer, Recipient::Conversation(group.id), &text).unwrap();
            }
            if rng.next_u32() % 3 == 0 {
                group.world.advance(u64::from(rng.next_u32() % 20_000));
            }
        }
        (0..5).for_each(|host| group.world.hosts[host].online = true);
        group.world.advance(300_000);
        let order = group.shown(group.people[0]);
        assert_eq!(order.len(), seen.len(), "seed {seed}");
        for person in &group.people[1..] {
            assert_eq!(group.shown(*person), order, "seed {seed}");
        }
        let place = |text: &String| order.iter().position(|one| one == text).unwrap();
        for (text, before) in &seen {
            assert!(
                before.iter().all(|one| place(one) < place(text)),
                "seed {seed}: {text} after {before:?}: {order:?}"
            );
        }
    }
}

// NEGATIVE_TESTS 13, 114; REQ-MSG-10
#[test]
fn a_forged_clock_of_zero_does_not_put_an_answer_before_what_it_names_as_seen() {
    let mut group = group(3);
    let (alice, bob, carol) = (group.people[0], group.people[1], group.people[2]);
    // What bob's device wrote last is older than the question: only what the answer names holds it back.
    group.world.stop(bob.host);
    group.world.hosts[bob.host].store.unlock(bob.account);
    group.world.send(alice, Recipient::Conversation(group.id), "question").unwrap();
    group.world.advance(3_000);
    let asked = group.world.device_log(carol, group.id, alice);
    let record = group.world.conversation(bob, group.id);
    let mut tip = group.world.tip(bob, group.id);
    let mut forgery = group.world.forgery(bob, group.id).message(&mut tip, "answer");
    forgery.inner.clock = 0;
    forgery.inner.dependencies = vec![Dependency {
        device: group.world.profile(alice).device,
        sequence: asked.sequence,
        tag: tidings_crypto::LogKey::from_bytes(record.log_key).tag(),
    }];
    // Alice writes on before it arrives: it stands behind what it names, not behind all there is.
    group.world.publish(&forgery, &[carol]);
    group.world.publish(&forgery, &[alice]);
    for person in [alice, carol] {
        assert_eq!(group.shown(person), ["question", "answer"]);
    }
}

#[test]
fn the_clock_of_every_entry_is_kept_for_those_that_build_on_it() {
    let mut group = group(2);
    let (alice, bob) = (group.people[0], group.people[1]);
    group.world.send(alice, Recipient::Conversation(group.id), "one").unwrap();
    group.world.advance(3_000);
    let of_alice = |person: Person| {
        let prefix = [group.id.as_bytes().as_slice(), group.world.profile(alice).device.as_bytes()].concat();
        let rows = group.world.rows(person, Table::EntryClock).into_iter();
        rows.filter(|(row, _)| row.starts_with(&prefix)).collect::<Vec<_>>()
    };
    let (own, other) = (of_alice(alice), of_alice(bob));
    assert!(!other.is_empty() && other.iter().all(|row| own.contains(row)), "{own:?} {other:?}");
}
