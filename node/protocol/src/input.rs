//! Everything that can happen to a node.

use tidings_crypto::id::{AccountId, NodeId};

use crate::command::Command;

/// The request protocols between nodes. One request frame, one response frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// `/tidings/log/1`: push and read of outer entries.
    Log,
    /// `/tidings/inbox/1`: sealed items for an account: contact requests and welcomes.
    Inbox,
    /// `/tidings/keys/1`: key packages against a contact token.
    Keys,
    /// `/tidings/id/1`: identity logs and box keys.
    Id,
    /// `/tidings/ephemeral/1`: what is said to those who are there, and kept by nobody.
    Ephemeral,
}

/// Why a request to a peer had no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestFailure {
    /// There is no connection to it.
    NotConnected,
    /// It did not answer in time.
    Timeout,
    /// The connection ended.
    Disconnected,
    /// It does not speak this protocol.
    Unsupported,
    /// It sent a frame that is too large or cut short.
    BadFrame,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Input {
    /// The node has just opened its store.
    Start,
    /// The time named by [`crate::node::Node::next_wake`] has come.
    Tick,
    /// The first connection to a peer stands.
    PeerConnected(NodeId),
    /// The last connection to a peer is gone.
    PeerDisconnected(NodeId),
    /// A peer asks.
    Request {
        /// Who, as authenticated by the transport.
        peer: NodeId,
        /// Names this request in [`crate::effect::Effect::Respond`].
        token: u64,
        /// The protocol it came on.
        protocol: Protocol,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// A peer answered, or did not.
    Response {
        /// Whom we asked.
        peer: NodeId,
        /// The id we gave the request.
        id: u64,
        /// The frame, or why there is none.
        result: Result<Vec<u8>, RequestFailure>,
    },
    /// An account's data key is now in the store.
    Unlocked(AccountId),
    /// An account's data key is about to leave the store.
    Locked(AccountId),
    /// A person or program on this node wants something.
    Command {
        /// Names it in [`crate::effect::Effect::Reply`].
        id: u64,
        /// What is wanted.
        command: Box<Command>,
    },
}
