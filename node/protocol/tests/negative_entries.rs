//! Forged, moved, replayed and unknown entries: what members must not take for a message, a receipt or a member.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::id::ConversationId;
use tidings_crypto::sign::Label;
use tidings_protocol::command::{Command, Recipient};
use tidings_protocol::limits::PENDING_ENTRIES_MAX;
use tidings_protocol::record::conversation::ConversationRecord;
use tidings_protocol::record::message::DeliveryState;
use tidings_protocol::record::profile::ProfileRecord;
use tidings_protocol::wire;
use tidings_protocol::wire::commit_body::{ReceiptBody, Span};
use tidings_protocol::wire::inner::Dependency;
use tidings_protocol::wire::log::PushStatus;
use world::forge::{APP, COMMIT, Forgery};
use world::{Person, World};

struct Trio {
    world: World,
    alice: Person,
    bob: Person,
    carol: Person,
    group: ConversationId,
}

fn trio() -> Trio {
    let mut world = World::new(3);
    let (alice, bob, carol) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"), world.sign_up(2, "carol"));
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    let group = world.group(alice, "ops", &[bob, carol]);
    world.send(bob, Recipient::Conversation(group), "before").unwrap();
    world.advance(3_000);
    Trio { world, alice, bob, carol, group }
}

impl Trio {
    fn say(&mut self, from: Person, text: &str) {
        self.world.send(from, Recipient::Conversation(self.group), text).unwrap();
        self.world.advance(3_000);
    }

    fn record(&self, person: Person) -> ConversationRecord {
        self.world.conversation(person, self.group)
    }

    /// A message of `author` that an honest core would take.
    fn message(&mut self, author: Person, text: &str) -> Forgery {
        let mut tip = self.world.tip(author, self.group);
        self.world.forgery(author, self.group).message(&mut tip, text)
    }

    fn remove(&mut self, target: Person) {
        let remove =
            Command::RemoveMember { account: self.alice.account, conversation: self.group, member: target.account };
        self.world.command(0, remove).unwrap();
    }

    /// How far `reader` has come in the log of `author`.
    fn processed(&self, reader: Person, author: Person) -> u64 {
        self.world.device_log(reader, self.group, author).sequence
    }

    /// Publishes to carol; whether she moved on in the author's log, and what she can read afterwards.
    fn carol_takes(&mut self, author: Person, forgery: &Forgery) -> (bool, Vec<String>) {
        let (carol, before) = (self.carol, self.processed(self.carol, author));
        self.world.publish(forgery, &[carol]);
        (self.processed(carol, author) > before, self.world.texts(carol))
    }
}

#[test]
fn a_message_forged_with_its_authors_own_keys_is_read_so_the_forging_is_right() {
    let mut all = trio();
    let forgery = all.message(all.bob, "from bob");
    assert_eq!(all.carol_takes(all.bob, &forgery), (true, vec!["before".into(), "from bob".into()]));
}

// NEGATIVE_TESTS 46
// REQ-ENTRY-3
#[test]
fn a_message_encrypted_by_one_member_in_an_entry_of_another_is_not_shown() {
    let mut all = trio();
    let (alice, bob) = (all.alice, all.bob);
    let mut forgery = all.message(alice, "bob never said this");
    let place = all.world.forgery(bob, all.group);
    (forgery.inner.device, forgery.signer) = (place.inner.device, place.signer);
    (forgery.inner.sequence, forgery.inner.prev, forgery.inner.prev_tag) =
        (place.inner.sequence, place.inner.prev, place.inner.prev_tag);
    assert_eq!(all.carol_takes(bob, &forgery), (true, vec!["before".into()]));
    assert_eq!(all.record(all.carol).unreadable, 1);
}

// NEGATIVE_TESTS 46
#[test]
fn an_entry_that_another_device_than_its_author_signed_is_refused_whole() {
    let mut all = trio();
    let (alice, bob) = (all.alice, all.bob);
    let mut forgery = all.message(bob, "not signed by bob");
    forgery.signer = all.world.forgery(alice, all.group).signer;
    assert_eq!(all.carol_takes(bob, &forgery), (false, vec!["before".into()]));
}

// NEGATIVE_TESTS 12
#[test]
fn an_entry_signed_under_the_label_of_something_else_is_refused_whole() {
    for label in Label::ALL.into_iter().filter(|label| *label != Label::Entry) {
        let mut all = trio();
        let mut forgery = all.message(all.bob, "signed for another purpose");
        forgery.label = label;
        assert_eq!(all.carol_takes(all.bob, &forgery), (false, vec!["before".into()]), "{label:?}");
    }
}

// NEGATIVE_TESTS 47
// REQ-ENTRY-5
#[test]
fn a_message_of_one_epoch_in_an_entry_that_claims_another_is_not_shown() {
    let mut all = trio();
    let (bob, carol) = (all.bob, all.carol);
    let old = all.message(bob, "old epoch");
    let (parent, alice) = (all.record(bob), all.alice);
    let dave = all.world.sign_up(0, "dave");
    all.world.befriend(alice, dave);
    let add = Command::AddMember { account: alice.account, conversation: all.group, member: dave.account };
    all.world.command(0, add).unwrap();
    all.world.advance(3_000);
    let tip = all.record(bob);
    assert_ne!(parent.tip, tip.tip);
    // The seal of one epoch around an entry that claims the other: refused whole, both ways round.
    let (mut new_seal, mut old_seal) = (old.clone(), old.clone());
    new_seal.log_key = tip.log_key;
    old_seal.inner.epoch = tip.tip;
    for forgery in [new_seal, old_seal] {
        assert_eq!(all.carol_takes(bob, &forgery), (false, vec!["before".into()]));
    }
    // Seal and claim of the new epoch around a message of the old one: an entry, but no message.
    let mut moved = old.clone();
    (moved.log_key, moved.inner.epoch) = (tip.log_key, tip.tip);
    assert_eq!(all.carol_takes(bob, &moved), (true, vec!["before".into()]));
    assert_eq!(all.record(carol).unreadable, 1);
}

// NEGATIVE_TESTS 79, 87
#[test]
fn an_entry_from_before_a_newcomers_time_is_neither_read_nor_waited_for() {
    let mut all = trio();
    let (alice, bob) = (all.alice, all.bob);
    let old = all.message(bob, "before dave");
    let dave = all.world.sign_up(2, "dave");
    all.world.befriend(alice, dave);
    let add = Command::AddMember { account: alice.account, conversation: all.group, member: dave.account };
    all.world.command(0, add).unwrap();
    all.world.advance(3_000);
    all.world.publish(&old, &[dave]);
    let record = all.record(dave);
    assert_eq!((record.pending, record.unreadable), (0, 0));
    assert!(!all.world.texts(dave).contains(&"before dave".to_owned()));
}

// NEGATIVE_TESTS 47
#[test]
fn an_entry_of_another_conversation_or_log_generation_is_refused_whole() {
    let mut all = trio();
    let bob = all.bob;
    let honest = all.message(bob, "for another place");
    let (mut other, mut generation) = (honest.clone(), honest.clone());
    other.inner.conversation = ConversationId::from_bytes([3; 32]);
    generation.inner.generation = 1;
    for forgery in [other, generation] {
        assert_eq!(all.carol_takes(bob, &forgery), (false, vec!["before".into()]));
    }
}

// NEGATIVE_TESTS 49
#[test]
fn entries_of_unknown_kinds_are_counted_change_nothing_and_their_authors_log_goes_on() {
    let mut all = trio();
    let (bob, carol, group) = (all.bob, all.carol, all.group);
    let before = all.record(carol);
    let commit = all.world.tip(all.alice, group).commit(Default::default(), &mut rng()).unwrap().commit;
    let mut forgery = all.world.forgery(bob, group);
    for (kind, body) in [(0, vec![]), (200, commit), (255, vec![9; 3_000])] {
        forgery = forgery.body(kind, body);
        assert_eq!(all.carol_takes(bob, &forgery), (true, vec!["before".into()]));
        forgery = forgery.successor();
    }
    let after = all.record(carol);
    assert_eq!((after.tip, &after.members, &after.policy), (before.tip, &before.members, &before.policy));
    assert_eq!(after.unreadable, before.unreadable + 3);
    let mut tip = all.world.tip(bob, group);
    let last = forgery.message(&mut tip, "still here");
    assert_eq!(all.carol_takes(bob, &last).1, ["before", "still here"]);
}

fn rng() -> rand_chacha::ChaCha20Rng {
    use rand_core::SeedableRng as _;
    rand_chacha::ChaCha20Rng::from_seed([12; 32])
}

// NEGATIVE_TESTS 49
#[test]
fn an_entry_of_a_future_version_is_no_commit_and_blocks_nobody_else() {
    let mut all = trio();
    let (alice, carol) = (all.alice, all.carol);
    let before = all.record(carol);
    let mut forgery = removal_of_bob(&mut all);
    forgery.inner.version = 2;
    all.world.publish(&forgery, &[carol]);
    assert_eq!(all.record(carol).tip, before.tip);
    all.say(alice, "alice goes on");
    assert_eq!(all.world.texts(carol), ["before", "alice goes on"]);
}

// NEGATIVE_TESTS 14
#[test]
fn ones_own_entries_that_come_back_or_that_somebody_forges_in_ones_name_are_nothing() {
    let mut all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    all.say(carol, "once");
    let mut forgery = all.message(carol, "carol never said this");
    forgery.signer = all.world.forgery(bob, all.group).signer;
    all.world.publish(&forgery, &[carol, alice]);
    let replay = all.message(carol, "reflected");
    all.world.publish(&replay, &[carol]);
    assert_eq!(all.world.texts(carol), ["before", "once"]);
    assert_eq!(all.world.texts(alice), ["before", "once"]);
    assert_eq!((all.record(carol).unreadable, all.processed(carol, carol)), (0, 0));
}

// NEGATIVE_TESTS 13, 19
// REQ-ENTRY-4
#[test]
fn doubled_and_swapped_entries_come_out_once_and_in_the_order_of_their_log() {
    let mut all = trio();
    let (bob, group) = (all.bob, all.group);
    let mut tip = all.world.tip(bob, group);
    let place = all.world.forgery(bob, group);
    let first = place.clone().message(&mut tip, "first");
    let second = first.successor().message(&mut tip, "second");
    assert_eq!(all.carol_takes(bob, &second), (false, vec!["before".into()]));
    assert_eq!(all.record(all.carol).pending, 1);
    assert_eq!(all.carol_takes(bob, &first).1, ["before", "first", "second"]);
    assert_eq!(all.carol_takes(bob, &second).1, ["before", "first", "second"]);
    // The same inner entry in another seal has another outer id.
    let resealed = Forgery { nonce: [200; 24], ..first };
    assert_eq!(all.carol_takes(bob, &resealed).1, ["before", "first", "second"]);
    let record = all.record(all.carol);
    assert_eq!((record.pending, record.unreadable), (0, 0));
}

// REQ-ENTRY-4, REQ-FORK-18
#[test]
fn what_builds_on_entries_that_nobody_has_is_read_after_ten_minutes_and_those_when_they_come_after_all() {
    let mut all = trio();
    let (bob, carol) = (all.bob, all.carol);
    let mut tip = all.world.tip(bob, all.group);
    let first = all.world.forgery(bob, all.group).message(&mut tip, "first");
    let second = first.successor().message(&mut tip, "second");
    let third = second.successor().message(&mut tip, "third");
    // Lest his own node sees what it has not written and asks to be let back in.
    all.world.stop(bob.host);
    let mut after = all.message(all.alice, "seen the third");
    after.inner.dependencies = vec![Dependency {
        device: third.inner.device,
        sequence: third.inner.sequence + 1,
        tag: tidings_crypto::outer::LogKey::from_bytes(third.log_key).tag(),
    }];
    all.world.publish(&after, &[carol]);
    all.world.publish(&third, &[carol]);
    assert_eq!((all.world.texts(carol), all.record(carol).pending), (vec!["before".into()], 2));
    all.world.advance(20 * 60_000);
    let sorted = |world: &World| {
        let mut texts = world.texts(carol);
        texts.sort_unstable();
        texts
    };
    assert_eq!(sorted(&all.world), ["before", "seen the third", "third"]);
    all.world.publish(&second, &[carol]);
    all.world.publish(&first, &[carol]);
    all.world.advance(20 * 60_000);
    assert_eq!(sorted(&all.world), ["before", "first", "second", "seen the third", "third"]);
    let record = all.record(carol);
    assert_eq!((record.pending, record.unreadable), (0, 0));
}

// REQ-ENTRY-4
#[test]
fn of_more_entries_than_can_wait_none_is_lost() {
    let mut all = trio();
    let (bob, carol) = (all.bob, all.carol);
    let count = 60 + usize::try_from(PENDING_ENTRIES_MAX).unwrap();
    let mut tip = all.world.tip(bob, all.group);
    let mut entries = vec![all.world.forgery(bob, all.group).message(&mut tip, "0")];
    while entries.len() < count {
        let next = entries[entries.len() - 1].successor().message(&mut tip, &entries.len().to_string());
        entries.push(next);
    }
    let topic = *tidings_crypto::TopicKey::derive(&entries[0].topic_secret).public().as_bytes();
    for entry in entries.iter().rev() {
        assert_eq!(all.world.push_raw(carol.host, topic, entry.outer().to_bytes()), PushStatus::Kept);
    }
    all.world.advance(10_000);
    let mut read: Vec<usize> = all.world.texts(carol).iter().filter_map(|text| text.parse().ok()).collect();
    read.sort_unstable();
    assert_eq!(read, (0..count).collect::<Vec<_>>());
    assert_eq!((all.record(carol).pending, all.record(carol).unreadable), (0, 0));
}

// NEGATIVE_TESTS 58, as far as built: of two entries with one number the first counts, and what builds on the other is not taken.
#[test]
fn of_a_forked_log_one_branch_counts() {
    let mut all = trio();
    let bob = all.bob;
    let one = all.message(bob, "to carol");
    let mut tip = all.world.tip(bob, all.group);
    let other = all.world.forgery(bob, all.group).message(&mut tip, "to others");
    assert_eq!(all.carol_takes(bob, &one), (true, vec!["before".into(), "to carol".into()]));
    assert_eq!(all.carol_takes(bob, &other).1, ["before", "to carol"]);
    let after = other.successor().message(&mut tip, "after");
    assert_eq!(all.carol_takes(bob, &after), (false, vec!["before".into(), "to carol".into()]));
}

// NEGATIVE_TESTS 58, 113
#[test]
fn a_forked_log_stops_nobody_who_builds_on_the_other_branch() {
    let mut all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let one = all.message(bob, "to carol");
    let mut tip = all.world.tip(bob, all.group);
    let other = all.world.forgery(bob, all.group).message(&mut tip, "to alice");
    let after = other.successor().message(&mut tip, "after");
    // At once, so that neither hears of the other branch before it has its own.
    let topic = *tidings_crypto::TopicKey::derive(&one.topic_secret).public().as_bytes();
    for (host, entry) in [(carol.host, &one), (alice.host, &other), (alice.host, &after)] {
        all.world.push_raw(host, topic, entry.outer().to_bytes());
    }
    all.say(alice, "alice saw the other branch");
    all.world.advance(10_000);
    assert!(all.world.texts(carol).contains(&"alice saw the other branch".to_owned()));
    assert!(all.world.texts(alice).contains(&"after".to_owned()));
    assert!(!all.world.texts(carol).contains(&"after".to_owned()));
}

// NEGATIVE_TESTS 113
#[test]
fn what_a_member_gives_to_some_only_the_others_get_from_them() {
    let mut all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let message = all.message(bob, "to alice only");
    all.world.publish(&message, &[alice]);
    all.say(alice, "what do you think of it?");
    all.world.advance(10_000);
    assert_eq!(all.world.texts(carol), ["before", "to alice only", "what do you think of it?"]);
}

/// What a member needs to forge later, as it was before its removal.
fn kept(all: &Trio, person: Person) -> (ProfileRecord, ConversationRecord) {
    (all.world.profile(person), all.record(person))
}

// NEGATIVE_TESTS 70
#[test]
fn what_a_removed_member_writes_after_the_cut_is_refused_by_whatever_way_it_comes() {
    let mut all = trio();
    let (alice, bob) = (all.alice, all.bob);
    let (profile, record) = kept(&all, bob);
    let mut old_group = all.world.tip(bob, all.group);
    all.remove(bob);
    all.world.advance(3_000);
    let forgery = all.world.forgery_from(&profile, &record).message(&mut old_group, "from the grave");
    assert_eq!(all.carol_takes(bob, &forgery), (false, vec!["before".into()]));
    // An accomplice who is in seals it for the new epoch (NEGATIVE_TESTS 71).
    let tip = all.record(alice);
    let mut resealed = forgery.clone();
    resealed.log_key = tip.log_key;
    assert_eq!(all.carol_takes(bob, &resealed), (false, vec!["before".into()]));
    let mut claimed = resealed;
    claimed.inner.epoch = tip.tip;
    assert_eq!(all.carol_takes(bob, &claimed), (false, vec!["before".into()]));
    assert_eq!(all.record(all.carol).unreadable, 0);
}

// NEGATIVE_TESTS 70
#[test]
fn what_a_removed_member_wrote_before_the_cut_is_accepted_once_when_it_comes_late() {
    let mut all = trio();
    let (bob, carol) = (all.bob, all.carol);
    // Carol misses the message and the removal; alice, who has both, is her only source.
    all.world.stop(2);
    all.say(bob, "in time");
    all.remove(bob);
    all.world.advance(3_000);
    all.world.start(2);
    all.world.unlock(carol);
    assert_eq!(all.world.texts(carol), ["before", "in time"]);
    assert_eq!(all.record(carol).members, [all.alice.account, carol.account]);
}

/// A commit of alice that removes bob and says nothing of his log.
fn removal_of_bob(all: &mut Trio) -> Forgery {
    let mut tip = all.world.tip(all.alice, all.group);
    let remove = tip.members().iter().find(|member| member.account() == all.bob.account).map(|member| member.leaf);
    let policy = tidings_protocol::account::policy::Policy::parse(&all.record(all.alice).policy).unwrap();
    let policy = Some(policy.rotated().to_bytes());
    let plan = tidings_crypto::mls::CommitPlan { remove, policy, ..Default::default() };
    let commit = tip.commit(plan, &mut rng()).unwrap().commit;
    let class = tidings_protocol::account::conversation::rule::Class::Removal;
    let body = wire::commit_body::CommitBody::new(commit, class);
    all.world.forgery(all.alice, all.group).body(COMMIT, wire::encode(&body))
}

// NEGATIVE_TESTS 70
#[test]
fn a_removal_that_names_no_cut_ends_the_log_of_the_removed_all_the_same() {
    let mut all = trio();
    let (alice, bob) = (all.alice, all.bob);
    let (profile, record) = kept(&all, bob);
    let mut old_group = all.world.tip(bob, all.group);
    let entry = removal_of_bob(&mut all);
    assert!(all.carol_takes(alice, &entry).0);
    assert_eq!(all.record(all.carol).members.len(), 2);
    let forgery = all.world.forgery_from(&profile, &record).message(&mut old_group, "from the grave");
    assert_eq!(all.carol_takes(bob, &forgery), (false, vec!["before".into()]));
}

// NEGATIVE_TESTS 84
#[test]
fn a_stale_device_that_speaks_of_a_removed_member_brings_nobody_back() {
    let mut all = trio();
    let (alice, bob, carol) = (all.alice, all.bob, all.carol);
    let (profile, stale) = kept(&all, carol);
    let mut old_group = all.world.tip(carol, all.group);
    all.remove(bob);
    all.world.advance(3_000);
    let before = all.record(alice);
    let mut forgery = all.world.forgery_from(&profile, &stale).message(&mut old_group, "bob and I agree");
    let head = Dependency {
        device: all.world.profile(bob).device,
        sequence: 1,
        tag: tidings_crypto::LogKey::from_bytes(stale.log_key).tag(),
    };
    forgery.inner.dependencies = vec![head; 4];
    forgery.inner.clock = (all.world.now + 500_000) << 16;
    all.world.publish(&forgery, &[alice]);
    let after = all.record(alice);
    assert_eq!((after.tip, after.members, after.homes), (before.tip, before.members, before.homes));
    assert!(all.world.texts(alice).contains(&"bob and I agree".to_owned()), "as a message it is fine");
}

// NEGATIVE_TESTS 114
#[test]
fn a_clock_ten_years_ahead_or_impossible_pins_nothing_and_moves_nobodys_time() {
    const YEARS: u64 = 10 * 365 * 24 * 3600 * 1000;
    for clock in [(1_800_000_000_000 + YEARS) << 16, u64::MAX] {
        let mut all = trio();
        let (alice, bob) = (all.alice, all.bob);
        let mut tip = all.world.tip(bob, all.group);
        let mut place = all.world.forgery(bob, all.group);
        place.inner.clock = clock;
        let mut forgery = place.message(&mut tip, "from the future");
        forgery.inner.clock = clock;
        all.carol_takes(bob, &forgery);
        let shown = all.world.messages(all.carol).into_iter().find(|message| message.text == "from the future");
        assert!(shown.unwrap().sent_at <= all.world.now + 600_000);
        all.world.publish(&forgery, &[alice]);
        // Whoever has seen it writes behind it, and with their own time.
        all.say(alice, "now");
        for person in [alice, all.carol] {
            assert_eq!(all.world.texts(person), ["before", "from the future", "now"]);
            assert!(all.world.messages(person)[2].sent_at <= all.world.now);
        }
    }
}

/// Forges a receipt of bob over `sequence` entries of alice and pushes it to her.
fn receipt(all: &mut Trio, place: Forgery, sequence: u64) -> Forgery {
    let device = all.world.profile(all.alice).device;
    let body = ReceiptBody {
        delivered: vec![Span { device, first: 1, last: sequence }],
        unreadable: Vec::new(),
        read: Vec::new(),
    };
    let forgery = place.body(world::forge::RECEIPT, wire::encode(&body));
    let alice = all.alice;
    all.world.publish(&forgery, &[alice]);
    forgery.successor()
}

fn state_with(all: &Trio, text: &str, person: Person) -> DeliveryState {
    let message = all.world.messages(all.alice).into_iter().find(|message| message.text == text).unwrap();
    message.states.iter().find(|state| state.account == person.account).unwrap().state
}

// NEGATIVE_TESTS 82, 112
#[test]
fn a_receipt_for_entries_that_were_never_written_delivers_nothing_later() {
    let mut all = trio();
    all.world.stop(1);
    let bob = all.bob;
    all.world.hosts[1].store.unlock(bob.account);
    let place = all.world.forgery(bob, all.group);
    let next = receipt(&mut all, place, u64::MAX);
    all.say(all.alice, "after the forged receipt");
    assert_eq!(state_with(&all, "after the forged receipt", bob), DeliveryState::Queued);
    // An honest receipt afterwards still counts: the lie did not use up the numbers.
    let written = all.record(all.alice).own_sequence;
    receipt(&mut all, next, written);
    assert_eq!(state_with(&all, "after the forged receipt", bob), DeliveryState::Delivered);
}

// NEGATIVE_TESTS 82
#[test]
fn a_receipt_of_one_member_delivers_nothing_in_the_name_of_another() {
    let mut all = trio();
    let (bob, carol) = (all.bob, all.carol);
    all.world.stop(2);
    all.say(all.alice, "for carol too");
    let written = all.record(all.alice).own_sequence;
    let place = all.world.forgery(bob, all.group);
    receipt(&mut all, place, written);
    assert_eq!(state_with(&all, "for carol too", bob), DeliveryState::Delivered);
    assert_eq!(state_with(&all, "for carol too", carol), DeliveryState::Queued);
    // In carol's name, signed by bob.
    all.world.hosts[2].store.unlock(carol.account);
    let mut place = all.world.forgery(carol, all.group);
    place.signer = all.world.forgery(bob, all.group).signer;
    receipt(&mut all, place, written);
    assert_eq!(state_with(&all, "for carol too", carol), DeliveryState::Queued);
}

// NEGATIVE_TESTS 6
#[test]
fn a_text_without_its_commitment_or_not_in_its_canonical_form_is_not_shown() {
    let mut all = trio();
    let (bob, group) = (all.bob, all.group);
    let mut tip = all.world.tip(bob, group);
    let mut first = all.world.forgery(bob, group).message(&mut tip, "uncommitted");
    first.inner.commitment = [0; 32];
    assert_eq!(all.carol_takes(bob, &first), (true, vec!["before".into()]));
    let junk = tip.encrypt(&[0x9f, 0xff], &mut rng()).unwrap();
    let second = first.successor().body(APP, junk);
    assert_eq!(all.carol_takes(bob, &second), (true, vec!["before".into()]));
    assert_eq!(all.record(all.carol).unreadable, 2);
}
