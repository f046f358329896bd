//! Rival commits in the real core: both sides of a split change a group, and it is one group afterwards. Faults in all mixtures are the
//! simulator's; here stands each outcome by name.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::id::ConversationId;
use tidings_protocol::account::policy::{Policy, Role};
use tidings_protocol::command::Recipient;
use tidings_protocol::limits::ANCHORS_MAX;
use tidings_protocol::record::conversation::{ConversationRecord, Membership};
use tidings_protocol::record::message::DeliveryState;
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
        self.world.set_role(by, self.group, member, role).unwrap();
    }

    fn add(&mut self, by: Person, member: Person) {
        self.world.add_member(by, self.group, member).unwrap();
    }

    fn remove(&mut self, by: Person, member: Person) {
        self.world.remove_member(by, self.group, member).unwrap();
    }

    fn rename(&mut self, by: Person, name: &str) {
        self.world.rename(by, self.group, name);
    }

    /// Erin, whom `somebody` knows and who is in no group yet.
    fn erin(&mut self, somebody: Person) -> Person {
        let erin = self.world.sign_up(4, "erin");
        self.world.befriend(somebody, erin);
        erin
    }

    fn say(&mut self, from: Person, text: &str) {
        self.world.send(from, Recipient::Conversation(self.group), text).unwrap();
    }

    /// The folder as it was before this person has said something; the others see it.
    fn put_back_the_folder_of(&mut self, person: Person) {
        let backup = self.world.backup(person.host);
        self.say(person, "after the copy was made");
        self.world.advance(10_000);
        self.world.restore(person.host, backup);
        self.world.unlock(person);
        self.world.advance(120_000);
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
            assert_eq!((inside, record.is_stranded(), record.pending), (members.clone(), false, 0));
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

/// Dave is removed on the left, carol speaks on the right, and alice and bob have given up the state in which both sides began.
fn apart_for_long(all: &mut Four) {
    let (alice, carol, dave) = (all.alice, all.carol, all.dave);
    all.world.split(&[2, 3]);
    all.remove(alice, dave);
    all.rename(carol, "right");
    all.world.advance(10_000);
    all.say(carol, "said on the right");
    for number in 0..2 * ANCHORS_MAX {
        all.rename(alice, &format!("left {number}"));
        all.world.advance(1_000);
    }
}

// NEGATIVE_TESTS 66
// REQ-FORK-17
#[test]
fn what_was_said_where_the_others_kept_no_state_is_written_anew_for_them() {
    let mut all = four();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    apart_for_long(&mut all);
    all.world.heal();
    all.world.advance(120_000);
    for person in [alice, bob, carol] {
        let texts = all.world.texts(person);
        assert_eq!(texts.iter().filter(|text| *text == "said on the right").count(), 1, "{texts:?}");
    }
    // What the two cannot open waits with them still.
    assert_eq!((all.record(bob).tip, all.record(carol).tip), (all.record(alice).tip, all.record(alice).tip));
}

// REQ-FORK-20
#[test]
fn what_was_said_before_more_changes_than_states_are_kept_of_is_written_anew_once() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.world.split(&[dave.host]);
    all.say(dave, "said while away");
    for number in 0..2 * ANCHORS_MAX {
        all.rename(alice, &format!("change {number}"));
        all.world.advance(1_000);
    }
    all.world.heal();
    all.world.advance(120_000);
    for person in [alice, bob, carol, dave] {
        let texts = all.world.texts(person);
        assert_eq!(texts.iter().filter(|text| *text == "said while away").count(), 1, "{texts:?}");
    }
    let message = all.world.messages(dave).into_iter().find(|message| message.text == "said while away").unwrap();
    assert!(message.states.iter().all(|one| one.state == DeliveryState::Delivered), "{:?}", message.states);
}

// NEGATIVE_TESTS 66, 87
// REQ-FORK-17
#[test]
fn who_came_in_meanwhile_is_not_written_anew_what_was_said_before() {
    let mut all = four();
    let (alice, carol) = (all.alice, all.carol);
    let erin = all.erin(alice);
    apart_for_long(&mut all);
    all.add(alice, erin);
    all.world.heal();
    all.world.advance(120_000);
    all.say(carol, "said to all");
    all.world.advance(10_000);
    assert_eq!(all.world.texts(erin), ["said to all"]);
}

// NEGATIVE_TESTS 61
#[test]
fn who_is_added_on_the_side_that_loses_is_added_again() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let erin = all.erin(carol);
    all.world.split(&[2, 3, 4]);
    all.add(carol, erin);
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
    let erin = all.erin(carol);
    all.world.split(&[2, 3, 4]);
    all.add(carol, erin);
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
    let erin = all.erin(carol);
    all.world.split(&[2, 3, 4]);
    all.add(carol, erin);
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
    all.add(alice, erin);
    all.world.advance(60_000);
    all.assert_one_group(&[alice, bob, dave, erin]);
    all.say(alice, "welcome");
    all.world.advance(3_000);
    assert_eq!(all.world.texts(erin), ["welcome"]);
}

// NEGATIVE_TESTS 61
// REQ-FORK-14, REQ-FORK-18
#[test]
fn who_is_let_in_after_the_word_that_its_branch_lost_waits_for_nothing_that_was_said_there() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let erin = all.erin(carol);
    all.world.split(&[2, 3, 4]);
    all.add(carol, erin);
    all.remove(alice, carol);
    all.world.advance(60_000);
    for away in [carol, erin] {
        all.world.stop(away.host);
    }
    all.say(dave, "missed");
    all.world.stop(dave.host);
    for back in [carol, erin] {
        all.world.come_back(back);
    }
    all.world.heal();
    assert_eq!(all.record(erin).membership, Membership::Removed);
    all.world.befriend(alice, erin);
    all.add(alice, erin);
    all.world.advance(60_000);
    // What dave says next builds on what erin can't get any more.
    all.world.come_back(dave);
    all.say(dave, "after");
    all.world.advance(10_000);
    all.assert_one_group(&[alice, bob, dave, erin]);
    assert!(all.world.texts(erin).contains(&"after".into()), "{:?}", all.world.texts(erin));
}

// NEGATIVE_TESTS 61
// REQ-FORK-14
#[test]
fn who_was_removed_and_is_added_again_on_the_side_that_loses_is_told_as_a_newcomer_is() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let erin = all.erin(carol);
    all.add(carol, erin);
    all.world.advance(10_000);
    all.remove(alice, erin);
    all.world.advance(10_000);
    assert_eq!(all.record(erin).membership, Membership::Removed);
    all.world.split(&[carol.host, dave.host, erin.host]);
    all.add(carol, erin);
    all.remove(alice, carol);
    all.world.advance(60_000);
    assert_eq!(all.record(erin).membership, Membership::Member);
    all.world.heal();
    for out in [carol, erin] {
        assert_eq!(all.record(out).membership, Membership::Removed);
    }
    all.assert_one_group(&[alice, bob, dave]);
}

// REQ-FORK-19
#[test]
fn what_is_said_to_somebody_who_was_never_let_in_is_not_tried_for_ever() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let erin = all.erin(carol);
    all.world.split(&[carol.host, dave.host, erin.host]);
    all.remove(alice, carol);
    for away in [alice, bob, dave] {
        all.world.stop(away.host);
    }
    // Carol has erin's key package before anybody is there to commit for, and the welcome when erin is gone.
    all.add(carol, erin);
    all.world.stop(erin.host);
    all.world.come_back(dave);
    assert!(all.record(dave).members.contains(&erin.account));
    all.world.stop(carol.host);
    for back in [alice, bob, erin] {
        all.world.come_back(back);
    }
    all.world.heal();
    all.assert_one_group(&[alice, bob, dave]);
    assert!(all.world.conversations(erin).iter().all(|record| record.id != all.group), "erin was let in");
    for person in [alice, bob, dave] {
        assert_eq!(all.world.outbox(person.host, erin.host), 0);
    }
    // The welcome arrives after all, and with it the word that it leads nowhere.
    all.world.come_back(carol);
    assert_eq!(all.record(erin).membership, Membership::Removed);
}

// NEGATIVE_TESTS 16
// REQ-FORK-16
#[test]
fn a_device_whose_folder_is_put_back_is_let_in_again_and_who_comes_later_reads_it() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.put_back_the_folder_of(bob);
    all.assert_one_group(&[alice, bob, carol, dave]);
    assert_eq!(all.record(bob).generation, 1);
    let erin = all.erin(alice);
    all.add(alice, erin);
    all.world.advance(10_000);
    all.say(bob, "to all");
    all.world.advance(10_000);
    for person in [alice, carol, dave, erin] {
        assert_eq!(all.world.texts(person).last().unwrap(), "to all");
    }
}

// REQ-FORK-16
#[test]
fn who_comes_while_a_device_is_out_that_was_let_back_in_once_reads_it_when_it_is_in_again() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.put_back_the_folder_of(bob);
    all.remove(alice, bob);
    all.world.advance(10_000);
    let erin = all.erin(alice);
    all.add(alice, erin);
    all.world.advance(10_000);
    all.add(alice, bob);
    all.world.advance(10_000);
    all.assert_one_group(&[alice, bob, carol, dave, erin]);
    all.say(bob, "in again");
    all.world.advance(3_000);
    assert_eq!(all.world.texts(erin), ["in again"]);
}

// REQ-FORK-16
#[test]
fn a_device_let_back_in_on_a_branch_that_loses_writes_nothing_that_nobody_takes() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.world.split(&[1, 3]);
    all.put_back_the_folder_of(bob);
    assert_eq!(all.record(bob).tip, all.record(dave).tip);
    assert_eq!(all.record(bob).generation, 1);
    all.rename(alice, "wins");
    // Dave, who let it in and will do so again, is away; nor can the others yet, though their nodes say what they did.
    all.world.lock(alice);
    all.world.lock(carol);
    all.world.split(&[3]);
    all.world.advance(120_000);
    assert_eq!((all.name(bob), all.record(bob).is_stranded()), ("wins".to_owned(), true));
    // This is said later, when the device is in.
    all.say(bob, "on the other branch");
    all.world.heal();
    all.world.unlock(alice);
    all.world.unlock(carol);
    all.world.advance(7 * 60 * 60 * 1000);
    all.assert_one_group(&[alice, bob, carol, dave]);
    for person in [alice, carol, dave] {
        assert_eq!(all.world.texts(person), ["after the copy was made", "on the other branch"]);
    }
}

/// How the last message of `from` stands with `to`.
fn state_of(all: &Four, from: Person, to: Person) -> DeliveryState {
    let messages = all.world.messages(from);
    let states = &messages.iter().rfind(|message| message.sender == from.account).unwrap().states;
    states.iter().find(|state| state.account == to.account).unwrap().state
}

// REQ-DELIV-5
#[test]
fn what_came_just_before_a_removal_that_loses_is_receipted_all_the_same() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    // Before the second is over after which receipts go out.
    all.say(dave, "hello");
    all.world.split(&[1, 2]);
    all.remove(carol, bob);
    assert_eq!(all.record(bob).membership, Membership::Removed);
    all.remove(alice, carol);
    all.world.heal();
    all.assert_one_group(&[alice, bob, dave]);
    assert_eq!(state_of(&all, dave, bob), DeliveryState::Delivered);
}

// REQ-DELIV-5
#[test]
fn what_came_just_before_a_device_could_not_follow_is_receipted_once_it_is_let_back_in() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.say(dave, "hello");
    let backup = all.world.backup(bob.host);
    all.say(bob, "after the copy was made");
    all.world.restore(bob.host, backup);
    assert_eq!(state_of(&all, dave, bob), DeliveryState::Sent);
    all.world.unlock(bob);
    all.world.advance(120_000);
    all.assert_one_group(&[alice, bob, carol, dave]);
    assert_eq!(all.record(bob).generation, 1);
    assert_eq!(state_of(&all, dave, bob), DeliveryState::Delivered);
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
    let erin = all.erin(carol);
    all.world.split(&[2, 3, 4]);
    all.add(carol, erin);
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
