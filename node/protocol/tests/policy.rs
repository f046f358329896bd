//! Roles, rules, succession and the log of a group, as its members live through them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::id::{AccountId, ConversationId};
use tidings_protocol::account::policy::{AddRule, Policy, PostRule, Role};
use tidings_protocol::command::{Command, GroupChange, Recipient};
use tidings_protocol::error::Rejection;
use tidings_protocol::query::{conversations, group_log};
use tidings_protocol::record::conversation::Membership;
use tidings_protocol::record::event::{EventKind, EventRecord};
use tidings_protocol::record::group_log::Act;
use tidings_protocol::store::table::Table;
use world::{Person, World};

struct Four {
    world: World,
    alice: Person,
    bob: Person,
    carol: Person,
    dave: Person,
    group: ConversationId,
}

/// A group of alice, bob and carol, which alice owns; dave knows bob only.
fn four() -> Four {
    let mut world = World::new(4);
    let names = ["alice", "bob", "carol", "dave"];
    let people: Vec<Person> = names.iter().enumerate().map(|(host, name)| world.sign_up(host, name)).collect();
    let [alice, bob, carol, dave] = people[..] else { panic!("four") };
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    world.befriend(bob, dave);
    let group = world.group(alice, "ops", &[bob, carol]);
    Four { world, alice, bob, carol, dave, group }
}

impl Four {
    fn role(&mut self, by: Person, of: Person, role: Role) -> Result<(), Rejection> {
        let (account, conversation, member) = (by.account, self.group, of.account);
        let done = self.world.command(by.host, Command::SetRole { account, conversation, member, role }).map(drop);
        self.world.advance(3_000);
        done
    }

    fn set(&mut self, by: Person, change: GroupChange) -> Result<(), Rejection> {
        let command = Command::SetGroup { account: by.account, conversation: self.group, change };
        let done = self.world.command(by.host, command).map(drop);
        self.world.advance(3_000);
        done
    }

    fn add(&mut self, by: Person, member: Person) -> Result<(), Rejection> {
        let command = Command::AddMember { account: by.account, conversation: self.group, member: member.account };
        let done = self.world.command(by.host, command).map(drop);
        self.world.advance(3_000);
        done
    }

    fn remove(&mut self, by: Person, member: Person) -> Result<(), Rejection> {
        let command = Command::RemoveMember { account: by.account, conversation: self.group, member: member.account };
        let done = self.world.command(by.host, command).map(drop);
        self.world.advance(3_000);
        done
    }

    fn policy(&self, person: Person) -> Policy {
        Policy::parse(&self.world.conversation(person, self.group).policy).unwrap()
    }

    /// All of them are at one epoch, with one policy, and what is shown is the roster of MLS (NEGATIVE_TESTS 83).
    fn agree(&self, people: &[Person]) {
        let first = self.world.conversation(people[0], self.group);
        for person in people {
            let record = self.world.conversation(*person, self.group);
            assert_eq!((&record.tip, &record.policy, &record.members), (&first.tip, &first.policy, &first.members));
            let tree: Vec<AccountId> =
                self.world.tip(*person, self.group).members().iter().map(|member| member.account()).collect();
            assert_eq!(record.members, tree);
            let policy = self.policy(*person);
            assert!(policy.named().iter().all(|account| tree.contains(account)));
        }
    }

    fn log(&self, person: Person) -> Vec<(AccountId, Act)> {
        let store = &self.world.hosts[person.host].store;
        let record = conversations::with(store, person.account, self.group).unwrap().unwrap();
        let (mut acts, mut from) = (Vec::new(), None);
        loop {
            let page = group_log::page(store, person.account, &record, from, 2).unwrap();
            acts.extend(page.commits.iter().flat_map(|(_, commit)| {
                commit.acts.iter().rev().map(|act| (commit.by, act.clone())).collect::<Vec<_>>()
            }));
            match page.next {
                Some(next) => from = Some(next),
                None => return acts,
            }
        }
    }

    fn events(&self, person: Person) -> Vec<EventKind> {
        let rows = self.world.rows(person, Table::Event);
        let decode = |value: &[u8]| tidings_protocol::record::decode::<EventRecord>(value, "test").unwrap();
        rows.iter()
            .map(|(_, value)| decode(value))
            .filter(|event| event.conversation == Some(self.group))
            .map(|event| event.kind)
            .collect()
    }
}

fn name(name: &str) -> GroupChange {
    GroupChange { name: Some(name.to_owned()), ..GroupChange::default() }
}

// REQ-AUTH-8, REQ-POLICY-3
#[test]
fn an_admin_adds_and_removes_and_a_member_does_not() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    assert_eq!(all.add(bob, dave), Err(Rejection::NotAdmin));
    assert_eq!(all.remove(bob, carol), Err(Rejection::NotAdmin));
    assert_eq!(all.set(bob, name("mine")), Err(Rejection::NotAdmin));
    assert_eq!(all.role(bob, bob, Role::Owner), Err(Rejection::NotAdmin));
    all.role(alice, bob, Role::Admin).unwrap();
    assert_eq!(all.role(bob, alice, Role::Member), Err(Rejection::NotAdmin));
    assert_eq!(all.remove(bob, alice), Err(Rejection::NotAdmin));
    all.add(bob, dave).unwrap();
    all.agree(&[alice, bob, carol, dave]);
    assert_eq!(all.policy(dave).role(&bob.account), Role::Admin);
    all.set(bob, name("ours")).unwrap();
    assert_eq!(
        all.set(bob, GroupChange { add: Some(AddRule::Members), ..GroupChange::default() }),
        Err(Rejection::NotAdmin)
    );
    all.remove(bob, carol).unwrap();
    all.agree(&[alice, bob, dave]);
    assert_eq!(all.policy(alice).name(), "ours");
    assert_eq!(all.world.conversation(carol, all.group).membership, Membership::Removed);
    all.remove(alice, bob).unwrap();
    all.agree(&[alice, dave]);
    assert_eq!(all.policy(dave).roles.holders().len(), 1, "the role went with its holder");
}

// REQ-POLICY-6
#[test]
fn a_member_may_add_where_the_rule_says_so_and_a_newcomer_believes_it() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.set(alice, GroupChange { add: Some(AddRule::Members), ..GroupChange::default() }).unwrap();
    all.add(bob, dave).unwrap();
    all.agree(&[alice, bob, carol, dave]);
}

// REQ-GROUP-7
#[test]
fn the_last_one_in_a_group_may_leave_it() {
    let mut all = four();
    let (alice, bob, carol, conversation) = (all.alice, all.bob, all.carol, all.group);
    all.remove(alice, bob).unwrap();
    all.remove(alice, carol).unwrap();
    all.world.command(0, Command::Leave { account: alice.account, conversation }).unwrap();
    assert_eq!(all.world.conversation(alice, conversation).membership, Membership::Left);
    assert_eq!(all.events(alice).last(), Some(&EventKind::GroupRemoved { by: alice.account }));
}

// NEGATIVE_TESTS 76
// REQ-AUTH-10
#[test]
fn the_last_owner_leaves_only_with_a_successor_and_the_group_goes_on() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let conversation = all.group;
    let leave = Command::Leave { account: alice.account, conversation };
    assert_eq!(all.world.command(0, leave.clone()).unwrap_err(), Rejection::LastAdmin);
    let hand_over = |successor: AccountId| Command::HandOver { account: alice.account, conversation, successor };
    assert_eq!(all.world.command(0, hand_over(dave.account)).unwrap_err(), Rejection::NotFound);
    let by_bob = Command::HandOver { account: bob.account, conversation, successor: carol.account };
    assert_eq!(all.world.command(1, by_bob).unwrap_err(), Rejection::NotAdmin);
    all.world.command(0, hand_over(bob.account)).unwrap();
    all.world.advance(6_000);
    assert_eq!(all.world.conversation(alice, conversation).membership, Membership::Left);
    all.agree(&[bob, carol]);
    assert_eq!(all.policy(carol).role(&bob.account), Role::Owner);
    all.add(bob, dave).unwrap();
    all.agree(&[bob, carol, dave]);
}

// NEGATIVE_TESTS 30
// REQ-POLICY-8
#[test]
fn in_an_announcement_group_only_those_with_a_role_write_and_others_are_dropped_by_all() {
    let mut all = four();
    let (alice, bob, carol, group) = (all.alice, all.bob, all.carol, all.group);
    all.role(alice, bob, Role::Moderator).unwrap();
    all.set(alice, GroupChange { post: Some(PostRule::Roles), ..GroupChange::default() }).unwrap();
    assert_eq!(all.world.send(carol, Recipient::Conversation(group), "no").unwrap_err(), Rejection::MayNotPost);
    all.world.send(bob, Recipient::Conversation(group), "yes").unwrap();
    all.world.advance(3_000);
    // Carol's node writes it all the same.
    let mut tip = all.world.tip(carol, group);
    let forgery = all.world.forgery(carol, group).message(&mut tip, "forced");
    let before = (all.events(alice).len(), all.events(bob).len());
    all.world.publish(&forgery, &[alice, bob]);
    for person in [alice, bob] {
        assert_eq!(all.world.texts(person), ["yes"]);
        assert_eq!(all.world.device_log(person, group, carol).sequence, forgery.inner.sequence, "it was read");
        assert_eq!(all.world.conversation(person, group).unreadable, 0);
    }
    assert_eq!((all.events(alice).len(), all.events(bob).len()), before);
    assert_eq!(all.world.texts(carol), ["yes"]);
}

// REQ-POLICY-8
#[test]
fn one_who_may_only_read_reads_and_leaves() {
    let mut all = four();
    let (alice, bob, carol, group) = (all.alice, all.bob, all.carol, all.group);
    all.role(alice, carol, Role::Readonly).unwrap();
    assert_eq!(all.world.send(carol, Recipient::Conversation(group), "no").unwrap_err(), Rejection::MayNotPost);
    all.world.send(bob, Recipient::Conversation(group), "hello").unwrap();
    all.world.advance(3_000);
    assert_eq!(all.world.texts(carol), ["hello"]);
    all.world.command(2, Command::Leave { account: carol.account, conversation: group }).unwrap();
    all.world.advance(3_000);
    assert_eq!(all.world.conversation(carol, group).membership, Membership::Left);
    all.agree(&[alice, bob]);
    assert!(all.policy(bob).readonly().is_empty());
}

// NEGATIVE_TESTS 81, 84
// REQ-POLICY-9
#[test]
fn every_member_reads_who_did_what_and_the_same_as_the_others() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.role(alice, bob, Role::Admin).unwrap();
    all.set(bob, GroupChange { disappearing_seconds: Some(60), ..name("ours") }).unwrap();
    all.add(bob, dave).unwrap();
    all.remove(alice, carol).unwrap();
    let expected = vec![
        (alice.account, Act::Removed { account: carol.account }),
        (bob.account, Act::Added { account: dave.account }),
        (bob.account, Act::Timer { seconds: 60 }),
        (bob.account, Act::Named { name: "ours".to_owned() }),
        (alice.account, Act::Role { account: bob.account, role: Role::Admin }),
    ];
    assert_eq!(all.log(bob), expected);
    assert_eq!(all.log(alice)[..5], expected);
    assert_eq!(all.log(dave), expected[..1], "a newcomer sees what it has followed");
    let roles = all.events(carol).into_iter().filter(|event| matches!(event, EventKind::GroupRole { .. }));
    assert_eq!(
        roles.collect::<Vec<_>>(),
        [EventKind::GroupRole { account: bob.account, role: Role::Admin, by: alice.account }]
    );
    assert!(all.events(carol).contains(&EventKind::GroupSettings { by: bob.account }));
}

// NEGATIVE_TESTS 39
// REQ-POLICY-6
#[test]
fn a_newcomer_follows_the_chain_back_to_a_founder_who_has_left() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    let hand_over = Command::HandOver { account: alice.account, conversation: all.group, successor: bob.account };
    all.world.command(0, hand_over).unwrap();
    all.world.advance(6_000);
    all.role(bob, carol, Role::Admin).unwrap();
    all.role(carol, carol, Role::Member).unwrap();
    all.add(bob, dave).unwrap();
    all.agree(&[bob, carol, dave]);
    assert_eq!(all.world.rows(dave, Table::AdminChain).len(), 3);
    let chain: Vec<_> = all.world.rows(dave, Table::AdminChain).into_iter().map(|(row, _)| row).collect();
    let known: Vec<_> = all.world.rows(bob, Table::AdminChain).into_iter().map(|(row, _)| row).collect();
    assert_eq!(chain, known);
}
