//! Joining a group by link, on both sides.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId, NodeId};

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum JoinState {
    /// The node in the link is asked who made it.
    #[n(0)]
    Resolving,
    /// The request is on its way, or waits for an answer.
    #[n(1)]
    Requested,
    /// Whoever made the link has let this account in.
    #[n(2)]
    Joined,
    /// It was not taken.
    #[n(3)]
    Refused,
}

/// A link into a group that this account follows. As long as it is kept, whoever made the link may bring the account into that group, and
/// nowhere else: they need not be a contact.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct JoinRecord {
    /// The group.
    #[n(0)]
    pub conversation: ConversationId,
    /// Who made the link.
    #[n(1)]
    pub inviter: AccountId,
    /// How far it has come.
    #[n(2)]
    pub state: JoinState,
    /// The node that the link names.
    #[n(3)]
    pub node: NodeId,
    /// The link.
    #[n(4)]
    pub link: String,
    /// Why it was not taken; empty unless it was refused.
    #[n(5)]
    pub refusal: String,
    /// Unix milliseconds.
    #[n(6)]
    pub created_at: u64,
}

/// Somebody who asks to be let into a group by a link of this account, or was let in.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct JoinRequestRecord {
    /// The group.
    #[n(0)]
    pub conversation: ConversationId,
    /// Who.
    #[n(1)]
    pub account: AccountId,
    /// Whether they are let in; otherwise somebody has to say so.
    #[n(2)]
    pub accepted: bool,
    /// By which invite.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub invite: [u8; 16],
    /// Their login name at their node, as they say.
    #[n(4)]
    pub name: String,
    /// What they call themselves.
    #[n(5)]
    pub display_name: String,
    /// The node that hosts them.
    #[n(6)]
    pub home: NodeId,
    /// Their box key record.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub box_key: Vec<u8>,
    /// Key packages by which they can be added.
    #[n(8)]
    pub key_packages: Vec<minicbor::bytes::ByteVec>,
    /// The token against which their node hands out more.
    #[n(9)]
    pub key_token: minicbor::bytes::ByteArray<16>,
    /// When it came, unix milliseconds.
    #[n(10)]
    pub created_at: u64,
}
