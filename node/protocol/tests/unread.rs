//! Unread is a function of the read marker and the messages: held against what a person has in fact seen.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use std::collections::BTreeSet;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use tidings_crypto::id::ConversationId;
use tidings_protocol::command::{ChatAct, Command, Recipient};
use tidings_protocol::query::chats;
use tidings_protocol::record::message::MessageRecord;
use world::{Person, World};

struct Scene {
    world: World,
    people: Vec<Person>,
    group: ConversationId,
    /// Ids of what the reader has seen, as the reader would remember it.
    seen: BTreeSet<[u8; 16]>,
    rng: ChaCha20Rng,
}

const READER: usize = 2;

impl Scene {
    fn new(seed: u8) -> Self {
        let mut world = World::new(3);
        let people: Vec<Person> = (0..3).map(|host| world.sign_up(host, &format!("person{host}"))).collect();
        world.befriend(people[0], people[1]);
        world.befriend(people[0], people[2]);
        let group = world.group(people[0], "ops", &people[1..]);
        world.skew = vec![0, 3_600_000, 0];
        Self { world, people, group, seen: BTreeSet::new(), rng: ChaCha20Rng::from_seed([seed; 32]) }
    }

    fn die(&mut self, sides: u32) -> usize {
        (self.rng.next_u32() % sides) as usize
    }

    fn shown(&self, person: usize) -> Vec<MessageRecord> {
        self.world
            .messages(self.people[person])
            .into_iter()
            .filter(|one| one.conversation == Some(self.group))
            .collect()
    }

    fn act(&mut self, person: usize, act: ChatAct) {
        let Person { host, account } = self.people[person];
        drop(self.world.command(host, Command::Chat { account, act }));
    }

    fn something_happens(&mut self) {
        let writer = self.die(3);
        match self.die(8) {
            0 | 1 => self.write(writer),
            2 => {
                // What is written now goes out with a later try.
                self.world.tamper = Some(Box::new(|_, _, _| Some(Vec::new())));
                self.write(writer);
                self.world.tamper = None;
            }
            3 | 4 => self.change(writer),
            5 => self.world.advance(5_000),
            _ => self.read(),
        }
    }

    fn write(&mut self, writer: usize) {
        self.world.send(self.people[writer], Recipient::Conversation(self.group), "text").unwrap();
    }

    /// Edits or takes back an own message.
    fn change(&mut self, writer: usize) {
        let own: Vec<MessageRecord> =
            self.shown(writer).into_iter().filter(|one| one.sender == self.people[writer].account).collect();
        if own.is_empty() {
            return;
        }
        let message = own[self.rng.next_u32() as usize % own.len()].name();
        let conversation = self.group;
        let act = if self.die(2) == 0 {
            ChatAct::Delete { conversation, message }
        } else {
            ChatAct::Edit { conversation, message, text: "other".into(), mentions: Vec::new() }
        };
        self.act(writer, act);
    }

    /// The reader looks at everything up to some message, never further back than before.
    fn read(&mut self) {
        let shown = self.shown(READER);
        let from = shown.iter().rposition(|one| self.seen.contains(&one.id)).unwrap_or(0);
        if shown.is_empty() {
            return;
        }
        let last = from + self.rng.next_u32() as usize % (shown.len() - from);
        self.act(READER, ChatAct::Read { conversation: self.group, up_to: Some(shown[last].name()) });
        self.seen.extend(shown[..=last].iter().map(|one| one.id));
    }

    /// Compares the count; returns whether something unseen stands before something seen.
    fn check(&self, what: &str) -> bool {
        let (reader, shown) = (self.people[READER], self.shown(READER));
        let is_unseen = |one: &&MessageRecord| {
            one.sender != reader.account && one.deletion.is_none() && !self.seen.contains(&one.id)
        };
        let unseen = shown.iter().filter(is_unseen).count();
        let counted = chats::unread(&self.world.hosts[READER].store, reader.account, self.group).unwrap();
        assert_eq!(counted, unseen as u64, "{what}");
        let marker = shown.iter().rposition(|one| self.seen.contains(&one.id)).unwrap_or(0);
        shown[..marker].iter().any(|one| is_unseen(&one))
    }
}

// REQ-MSG-6
#[test]
fn the_count_is_what_was_not_seen_over_late_arrivals_edits_deletions_and_own_messages() {
    let mut late = 0;
    for seed in 0..30 {
        let mut scene = Scene::new(seed);
        for number in 0..80 {
            scene.something_happens();
            late += usize::from(scene.check(&format!("seed {seed}, event {number}")));
        }
        scene.world.advance(200_000);
        scene.check(&format!("seed {seed}, at last"));
    }
    assert!(late > 20, "only {late} times a message had come late");
}
