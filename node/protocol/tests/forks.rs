//! Rival commits in the real core: both sides of a split change a group, and it is one group afterwards. Faults in all mixtures are the
//! simulator's; here stands each outcome by name.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::id::ConversationId;
use tidings_protocol::account::policy::{Policy, Role};
use tidings_protocol::command::{Command, GroupChange, Recipient};
use tidings_protocol::record::conversation::{ConversationRecord, Membership};
use world::{Person, World};

struct Four {
    world: World,
    alice: Person,
    bob: Person,
    carol: Person,
    dave: Person,
    group: ConversationId,
}

/// A group founded by alice, with carol as second owner, each of four on a node of their own.
fn four() -> Four {
    let mut world = World::new(5);
    let [alice, bob, carol, dave] =
        [(0, "alice"), (1, "bob"), (2, "carol"), (3, "dave")].map(|(host, name)| world.sign_up(host, name));
    for other in [bob, carol, dave] {
        world.befriend(alice, other);
    }
    let group = world.group(alice, "before", &[bob, carol, dave]);
    let mut all = Four { world, alice, bob, carol, dave, group };
    all.role(alice, carol, Role::Owner);
    all.world.advance(60_000);
    all
}

impl Four {
    fn role(&mut self, by: Person, member: Person, role: Role) {
        let (account, conversation, member) = (by.account, self.group, member.account);
        self.world.command(by.host, Command::SetRole { account, conversation, member, role }).unwrap();
    }

    fn remove(&mut self, by: Person, member: Person) {
        let (account, conversation, member) = (by.account, self.group, member.account);
        self.world.command(by.host, Command::RemoveMember { account, conversation, member }).unwrap();
    }

    fn rename(&mut self, by: Person, name: &str) {
        let change = GroupChange { name: Some(name.into()), ..GroupChange::default() };
        let (account, conversation) = (by.account, self.group);
        self.world.command(by.host, Command::SetGroup { account, conversation, change }).unwrap();
    }

    fn say(&mut self, from: Person, text: &str) {
        self.world.send(from, Recipient::Conversation(self.group), text).unwrap();
    }

    fn record(&self, person: Person) -> ConversationRecord {
        self.world.conversation(person, self.group)
    }

    fn name(&self, person: Person) -> String {
        Policy::parse(&self.record(person).policy).unwrap().name()
    }

    /// All of them are at one epoch and nobody else takes part.
    fn assert_one_group(&self, people: &[Person]) {
        let mut members: Vec<_> = people.iter().map(|person| person.account).collect();
        members.sort_unstable();
        for person in people {
            let record = self.record(*person);
            let mut inside = record.members.clone();
            inside.sort_unstable();
            assert_eq!((record.membership, record.tip), (Membership::Member, self.record(people[0]).tip));
            assert_eq!((inside, record.stranded, record.pending), (members.clone(), false, 0));
        }
    }
}

// NEGATIVE_TESTS 60
// REQ-FORK-1
#[test]
fn of_two_owners_who_remove_each_other_the_senior_stays() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.world.split(&[2, 3]);
    all.remove(alice, carol);
    // Carol may not remove who is senior; she removes bob instead, who helps alice.
    all.remove(carol, bob);
    all.world.advance(60_000);
    assert!(!all.record(dave).members.contains(&bob.account) && !all.record(bob).members.contains(&carol.account));
    all.world.heal();
    all.assert_one_group(&[alice, bob, dave]);
    assert_eq!(all.record(carol).membership, Membership::Removed);
}

// NEGATIVE_TESTS 66, 74
// REQ-FORK-9
#[test]
fn what_both_sides_did_and_said_in_a_split_is_there_afterwards() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.world.split(&[2, 3]);
    all.rename(alice, "left");
    all.say(bob, "on the left");
    all.remove(carol, dave);
    all.rename(carol, "right");
    all.say(carol, "on the right");
    all.world.advance(60_000);
    all.world.heal();
    all.assert_one_group(&[alice, bob, carol]);
    assert!(["left", "right"].contains(&all.name(alice).as_str()));
    assert_eq!(all.name(alice), all.name(carol));
    for person in [alice, bob, carol] {
        let texts = all.world.texts(person);
        assert!(texts.contains(&"on the left".into()) && texts.contains(&"on the right".into()), "{texts:?}");
    }
    assert_eq!(all.record(dave).membership, Membership::Removed);
    all.say(bob, "after");
    all.world.advance(3_000);
    assert!(all.world.texts(carol).contains(&"after".into()));
    assert!(!all.world.texts(dave).contains(&"after".into()));
}

// NEGATIVE_TESTS 66
#[test]
fn what_was_said_under_the_new_topic_of_the_side_that_loses_is_read_all_the_same() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.world.split(&[2, 3]);
    all.remove(alice, dave);
    all.say(alice, "on the left");
    all.remove(carol, bob);
    all.say(carol, "on the right");
    all.world.advance(60_000);
    all.world.heal();
    all.assert_one_group(&[alice, carol]);
    for person in [alice, carol] {
        let texts = all.world.texts(person);
        assert!(texts.contains(&"on the left".into()) && texts.contains(&"on the right".into()), "{texts:?}");
    }
}

// NEGATIVE_TESTS 66
// REQ-FORK-9
#[test]
fn what_was_refused_on_the_side_that_loses_is_read_after_all() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let mut tip = all.world.tip(bob, all.group);
    let message = all.world.forgery(bob, all.group).message(&mut tip, "by somebody whom they removed");
    all.world.split(&[2, 3]);
    all.remove(alice, dave);
    all.remove(carol, bob);
    all.world.advance(60_000);
    all.world.publish(&message, &[carol]);
    assert!(!all.world.texts(carol).contains(&"by somebody whom they removed".into()));
    all.world.heal();
    all.world.advance(60_000);
    assert!(all.world.texts(carol).contains(&"by somebody whom they removed".into()));
}

// NEGATIVE_TESTS 61
#[test]
fn who_is_added_on_the_side_that_loses_is_added_again() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let erin = all.world.sign_up(4, "erin");
    all.world.befriend(carol, erin);
    all.world.split(&[2, 3, 4]);
    let add = Command::AddMember { account: carol.account, conversation: all.group, member: erin.account };
    all.world.command(carol.host, add).unwrap();
    all.remove(alice, dave);
    all.world.advance(60_000);
    all.world.heal();
    all.assert_one_group(&[alice, bob, carol, erin]);
    all.say(alice, "welcome");
    all.world.advance(3_000);
    assert_eq!(all.world.texts(erin), ["welcome"]);
}

// REQ-GROUP-10
#[test]
fn a_removal_gives_the_others_a_queue_that_the_removed_one_does_not_know() {
    let mut all = four();
    let before = all.record(all.dave).queue;
    all.remove(all.alice, all.dave);
    all.world.advance(3_000);
    let after = all.record(all.bob);
    assert_ne!(after.queue, before);
    assert_eq!(after.queue, all.record(all.carol).queue);
    assert!(!all.record(all.dave).queues.contains(&after.queue));
}

// REQ-GROUP-11
#[test]
fn the_members_of_a_small_group_renew_their_leaves_within_a_day() {
    let mut all = four();
    let first = all.record(all.alice).epoch;
    all.world.advance(26 * 3_600_000);
    let renewed = all.record(all.alice).epoch - first;
    assert!(renewed >= 4, "{renewed} commits");
    all.assert_one_group(&[all.alice, all.bob, all.carol, all.dave]);
}

// NEGATIVE_TESTS 61
// REQ-FORK-9, REQ-FORK-14
#[test]
fn who_was_added_on_the_side_that_loses_by_somebody_who_lost_that_right_is_told() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let erin = all.world.sign_up(4, "erin");
    all.world.befriend(carol, erin);
    all.world.split(&[2, 3, 4]);
    let add = Command::AddMember { account: carol.account, conversation: all.group, member: erin.account };
    all.world.command(carol.host, add).unwrap();
    all.role(alice, carol, Role::Member);
    all.world.advance(60_000);
    assert_eq!(all.record(erin).membership, Membership::Member);
    all.world.heal();
    all.assert_one_group(&[alice, bob, carol, dave]);
    assert_eq!(all.record(erin).membership, Membership::Removed);
}

// NEGATIVE_TESTS 61
// REQ-FORK-9, REQ-FORK-14
#[test]
fn who_was_added_on_the_side_that_loses_by_somebody_who_was_removed_is_told() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let erin = all.world.sign_up(4, "erin");
    all.world.befriend(carol, erin);
    all.world.split(&[2, 3, 4]);
    let add = Command::AddMember { account: carol.account, conversation: all.group, member: erin.account };
    all.world.command(carol.host, add).unwrap();
    all.remove(alice, carol);
    all.world.advance(60_000);
    assert_eq!(all.record(erin).membership, Membership::Member);
    all.world.heal();
    all.assert_one_group(&[alice, bob, dave]);
    for out in [carol, erin] {
        assert_eq!(all.record(out).membership, Membership::Removed);
    }
    // Who is let in after all takes part.
    all.world.befriend(alice, erin);
    let add = Command::AddMember { account: alice.account, conversation: all.group, member: erin.account };
    all.world.command(alice.host, add).unwrap();
    all.world.advance(60_000);
    all.assert_one_group(&[alice, bob, dave, erin]);
    all.say(alice, "welcome");
    all.world.advance(3_000);
    assert_eq!(all.world.texts(erin), ["welcome"]);
}

// NEGATIVE_TESTS 16
// REQ-FORK-16
#[test]
fn a_device_whose_folder_is_put_back_is_let_in_again_and_who_comes_later_reads_it() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let backup = all.world.backup(bob.host);
    all.say(bob, "after the copy was made");
    all.world.advance(10_000);
    all.world.restore(bob.host, backup);
    all.world.unlock(bob);
    all.world.advance(120_000);
    all.assert_one_group(&[alice, bob, carol, dave]);
    assert_eq!(all.record(bob).generation, 1);
    let erin = all.world.sign_up(4, "erin");
    all.world.befriend(alice, erin);
    let add = Command::AddMember { account: alice.account, conversation: all.group, member: erin.account };
    all.world.command(alice.host, add).unwrap();
    all.world.advance(10_000);
    all.say(bob, "to all");
    all.world.advance(10_000);
    for person in [alice, carol, dave, erin] {
        assert_eq!(all.world.texts(person).last().unwrap(), "to all");
    }
}

// REQ-FORK-9, REQ-FORK-13
#[test]
fn a_rename_by_somebody_who_is_removed_at_the_same_time_holds_nobody_up() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.role(alice, bob, Role::Admin);
    all.world.advance(10_000);
    all.world.split(&[1, 3]);
    all.remove(alice, bob);
    all.rename(bob, "not to be");
    all.say(bob, "said under an epoch that loses");
    all.world.advance(60_000);
    all.world.heal();
    all.world.advance(60_000);
    all.assert_one_group(&[alice, carol, dave]);
    assert_eq!((all.name(carol).as_str(), all.record(bob).membership), ("before", Membership::Removed));
}

// REQ-FORK-1
#[test]
fn whom_a_junior_removes_while_a_senior_removes_the_junior_stays() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.role(alice, bob, Role::Owner);
    all.world.advance(10_000);
    all.world.split(&[2, 3]);
    all.remove(bob, dave);
    all.remove(carol, bob);
    all.world.advance(60_000);
    all.world.heal();
    all.world.advance(60_000);
    all.assert_one_group(&[alice, carol, dave]);
    assert_eq!(all.record(bob).membership, Membership::Removed);
    all.say(dave, "still here");
    all.world.advance(10_000);
    assert!(all.world.texts(alice).contains(&"still here".into()));
}

// REQ-FORK-15
#[test]
fn of_several_names_given_while_nobody_was_near_the_last_one_stands() {
    let mut all = four();
    let (alice, carol) = (all.alice, all.carol);
    all.world.split(&[0]);
    for name in ["one", "two", "three", "four", "five"] {
        all.rename(alice, name);
    }
    all.remove(carol, all.dave);
    all.world.advance(60_000);
    all.world.heal();
    all.assert_one_group(&[alice, all.bob, carol]);
    assert_eq!(all.name(carol), "five");
}

// REQ-FORK-15
#[test]
fn who_was_added_and_removed_again_on_the_side_that_loses_stays_out() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let erin = all.world.sign_up(4, "erin");
    all.world.befriend(carol, erin);
    all.world.split(&[2, 3, 4]);
    let (account, conversation, member) = (carol.account, all.group, erin.account);
    all.world.command(carol.host, Command::AddMember { account, conversation, member }).unwrap();
    all.world.advance(10_000);
    assert_eq!(all.record(erin).membership, Membership::Member);
    all.remove(carol, erin);
    all.remove(alice, dave);
    all.world.advance(60_000);
    all.world.heal();
    all.world.advance(60_000);
    all.assert_one_group(&[alice, bob, carol]);
    assert_eq!(all.record(erin).membership, Membership::Removed);
}
