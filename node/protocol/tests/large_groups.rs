//! What is done otherwise because a group is large: receipts, steps, commits that add more people than fit.
#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use tidings_crypto::id::ConversationId;
use tidings_protocol::command::{ChatAct, Command, Recipient};
use tidings_protocol::limits::{COMMIT_ADDS_BYTES_MAX, RECEIPT_MEMBERS_MAX};
use tidings_protocol::query::waiting::{self, Reason};
use tidings_protocol::record::chat::Shown;
use tidings_protocol::record::message::{DeliveryState, MessageRecord};
use world::{Person, World};

/// A founder alone on a node, and friends of it over `hosts` others.
fn many(hosts: usize, friends: usize) -> (World, Person, Vec<Person>) {
    let mut world = World::new(hosts + 1);
    let founder = world.sign_up(0, "founder");
    let friends: Vec<Person> =
        (0..friends).map(|number| world.sign_up(1 + number % hosts, &format!("friend {number}"))).collect();
    for friend in &friends {
        world.befriend(founder, *friend);
    }
    (world, founder, friends)
}

fn message(world: &World, of: Person, text: &str) -> MessageRecord {
    world.messages(of).into_iter().find(|message| message.text == text).unwrap()
}

fn states(world: &World, of: Person, text: &str) -> Vec<DeliveryState> {
    let mut states: Vec<DeliveryState> = message(world, of, text).states.iter().map(|one| one.state).collect();
    states.dedup();
    states
}

fn show_typing(world: &mut World, founder: Person, friends: &[Person]) {
    for person in friends.iter().chain([&founder]) {
        let act = ChatAct::Show { what: Shown::Typing, conversation: None, shown: Some(true) };
        world.command(person.host, Command::Chat { account: person.account, act }).unwrap();
    }
}

fn types(world: &mut World, by: Person, conversation: ConversationId) {
    let act = ChatAct::Typing { conversation, typing: true };
    world.command(by.host, Command::Chat { account: by.account, act }).unwrap();
}

// REQ-DELIV-10, REQ-EPH-3
#[test]
fn above_fifty_members_nobody_sends_receipts_and_a_message_says_why_it_stays_sent() {
    let (mut world, founder, friends) = many(3, RECEIPT_MEMBERS_MAX);
    let group = world.group(founder, "many", &friends);
    assert_eq!(world.conversation(founder, group).members.len(), RECEIPT_MEMBERS_MAX + 1);
    show_typing(&mut world, founder, &friends);
    types(&mut world, founder, group);
    assert_eq!(world.told, [], "nor that they are typing");
    world.send(founder, Recipient::Conversation(group), "to all of you").unwrap();
    world.advance(10_000);
    for friend in &friends {
        assert!(world.texts(*friend).contains(&"to all of you".to_owned()));
        assert_eq!(world.conversation(*friend, group).own_sequence, 0, "a receipt is an entry of one's own");
    }
    assert_eq!(states(&world, founder, "to all of you"), [DeliveryState::Sent]);
    let store = world.hosts.first().map(|host| &host.store).unwrap();
    let waits = waiting::of(store, founder.account, &message(&world, founder, "to all of you")).unwrap();
    assert_eq!(waits.len(), RECEIPT_MEMBERS_MAX);
    assert!(waits.iter().all(|wait| wait.reason == Reason::NoReceipts && wait.next_try.is_none()));
    // One fewer, and they do, for what they owe from before as well.
    let (gone, rest) = friends.split_last().unwrap();
    remove(&mut world, founder, group, *gone);
    types(&mut world, founder, group);
    assert_eq!(world.told.len(), rest.len());
    world.send(founder, Recipient::Conversation(group), "to the rest").unwrap();
    world.advance(10_000);
    assert_eq!(states(&world, founder, "to the rest"), [DeliveryState::Delivered]);
    let before = message(&world, founder, "to all of you");
    let delivered = before.states.iter().filter(|one| one.state == DeliveryState::Delivered).count();
    assert_eq!(delivered, rest.len());
}

fn remove(world: &mut World, by: Person, conversation: ConversationId, member: Person) {
    let command = Command::RemoveMember { account: by.account, conversation, member: member.account };
    world.command(by.host, command).unwrap();
    world.advance(10_000);
}

// REQ-GROUP-13
#[test]
fn a_node_with_many_members_of_a_group_answers_before_all_of_them_have_joined_or_followed() {
    let mut world = World::new(1);
    let founder = world.sign_up(0, "founder");
    let guests: Vec<Person> = (0..60).map(|number| world.sign_up(0, &format!("guest {number}"))).collect();
    for guest in &guests {
        world.befriend(founder, *guest);
    }
    let (late, first) = guests.split_last().unwrap();
    let members = first.iter().map(|guest| guest.account).collect();
    let command =
        Command::CreateGroup { account: founder.account, name: "many".into(), description: String::new(), members };
    world.command(0, command).unwrap();
    let joined = |world: &World| first.iter().filter(|guest| world.conversations(**guest).len() == 2).count();
    let at_once = joined(&world);
    assert!(at_once < 10, "{at_once} have joined in the founder's step");
    world.advance(0);
    assert_eq!(joined(&world), first.len());
    let group = world.conversations(*late).first().map(|_| group_of(&world, founder)).unwrap();
    let command = Command::AddMember { account: founder.account, conversation: group, member: late.account };
    world.command(0, command).unwrap();
    let followed = |world: &World| {
        first.iter().filter(|guest| world.conversation(**guest, group).members.len() == guests.len() + 1).count()
    };
    let at_once = followed(&world);
    assert!(at_once < 50, "{at_once} have followed in the founder's step");
    world.advance(0);
    assert_eq!(followed(&world), first.len());
    assert_eq!(world.conversations(*late).len(), 2);
}

fn group_of(world: &World, person: Person) -> ConversationId {
    let all = world.conversations(person);
    all.iter().find(|record| record.members.len() > 2).unwrap().id
}

#[test]
fn people_who_do_not_fit_into_one_commit_come_with_the_next() {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    world.befriend(alice, bob);
    let group = world.group(alice, "ops", &[bob]);
    let before = world.conversation(bob, group).epoch;
    let guests: Vec<Person> = (0..16).map(|number| world.sign_up_after(0, &format!("guest {number}"), 7)).collect();
    for guest in &guests {
        world.befriend(alice, *guest);
    }
    let bytes: usize = guests.iter().map(|guest| world.directory(*guest).identity_log.len()).sum();
    assert!(bytes > COMMIT_ADDS_BYTES_MAX, "{bytes}");
    // While nobody else can be reached, nothing may be committed.
    world.split(&[1]);
    for guest in &guests {
        let command = Command::AddMember { account: alice.account, conversation: group, member: guest.account };
        world.command(0, command).unwrap();
    }
    world.heal();
    for somebody in guests.iter().chain([&bob]) {
        assert_eq!(world.conversation(*somebody, group).members.len(), guests.len() + 2);
    }
    assert_eq!(world.conversation(bob, group).epoch, before + 2);
}
