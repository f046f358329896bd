//! Events for an account's clients: what happened and where to read more.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId};

use super::message::DeliveryState;
use crate::account::policy::Role;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum EventKind {
    /// A message, own or foreign.
    #[n(0)]
    MessageNew {
        /// The message's id.
        #[cbor(n(0), with = "minicbor::bytes")]
        id: [u8; 16],
        /// Its place in the conversation; empty while it waits for one.
        #[cbor(n(1), with = "minicbor::bytes")]
        order: Vec<u8>,
    },
    /// An own message came further.
    #[n(1)]
    MessageState {
        /// The message's id.
        #[cbor(n(0), with = "minicbor::bytes")]
        id: [u8; 16],
        /// With whom.
        #[n(1)]
        account: AccountId,
        /// How far.
        #[n(2)]
        state: DeliveryState,
    },
    /// Somebody followed our invite, or accepted our request.
    #[n(2)]
    ContactAccepted {
        /// Who.
        #[n(0)]
        account: AccountId,
    },
    /// A group exists for this account.
    #[n(3)]
    GroupCreated,
    /// Somebody came or went.
    #[n(4)]
    GroupMember {
        /// Who.
        #[n(0)]
        account: AccountId,
        /// Whether they are in now.
        #[n(1)]
        joined: bool,
        /// Who did it.
        #[n(2)]
        by: AccountId,
    },
    /// This account is no longer a member.
    #[n(5)]
    GroupRemoved {
        /// Who did it.
        #[n(0)]
        by: AccountId,
    },
    /// An entry could not be read.
    #[n(6)]
    Unreadable,
    /// A message has another text.
    #[n(30)]
    MessageEdited {
        /// The message's id.
        #[cbor(n(0), with = "minicbor::bytes")]
        id: [u8; 16],
        /// Its place in the conversation.
        #[cbor(n(1), with = "minicbor::bytes")]
        order: Vec<u8>,
    },
    /// A message was taken back, or has disappeared.
    #[n(31)]
    MessageDeleted {
        /// The message's id.
        #[cbor(n(0), with = "minicbor::bytes")]
        id: [u8; 16],
        /// Who took it back; absent if its time was over, or if it was given up before anybody had it.
        #[n(1)]
        by: Option<AccountId>,
    },
    /// Somebody put a reaction on a message or took it back.
    #[n(32)]
    Reaction {
        /// The message's id.
        #[cbor(n(0), with = "minicbor::bytes")]
        id: [u8; 16],
        /// Who.
        #[n(1)]
        account: AccountId,
        /// What.
        #[n(2)]
        emoji: String,
        /// Whether it stands now.
        #[n(3)]
        chosen: bool,
    },
    /// New messages of a conversation disappear after another time.
    #[n(33)]
    TimerChanged {
        /// After how many milliseconds; 0 if they stay.
        #[n(0)]
        timer: u64,
        /// Who set it.
        #[n(1)]
        by: AccountId,
    },
    /// A member has another role.
    #[n(20)]
    GroupRole {
        /// Whose.
        #[n(0)]
        account: AccountId,
        /// The role from then on.
        #[n(1)]
        role: Role,
        /// Who did it.
        #[n(2)]
        by: AccountId,
    },
    /// Name, description or rules of a group have changed.
    #[n(21)]
    GroupSettings {
        /// Who did it.
        #[n(0)]
        by: AccountId,
    },
    /// Somebody asks to be let into a group by a link of this account.
    #[n(40)]
    JoinRequested {
        /// Who.
        #[n(0)]
        account: AccountId,
    },
    /// Somebody has signed that another shall own a group.
    #[n(42)]
    Petition {
        /// Who.
        #[n(0)]
        account: AccountId,
        /// Whom they want.
        #[n(1)]
        owner: AccountId,
    },
    /// A member has opened a successor of a group that has come to a halt.
    #[n(60)]
    SuccessorOpened {
        /// Who.
        #[n(0)]
        account: AccountId,
        /// The successor.
        #[n(1)]
        conversation: ConversationId,
    },
    /// A group goes on in its successor, in which this account is.
    #[n(61)]
    GroupSucceeded {
        /// The successor.
        #[n(0)]
        conversation: ConversationId,
    },
    /// Whoever made the link by which this account asked to be let into a group does not take the request.
    #[n(41)]
    JoinRefused {
        /// Who made the link.
        #[n(0)]
        inviter: AccountId,
    },
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct EventRecord {
    /// Unix milliseconds.
    #[n(0)]
    pub time: u64,
    /// Where.
    #[n(1)]
    pub conversation: Option<ConversationId>,
    /// What.
    #[n(2)]
    pub kind: EventKind,
}
