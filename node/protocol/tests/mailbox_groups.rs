//! Groups whose members meet at a mailbox only: changes, new queues, and long absences.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::id::ConversationId;
use tidings_protocol::account::policy::{Policy, Role};
use tidings_protocol::command::{Command, GroupChange, Recipient};
use tidings_protocol::log::mailbox::MailboxPolicy;
use tidings_protocol::record;
use tidings_protocol::record::epoch::EpochRecord;
use tidings_protocol::record::log::QueueRecord;
use tidings_protocol::store::snapshot::{Direction, Snapshot};
use tidings_protocol::store::table::{Scope, Table};
use world::{Person, World};

/// Where the mailbox is.
const M: usize = 4;

struct Group {
    world: World,
    alice: Person,
    bob: Person,
    carol: Person,
    dave: Person,
    id: ConversationId,
}

/// A group of four on nodes of their own, who are Alice's contacts and nobody else's. Bob has a mailbox and is an owner as well.
fn group() -> Group {
    let mut world = World::new(5);
    world.make_mailbox(M, MailboxPolicy::Open);
    let [alice, bob, carol, dave] =
        [(0, "alice"), (1, "bob"), (2, "carol"), (3, "dave")].map(|(host, name)| world.sign_up(host, name));
    for other in [bob, carol, dave] {
        world.befriend(alice, other);
    }
    world.add_mailbox(bob, M, &[]);
    let id = world.group(alice, "group", &[bob, carol, dave]);
    let command = Command::SetRole { account: alice.account, conversation: id, member: bob.account, role: Role::Owner };
    world.command(alice.host, command).unwrap();
    world.advance(60_000);
    Group { world, alice, bob, carol, dave, id }
}

impl Group {
    fn rename(&mut self, by: Person, name: &str) {
        let change = GroupChange { name: Some(name.into()), ..GroupChange::default() };
        let command = Command::SetGroup { account: by.account, conversation: self.id, change };
        self.world.command(by.host, command).unwrap();
    }

    fn remove(&mut self, by: Person, member: Person) {
        let command = Command::RemoveMember { account: by.account, conversation: self.id, member: member.account };
        self.world.command(by.host, command).unwrap();
        self.world.advance(5_000);
    }

    fn say(&mut self, from: Person, text: &str) {
        self.world.send(from, Recipient::Conversation(self.id), text).unwrap();
    }

    fn name(&self, person: Person) -> String {
        Policy::parse(&self.world.conversation(person, self.id).policy).unwrap().name()
    }

    fn epoch(&self, person: Person) -> u64 {
        self.world.conversation(person, self.id).epoch
    }

    /// How many epochs of that number a person knows of.
    fn rivals(&self, person: Person, number: u64) -> usize {
        let rows = self.world.rows(person, Table::Epoch).into_iter();
        let rows = rows.filter(|(row, _)| row.starts_with(self.id.as_bytes()));
        rows.filter(|(_, value)| record::decode::<EpochRecord>(value, "test").unwrap().number == number).count()
    }

    /// What a person has read in the group.
    fn texts(&self, person: Person) -> Vec<String> {
        let messages = self.world.messages(person).into_iter();
        messages.filter(|message| message.conversation == Some(self.id)).map(|message| message.text).collect()
    }
}

fn stop_all(world: &mut World, people: &[Person]) {
    for person in people {
        world.stop(person.host);
    }
}

// REQ-MBOX-14
#[test]
fn a_member_changes_a_group_while_nobody_but_a_mailbox_is_there_and_has_read_it_before() {
    let mut all = group();
    let (alice, bob, others) = (all.alice, all.bob, [all.carol, all.dave]);
    stop_all(&mut all.world, &others);
    all.world.split(&[bob.host]);
    let before = all.epoch(alice);
    all.rename(alice, "hers");
    assert_eq!((all.name(alice).as_str(), all.epoch(alice)), ("hers", before + 1));
    all.world.advance(5_000);
    all.world.stop(alice.host);
    // He can reach nobody: what he wants waits.
    all.rename(bob, "then his");
    assert_eq!((all.name(bob).as_str(), all.epoch(bob)), ("group", before));
    all.world.heal();
    // He has built on what she did, and nothing stands beside it.
    assert_eq!((all.name(bob).as_str(), all.epoch(bob)), ("then his", before + 2));
    assert_eq!((all.rivals(bob, before + 1), all.rivals(bob, before + 2)), (1, 1));
    all.world.stop(bob.host);
    all.world.come_back(alice);
    assert_eq!((all.name(alice).as_str(), all.epoch(alice)), ("then his", before + 2));
}

// REQ-MBOX-14
#[test]
fn people_of_one_node_change_their_group_though_a_mailbox_is_off() {
    let mut world = World::new(M + 1);
    world.make_mailbox(M, MailboxPolicy::Open);
    let (alice, carol) = (world.sign_up(0, "alice"), world.sign_up(0, "carol"));
    world.befriend(alice, carol);
    world.add_mailbox(alice, M, &[]);
    let id = world.group(alice, "group", &[carol]);
    world.stop(M);
    world.advance(60_000);
    let mut all = Group { world, alice, bob: alice, carol, dave: carol, id };
    all.rename(alice, "at once");
    assert_eq!((all.name(alice).as_str(), all.name(carol).as_str()), ("at once", "at once"));
}

fn queues_at_mailbox(world: &World) -> usize {
    let store = &world.hosts[M].store;
    let rows = store.range(Scope::Node, Table::Queue, &[], &[0xff; 100], usize::MAX, Direction::Forward).unwrap();
    rows.iter().filter(|(_, value)| !record::decode::<QueueRecord>(value, "test").unwrap().ended).count()
}

// REQ-MBOX-8
#[test]
fn a_stranger_to_the_absent_member_brings_the_next_queue_of_the_group_to_their_mailbox() {
    let mut all = group();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.world.stop(bob.host);
    let before = queues_at_mailbox(&all.world);
    all.remove(alice, carol);
    all.world.stop(alice.host);
    // Dave is no contact of Bob's: the word of the earlier queue's topic key is all he has to show.
    all.say(dave, "in the new queue");
    all.world.advance(60_000);
    assert_eq!(queues_at_mailbox(&all.world), before + 1);
    all.world.stop(dave.host);
    all.world.come_back(bob);
    assert_eq!(all.texts(bob), ["in the new queue"]);
    all.say(bob, "read");
    all.world.advance(60_000);
    all.world.stop(bob.host);
    all.world.come_back(dave);
    assert_eq!(all.texts(dave), ["in the new queue", "read"]);
}

// REQ-MBOX-2
#[test]
fn a_thousand_messages_with_a_hundred_commits_between_them_wait_at_a_mailbox_and_come_in_order() {
    let mut all = group();
    let (alice, bob) = (all.alice, all.bob);
    let others = [bob, all.carol, all.dave];
    stop_all(&mut all.world, &others);
    let texts: Vec<String> = (0..1_000).map(|number| format!("number {number}")).collect();
    for (number, text) in texts.iter().enumerate() {
        if number % 10 == 0 {
            all.rename(alice, &format!("after {number}"));
        }
        all.say(alice, text);
    }
    // Long enough for the mailbox to hear that all others have it.
    all.world.advance(1_000_000);
    let epoch = all.epoch(alice);
    all.world.stop(alice.host);
    all.world.come_back(bob);
    assert_eq!(all.texts(bob), texts);
    assert_eq!((all.name(bob).as_str(), all.epoch(bob)), ("after 990", epoch));
}
