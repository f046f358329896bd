//! What the node remembers of its peers and of requests under way. Nothing of it is stored.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tidings_crypto::id::{AccountId, ConversationId, NodeId, QueueId};

use crate::limits::{RETRY_MS_MAX, RETRY_MS_MIN, RINGS_REMEMBERED};
use crate::log::read::Reading;
use crate::log::reconcile::session::{Asked, Session};
use crate::time::Monotonic;

/// Why a request was sent: what to do with its answer.
#[derive(Debug, Clone)]
pub(crate) enum Purpose {
    /// A push of these entries.
    Push(Vec<Pushed>),
    /// A list of what the peer keeps.
    List(Vec<QueueId>),
    /// Entries that we lack.
    Fetch(QueueId),
    /// Where the peer has what we have not, in a reconciliation.
    Reconcile {
        /// Of which queue.
        queue: QueueId,
        /// Of which reconciliation.
        nonce: [u8; 16],
        /// In which ranges.
        asked: Vec<Asked>,
    },
    /// Entries that a reconciliation found.
    Gather {
        /// Of which queue.
        queue: QueueId,
        /// Of which reconciliation.
        nonce: [u8; 16],
        /// Under which counters.
        counters: Vec<u64>,
    },
    /// One parcel, by its row key.
    Parcel(Vec<u8>),
    /// The identity of somebody whose link `account` follows.
    Identity {
        /// Who follows it.
        account: AccountId,
        /// Whose link.
        contact: AccountId,
        /// The node that it names.
        node: NodeId,
    },
    /// What a mailbox shall keep for an account.
    Register {
        /// Whose.
        account: AccountId,
        /// Where.
        mailbox: NodeId,
        /// Hash of what it is told.
        told: Vec<u8>,
    },
    /// Inbox items that a mailbox keeps for an account.
    Collect(AccountId),
    /// Something said to a mailbox, or by one, whose answer does not matter.
    Mailbox,
    /// Something that passes; its answer says nothing.
    Ephemeral,
    /// A key package of a contact, so that they can be added.
    Keys {
        /// Who adds.
        account: AccountId,
        /// Where.
        conversation: ConversationId,
        /// Whom.
        contact: AccountId,
    },
}

impl Purpose {
    /// The queues that are read by it.
    pub(crate) fn reads(&self) -> &[QueueId] {
        match self {
            Self::List(queues) => queues,
            Self::Fetch(queue) | Self::Reconcile { queue, .. } | Self::Gather { queue, .. } => {
                std::slice::from_ref(queue)
            }
            Self::Push(_)
            | Self::Parcel(_)
            | Self::Identity { .. }
            | Self::Keys { .. }
            | Self::Register { .. }
            | Self::Collect(_)
            | Self::Mailbox
            | Self::Ephemeral => &[],
        }
    }
}

/// One entry of a push.
#[derive(Debug, Clone)]
pub(crate) enum Pushed {
    /// An own one, by its outbox row.
    Own(Vec<u8>),
    /// One that is passed on.
    PassedOn(QueueId, u64),
}

/// One peer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Peer {
    pub(crate) connected: bool,
    /// Tries in a row that failed.
    pub(crate) failures: u32,
    pub(crate) push_under_way: bool,
    pub(crate) parcel_under_way: bool,
    /// Whether a connection is wanted also while nothing waits: it keeps a queue of ours.
    pub(crate) wanted: bool,
    /// Entries of others, by queue and counter, to be passed on to it.
    pub(crate) forwards: VecDeque<(QueueId, u64)>,
    /// Pages of its queues of which something is being fetched.
    pub(crate) reading: BTreeMap<QueueId, Reading>,
    pub(crate) reconciling: BTreeMap<QueueId, Session>,
    /// Queues that are reconciled once a reconciliation under way has ended.
    pub(crate) reconcile_later: BTreeSet<QueueId>,
    /// Queues of which something was to be read when a request got no answer: asked again after a pause.
    pub(crate) unread: BTreeSet<QueueId>,
    /// Queues for which one of the two has no room to reconcile now: they are read by counter while this connection lasts.
    pub(crate) by_counter: BTreeSet<QueueId>,
    /// Whether it answered a reconciliation with what is no answer: it is read by counter.
    pub(crate) no_reconcile: bool,
    /// Ephemeral frames that came of it, and until when they are counted together.
    pub(crate) ephemerals: u32,
    pub(crate) ephemerals_until: Monotonic,
}

/// Neighbours on the rings of queues, since they are costly to find among many followers.
#[derive(Debug, Default)]
pub(crate) struct Rings(BTreeMap<QueueId, (Vec<NodeId>, Vec<NodeId>)>);

impl Rings {
    /// The neighbours among just these followers.
    pub(crate) fn find(&self, queue: &QueueId, followers: &[NodeId]) -> Option<Vec<NodeId>> {
        self.0.get(queue).filter(|(known, _)| known == followers).map(|(_, neighbours)| neighbours.clone())
    }

    pub(crate) fn remember(&mut self, queue: QueueId, followers: Vec<NodeId>, neighbours: Vec<NodeId>) {
        if self.0.len() >= RINGS_REMEMBERED {
            self.0.pop_first();
        }
        self.0.insert(queue, (followers, neighbours));
    }
}

/// All peers and requests.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    peers: BTreeMap<NodeId, Peer>,
    requests: BTreeMap<u64, (NodeId, Purpose)>,
    last_request: u64,
    pub(crate) rings: Rings,
    /// The generation under which this run of the node appends, once it has.
    pub(crate) generation: Option<[u8; 16]>,
}

impl Peers {
    pub(crate) fn peer(&mut self, node: NodeId) -> &mut Peer {
        self.peers.entry(node).or_default()
    }

    pub(crate) fn is_connected(&self, node: NodeId) -> bool {
        self.peers.get(&node).is_some_and(|peer| peer.connected)
    }

    /// Whether a conversation is shared with this node (it is a neighbour there if many follow it), or it is a mailbox of an account here.
    pub(crate) fn is_wanted(&self, node: NodeId) -> bool {
        self.peers.get(&node).is_some_and(|peer| peer.wanted)
    }

    /// Registers a request and names it.
    pub(crate) fn begin(&mut self, node: NodeId, purpose: Purpose) -> u64 {
        self.last_request += 1;
        self.requests.insert(self.last_request, (node, purpose));
        self.last_request
    }

    /// The purpose of a request that was answered by `node`; forgotten with this call.
    pub(crate) fn end(&mut self, node: NodeId, id: u64) -> Option<Purpose> {
        match self.requests.get(&id) {
            Some((asked, _)) if *asked == node => self.requests.remove(&id).map(|(_, purpose)| purpose),
            Some(_) | None => None,
        }
    }

    /// Whether a request for this purpose is under way, as `same` sees it.
    pub(crate) fn any_under_way(&self, same: impl Fn(&Purpose) -> bool) -> bool {
        self.requests.values().any(|(_, purpose)| same(purpose))
    }

    /// Whether one of these queues waits for its turn to be reconciled with some peer.
    pub(crate) fn waits_to_reconcile(&self, queues: &[QueueId]) -> bool {
        self.peers.values().any(|peer| queues.iter().any(|queue| peer.reconcile_later.contains(queue)))
    }

    /// Forgets what a lost connection made void. Returns the queues that were being read, or were to be.
    pub(crate) fn disconnected(&mut self, node: NodeId) -> BTreeSet<QueueId> {
        let mut read = std::mem::take(&mut self.peer(node).reconcile_later);
        self.requests.retain(|_, (asked, purpose)| {
            if *asked == node {
                read.extend(purpose.reads());
            }
            *asked != node
        });
        let peer = self.peer(node);
        peer.connected = false;
        peer.push_under_way = false;
        peer.parcel_under_way = false;
        peer.forwards.clear();
        peer.reading.clear();
        peer.reconciling.clear();
        peer.unread.clear();
        peer.by_counter.clear();
        read
    }

    /// Forgets a peer that is not connected and from which nothing is wanted.
    pub(crate) fn forget(&mut self, node: NodeId) {
        if self.peers.get(&node).is_some_and(|peer| !peer.connected && !peer.wanted) {
            self.peers.remove(&node);
        }
    }

    /// Counts a failure and says how long to wait before the next try, in milliseconds.
    pub(crate) fn back_off(&mut self, node: NodeId) -> u64 {
        let peer = self.peer(node);
        let pause = RETRY_MS_MIN.saturating_mul(1 << peer.failures.min(10)).min(RETRY_MS_MAX);
        peer.failures = peer.failures.saturating_add(1);
        pause
    }
}
