//! What people do with messages beyond writing them: change them, take them back, react, read, let them disappear.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::id::{ConversationId, DeviceId};
use tidings_protocol::command::{ChatAct, Command, GroupChange, NewMessage, Recipient};
use tidings_protocol::error::Rejection;
use tidings_protocol::query::{chats, messages, waiting};
use tidings_protocol::record::chat::Shown;
use tidings_protocol::record::event::{EventKind, EventRecord};
use tidings_protocol::record::message::{DeliveryState, FailReason, MessageRecord};
use tidings_protocol::store::table::Table;
use tidings_protocol::wire;
use tidings_protocol::wire::commit_body::{Cut, ReceiptBody, Span};
use tidings_protocol::wire::content::{Content, MessageRef};
use world::{Person, World};

struct Pair {
    world: World,
    alice: Person,
    bob: Person,
    chat: ConversationId,
}

/// Alice and bob on two nodes, with a direct conversation.
fn pair() -> Pair {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    world.befriend(alice, bob);
    let chat = world.conversations(alice)[0].id;
    Pair { world, alice, bob, chat }
}

impl Pair {
    fn act(&mut self, person: Person, act: ChatAct) -> Result<(), Rejection> {
        let done = self.world.command(person.host, Command::Chat { account: person.account, act }).map(drop);
        self.world.advance(3_000);
        done
    }

    fn say(&mut self, person: Person, text: &str) -> MessageRef {
        let sent = self.world.send(person, Recipient::Conversation(self.chat), text).unwrap();
        self.world.advance(3_000);
        sent.name()
    }

    fn edit(&mut self, person: Person, message: MessageRef, text: &str) -> Result<(), Rejection> {
        let (conversation, text) = (self.chat, text.to_owned());
        self.act(person, ChatAct::Edit { conversation, message, text, mentions: Vec::new() })
    }

    fn delete(&mut self, person: Person, message: MessageRef) -> Result<(), Rejection> {
        self.act(person, ChatAct::Delete { conversation: self.chat, message })
    }

    fn react(&mut self, person: Person, message: MessageRef, emoji: &str, chosen: bool) -> Result<(), Rejection> {
        let (conversation, emoji) = (self.chat, emoji.to_owned());
        self.act(person, ChatAct::React { conversation, message, emoji, chosen })
    }

    fn read(&mut self, person: Person, up_to: Option<MessageRef>) {
        self.act(person, ChatAct::Read { conversation: self.chat, up_to }).unwrap();
    }

    fn timer(&mut self, person: Person, milliseconds: u64) {
        self.act(person, ChatAct::SetTimer { conversation: self.chat, milliseconds }).unwrap();
    }

    fn unread(&self, person: Person) -> u64 {
        chats::unread(&self.world.hosts[person.host].store, person.account, self.chat).unwrap()
    }

    fn message(&self, person: Person, name: &MessageRef) -> MessageRecord {
        messages::by_name(&self.world.hosts[person.host].store, person.account, self.chat, name).unwrap().unwrap()
    }

    fn reactions(&self, person: Person, name: &MessageRef) -> Vec<(String, usize)> {
        let found = chats::reactions(&self.world.hosts[person.host].store, person.account, &self.message(person, name));
        found.unwrap().into_iter().map(|(emoji, accounts)| (emoji, accounts.len())).collect()
    }

    fn reason(&self, person: Person, message: &MessageRecord) -> Option<waiting::Wait> {
        waiting::of(&self.world.hosts[person.host].store, person.account, message).unwrap().first().copied()
    }

    fn events(&self, person: Person) -> Vec<EventKind> {
        let rows = self.world.rows(person, Table::Event);
        rows.iter().map(|(_, row)| tidings_protocol::record::decode::<EventRecord>(row, "test").unwrap().kind).collect()
    }
}

// REQ-MSG-2
#[test]
fn an_edit_changes_the_text_for_both_and_only_the_author_may() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    let hello = pair.say(alice, "helo");
    pair.edit(alice, hello, "hello").unwrap();
    for person in [alice, bob] {
        let message = pair.message(person, &hello);
        assert_eq!((message.text.as_str(), message.edited.is_some()), ("hello", true));
        assert!(pair.events(person).iter().any(|kind| matches!(kind, EventKind::MessageEdited { .. })));
    }
    assert!(matches!(pair.edit(bob, hello, "mine now"), Err(Rejection::Refused { .. })));
    assert_eq!(pair.edit(alice, MessageRef { author: alice.account, id: [9; 16] }, "x"), Err(Rejection::NotFound));
    assert_eq!(pair.message(alice, &hello).text, "hello");
}

// REQ-MSG-2
#[test]
fn what_is_deleted_for_all_is_gone_for_all_and_cannot_be_changed_any_more() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    let oops = pair.say(alice, "CANARY oops");
    pair.react(bob, oops, "🎉", true).unwrap();
    assert!(matches!(pair.delete(bob, oops), Err(Rejection::Refused { .. })));
    pair.delete(alice, oops).unwrap();
    for person in [alice, bob] {
        let message = pair.message(person, &oops);
        assert_eq!((message.text.as_str(), message.deletion.map(|one| one.by)), ("", Some(alice.account)));
        assert_eq!(pair.reactions(person, &oops), []);
        let kept = pair.world.rows(person, Table::Message);
        assert!(!kept.iter().any(|(_, row)| row.windows(6).any(|part| part == b"CANARY")));
    }
    assert_eq!(pair.unread(bob), 0);
    assert!(matches!(pair.edit(alice, oops, "back"), Err(Rejection::NotPossible { .. })));
    assert!(matches!(pair.react(bob, oops, "🎉", true), Err(Rejection::NotPossible { .. })));
}

#[test]
fn reactions_are_put_on_and_taken_back_by_each_for_themselves() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    let news = pair.say(alice, "news");
    pair.react(bob, news, "👍", true).unwrap();
    pair.react(alice, news, "👍", true).unwrap();
    pair.react(bob, news, "🎉", true).unwrap();
    for person in [alice, bob] {
        assert_eq!(pair.reactions(person, &news), [("👍".to_owned(), 2), ("🎉".to_owned(), 1)]);
    }
    pair.react(bob, news, "👍", false).unwrap();
    for person in [alice, bob] {
        assert_eq!(pair.reactions(person, &news), [("👍".to_owned(), 1), ("🎉".to_owned(), 1)]);
    }
    assert!(matches!(pair.react(bob, news, "two words", true), Err(Rejection::Malformed { .. })));
}

#[test]
fn a_reply_names_what_it_answers_which_must_be_there() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    let question = pair.say(alice, "tea?");
    let write = |reply_to, id: u8| {
        let to = Recipient::Account(alice.account);
        ChatAct::Write(NewMessage { to, text: "yes".into(), client_id: [id; 16], reply_to, mentions: Vec::new() })
    };
    pair.act(bob, write(Some(question), 1)).unwrap();
    let answer = MessageRef { author: bob.account, id: [1; 16] };
    assert_eq!(pair.message(alice, &answer).reply_to, Some(question));
    let nothing = MessageRef { author: alice.account, id: [7; 16] };
    assert_eq!(pair.act(bob, write(Some(nothing), 2)), Err(Rejection::NotFound));
}

// REQ-DELIV-5, REQ-MSG-7
#[test]
fn a_message_is_read_when_its_recipient_says_so_and_not_before() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    let (first, second) = (pair.say(alice, "one"), pair.say(alice, "two"));
    assert_eq!(pair.message(alice, &second).state(), DeliveryState::Delivered);
    pair.read(bob, Some(first));
    assert_eq!(pair.message(alice, &first).state(), DeliveryState::Read);
    assert_eq!(pair.message(alice, &second).state(), DeliveryState::Delivered);
    pair.read(bob, None);
    assert_eq!(pair.message(alice, &second).state(), DeliveryState::Read);
}

// REQ-MSG-7
#[test]
fn who_does_not_show_what_they_read_does_not_see_it_of_others() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    pair.act(bob, ChatAct::Show { what: Shown::Read, conversation: None, shown: Some(false) }).unwrap();
    let (ask, answer) = (pair.say(alice, "seen?"), pair.say(bob, "perhaps"));
    pair.read(bob, None);
    pair.read(alice, None);
    for (person, name) in [(alice, ask), (bob, answer)] {
        assert_eq!(pair.message(person, &name).state(), DeliveryState::Delivered);
    }
    // Nor does it go along with what is sent anyway.
    pair.say(alice, "hello?");
    assert_eq!(pair.message(alice, &ask).state(), DeliveryState::Delivered);
    // One conversation may be otherwise than all.
    pair.act(bob, ChatAct::Show { what: Shown::Read, conversation: Some(pair.chat), shown: Some(true) }).unwrap();
    let last = pair.say(alice, "now?");
    pair.read(bob, None);
    assert_eq!(pair.message(alice, &last).state(), DeliveryState::Read);
    assert_eq!(pair.message(alice, &ask).state(), DeliveryState::Read, "a frontier covers what is before it");
}

/// Bob's program, which writes receipts that an honest one would not.
struct Liar {
    device: DeviceId,
    next: world::forge::Forgery,
}

impl Liar {
    fn new(pair: &mut Pair) -> Self {
        pair.world.stop(1);
        pair.world.hosts[1].store.unlock(pair.bob.account);
        let next = pair.world.forgery(pair.bob, pair.chat);
        Self { device: pair.world.profile(pair.alice).device, next }
    }

    /// A receipt that alice's entries in a stretch were delivered, and those up to a number read.
    fn receipt(&mut self, pair: &mut Pair, delivered: Option<(u64, u64)>, read: u64) {
        let device = self.device;
        let delivered = delivered.map(|(first, last)| Span { device, first, last }).into_iter().collect();
        let read = vec![Cut { device, sequence: read }];
        let body = wire::encode(&ReceiptBody { delivered, unreadable: Vec::new(), read });
        let forgery = self.next.clone().body(world::forge::RECEIPT, body);
        pair.world.publish(&forgery, &[pair.alice]);
        self.next = forgery.successor();
    }
}

// NEGATIVE_TESTS 82; REQ-MSG-7
#[test]
fn a_read_frontier_over_what_was_never_written_reads_nothing_later() {
    let mut pair = pair();
    let alice = pair.alice;
    let before = pair.say(alice, "before");
    let mut liar = Liar::new(&mut pair);
    liar.receipt(&mut pair, None, u64::MAX);
    assert_eq!(pair.message(alice, &before).state(), DeliveryState::Read);
    let after = pair.say(alice, "after");
    let written = pair.world.conversation(alice, pair.chat).own_sequence;
    liar.receipt(&mut pair, Some((written, written)), 1);
    assert_eq!(pair.message(alice, &after).state(), DeliveryState::Delivered);
    // An honest one afterwards still counts: the lie did not use up the numbers.
    liar.receipt(&mut pair, None, written);
    assert_eq!(pair.message(alice, &after).state(), DeliveryState::Read);
}

// Seed 8116691; REQ-MSG-7
#[test]
fn a_read_frontier_over_what_its_device_never_had_does_not_read_it() {
    let mut pair = pair();
    let alice = pair.alice;
    let mut liar = Liar::new(&mut pair);
    let missed = pair.say(alice, "missed");
    let had = pair.say(alice, "had");
    let written = pair.world.conversation(alice, pair.chat).own_sequence;
    liar.receipt(&mut pair, Some((written, written)), written);
    assert_eq!(pair.message(alice, &had).state(), DeliveryState::Read);
    assert_eq!(pair.message(alice, &missed).state(), DeliveryState::Queued);
}

// REQ-DELIV-6, REQ-MSG-4
#[test]
fn changes_and_reactions_are_not_receipted_and_nobody_can_probe_with_them() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    let hello = pair.say(alice, "hello");
    let written = |pair: &Pair| pair.world.conversation(bob, pair.chat).own_sequence;
    let before = written(&pair);
    pair.edit(alice, hello, "hello!").unwrap();
    pair.react(alice, hello, "👍", true).unwrap();
    pair.delete(alice, hello).unwrap();
    assert_eq!(written(&pair), before, "bob's device answered an edit, a reaction or a deletion");
}

/// A person whose program writes contents that an honest one would not.
struct Forger {
    group: tidings_crypto::mls::Group,
    next: world::forge::Forgery,
}

impl Forger {
    fn new(pair: &mut Pair, author: Person) -> Self {
        Self { group: pair.world.tip(author, pair.chat), next: pair.world.forgery(author, pair.chat) }
    }

    fn say(&mut self, pair: &mut Pair, victim: Person, contents: &[Content]) {
        for content in contents {
            let forgery = self.next.clone().content(&mut self.group, content);
            pair.world.publish(&forgery, &[victim]);
            self.next = forgery.successor();
        }
    }
}

// NEGATIVE_TESTS 90; REQ-MSG-2, REQ-MSG-4
#[test]
fn changes_of_others_messages_and_of_messages_that_do_not_exist_have_no_effect_and_no_echo() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    let hers = pair.say(alice, "hers");
    let own = pair.say(bob, "his");
    let nothing = MessageRef { author: bob.account, id: [7; 16] };
    let (events, written) = (pair.events(alice).len(), pair.world.conversation(alice, pair.chat).own_sequence);
    let contents = [
        Content::edit([1; 16], 0, hers, "forged".into()),
        Content::delete([2; 16], 0, hers),
        Content::edit([3; 16], 0, nothing, "never written".into()),
        Content::delete([4; 16], 0, nothing),
        Content::reaction([5; 16], 0, nothing, "👍".into(), true),
    ];
    Forger::new(&mut pair, bob).say(&mut pair, alice, &contents);
    assert_eq!(pair.world.texts(alice), ["hers", "his"]);
    assert_eq!(pair.message(alice, &own).edited, None);
    assert_eq!(pair.events(alice).len(), events, "an event for nothing");
    assert_eq!(pair.world.conversation(alice, pair.chat).own_sequence, written, "an answer to a probe");
}

// REQ-MSG-3
#[test]
fn a_change_that_comes_before_its_message_waits_for_it_unseen() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    let early = |id: u8| MessageRef { author: bob.account, id: [id; 16] };
    let contents = [
        Content::edit([1; 16], 0, early(10), "second thought".into()),
        Content::delete([2; 16], 0, early(11)),
        Content::reaction([3; 16], 0, early(10), "👍".into(), true),
    ];
    let mut forger = Forger::new(&mut pair, bob);
    forger.say(&mut pair, alice, &contents);
    assert_eq!(pair.world.texts(alice), Vec::<String>::new());
    let originals = [10, 11].map(|id| Content::text([id; 16], 0, "first".into()));
    forger.say(&mut pair, alice, &originals);
    assert_eq!(pair.message(alice, &early(10)).text, "second thought");
    assert_eq!(pair.reactions(alice, &early(10)), [("👍".to_owned(), 1)]);
    assert!(pair.message(alice, &early(11)).deletion.is_some());
    assert_eq!(pair.world.rows(alice, Table::Change).len(), 0);
}

// REQ-MSG-8
#[test]
fn a_message_disappears_everywhere_when_its_time_is_over() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    let stays = pair.say(alice, "stays");
    pair.timer(bob, 60_000);
    let goes = pair.say(alice, "CANARY goes");
    pair.react(bob, goes, "👍", true).unwrap();
    pair.edit(alice, goes, "CANARY goes still").unwrap();
    for person in [alice, bob] {
        assert_eq!(pair.world.texts(person), ["stays", "CANARY goes still"]);
    }
    pair.world.advance(60_000);
    for person in [alice, bob] {
        assert_eq!(pair.world.texts(person), ["stays"]);
        assert_eq!(pair.world.rows(person, Table::Reaction).len(), 0);
        assert_eq!(pair.world.rows(person, Table::Expiry).len(), 0);
        let rows = pair.world.hosts[person.host].store.rows();
        let left: Vec<_> = rows.filter(|(_, _, row)| row.windows(6).any(|part| part == b"CANARY")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
    pair.timer(alice, 0);
    pair.say(alice, "stays too");
    pair.world.advance(100_000);
    assert_eq!(pair.world.texts(bob), ["stays", "stays too"]);
    assert_eq!(pair.message(bob, &stays).expires_at, None);
    // Nothing late brings back what has gone.
    assert_eq!(pair.edit(alice, goes, "again"), Err(Rejection::NotFound));
    Forger::new(&mut pair, alice).say(&mut pair, bob, &[Content::edit([1; 16], 0, goes, "again".into())]);
    assert_eq!((pair.world.texts(bob).len(), pair.world.rows(bob, Table::Change).len()), (2, 0));
}

// REQ-MSG-8
#[test]
fn a_message_whose_time_ends_while_the_account_is_locked_or_the_node_is_down_is_gone_after_unlocking() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    pair.timer(alice, 3_600_000);
    pair.say(alice, "locked");
    pair.world.lock(bob);
    pair.say(alice, "never opened");
    pair.world.advance(4_000_000);
    pair.world.unlock(bob);
    assert_eq!(pair.world.texts(bob), Vec::<String>::new());
    pair.say(alice, "down");
    pair.world.stop(1);
    pair.world.advance(4_000_000);
    pair.world.start(1);
    pair.world.unlock(bob);
    assert_eq!(pair.world.texts(bob), Vec::<String>::new());
    // It still works for what comes after.
    pair.say(alice, "later");
    pair.world.advance(1_800_000);
    assert_eq!(pair.world.texts(bob), ["later"]);
    pair.world.advance(1_900_000);
    assert_eq!(pair.world.texts(bob), Vec::<String>::new());
}

// REQ-MSG-5
#[test]
fn whatever_waits_says_why_and_when_it_is_tried_again() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    pair.world.stop(1);
    let down = pair.world.now;
    let name = pair.say(alice, "are you there?");
    pair.world.advance(600_000);
    let wait = pair.reason(alice, &pair.message(alice, &name)).unwrap();
    let waiting::Reason::Unreachable(since) = wait.reason else { panic!("{wait:?}") };
    assert!(since >= down && since <= down + 10_000);
    let next = wait.next_try.unwrap();
    assert!(next > pair.world.now && next <= pair.world.now + 60_000, "{next} at {}", pair.world.now);
    // What it says is what happens.
    pair.world.hosts[1].online = true;
    pair.world.advance(next - pair.world.now);
    let message = pair.message(alice, &name);
    assert_eq!(message.state(), DeliveryState::Sent);
    assert_eq!(pair.reason(alice, &message).unwrap().reason, waiting::Reason::NotOpened);
    pair.world.unlock(bob);
    assert_eq!(pair.reason(alice, &pair.message(alice, &name)), None);
}

// REQ-MSG-5
#[test]
fn a_message_says_that_it_waits_for_the_invitation_or_for_a_neighbour_to_unlock() {
    let mut world = World::new(2);
    let (alice, bob, carol) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"), world.sign_up(0, "carol"));
    let link = world.invite(alice);
    world.lock(alice);
    world.command(1, Command::AddContact { account: bob.account, link }).unwrap();
    world.advance(3_000);
    let sent = world.send(bob, Recipient::Account(alice.account), "hi").unwrap();
    let why = |world: &World, person: Person, message: &MessageRecord| {
        waiting::of(&world.hosts[person.host].store, person.account, message).unwrap()[0].reason
    };
    assert_eq!(why(&world, bob, &sent), waiting::Reason::Request);
    world.unlock(alice);
    world.befriend(alice, carol);
    world.lock(carol);
    let sent = world.send(alice, Recipient::Account(carol.account), "hi").unwrap();
    assert_eq!(why(&world, alice, &sent), waiting::Reason::Locked);
    world.unlock(carol);
}

// REQ-MSG-9
#[test]
fn a_retry_calls_the_node_at_once_and_a_cancelled_message_is_never_shown() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    pair.world.stop(1);
    let (kept, given_up) = (pair.say(alice, "kept"), pair.say(alice, "given up"));
    pair.world.advance(600_000);
    pair.act(alice, ChatAct::Cancel { id: given_up.id }).unwrap();
    pair.world.hosts[1].online = true;
    let before = pair.world.now;
    pair.world.command(0, Command::Chat { account: alice.account, act: ChatAct::Retry { id: kept.id } }).unwrap();
    pair.world.advance(10);
    assert_eq!(pair.message(alice, &kept).state(), DeliveryState::Sent, "{} ms later", pair.world.now - before);
    pair.world.unlock(bob);
    assert_eq!(pair.world.texts(bob), ["kept", ""]);
    assert!(pair.message(bob, &given_up).deletion.is_some());
    assert!(matches!(pair.act(alice, ChatAct::Cancel { id: kept.id }), Err(Rejection::NotPossible { .. })));
}

// REQ-MSG-9
#[test]
fn what_waits_for_its_conversation_can_be_given_up_and_is_not_sent_later() {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    let link = world.invite(alice);
    world.lock(alice);
    world.command(1, Command::AddContact { account: bob.account, link }).unwrap();
    let send = |world: &mut World, text: &str| world.send(bob, Recipient::Account(alice.account), text).unwrap().id;
    let (first, _) = (send(&mut world, "one"), send(&mut world, "two"));
    world.command(1, Command::Chat { account: bob.account, act: ChatAct::Cancel { id: first } }).unwrap();
    world.unlock(alice);
    world.advance(3_000);
    assert_eq!(world.texts(alice), ["two"]);
    let again = Command::Send {
        account: bob.account,
        to: Recipient::Account(alice.account),
        text: "one".into(),
        client_id: first,
    };
    assert_eq!(world.command(1, again).unwrap_err(), Rejection::Already);
}

// REQ-MSG-9
#[test]
fn a_message_that_failed_says_why_and_arrives_once_when_it_is_tried_again() {
    let mut pair = pair();
    let (alice, bob) = (pair.alice, pair.bob);
    pair.world.stop(1);
    let name = pair.say(alice, "at last");
    // A month without an answer.
    pair.world.now += 31 * 24 * 3_600_000;
    pair.world.hosts[1].online = true;
    pair.world.advance(120_000);
    let failed = pair.message(alice, &name);
    assert_eq!(failed.state(), DeliveryState::Failed);
    assert_eq!(pair.reason(alice, &failed).unwrap().reason, waiting::Reason::Failed(FailReason::GivenUp));
    pair.act(alice, ChatAct::Retry { id: name.id }).unwrap();
    pair.world.unlock(bob);
    assert_eq!(pair.world.texts(bob), ["at last"]);
    assert_eq!(pair.message(alice, &name).state(), DeliveryState::Delivered);
}

#[test]
fn drafts_mute_and_archive_are_kept_for_oneself() {
    let mut pair = pair();
    let (alice, bob, conversation) = (pair.alice, pair.bob, pair.chat);
    let frames = pair.world.frames.len();
    pair.act(alice, ChatAct::SetDraft { conversation, text: "dear bob".into() }).unwrap();
    pair.act(alice, ChatAct::Mute { conversation, until: 5 }).unwrap();
    pair.act(alice, ChatAct::Archive { conversation, archived: true }).unwrap();
    assert_eq!(pair.world.frames.len(), frames, "it went over the wire");
    let kept = chats::with(&pair.world.hosts[0].store, alice.account, conversation).unwrap();
    assert_eq!((kept.draft.as_str(), kept.muted_until, kept.archived), ("dear bob", 5, true));
    let other = chats::with(&pair.world.hosts[1].store, bob.account, conversation).unwrap();
    assert_eq!((other.draft.as_str(), other.muted_until, other.archived), ("", 0, false));
}

/// A group of alice, who owns it, bob and carol.
fn trio() -> (World, [Person; 3], ConversationId) {
    let mut world = World::new(3);
    let people = [world.sign_up(0, "alice"), world.sign_up(1, "bob"), world.sign_up(2, "carol")];
    world.befriend(people[0], people[1]);
    world.befriend(people[0], people[2]);
    let group = world.group(people[0], "ops", &people[1..]);
    world.advance(10_000);
    (world, people, group)
}

// REQ-MSG-8
#[test]
fn the_timer_of_a_group_stands_in_its_policy_and_holds_for_what_is_written_after() {
    let (mut world, [alice, bob, carol], group) = trio();
    world.send(bob, Recipient::Conversation(group), "stays").unwrap();
    let change = GroupChange { disappearing_seconds: Some(60), ..GroupChange::default() };
    world.command(0, Command::SetGroup { account: alice.account, conversation: group, change }).unwrap();
    world.advance(30_000);
    world.send(bob, Recipient::Conversation(group), "goes").unwrap();
    world.advance(10_000);
    assert_eq!(world.texts(carol), ["stays", "goes"]);
    world.advance(60_000);
    for person in [alice, bob, carol] {
        assert_eq!(world.texts(person), ["stays"]);
    }
}

// REQ-MSG-2
#[test]
fn in_a_group_a_senior_may_take_back_what_others_wrote_and_nobody_else_may() {
    let (mut world, [alice, bob, carol], group) = trio();
    let message = world.send(bob, Recipient::Conversation(group), "off topic").unwrap().name();
    world.advance(10_000);
    let delete = |person: Person, message| Command::Chat {
        account: person.account,
        act: ChatAct::Delete { conversation: group, message },
    };
    assert!(matches!(world.command(2, delete(carol, message)), Err(Rejection::Refused { .. })));
    // The same in spite of her own program.
    let mut tip = world.tip(carol, group);
    let forgery = world.forgery(carol, group).content(&mut tip, &Content::delete([1; 16], 0, message));
    world.publish(&forgery, &[bob]);
    assert_eq!(world.texts(bob), ["off topic"]);
    world.command(0, delete(alice, message)).unwrap();
    world.advance(10_000);
    for person in [alice, bob] {
        assert_eq!(world.messages(person)[0].deletion.map(|one| one.by), Some(alice.account));
    }
}
