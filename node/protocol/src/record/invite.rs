//! Invites made by an account.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{ConversationId, NodeId};

/// One invite.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct InviteRecord {
    /// The secret in the link.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub secret: [u8; 16],
    /// Unix seconds after which it is refused.
    #[n(1)]
    pub expires: u32,
    /// How often it may still be used.
    #[n(2)]
    pub uses_left: u32,
    /// Whether it was taken back.
    #[n(3)]
    pub revoked: bool,
    /// A note for oneself.
    #[n(4)]
    pub note: String,
    /// Unix milliseconds.
    #[n(5)]
    pub created_at: u64,
    /// The link's addresses, binary multiaddrs.
    #[n(6)]
    pub addresses: Vec<minicbor::bytes::ByteVec>,
    /// The node which the link names: this one, or a mailbox of the account.
    #[n(20)]
    pub node: NodeId,
    /// The group that it leads into; none if it makes a contact.
    #[n(21)]
    pub group: Option<GroupInvite>,
}

/// What an invite into a group says beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct GroupInvite {
    /// The group.
    #[n(0)]
    pub conversation: ConversationId,
    /// Whether its maker is asked before anybody is let in.
    #[n(1)]
    pub approval: bool,
    /// The group that it succeeds: whoever is in there comes in without a word, and nobody else.
    #[n(2)]
    pub succeeds: Option<ConversationId>,
}
