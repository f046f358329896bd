//! What passes: typing, said to contacts who are there and want to know, and kept by nobody.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::encode;
use tidings_crypto::ephemeral::{Ephemeral, MAX_EPHEMERAL};
use tidings_crypto::id::{AccountId, ConversationId, EpochId, NodeId};
use tidings_crypto::outer::{LogKey, TopicKey};
use tidings_crypto::sign::{Label, SigningKey};
use tidings_protocol::account::policy::{PostRule, Role};
use tidings_protocol::command::{ChatAct, Command, GroupChange};
use tidings_protocol::effect::TransientEvent;
use tidings_protocol::error::Rejection;
use tidings_protocol::input::Protocol;
use tidings_protocol::limits::{
    EPHEMERAL_AGE_MS_MAX, EPHEMERAL_WINDOW_MS, EPHEMERALS_PER_WINDOW_MAX, TYPING_PAUSE_MS, TYPING_SHOWN_MS,
};
use tidings_protocol::record;
use tidings_protocol::record::chat::Shown;
use tidings_protocol::record::conversation::ConversationRecord;
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::WriteSet;
use tidings_protocol::wire;
use tidings_protocol::wire::ephemeral::{EphemeralBody, EphemeralKind, SignedEphemeral};
use tidings_protocol::wire::log::PushStatus;
use world::{Person, World};

/// A row, and on which host.
type Row = (usize, Scope, Table, Vec<u8>, Vec<u8>);

struct Scene {
    world: World,
    alice: Person,
    bob: Person,
    chat: ConversationId,
}

/// Alice and bob on two nodes, with a direct conversation in which both show that they are typing.
fn scene() -> Scene {
    let mut scene = silent();
    scene.shows(scene.alice, true);
    scene.shows(scene.bob, true);
    scene
}

/// As [`scene`], and nobody has said that they want it.
fn silent() -> Scene {
    let mut world = World::new(3);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    world.befriend(alice, bob);
    let chat = world.conversations(alice)[0].id;
    Scene { world, alice, bob, chat }
}

impl Scene {
    fn act(&mut self, person: Person, act: ChatAct) -> Result<(), Rejection> {
        self.world.command(person.host, Command::Chat { account: person.account, act }).map(drop)
    }

    fn shows(&mut self, person: Person, shown: bool) {
        self.act(person, ChatAct::Show { what: Shown::Typing, conversation: None, shown: Some(shown) }).unwrap();
    }

    fn shows_here(&mut self, person: Person, shown: Option<bool>) {
        self.act(person, ChatAct::Show { what: Shown::Typing, conversation: Some(self.chat), shown }).unwrap();
    }

    fn types(&mut self, person: Person, typing: bool) {
        self.act(person, ChatAct::Typing { conversation: self.chat, typing }).unwrap();
    }

    /// What was told since the last call: to whom, of whom, whether they are typing.
    fn told(&mut self) -> Vec<(AccountId, AccountId, bool)> {
        let told = std::mem::take(&mut self.world.told).into_iter();
        told.map(|(to, event)| match event {
            TransientEvent::Typing { conversation, account, typing } => {
                assert_eq!(conversation, self.chat);
                (to, account, typing)
            }
        })
        .collect()
    }

    /// The ephemeral frames that went over the wire since the last call.
    fn frames(&mut self) -> Vec<Vec<u8>> {
        let mut frames = std::mem::take(&mut self.world.frames);
        frames.retain(|frame| Ephemeral::parse(frame).is_ok());
        frames
    }

    /// A node hands a frame to another.
    fn give(&mut self, from: usize, to: Person, frame: Vec<u8>) {
        let peer = self.world.hosts[from].id;
        let answer = self.world.ask_as(peer, to.host, Protocol::Ephemeral, frame);
        assert_eq!(answer, Vec::<u8>::new(), "the answer says nothing, whatever became of it");
    }

    /// Everything that is stored anywhere.
    fn rows(&self) -> Vec<Row> {
        let hosts = self.world.hosts.iter().enumerate();
        let rows = hosts.flat_map(|(at, host)| host.store.rows().map(move |row| (at, row)));
        rows.map(|(at, ((scope, table), key, value))| (at, *scope, *table, key.clone(), value.clone())).collect()
    }

    fn body(&self, author: Person, clock: u64, kind: EphemeralKind) -> EphemeralBody {
        let record = self.world.conversation(author, self.chat);
        EphemeralBody::new((record.id, record.tip), self.world.profile(author).device, clock, kind)
    }

    fn device_key(&self, person: Person) -> SigningKey {
        SigningKey::from_seed(&self.world.profile(person).device_seed)
    }

    /// A frame of `author`, sealed as it must be, around anything.
    fn sealed(&mut self, author: Person, content: &[u8]) -> Vec<u8> {
        let record = self.world.conversation(author, self.chat);
        let nonce = self.world.seed()[..24].try_into().unwrap();
        let frame = Ephemeral::seal(record.queue, &LogKey::from_bytes(record.log_key), nonce, content);
        frame.unwrap().to_bytes()
    }

    /// A frame of `author` as an honest node would make it.
    fn frame(&mut self, author: Person, clock: u64) -> Vec<u8> {
        let body = self.body(author, clock, EphemeralKind::Typing);
        let signed = body.sign(&self.device_key(author));
        self.sealed(author, &wire::encode(&signed))
    }

    fn has_no_effect(&mut self, from: usize, frame: Vec<u8>, why: &str) {
        let rows = self.rows();
        self.give(from, self.alice, frame);
        self.world.advance(100);
        assert_eq!(self.told(), [], "{why}");
        assert_eq!(self.rows(), rows, "{why}");
    }
}

// REQ-EPH-3
#[test]
fn typing_is_off_until_both_want_it_and_then_goes_both_ways() {
    let mut scene = silent();
    let (alice, bob) = (scene.alice, scene.bob);
    scene.types(alice, true);
    assert_eq!((scene.frames().len(), scene.told()), (0, vec![]), "nobody wants it");
    scene.shows(bob, true);
    scene.types(alice, true);
    assert_eq!((scene.frames().len(), scene.told()), (0, vec![]), "alice does not show it");
    scene.types(bob, true);
    assert_eq!((scene.frames().len(), scene.told()), (1, vec![]), "who does not show it does not see it");
    scene.shows(alice, true);
    scene.types(alice, true);
    assert_eq!(scene.told(), [(bob.account, alice.account, true)]);
    scene.world.advance(TYPING_PAUSE_MS);
    scene.types(bob, true);
    assert_eq!(scene.told(), [(alice.account, bob.account, true)]);
}

// REQ-EPH-3
#[test]
fn one_conversation_may_be_otherwise_than_all_and_go_back() {
    let mut scene = scene();
    let (alice, bob) = (scene.alice, scene.bob);
    scene.shows_here(alice, Some(false));
    scene.types(alice, true);
    scene.types(bob, true);
    assert_eq!(scene.told(), []);
    scene.shows(alice, false);
    scene.shows_here(alice, Some(true));
    scene.types(alice, true);
    assert_eq!(scene.told(), [(bob.account, alice.account, true)]);
    scene.shows_here(alice, None);
    scene.world.advance(TYPING_PAUSE_MS);
    scene.types(alice, true);
    assert_eq!(scene.told(), [], "as everywhere");
    // The other setting is not touched by it.
    let settings = tidings_protocol::query::chats::settings(&scene.world.hosts[0].store, alice.account).unwrap();
    assert!(settings.read_receipts && !settings.typing);
}

// REQ-EPH-4
#[test]
fn while_typing_goes_on_it_is_said_every_few_seconds_and_the_stop_once() {
    let mut scene = scene();
    let (alice, bob) = (scene.alice, scene.bob);
    scene.frames();
    for _ in 0..31 {
        scene.types(alice, true);
        scene.world.advance(TYPING_PAUSE_MS / 10);
    }
    assert_eq!(scene.frames().len(), 4);
    assert_eq!(scene.told(), [(bob.account, alice.account, true); 4]);
    for _ in 0..3 {
        scene.types(alice, false);
    }
    assert_eq!(scene.frames().len(), 1);
    assert_eq!(scene.told(), [(bob.account, alice.account, false)]);
    for _ in 0..20 {
        scene.types(alice, true);
        scene.types(alice, false);
    }
    assert!(scene.frames().len() <= 2, "not faster by stopping in between");
}

// REQ-EPH-4
#[test]
fn who_does_not_say_it_again_is_no_longer_shown_after_a_while() {
    let mut scene = scene();
    let (alice, bob) = (scene.alice, scene.bob);
    scene.types(alice, true);
    scene.world.advance(TYPING_SHOWN_MS - 1_000);
    scene.types(alice, true);
    scene.world.advance(TYPING_SHOWN_MS - 1);
    let still = vec![(bob.account, alice.account, true); 2];
    assert_eq!(scene.told(), still, "said again in time");
    scene.world.advance(1);
    assert_eq!(scene.told(), [(bob.account, alice.account, false)]);
    scene.world.advance(60_000);
    scene.types(alice, false);
    assert_eq!(scene.told(), [], "told once");
}

// REQ-EPH-5
#[test]
fn a_frame_that_comes_again_or_late_has_no_effect() {
    let mut scene = scene();
    let (alice, bob) = (scene.alice, scene.bob);
    let now = scene.world.now;
    let (first, second) = (scene.frame(bob, now), scene.frame(bob, now + 1));
    scene.give(1, alice, second.clone());
    assert_eq!(scene.told(), [(alice.account, bob.account, true)]);
    scene.has_no_effect(1, second.clone(), "it came before");
    scene.has_no_effect(1, first, "its author has said something later");
    for clock in [now - EPHEMERAL_AGE_MS_MAX - 1, now + EPHEMERAL_AGE_MS_MAX + 60_000, 0, u64::MAX] {
        let far = scene.frame(bob, clock);
        scene.has_no_effect(1, far, "its clock is far off");
    }
    scene.world.stop(0);
    scene.world.come_back(alice);
    scene.world.advance(EPHEMERAL_AGE_MS_MAX);
    scene.told();
    scene.has_no_effect(1, second, "it is old, also for a node that remembers nothing");
    let fresh = scene.frame(bob, scene.world.now);
    scene.give(1, alice, fresh);
    assert_eq!(scene.told(), [(alice.account, bob.account, true)]);
}

// REQ-EPH-2
#[test]
fn nothing_of_it_is_stored_or_dialled_or_waits_for_somebody_who_is_away() {
    let mut scene = scene();
    let (alice, bob) = (scene.alice, scene.bob);
    let rows = scene.rows();
    scene.types(alice, true);
    scene.types(bob, true);
    scene.types(alice, false);
    scene.world.advance(500);
    assert_eq!(scene.told().len(), 3, "they were told");
    assert_eq!(scene.rows(), rows, "on both nodes, acknowledgements included");
    scene.world.stop(1);
    scene.world.advance(TYPING_SHOWN_MS);
    scene.told();
    scene.frames();
    let (rows, wake) = (scene.rows(), scene.world.hosts[0].core.next_wake());
    scene.world.dialled.clear();
    scene.types(alice, true);
    assert_eq!(scene.world.dialled, []);
    assert_eq!((scene.rows(), scene.world.hosts[0].core.next_wake()), (rows, wake), "nothing is to be done later");
    scene.world.come_back(bob);
    assert_eq!((scene.told(), scene.frames().len()), (vec![], 0));
}

// REQ-EPH-2, REQ-EPH-6
#[test]
fn people_of_one_node_see_it_of_each_other_without_a_frame() {
    let mut scene = scene();
    let alice = scene.alice;
    let carol = scene.world.sign_up(0, "carol");
    scene.world.befriend(alice, carol);
    scene.shows(carol, true);
    scene.chat = scene.world.conversations(carol)[0].id;
    scene.frames();
    scene.types(alice, true);
    assert_eq!((scene.told(), scene.frames().len()), (vec![(carol.account, alice.account, true)], 0));
    scene.world.lock(carol);
    scene.world.advance(TYPING_SHOWN_MS);
    scene.types(alice, true);
    assert_eq!(scene.told(), [], "a locked account is told nothing, not even that it is over");
    let act = ChatAct::Typing { conversation: scene.chat, typing: true };
    assert_eq!(scene.act(carol, act), Err(Rejection::Locked));
}

/// Alice, who knows bob and carol, in a group with both, who do not know each other; all show that they are typing.
fn group() -> (Scene, Person) {
    let mut scene = scene();
    let carol = scene.world.sign_up(2, "carol");
    scene.world.befriend(scene.alice, carol);
    scene.shows(carol, true);
    scene.chat = scene.world.group(scene.alice, "ops", &[scene.bob, carol]);
    scene.frames();
    (scene, carol)
}

// NEGATIVE_TESTS 97; REQ-EPH-6
#[test]
fn only_contacts_are_told_also_in_a_group_and_not_while_a_request_is_pending() {
    let (mut scene, carol) = group();
    let (alice, bob) = (scene.alice, scene.bob);
    scene.types(alice, true);
    let mut told = scene.told();
    told.sort_unstable();
    let mut both = [(bob.account, alice.account, true), (carol.account, alice.account, true)];
    both.sort_unstable();
    assert_eq!((told, scene.frames().len()), (both.to_vec(), 2));
    scene.types(bob, true);
    assert_eq!((scene.told(), scene.frames().len()), (vec![(alice.account, bob.account, true)], 1));
    // Bob follows carol's link, and his request waits in her inbox while she is locked.
    let link = scene.world.invite(carol);
    scene.world.lock(carol);
    scene.world.command(bob.host, Command::AddContact { account: bob.account, link }).unwrap();
    scene.world.advance(TYPING_PAUSE_MS);
    scene.world.hosts[2].store.unlock(carol.account);
    scene.frames();
    scene.types(bob, true);
    assert_eq!((scene.told(), scene.frames().len()), (vec![(alice.account, bob.account, true)], 1), "it is pending");
    // Nor is carol told by a node that sends it all the same.
    let (now, rows) = (scene.world.now, scene.rows());
    let forged = scene.frame(bob, now + 1);
    scene.give(1, carol, forged);
    assert_eq!((scene.told(), scene.rows()), (vec![], rows));
    scene.world.unlock(carol);
    scene.world.advance(TYPING_SHOWN_MS);
    scene.told();
    scene.types(bob, true);
    assert_eq!(scene.told().len(), 2, "she has accepted");
}

// NEGATIVE_TESTS 97; REQ-EPH-6
#[test]
fn who_was_removed_neither_says_nor_hears_it_and_who_may_not_write_does_not_type() {
    let (mut scene, carol) = group();
    let (alice, bob) = (scene.alice, scene.bob);
    let before = scene.frame(bob, scene.world.now);
    let change = GroupChange { post: Some(PostRule::Roles), ..GroupChange::default() };
    let command = Command::SetGroup { account: alice.account, conversation: scene.chat, change };
    scene.world.command(alice.host, command).unwrap();
    scene.world.advance(3_000);
    scene.frames();
    scene.types(bob, true);
    assert_eq!((scene.frames().len(), scene.told()), (0, vec![]), "here only those with a role write");
    let forged = scene.frame(bob, scene.world.now);
    scene.has_no_effect(1, forged, "whatever his node says");
    scene.has_no_effect(1, before, "it is of an epoch that is over");
    scene.world.set_role(alice, scene.chat, bob, Role::Admin).unwrap();
    scene.world.advance(3_000);
    scene.types(bob, true);
    assert_eq!(scene.told(), [(alice.account, bob.account, true)]);
    scene.world.stop(1);
    scene.world.remove_member(alice, scene.chat, bob).unwrap();
    scene.world.advance(TYPING_SHOWN_MS);
    scene.told();
    scene.world.hosts[1].store.unlock(bob.account);
    let forged = scene.frame(bob, scene.world.now);
    scene.has_no_effect(1, forged, "he is out and does not know it");
    scene.world.come_back(bob);
    scene.told();
    scene.frames();
    scene.types(bob, true);
    assert_eq!(scene.frames().len(), 0, "and now he knows");
    scene.types(alice, true);
    assert_eq!(scene.told(), [(carol.account, alice.account, true)]);
}

// REQ-EPH-6
#[test]
fn a_device_that_must_be_let_back_in_says_and_hears_nothing() {
    let mut scene = scene();
    let alice = scene.alice;
    let stranded = ConversationRecord { stranded_since: Some(1), ..scene.world.conversation(alice, scene.chat) };
    let mut writes = WriteSet::default();
    let (place, row) = (Scope::Account(alice.account), scene.chat.as_bytes().to_vec());
    writes.put(place, Table::Conversation, row, record::encode(&stranded));
    scene.world.hosts[alice.host].store.commit(writes).unwrap();
    scene.frames();
    scene.types(alice, true);
    assert_eq!(scene.frames().len(), 0);
    scene.types(scene.bob, true);
    assert_eq!((scene.frames().len(), scene.told()), (1, vec![]));
}

// REQ-EPH-1, REQ-EPH-7
#[test]
fn what_is_malformed_of_an_unknown_kind_or_signed_otherwise_has_no_effect() {
    let mut scene = scene();
    let (bob, now) = (scene.bob, scene.world.now);
    let body = scene.body(bob, now, EphemeralKind::Typing);
    let key = scene.device_key(bob);
    let honest = body.sign(&key);
    let mut frames: Vec<(&str, Vec<u8>)> = vec![("empty", vec![]), ("junk", vec![7; 512]), ("zeros", vec![0; 4096])];
    frames.push(("oversized", vec![1; MAX_EPHEMERAL * 2]));
    frames.push(("no content", scene.sealed(bob, b"")));
    frames.push(("more than one", scene.sealed(bob, &[wire::encode(&honest), vec![0]].concat())));
    for (why, at, value) in [("a version to come", 0, 2), ("an unknown kind", encode(&body).len() - 1, 77)] {
        let mut bytes = encode(&body);
        bytes[at] = value;
        let signed = SignedEphemeral { signature: key.sign(Label::Ephemeral, &bytes), body: bytes.into() };
        frames.push((why, scene.sealed(bob, &wire::encode(&signed))));
    }
    let as_entry = SignedEphemeral { signature: key.sign(Label::Entry, &encode(&body)), body: encode(&body).into() };
    frames.push(("signed as an entry", scene.sealed(bob, &wire::encode(&as_entry))));
    let by_another = body.sign(&SigningKey::from_seed(&[9; 32]));
    frames.push(("signed by another key", scene.sealed(bob, &wire::encode(&by_another))));
    let record = scene.world.conversation(bob, scene.chat);
    let elsewhere = ConversationId::from_bytes([5; 32]);
    for (why, place) in [
        ("of another conversation", (elsewhere, record.tip)),
        ("of another epoch", (record.id, EpochId::from_bytes([5; 32]))),
    ] {
        let signed = EphemeralBody::new(place, body.device, now, EphemeralKind::Typing).sign(&key);
        frames.push((why, scene.sealed(bob, &wire::encode(&signed))));
    }
    let alices = scene.body(scene.alice, now, EphemeralKind::Typing).sign(&scene.device_key(scene.alice));
    frames.push(("her own", scene.sealed(bob, &wire::encode(&alices))));
    let outer = scene.world.forgery(bob, scene.chat).outer().to_bytes();
    frames.push(("an entry of the log", outer));
    for (why, frame) in frames {
        scene.has_no_effect(1, frame, why);
    }
    let good = scene.sealed(bob, &wire::encode(&honest));
    let topic = *TopicKey::derive(&record.topic_secret).public().as_bytes();
    assert_eq!(scene.world.push_raw(0, topic, good.clone()), PushStatus::Refused, "no queue takes it");
    scene.give(1, scene.alice, good);
    assert_eq!(scene.told().len(), 1, "all of that was refused for what it was");
}

// REQ-EPH-7
#[test]
fn a_frame_counts_only_from_its_authors_home_and_so_many_at_a_time() {
    let mut scene = scene();
    let (alice, bob) = (scene.alice, scene.bob);
    let carol = scene.world.sign_up(2, "carol");
    scene.world.befriend(alice, carol);
    let now = scene.world.now;
    let frame = scene.frame(bob, now);
    scene.has_no_effect(2, frame.clone(), "from the node of somebody else");
    let stranger = NodeId::from_bytes([0xee; 32]);
    scene.world.ask_as(stranger, 0, Protocol::Ephemeral, frame.clone());
    assert_eq!(scene.told(), [], "from a stranger");
    for number in 0..u64::from(EPHEMERALS_PER_WINDOW_MAX) + 40 {
        let frame = scene.frame(bob, now + number);
        scene.give(1, alice, frame);
    }
    let told = scene.told().len();
    assert_eq!(told, usize::try_from(EPHEMERALS_PER_WINDOW_MAX).unwrap(), "the rest had no effect");
    scene.world.advance(EPHEMERAL_WINDOW_MS);
    let frame = scene.frame(bob, now + 1_000);
    scene.give(1, alice, frame);
    assert_eq!(scene.told().len(), 1, "and then it counts again");
}
