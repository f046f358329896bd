//! Forged and misplaced commits, pushed as properly signed and sealed entries to members who run the real core.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tidings_crypto::id::{AccountId, ConversationId, EpochId};
use tidings_crypto::mls::{CommitPlan, SignedKeyPackage};
use tidings_protocol::account::conversation::rule::Class;
use tidings_protocol::account::policy::{Policy, Role};
use tidings_protocol::command::{Command, Recipient};
use tidings_protocol::limits::{ANCHORS_MAX, ELECTION_STEP_MS};
use tidings_protocol::record::conversation::Membership;
use tidings_protocol::store::table::Table;
use tidings_protocol::wire;
use tidings_protocol::wire::commit_body::{CommitBody, Cut, Introduction};
use world::forge::{COMMIT, SELF_REMOVE};
use world::{Person, World};

struct Trio {
    world: World,
    alice: Person,
    bob: Person,
    carol: Person,
    group: ConversationId,
}

/// A group that alice owns, with bob and carol, each on a node of their own.
fn trio() -> Trio {
    let mut world = World::new(4);
    let (alice, bob, carol) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"), world.sign_up(2, "carol"));
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    let group = world.group(alice, "ops", &[bob, carol]);
    world.send(bob, Recipient::Conversation(group), "before").unwrap();
    world.advance(3_000);
    Trio { world, alice, bob, carol, group }
}

/// The body of a commit entry; its class is that of a removal if it brings nobody.
fn body(commit: Vec<u8>, added: Vec<Introduction>) -> Vec<u8> {
    let class = if added.is_empty() { Class::Removal } else { Class::Admin };
    body_of(class, commit, added)
}

fn body_of(class: Class, commit: Vec<u8>, added: Vec<Introduction>) -> Vec<u8> {
    wire::encode(&CommitBody { added, ..CommitBody::new(commit, class) })
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([11; 32])
}

impl Trio {
    /// The commit that `author` makes at its tip, whatever its role.
    fn commit(&self, author: Person, plan: CommitPlan) -> Vec<u8> {
        self.world.tip(author, self.group).commit(plan, &mut rng()).unwrap().commit
    }

    fn introduction(&self, person: Person) -> Introduction {
        Introduction {
            log: wire::field(self.world.directory(person).identity_log),
            name: wire::field(vec![]),
            reach: wire::field(vec![]),
        }
    }

    fn removal(&self, author: Person, target: Person) -> Vec<u8> {
        let tip = self.world.tip(author, self.group);
        let leaf = tip.members().iter().find(|member| member.account() == target.account).unwrap().leaf;
        let mut policy = Policy::parse(&self.world.conversation(author, self.group).policy).unwrap();
        policy.forget(&target.account);
        let policy = Some(policy.rotated().to_bytes());
        self.commit(author, CommitPlan { remove: Some(leaf), policy, ..CommitPlan::default() })
    }

    fn state(&self, person: Person) -> (EpochId, Vec<AccountId>, Vec<u8>, Membership) {
        let record = self.world.conversation(person, self.group);
        (record.tip, record.members, record.policy, record.membership)
    }

    /// `author` publishes `body` as a commit entry; returns whether any of `victims` moved.
    fn moves(&mut self, author: Person, body: Vec<u8>, victims: &[Person]) -> bool {
        let before: Vec<_> = victims.iter().map(|victim| self.state(*victim)).collect();
        let forgery = self.world.forgery(author, self.group).body(COMMIT, body);
        self.world.publish(&forgery, victims);
        for victim in victims {
            let log = self.world.device_log(*victim, self.group, author);
            assert_eq!(log.sequence, forgery.inner.sequence, "the entry itself was read");
        }
        victims.iter().map(|victim| self.state(*victim)).collect::<Vec<_>>() != before
    }

    /// The honest ones go on as if nothing had been.
    fn goes_on(&mut self, one: Person, other: Person) {
        for (from, to) in [(one, other), (other, one)] {
            let text = format!("after {}", self.world.messages(from).len());
            self.world.send(from, Recipient::Conversation(self.group), &text).unwrap();
            self.world.advance(3_000);
            assert!(self.world.texts(to).contains(&text));
        }
        assert_eq!(self.state(one), self.state(other));
    }
}

#[test]
fn a_commit_forged_with_the_owners_own_keys_is_followed_so_the_forging_is_right() {
    let mut all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let commit = all.removal(alice, bob);
    assert!(all.moves(alice, body(commit, vec![]), &[carol]));
    assert_eq!(all.state(carol).1, [alice.account, carol.account]);
}

// NEGATIVE_TESTS 30
// REQ-AUTH-1, REQ-GROUP-6
#[test]
fn a_member_who_commits_a_removal_an_add_or_a_policy_moves_nobody() {
    let mut dave_world = trio();
    let dave = dave_world.world.sign_up(3, "dave");
    let package = package_of(&dave_world.world, dave);
    let introduction = dave_world.introduction(dave);
    let (alice, bob, carol) = (dave_world.alice, dave_world.bob, dave_world.carol);
    let mut policy = Policy::parse(&dave_world.world.conversation(bob, dave_world.group).policy).unwrap();
    policy.set_role(bob.account, Role::Owner);
    let policy = policy.to_bytes();
    let attempts = [
        (dave_world.removal(bob, carol), vec![]),
        (dave_world.removal(bob, alice), vec![]),
        (dave_world.commit(bob, CommitPlan { adds: vec![package], ..CommitPlan::default() }), vec![introduction]),
        (dave_world.commit(bob, CommitPlan { policy: Some(policy), ..CommitPlan::default() }), vec![]),
    ];
    for (commit, added) in attempts {
        let mut all = trio();
        assert!(!all.moves(bob, body(commit, added), &[alice, carol]));
        all.goes_on(alice, carol);
    }
}

// REQ-AUTH-8
#[test]
fn a_member_who_renews_its_own_leaf_is_followed() {
    let mut all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let commit = all.commit(bob, CommitPlan::default());
    assert!(all.moves(bob, body_of(Class::Update, commit, vec![]), &[alice, carol]));
    assert_eq!(all.state(alice), all.state(carol));
}

/// A key package out of the pool of `person`'s node.
fn package_of(world: &World, person: Person) -> SignedKeyPackage {
    use tidings_protocol::store::snapshot::{Direction, Snapshot as _};
    use tidings_protocol::store::table::Scope;
    let store = &world.hosts[person.host].store;
    let pool = store
        .range(Scope::Node, Table::KeyPackagePool, &[], &[0xff; 80], usize::MAX, Direction::Forward)
        .unwrap()
        .into_iter()
        .find(|(row, _)| row.starts_with(person.account.as_bytes()));
    SignedKeyPackage::parse(&pool.unwrap().1).unwrap()
}

// NEGATIVE_TESTS 32
#[test]
fn a_policy_changed_by_the_owner_past_the_rules_moves_nobody() {
    let all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let policy = Policy::parse(&all.world.conversation(alice, all.group).policy).unwrap();
    let (mut stranger, mut ownerless) = (policy.clone(), policy);
    stranger.set_role(AccountId::from_bytes([3; 32]), Role::Admin);
    ownerless.forget(&alice.account);
    for policy in [stranger.to_bytes(), ownerless.to_bytes(), b"anything".to_vec()] {
        let commit = all.commit(alice, CommitPlan { policy: Some(policy), ..CommitPlan::default() });
        let mut fresh = trio();
        assert!(!fresh.moves(alice, body_of(Class::Admin, commit, vec![]), &[bob, carol]));
        fresh.goes_on(bob, carol);
    }
}

// NEGATIVE_TESTS 34
#[test]
fn an_added_account_whose_identity_nobody_gives_moves_nobody() {
    let mut all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let dave = all.world.sign_up(3, "dave");
    let add = CommitPlan { adds: vec![package_of(&all.world, dave)], ..CommitPlan::default() };
    let commit = all.commit(alice, add);
    assert!(!all.moves(alice, body_of(Class::Admin, commit.clone(), vec![]), &[bob, carol]));
    let introduction = all.introduction(dave);
    let mut control = trio();
    control.world.sign_up(3, "dave");
    assert!(control.moves(alice, body(commit, vec![introduction]), &[bob, carol]));
}

// NEGATIVE_TESTS 37
#[test]
fn a_second_leaf_of_an_account_that_is_in_moves_nobody() {
    let mut all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let add = CommitPlan { adds: vec![package_of(&all.world, bob)], ..CommitPlan::default() };
    let commit = all.commit(alice, add);
    let introduction = all.introduction(bob);
    assert!(!all.moves(alice, body(commit, vec![introduction]), &[carol]));
}

// NEGATIVE_TESTS 46
#[test]
fn the_owners_commit_in_an_entry_of_another_member_moves_nobody() {
    let mut all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let commit = all.removal(alice, bob);
    assert!(!all.moves(bob, body(commit, vec![]), &[carol]));
    all.goes_on(alice, carol);
}

// NEGATIVE_TESTS 44
#[test]
fn a_self_remove_that_another_member_relays_removes_nobody() {
    let mut all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let proposal = all.world.tip(carol, all.group).propose_self_remove(&mut rng()).unwrap();
    let forgery = all.world.forgery(bob, all.group).body(SELF_REMOVE, proposal.clone());
    let before = all.state(alice);
    all.world.publish(&forgery, &[alice]);
    assert_eq!(all.state(alice), before);
    let honest = all.world.forgery(carol, all.group).body(SELF_REMOVE, proposal);
    all.world.publish(&honest, &[alice]);
    // Whose turn it is to carry it out is decided by a hash.
    all.world.advance(2 * ELECTION_STEP_MS);
    assert_eq!(all.state(alice).1, [alice.account, bob.account]);
}

// NEGATIVE_TESTS 44
#[test]
fn ten_thousand_bytes_of_proposals_that_are_none_remove_nobody_and_block_nothing() {
    let mut all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let commit = all.removal(alice, carol);
    let before = all.state(alice);
    let mut forgery = all.world.forgery(bob, all.group).body(SELF_REMOVE, commit);
    for junk in [vec![], vec![7; 10_000], b"propose".to_vec()] {
        all.world.publish(&forgery, &[alice, carol]);
        forgery = forgery.successor().body(SELF_REMOVE, junk);
    }
    assert_eq!(all.state(alice), before);
    all.goes_on(alice, carol);
}

// NEGATIVE_TESTS 45
#[test]
fn a_commit_entry_that_holds_no_commit_moves_nobody() {
    let all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let mut tip = all.world.tip(alice, all.group);
    let message = tip.encrypt(b"not a commit", &mut rng()).unwrap();
    let proposal = all.world.tip(bob, all.group).propose_self_remove(&mut rng()).unwrap();
    let welcome = {
        let mut world = trio().world;
        let dave = world.sign_up(3, "dave");
        let adds = vec![package_of(&world, dave)];
        all.world.tip(alice, all.group).commit(CommitPlan { adds, ..CommitPlan::default() }, &mut rng()).unwrap()
    };
    for inside in [message, proposal, welcome.welcome.unwrap(), vec![], vec![0xff; 4_000]] {
        let mut fresh = trio();
        assert!(!fresh.moves(alice, body(inside, vec![]), &[bob, carol]));
    }
    let mut fresh = trio();
    assert!(!fresh.moves(alice, vec![1, 2, 3], &[bob, carol]));
}

// NEGATIVE_TESTS 85
#[test]
fn an_old_commit_replayed_at_a_later_epoch_moves_nobody() {
    let mut all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let removal = all.removal(alice, carol);
    let old = all.world.conversation(alice, all.group);
    let remove = Command::RemoveMember { account: alice.account, conversation: all.group, member: carol.account };
    all.world.command(0, remove).unwrap();
    all.world
        .command(0, Command::AddMember { account: alice.account, conversation: all.group, member: carol.account })
        .unwrap();
    all.world.advance(3_000);
    let before = (all.state(bob), all.state(carol));
    // At its own epoch, and dressed up as one of the tip.
    let mut stale = all.world.forgery(alice, all.group).body(COMMIT, body(removal, vec![]));
    stale.inner.epoch = old.tip;
    stale.log_key = old.log_key;
    let mut dressed = all.world.forgery(alice, all.group).successor().body(COMMIT, stale.inner.body.clone().into());
    dressed.inner.prev = *tidings_crypto::EntryId::of(&tidings_crypto::encode(&stale.inner)).as_bytes();
    dressed.inner.prev_tag = tidings_crypto::LogKey::from_bytes(old.log_key).tag();
    for forgery in [stale, dressed] {
        all.world.publish(&forgery, &[bob]);
        assert_eq!(all.world.device_log(bob, all.group, alice).sequence, forgery.inner.sequence);
    }
    assert_eq!((all.state(bob), all.state(carol)), before);
}

// NEGATIVE_TESTS 70
#[test]
fn a_removal_whose_cuts_name_members_who_stay_silences_none_of_them() {
    let mut all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let cuts = vec![Cut { device: all.world.profile(carol).device, sequence: 0 }];
    let commit = all.removal(alice, bob);
    let body = wire::encode(&CommitBody { cuts, ..CommitBody::new(commit, Class::Removal) });
    assert!(all.moves(alice, body, &[carol, bob]));
    let record = all.world.conversation(carol, all.group);
    assert_eq!(record.members, [alice.account, carol.account]);
    assert_eq!(all.world.device_log(carol, all.group, carol).cut, None);
}

// NEGATIVE_TESTS 63
// REQ-FORK-10
#[test]
fn a_removal_that_is_dated_back_to_an_epoch_nobody_keeps_puts_nobody_out_and_stops_nobody() {
    let mut all = trio();
    let (alice, bob, carol, group) = (all.alice, all.bob, all.carol, all.group);
    for admin in [bob, carol] {
        all.world.set_role(alice, group, admin, Role::Admin).unwrap();
    }
    all.world.advance(10_000);
    let removal = body(all.removal(carol, bob), Vec::new());
    let late = all.world.forgery(carol, group).body(COMMIT, removal);
    all.world.stop(carol.host);
    for number in 0..ANCHORS_MAX + 4 {
        all.world.rename(alice, group, &number.to_string());
        all.world.advance(10_000);
    }
    let before = all.state(alice);
    for first in [bob, alice] {
        all.world.publish(&late, &[first]);
    }
    all.world.advance(10 * 60_000);
    for person in [alice, bob] {
        assert_eq!((all.state(person), all.world.conversation(person, group).is_stranded()), (before.clone(), false));
    }
    all.goes_on(alice, bob);
}
