//! What the node remembers of its peers and of requests under way. Nothing of it is stored.

use std::collections::BTreeMap;

use tidings_crypto::id::{AccountId, ConversationId, NodeId, QueueId};

use crate::limits::{RETRY_MS_MAX, RETRY_MS_MIN};

/// Why a request was sent: what to do with its answer.
#[derive(Debug, Clone)]
pub(crate) enum Purpose {
    /// A push of these outbox rows.
    Push(Vec<Vec<u8>>),
    /// A list of what the peer keeps.
    List(Vec<QueueId>),
    /// Entries that we lack.
    Fetch(QueueId),
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
}

/// All peers and requests.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    peers: BTreeMap<NodeId, Peer>,
    requests: BTreeMap<u64, (NodeId, Purpose)>,
    last_request: u64,
}

impl Peers {
    pub(crate) fn peer(&mut self, node: NodeId) -> &mut Peer {
        self.peers.entry(node).or_default()
    }

    pub(crate) fn is_connected(&self, node: NodeId) -> bool {
        self.peers.get(&node).is_some_and(|peer| peer.connected)
    }

    /// Whether a conversation is shared with this node, or it is a mailbox of an account here.
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

    /// Forgets what a lost connection made void.
    pub(crate) fn disconnected(&mut self, node: NodeId) {
        self.requests.retain(|_, (asked, _)| *asked != node);
        let peer = self.peer(node);
        peer.connected = false;
        peer.push_under_way = false;
        peer.parcel_under_way = false;
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
