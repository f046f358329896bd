//! Everything a step asks the shell to do, after its writes are durable.

use tidings_crypto::id::{AccountId, ConversationId, NodeId};

use crate::command::Answer;
use crate::error::Rejection;
use crate::input::Protocol;
use crate::store::write_set::WriteSet;

/// One thing to do.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Answer a peer's request.
    Respond {
        /// The token of the request.
        token: u64,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// Ask a peer.
    Request {
        /// Whom.
        peer: NodeId,
        /// Comes back in [`crate::input::Input::Response`].
        id: u64,
        /// On which protocol.
        protocol: Protocol,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// Try to connect.
    Dial {
        /// Whom.
        node: NodeId,
        /// Binary multiaddrs; may be empty if only the network's own address book can help.
        addresses: Vec<Vec<u8>>,
    },
    /// Answer a command.
    Reply {
        /// The id of the command.
        id: u64,
        /// What came of it.
        result: Result<Answer, Rejection>,
    },
    /// Tell the account's clients that events up to `cursor` can be read.
    Notify {
        /// Whose.
        account: AccountId,
        /// The newest event.
        cursor: u64,
    },
    /// Tell those of the account's clients who listen now something that passes. Nobody is told later.
    Tell {
        /// Whose.
        account: AccountId,
        /// What.
        event: TransientEvent,
    },
}

/// Something that passes: it is not stored and has no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransientEvent {
    /// Somebody is writing a message, or no longer.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        account: AccountId,
        /// Whether they are.
        typing: bool,
    },
}

/// What a step yields: commit the writes, then run the effects in order.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// To be made durable first, all or none.
    pub writes: WriteSet,
    /// To be run then.
    pub effects: Vec<Effect>,
}
