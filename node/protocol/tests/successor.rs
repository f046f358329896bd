//! Groups that have come to a halt, since those who hold the chosen branch are gone for good, and their successors.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::id::{ConversationId, EpochId};
use tidings_crypto::invite::InviteLink;
use tidings_protocol::account::policy::{JoinRule, Policy, Role, Rules};
use tidings_protocol::command::{Command, GroupChange, Recipient};
use tidings_protocol::error::Rejection;
use tidings_protocol::limits::{ANCHORS_MAX, SUCCESSOR_AFTER_MS};
use tidings_protocol::query::messages;
use tidings_protocol::query::waiting::{self, Reason};
use tidings_protocol::record;
use tidings_protocol::record::conversation::Membership;
use tidings_protocol::store::table::Table;
use world::{Person, World};

const HOUR: u64 = 3600 * 1000;
const SUCCESSOR: u8 = 11;

struct Halted {
    world: World,
    alice: Person,
    bob: Person,
    dave: Person,
    erin: Person,
    frank: Person,
    group: ConversationId,
}

/// A group in which nobody is left who can go on. Alice has removed bob, which counts, and is gone for good, with carol; the others had gone
/// on without them for so long that they keep no state of before. Bob, dave and frank are admins, and no majority of these.
fn halted() -> Halted {
    halted_while_away(&[])
}

/// The same; these hosts do not hear of alice's removal.
fn halted_while_away(away: &[usize]) -> Halted {
    let mut world = World::new(6);
    let [alice, bob, dave, erin, frank] = [(0, "alice"), (1, "bob"), (2, "dave"), (3, "erin"), (4, "frank")]
        .map(|(host, name)| world.sign_up(host, name));
    let carol = world.sign_up(5, "carol");
    let hank = world.sign_up(0, "hank");
    for other in [bob, carol, dave, erin, frank, hank] {
        world.befriend(alice, other);
    }
    let group = world.group(alice, "before", &[bob, carol, dave, erin, frank, hank]);
    let change = GroupChange { join: Some(JoinRule::Invited), ..GroupChange::default() };
    let command = Command::SetGroup { account: alice.account, conversation: group, change };
    world.command(0, command).unwrap();
    for admin in [bob, carol, dave, frank, hank] {
        world.set_role(alice, group, admin, Role::Admin).unwrap();
    }
    let gina = world.sign_up(0, "gina");
    world.befriend(alice, gina);
    world.ban(alice, group, gina, true).unwrap();
    world.advance(60_000);
    world.split(&[0, 5]);
    world.remove_member(alice, group, bob).unwrap();
    for number in 0..ANCHORS_MAX + 4 {
        world.rename(dave, group, &number.to_string());
        world.advance(10_000);
    }
    world.rename(dave, group, "ops");
    // Her node says what she has done, and nobody there lets anybody in.
    [alice, carol, hank].iter().for_each(|person| world.lock(*person));
    away.iter().for_each(|host| world.stop(*host));
    world.heal();
    world.advance(5 * 60_000);
    world.split(&[0, 5]);
    let all = Halted { world, alice, bob, dave, erin, frank, group };
    for person in [all.dave, all.erin, all.frank].into_iter().filter(|person| !away.contains(&person.host)) {
        assert!(all.world.conversation(person, group).is_stranded(), "{}", person.host);
    }
    all
}

impl Halted {
    fn succeed(&mut self, by: Person) -> Result<ConversationId, Rejection> {
        self.world.succeed(by, self.group)
    }

    fn goes_on_in(&self, person: Person) -> Option<ConversationId> {
        self.world.conversation(person, self.group).succeeded_by
    }

    fn policy(&self, person: Person, conversation: ConversationId) -> Policy {
        Policy::parse(&self.world.conversation(person, conversation).policy).unwrap()
    }
}

// REQ-SUCC-1, REQ-SUCC-2, REQ-SUCC-3
#[test]
fn a_group_that_has_come_to_a_halt_goes_on_in_its_successor_with_its_name_its_rules_its_roles_and_its_bans() {
    let mut all = halted();
    let group = all.group;
    all.world.advance(SUCCESSOR_AFTER_MS + 7 * HOUR);
    let waiting = all.world.send(all.erin, Recipient::Conversation(group), "is anybody there?").unwrap();
    let successor = all.succeed(all.dave).unwrap();
    all.world.advance(60_000);
    for person in [all.dave, all.erin, all.frank] {
        assert_eq!(all.goes_on_in(person), Some(successor), "{}", person.host);
        let record = all.world.conversation(person, successor);
        assert_eq!((record.membership, record.members.len()), (Membership::Member, 3));
        let policy = all.policy(person, successor);
        assert_eq!(
            (policy.name().as_str(), policy.rules),
            ("ops", Rules { join: JoinRule::Invited, ..Rules::default() })
        );
        assert_eq!(policy.bans, all.policy(person, group).bans);
        assert_eq!(policy.bans.accounts().len(), 1);
        let roles = [all.dave, all.erin, all.frank].map(|one| policy.role(&one.account));
        assert_eq!(roles, [Role::Owner, Role::Member, Role::Admin]);
    }
    all.world.send(all.erin, Recipient::Conversation(successor), "here we are").unwrap();
    all.world.advance(3_000);
    for person in [all.dave, all.frank] {
        assert_eq!(all.world.texts(person).last().unwrap(), "here we are");
    }
    // In the old one nothing is written, and what waits there says so.
    let late = all.world.send(all.erin, Recipient::Conversation(group), "and here?");
    assert!(matches!(late, Err(Rejection::NotPossible { .. })));
    let store = &all.world.hosts[all.erin.host].store;
    let held = messages::own(store, all.erin.account, &waiting.id).unwrap().unwrap();
    let waits = waiting::of(store, all.erin.account, &held).unwrap();
    assert!(waits.iter().all(|wait| wait.reason == Reason::Succeeded), "{waits:?}");
    assert!(!waits.is_empty());
}

// REQ-SUCC-1
#[test]
fn a_successor_is_opened_only_where_a_group_has_come_to_a_halt_and_once() {
    let mut all = halted();
    all.world.advance(SUCCESSOR_AFTER_MS - HOUR);
    assert!(matches!(all.succeed(all.dave), Err(Rejection::NotPossible { .. })));
    all.world.unlock(all.alice);
    assert!(matches!(all.succeed(all.alice), Err(Rejection::NotPossible { .. })), "she is where the group goes on");
    assert_eq!(all.succeed(all.bob), Err(Rejection::NotMember));
    all.world.advance(2 * HOUR);
    all.succeed(all.dave).unwrap();
    assert_eq!(all.succeed(all.dave), Err(Rejection::Already));
}

// REQ-SUCC-2
#[test]
fn nobody_is_led_away_by_a_member_without_a_role_nor_from_where_the_group_goes_on() {
    let mut all = halted();
    all.world.advance(SUCCESSOR_AFTER_MS + 7 * HOUR);
    let successor = all.succeed(all.erin).unwrap();
    all.world.advance(24 * HOUR);
    assert_eq!(all.goes_on_in(all.dave), None);
    // But whoever wants to may go there.
    let link = InviteLink::parse(&all.world.successors(all.dave, all.group)[0].link).unwrap();
    all.world.join(all.dave, &link).unwrap();
    assert_eq!(all.goes_on_in(all.dave), Some(successor));
    assert_eq!(all.policy(all.dave, successor).role(&all.dave.account), Role::Admin);
    // Alice is back: for her the group goes on, and she lets in who still waits for it.
    all.world.unlock(all.alice);
    all.world.heal();
    all.world.advance(7 * HOUR);
    assert_eq!(all.goes_on_in(all.alice), None);
    let record = all.world.conversation(all.frank, all.group);
    assert_eq!((record.is_stranded(), record.tip), (false, all.world.conversation(all.alice, all.group).tip));
    assert_eq!(all.world.successors(all.alice, all.group).len(), 1, "she is told all the same");
}

// REQ-SUCC-2
#[test]
fn nobody_is_led_away_before_they_have_waited_for_two_days_themselves() {
    let mut all = halted();
    all.world.advance(SUCCESSOR_AFTER_MS - 6 * HOUR);
    let mut record = all.world.conversation(all.erin, all.group);
    all.world.stop(all.erin.host);
    all.world.advance(7 * HOUR);
    let successor = all.succeed(all.dave).unwrap();
    // She has heard of alice's removal a day later than the others.
    record.stranded_since = record.stranded_since.map(|since| since + 24 * HOUR);
    all.world.write(all.erin, Table::Conversation, all.group.as_bytes(), Some(record::encode(&record)));
    all.world.start(all.erin.host);
    all.world.unlock(all.erin);
    all.world.advance(12 * HOUR);
    assert_eq!(all.world.successors(all.erin, all.group).len(), 1);
    assert_eq!(all.goes_on_in(all.erin), None);
    all.world.advance(16 * HOUR);
    assert_eq!(all.goes_on_in(all.erin), Some(successor));
}

/// What is the same for everybody who is at one place.
fn place(all: &Halted, person: Person) -> (bool, Membership, EpochId) {
    let record = all.world.conversation(person, all.group);
    (record.is_stranded(), record.membership, record.tip)
}

// REQ-FORK-24
#[test]
fn devices_that_have_asked_many_times_are_let_in_by_the_last_of_it_and_nobody_is_out() {
    // Erin hears of alice's removal later. Until she does she lets the others in where she is, which is not where the group is.
    let mut all = halted_while_away(&[3]);
    all.world.advance(SUCCESSOR_AFTER_MS);
    all.world.start(3);
    all.world.unlock(all.erin);
    all.world.advance(10 * 60_000);
    for person in [all.dave, all.frank] {
        let record = all.world.conversation(person, all.group);
        assert_eq!((record.is_stranded(), record.generation), (false, record.asked_generation));
        assert!(record.generation > 1);
    }
    all.world.advance(SUCCESSOR_AFTER_MS);
    all.world.unlock(all.alice);
    all.world.heal();
    all.world.advance(7 * HOUR);
    let there = place(&all, all.alice);
    assert_eq!((there.0, there.1), (false, Membership::Member));
    for person in [all.dave, all.erin, all.frank] {
        assert_eq!(place(&all, person), there, "{}", person.host);
    }
}

// REQ-SUCC-4
#[test]
fn whoever_was_removed_on_the_branch_that_counts_does_not_come_back_without_a_word_and_strangers_not_at_all() {
    let mut all = halted();
    let gina = all.world.sign_up(3, "gina");
    all.world.advance(SUCCESSOR_AFTER_MS + 7 * HOUR);
    let successor = all.succeed(all.dave).unwrap();
    all.world.advance(60_000);
    assert_eq!(all.world.successors(all.bob, all.group), []);
    let link = InviteLink::parse(&all.world.successors(all.erin, all.group)[0].link).unwrap();
    all.world.join(all.bob, &link).unwrap();
    all.world.join(gina, &link).unwrap();
    assert_eq!(all.world.requests(all.dave), [all.bob.account], "bob waits for dave's word");
    assert!(!all.world.joins(gina)[0].1.is_empty(), "gina was refused");
    all.world.decide(all.dave, successor, all.bob, true).unwrap();
    assert_eq!(all.world.conversation(all.bob, successor).membership, Membership::Member);
}

// REQ-SUCC-5
#[test]
fn of_two_successors_opened_at_once_all_go_on_in_the_same() {
    let mut all = halted();
    all.world.advance(SUCCESSOR_AFTER_MS + 7 * HOUR);
    // Alice is away, and frank cannot reach the others.
    all.world.split_into(&[(0, 1), (5, 1), (4, 2)]);
    let daves = all.succeed(all.dave).unwrap();
    all.world.advance(60_000);
    assert_eq!(all.goes_on_in(all.erin), Some(daves));
    let franks = all.succeed(all.frank).unwrap();
    all.world.split_into(&[(0, 1), (5, 1)]);
    all.world.advance(8 * HOUR);
    let (best, other, led) = if daves < franks { (daves, franks, all.frank) } else { (franks, daves, all.dave) };
    for person in [all.dave, all.erin, all.frank] {
        assert_eq!(all.goes_on_in(person), Some(best), "{}", person.host);
        assert_eq!(all.world.conversation(person, best).members.len(), 3);
    }
    assert_eq!(all.world.conversation(led, other).succeeded_by, Some(best));
    // Nor does it change by following the other link later.
    let late = if best == daves { all.erin } else { all.frank };
    let known = all.world.successors(late, all.group);
    let link = &known.iter().find(|known| known.conversation == other).unwrap().link;
    all.world.join(late, &InviteLink::parse(link).unwrap()).unwrap();
    assert_eq!(all.world.conversation(late, other).succeeded_by, Some(best));
    assert_eq!((all.goes_on_in(late), all.world.conversation(late, best).succeeded_by), (Some(best), None));
    all.world.send(all.erin, Recipient::Conversation(best), "one group").unwrap();
    all.world.advance(3_000);
    assert_eq!(
        [all.dave, all.frank].map(|one| all.world.texts(one).last().cloned().unwrap()),
        ["one group", "one group"]
    );
}

// REQ-SUCC-1
#[test]
fn a_successor_by_the_link_of_another_by_one_that_leads_nowhere_or_by_no_link_is_not_taken() {
    let mut all = halted();
    let successor = all.world.group(all.erin, "trap", &[]);
    let erins = all.world.group_link(all.erin, successor, 5, false).unwrap();
    let by_dave = |group| {
        let mut link = erins.clone();
        (link.account, link.group) = (all.dave.account, group);
        link
    };
    let (back, no_group, right) = (by_dave(Some(all.group)), by_dave(None), by_dave(Some(successor)));
    let texts = [erins, back, no_group].map(|link| link.to_url("").unwrap().into_bytes());
    let mut forgery = all.world.forgery(all.dave, all.group);
    for body in texts.into_iter().chain([vec![0xff; 40], Vec::new()]) {
        let lie = forgery.clone().body(SUCCESSOR, body);
        all.world.publish(&lie, &[all.erin]);
        forgery = lie.successor();
    }
    assert_eq!(all.world.successors(all.erin, all.group), []);
    let honest = forgery.body(SUCCESSOR, right.to_url("").unwrap().into_bytes());
    all.world.publish(&honest, &[all.erin]);
    assert_eq!(all.world.successors(all.erin, all.group).len(), 1, "so the forging is right");
}

// REQ-SUCC-2
#[test]
fn a_group_that_goes_on_is_ended_by_no_welcome_to_one_that_is_said_to_succeed_it() {
    let mut world = World::new(2);
    let [alice, bob] = [(0, "alice"), (1, "bob")].map(|(host, name)| world.sign_up(host, name));
    world.befriend(alice, bob);
    let group = world.group(alice, "ops", &[bob]);
    world.advance(60_000);
    let trap = world.group(bob, "trap", &[]);
    let link = world.group_link(bob, trap, 5, false).unwrap();
    let said = world.forgery(bob, group).body(SUCCESSOR, link.to_url("").unwrap().into_bytes());
    world.publish(&said, &[alice]);
    assert_eq!(world.successors(alice, group).len(), 1);
    world.add_member(bob, trap, alice).unwrap();
    world.advance(6_000);
    assert_eq!(world.conversation(alice, trap).membership, Membership::Member);
    assert_eq!(world.conversation(alice, group).succeeded_by, None);
    world.send(alice, Recipient::Conversation(group), "still here").unwrap();
}

// REQ-SUCC-2
#[test]
fn an_admin_whom_the_branch_that_counts_removes_leads_nobody() {
    let mut all = halted();
    all.world.advance(SUCCESSOR_AFTER_MS + 7 * HOUR);
    let trap = all.world.group(all.bob, "trap", &[]);
    let change = GroupChange { join: Some(JoinRule::Link), ..GroupChange::default() };
    all.world.set_group(all.bob, trap, change).unwrap();
    let link = all.world.group_link(all.bob, trap, 5, false).unwrap();
    let said = all.world.forgery(all.bob, all.group).body(SUCCESSOR, link.to_url("").unwrap().into_bytes());
    all.world.publish(&said, &[all.erin]);
    assert_eq!(all.world.successors(all.erin, all.group).len(), 1);
    all.world.advance(8 * HOUR);
    assert_eq!(all.goes_on_in(all.erin), None);
}

// REQ-SUCC-5
#[test]
fn one_successor_that_leads_nowhere_keeps_nobody_from_the_next() {
    let mut all = halted();
    all.world.advance(SUCCESSOR_AFTER_MS + 7 * HOUR);
    // Frank says that there is one, with the least id there can be, and nobody answers.
    let mut link = all.world.group_link(all.frank, all.world.conversations(all.frank)[0].id, 5, false);
    if link.is_err() {
        let own = all.world.group(all.frank, "own", &[]);
        link = all.world.group_link(all.frank, own, 5, false);
    }
    let mut link = link.unwrap();
    link.group = Some(ConversationId::from_bytes([0; 32]));
    let said = all.world.forgery(all.frank, all.group).body(SUCCESSOR, link.to_url("").unwrap().into_bytes());
    all.world.publish(&said, &[all.erin]);
    let successor = all.succeed(all.dave).unwrap();
    all.world.advance(36 * HOUR);
    assert_eq!(all.goes_on_in(all.erin), Some(successor));
}

// REQ-SUCC-3
#[test]
fn whoever_was_put_out_of_a_successor_does_not_get_its_old_role_back_with_its_place() {
    let mut all = halted();
    all.world.advance(SUCCESSOR_AFTER_MS + 7 * HOUR);
    let successor = all.succeed(all.dave).unwrap();
    all.world.advance(60_000);
    assert_eq!(all.policy(all.dave, successor).role(&all.frank.account), Role::Admin);
    all.world.remove_member(all.dave, successor, all.frank).unwrap();
    all.world.advance(6_000);
    let link = InviteLink::parse(&all.world.successors(all.frank, all.group)[0].link).unwrap();
    all.world.join(all.frank, &link).unwrap();
    all.world.decide(all.dave, successor, all.frank, true).unwrap();
    let record = all.world.conversation(all.dave, successor);
    assert!(record.members.contains(&all.frank.account));
    assert_eq!(all.policy(all.dave, successor).role(&all.frank.account), Role::Member);
}

// REQ-SUCC-1
#[test]
fn a_device_that_was_welcomed_to_where_it_cannot_follow_anybody_stops_nothing() {
    let mut all = halted();
    // It has been in no epoch yet, so that it knows no policy.
    let mut record = all.world.conversation(all.erin, all.group);
    record.policy.clear();
    all.world.write(all.erin, Table::Conversation, all.group.as_bytes(), Some(record::encode(&record)));
    all.world.advance(SUCCESSOR_AFTER_MS + 7 * HOUR);
    all.succeed(all.dave).unwrap();
    all.world.advance(12 * HOUR);
    assert_eq!(all.succeed(all.erin), Err(Rejection::Stranded));
    let sent = all.world.send(all.erin, Recipient::Conversation(all.group), "hello?");
    assert_eq!(sent.map(drop), Err(Rejection::Stranded));
    assert_eq!(all.goes_on_in(all.erin), None);
}
