//! What can go wrong, sorted by who must act.

use crate::store::snapshot::StoreError;

/// The caller or the peer is at fault, or the world is not as they hoped: nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No such account, contact, conversation or member.
    #[error("there is nothing by that name or id here")]
    NotFound,
    /// The account must be unlocked first.
    #[error("the account is locked")]
    Locked,
    /// Only an owner may do this.
    #[error("only an owner of this group may do this")]
    NotAdmin,
    /// The group would be left without an owner.
    #[error("the last owner cannot leave the group")]
    LastAdmin,
    /// The others are at epochs that this device cannot follow; it has asked to be let back in.
    #[error("this device must be let back into the conversation by another member first")]
    Stranded,
    /// Somebody is to be added who is banned from the group.
    #[error("they are banned from this group")]
    Banned,
    /// In this group others write.
    #[error("in this group only those who hold a role may write, and those who may only read never do")]
    MayNotPost,
    /// Somebody who runs the group has been heard of too lately for another to take their place.
    #[error("an owner or admin of this group has been heard of in the last 30 days")]
    NotAbsent,
    /// The account is not, or no longer, a member of the conversation.
    #[error("this account is not a member of the conversation")]
    NotMember,
    /// Text or frame over its limit.
    #[error("the message is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The invite was used as often as it allows, or revoked.
    #[error("the invite was already used or revoked")]
    InviteUsed,
    /// The invite's time is over.
    #[error("the invite has expired")]
    InviteExpired,
    /// The invite is one's own.
    #[error("this is an invite of your own account")]
    OwnInvite,
    /// The name is taken on this node.
    #[error("the name is taken")]
    Taken,
    /// It is so already.
    #[error("this is so already")]
    Already,
    /// The request is not possible for this kind of conversation.
    #[error("a direct conversation cannot be changed this way")]
    DirectConversation,
    /// Bytes from a peer or a caller that do not have the form they must have.
    #[error("malformed {what}")]
    Malformed {
        /// Which structure.
        what: &'static str,
    },
    /// It cannot be done as things stand.
    #[error("{reason}")]
    NotPossible {
        /// Why not.
        reason: &'static str,
    },
    /// A signature, MAC, credential or membership that does not hold.
    #[error("refused: {reason}")]
    Refused {
        /// Which check failed.
        reason: &'static str,
    },
    /// A limit on stored bytes or items is reached.
    #[error("a limit is reached: {what}")]
    Quota {
        /// Which limit.
        what: &'static str,
    },
}

/// The machine is at fault: stop the node, keep the data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(String),
    /// A stored row cannot be read as what it must be.
    #[error("a stored row is damaged: {0}")]
    Damaged(&'static str),
}

/// Either: what most operations of the core return.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Drop the input, tell the caller or score the peer.
    #[error(transparent)]
    Rejection(#[from] Rejection),
    /// Stop the node.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Locked => Self::Rejection(Rejection::Locked),
            StoreError::Fault(text) => Self::Fault(Fault::Store(text)),
        }
    }
}

/// Result of an operation of the core.
pub type Outcome<T> = Result<T, Error>;
