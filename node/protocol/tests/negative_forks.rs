//! Members who play the commit rule: backdated, repeated, forked and ground commits, votes of nobody, false words to newcomers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tidings_crypto::EntryId;
use tidings_crypto::id::{AccountId, ConversationId, EpochId};
use tidings_crypto::mls::{CommitPlan, SignedKeyPackage};
use tidings_protocol::account::conversation::rule::Class;
use tidings_protocol::account::policy::{Policy, Role};
use tidings_protocol::command::Recipient;
use tidings_protocol::record;
use tidings_protocol::record::contact::ContactRecord;
use tidings_protocol::record::conversation::{ConversationRecord, Membership};
use tidings_protocol::store::table::Table;
use tidings_protocol::wire;
use tidings_protocol::wire::commit_body::CommitBody;
use tidings_protocol::wire::fork_vote::ForkVote;
use tidings_protocol::wire::inbox::InboxItem;
use tidings_protocol::wire::inner::generation_start;
use tidings_protocol::wire::rejoin::{Reason, RejoinRequest, SignedRejoin};
use tidings_protocol::wire::standing::Word;
use world::forge::{COMMIT, FORK_VOTE, Forgery, VOID};
use world::{Person, World};

struct Four {
    world: World,
    alice: Person,
    bob: Person,
    carol: Person,
    dave: Person,
    group: ConversationId,
}

/// A group of alice, who owns it, of carol, an admin, and of bob; dave is not in it.
fn four() -> Four {
    let mut world = World::new(4);
    let [alice, bob, carol, dave] =
        [(0, "alice"), (1, "bob"), (2, "carol"), (3, "dave")].map(|(host, name)| world.sign_up(host, name));
    for other in [bob, carol, dave] {
        world.befriend(alice, other);
    }
    let group = world.group(alice, "ops", &[bob, carol]);
    let mut all = Four { world, alice, bob, carol, dave, group };
    all.world.set_role(alice, group, carol, Role::Admin).unwrap();
    all.world.send(bob, Recipient::Conversation(group), "before").unwrap();
    all.world.advance(10_000);
    all
}

impl Four {
    fn record(&self, person: Person) -> ConversationRecord {
        self.world.conversation(person, self.group)
    }

    fn state(&self, person: Person) -> (EpochId, Vec<AccountId>, String) {
        let record = self.record(person);
        (record.tip, record.members, Policy::parse(&record.policy).unwrap().name())
    }

    /// The body of a commit of `author` at its tip.
    fn commit(&self, author: Person, class: Class, plan: CommitPlan) -> Vec<u8> {
        let mut rng = ChaCha20Rng::from_seed([11; 32]);
        let commit = self.world.tip(author, self.group).commit(plan, &mut rng).unwrap().commit;
        wire::encode(&CommitBody::new(commit, class))
    }

    fn renaming(&self, author: Person, name: &str) -> Vec<u8> {
        let mut policy = Policy::parse(&self.record(author).policy).unwrap();
        policy.set_name(name);
        let policy = Some(policy.to_bytes());
        self.commit(author, Class::Admin, CommitPlan { policy, ..CommitPlan::default() })
    }

    fn removal(&self, author: Person, target: Person) -> Vec<u8> {
        let tip = self.world.tip(author, self.group);
        let leaf = tip.members().iter().find(|member| member.account() == target.account).unwrap().leaf;
        let policy = Policy::parse(&self.record(author).policy).unwrap();
        let policy = Some(policy.rotated().to_bytes());
        self.commit(author, Class::Removal, CommitPlan { remove: Some(leaf), policy, ..CommitPlan::default() })
    }

    fn forgery(&mut self, author: Person, kind: u8, body: Vec<u8>) -> Forgery {
        self.world.forgery(author, self.group).body(kind, body)
    }
}

/// Another seal around the same entry, and so another outer entry.
fn resealed(forgery: &Forgery, nonce: u8) -> Forgery {
    Forgery { nonce: [nonce; 24], ..forgery.clone() }
}

#[test]
fn a_rename_and_a_removal_forged_with_the_owners_own_keys_are_followed_so_the_forging_is_right() {
    let mut all = four();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let body = all.renaming(alice, "forged");
    let forgery = all.forgery(alice, COMMIT, body);
    all.world.publish(&forgery, &[carol]);
    assert_eq!(all.state(carol).2, "forged");
    let mut all = four();
    let body = all.removal(alice, bob);
    let forgery = all.forgery(alice, COMMIT, body);
    all.world.publish(&forgery, &[carol]);
    assert!(!all.state(carol).1.contains(&bob.account));
}

// NEGATIVE_TESTS 51, 52
// REQ-FORK-1, REQ-FORK-4
#[test]
fn whoever_is_removed_undoes_it_by_no_number_of_renewed_leaves() {
    let mut all = four();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let body = all.commit(bob, Class::Update, CommitPlan::default());
    let first = all.forgery(bob, COMMIT, body);
    // Carol hears of the first before the removal, the rest comes afterwards.
    all.world.publish(&first, &[carol]);
    assert_ne!(all.record(carol).tip, all.record(alice).tip);
    all.world.remove_member(alice, all.group, bob).unwrap();
    let mut next = first;
    for _ in 0..20 {
        next = next.successor();
        next.inner.prev_tag = [0; 8];
        all.world.publish(&next, &[alice, carol]);
    }
    all.world.advance(10_000);
    assert_eq!(all.state(alice), all.state(carol));
    assert!(!all.state(carol).1.contains(&bob.account));
    assert_eq!(all.record(bob).membership, Membership::Removed);
}

// NEGATIVE_TESTS 53
// REQ-FORK-3
#[test]
fn one_who_votes_many_times_counts_once() {
    let mut all = four();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let body = all.commit(bob, Class::Update, CommitPlan::default());
    let junior = all.forgery(bob, COMMIT, body);
    let body = all.commit(carol, Class::Update, CommitPlan::default());
    let senior = all.forgery(carol, COMMIT, body);
    let parent = junior.inner.epoch;
    let child =
        |commit: &Forgery| EpochId::next(&all.group, &parent, &EntryId::of(&tidings_crypto::encode(&commit.inner)));
    let (by_bob, by_carol) = (child(&junior), child(&senior));
    all.world.publish(&junior, &[alice]);
    assert_eq!(all.record(alice).tip, by_bob);
    all.world.publish(&senior, &[alice]);
    let body = wire::encode(&ForkVote { parent, child: by_bob });
    let mut vote = all.forgery(bob, FORK_VOTE, body.clone());
    for _ in 0..5 {
        vote = vote.successor();
        all.world.publish(&vote, &[alice]);
    }
    assert_eq!(all.record(alice).tip, by_carol, "one of three is no majority");
    // With another's vote it is one.
    let vote = all.forgery(carol, FORK_VOTE, body);
    all.world.publish(&vote, &[alice]);
    assert_eq!(all.record(alice).tip, by_bob);
}

// NEGATIVE_TESTS 55
// REQ-FORK-7
#[test]
fn a_removal_at_an_epoch_that_its_author_has_left_is_not_followed() {
    let mut all = four();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let body = all.removal(alice, bob);
    let before = all.record(alice);
    all.world.rename(alice, all.group, "on the way");
    all.world.send(alice, Recipient::Conversation(all.group), "written past it").unwrap();
    all.world.advance(10_000);
    let state = all.state(carol);
    let mut backdated = all.forgery(alice, COMMIT, body);
    (backdated.inner.epoch, backdated.log_key) = (before.tip, before.log_key);
    all.world.publish(&backdated, &[bob, carol]);
    assert_eq!((all.state(carol), all.state(bob)), (state.clone(), state));
}

// NEGATIVE_TESTS 57
// REQ-FORK-6
#[test]
fn of_two_commits_of_a_device_at_one_epoch_the_first_counts() {
    let mut all = four();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let (renaming, removal) = (all.renaming(alice, "first"), all.removal(alice, bob));
    let first = all.forgery(alice, COMMIT, renaming);
    let second = first.successor().body(COMMIT, removal);
    all.world.publish(&first, &[carol]);
    all.world.publish(&second, &[carol]);
    let (_, members, name) = all.state(carol);
    assert_eq!((members.contains(&bob.account), name.as_str()), (true, "first"));
}

// NEGATIVE_TESTS 57, 58
// REQ-FORK-8, REQ-FORK-13
#[test]
fn who_signs_two_commits_for_one_place_stands_behind_all_others() {
    for removal_first in [false, true] {
        let mut all = four();
        let (alice, bob, carol) = (all.alice, all.bob, all.carol);
        let (renaming, removal) = (all.renaming(alice, "forked"), all.removal(alice, carol));
        let one = all.forgery(alice, COMMIT, renaming);
        let other = resealed(&one, 77).body(COMMIT, removal);
        // Carol's is made before she hears of any of them, and bob hears of it last.
        all.world.split(&[2]);
        let (one, other) = if removal_first { (other, one) } else { (one, other) };
        for forged in [one, other] {
            all.world.publish(&forged, &[bob]);
        }
        let body = all.renaming(carol, "honest");
        let honest = all.forgery(carol, COMMIT, body);
        all.world.publish(&honest, &[bob]);
        assert_eq!(all.state(bob).2, "honest");
        assert!(all.state(bob).1.contains(&carol.account));
    }
}

/// The epoch that a forged commit makes.
fn epoch_of(all: &Four, commit: &Forgery) -> EpochId {
    EpochId::next(&all.group, &commit.inner.epoch, &EntryId::of(&tidings_crypto::encode(&commit.inner)))
}

// NEGATIVE_TESTS 58
// REQ-FORK-6, REQ-FORK-13
#[test]
fn a_commit_beside_one_that_is_refused_counts_whichever_comes_first() {
    for refused_first in [false, true] {
        let mut all = four();
        let (alice, bob, carol) = (all.alice, all.bob, all.carol);
        let (removal, update) = (all.removal(bob, alice), all.commit(bob, Class::Update, CommitPlan::default()));
        let refused = all.forgery(bob, COMMIT, removal);
        let valid = resealed(&refused, 77).body(COMMIT, update);
        all.world.split(&[2]);
        let both = if refused_first { [&refused, &valid] } else { [&valid, &refused] };
        for forged in both {
            all.world.publish(forged, &[carol]);
        }
        assert_eq!(all.state(carol).0, epoch_of(&all, &valid), "the refused one first: {refused_first}");
    }
}

/// All orders of the numbers below `length`.
fn orders(length: usize) -> Vec<Vec<usize>> {
    let Some(last) = length.checked_sub(1) else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in orders(last) {
        for at in 0..=order.len() {
            let mut order = order.clone();
            order.insert(at, last);
            all.push(order);
        }
    }
    all
}

/// Where carol is after these entries of bob in each order, and how many wait. `forge` makes the same entries each time.
fn ends(forge: impl Fn(&mut Four) -> Vec<Forgery>) -> Vec<(EpochId, u32)> {
    let length = forge(&mut four()).len();
    let end = |order: &Vec<usize>| {
        let mut all = four();
        let forged = forge(&mut all);
        let carol = all.carol;
        all.world.split(&[2]);
        for at in order {
            all.world.publish(&forged[*at], &[carol]);
        }
        (all.state(carol).0, all.record(carol).pending)
    };
    orders(length).iter().map(end).collect()
}

fn assert_one(ends: &[(EpochId, u32)]) -> EpochId {
    assert!(ends.iter().all(|end| end.0 == ends[0].0), "{ends:?}");
    ends[0].0
}

// NEGATIVE_TESTS 57, 58
// REQ-FORK-6, REQ-FORK-8, REQ-FORK-13
#[test]
fn of_a_forked_log_the_same_commit_counts_in_whatever_order_its_entries_come() {
    let ends = ends(|all| {
        let (bob, carol) = (all.bob, all.carol);
        let (refused, update) = (all.removal(bob, carol), all.commit(bob, Class::Update, CommitPlan::default()));
        let mut tip = all.world.tip(bob, all.group);
        // One log: a commit nobody may follow, and then another at this epoch. The other: a message, and then a commit.
        let spent = all.forgery(bob, COMMIT, refused);
        let repeated = spent.successor().body(COMMIT, update.clone());
        let message = all.world.forgery(bob, all.group).message(&mut tip, "beside");
        let commit = message.successor().body(COMMIT, update);
        vec![spent, repeated, message, commit]
    });
    let before = four();
    assert_ne!(assert_one(&ends), before.state(before.carol).0);
    assert!(ends.iter().all(|(_, pending)| *pending == 0), "{ends:?}");
}

/// Three commits of bob at one epoch, of which each after the first names a predecessor by that tag which nobody has ever seen.
fn strangely_linked(all: &mut Four, tag: Option<[u8; 8]>) -> Vec<Forgery> {
    let bob = all.bob;
    let first = all.commit(bob, Class::Update, CommitPlan::default());
    let mut forged = vec![all.forgery(bob, COMMIT, first)];
    for number in 1..3 {
        let body = all.commit(bob, Class::Update, CommitPlan::default());
        let mut next = forged[number - 1].successor().body(COMMIT, body);
        next.inner.prev = [7; 32];
        next.inner.prev_tag = tag.unwrap_or(next.inner.prev_tag);
        next.inner.sequence += 3;
        forged.push(next);
    }
    forged
}

// NEGATIVE_TESTS 57
// REQ-FORK-6, REQ-FORK-13
#[test]
fn of_several_commits_at_one_epoch_the_first_counts_though_they_name_predecessors_that_never_come() {
    // Under an epoch that nobody knows, and under one that all can open.
    for tag in [Some([9; 8]), None] {
        let end = assert_one(&ends(|all| strangely_linked(all, tag)));
        let mut all = four();
        let first = strangely_linked(&mut all, tag).swap_remove(0);
        assert_eq!(end, epoch_of(&all, &first), "{tag:?}");
    }
}

// NEGATIVE_TESTS 55
// REQ-FORK-7, REQ-FORK-13
#[test]
fn a_commit_behind_its_author_comes_after_all_others_in_whatever_order_that_is_seen() {
    for backdated_first in [false, true] {
        let mut all = four();
        let (alice, bob, carol) = (all.alice, all.bob, all.carol);
        let before = all.record(alice);
        let (renaming, removal) = (all.renaming(carol, "honest"), all.removal(alice, bob));
        // Alice sees carol's commit and writes past it, and then signs a removal before it: one that would win.
        let honest = all.forgery(carol, COMMIT, renaming);
        // Lest their own nodes see what they have not written and ask to be let back in.
        all.world.stop(carol.host);
        let mut backdated = all.forgery(alice, COMMIT, removal);
        all.world.publish(&honest, &[alice, bob]);
        let mut tip = all.world.tip(alice, all.group);
        let past = all.world.forgery(alice, all.group).message(&mut tip, "past it");
        all.world.stop(alice.host);
        (backdated.inner.sequence, backdated.inner.prev) = (past.inner.sequence + 5, [7; 32]);
        (backdated.inner.epoch, backdated.log_key) = (before.tip, before.log_key);
        let both = if backdated_first { [&backdated, &past] } else { [&past, &backdated] };
        for forged in both {
            all.world.publish(forged, &[bob]);
        }
        assert_eq!(all.state(bob).0, epoch_of(&all, &honest), "{backdated_first}");
        assert_eq!(all.record(bob).membership, Membership::Member);
    }
}

// REQ-FORK-13, REQ-FORK-18
#[test]
fn a_commit_is_followed_and_no_message_shown_before_what_they_build_on() {
    let mut all = four();
    let (bob, carol) = (all.bob, all.carol);
    let update = all.commit(bob, Class::Update, CommitPlan::default());
    let mut tip = all.world.tip(bob, all.group);
    let first = all.world.forgery(bob, all.group).message(&mut tip, "one");
    let second = first.successor().message(&mut tip, "two");
    let commit = second.successor().body(COMMIT, update);
    all.world.split(&[2]);
    for forged in [&second, &commit] {
        all.world.publish(forged, &[carol]);
    }
    assert_eq!(all.state(carol).0, epoch_of(&all, &commit));
    assert_eq!(all.world.texts(carol), ["before"]);
    all.world.publish(&first, &[carol]);
    assert_eq!(all.world.texts(carol), ["before", "one", "two"]);
    assert_eq!(all.record(carol).pending, 0);
}

// REQ-FORK-8
#[test]
fn a_log_that_begins_anew_is_not_behind_the_fork_of_the_one_before() {
    let mut all = four();
    let (bob, carol) = (all.bob, all.carol);
    let mut tip = all.world.tip(bob, all.group);
    let first = all.world.forgery(bob, all.group).message(&mut tip, "one");
    all.world.publish(&first, &[carol]);
    all.world.publish(&resealed(&first, 77).message(&mut tip, "the other"), &[carol]);
    let log = all.world.device_log(carol, all.group, bob);
    let fork = first.inner.sequence;
    let next_log = generation_start(1) + 1;
    assert_eq!([fork - 1, fork, fork + 1, next_log].map(|number| log.is_forked(number)), [false, true, true, false]);
}

// NEGATIVE_TESTS 67
// REQ-FORK-5
#[test]
fn a_member_without_a_role_renews_its_leaf_once_until_somebody_else_commits() {
    let mut all = four();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let mut tip = all.world.tip(bob, all.group);
    let mut rng = ChaCha20Rng::from_seed([12; 32]);
    let mut built = tip.commit(CommitPlan::default(), &mut rng).unwrap();
    let first = all.forgery(bob, COMMIT, wire::encode(&CommitBody::new(built.commit, Class::Update)));
    all.world.publish(&first, &[alice, carol]);
    let after = all.record(alice);
    assert_eq!(after.epoch, tip.epoch() + 1);
    let again = built.next.commit(CommitPlan::default(), &mut rng).unwrap();
    let body = wire::encode(&CommitBody::new(again.commit, Class::Update));
    let mut second = first.successor().body(COMMIT, body);
    (second.inner.epoch, second.log_key) = (after.tip, after.log_key);
    all.world.publish(&second, &[alice, carol]);
    assert_eq!((all.record(alice).tip, all.record(carol).tip), (after.tip, after.tip));
}

// NEGATIVE_TESTS 61
// REQ-FORK-14
#[test]
fn a_newcomer_believes_nobody_that_it_is_out_who_could_not_have_put_it_out() {
    let mut all = four();
    let (alice, bob, dave) = (all.alice, all.bob, all.dave);
    all.world.add_member(alice, all.group, dave).unwrap();
    all.world.advance(10_000);
    let void = all.forgery(bob, VOID, wire::encode(&Word::Void));
    all.world.publish(&void, &[dave]);
    assert_eq!(all.record(dave).membership, Membership::Member);
    let void = all.forgery(alice, VOID, wire::encode(&Word::Void));
    all.world.publish(&void, &[all.bob]);
    assert_eq!(all.record(all.bob).membership, Membership::Member, "it was in before that epoch");
    all.world.publish(&void, &[dave]);
    assert_eq!(all.record(dave).membership, Membership::Removed);
}

// NEGATIVE_TESTS 61
// REQ-FORK-14
#[test]
fn a_newcomer_that_was_told_it_is_out_believes_the_same_people_that_it_is_in() {
    let mut all = four();
    let (alice, bob, dave) = (all.alice, all.bob, all.dave);
    all.world.add_member(alice, all.group, dave).unwrap();
    all.world.advance(10_000);
    let void = all.forgery(alice, VOID, wire::encode(&Word::Void));
    all.world.publish(&void, &[dave]);
    all.world.send(bob, Recipient::Conversation(all.group), "while dave was out").unwrap();
    all.world.advance(10_000);
    let holds = all.forgery(bob, VOID, wire::encode(&Word::Holds));
    all.world.publish(&holds, &[dave]);
    assert_eq!(all.record(dave).membership, Membership::Removed, "bob could not have put dave in");
    let mut holds = all.forgery(alice, VOID, wire::encode(&Word::Holds));
    holds.nonce[0] ^= 1;
    all.world.publish(&holds, &[dave]);
    assert_eq!((all.record(dave).membership, all.state(dave)), (Membership::Member, all.state(alice)));
    assert_eq!(all.world.texts(dave), ["while dave was out"]);
}

// NEGATIVE_TESTS 61
// REQ-FORK-14
#[test]
fn a_newcomer_whose_branch_lost_to_a_cheat_is_in_again_once_the_cheat_is_found_out() {
    let mut all = four();
    let (alice, bob, carol, dave) = (all.alice, all.bob, all.carol, all.dave);
    all.world.befriend(carol, dave);
    let rename = all.renaming(alice, "rival");
    let rival = all.forgery(alice, COMMIT, rename);
    let other = all.renaming(alice, "another");
    let other = resealed(&rival, 78).body(COMMIT, other);
    all.world.stop(alice.host);
    all.world.add_member(carol, all.group, dave).unwrap();
    all.world.advance(10_000);
    assert_eq!(all.record(dave).membership, Membership::Member);
    all.world.publish(&rival, &[bob, carol]);
    all.world.advance(60_000);
    // Where carol has added dave again, as she wished to.
    assert_eq!((all.state(carol).2, all.state(dave)), ("rival".to_owned(), all.state(carol)));
    all.world.publish(&other, &[bob, carol]);
    all.world.advance(60_000);
    assert_eq!(all.record(dave).membership, Membership::Member);
    assert_eq!((all.state(bob), all.state(dave)), (all.state(carol), all.state(carol)));
    all.world.send(bob, Recipient::Conversation(all.group), "welcome back").unwrap();
    all.world.advance(10_000);
    assert_eq!(all.world.texts(dave), ["welcome back"]);
}

/// One of the key packages of bob that alice has.
fn package(all: &Four, number: u16) -> SignedKeyPackage {
    let rows = all.world.rows(all.alice, Table::Contact).into_iter();
    let mut contacts = rows.map(|(_, row)| record::decode::<ContactRecord>(&row, "test").unwrap());
    let bob = contacts.find(|contact| contact.account == all.bob.account).unwrap();
    SignedKeyPackage::parse(&bob.key_packages[usize::from(number) % bob.key_packages.len()]).unwrap()
}

fn request(all: &Four, generation: u16, signer: Person) -> SignedRejoin {
    let request = RejoinRequest {
        conversation: all.group,
        account: all.bob.account,
        device: all.world.profile(all.bob).device,
        generation,
        epoch: all.record(all.bob).tip,
        reason: Reason::Stranded,
        key_package: wire::field(package(all, generation).to_bytes()),
        box_key: wire::field(all.world.directory(all.bob).box_key),
    };
    request.signed(&all.world.device_keys(signer).device_key)
}

// REQ-FORK-9
#[test]
fn a_log_that_nobody_let_in_counts_nowhere_also_once_its_device_was_let_in() {
    let mut all = four();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let mut tip = all.world.tip(bob, all.group);
    let mut first = all.world.forgery(bob, all.group).message(&mut tip, "by myself");
    (first.inner.generation, first.inner.sequence) = (1, generation_start(1) + 1);
    let rename = all.renaming(carol, "by myself");
    let mut commit = all.forgery(carol, COMMIT, rename);
    (commit.inner.generation, commit.inner.sequence) = (1, generation_start(1) + 1);
    all.world.publish(&first, &[alice]);
    all.world.publish(&commit, &[alice]);
    let before = all.state(alice);
    let own = request(&all, 1, bob);
    all.world.post(alice, &InboxItem::Rejoin(own));
    all.world.advance(60_000);
    assert_eq!(all.record(alice).epoch, all.record(carol).epoch);
    assert_ne!(all.state(alice).0, before.0, "bob was let in");
    // In the other order.
    all.world.publish(&first, &[carol]);
    for person in [alice, carol] {
        assert_eq!((all.world.texts(person), all.record(person).pending), (vec!["before".to_owned()], 0));
        assert_eq!((all.state(person).2, all.state(person).0), ("ops".to_owned(), all.state(alice).0));
    }
}

/// A commit of carol by which she lets bob back in on such a request.
fn readmission(all: &mut Four, request: SignedRejoin, number: u16) -> Forgery {
    let carol = all.carol;
    let mut tip = all.world.tip(carol, all.group);
    let leaf = tip.members().iter().find(|member| member.account() == all.bob.account).unwrap().leaf;
    let plan = CommitPlan { adds: vec![package(all, number)], remove: Some(leaf), ..CommitPlan::default() };
    let commit = tip.commit(plan, &mut ChaCha20Rng::from_seed([13; 32])).unwrap().commit;
    let body = CommitBody { rejoins: vec![request], ..CommitBody::new(commit, Class::Readmit) };
    all.forgery(carol, COMMIT, wire::encode(&body))
}

// REQ-FORK-9
#[test]
fn no_request_lets_a_device_in_that_begins_no_log_above_the_one_it_writes() {
    let mut all = four();
    let (alice, bob) = (all.alice, all.bob);
    let first = request(&all, 2, bob);
    all.world.post(alice, &InboxItem::Rejoin(first));
    all.world.advance(60_000);
    let tip = all.record(alice).tip;
    for (generation, is_followed) in [(1, false), (2, false), (3, true)] {
        let request = request(&all, generation, bob);
        let commit = readmission(&mut all, request, generation);
        all.world.publish(&commit, &[alice]);
        assert_eq!(all.record(alice).tip != tip, is_followed, "request {generation}");
    }
}

// NEGATIVE_TESTS 72, 73
// REQ-FORK-9
#[test]
fn a_device_is_let_back_in_on_its_own_request_only_and_once_in_six_hours() {
    let mut all = four();
    let (alice, carol) = (all.alice, all.carol);
    let epoch = all.record(alice).epoch;
    let forged = request(&all, 1, carol);
    all.world.post(alice, &InboxItem::Rejoin(forged));
    all.world.advance(60_000);
    assert_eq!(all.record(alice).epoch, epoch, "signed by another");
    for generation in 1..6 {
        let own = request(&all, generation, all.bob);
        all.world.post(alice, &InboxItem::Rejoin(own));
        all.world.advance(60_000);
        assert_eq!((all.record(alice).epoch, all.record(carol).epoch), (epoch + 1, epoch + 1), "request {generation}");
    }
}
