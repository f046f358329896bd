//! Who commits only after hearing what others did: what counts as heard, and for whom nobody waits.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use std::collections::BTreeSet;

use tidings_crypto::id::{ConversationId, QueueId};
use tidings_crypto::outer::TopicKey;
use tidings_protocol::account::policy::{Policy, Role};
use tidings_protocol::command::{Command, GroupChange};
use tidings_protocol::input::Protocol;
use tidings_protocol::record;
use tidings_protocol::record::contact::ContactRecord;
use tidings_protocol::record::conversation::Membership;
use tidings_protocol::record::epoch::EpochRecord;
use tidings_protocol::record::log::QueueRecord;
use tidings_protocol::store::snapshot::Snapshot;
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::WriteSet;
use tidings_protocol::wire::log::PushStatus;
use world::{Person, World};

fn rename(by: Person, conversation: ConversationId, name: &str) -> Command {
    let change = GroupChange { name: Some(name.into()), ..GroupChange::default() };
    Command::SetGroup { account: by.account, conversation, change }
}

fn name(world: &World, person: Person, group: ConversationId) -> String {
    Policy::parse(&world.conversation(person, group).policy).unwrap().name()
}

/// Epochs of a group that build on one on which another builds.
fn forks(world: &World, person: Person, group: ConversationId) -> usize {
    let rows = world.rows(person, Table::Epoch).into_iter().filter(|(row, _)| row.starts_with(group.as_bytes()));
    let parents = rows.filter_map(|(_, value)| record::decode::<EpochRecord>(&value, "test").unwrap().parent);
    let mut seen = BTreeSet::new();
    parents.filter(|parent| !seen.insert(*parent)).count()
}

/// Makes a host take its copy of a queue for a long one whose position at another host was lost, as after a restore.
fn lose_position(world: &mut World, host: usize, other: usize, queue: QueueId) {
    let other = world.hosts[other].id;
    let store = &mut world.hosts[host].store;
    let row = store.get(Scope::Node, Table::Queue, queue.as_bytes()).unwrap().unwrap();
    let mut record: QueueRecord = record::decode(&row, "test").unwrap();
    record.next += 300;
    let mut writes = WriteSet::default();
    writes.put(Scope::Node, Table::Queue, queue.as_bytes().to_vec(), record::encode(&record));
    writes.delete(Scope::Node, Table::PeerCursor, [queue.as_bytes().as_slice(), other.as_bytes()].concat());
    store.commit(writes).unwrap();
}

// REQ-SYNC-9
#[test]
fn who_has_yet_to_reconcile_a_group_with_another_does_not_commit_in_it() {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    world.befriend(alice, bob);
    let mut groups = ["one", "two", "three"].map(|name| world.group(alice, name, &[bob]));
    groups.sort_by_key(|group| world.conversation(alice, *group).queue);
    for group in groups {
        world.set_role(alice, group, bob, Role::Owner).unwrap();
    }
    world.advance(30_000);
    // Two are reconciled at a time, in this order.
    let last = groups[2];
    world.split(&[bob.host]);
    world.rename(bob, last, "by bob");
    for group in groups {
        let queue = world.conversation(alice, group).queue;
        lose_position(&mut world, alice.host, bob.host, queue);
    }
    world.meet(alice.host, bob.host, rename(alice, last, "by alice")).unwrap();
    world.advance(60_000);
    assert_eq!([alice, bob].map(|person| name(&world, person, last)), ["by alice", "by alice"]);
    assert_eq!(forks(&world, bob, last), 0, "she commits on top of what he did");
}

// REQ-SYNC-9
#[test]
fn a_key_package_given_for_a_group_that_has_to_wait_serves_another_one() {
    let mut world = World::new(3);
    let [alice, bob, carol] = [(0, "alice"), (1, "bob"), (2, "carol")].map(|(host, name)| world.sign_up(host, name));
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    let at_hand = |world: &World| {
        let rows = world.rows(alice, Table::Contact).into_iter().filter(|(row, _)| row == bob.account.as_bytes());
        rows.map(|(_, value)| record::decode::<ContactRecord>(&value, "test").unwrap().key_packages.len())
            .sum::<usize>()
    };
    // He gave some key packages when the two got to know each other.
    while at_hand(&world) > 0 {
        world.group(alice, "earlier", &[bob]);
    }
    let waits = world.group(alice, "waits for carol", &[carol]);
    world.advance(30_000);
    world.stop(carol.host);
    world.stop(bob.host);
    world.add_member(alice, waits, bob).unwrap();
    let other = world.group(alice, "for bob", &[bob]);
    // Both are asked for when he comes back, in the order of the groups, and the answer for the one that need not wait is lost.
    let (lost, mut asked) = (if other < waits { 1 } else { 2 }, 0);
    world.tamper = Some(Box::new(move |_, protocol, _| {
        asked += u32::from(protocol == Protocol::Keys);
        (protocol == Protocol::Keys && asked == lost).then(|| vec![0xff; 3])
    }));
    world.come_back(bob);
    assert_eq!(world.conversation(alice, other).members.len(), 2);
    assert_eq!(world.conversation(alice, waits).members.len(), 2);
    world.come_back(carol);
    world.advance(60_000);
    assert_eq!(world.conversation(alice, waits).members.len(), 3);
}

// REQ-SYNC-9
#[test]
fn one_who_goes_while_being_read_is_not_waited_for() {
    let mut world = World::new(3);
    let [alice, bob, carol] = [(0, "alice"), (1, "bob"), (2, "carol")].map(|(host, name)| world.sign_up(host, name));
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    let group = world.group(alice, "before", &[bob, carol]);
    world.advance(30_000);
    world.split(&[carol.host]);
    world.glimpse(alice.host, carol.host, rename(alice, group, "after")).unwrap();
    world.advance(1_000);
    assert_eq!(name(&world, bob, group), "after");
}

const DAY: u64 = 24 * 3600 * 1000;

/// A group of three that alice owns, each on a node of their own.
fn three() -> (World, [Person; 3], ConversationId) {
    let mut world = World::new(3);
    let people = [(0, "alice"), (1, "bob"), (2, "carol")].map(|(host, name)| world.sign_up(host, name));
    for other in &people[1..] {
        world.befriend(people[0], *other);
    }
    let group = world.group(people[0], "ops", &people[1..]);
    world.advance(10_000);
    (world, people, group)
}

// REQ-SYNC-10
#[test]
fn who_is_removed_while_it_is_away_for_months_learns_of_it() {
    let (mut world, [alice, bob, _], group) = three();
    let queue = world.conversation(bob, group).queue;
    world.stop(bob.host);
    world.advance(DAY);
    world.remove_member(alice, group, bob).unwrap();
    // By then nobody remembers the epoch that bob is in.
    world.advance(100 * DAY);
    assert!(!world.conversation(alice, group).queues.contains(&queue));
    world.start(bob.host);
    world.unlock(bob);
    world.advance(60_000);
    assert_eq!(world.conversation(bob, group).membership, Membership::Removed);
    // What is kept for those who are late is not kept for ever.
    world.advance(105 * DAY);
    assert!(world.hosts[alice.host].store.get(Scope::Node, Table::Queue, queue.as_bytes()).unwrap().is_some());
    // Its end is remembered for a while, so that nobody brings it back.
    world.advance(70 * DAY);
    assert_eq!(world.hosts[alice.host].store.get(Scope::Node, Table::Queue, queue.as_bytes()).unwrap(), None);
}

// REQ-SYNC-10
#[test]
fn what_is_kept_for_those_who_are_late_is_kept_also_when_somebody_brings_an_old_entry() {
    let (mut world, [alice, bob, carol], group) = three();
    let old = world.conversation(carol, group);
    world.stop(bob.host);
    world.advance(DAY);
    world.remove_member(alice, group, bob).unwrap();
    world.advance(100 * DAY);
    let profile = world.profile(carol);
    let entry = world.forgery_from(&profile, &old);
    let topic = *TopicKey::derive(&entry.topic_secret).public().as_bytes();
    for (from, to) in [(alice, carol), (carol, alice)] {
        let from = world.hosts[from.host].id;
        assert_eq!(world.push_as(from, to.host, topic, entry.outer().to_bytes()), PushStatus::Kept);
    }
    // As long as something is kept that nobody has asked for.
    world.advance(8 * DAY);
    world.start(bob.host);
    world.unlock(bob);
    world.advance(60_000);
    assert_eq!(world.conversation(bob, group).membership, Membership::Removed);
    world.advance(150 * DAY);
    let row = world.hosts[alice.host].store.get(Scope::Node, Table::Queue, old.queue.as_bytes()).unwrap();
    assert_eq!(row, None, "and no longer than without it");
}
