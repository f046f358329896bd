//! Messages as an account keeps them.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId, DeviceId, NodeId};

use crate::wire::content::{Mention, MessageRef};

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
    /// The recipient has looked at it, and lets others see that.
    #[n(4)]
    Read,
}

/// Why a message will not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum FailReason {
    /// The recipient's node could not be given it in 30 days.
    #[n(0)]
    GivenUp,
    /// The recipient's node refused it.
    #[n(1)]
    Refused,
    /// The recipient's device could not decrypt it.
    #[n(2)]
    Unreadable,
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
    /// Why it failed, if it did.
    #[n(4)]
    pub failure: Option<FailReason>,
    /// Their mailboxes: what one of them has acknowledged is sent as well.
    #[n(10)]
    pub via: Vec<NodeId>,
}

/// Where a change stands among others: by the clock of its entry, then by its number in its author's log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Version {
    /// The clock.
    #[n(0)]
    pub clock: u64,
    /// The number.
    #[n(1)]
    pub sequence: u64,
}

/// Another text for a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct EditRecord {
    /// The latest counts.
    #[n(0)]
    pub version: Version,
    /// The text.
    #[n(1)]
    pub text: String,
    /// Whom it mentions.
    #[n(2)]
    pub mentions: Vec<Mention>,
    /// When it was written, by its author's clock, unix milliseconds.
    #[n(3)]
    pub at: u64,
}

/// That a message was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct DeletionRecord {
    /// The earliest counts.
    #[n(0)]
    pub version: Version,
    /// Who did it.
    #[n(1)]
    pub by: AccountId,
    /// When, by their clock, unix milliseconds.
    #[n(2)]
    pub at: u64,
}

/// What is known of a message besides what it said first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct ChangeRecord {
    /// Its newest text.
    #[n(0)]
    pub edit: Option<EditRecord>,
    /// That it was taken back; then there is no text.
    #[n(1)]
    pub deletion: Option<DeletionRecord>,
}

/// One reaction of one account to one message.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReactionRecord {
    /// The emoji.
    #[n(0)]
    pub emoji: String,
    /// Whether it stands, or was taken back.
    #[n(1)]
    pub chosen: bool,
    /// The latest counts.
    #[n(2)]
    pub version: Version,
    /// When, by its author's clock, unix milliseconds.
    #[n(3)]
    pub at: u64,
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
    /// The device that wrote it; absent for own messages.
    #[n(20)]
    pub device: Option<DeviceId>,
    /// The event that told of it: says which of two messages came first to this account.
    #[n(21)]
    pub arrival: u64,
    /// The message it answers.
    #[n(22)]
    pub reply_to: Option<MessageRef>,
    /// Whom it mentions.
    #[n(23)]
    pub mentions: Vec<Mention>,
    /// When it disappears, unix milliseconds.
    #[n(24)]
    pub expires_at: Option<u64>,
    /// The newest edit that is in `text`; `None` for the first text.
    #[n(25)]
    pub edited: Option<EditedRecord>,
    /// Set once it was taken back; `text` is empty then.
    #[n(26)]
    pub deletion: Option<DeletionRecord>,
    /// Whether it was written anew for somebody who had not received it, or could not read it.
    #[n(27)]
    pub anew: bool,
}

/// Which edit a text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct EditedRecord {
    /// Its version.
    #[n(0)]
    pub version: Version,
    /// When it was written, by its author's clock, unix milliseconds.
    #[n(1)]
    pub at: u64,
}

impl MessageRecord {
    /// A message that says `text` and no more is known of.
    #[must_use]
    pub const fn new(id: [u8; 16], sender: AccountId, text: String, sent_at: u64, received_at: u64) -> Self {
        Self {
            id,
            conversation: None,
            sender,
            text,
            sent_at,
            received_at,
            states: Vec::new(),
            to: None,
            order: Vec::new(),
            device: None,
            arrival: 0,
            reply_to: None,
            mentions: Vec::new(),
            expires_at: None,
            edited: None,
            deletion: None,
            anew: false,
        }
    }

    /// How others name it within its conversation.
    #[must_use]
    pub const fn name(&self) -> MessageRef {
        MessageRef { author: self.sender, id: self.id }
    }

    /// Its number in its author's log.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        super::key::counter_of(&self.order).unwrap_or(0)
    }

    /// The state of the whole: that of the recipient who is furthest behind.
    #[must_use]
    pub fn state(&self) -> DeliveryState {
        self.states.iter().map(|recipient| recipient.state).min().unwrap_or(DeliveryState::Queued)
    }
}
