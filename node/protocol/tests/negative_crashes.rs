//! Crashes at every step, and what must hold after every event: one tip, one roster, no message lost, doubled or sealed twice.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use std::collections::{BTreeMap, BTreeSet};

use tidings_crypto::id::ConversationId;
use tidings_crypto::{LogKey, Outer, decode_exact};
use tidings_protocol::command::{Command, Recipient};
use tidings_protocol::query::groups;
use tidings_protocol::record;
use tidings_protocol::record::conversation::{LogKeyRecord, Membership};
use tidings_protocol::record::message::DeliveryState;
use tidings_protocol::store::table::Table;
use tidings_protocol::wire::inner::Signed;
use tidings_protocol::wire::log::LogRequest;
use world::{Crash, Person, World};

const MEMBERS: usize = 3;

struct Trio {
    world: World,
    people: [Person; MEMBERS],
    group: ConversationId,
}

fn trio() -> Trio {
    let mut world = World::new(MEMBERS);
    let people = [(0, "alice"), (1, "bob"), (2, "carol")].map(|(host, name)| world.sign_up(host, name));
    let [alice, bob, carol] = people;
    world.befriend(alice, bob);
    world.befriend(alice, carol);
    let group = world.group(alice, "ops", &[bob]);
    Trio { world, people, group }
}

impl Trio {
    /// A wish whose answer may be lost: repeated until it is answered, as clients do.
    fn insist(&mut self, person: Person, command: &Command) {
        let host = person.host;
        // What is so already is refused the second time.
        if self.world.try_command(host, command.clone()).is_none() {
            drop(self.world.try_command(host, command.clone()));
        }
        self.world.advance(200_000);
    }

    fn say(&mut self, from: Person, text: &str) {
        let client_id = tidings_crypto::derive("test", &[text.as_bytes()])[..16].try_into().unwrap();
        let to = Recipient::Conversation(self.group);
        self.insist(from, &Command::Send { account: from.account, to, text: text.into(), client_id });
    }

    /// Talk, an add, talk, a removal, talk.
    fn live(&mut self) {
        let ([alice, bob, carol], conversation) = (self.people, self.group);
        self.say(bob, "1 from bob");
        self.insist(alice, &Command::AddMember { account: alice.account, conversation, member: carol.account });
        self.say(carol, "2 from carol");
        self.say(alice, "3 from alice");
        self.insist(alice, &Command::RemoveMember { account: alice.account, conversation, member: bob.account });
        self.say(alice, "4 from alice");
        self.say(carol, "5 from carol");
        // The second message of one sender in one epoch: its key is the next one of the ratchet.
        self.say(carol, "6 from carol");
        self.world.advance(200_000);
    }

    fn check(&self, when: &str) {
        let [alice, bob, carol] = self.people;
        let texts =
            |person| -> Vec<String> { self.world.messages(person).into_iter().map(|message| message.text).collect() };
        assert_eq!(texts(bob), ["1 from bob", "2 from carol", "3 from alice"], "{when}");
        assert_eq!(
            texts(carol),
            ["2 from carol", "3 from alice", "4 from alice", "5 from carol", "6 from carol"],
            "{when}"
        );
        assert_eq!(texts(alice).len(), 6, "{when}");
        let (a, c) = (self.world.conversation(alice, self.group), self.world.conversation(carol, self.group));
        assert_eq!((a.tip, &a.members, a.unreadable), (c.tip, &c.members, c.unreadable), "{when}");
        assert_eq!((a.unreadable, a.pending, c.pending), (0, 0, 0), "{when}");
        let tips = [alice, carol].map(|person| self.world.tip(person, self.group).authenticator());
        assert_eq!(tips[0], tips[1], "{when}");
        assert_eq!(self.world.conversation(bob, self.group).membership, Membership::Removed, "{when}");
        let last = self.world.messages(alice).into_iter().find(|message| message.text == "4 from alice").unwrap();
        assert_eq!(last.state(), DeliveryState::Delivered, "{when}");
    }

    /// No two different entries under one nonce of one key, and no two with one number in one log.
    fn check_never_repeated(&self, when: &str) {
        let mut sealed: BTreeMap<([u8; 8], Vec<u8>), Vec<u8>> = BTreeMap::new();
        let mut numbers: BTreeMap<(Vec<u8>, u64), Vec<u8>> = BTreeMap::new();
        for outer in self.outers() {
            let bytes = outer.to_bytes();
            let nonce = bytes[41..65].to_vec();
            let other = sealed.insert((outer.epoch_tag(), nonce), bytes.clone());
            assert!(other.is_none_or(|other| other == bytes), "a nonce was used twice: {when}");
            let Some(plain) = self.keys().iter().find_map(|key| outer.open(key).ok()) else { continue };
            let entry = Signed::parse(&plain).unwrap();
            let place = (entry.inner.device.as_bytes().to_vec(), entry.inner.sequence);
            let other = numbers.insert((self.tagged(&entry, place.0), place.1), plain.clone());
            assert!(other.is_none_or(|other| other == plain), "a log was forked: {when}");
        }
        assert!(numbers.len() > 10, "the wire was read");
    }

    fn tagged(&self, entry: &Signed, device: Vec<u8>) -> Vec<u8> {
        [entry.inner.conversation.as_bytes().to_vec(), device].concat()
    }

    fn outers(&self) -> Vec<Outer> {
        let pushed = |frame: &Vec<u8>| match decode_exact::<LogRequest>(frame) {
            Ok(LogRequest::Push(items)) => items,
            Ok(_) | Err(_) => Vec::new(),
        };
        let items = self.world.frames.iter().flat_map(pushed);
        items.filter_map(|item| Outer::parse(item.outer.as_slice()).ok()).collect()
    }

    fn keys(&self) -> Vec<LogKey> {
        let all = self.people.iter().flat_map(|person| self.world.rows(*person, Table::LogKey));
        all.map(|(_, value)| LogKey::from_bytes(record::decode::<LogKeyRecord>(&value, "test").unwrap().key)).collect()
    }
}

#[test]
fn without_a_crash_the_scenario_ends_as_it_shall() {
    let mut all = trio();
    all.live();
    all.check("no crash");
    all.check_never_repeated("no crash");
}

// NEGATIVE_TESTS 16, 62
// REQ-DELIV-8
#[test]
fn a_crash_at_any_step_of_any_node_before_or_after_the_commit_repeats_and_loses_nothing() {
    for host in 0..MEMBERS {
        for durable in [false, true] {
            for countdown in 0..120 {
                let mut all = trio();
                all.world.crash = Some(Crash { host, countdown, durable });
                all.live();
                let when = format!("host {host}, step {countdown}, durable {durable}");
                all.check(&when);
                all.check_never_repeated(&when);
                if all.world.crash.is_some() {
                    assert!(countdown > 15, "the scenario has more steps than that: {when}");
                    break;
                }
            }
        }
    }
}

// NEGATIVE_TESTS 48, 83
// REQ-GROUP-5
#[test]
fn after_every_join_and_removal_members_agree_and_nobody_else_does() {
    let mut world = World::new(4);
    let owner = world.sign_up(0, "owner");
    let others = [(1, "bob"), (2, "carol"), (3, "dave"), (0, "erin")].map(|(host, name)| world.sign_up(host, name));
    for other in others {
        world.befriend(owner, other);
    }
    let group = world.group(owner, "ops", &[]);
    let (mut inside, mut secrets): (BTreeSet<usize>, BTreeSet<Vec<u8>>) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..24_usize {
        let at = (round * 7 + round / 3) % others.len();
        let (account, member) = (owner.account, others[at].account);
        let command = if inside.remove(&at) {
            Command::RemoveMember { account, conversation: group, member }
        } else {
            inside.insert(at);
            Command::AddMember { account, conversation: group, member }
        };
        world.command(0, command).unwrap();
        world.advance(3_000);
        let truth = world.tip(owner, group);
        let (authenticator, exported) = (truth.authenticator(), truth.export("test", b"").unwrap());
        assert!(secrets.insert(exported.to_vec()), "every epoch has a secret of its own");
        for (at, other) in others.iter().enumerate() {
            let Some(record) = world.conversations(*other).into_iter().find(|record| record.id == group) else {
                assert!(!inside.contains(&at));
                continue;
            };
            assert_eq!(record.membership == Membership::Member, inside.contains(&at), "round {round}");
            if inside.contains(&at) {
                let tip = world.tip(*other, group);
                assert_eq!((tip.authenticator(), tip.export("test", b"").unwrap()), (authenticator.clone(), exported));
            } else {
                let known = world.rows(*other, Table::LogKey);
                let knows = |(_, value): &(Vec<u8>, Vec<u8>)| {
                    record::decode::<LogKeyRecord>(value, "test").unwrap().key == log_key(&world, owner, group)
                };
                assert!(!known.iter().any(knows), "who is out has no key of this epoch");
            }
        }
        for person in
            others.iter().enumerate().filter(|(at, _)| inside.contains(at)).map(|(_, one)| *one).chain([owner])
        {
            roster_is_shown(&world, person, group);
        }
    }
}

fn log_key(world: &World, person: Person, group: ConversationId) -> [u8; 32] {
    world.conversation(person, group).log_key
}

/// What is shown as members is what the MLS tree holds, and nothing beside it.
fn roster_is_shown(world: &World, person: Person, group: ConversationId) {
    let tree: Vec<_> = world.tip(person, group).members().iter().map(|member| member.account()).collect();
    let view = groups::with(&world.hosts[person.host].store, person.account, group).unwrap().unwrap();
    let shown: Vec<_> = view.members.iter().filter(|member| member.joined).map(|member| member.account).collect();
    assert_eq!(shown, tree);
    assert_eq!(world.conversation(person, group).homes.len(), tree.len());
}
