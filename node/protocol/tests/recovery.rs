//! A group whose owners and admins are gone, and how its members make an owner; and that nobody who is there loses anything by it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::id::ConversationId;
use tidings_protocol::account::policy::{Policy, RecoveryRule, Role};
use tidings_protocol::command::{Command, GroupChange, Recipient, RecoverAct};
use tidings_protocol::error::Rejection;
use tidings_protocol::query::group_log;
use tidings_protocol::record;
use tidings_protocol::record::conversation::Membership;
use tidings_protocol::record::event::{EventKind, EventRecord};
use tidings_protocol::record::group_log::Act;
use tidings_protocol::store::table::Table;
use world::{Person, World};

const DAY: u64 = 24 * 3600 * 1000;

/// A group of five on nodes of their own, which alice owns.
struct Five {
    world: World,
    alice: Person,
    bob: Person,
    carol: Person,
    dave: Person,
    erin: Person,
    group: ConversationId,
}

fn five() -> Five {
    let mut world = World::new(5);
    let names = ["alice", "bob", "carol", "dave", "erin"];
    let people: Vec<Person> = names.iter().enumerate().map(|(host, name)| world.sign_up(host, name)).collect();
    let [alice, bob, carol, dave, erin] = people[..] else { panic!("five") };
    for other in [bob, carol, dave, erin] {
        world.befriend(alice, other);
    }
    let group = world.group(alice, "club", &[bob, carol, dave, erin]);
    world.advance(60_000);
    Five { world, alice, bob, carol, dave, erin, group }
}

impl Five {
    /// A month passes in which nobody's account is unlocked; then all are back but alice. Her node keeps what comes for her, and signs nothing.
    fn alice_goes(&mut self) {
        let (alice, others) = (self.alice, [self.bob, self.carol, self.dave, self.erin]);
        self.world.lock(alice);
        others.iter().for_each(|person| self.world.lock(*person));
        self.world.advance(31 * DAY);
        others.iter().for_each(|person| self.world.unlock(*person));
        self.world.advance(120_000);
    }

    fn sign(&mut self, by: Person, owner: Person) {
        self.world.petition(by, self.group, owner).unwrap();
    }

    fn role(&self, seen_by: Person, of: Person) -> Role {
        self.policy(seen_by).role(&of.account)
    }

    fn policy(&self, person: Person) -> Policy {
        Policy::parse(&self.world.conversation(person, self.group).policy).unwrap()
    }

    fn signed(&self, seen_by: Person, owner: Person) -> usize {
        let view = self.world.recovery(seen_by, self.group);
        view.petitions.get(&owner.account).map_or(0, Vec::len)
    }

    fn assert_one_group(&self, people: &[Person]) {
        let first = self.world.conversation(people[0], self.group).tip;
        for person in people {
            let record = self.world.conversation(*person, self.group);
            assert_eq!((record.membership, record.tip, record.is_stranded()), (Membership::Member, first, false));
        }
    }

    fn events(&self, person: Person) -> Vec<EventKind> {
        let rows = self.world.rows(person, Table::Event);
        rows.iter().map(|(_, value)| record::decode::<EventRecord>(value, "test").unwrap().kind).collect()
    }

    /// Whether somebody was ever made owner by petition, as the log of that member has it.
    fn was_recovered(&self, person: Person) -> bool {
        let record = self.world.conversation(person, self.group);
        let page = group_log::page(&self.world.hosts[person.host].store, person.account, &record, None, 200).unwrap();
        page.commits.iter().any(|(_, commit)| commit.acts.iter().any(|act| matches!(act, Act::Recovered { .. })))
    }
}

// NEGATIVE_TESTS 75
// REQ-RECOVER-1, REQ-POLICY-7
#[test]
fn more_than_two_thirds_make_an_owner_after_a_month_and_the_group_goes_on() {
    let mut all = five();
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    all.world.stop(alice.host);
    all.world.advance(31 * DAY);
    let view = all.world.recovery(bob, all.group);
    assert_eq!((view.users, view.needed, view.admins.len(), view.admins[0].absent), (5, 4, 1, true));
    for by in [bob, carol, dave] {
        all.sign(by, bob);
        assert_eq!(all.role(erin, bob), Role::Member, "three of five are not enough");
    }
    assert_eq!(all.signed(erin, bob), 3);
    all.sign(erin, bob);
    all.assert_one_group(&[bob, carol, dave, erin]);
    assert_eq!(
        (all.role(erin, bob), all.policy(erin).rank(&bob.account), all.policy(erin).rank(&alice.account)),
        (Role::Owner, 0, 1)
    );
    assert!(all.was_recovered(dave));
    // Whoever renewed its leaf last leaves the commit to another.
    let is_owner = |event: &EventKind| matches!(event, EventKind::GroupRole { account, role: Role::Owner, .. } if *account == bob.account);
    assert!(all.events(carol).iter().any(is_owner));
    assert!(all.events(carol).contains(&EventKind::Petition { account: dave.account, owner: bob.account }));
    assert_eq!(all.world.rows(carol, Table::Consent), [], "it is done");
    all.world.remove_member(bob, all.group, alice).unwrap();
    all.world.advance(60_000);
    assert_eq!(all.world.conversation(erin, all.group).members.len(), 4);
}

// REQ-RECOVER-2
#[test]
fn nobody_signs_before_a_month_of_silence_or_against_somebody_who_is_there() {
    let mut all = five();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    assert_eq!(all.world.petition(bob, all.group, bob), Err(Rejection::NotAbsent));
    all.world.advance(40 * DAY);
    assert_eq!(all.world.petition(bob, all.group, bob), Err(Rejection::NotAbsent), "alice says nothing, and is there");
    all.world.lock(alice);
    all.world.advance(28 * DAY);
    assert_eq!(all.world.petition(bob, all.group, bob), Err(Rejection::NotAbsent));
    all.world.advance(3 * DAY);
    all.sign(bob, bob);
    let act = RecoverAct::Withdraw;
    let withdraw = Command::Recover { account: bob.account, conversation: all.group, act };
    all.world.command(bob.host, withdraw.clone()).unwrap();
    assert_eq!(all.world.command(bob.host, withdraw).unwrap_err(), Rejection::NotFound);
    assert_eq!(all.world.recovery(bob, all.group).own, None);
    assert_eq!(all.world.petition(carol, all.group, alice), Err(Rejection::Already), "she comes before everybody");
    let stranger = Person { host: 0, account: tidings_crypto::id::AccountId::from_bytes([9; 32]) };
    assert_eq!(all.world.petition(carol, all.group, stranger), Err(Rejection::NotFound));
}

// REQ-RECOVER-2
#[test]
fn an_admin_who_is_there_keeps_the_group_and_may_be_made_owner() {
    let mut all = five();
    let (bob, carol, dave, erin) = (all.bob, all.carol, all.dave, all.erin);
    all.world.set_role(all.alice, all.group, bob, Role::Admin).unwrap();
    all.world.set_role(all.alice, all.group, carol, Role::Moderator).unwrap();
    all.world.advance(60_000);
    all.alice_goes();
    assert_eq!(all.world.petition(dave, all.group, dave), Err(Rejection::NotAbsent), "bob is there");
    assert_eq!(all.world.petition(bob, all.group, dave), Err(Rejection::NotAbsent), "and does not pass over himself");
    for by in [bob, carol, dave, erin] {
        all.sign(by, bob);
    }
    assert_eq!((all.role(erin, bob), all.policy(erin).rank(&bob.account)), (Role::Owner, 0));
    assert_eq!(all.role(erin, carol), Role::Moderator, "nobody else has another role");
}

// REQ-RECOVER-3
#[test]
fn an_owner_who_comes_back_before_the_last_has_signed_keeps_the_group() {
    let mut all = five();
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    all.alice_goes();
    for by in [bob, carol, dave] {
        all.sign(by, bob);
    }
    all.world.unlock(alice);
    all.world.advance(2 * DAY);
    assert_eq!(all.world.petition(erin, all.group, bob), Err(Rejection::NotAbsent));
    for person in [bob, carol, dave] {
        assert_eq!((all.world.recovery(person, all.group).own, all.signed(person, bob)), (None, 0));
    }
    all.assert_one_group(&[alice, bob, carol, dave, erin]);
    assert_eq!((all.policy(bob).rank(&alice.account), all.was_recovered(bob)), (0, false));
}

// REQ-RECOVER-3
#[test]
fn an_owner_who_is_back_on_one_side_of_a_split_keeps_the_group_though_the_others_have_an_owner() {
    let mut all = five();
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    all.alice_goes();
    for by in [bob, carol, dave] {
        all.sign(by, bob);
    }
    // Erin's word comes to bob's side alone; alice comes back to dave.
    all.world.split(&[alice.host, dave.host]);
    all.sign(erin, bob);
    all.world.advance(60_000);
    assert_eq!(all.role(carol, bob), Role::Owner, "the four had signed");
    all.world.unlock(alice);
    all.world.advance(60_000);
    all.world.heal();
    all.world.advance(60_000);
    all.assert_one_group(&[alice, bob, carol, dave, erin]);
    for person in [alice, bob, carol, dave, erin] {
        assert_eq!((all.policy(person).rank(&alice.account), all.role(person, bob)), (0, Role::Member));
    }
    all.world.advance(2 * DAY);
    assert!(!all.was_recovered(erin) && all.world.rows(erin, Table::Consent).is_empty());
}

// REQ-RECOVER-4
#[test]
fn what_was_signed_is_signed_anew_when_the_group_has_moved_on() {
    let mut all = five();
    let (bob, carol, dave, erin) = (all.bob, all.carol, all.dave, all.erin);
    all.alice_goes();
    all.sign(carol, bob);
    all.sign(dave, bob);
    let before = all.world.conversation(bob, all.group).tip;
    // Longer than the renewal of leaves waits.
    all.world.advance(9 * DAY);
    assert_ne!(all.world.conversation(bob, all.group).tip, before);
    assert_eq!(all.signed(erin, bob), 2, "by their nodes, unasked");
    let heard =
        |all: &Five| all.events(erin).into_iter().filter(|event| matches!(event, EventKind::Petition { .. })).count();
    assert_eq!(heard(&all), 2, "and people are told once");
    all.sign(bob, bob);
    all.sign(erin, bob);
    assert_eq!(all.role(dave, bob), Role::Owner);
}

// REQ-RECOVER-4
#[test]
fn leaves_wait_to_be_renewed_while_people_sign_and_not_for_ever() {
    let mut all = five();
    let (bob, carol) = (all.bob, all.carol);
    all.alice_goes();
    all.sign(bob, bob);
    let signed = all.world.conversation(carol, all.group).tip;
    all.world.advance(5 * DAY);
    assert_eq!(all.world.conversation(carol, all.group).tip, signed);
    all.world.advance(4 * DAY);
    assert_ne!(all.world.conversation(carol, all.group).tip, signed);
}

// REQ-RECOVER-4
#[test]
fn whoever_is_away_when_the_others_sign_signs_when_they_are_back() {
    let mut all = five();
    let (bob, carol, dave, erin) = (all.bob, all.carol, all.dave, all.erin);
    all.alice_goes();
    all.sign(erin, bob);
    all.world.lock(erin);
    all.world.advance(9 * DAY);
    for by in [bob, carol, dave] {
        all.sign(by, bob);
    }
    assert_eq!((all.role(dave, bob), all.signed(dave, bob)), (Role::Member, 3), "what erin had signed is past");
    all.world.unlock(erin);
    all.world.advance(60_000);
    assert_eq!(all.role(dave, bob), Role::Owner);
    all.assert_one_group(&[bob, carol, dave, erin]);
}

// REQ-RECOVER-5
#[test]
fn where_the_owners_have_switched_it_off_nobody_signs() {
    let mut all = five();
    let change = GroupChange { recovery: Some(RecoveryRule::Never), ..GroupChange::default() };
    all.world.set_group(all.alice, all.group, change).unwrap();
    all.world.advance(60_000);
    all.alice_goes();
    assert!(matches!(all.world.petition(all.bob, all.group, all.bob), Err(Rejection::NotPossible { .. })));
    assert!(!all.world.recovery(all.bob, all.group).allowed);
}

// REQ-RECOVER-2
#[test]
fn who_came_in_lately_has_heard_too_little_to_judge() {
    let mut all = five();
    let (bob, carol, dave, erin) = (all.bob, all.carol, all.dave, all.erin);
    all.world.set_role(all.alice, all.group, bob, Role::Admin).unwrap();
    all.world.remove_member(all.alice, all.group, erin).unwrap();
    all.world.advance(60_000);
    all.alice_goes();
    all.world.befriend(bob, erin);
    all.world.add_member(bob, all.group, erin).unwrap();
    all.world.advance(60_000);
    assert_eq!(all.world.petition(erin, all.group, bob), Err(Rejection::NotAbsent));
    for by in [bob, carol, dave] {
        all.sign(by, bob);
    }
    assert_eq!(all.role(carol, bob), Role::Admin, "three of five");
    all.world.advance(31 * DAY);
    assert_eq!(all.world.recovery(erin, all.group).own, None);
    for by in [bob, carol, dave, erin] {
        all.sign(by, bob);
    }
    assert_eq!(all.role(carol, bob), Role::Owner);
    all.world.send(erin, Recipient::Conversation(all.group), "long live bob").unwrap();
    all.world.advance(3_000);
    assert_eq!(all.world.texts(carol), ["long live bob"]);
}

// NEGATIVE_TESTS 67
// REQ-RECOVER-3
#[test]
fn members_who_sign_though_the_owner_is_there_make_it_commit_once_an_hour() {
    let mut world = World::new(3);
    let names = ["alice", "bob", "carol"];
    let people: Vec<Person> = names.iter().enumerate().map(|(host, name)| world.sign_up(host, name)).collect();
    let [alice, bob, carol] = people[..] else { panic!("three") };
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    let group = world.group(alice, "club", &[bob, carol]);
    world.advance(3 * 3_600_000);
    let answers = |world: &World| Policy::parse(&world.conversation(alice, group).policy).unwrap().topic_generation;
    let start = answers(&world);
    let mut rounds = Vec::new();
    for pause in [0, 0, 0, 3_600_000] {
        world.advance(pause);
        for cheat in [bob, carol] {
            // By their clocks a month has passed again.
            world.skew[cheat.host] += i64::try_from(31 * DAY).unwrap();
            world.petition(cheat, group, bob).unwrap();
        }
        rounds.push(answers(&world) - start);
    }
    assert_eq!(rounds, [1, 1, 1, 2]);
    let policy = Policy::parse(&world.conversation(bob, group).policy).unwrap();
    assert_eq!((policy.rank(&alice.account), policy.role(&bob.account)), (0, Role::Member));
}
