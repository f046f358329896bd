//! Reach records: how others learn where somebody's mailboxes are, and whom they believe.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::id::{ConversationId, NodeId};
use tidings_crypto::identity::{Mailbox, ReachRecord};
use tidings_crypto::sign::SigningKey;
use tidings_protocol::command::{Command, Recipient};
use tidings_protocol::log::mailbox::MailboxPolicy;
use tidings_protocol::store::table::Table;
use world::{Person, World};

/// Where the mailbox is.
const M: usize = 3;

/// Alice, Bob and Carol on nodes of their own, and a mailbox that is open.
fn people() -> (World, Person, Person, Person) {
    let mut world = World::new(4);
    world.make_mailbox(M, MailboxPolicy::Open);
    let [alice, bob, carol] = [(0, "alice"), (1, "bob"), (2, "carol")].map(|(host, name)| world.sign_up(host, name));
    (world, alice, bob, carol)
}

/// The mailboxes of `whom` that `who` knows of.
fn known_to(world: &World, who: Person, whom: Person) -> Vec<Mailbox> {
    let rows = world.rows(who, Table::Reach).into_iter();
    let of = rows.filter(|(row, _)| row == whom.account.as_bytes());
    of.flat_map(|(_, bytes)| ReachRecord::parse(&bytes).unwrap().mailboxes().to_vec()).collect()
}

/// The mailbox as [`World::add_mailbox`] names it.
fn named(world: &World) -> Vec<Mailbox> {
    vec![Mailbox { node: world.hosts[M].id, addresses: vec![vec![4, 127, 0, 0, 1]] }]
}

fn remove_mailbox(world: &mut World, person: Person) {
    let node = world.hosts[M].id;
    world.command(person.host, Command::RemoveMailbox { account: person.account, node }).unwrap();
    world.advance(5_000);
}

fn add_member(world: &mut World, by: Person, conversation: ConversationId, member: Person) {
    let command = Command::AddMember { account: by.account, conversation, member: member.account };
    world.command(by.host, command).unwrap();
    world.advance(5_000);
}

// REQ-MBOX-1
#[test]
fn contacts_learn_of_a_mailbox_and_of_its_end_by_an_entry_in_their_conversation() {
    let (mut world, alice, bob, _) = people();
    world.befriend(alice, bob);
    assert_eq!(known_to(&world, alice, bob), []);
    world.add_mailbox(bob, M, &[]);
    assert_eq!(known_to(&world, alice, bob), named(&world));
    // It is no message, and nobody is told of one.
    assert_eq!(world.texts(alice), [""; 0]);
    remove_mailbox(&mut world, bob);
    assert_eq!(known_to(&world, alice, bob), []);
}

// REQ-MBOX-1
#[test]
fn whoever_follows_a_link_learns_of_a_mailbox_before_anything_is_agreed() {
    let (mut world, alice, bob, _) = people();
    world.add_mailbox(alice, M, &[]);
    let link = world.invite(alice);
    // Her mailbox alone is there to answer.
    world.stop(alice.host);
    world.command(bob.host, Command::AddContact { account: bob.account, link }).unwrap();
    world.advance(60_000);
    assert_eq!(known_to(&world, bob, alice), named(&world));
}

// REQ-MBOX-1
#[test]
fn an_inviter_learns_of_a_mailbox_by_the_request_and_uses_it_for_the_welcome() {
    let (mut world, alice, bob, _) = people();
    world.add_mailbox(bob, M, &[]);
    let link = world.invite(alice);
    world.command(bob.host, Command::AddContact { account: bob.account, link }).unwrap();
    // He is gone before she has read it.
    world.lock(alice);
    world.stop(bob.host);
    world.unlock(alice);
    world.advance(60_000);
    assert_eq!(known_to(&world, alice, bob), named(&world));
}

// REQ-MBOX-1
#[test]
fn a_newcomer_learns_of_the_mailboxes_of_members_who_are_no_contacts() {
    let (mut world, alice, bob, carol) = people();
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    world.add_mailbox(bob, M, &[]);
    assert_eq!(known_to(&world, carol, bob), []);
    let group = world.group(alice, "group", &[bob]);
    add_member(&mut world, alice, group, carol);
    assert_eq!(known_to(&world, carol, bob), named(&world));
    remove_mailbox(&mut world, bob);
    assert_eq!(known_to(&world, carol, bob), []);
}

// REQ-MBOX-1
#[test]
fn members_learn_of_the_mailboxes_of_a_newcomer_who_is_no_contact() {
    let (mut world, alice, bob, carol) = people();
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    world.add_mailbox(bob, M, &[]);
    let group = world.group(alice, "group", &[carol]);
    add_member(&mut world, alice, group, bob);
    assert_eq!(known_to(&world, carol, bob), named(&world));
}

// NEGATIVE_TESTS 88
// REQ-MBOX-1
#[test]
fn a_reach_record_that_another_key_signed_or_that_is_older_sends_nobody_anywhere() {
    let (mut world, alice, bob, _) = people();
    world.befriend(alice, bob);
    world.send(bob, Recipient::Account(alice.account), "hello").unwrap();
    world.advance(3_000);
    let id = world.conversations(alice)[0].id;
    let (device, other) = (world.device_keys(bob).device_key, world.device_keys(alice).device_key);
    let record = |account, key: &SigningKey, node: u8, issued_at| {
        let mailbox = Mailbox { node: NodeId::from_bytes([node; 32]), addresses: vec![vec![1]] };
        ReachRecord::create(account, key, vec![mailbox], issued_at).unwrap().to_bytes()
    };
    let known = |world: &World| -> Vec<u8> {
        let rows = world.rows(alice, Table::Reach).into_iter();
        rows.map(|(_, bytes)| ReachRecord::parse(&bytes).unwrap().mailboxes()[0].node.as_bytes()[0]).collect()
    };
    // In her name; in his, but by another key; with a signature that was changed; then his own, and an older one of his.
    let mut forgery = world.forgery(bob, id).body(9, record(alice.account, &device, 1, 5));
    let mut changed = record(bob.account, &device, 6, 20);
    *changed.last_mut().unwrap() ^= 1;
    let bodies = [
        (record(bob.account, &other, 2, 5), vec![]),
        (changed, vec![]),
        (record(bob.account, &device, 3, 9), vec![3]),
        (record(bob.account, &device, 4, 8), vec![3]),
        (record(bob.account, &device, 5, 10), vec![5]),
    ];
    world.publish(&forgery, &[alice]);
    assert_eq!(known(&world), [0; 0]);
    for (body, expected) in bodies {
        forgery = forgery.successor().body(9, body);
        world.publish(&forgery, &[alice]);
        assert_eq!(known(&world), expected);
    }
}
