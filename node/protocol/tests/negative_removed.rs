//! A removed member who kept everything: the whole folder from before the removal, and all that was sent since.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::id::ConversationId;
use tidings_crypto::outer::{LogKey, Outer};
use tidings_protocol::account::policy::Role;
use tidings_protocol::command::Recipient;
use tidings_protocol::record;
use tidings_protocol::record::conversation::LogKeyRecord;
use tidings_protocol::record::log::QueueRecord;
use tidings_protocol::store::memory::MemoryStore;
use tidings_protocol::store::snapshot::{Direction, Snapshot};
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::wire::log::PushStatus;
use world::{Person, World};

const LATER: [&str; 3] = ["said at once", "said under another name", "said under other roles"];

/// One entry as it travelled: the public topic key of its queue, and what was sealed.
type Sent = ([u8; 32], Vec<u8>);

struct Removal {
    world: World,
    alice: Person,
    bob: Person,
    carol: Person,
    group: ConversationId,
    /// What the nodes of bob and carol held just before.
    folders: [MemoryStore; 2],
    /// All entries of the group, the queue of before first.
    traffic: Vec<Sent>,
}

/// Alice removes bob from the three of them, and the group goes on.
fn removal() -> Removal {
    let mut world = World::new(3);
    let [alice, bob, carol] = [(0, "alice"), (1, "bob"), (2, "carol")].map(|(host, name)| world.sign_up(host, name));
    for other in [bob, carol] {
        world.befriend(alice, other);
    }
    let group = world.group(alice, "before", &[bob, carol]);
    let say = |world: &mut World, from: Person, text: &str| {
        world.send(from, Recipient::Conversation(group), text).unwrap();
        world.advance(3_000);
    };
    say(&mut world, bob, "said to bob as well");
    let folders = [bob, carol].map(|person| world.backup(person.host));
    let old = world.conversation(alice, group).queue;
    world.remove_member(alice, group, bob).unwrap();
    say(&mut world, alice, LATER[0]);
    world.rename(alice, group, "after");
    say(&mut world, alice, LATER[1]);
    world.set_role(alice, group, carol, Role::Moderator).unwrap();
    say(&mut world, alice, LATER[2]);
    let new = world.conversation(alice, group).queue;
    assert_ne!(old, new);
    let store = &world.hosts[alice.host].store;
    let mut traffic = Vec::new();
    for queue in [old, new] {
        let bytes = store.get(Scope::Node, Table::Queue, queue.as_bytes()).unwrap().unwrap();
        let kept: QueueRecord = record::decode(&bytes, "test").unwrap();
        let rows =
            store.range(Scope::Node, Table::QueueEntry, queue.as_bytes(), &[0xff; 80], usize::MAX, Direction::Forward);
        let of_it = rows.unwrap().into_iter().filter(|(row, _)| row.starts_with(queue.as_bytes()));
        traffic.extend(of_it.map(|(_, entry)| (kept.topic, entry)));
    }
    Removal { world, alice, bob, carol, group, folders, traffic }
}

impl Removal {
    /// Puts a person's old folder back, with nobody to ask, and feeds it all that was sent; yields what they can read.
    fn replay(mut self, person: Person, folder: MemoryStore) -> Vec<String> {
        self.world.split(&[person.host]);
        self.world.restore(person.host, folder);
        self.world.unlock(person);
        let from = self.world.hosts[self.alice.host].id;
        for (topic, entry) in &self.traffic {
            let status = self.world.push_as(from, person.host, *topic, entry.clone());
            assert!(matches!(status, PushStatus::Kept), "{status:?}");
        }
        self.world.advance(60_000);
        self.world.texts(person)
    }
}

/// The log keys that a person has in a folder.
fn log_keys(folder: &MemoryStore, person: Person) -> Vec<LogKey> {
    let scope = Scope::Account(person.account);
    let rows = folder.range(scope, Table::LogKey, &[], &[0xff; 80], usize::MAX, Direction::Forward).unwrap();
    let key = |value: &[u8]| record::decode::<LogKeyRecord>(value, "test").unwrap().key;
    rows.iter().map(|(_, value)| LogKey::from_bytes(key(value))).collect()
}

fn opened(traffic: &[Sent], keys: &[LogKey]) -> usize {
    let outer = |bytes: &[u8]| Outer::parse(bytes).unwrap();
    traffic.iter().filter(|(_, entry)| keys.iter().any(|key| outer(entry).open(key).is_ok())).count()
}

// REQ-GROUP-10
#[test]
fn a_removed_member_with_its_full_old_state_and_all_later_traffic_reads_nothing_of_it() {
    let removal = removal();
    let (bob, folder) = (removal.bob, removal.folders[0].clone());
    let texts = removal.replay(bob, folder);
    assert_eq!(texts, ["said to bob as well"]);
}

#[test]
fn whoever_stays_reads_the_same_traffic_from_the_same_day_on() {
    let removal = removal();
    let (carol, folder) = (removal.carol, removal.folders[1].clone());
    let texts = removal.replay(carol, folder);
    assert!(LATER.iter().all(|text| texts.iter().any(|read| read == text)), "{texts:?}");
}

// REQ-GROUP-10
#[test]
fn no_key_of_a_removed_member_opens_what_was_sealed_after_the_removal() {
    let removal = removal();
    let queue = removal.world.conversation(removal.alice, removal.group).queue;
    let later: Vec<Sent> =
        removal.traffic.iter().filter(|(_, entry)| Outer::parse(entry).unwrap().queue() == queue).cloned().collect();
    let now = removal.world.backup(removal.bob.host);
    for folder in [&removal.folders[0], &now] {
        let keys = log_keys(folder, removal.bob);
        assert!(opened(&removal.traffic, &keys) > 0, "the keys of before open what was before");
        assert_eq!(opened(&later, &keys), 0);
    }
    assert_eq!(opened(&later, &log_keys(&removal.world.backup(removal.carol.host), removal.carol)), later.len());
}
