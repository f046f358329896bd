//! One simulated machine: a real core, a store, clocks, and what waits to be handled.

use std::collections::{BTreeSet, VecDeque};

use tidings_crypto::id::{AccountId, NodeId};
use tidings_crypto::sign::SigningKey;
use tidings_protocol::input::Input;
use tidings_protocol::node::{Node, NodeConfig};
use tidings_protocol::store::memory::MemoryStore;

use super::clock::Clock;
use super::dice::Dice;

/// One machine.
pub(crate) struct Host {
    /// Its name on the network.
    pub(crate) node: NodeId,
    index_key: [u8; 32],
    anchors: usize,
    /// The core; none while the machine is down.
    pub(crate) core: Option<Node>,
    /// Its disk.
    pub(crate) store: MemoryStore,
    /// Its clocks.
    pub(crate) clock: Clock,
    /// How often it has started. Events meant for an earlier life are dropped.
    pub(crate) life: u64,
    /// What waits to be handled.
    pub(crate) inbox: VecDeque<Input>,
    /// Whether a run is already scheduled.
    pub(crate) run_due: bool,
    /// World time of the earliest wake already scheduled.
    pub(crate) wake_due: Option<u64>,
    /// Accounts whose keys are in the store.
    pub(crate) unlocked: BTreeSet<AccountId>,
    /// Accounts that exist here.
    pub(crate) signed_up: BTreeSet<AccountId>,
}

impl Host {
    /// A machine that is still off.
    pub(crate) fn new(dice: &mut Dice, clock: Clock, anchors: usize) -> Self {
        let key = SigningKey::from_seed(&dice.bytes::<32>());
        Self {
            node: NodeId::from_bytes(*key.verifying_key().as_bytes()),
            index_key: dice.bytes(),
            anchors,
            core: None,
            store: MemoryStore::new(),
            clock,
            life: 0,
            inbox: VecDeque::new(),
            run_due: false,
            wake_due: None,
            unlocked: BTreeSet::new(),
            signed_up: BTreeSet::new(),
        }
    }

    /// Starts the process with a fresh seed; all accounts are locked.
    pub(crate) fn start(&mut self, now: u64, seed: [u8; 32]) {
        self.clock.restart(now);
        self.core =
            Some(Node::new(NodeConfig { anchors: self.anchors, ..NodeConfig::new(self.node, self.index_key) }, seed));
        self.inbox.push_back(Input::Start);
    }

    /// The process ends: memory is gone, the disk stays.
    pub(crate) fn stop(&mut self) {
        self.core = None;
        self.life += 1;
        self.inbox.clear();
        self.run_due = false;
        self.wake_due = None;
        self.unlocked.clear();
        self.store.lock_all();
    }

    /// Whether the process runs.
    pub(crate) fn is_up(&self) -> bool {
        self.core.is_some()
    }
}

/// The address at which a machine listens, as a binary multiaddr: /ip4/10.0.x.y/udp/4001/quic-v1.
pub(crate) fn address(index: usize) -> Vec<u8> {
    let [.., high, low] = index.to_be_bytes();
    vec![0x04, 10, 0, high, low, 0x91, 0x02, 0x0f, 0xa1, 0xcd, 0x03]
}
