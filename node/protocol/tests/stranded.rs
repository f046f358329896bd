//! Devices that cannot follow the others: who is let in again and what they get then, who is told to be out, and who only seems to be behind.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::id::ConversationId;
use tidings_protocol::account::policy::{Policy, Role};
use tidings_protocol::command::Recipient;
use tidings_protocol::limits::ANCHORS_MAX;
use tidings_protocol::record::conversation::Membership;
use tidings_protocol::store::table::Table;
use world::{Person, World};

const HOUR: u64 = 3600 * 1000;

struct Apart {
    world: World,
    alice: Person,
    bob: Person,
    carol: Person,
    dave: Person,
    group: ConversationId,
}

/// A group in two halves, alice with carol and bob with dave. Alice has removed bob after her first change, which counts, and has written something;
/// bob and dave have changed so much that they keep no state of before.
fn apart() -> Apart {
    let mut world = World::new(4);
    let [alice, bob, carol, dave] =
        [(0, "alice"), (1, "bob"), (2, "carol"), (3, "dave")].map(|(host, name)| world.sign_up(host, name));
    for other in [bob, carol, dave] {
        world.befriend(alice, other);
    }
    let group = world.group(alice, "before", &[bob, carol, dave]);
    world.set_role(alice, group, carol, Role::Owner).unwrap();
    world.set_role(alice, group, bob, Role::Admin).unwrap();
    world.advance(60_000);
    world.split(&[1, 3]);
    world.rename(alice, group, "wins");
    world.remove_member(alice, group, bob).unwrap();
    world.send(alice, Recipient::Conversation(group), "while you were apart").unwrap();
    for number in 0..ANCHORS_MAX + 4 {
        world.rename(bob, group, &number.to_string());
        world.advance(10_000);
    }
    Apart { world, alice, bob, carol, dave, group }
}

fn name(all: &Apart, person: Person) -> String {
    Policy::parse(&all.world.conversation(person, all.group).policy).unwrap().name()
}

// REQ-FORK-21
#[test]
fn whoever_is_let_in_again_gets_what_was_written_meanwhile_where_it_was_not() {
    let mut all = apart();
    all.world.heal();
    all.world.advance(5 * 60_000);
    let record = all.world.conversation(all.dave, all.group);
    assert_eq!((record.tip, record.is_stranded()), (all.world.conversation(all.alice, all.group).tip, false));
    assert_eq!(name(&all, all.dave), "wins");
    assert_eq!(all.world.texts(all.dave), ["while you were apart"]);
    assert_eq!(all.world.texts(all.carol), ["while you were apart"], "who has it sees it once");
}

// REQ-FORK-22
#[test]
fn whoever_asks_to_be_let_in_and_was_removed_is_told() {
    let mut all = apart();
    assert_eq!(all.world.conversation(all.bob, all.group).membership, Membership::Member);
    all.world.heal();
    all.world.advance(5 * 60_000);
    assert_eq!(all.world.conversation(all.bob, all.group).membership, Membership::Removed);
    // And is in again like anybody else who was removed.
    all.world.add_member(all.alice, all.group, all.bob).unwrap();
    all.world.advance(60_000);
    let record = all.world.conversation(all.bob, all.group);
    assert_eq!(
        (record.membership, record.tip, record.is_stranded()),
        (Membership::Member, all.world.conversation(all.alice, all.group).tip, false)
    );
}

// REQ-FORK-23
#[test]
fn entries_that_nobody_can_open_stop_nobody_and_are_not_waited_for_for_ever() {
    let mut world = World::new(3);
    let [alice, bob, carol] = [(0, "alice"), (1, "bob"), (2, "carol")].map(|(host, name)| world.sign_up(host, name));
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    let group = world.group(alice, "ops", &[bob, carol]);
    world.advance(60_000);
    let mut garbage = world.forgery(carol, group);
    garbage.log_key = [9; 32];
    world.publish(&garbage, &[alice, bob]);
    assert_eq!(world.conversation(bob, group).pending, 1);
    world.advance(5 * HOUR);
    for (from, to) in [(alice, bob), (bob, alice)] {
        assert!(!world.conversation(from, group).is_stranded());
        world.send(from, Recipient::Conversation(group), "goes on").unwrap();
        world.advance(3_000);
        assert_eq!(world.texts(to).last().unwrap(), "goes on");
    }
    let record = world.conversation(bob, group);
    assert_eq!((record.pending, record.tip), (0, world.conversation(alice, group).tip));
}

// REQ-FORK-24
#[test]
fn a_device_that_was_let_in_and_whose_welcome_never_comes_stays_a_member_and_asks_again() {
    let mut world = World::new(2);
    let [alice, bob] = [(0, "alice"), (1, "bob")].map(|(host, name)| world.sign_up(host, name));
    world.befriend(alice, bob);
    let group = world.group(alice, "ops", &[bob]);
    world.advance(60_000);
    // Bob's folder is put back, and alice's node says so while nobody there can let him in.
    let before = world.backup(1);
    world.send(bob, Recipient::Conversation(group), "not in the backup").unwrap();
    world.advance(3_000);
    world.lock(alice);
    world.stop(1);
    world.restore(1, before);
    world.start(1);
    world.unlock(bob);
    world.advance(60_000);
    assert!(world.conversation(bob, group).is_stranded());
    for (row, _) in world.rows(bob, Table::KeyPackage) {
        world.write(bob, Table::KeyPackage, &row, None);
    }
    world.unlock(alice);
    world.advance(10 * 60_000);
    let record = world.conversation(bob, group);
    assert_eq!((record.membership, record.is_stranded()), (Membership::Member, true));
    assert!(world.conversation(alice, group).epoch > record.epoch, "alice has let him in");
    world.advance(7 * HOUR);
    let record = world.conversation(bob, group);
    assert_eq!((record.is_stranded(), record.tip), (false, world.conversation(alice, group).tip));
}
