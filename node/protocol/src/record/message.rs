//! Messages as an account keeps them.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId, NodeId};

/// How far a message has come with one recipient, or in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum DeliveryState {
    /// It will not arrive; the reason stands beside.
    #[n(0)]
    Failed,
    /// Durable here, on its way.
    #[n(1)]
    Queued,
    /// A node that hosts the recipient has it durably.
    #[n(2)]
    Sent,
    /// A device of the recipient has decrypted it and signed a receipt.
    #[n(3)]
    Delivered,
}

/// One recipient's state.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RecipientState {
    /// Who.
    #[n(0)]
    pub account: AccountId,
    /// How far.
    #[n(1)]
    pub state: DeliveryState,
    /// Since when, unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// The node that hosts them, which must acknowledge first.
    #[n(3)]
    pub home: NodeId,
    /// Their mailboxes: what one of them has acknowledged is sent as well.
    #[n(10)]
    pub via: Vec<NodeId>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct MessageRecord {
    /// The sender's client id: the same on all nodes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// Where; absent while the conversation does not exist yet.
    #[n(1)]
    pub conversation: Option<ConversationId>,
    /// Who wrote it.
    #[n(2)]
    pub sender: AccountId,
    /// The text.
    #[n(3)]
    pub text: String,
    /// When it was written, by the sender's clock, unix milliseconds.
    #[n(4)]
    pub sent_at: u64,
    /// When it was stored here, unix milliseconds.
    #[n(5)]
    pub received_at: u64,
    /// One row a recipient, own messages only.
    #[n(6)]
    pub states: Vec<RecipientState>,
    /// To whom it goes while there is no conversation.
    #[n(7)]
    pub to: Option<AccountId>,
    /// Its key among the messages of its conversation; empty while there is none.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub order: Vec<u8>,
}

impl MessageRecord {
    /// The state of the whole: that of the recipient who is furthest behind.
    #[must_use]
    pub fn state(&self) -> DeliveryState {
        self.states.iter().map(|recipient| recipient.state).min().unwrap_or(DeliveryState::Queued)
    }
}
