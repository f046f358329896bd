//! Bans as members live through them: alone, at once with other changes on both sides of a split, and against those who knock.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tidings_crypto::id::{AccountId, ConversationId};
use tidings_crypto::mls::{CommitPlan, Group, SignedKeyPackage};
use tidings_protocol::account::conversation::rule::Class;
use tidings_protocol::account::policy::{Creation, JoinRule, Policy, Role};
use tidings_protocol::command::{Command, GroupChange};
use tidings_protocol::error::Rejection;
use tidings_protocol::limits::BANNED_MAX;
use tidings_protocol::query::{conversations, group_log};
use tidings_protocol::record;
use tidings_protocol::record::contact::ContactRecord;
use tidings_protocol::record::conversation::{ConversationKind, ConversationRecord, Membership};
use tidings_protocol::record::event::{EventKind, EventRecord};
use tidings_protocol::record::group_log::Act;
use tidings_protocol::record::join::JoinState;
use tidings_protocol::store::table::Table;
use tidings_protocol::wire::commit_body::{CommitBody, Introduction};
use tidings_protocol::wire::inbox::{InboxItem, Slip, WelcomeBundle};
use tidings_protocol::wire::rejoin::{Reason, RejoinRequest};
use tidings_protocol::wire::{self, bundle};
use world::forge::COMMIT;
use world::{Person, World};

/// A group of alice, who founded it, of bob, an admin, and of carol and erin; dave is not in it and knows alice and bob. Each on a node of their
/// own.
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
    let mut world = World::new(6);
    let [alice, bob, carol, dave, erin] = [(0, "alice"), (1, "bob"), (2, "carol"), (3, "dave"), (4, "erin")]
        .map(|(host, name)| world.sign_up(host, name));
    for (one, other) in [(alice, bob), (alice, carol), (alice, dave), (alice, erin), (bob, dave)] {
        world.befriend(one, other);
    }
    let group = world.group(alice, "ops", &[bob, carol, erin]);
    world.set_role(alice, group, bob, Role::Admin).unwrap();
    world.advance(60_000);
    Five { world, alice, bob, carol, dave, erin, group }
}

impl Five {
    fn ban(&mut self, by: Person, who: Person) -> Result<(), Rejection> {
        let done = self.world.ban(by, self.group, who, true);
        self.world.advance(6_000);
        done
    }

    fn lift(&mut self, by: Person, who: Person) -> Result<(), Rejection> {
        let done = self.world.ban(by, self.group, who, false);
        self.world.advance(6_000);
        done
    }

    fn add(&mut self, by: Person, who: Person) -> Result<(), Rejection> {
        let done = self.world.add_member(by, self.group, who);
        self.world.advance(6_000);
        done
    }

    fn role(&mut self, by: Person, of: Person, role: Role) {
        self.world.set_role(by, self.group, of, role).unwrap();
        self.world.advance(6_000);
    }

    fn record(&self, person: Person) -> ConversationRecord {
        self.world.conversation(person, self.group)
    }

    fn policy(&self, person: Person) -> Policy {
        Policy::parse(&self.record(person).policy).unwrap()
    }

    /// Those are in at one epoch, nobody else is, and these are banned.
    fn assert_group(&self, people: &[Person], banned: &[Person]) {
        let sorted = |people: &[Person]| {
            let mut accounts: Vec<AccountId> = people.iter().map(|person| person.account).collect();
            accounts.sort_unstable();
            accounts
        };
        for person in people {
            let mut record = self.record(*person);
            record.members.sort_unstable();
            assert_eq!((record.membership, record.tip), (Membership::Member, self.record(people[0]).tip));
            assert_eq!((record.members.clone(), record.is_stranded(), record.pending), (sorted(people), false, 0));
            assert_eq!(self.policy(*person).bans.accounts(), sorted(banned));
            for table in [Table::Wish, Table::Intent] {
                assert!(self.world.rows(*person, table).is_empty(), "{table:?} is not empty");
            }
        }
    }

    fn log(&self, person: Person) -> Vec<(AccountId, Act)> {
        let store = &self.world.hosts[person.host].store;
        let record = conversations::with(store, person.account, self.group).unwrap().unwrap();
        let page = group_log::page(store, person.account, &record, None, 200).unwrap();
        let acts = page.commits.into_iter().flat_map(|(_, commit)| {
            commit.acts.into_iter().map(|act| (commit.by, act)).collect::<Vec<_>>().into_iter().rev()
        });
        acts.collect()
    }

    fn events(&self, person: Person) -> Vec<EventKind> {
        let rows = self.world.rows(person, Table::Event);
        rows.iter().map(|(_, value)| record::decode::<EventRecord>(value, "test").unwrap().kind).collect()
    }
}

// REQ-BAN-1, REQ-BAN-2
#[test]
fn whoever_is_banned_goes_with_one_commit_and_comes_back_only_after_the_ban_was_lifted() {
    let mut all = five();
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    all.add(alice, dave).unwrap();
    all.role(alice, dave, Role::Moderator);
    let epoch = all.record(alice).epoch;
    all.ban(bob, dave).unwrap();
    assert_eq!(all.record(carol).epoch, epoch + 1);
    assert_eq!(all.record(dave).membership, Membership::Removed);
    all.assert_group(&[alice, bob, carol, erin], &[dave]);
    for by in [alice, bob] {
        assert_eq!(all.add(by, dave), Err(Rejection::Banned));
        assert_eq!(all.ban(by, dave), Err(Rejection::Already));
    }
    all.lift(alice, dave).unwrap();
    all.assert_group(&[alice, bob, carol, erin], &[]);
    assert_eq!(all.lift(alice, dave), Err(Rejection::NotFound));
    all.add(bob, dave).unwrap();
    all.assert_group(&[alice, bob, carol, dave, erin], &[]);
    assert_eq!(all.policy(alice).role(&dave.account), Role::Member, "what they were they are no more");
}

// NEGATIVE_TESTS 84
// REQ-POLICY-9
#[test]
fn every_member_reads_who_banned_whom_and_clients_are_told() {
    let mut all = five();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.ban(bob, dave).unwrap();
    all.lift(alice, dave).unwrap();
    all.ban(bob, carol).unwrap();
    let expected = [
        (bob.account, Act::Banned { account: carol.account }),
        (bob.account, Act::Removed { account: carol.account }),
        (alice.account, Act::Unbanned { account: dave.account }),
        (bob.account, Act::Banned { account: dave.account }),
    ];
    for person in [alice, bob] {
        assert_eq!(all.log(person)[..4], expected);
        let told = |by: Person| all.events(person).contains(&EventKind::GroupSettings { by: by.account });
        assert!(told(alice) && told(bob));
    }
}

// REQ-BAN-1
#[test]
fn who_has_left_is_banned_all_the_same_and_nobody_bans_or_lets_off_without_the_right() {
    let mut all = five();
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    for who in [alice, bob, carol, dave] {
        assert_eq!(all.ban(carol, who), Err(Rejection::NotAdmin));
    }
    for who in [alice, bob] {
        assert_eq!(all.ban(bob, who), Err(Rejection::NotAdmin), "a senior, and himself");
    }
    all.world.command(2, Command::Leave { account: carol.account, conversation: all.group }).unwrap();
    all.world.advance(6_000);
    all.role(alice, bob, Role::Moderator);
    all.ban(bob, carol).unwrap();
    all.assert_group(&[alice, bob, erin], &[carol]);
    assert_eq!(all.add(alice, carol), Err(Rejection::Banned));
    all.role(alice, bob, Role::Member);
    assert_eq!(all.lift(bob, carol), Err(Rejection::NotAdmin));
    all.assert_group(&[alice, bob, erin], &[carol]);
}

// NEGATIVE_TESTS 60
// REQ-BAN-3
#[test]
fn somebody_who_is_added_and_banned_at_once_is_out_and_the_add_is_given_up() {
    for (apart, by_alice) in [([1, 2, 3].as_slice(), true), (&[1, 2], false)] {
        let mut all = five();
        let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
        let (by, adder) = if by_alice { (alice, bob) } else { (bob, alice) };
        all.world.split(apart);
        all.ban(by, dave).unwrap();
        all.add(adder, dave).unwrap();
        assert!(all.world.is_in(dave, all.group) && !all.policy(adder).bans.contains(&dave.account));
        all.world.heal();
        all.world.advance(60_000);
        all.assert_group(&[alice, bob, carol, erin], &[dave]);
        assert!(!all.world.is_in(dave, all.group));
    }
}

// REQ-BAN-3, REQ-FORK-15
#[test]
fn a_ban_on_the_side_that_loses_is_imposed_again() {
    let mut all = five();
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    let frank = all.world.sign_up(5, "frank");
    all.world.befriend(alice, frank);
    for who in [dave, frank] {
        all.add(alice, who).unwrap();
    }
    all.world.split(&[1, 2]);
    all.ban(bob, dave).unwrap();
    assert!(!all.record(carol).members.contains(&dave.account));
    // A senior's removal comes before it.
    all.world.remove_member(alice, all.group, frank).unwrap();
    all.world.advance(6_000);
    assert!(all.record(erin).members.contains(&dave.account) && !all.record(erin).members.contains(&frank.account));
    all.world.heal();
    all.world.advance(60_000);
    all.assert_group(&[alice, bob, carol, erin], &[dave]);
    // Of somebody who is not in it is the same.
    all.world.split(&[1, 2]);
    all.ban(bob, frank).unwrap();
    assert!(all.policy(carol).bans.contains(&frank.account));
    all.world.remove_member(alice, all.group, erin).unwrap();
    all.world.advance(6_000);
    all.world.heal();
    all.world.advance(60_000);
    all.assert_group(&[alice, bob, carol], &[dave, frank]);
}

// REQ-BAN-3
#[test]
fn a_ban_that_was_lifted_again_on_the_side_that_loses_is_not_imposed() {
    let mut all = five();
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    all.world.split(&[1, 2]);
    all.ban(bob, dave).unwrap();
    all.lift(bob, dave).unwrap();
    assert!(all.policy(carol).bans.accounts().is_empty());
    all.world.remove_member(alice, all.group, erin).unwrap();
    all.world.heal();
    all.world.advance(60_000);
    all.assert_group(&[alice, bob, carol], &[]);
}

// REQ-BAN-3
#[test]
fn a_ban_is_lifted_and_another_imposed_though_others_changed_the_group_at_once() {
    let mut all = five();
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    all.ban(alice, dave).unwrap();
    // Bob lifts one and gives erin a role, who is banned meanwhile; all of it but her role is done in the end.
    all.world.split(&[1, 4]);
    all.lift(bob, dave).unwrap();
    all.role(bob, erin, Role::Moderator);
    all.world.rename(bob, all.group, "later");
    all.world.advance(6_000);
    assert!(all.policy(erin).bans.accounts().is_empty());
    all.ban(alice, erin).unwrap();
    assert_eq!(all.policy(carol).bans.accounts().len(), 2);
    all.world.heal();
    all.world.advance(60_000);
    all.assert_group(&[alice, bob, carol], &[erin]);
    assert_eq!(all.policy(alice).name(), "later");
}

// REQ-BAN-3
#[test]
fn the_last_word_of_one_who_could_not_commit_yet_counts() {
    let mut all = five();
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    all.world.split(&[0]);
    for banned in [true, false] {
        all.world.ban(alice, all.group, carol, banned).unwrap();
    }
    for _ in 0..2 {
        all.world.ban(alice, all.group, dave, true).unwrap();
        assert!(all.world.rows(alice, Table::Intent).is_empty(), "nor is he shown as invited");
        all.world.add_member(alice, all.group, dave).unwrap();
    }
    all.world.heal();
    all.world.advance(60_000);
    all.assert_group(&[alice, bob, carol, dave, erin], &[]);
    // And the other way round: who was let off and is banned again stays out.
    all.ban(alice, erin).unwrap();
    all.world.advance(60_000);
    all.world.split(&[0]);
    for banned in [false, true] {
        all.world.ban(alice, all.group, erin, banned).unwrap();
    }
    all.world.heal();
    all.world.advance(60_000);
    all.assert_group(&[alice, bob, carol, dave], &[erin]);
}

// NEGATIVE_TESTS 72
// REQ-BAN-4
#[test]
fn who_is_banned_while_asking_by_link_is_declined_and_comes_before_nobody_again() {
    for (rule, by_maker) in [(JoinRule::Approved, false), (JoinRule::Link, true)] {
        let mut all = five();
        let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
        let frank = all.world.sign_up(5, "frank");
        let change = GroupChange { join: Some(rule), ..GroupChange::default() };
        all.world.set_group(alice, all.group, change).unwrap();
        all.world.advance(6_000);
        let link = all.world.group_link(bob, all.group, 5, true).unwrap();
        all.world.join(frank, &link).unwrap();
        assert_eq!(all.world.requests(bob), [frank.account]);
        // By somebody who was not asked bob's node finds it out.
        all.ban(if by_maker { bob } else { alice }, frank).unwrap();
        assert_eq!(all.world.requests(bob), []);
        let declined = [(JoinState::Refused, "whoever made the link has declined".to_owned())];
        assert_eq!(all.world.joins(frank), declined);
        let asked = |all: &Five| {
            all.events(bob).iter().filter(|event| matches!(event, EventKind::JoinRequested { .. })).count()
        };
        let before = asked(&all);
        let open = all.world.group_link(bob, all.group, 5, false).unwrap();
        for link in [&link, &open] {
            all.world.join(frank, link).unwrap();
            assert_eq!((all.world.joins(frank), all.world.requests(bob)), (declined.to_vec(), vec![]));
        }
        assert_eq!(asked(&all), before);
        all.assert_group(&[alice, bob, carol, erin], &[frank]);
        assert_eq!(all.world.decide(bob, all.group, frank, true), Err(Rejection::NotFound));
        // Others are let in as before, and so is frank once the ban is lifted: after somebody was asked, whatever the rule.
        all.lift(alice, frank).unwrap();
        all.world.join(dave, &link).unwrap();
        all.world.decide(bob, all.group, dave, true).unwrap();
        all.world.join(frank, &open).unwrap();
        assert_eq!(all.world.requests(bob), [frank.account]);
        all.world.decide(bob, all.group, frank, true).unwrap();
        all.assert_group(&[alice, bob, carol, dave, erin, frank], &[]);
    }
}

// NEGATIVE_TESTS 72
// REQ-BAN-2
#[test]
fn a_request_to_be_let_back_in_of_somebody_who_is_banned_moves_nobody() {
    let mut all = five();
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    all.add(alice, dave).unwrap();
    let at = all.record(dave).tip;
    let request = |all: &Five, person: Person, of: Person| {
        let request = RejoinRequest {
            conversation: all.group,
            account: of.account,
            device: all.world.profile(of).device,
            generation: 1,
            epoch: at,
            reason: Reason::Stranded,
            key_package: wire::field(package(all, person, of).to_bytes()),
            box_key: wire::field(all.world.directory(of).box_key),
        };
        InboxItem::Rejoin(request.signed(&all.world.device_keys(of).device_key))
    };
    let of_dave = request(&all, alice, dave);
    all.ban(alice, dave).unwrap();
    let tip = all.record(alice).tip;
    for person in [alice, bob, carol] {
        all.world.post(person, &of_dave);
    }
    all.world.advance(60_000);
    assert_eq!(all.record(alice).tip, tip);
    all.assert_group(&[alice, bob, carol, erin], &[dave]);
    // One of a member does move them.
    let of_bob = request(&all, alice, bob);
    all.world.post(carol, &of_bob);
    all.world.advance(60_000);
    assert_ne!(all.record(alice).tip, tip);
}

fn introduction(all: &Five, person: Person) -> Introduction {
    let log = wire::field(all.world.directory(person).identity_log);
    Introduction { log, name: wire::field(vec![]), reach: wire::field(vec![]) }
}

/// A key package of one person that another has.
fn package(all: &Five, holder: Person, of: Person) -> SignedKeyPackage {
    let rows = all.world.rows(holder, Table::Contact).into_iter();
    let mut contacts = rows.map(|(_, row)| record::decode::<ContactRecord>(&row, "test").unwrap());
    let contact = contacts.find(|contact| contact.account == of.account).unwrap();
    SignedKeyPackage::parse(&contact.key_packages[0]).unwrap()
}

// NEGATIVE_TESTS 72
// REQ-BAN-2
#[test]
fn an_admin_who_commits_the_add_of_somebody_banned_moves_nobody() {
    for banned in [true, false] {
        let mut all = five();
        let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
        if banned {
            all.ban(alice, dave).unwrap();
        }
        let tip = all.record(bob).tip;
        let plan = CommitPlan { adds: vec![package(&all, bob, dave)], ..CommitPlan::default() };
        let mut rng = ChaCha20Rng::from_seed([11; 32]);
        let commit = all.world.tip(bob, all.group).commit(plan, &mut rng).unwrap().commit;
        let body = CommitBody { added: vec![introduction(&all, dave)], ..CommitBody::new(commit, Class::Admin) };
        let forgery = all.world.forgery(bob, all.group).body(COMMIT, wire::encode(&body));
        all.world.publish(&forgery, &[alice, carol]);
        for person in [alice, carol] {
            assert_eq!(all.world.device_log(person, all.group, bob).sequence, forgery.inner.sequence, "it was read");
            assert_eq!(all.record(person).tip == tip, banned);
        }
    }
}

// REQ-BAN-5
#[test]
fn a_full_list_takes_nobody_else_before_somebody_is_let_off() {
    let mut all = five();
    let (alice, bob, carol, dave, erin) = (all.alice, all.bob, all.carol, all.dave, all.erin);
    let strangers = (0..BANNED_MAX).map(|number| {
        let mut bytes = [0xee; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        AccountId::from_bytes(bytes)
    });
    // In one commit, which is alice's to make, though people ban one by one.
    let mut policy = all.policy(alice);
    strangers.clone().for_each(|account| policy.ban(account));
    let plan = CommitPlan { policy: Some(policy.to_bytes()), ..CommitPlan::default() };
    let mut rng = ChaCha20Rng::from_seed([11; 32]);
    let commit = all.world.tip(alice, all.group).commit(plan, &mut rng).unwrap().commit;
    let body = wire::encode(&CommitBody::new(commit, Class::Removal));
    let forgery = all.world.forgery(alice, all.group).body(COMMIT, body);
    all.world.publish(&forgery, &[bob, carol, erin]);
    assert_eq!(all.policy(bob).bans.accounts().len(), BANNED_MAX);
    assert_eq!(all.ban(bob, dave), Err(Rejection::Quota { what: "banned accounts of a group" }));
    assert_eq!(all.policy(bob).bans.accounts().len(), BANNED_MAX);
    for who in strangers.take(1) {
        let lift = Command::Ban { account: bob.account, conversation: all.group, who, banned: false };
        all.world.command(1, lift).unwrap();
    }
    all.ban(bob, dave).unwrap();
    assert!(all.policy(carol).bans.contains(&dave.account));
}

/// A welcome of alice for dave to a group that she founds with such bans; whether he enters.
fn enters(banned: impl Fn(&Five) -> Vec<AccountId>) -> bool {
    let mut all = five();
    let (alice, dave) = (all.alice, all.dave);
    let (keys, mut rng) = (all.world.device_keys(alice), ChaCha20Rng::from_seed([11; 32]));
    let creation = Creation::new(ConversationKind::Group, keys.account, keys.device, [3; 32]);
    let conversation = creation.conversation();
    let mut policy = Policy::new(creation.clone(), "other", "");
    banned(&all).into_iter().for_each(|account| policy.ban(account));
    let mut group = Group::create(&keys, conversation, &policy.to_bytes(), &mut rng).unwrap();
    let plan = CommitPlan { adds: vec![package(&all, alice, dave)], ..CommitPlan::default() };
    let welcome = group.commit(plan, &mut rng).unwrap().welcome.unwrap();
    let told = world::forge::second_epoch(conversation, alice.account);
    let bundle = WelcomeBundle {
        welcome: wire::field(welcome),
        creation,
        epoch: told.epoch,
        topic_secret: [6; 32],
        members: [alice, dave].map(|person| introduction(&all, person)).to_vec(),
        generations: Vec::new(),
        display_name: wire::field(b"alice".to_vec()),
        box_key: wire::field(all.world.directory(alice).box_key),
        key_token: [0; 16],
        past_tags: Vec::new(),
        told: vec![told],
        chain: Vec::new(),
        signers: Vec::new(),
    };
    let (key, sealed) = tidings_crypto::bundle::seal(&wire::encode(&bundle), &mut rng);
    let (inviter, device) = (keys.account, keys.device);
    let slip = Slip { conversation, inviter, device, bundle: bundle::id(&sealed), key: *key };
    all.world.post_bundle(dave, &sealed);
    all.world.post(dave, &InboxItem::Welcome(slip.signed(&dave.account, &keys.device_key)));
    all.world.is_in(dave, conversation)
}

// NEGATIVE_TESTS 39
// REQ-BAN-2
#[test]
fn nobody_enters_by_a_welcome_to_where_somebody_is_in_who_is_banned() {
    assert!(enters(|_| vec![]));
    assert!(enters(|all| vec![all.carol.account]), "of those who are out nothing follows");
    assert!(!enters(|all| vec![all.dave.account]));
}
