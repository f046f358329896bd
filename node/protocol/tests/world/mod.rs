//! A handful of cores in one process with a perfect network: for tests that read as stories. Faults are the simulator's business.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod acts;
pub(crate) mod forge;

use std::collections::{BTreeMap, VecDeque};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use tidings_crypto::id::{AccountId, ConversationId, NodeId};
use tidings_crypto::identity::{DeviceRecord, Home, IdentityLog};
use tidings_crypto::invite::InviteLink;
use tidings_crypto::sign::SigningKey;
use tidings_protocol::command::{Answer, Command, NewAccount, Recipient};
use tidings_protocol::effect::{Effect, TransientEvent};
use tidings_protocol::error::Rejection;
use tidings_protocol::input::{Input, Protocol, RequestFailure};
use tidings_protocol::log::mailbox::MailboxPolicy;
use tidings_protocol::node::{Node, NodeConfig};
use tidings_protocol::record;
use tidings_protocol::record::conversation::ConversationRecord;
use tidings_protocol::record::message::MessageRecord;
use tidings_protocol::store::memory::MemoryStore;
use tidings_protocol::store::snapshot::{Direction, Snapshot};
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::{Write, WriteSet};
use tidings_protocol::time::{Monotonic, Now, Wall};

pub(crate) struct Host {
    pub(crate) core: Node,
    pub(crate) store: MemoryStore,
    pub(crate) id: NodeId,
    pub(crate) online: bool,
    /// For whom it is a mailbox.
    pub(crate) mailbox: MailboxPolicy,
}

pub(crate) struct World {
    pub(crate) hosts: Vec<Host>,
    pub(crate) now: u64,
    queue: VecDeque<(usize, Input)>,
    replies: BTreeMap<u64, Result<Answer, Rejection>>,
    tokens: BTreeMap<u64, (usize, NodeId, u64)>,
    next: u64,
    rng: ChaCha20Rng,
    /// Every frame that went over the wire.
    pub(crate) frames: Vec<Vec<u8>>,
    /// Every node that somebody tried to connect to.
    pub(crate) dialled: Vec<NodeId>,
    /// What accounts were told that passes.
    pub(crate) told: Vec<(AccountId, TransientEvent)>,
    /// Root key and genesis nonce of everybody who signed up.
    pub(crate) roots: BTreeMap<AccountId, (SigningKey, [u8; 32])>,
    /// Answers in place of the node that was asked, if it yields anything.
    pub(crate) tamper: Option<Tamper>,
    /// How far each host's wall clock is off, in milliseconds.
    pub(crate) skew: Vec<i64>,
    /// The step in which a host dies, if one shall.
    pub(crate) crash: Option<Crash>,
    /// Hosts that are on another side of a split, by host; equal where there is none.
    sides: Vec<usize>,
}

/// Whom was asked, on which protocol, what.
pub(crate) type Tamper = Box<dyn FnMut(NodeId, Protocol, &[u8]) -> Option<Vec<u8>>>;

/// A host that dies in the middle of things; it is started again at once, its accounts unlocked.
#[derive(Clone, Copy)]
pub(crate) struct Crash {
    pub(crate) host: usize,
    /// Steps until then.
    pub(crate) countdown: u32,
    /// Whether the step's writes were durable before it died; its effects never happen.
    pub(crate) durable: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Person {
    pub(crate) host: usize,
    pub(crate) account: AccountId,
}

impl World {
    pub(crate) fn new(hosts: usize) -> Self {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let hosts = (0..hosts).map(|_| Host::new(&mut rng)).collect();
        let mut world = Self {
            hosts,
            now: 1_800_000_000_000,
            queue: VecDeque::new(),
            replies: BTreeMap::new(),
            tokens: BTreeMap::new(),
            next: 0,
            rng,
            frames: Vec::new(),
            dialled: Vec::new(),
            told: Vec::new(),
            roots: BTreeMap::new(),
            tamper: None,
            crash: None,
            skew: Vec::new(),
            sides: Vec::new(),
        };
        world.skew = vec![0; world.hosts.len()];
        world.sides = vec![0; world.hosts.len()];
        for host in 0..world.hosts.len() {
            world.queue.push_back((host, Input::Start));
        }
        world.run();
        world
    }

    pub(crate) fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        seed
    }

    pub(crate) fn sign_up(&mut self, host: usize, name: &str) -> Person {
        self.sign_up_after(host, name, 0)
    }

    /// Somebody who has moved so many times, each time with as many addresses as there may be: 8 KiB.
    pub(crate) fn sign_up_after(&mut self, host: usize, name: &str, moves: u8) -> Person {
        let root = SigningKey::generate(&mut self.rng);
        let device_seed = self.seed();
        let nonce = self.seed();
        let mut log = IdentityLog::create(&root, nonce);
        self.roots.insert(log.account_id(), (root.clone(), nonce));
        let device =
            DeviceRecord { device_key: SigningKey::from_seed(&device_seed).verifying_key(), not_after: 4_000_000_000 };
        log.add_device(&root, device).unwrap();
        for number in 0..moves {
            let home = Home { node: self.hosts[host].id, addresses: vec![vec![number; 256]; 8] };
            log.set_home(&root, vec![home; 4]).unwrap();
        }
        log.set_home(&root, vec![Home { node: self.hosts[host].id, addresses: Vec::new() }]).unwrap();
        self.hosts[host].store.unlock(log.account_id());
        let new = NewAccount {
            name: name.into(),
            display_name: format!("{name} display"),
            email: None,
            vault: vec![1],
            identity_log: log.to_bytes(),
            device_seed: device_seed.into(),
            box_seed: self.seed().into(),
            owner: false,
        };
        self.command(host, Command::CreateAccount(new)).unwrap();
        Person { host, account: log.account_id() }
    }

    pub(crate) fn command(&mut self, host: usize, command: Command) -> Result<Answer, Rejection> {
        self.next += 1;
        let id = self.next;
        self.queue.push_back((host, Input::Command { id, command: Box::new(command) }));
        self.run();
        self.replies.remove(&id).expect("every command is answered")
    }

    /// A wish whose answer may be lost with the host.
    pub(crate) fn try_command(&mut self, host: usize, command: Command) -> Option<Result<Answer, Rejection>> {
        self.next += 1;
        let id = self.next;
        self.queue.push_back((host, Input::Command { id, command: Box::new(command) }));
        self.run();
        self.replies.remove(&id)
    }

    pub(crate) fn invite(&mut self, person: Person) -> InviteLink {
        let command = Command::CreateInvite {
            account: person.account,
            uses: 1,
            lifetime_seconds: 86_400,
            note: String::new(),
            addresses: Vec::new(),
            group: None,
        };
        match self.command(person.host, command).unwrap() {
            Answer::Invite(link) => link,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn befriend(&mut self, inviter: Person, claimer: Person) {
        let link = self.invite(inviter);
        self.command(claimer.host, Command::AddContact { account: claimer.account, link }).unwrap();
        self.advance(3_000);
    }

    pub(crate) fn send(&mut self, from: Person, to: Recipient, text: &str) -> Result<MessageRecord, Rejection> {
        let client_id = self.seed()[..16].try_into().unwrap();
        let command = Command::Send { account: from.account, to, text: text.into(), client_id };
        self.command(from.host, command).map(|answer| match answer {
            Answer::Message(message) => *message,
            other => panic!("{other:?}"),
        })
    }

    pub(crate) fn group(&mut self, owner: Person, name: &str, members: &[Person]) -> ConversationId {
        let members = members.iter().map(|member| member.account).collect();
        let command =
            Command::CreateGroup { account: owner.account, name: name.into(), description: String::new(), members };
        let answer = self.command(owner.host, command).unwrap();
        self.advance(3_000);
        match answer {
            Answer::Conversation(id) => id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn rows(&self, person: Person, table: Table) -> Vec<(Vec<u8>, Vec<u8>)> {
        let store = &self.hosts[person.host].store;
        store.range(Scope::Account(person.account), table, &[], &[0xff; 80], usize::MAX, Direction::Forward).unwrap()
    }

    /// How many entries a host has to push to another still.
    pub(crate) fn outbox(&self, host: usize, to: usize) -> usize {
        let (store, peer) = (&self.hosts[host].store, self.hosts[to].id);
        let rows = store.range(Scope::Node, Table::Outbox, &[], &[0xff; 80], usize::MAX, Direction::Forward).unwrap();
        rows.iter().filter(|(row, _)| row.starts_with(peer.as_bytes())).count()
    }

    pub(crate) fn conversations(&self, person: Person) -> Vec<ConversationRecord> {
        self.rows(person, Table::Conversation).iter().map(|(_, value)| record::decode(value, "test").unwrap()).collect()
    }

    pub(crate) fn conversation(&self, person: Person, id: ConversationId) -> ConversationRecord {
        self.conversations(person).into_iter().find(|record| record.id == id).unwrap()
    }

    pub(crate) fn messages(&self, person: Person) -> Vec<MessageRecord> {
        self.rows(person, Table::Message).iter().map(|(_, value)| record::decode(value, "test").unwrap()).collect()
    }

    pub(crate) fn texts(&self, person: Person) -> Vec<String> {
        self.messages(person).into_iter().map(|message| message.text).collect()
    }

    /// Lets time pass; everything that is due happens.
    pub(crate) fn advance(&mut self, milliseconds: u64) {
        let end = self.now + milliseconds;
        loop {
            self.run();
            let wake = self.hosts.iter().filter(|host| host.online).filter_map(|host| host.core.next_wake()).min();
            match wake {
                Some(Monotonic(at)) if at <= end => {
                    self.now = self.now.max(at);
                    for host in 0..self.hosts.len() {
                        if self.hosts[host].online
                            && self.hosts[host].core.next_wake().is_some_and(|wake| wake.0 <= self.now)
                        {
                            self.queue.push_back((host, Input::Tick));
                        }
                    }
                }
                Some(_) | None => break,
            }
        }
        self.now = end;
    }

    /// Makes a host a mailbox; it is started anew.
    pub(crate) fn make_mailbox(&mut self, host: usize, policy: MailboxPolicy) {
        self.stop(host);
        self.hosts[host].mailbox = policy;
        self.start(host);
    }

    /// The person names that host as a mailbox.
    pub(crate) fn add_mailbox(&mut self, person: Person, host: usize, voucher: &[u8]) {
        let node = self.hosts[host].id;
        let (account, addresses, voucher) = (person.account, vec![vec![4, 127, 0, 0, 1]], voucher.to_vec());
        self.command(person.host, Command::AddMailbox { account, node, addresses, voucher }).unwrap();
        self.advance(5_000);
    }

    /// Starts a host and unlocks the person who lives there.
    pub(crate) fn come_back(&mut self, person: Person) {
        self.start(person.host);
        self.unlock(person);
        self.advance(120_000);
    }

    /// The process ends; its accounts are locked after a restart.
    pub(crate) fn stop(&mut self, host: usize) {
        self.hosts[host].online = false;
        self.hosts[host].store.lock_all();
        let id = self.hosts[host].id;
        for other in 0..self.hosts.len() {
            if other != host && self.hosts[other].online {
                self.queue.push_back((other, Input::PeerDisconnected(id)));
            }
        }
        self.run();
    }

    pub(crate) fn start(&mut self, host: usize) {
        let seed = self.seed();
        self.hosts[host].core = Node::new(self.hosts[host].config(), seed);
        self.hosts[host].online = true;
        self.queue.push_back((host, Input::Start));
        self.advance(120_000);
    }

    /// Changes a row of somebody behind their back.
    pub(crate) fn write(&mut self, person: Person, table: Table, key: &[u8], value: Option<Vec<u8>>) {
        let write = Write { scope: Scope::Account(person.account), table, key: key.to_vec(), value };
        let store = &mut self.hosts[person.host].store;
        store.unlock(person.account);
        store.commit(WriteSet(vec![write])).unwrap();
    }

    /// A copy of what a host has on disk.
    pub(crate) fn backup(&self, host: usize) -> MemoryStore {
        self.hosts[host].store.clone()
    }

    /// Puts a copy back on a host, as after a lost disk; its accounts are locked.
    pub(crate) fn restore(&mut self, host: usize, backup: MemoryStore) {
        self.stop(host);
        self.hosts[host].store = backup;
        self.hosts[host].store.lock_all();
        self.start(host);
    }

    pub(crate) fn lock(&mut self, person: Person) {
        self.queue.push_back((person.host, Input::Locked(person.account)));
        self.run();
        self.hosts[person.host].store.lock(person.account);
    }

    pub(crate) fn unlock(&mut self, person: Person) {
        self.hosts[person.host].store.unlock(person.account);
        self.queue.push_back((person.host, Input::Unlocked(person.account)));
        self.advance(3_000);
    }

    /// A peer that is not one of ours asks something; returns the answer.
    pub(crate) fn ask(&mut self, host: usize, protocol: Protocol, bytes: Vec<u8>) -> Vec<u8> {
        self.ask_as(NodeId::from_bytes([0xee; 32]), host, protocol, bytes)
    }

    /// `peer` asks something; everything that follows from it happens. Returns the answer.
    pub(crate) fn ask_as(&mut self, peer: NodeId, host: usize, protocol: Protocol, bytes: Vec<u8>) -> Vec<u8> {
        let now = self.clock(host);
        let asked = &mut self.hosts[host];
        let request = Input::Request { peer, token: u64::MAX, protocol, bytes };
        let output = asked.core.handle(now, request, &asked.store).unwrap();
        asked.store.commit(output.writes).unwrap();
        let mut answer = None;
        for effect in output.effects {
            match effect {
                Effect::Respond { token: u64::MAX, bytes } => answer = Some(bytes),
                other => self.perform(host, other),
            }
        }
        self.advance(0);
        answer.expect("every request is answered")
    }

    fn clock(&self, host: usize) -> Now {
        let wall = Wall(self.now.saturating_add_signed(self.skew[host]));
        Now { monotonic: Monotonic(self.now), wall }
    }

    fn run(&mut self) {
        while let Some((host, input)) = self.queue.pop_front() {
            if !self.hosts[host].online {
                continue;
            }
            let now = self.clock(host);
            let dies = self.dies(host);
            let output = {
                let host = &mut self.hosts[host];
                let output = host.core.handle(now, input, &host.store).unwrap();
                if dies.is_none_or(|crash| crash.durable) {
                    host.store.commit(output.writes).unwrap();
                }
                output.effects
            };
            if dies.is_some() {
                self.restart(host);
                continue;
            }
            for effect in output {
                self.perform(host, effect);
            }
        }
    }

    fn dies(&mut self, host: usize) -> Option<Crash> {
        let crash = self.crash.as_mut().filter(|crash| crash.host == host)?;
        if crash.countdown > 0 {
            crash.countdown -= 1;
            return None;
        }
        self.crash.take()
    }

    /// The process ends in the middle of a step and is started again; what was on its way to it is lost.
    fn restart(&mut self, host: usize) {
        let (id, seed) = (self.hosts[host].id, self.seed());
        self.queue.retain(|(to, _)| *to != host);
        self.hosts[host].core = Node::new(self.hosts[host].config(), seed);
        for other in (0..self.hosts.len()).filter(|other| *other != host && self.hosts[*other].online) {
            self.queue.push_back((other, Input::PeerDisconnected(id)));
        }
        self.queue.push_back((host, Input::Start));
        for account in self.roots.keys().copied().collect::<Vec<_>>() {
            self.queue.push_back((host, Input::Unlocked(account)));
        }
    }

    fn perform(&mut self, host: usize, effect: Effect) {
        let own = self.hosts[host].id;
        match effect {
            Effect::Respond { token, bytes } => {
                if let Some((asker, peer, id)) = self.tokens.remove(&token) {
                    self.frames.push(bytes.clone());
                    self.queue.push_back((asker, Input::Response { peer, id, result: Ok(bytes) }));
                }
            }
            Effect::Request { peer, id, protocol, bytes } => {
                if let Some(bytes) = self.tamper.as_mut().and_then(|tamper| tamper(peer, protocol, &bytes)) {
                    self.queue.push_back((host, Input::Response { peer, id, result: Ok(bytes) }));
                    return;
                }
                match self.find(peer).filter(|other| self.reaches(host, *other)) {
                    Some(other) => {
                        self.next += 1;
                        let token = self.next;
                        self.tokens.insert(token, (host, peer, id));
                        self.frames.push(bytes.clone());
                        self.queue.push_back((other, Input::Request { peer: own, token, protocol, bytes }));
                    }
                    None => self
                        .queue
                        .push_back((host, Input::Response { peer, id, result: Err(RequestFailure::NotConnected) })),
                }
            }
            Effect::Dial { node, .. } => {
                self.dialled.push(node);
                if let Some(other) = self.find(node).filter(|other| self.reaches(host, *other)) {
                    self.queue.push_back((host, Input::PeerConnected(node)));
                    self.queue.push_back((other, Input::PeerConnected(own)));
                }
            }
            Effect::Reply { id, result } => {
                self.replies.insert(id, result);
            }
            Effect::Notify { .. } => {}
            Effect::Tell { account, event } => self.told.push((account, event)),
        }
    }

    fn reaches(&self, host: usize, other: usize) -> bool {
        self.hosts[other].online && self.sides[host] == self.sides[other]
    }

    /// Cuts the network in two: those named here, and the rest.
    pub(crate) fn split(&mut self, apart: &[usize]) {
        self.split_into(&apart.iter().map(|host| (*host, 1)).collect::<Vec<_>>());
    }

    /// Cuts the network into sides: those named here, each with its side, and the rest.
    pub(crate) fn split_into(&mut self, apart: &[(usize, usize)]) {
        let side = |host| apart.iter().find(|(named, _)| *named == host).map_or(0, |(_, side)| *side);
        self.sides = (0..self.hosts.len()).map(side).collect();
        for one in 0..self.hosts.len() {
            for other in (0..self.hosts.len()).filter(|other| self.sides[one] != self.sides[*other]) {
                self.queue.push_back((one, Input::PeerDisconnected(self.hosts[other].id)));
            }
        }
        self.run();
    }

    /// Joins it again, and gives everybody time to find each other.
    pub(crate) fn heal(&mut self) {
        self.sides = vec![0; self.hosts.len()];
        self.advance(120_000);
    }

    fn find(&self, node: NodeId) -> Option<usize> {
        self.hosts.iter().position(|host| host.id == node)
    }
}

impl Host {
    fn config(&self) -> NodeConfig {
        NodeConfig { mailbox: self.mailbox, ..NodeConfig::new(self.id, [9; 32]) }
    }

    fn new(rng: &mut ChaCha20Rng) -> Self {
        let id = NodeId::from_bytes(*SigningKey::generate(rng).verifying_key().as_bytes());
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let mailbox = MailboxPolicy::Off;
        let core = Node::new(NodeConfig::new(id, [9; 32]), seed);
        Self { core, store: MemoryStore::new(), id, online: true, mailbox }
    }
}
