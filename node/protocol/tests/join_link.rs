//! Getting into a group by link: asked or unasked, refused, late, and on both sides of a split.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::id::ConversationId;
use tidings_crypto::invite::InviteLink;
use tidings_protocol::account::policy::{AddRule, JoinRule, Role};
use tidings_protocol::command::{Command, GroupChange, Recipient};
use tidings_protocol::error::Rejection;
use tidings_protocol::limits::MEMBERS_MAX;
use tidings_protocol::log::mailbox::MailboxPolicy;
use tidings_protocol::record;
use tidings_protocol::record::conversation::{ConversationRecord, Membership};
use tidings_protocol::record::event::{EventKind, EventRecord};
use tidings_protocol::record::join::JoinState;
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::{Write, WriteSet};
use world::{Person, World};

/// A group of alice, who owns it, and bob; carol, dave and erin know nobody. Each on a node of their own.
struct Hall {
    world: World,
    alice: Person,
    bob: Person,
    carol: Person,
    dave: Person,
    erin: Person,
    group: ConversationId,
}

fn hall(rule: JoinRule) -> Hall {
    let mut world = World::new(6);
    let names = ["alice", "bob", "carol", "dave", "erin"];
    let people: Vec<Person> = names.iter().enumerate().map(|(host, name)| world.sign_up(host, name)).collect();
    let [alice, bob, carol, dave, erin] = people[..] else { panic!("five") };
    world.befriend(alice, bob);
    let group = world.group(alice, "ops", &[bob]);
    world.set_group(alice, group, GroupChange { join: Some(rule), ..GroupChange::default() }).unwrap();
    world.advance(60_000);
    Hall { world, alice, bob, carol, dave, erin, group }
}

impl Hall {
    fn link(&mut self, by: Person, uses: u32) -> InviteLink {
        self.world.group_link(by, self.group, uses, false).unwrap()
    }

    fn join(&mut self, who: Person, link: &InviteLink) {
        self.world.join(who, link).unwrap();
    }

    fn role(&mut self, of: Person, role: Role) {
        self.world.set_role(self.alice, self.group, of, role).unwrap();
        self.world.advance(6_000);
    }

    /// All of them are at one epoch, and nobody else is in.
    fn assert_one_group(&self, people: &[Person]) {
        let mut members: Vec<_> = people.iter().map(|person| person.account).collect();
        members.sort_unstable();
        for person in people {
            let record = self.world.conversation(*person, self.group);
            let mut inside = record.members.clone();
            inside.sort_unstable();
            let first = self.world.conversation(people[0], self.group).tip;
            assert_eq!((record.membership, record.tip, inside), (Membership::Member, first, members.clone()));
            assert_eq!((record.is_stranded(), record.pending), (false, 0));
        }
    }

    fn assert_refused(&self, who: Person, word: &str) {
        let joins = self.world.joins(who);
        let [(JoinState::Refused, why)] = joins.as_slice() else { panic!("{joins:?}") };
        assert!(why.contains(word), "{why}");
        assert!(!self.world.is_in(who, self.group));
        assert!(matches!(self.events(who).last(), Some(EventKind::JoinRefused { .. })), "{:?}", self.events(who));
    }

    fn events(&self, person: Person) -> Vec<EventKind> {
        let rows = self.world.rows(person, Table::Event);
        rows.iter().map(|(_, value)| record::decode::<EventRecord>(value, "test").unwrap().kind).collect()
    }

    fn say(&mut self, from: Person, text: &str) {
        self.world.send(from, Recipient::Conversation(self.group), text).unwrap();
        self.world.advance(3_000);
    }

    fn knows(&self, person: Person, other: Person) -> bool {
        self.world.rows(person, Table::Identity).iter().any(|(row, _)| row == other.account.as_bytes())
    }
}

// REQ-JOIN-2, REQ-JOIN-7
#[test]
fn whoever_follows_a_link_is_in_and_becomes_no_contact_of_anybody() {
    let mut all = hall(JoinRule::Link);
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let link = all.link(alice, 2);
    assert_eq!(all.world.join(carol, &link), Ok(JoinState::Resolving));
    all.assert_one_group(&[alice, bob, carol]);
    all.join(dave, &link);
    all.assert_one_group(&[alice, bob, carol, dave]);
    all.say(dave, "hello from outside");
    all.say(bob, "welcome");
    for person in [alice, bob, carol, dave] {
        assert_eq!(all.world.texts(person), ["hello from outside", "welcome"]);
    }
    for newcomer in [carol, dave] {
        assert!(all.world.rows(newcomer, Table::Contact).is_empty());
        assert!(all.world.joins(newcomer).is_empty(), "nothing waits");
        assert!(all.events(newcomer).contains(&EventKind::GroupCreated));
    }
    assert_eq!(all.world.rows(alice, Table::Contact).len(), 1);
    let to_alice = all.world.send(carol, Recipient::Account(alice.account), "and you?");
    assert_eq!(to_alice.unwrap_err(), Rejection::NotFound);
}

// REQ-JOIN-3
#[test]
fn who_asks_is_unknown_to_the_group_until_somebody_says_yes() {
    let mut all = hall(JoinRule::Approved);
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let link = all.link(alice, 1);
    let before = all.world.conversation(alice, all.group).tip;
    all.join(carol, &link);
    assert_eq!(all.world.requests(alice), [carol.account]);
    assert!(all.events(alice).contains(&EventKind::JoinRequested { account: carol.account }));
    assert_eq!(all.world.joins(carol), [(JoinState::Requested, String::new())]);
    assert_eq!(all.world.conversation(alice, all.group).tip, before);
    assert!(all.world.rows(alice, Table::Intent).is_empty());
    assert!(!all.knows(bob, carol) && all.world.requests(bob).is_empty());
    assert_eq!(all.world.decide(bob, all.group, carol, true), Err(Rejection::NotFound), "bob was not asked");
    all.world.decide(alice, all.group, carol, true).unwrap();
    all.assert_one_group(&[alice, bob, carol]);
    assert!(all.world.requests(alice).is_empty() && all.knows(bob, carol));
    assert_eq!(all.world.decide(alice, all.group, carol, false), Err(Rejection::NotFound), "it is decided");
}

// REQ-JOIN-3
#[test]
fn a_link_may_ask_for_approval_where_the_rule_does_not() {
    let mut all = hall(JoinRule::Link);
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let link = all.world.group_link(alice, all.group, 1, true).unwrap();
    all.join(carol, &link);
    assert_eq!(all.world.requests(alice), [carol.account]);
    all.assert_one_group(&[alice, bob]);
}

// REQ-JOIN-3, REQ-JOIN-4
#[test]
fn whoever_is_turned_away_is_told_and_the_use_is_spent() {
    let mut all = hall(JoinRule::Approved);
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let link = all.link(alice, 1);
    all.join(carol, &link);
    all.world.decide(alice, all.group, carol, false).unwrap();
    all.assert_refused(carol, "declined");
    assert!(all.world.requests(alice).is_empty());
    all.join(carol, &link);
    all.assert_refused(carol, "already used");
    all.assert_one_group(&[alice, bob]);
}

// REQ-JOIN-4
#[test]
fn a_link_that_is_used_up_revoked_or_over_lets_nobody_in_and_says_which() {
    let mut all = hall(JoinRule::Link);
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    let link = all.link(alice, 1);
    all.join(carol, &link);
    all.join(dave, &link);
    all.assert_refused(dave, "already used or revoked");
    let link = all.link(alice, 5);
    all.world.command(0, Command::RevokeInvite { account: alice.account, invite: link.id() }).unwrap();
    all.join(erin, &link);
    all.assert_refused(erin, "already used or revoked");
    let link = all.link(alice, 5);
    all.world.skew[erin.host] = -200_000_000;
    all.world.advance(86_401_000);
    all.join(erin, &link);
    all.assert_refused(erin, "expired");
    all.world.skew[erin.host] = 0;
    assert_eq!(all.world.join(erin, &link), Err(Rejection::InviteExpired), "her own node knows");
    all.assert_one_group(&[alice, bob, carol]);
}

// REQ-JOIN-5
#[test]
fn the_right_to_add_counts_that_its_maker_has_when_somebody_asks() {
    let mut all = hall(JoinRule::Link);
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    assert_eq!(all.world.group_link(bob, all.group, 1, false), Err(Rejection::NotAdmin));
    all.role(bob, Role::Admin);
    let link = all.link(bob, 5);
    all.join(carol, &link);
    all.assert_one_group(&[alice, bob, carol]);
    all.role(bob, Role::Member);
    all.join(dave, &link);
    all.assert_refused(dave, "may not let people in by link any more");
    all.assert_one_group(&[alice, bob, carol]);
}

// REQ-JOIN-5
#[test]
fn who_waits_is_told_when_the_one_who_was_asked_loses_the_right_or_leaves() {
    let mut all = hall(JoinRule::Approved);
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    all.role(bob, Role::Admin);
    let link = all.link(bob, 5);
    all.join(carol, &link);
    assert_eq!(all.world.requests(bob), [carol.account]);
    all.role(bob, Role::Member);
    all.assert_refused(carol, "may not let people in");
    all.role(bob, Role::Admin);
    all.join(dave, &link);
    all.world.remove_member(alice, all.group, bob).unwrap();
    all.world.advance(6_000);
    all.assert_refused(dave, "no longer in the group");
    all.join(erin, &link);
    all.assert_refused(erin, "no longer in the group");
    assert!(all.world.requests(bob).is_empty());
}

// REQ-JOIN-5
#[test]
fn an_owner_closes_a_group_to_links_that_are_out_already() {
    let mut all = hall(JoinRule::Link);
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let link = all.link(alice, 5);
    all.world
        .set_group(alice, all.group, GroupChange { join: Some(JoinRule::Invited), ..GroupChange::default() })
        .unwrap();
    all.world.advance(3_000);
    assert!(matches!(all.world.group_link(alice, all.group, 1, true), Err(Rejection::NotPossible { .. })));
    all.join(carol, &link);
    all.assert_refused(carol, "may not let people in by link");
    all.assert_one_group(&[alice, bob]);
}

// REQ-JOIN-4
#[test]
fn a_member_an_owner_of_the_link_and_a_link_of_the_other_kind_are_told_so() {
    let mut all = hall(JoinRule::Link);
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let link = all.link(alice, 5);
    assert_eq!(all.world.join(alice, &link), Err(Rejection::OwnInvite));
    assert_eq!(all.world.join(bob, &link), Err(Rejection::Already));
    let contact = all.world.invite(alice);
    assert!(matches!(all.world.join(carol, &contact), Err(Rejection::NotPossible { .. })));
    let wrong = Command::AddContact { account: carol.account, link: link.clone() };
    assert!(matches!(all.world.command(carol.host, wrong), Err(Rejection::NotPossible { .. })));
    let backup = all.world.backup(carol.host);
    all.join(carol, &link);
    all.world.restore(carol.host, backup);
    all.world.unlock(carol);
    all.join(carol, &link);
    all.assert_refused(carol, "is a member already");
}

// REQ-JOIN-4
#[test]
fn a_full_group_takes_nobody_and_its_maker_is_told() {
    let mut all = hall(JoinRule::Link);
    let (alice, carol) = (all.alice, all.carol);
    let link = all.link(alice, 5);
    // As alice's node would have it; a thousand people are the business of `large_groups`.
    let mut record = all.world.conversation(alice, all.group);
    let nobody = |number: usize| tidings_crypto::id::AccountId::from_bytes([u8::try_from(number % 256).unwrap(); 32]);
    record.members.extend((record.members.len()..MEMBERS_MAX).map(nobody));
    record.homes.resize(MEMBERS_MAX, record.homes[0]);
    put(&mut all.world, alice, &record);
    assert!(matches!(all.world.group_link(alice, all.group, 1, false), Err(Rejection::Quota { .. })));
    all.join(carol, &link);
    all.assert_refused(carol, "as many members as it can have");
}

fn put(world: &mut World, person: Person, record: &ConversationRecord) {
    let write = Write {
        scope: Scope::Account(person.account),
        table: Table::Conversation,
        key: record.id.as_bytes().to_vec(),
        value: Some(tidings_protocol::record::encode(record)),
    };
    world.hosts[person.host].store.commit(WriteSet(vec![write])).unwrap();
}

// REQ-JOIN-6
#[test]
fn who_was_put_out_comes_back_by_link_only_if_somebody_says_so() {
    let mut all = hall(JoinRule::Link);
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let link = all.link(alice, 5);
    all.join(carol, &link);
    all.world.remove_member(alice, all.group, carol).unwrap();
    all.world.advance(6_000);
    all.join(carol, &link);
    all.assert_one_group(&[alice, bob]);
    assert_eq!(all.world.requests(alice), [carol.account]);
    all.world.decide(alice, all.group, carol, true).unwrap();
    all.assert_one_group(&[alice, bob, carol]);
}

// REQ-JOIN-6
#[test]
fn who_left_comes_back_by_the_same_link_and_by_nothing_less() {
    let mut all = hall(JoinRule::Link);
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let link = all.link(alice, 5);
    all.join(carol, &link);
    all.world.command(carol.host, Command::Leave { account: carol.account, conversation: all.group }).unwrap();
    all.world.advance(12_000);
    all.assert_one_group(&[alice, bob]);
    assert!(all.world.rows(carol, Table::Join).is_empty(), "alice may not bring her back");
    all.join(carol, &link);
    all.assert_one_group(&[alice, bob, carol]);
}

// REQ-JOIN-2
#[test]
fn a_request_waits_while_its_maker_is_locked_or_away() {
    let mut all = hall(JoinRule::Link);
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let link = all.link(alice, 5);
    all.world.lock(alice);
    all.join(carol, &link);
    assert_eq!(all.world.joins(carol), [(JoinState::Requested, String::new())]);
    assert_eq!(all.world.join(carol, &link), Ok(JoinState::Requested), "the same once more");
    all.world.unlock(alice);
    all.world.advance(3_000);
    all.assert_one_group(&[alice, bob, carol]);
    all.world.stop(alice.host);
    all.join(dave, &link);
    assert_eq!(all.world.joins(dave), [(JoinState::Resolving, String::new())]);
    all.world.come_back(alice);
    all.assert_one_group(&[alice, bob, carol, dave]);
}

// REQ-JOIN-2
#[test]
fn people_whose_nodes_are_never_there_together_come_together_by_mailboxes() {
    let mut all = hall(JoinRule::Approved);
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    all.world.make_mailbox(5, MailboxPolicy::Open);
    all.world.add_mailbox(alice, 5, &[]);
    all.world.add_mailbox(carol, 5, &[]);
    let link = all.link(alice, 1);
    all.world.stop(alice.host);
    all.join(carol, &link);
    assert_eq!(all.world.joins(carol), [(JoinState::Requested, String::new())]);
    all.world.stop(carol.host);
    all.world.come_back(alice);
    all.world.decide(alice, all.group, carol, true).unwrap();
    all.world.advance(60_000);
    all.say(alice, "you are in");
    all.world.stop(alice.host);
    all.world.come_back(carol);
    assert!(all.world.is_in(carol, all.group));
    assert_eq!(all.world.texts(carol), ["you are in"]);
    all.world.come_back(alice);
    all.assert_one_group(&[alice, bob, carol]);
}

// REQ-JOIN-2
#[test]
fn people_of_one_node_join_at_once() {
    let mut all = hall(JoinRule::Link);
    let frank = all.world.sign_up(0, "frank");
    let link = all.link(all.alice, 1);
    assert_eq!(all.world.join(frank, &link), Ok(JoinState::Requested));
    all.assert_one_group(&[all.alice, all.bob, frank]);
}

/// Dave and erin are in too, and bob is an admin: each side of a split has somebody who hears of a commit.
fn crowd(rule: JoinRule) -> Hall {
    let mut all = hall(JoinRule::Link);
    let (alice, bob, dave, erin) = (all.alice, all.bob, all.dave, all.erin);
    let link = all.link(alice, 2);
    all.join(dave, &link);
    all.join(erin, &link);
    all.world.set_group(alice, all.group, GroupChange { join: Some(rule), ..GroupChange::default() }).unwrap();
    all.role(bob, Role::Admin);
    all.assert_one_group(&[alice, bob, dave, erin]);
    all
}

impl Hall {
    /// Bob, dave and carol on one side, the others on the other.
    fn split(&mut self) {
        let apart = [self.bob, self.dave, self.carol].map(|person| person.host);
        self.world.split(&apart);
    }

    fn heal(&mut self) {
        self.world.advance(60_000);
        self.world.heal();
        self.world.advance(60_000);
    }
}

// REQ-JOIN-8
#[test]
fn who_was_let_in_on_the_side_that_loses_is_let_in_again() {
    let mut all = crowd(JoinRule::Link);
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    let link = all.link(bob, 1);
    all.split();
    all.join(carol, &link);
    all.world.advance(60_000);
    assert!(all.world.is_in(carol, all.group), "by bob, on his side");
    let lost = all.world.conversation(carol, all.group).tip;
    // A removal wins over an add.
    all.world.remove_member(alice, all.group, erin).unwrap();
    all.heal();
    all.assert_one_group(&[alice, bob, carol, dave]);
    assert_ne!(all.world.conversation(carol, all.group).tip, lost);
    all.say(carol, "still here");
    assert_eq!(all.world.texts(alice), ["still here"]);
}

// REQ-JOIN-8
#[test]
fn two_who_let_the_same_person_in_at_once_have_one_group_with_them_in_it() {
    let mut all = crowd(JoinRule::Approved);
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    let (one, other) = (all.link(alice, 1), all.link(bob, 1));
    all.join(carol, &one);
    all.join(carol, &other);
    assert_eq!((all.world.requests(alice), all.world.requests(bob)), (vec![carol.account], vec![carol.account]));
    all.split();
    all.world.decide(alice, all.group, carol, true).unwrap();
    all.world.decide(bob, all.group, carol, true).unwrap();
    for side in [alice, bob] {
        assert!(all.world.conversation(side, all.group).members.contains(&carol.account));
    }
    all.heal();
    all.assert_one_group(&[alice, bob, carol, dave, erin]);
    all.say(bob, "one of us");
    assert_eq!(all.world.texts(carol), ["one of us"]);
}

// REQ-JOIN-5, REQ-JOIN-8
#[test]
fn who_was_let_in_by_somebody_whom_the_other_side_had_demoted_is_told() {
    let mut all = crowd(JoinRule::Link);
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    let link = all.link(bob, 1);
    all.split();
    all.join(carol, &link);
    all.world.advance(60_000);
    assert!(all.world.is_in(carol, all.group));
    all.role(bob, Role::Member);
    all.heal();
    all.assert_one_group(&[alice, bob, dave, erin]);
    assert_eq!(all.world.conversation(carol, all.group).membership, Membership::Removed);
    assert!(all.world.rows(bob, Table::Intent).is_empty());
    assert!(all.events(carol).iter().any(|event| matches!(event, EventKind::GroupRemoved { .. })));
}

// REQ-JOIN-5
#[test]
fn who_waits_hears_that_the_right_is_gone_also_if_it_went_on_the_other_side() {
    let mut all = crowd(JoinRule::Link);
    let (bob, carol) = (all.bob, all.carol);
    let link = all.link(bob, 1);
    // Bob hears nobody and adds nobody.
    all.world.split(&[bob.host, carol.host]);
    all.join(carol, &link);
    assert!(!all.world.is_in(carol, all.group) && !all.world.rows(bob, Table::Intent).is_empty());
    all.role(bob, Role::Member);
    all.heal();
    all.assert_refused(carol, "may not let people in");
    assert!(all.world.rows(bob, Table::Intent).is_empty());
}

// REQ-JOIN-2
#[test]
fn a_member_without_a_role_lets_in_one_after_the_other_where_the_rule_says_so() {
    let mut all = hall(JoinRule::Link);
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    all.world
        .set_group(alice, all.group, GroupChange { add: Some(AddRule::Members), ..GroupChange::default() })
        .unwrap();
    all.world.advance(6_000);
    let link = all.link(bob, 3);
    for newcomer in [carol, dave, erin] {
        all.join(newcomer, &link);
    }
    assert!(all.world.is_in(carol, all.group) && !all.world.is_in(dave, all.group));
    // What they sent along is kept for their turn, though bob looks again and again.
    for newcomer in [dave, erin] {
        all.world.stop(newcomer.host);
    }
    for _ in 0..10 {
        all.world.lock(bob);
        all.world.unlock(bob);
    }
    // One ordinary commit of a member must not follow another of the same: they wait for anybody else's.
    all.world.rename(alice, all.group, "one");
    all.world.advance(60_000);
    all.world.rename(alice, all.group, "two");
    all.world.advance(60_000);
    assert_eq!(all.world.conversation(alice, all.group).members.len(), 5);
    for newcomer in [dave, erin] {
        all.world.come_back(newcomer);
    }
    all.assert_one_group(&[alice, bob, carol, dave, erin]);
}
