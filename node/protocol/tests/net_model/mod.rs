//! Cores on a virtual clock with latency and loss, for what matters in numbers: many followers, long queues. No accounts of its own; cores
//! that have some can be put in.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use tidings_crypto::id::{AccountId, NodeId, OuterId, QueueId};
use tidings_crypto::outer::{LogKey, Outer, TopicKey};
use tidings_crypto::{decode_exact, encode};
use tidings_protocol::effect::{Effect, Output};
use tidings_protocol::input::{Input, Protocol, RequestFailure};
use tidings_protocol::node::{Node, NodeConfig};
use tidings_protocol::record;
use tidings_protocol::record::log::{FollowerRecord, QueueRecord};
use tidings_protocol::record::sync::{CursorRecord, GenerationRecord, SegmentRecord};
use tidings_protocol::store::memory::MemoryStore;
use tidings_protocol::store::snapshot::{Direction, Snapshot};
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::WriteSet;
use tidings_protocol::time::{Monotonic, Now, Wall};
use tidings_protocol::wire;
use tidings_protocol::wire::log::{LogRequest, LogResponse, PushItem};

pub(crate) const WALL: u64 = 1_800_000_000_000;
/// The generation under which [`Model::fill`] writes.
pub(crate) const GENERATION: [u8; 16] = [1; 16];
const OUTSIDE: NodeId = NodeId::from_bytes([0xee; 32]);

pub(crate) struct Member {
    pub(crate) core: Node,
    pub(crate) store: MemoryStore,
    pub(crate) id: NodeId,
    pub(crate) online: bool,
}

/// What became of frames on the way.
#[derive(Clone, Copy)]
pub(crate) enum Loss {
    /// Lost packets in a hundred; each costs a retransmission after 150 ms, doubling, as QUIC and TCP do it.
    Packets(u32),
    /// Requests in a hundred that get no answer at all.
    Requests(u32),
    /// Links in a hundred that take frames and deliver none, without a word.
    Links(u32),
    /// All requests on the log protocol of which this is true.
    These(Which),
}

/// Tells requests of one kind from others.
pub(crate) type Which = fn(&LogRequest) -> bool;

/// What went over the wire.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    /// How often entries were pushed that [`Model::arrivals`] names, and the bytes of those frames with their answers.
    pub(crate) copies: u64,
    pub(crate) copy_bytes: u64,
    pub(crate) requests: u64,
    /// Bytes of entries that were fetched.
    pub(crate) fetched: u64,
}

/// Answers in place of the node that was asked.
pub(crate) type Tamper = Box<dyn FnMut(NodeId, &LogRequest) -> Option<Vec<u8>>>;

pub(crate) struct Model {
    pub(crate) members: Vec<Member>,
    places: BTreeMap<NodeId, usize>,
    pub(crate) now: u64,
    pub(crate) latency: u64,
    pub(crate) loss: Loss,
    events: BTreeMap<(u64, u64), (usize, Input)>,
    wakes: BTreeSet<(u64, usize)>,
    wake_of: Vec<Option<u64>>,
    connected: BTreeSet<(usize, usize)>,
    /// Who asked whom under which id, and whether it was a push that is counted.
    tokens: BTreeMap<u64, (usize, NodeId, u64, bool)>,
    next: u64,
    rng: ChaCha20Rng,
    pub(crate) figures: Figures,
    /// When each node got an entry first.
    pub(crate) arrivals: BTreeMap<OuterId, BTreeMap<usize, u64>>,
    pub(crate) tamper: Option<Tamper>,
    /// A node whose next own entry is to be followed.
    pub(crate) origin: Option<usize>,
    /// Unix milliseconds at moment 0.
    wall: u64,
}

impl Model {
    /// Nodes that all follow the queue of `topic`.
    pub(crate) fn new(nodes: usize, topic: &TopicKey) -> Self {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let members = (0..nodes).map(|_| Member::new(&mut rng)).collect();
        let mut model = Self::of(members, 0, WALL);
        for at in 0..nodes {
            let followers: Vec<NodeId> = model.members.iter().map(|member| member.id).collect();
            model.follow(at, topic, &followers, 1);
        }
        model
    }

    /// Nodes that exist already, at this moment of their clocks.
    pub(crate) fn of(members: Vec<Member>, now: u64, wall: u64) -> Self {
        let places = members.iter().enumerate().map(|(at, member)| (member.id, at)).collect();
        Self {
            wake_of: vec![None; members.len()],
            members,
            places,
            now,
            latency: 50,
            loss: Loss::Packets(0),
            events: BTreeMap::new(),
            wakes: BTreeSet::new(),
            connected: BTreeSet::new(),
            tokens: BTreeMap::new(),
            next: 0,
            rng: ChaCha20Rng::from_seed([5; 32]),
            figures: Figures::default(),
            arrivals: BTreeMap::new(),
            tamper: None,
            origin: None,
            wall,
        }
    }

    /// Makes a node keep the queue together with the others.
    pub(crate) fn follow(&mut self, at: usize, topic: &TopicKey, nodes: &[NodeId], since: u64) {
        let own = self.members[at].id;
        let followers = nodes.iter().filter(|node| **node != own).map(|node| FollowerRecord {
            node: *node,
            since,
            mailbox: false,
            voucher: Vec::new(),
        });
        let record = QueueRecord {
            followers: followers.collect(),
            subscribers: vec![AccountId::from_bytes([1; 32])],
            epoch: 1,
            ..QueueRecord::new(*topic.public().as_bytes(), WALL)
        };
        self.put(at, Table::Queue, topic.queue().as_bytes(), record::encode(&record));
    }

    /// Appends entries to a node's queue, as if they had come long ago.
    pub(crate) fn fill(&mut self, at: usize, queue: QueueId, entries: &[(OuterId, Vec<u8>)]) {
        let row = self.get(at, Table::Queue, queue.as_bytes()).unwrap();
        let mut record: QueueRecord = record::decode(&row, "test").unwrap();
        let mut writes = WriteSet::default();
        for (id, bytes) in entries {
            let counter = record.next.to_be_bytes();
            record.next += 1;
            let row = [queue.as_bytes().as_slice(), &counter].concat();
            writes.put(Scope::Node, Table::QueueEntry, row, bytes.clone());
            let row = [queue.as_bytes().as_slice(), id.as_bytes()].concat();
            writes.put(Scope::Node, Table::OuterIndex, row, counter.to_vec());
        }
        self.members[at].store.commit(writes).unwrap();
        self.put(at, Table::Queue, queue.as_bytes(), record::encode(&record));
        let segments = vec![SegmentRecord { first: 1, generation: GENERATION }];
        self.put(at, Table::Generation, queue.as_bytes(), record::encode(&GenerationRecord { segments }));
    }

    /// Says how far a node has read another one's queue.
    pub(crate) fn set_cursor(&mut self, at: usize, queue: QueueId, other: usize, after: u64) {
        let row = [queue.as_bytes().as_slice(), self.members[other].id.as_bytes()].concat();
        self.put(at, Table::PeerCursor, &row, record::encode(&CursorRecord { after, generation: GENERATION }));
    }

    pub(crate) fn put(&mut self, at: usize, table: Table, row: &[u8], value: Vec<u8>) {
        let mut writes = WriteSet::default();
        writes.put(Scope::Node, table, row.to_vec(), value);
        self.members[at].store.commit(writes).unwrap();
    }

    pub(crate) fn delete(&mut self, at: usize, table: Table, row: &[u8]) {
        let mut writes = WriteSet::default();
        writes.delete(Scope::Node, table, row.to_vec());
        self.members[at].store.commit(writes).unwrap();
    }

    pub(crate) fn get(&self, at: usize, table: Table, row: &[u8]) -> Option<Vec<u8>> {
        self.members[at].store.get(Scope::Node, table, row).unwrap()
    }

    /// The ids of a node's entries in a queue.
    pub(crate) fn ids(&self, at: usize, queue: QueueId) -> BTreeSet<Vec<u8>> {
        let (start, mut end) = (queue.as_bytes().to_vec(), queue.as_bytes().to_vec());
        end.extend([0xff; 33]);
        let store = &self.members[at].store;
        let rows = store.range(Scope::Node, Table::OuterIndex, &start, &end, usize::MAX, Direction::Forward).unwrap();
        rows.into_iter().map(|(row, _)| row[32..].to_vec()).collect()
    }

    pub(crate) fn start_all(&mut self) {
        for at in 0..self.members.len() {
            self.input(at, Input::Start, 0);
        }
    }

    /// The process ends. Its connections break at once.
    pub(crate) fn stop(&mut self, at: usize) {
        self.members[at].online = false;
        for other in 0..self.members.len() {
            self.disconnect(at, other);
        }
    }

    /// The process is started again over what it has stored.
    pub(crate) fn start(&mut self, at: usize) {
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        self.members[at].core = Node::new(NodeConfig::new(self.members[at].id, [9; 32]), seed);
        self.members[at].online = true;
        self.input(at, Input::Start, 0);
    }

    pub(crate) fn disconnect(&mut self, one: usize, other: usize) {
        if self.connected.remove(&(one.min(other), one.max(other))) {
            for (at, peer) in [(one, other), (other, one)] {
                let peer = self.members[peer].id;
                // What was on the way between them is lost.
                self.events.retain(|_, (to, input)| {
                    *to != at || !matches!(input, Input::Request { peer: from, .. } | Input::Response { peer: from, .. } if *from == peer)
                });
                self.input(at, Input::PeerDisconnected(peer), 0);
            }
        }
    }

    /// Connects two nodes, whoever wants it.
    pub(crate) fn connect(&mut self, one: usize, other: usize) {
        let both = self.members[one].online && self.members[other].online && one != other;
        if both && self.connected.insert((one.min(other), one.max(other))) {
            for (at, peer) in [(one, other), (other, one)] {
                self.input(at, Input::PeerConnected(self.members[peer].id), self.latency * 2);
            }
        }
    }

    /// Gives a node an entry, as an account of it would: from outside the others.
    pub(crate) fn publish(&mut self, at: usize, topic: &TopicKey, outer: &Outer) {
        let item = PushItem {
            topic: *topic.public().as_bytes(),
            outer: wire::field(outer.to_bytes()),
            voucher: wire::field(Vec::new()),
        };
        self.arrivals.insert(outer.id(), BTreeMap::new());
        self.next += 1;
        let (token, bytes) = (self.next, encode(&LogRequest::Push(vec![item])));
        self.input(at, Input::Request { peer: OUTSIDE, token, protocol: Protocol::Log, bytes }, 0);
    }

    /// A peer asks a node something on the log protocol. Returns the answer.
    pub(crate) fn ask_as(&mut self, peer: NodeId, at: usize, bytes: Vec<u8>) -> Vec<u8> {
        let now = Now { monotonic: Monotonic(self.now), wall: Wall(self.wall + self.now) };
        let member = &mut self.members[at];
        let request = Input::Request { peer, token: u64::MAX, protocol: Protocol::Log, bytes };
        let output = member.core.handle(now, request, &member.store).unwrap();
        member.store.commit(output.writes).unwrap();
        let answer = output.effects.into_iter().find_map(|effect| match effect {
            Effect::Respond { token: u64::MAX, bytes } => Some(bytes),
            Effect::Respond { .. }
            | Effect::Request { .. }
            | Effect::Dial { .. }
            | Effect::Reply { .. }
            | Effect::Notify { .. }
            | Effect::Tell { .. } => None,
        });
        answer.expect("every request is answered")
    }

    pub(crate) fn input(&mut self, at: usize, input: Input, after: u64) {
        self.next += 1;
        self.events.insert((self.now + after, self.next), (at, input));
    }

    /// Lets time pass.
    pub(crate) fn advance(&mut self, milliseconds: u64) {
        let end = self.now + milliseconds;
        loop {
            let event = self.events.keys().next().map(|(at, _)| *at);
            let wake = self.wakes.first().map(|(at, _)| *at);
            match (event, wake) {
                (Some(event), _) if event <= end && wake.is_none_or(|wake| event <= wake) => {
                    let ((at, _), (member, input)) = self.events.pop_first().unwrap();
                    self.now = self.now.max(at);
                    self.handle(member, input);
                }
                (_, Some(wake)) if wake <= end => {
                    let (at, member) = self.wakes.pop_first().unwrap();
                    self.wake_of[member] = None;
                    self.now = self.now.max(at);
                    self.handle(member, Input::Tick);
                }
                (_, _) => break,
            }
        }
        self.now = end;
    }

    fn handle(&mut self, at: usize, input: Input) {
        if !self.members[at].online {
            return;
        }
        let now = Now { monotonic: Monotonic(self.now), wall: Wall(self.wall + self.now) };
        let member = &mut self.members[at];
        let output = member.core.handle(now, input, &member.store).unwrap();
        self.note_arrivals(at, &output);
        self.members[at].store.commit(output.writes).unwrap();
        for effect in output.effects {
            self.perform(at, effect);
        }
        let wake = self.members[at].core.next_wake().map(|wake| wake.0.max(self.now));
        if wake != self.wake_of[at] {
            if let Some(before) = self.wake_of[at] {
                self.wakes.remove(&(before, at));
            }
            self.wakes.extend(wake.map(|wake| (wake, at)));
            self.wake_of[at] = wake;
        }
    }

    fn note_arrivals(&mut self, at: usize, output: &Output) {
        for write in output.writes.0.iter().filter(|write| write.table == Table::OuterIndex) {
            let id = OuterId::try_from(&write.key[32..]).unwrap();
            if self.origin == Some(at) && !self.arrivals.contains_key(&id) {
                self.origin = None;
                self.arrivals.insert(id, BTreeMap::new());
            }
            if let Some(arrivals) = self.arrivals.get_mut(&id) {
                arrivals.entry(at).or_insert(self.now);
            }
        }
    }

    fn perform(&mut self, at: usize, effect: Effect) {
        match effect {
            Effect::Respond { token, bytes } => {
                if let Ok(LogResponse::Fetched(entries)) = decode_exact(&bytes) {
                    self.figures.fetched += entries.iter().map(|entry| entry.as_slice().len() as u64).sum::<u64>();
                }
                if let Some((asker, peer, id, counted)) = self.tokens.remove(&token) {
                    self.figures.copy_bytes += if counted { bytes.len() as u64 } else { 0 };
                    let delay = self.delay(&bytes);
                    if self.is_connected(at, asker) {
                        self.input(asker, Input::Response { peer, id, result: Ok(bytes) }, delay);
                    }
                }
            }
            Effect::Request { peer, id, protocol, bytes } => self.request(at, peer, id, protocol, bytes),
            Effect::Dial { node, .. } => {
                if let Some(other) = self.places.get(&node) {
                    self.connect(at, *other);
                }
            }
            Effect::Reply { .. } | Effect::Notify { .. } | Effect::Tell { .. } => {}
        }
    }

    fn request(&mut self, at: usize, peer: NodeId, id: u64, protocol: Protocol, bytes: Vec<u8>) {
        self.figures.requests += 1;
        let (mut counted, mut is_one_of_these) = (false, false);
        if protocol == Protocol::Log {
            let request = decode_exact::<LogRequest>(&bytes).unwrap();
            is_one_of_these = matches!(self.loss, Loss::These(these) if these(&request));
            if let LogRequest::Push(items) = &request {
                let ids = items.iter().filter_map(|item| Outer::parse(item.outer.as_slice()).ok());
                let copies: Vec<Outer> = ids.filter(|outer| self.arrivals.contains_key(&outer.id())).collect();
                // A push that carries others as well costs this one its own part.
                counted = copies.len() == items.len();
                let part: usize = copies.iter().map(|outer| outer.to_bytes().len() + 36).sum();
                self.figures.copies += copies.len() as u64;
                self.figures.copy_bytes += if counted { bytes.len() } else { part } as u64;
            }
            if let Some(answer) = self.tamper.as_mut().and_then(|tamper| tamper(peer, &request)) {
                let delay = self.delay(&bytes) + self.latency;
                return self.input(at, Input::Response { peer, id, result: Ok(answer) }, delay);
            }
        }
        let lost = match self.loss {
            Loss::Packets(_) => false,
            Loss::These(_) => is_one_of_these,
            Loss::Requests(in_a_hundred) => self.dice(in_a_hundred),
            Loss::Links(in_a_hundred) => {
                let own = self.members[at].id;
                let ends = [own.min(peer), own.max(peer)];
                let hash = tidings_crypto::derive("test link", &[ends[0].as_bytes(), ends[1].as_bytes()]);
                u32::from(hash[0]) * 100 < in_a_hundred * 256
            }
        };
        let other = self.places.get(&peer).copied().filter(|other| self.is_connected(at, *other));
        match other {
            Some(_) if lost => {
                self.input(at, Input::Response { peer, id, result: Err(RequestFailure::Timeout) }, 20_000)
            }
            Some(other) => {
                self.next += 1;
                let token = self.next;
                self.tokens.insert(token, (at, peer, id, counted));
                let delay = self.delay(&bytes);
                let from = self.members[at].id;
                self.input(other, Input::Request { peer: from, token, protocol, bytes }, delay);
            }
            None => self.input(at, Input::Response { peer, id, result: Err(RequestFailure::NotConnected) }, 0),
        }
    }

    fn is_connected(&self, one: usize, other: usize) -> bool {
        self.connected.contains(&(one.min(other), one.max(other)))
    }

    /// How long a frame is on the way, with what was lost of it.
    fn delay(&mut self, bytes: &[u8]) -> u64 {
        self.figures.frames += 1;
        self.figures.bytes += bytes.len() as u64;
        let mut delay = self.latency;
        if let Loss::Packets(in_a_hundred) = self.loss {
            let mut packets = bytes.len().div_ceil(1200);
            let mut pause = 150;
            loop {
                packets = (0..packets).filter(|_| self.dice(in_a_hundred)).count();
                if packets == 0 {
                    break;
                }
                delay += pause;
                pause *= 2;
            }
        }
        delay
    }

    pub(crate) fn dice(&mut self, in_a_hundred: u32) -> bool {
        self.rng.next_u32() % 100 < in_a_hundred
    }

    /// When an entry had come to the given part of those nodes that are there; `None` if it did not.
    pub(crate) fn time_to(&self, entry: &OuterId, in_a_hundred: usize) -> Option<u64> {
        let arrivals = &self.arrivals[entry];
        let first = arrivals.values().min()?;
        let there = (0..self.members.len()).filter(|at| self.members[*at].online);
        let mut times: Vec<Option<u64>> = there.map(|at| arrivals.get(&at).map(|time| time - first)).collect();
        times.sort_unstable_by_key(|time| time.unwrap_or(u64::MAX));
        times[(times.len() * in_a_hundred).div_ceil(100).max(1) - 1]
    }
}

impl Member {
    pub(crate) fn new(rng: &mut ChaCha20Rng) -> Self {
        let mut id = [0; 32];
        let mut seed = [0; 32];
        rng.fill_bytes(&mut id);
        rng.fill_bytes(&mut seed);
        let id = NodeId::from_bytes(id);
        let core = Node::new(NodeConfig::new(id, [9; 32]), seed);
        Self { core, store: MemoryStore::new(), id, online: true }
    }
}

pub(crate) fn topic(secret: u8) -> TopicKey {
    TopicKey::derive(&[secret; 32])
}

pub(crate) fn sealed(topic: &TopicKey, number: u64, bytes: usize) -> Outer {
    let mut nonce = [0; 24];
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    Outer::seal(topic, &LogKey::from_bytes([1; 32]), nonce, &vec![0; bytes]).unwrap()
}

/// Entries as [`Model::fill`] takes them.
pub(crate) fn history(topic: &TopicKey, numbers: std::ops::Range<u64>) -> Vec<(OuterId, Vec<u8>)> {
    numbers.map(|number| sealed(topic, number, 100)).map(|outer| (outer.id(), outer.to_bytes())).collect()
}
