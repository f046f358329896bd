//! What people do with Tidings, told against the real core over a perfect network.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_protocol::command::{Command, Recipient};
use tidings_protocol::error::Rejection;
use tidings_protocol::record;
use tidings_protocol::record::contact::{ContactRecord, ContactState};
use tidings_protocol::record::conversation::Membership;
use tidings_protocol::record::message::DeliveryState;
use tidings_protocol::store::table::Table;
use world::World;

fn direct(person: world::Person) -> Recipient {
    Recipient::Account(person.account)
}

#[test]
fn two_people_on_two_nodes_meet_by_invite_and_talk_both_ways() {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    world.befriend(alice, bob);
    let sent = world.send(alice, direct(bob), "hello bob").unwrap();
    assert_eq!(sent.state(), DeliveryState::Queued);
    world.send(bob, direct(alice), "hello alice").unwrap();
    world.advance(3_000);
    for person in [alice, bob] {
        assert_eq!(world.texts(person), ["hello bob", "hello alice"]);
    }
    assert!(
        world
            .messages(alice)
            .iter()
            .filter(|m| m.sender == alice.account)
            .all(|m| m.state() == DeliveryState::Delivered)
    );
}

#[test]
fn two_accounts_of_one_node_take_the_same_way() {
    let mut world = World::new(1);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(0, "bob"));
    world.befriend(alice, bob);
    world.send(bob, direct(alice), "from next door").unwrap();
    world.advance(3_000);
    assert_eq!(world.texts(alice), ["from next door"]);
    assert_eq!(world.messages(bob)[0].state(), DeliveryState::Delivered);
}

// REQ-INV-5
#[test]
fn a_message_written_before_the_conversation_exists_arrives_once_it_does() {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    let link = world.invite(alice);
    world.lock(alice);
    world.command(bob.host, Command::AddContact { account: bob.account, link }).unwrap();
    world.advance(3_000);
    let waiting = world.send(bob, direct(alice), "are you there?").unwrap();
    assert_eq!((waiting.conversation, waiting.state()), (None, DeliveryState::Queued));
    world.unlock(alice);
    assert_eq!(world.texts(alice), ["are you there?"]);
    assert_eq!(world.messages(bob)[0].id, waiting.id);
}

#[test]
fn a_group_of_three_converges_over_add_and_remove_and_the_removed_one_reads_nothing_more() {
    let mut world = World::new(3);
    let (alice, bob, carol) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"), world.sign_up(2, "carol"));
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    let group = world.group(alice, "ops", &[bob]);
    world.send(bob, Recipient::Conversation(group), "before carol").unwrap();
    world
        .command(0, Command::AddMember { account: alice.account, conversation: group, member: carol.account })
        .unwrap();
    world.advance(3_000);
    world.send(carol, Recipient::Conversation(group), "carol is here").unwrap();
    world.advance(3_000);
    assert_eq!(world.texts(bob), ["before carol", "carol is here"]);
    assert_eq!(world.texts(carol), ["carol is here"]);
    world
        .command(0, Command::RemoveMember { account: alice.account, conversation: group, member: bob.account })
        .unwrap();
    world.send(alice, Recipient::Conversation(group), "without bob").unwrap();
    world.advance(3_000);
    assert_eq!(world.texts(carol), ["carol is here", "without bob"]);
    assert_eq!(world.texts(bob), ["before carol", "carol is here"]);
    assert_eq!(world.conversation(bob, group).membership, Membership::Removed);
    let (a, c) = (world.conversation(alice, group), world.conversation(carol, group));
    assert_eq!((a.tip, &a.members), (c.tip, &c.members));
    assert_eq!(world.send(bob, Recipient::Conversation(group), "still here?"), Err(Rejection::NotMember));
}

// REQ-GROUP-7
#[test]
fn a_member_leaves_and_the_owner_cannot() {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    world.befriend(alice, bob);
    let group = world.group(alice, "book club", &[bob]);
    let leave = |person: world::Person| Command::Leave { account: person.account, conversation: group };
    assert_eq!(world.command(0, leave(alice)).unwrap_err(), Rejection::LastAdmin);
    world.command(1, leave(bob)).unwrap();
    world.advance(3_000);
    assert_eq!(world.conversation(bob, group).membership, Membership::Left);
    assert_eq!(world.conversation(alice, group).members, [alice.account]);
}

#[test]
fn somebody_who_was_removed_can_be_added_again_and_talks_on() {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    world.befriend(alice, bob);
    let group = world.group(alice, "ops", &[bob]);
    world.send(bob, Recipient::Conversation(group), "one").unwrap();
    world
        .command(0, Command::RemoveMember { account: alice.account, conversation: group, member: bob.account })
        .unwrap();
    world.advance(3_000);
    world.send(alice, Recipient::Conversation(group), "unseen").unwrap();
    world.command(0, Command::AddMember { account: alice.account, conversation: group, member: bob.account }).unwrap();
    world.advance(3_000);
    world.send(bob, Recipient::Conversation(group), "two").unwrap();
    world.send(alice, Recipient::Conversation(group), "three").unwrap();
    world.advance(3_000);
    assert_eq!(world.texts(alice), ["one", "unseen", "two", "three"]);
    assert_eq!(world.texts(bob), ["one", "two", "three"]);
}

// REQ-DELIV-3, REQ-DELIV-4, REQ-DELIV-7
#[test]
fn what_is_sent_to_a_stopped_and_then_locked_node_arrives_when_it_is_back() {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    world.befriend(alice, bob);
    world.stop(1);
    for number in 0..300 {
        world.send(alice, direct(bob), &format!("{number:03}")).unwrap();
    }
    world.advance(600_000);
    assert!(world.messages(alice).iter().all(|message| message.state() == DeliveryState::Queued));
    world.start(1);
    assert!(world.messages(alice).iter().all(|message| message.state() == DeliveryState::Sent));
    world.unlock(bob);
    world.advance(10_000);
    assert_eq!(world.texts(bob), (0..300).map(|number| format!("{number:03}")).collect::<Vec<_>>());
    assert!(world.messages(alice).iter().all(|message| message.state() == DeliveryState::Delivered));
}

#[test]
fn acknowledgements_that_came_while_the_sender_was_locked_count_when_it_unlocks() {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    world.befriend(alice, bob);
    world.stop(1);
    world.send(alice, direct(bob), "see you").unwrap();
    world.lock(alice);
    world.start(1);
    world.unlock(alice);
    assert_eq!(world.messages(alice)[0].state(), DeliveryState::Sent);
}

// REQ-INV-4
#[test]
fn an_invite_works_once_and_a_second_follower_is_told_why_not() {
    let mut world = World::new(3);
    let (alice, bob, eve) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"), world.sign_up(2, "eve"));
    let link = world.invite(alice);
    for person in [bob, eve] {
        world.command(person.host, Command::AddContact { account: person.account, link: link.clone() }).unwrap();
        world.advance(3_000);
    }
    assert_eq!(world.conversations(bob).len(), 1);
    let refused: ContactRecord = record::decode(&world.rows(eve, Table::Contact)[0].1, "test").unwrap();
    assert_eq!(
        (refused.state, refused.refusal.as_str()),
        (ContactState::Refused, "the invite was already used or revoked")
    );
    assert_eq!(world.conversations(eve).len(), 0);
    assert_eq!(world.conversations(alice).len(), 1);
}

#[test]
fn an_expired_invite_is_refused_by_both_sides() {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    let link = world.invite(alice);
    world.advance(86_400_000 + 1_000);
    let refused = world.command(1, Command::AddContact { account: bob.account, link });
    assert_eq!(refused.unwrap_err(), Rejection::InviteExpired);
}

// REQ-DELIV-1
#[test]
fn the_same_client_id_sends_one_message() {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    world.befriend(alice, bob);
    let send = || Command::Send { account: alice.account, to: direct(bob), text: "once".into(), client_id: [5; 16] };
    world.command(0, send()).unwrap();
    world.command(0, send()).unwrap();
    world.advance(3_000);
    assert_eq!(world.texts(bob), ["once"]);
    assert_eq!(world.texts(alice), ["once"]);
}
