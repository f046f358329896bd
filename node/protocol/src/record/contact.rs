//! People an account knows.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId, NodeId};

/// How far the acquaintance has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ContactState {
    /// We follow their link and ask their node who they are.
    #[n(0)]
    Resolving,
    /// Our request is on its way or waits in their inbox.
    #[n(1)]
    Requested,
    /// Both sides know each other; a conversation exists.
    #[n(2)]
    Accepted,
    /// Their side refused: the invite was used, taken back or too old.
    #[n(3)]
    Refused,
}

/// One contact.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ContactRecord {
    /// Who.
    #[n(0)]
    pub account: AccountId,
    /// How far it has come.
    #[n(1)]
    pub state: ContactState,
    /// Their login name at their node, as they say; empty until known.
    #[n(2)]
    pub name: String,
    /// What they call themselves.
    #[n(3)]
    pub display_name: String,
    /// Our own name for them.
    #[n(4)]
    pub alias: Option<String>,
    /// The node that hosts them.
    #[n(5)]
    pub home: NodeId,
    /// The direct conversation.
    #[n(6)]
    pub conversation: Option<ConversationId>,
    /// Their box key record; empty until known.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub box_key: Vec<u8>,
    /// Key packages of theirs that we may use.
    #[n(8)]
    pub key_packages: Vec<minicbor::bytes::ByteVec>,
    /// The token against which their node hands out more.
    #[n(9)]
    pub key_token: Option<minicbor::bytes::ByteArray<16>>,
    /// The link we follow, while resolving.
    #[n(10)]
    pub link: Option<String>,
    /// Unix milliseconds.
    #[n(11)]
    pub created_at: u64,
    /// Why their side refused; empty unless it did.
    #[n(12)]
    pub refusal: String,
}

/// An identity log and the name somebody gave for it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct IdentityRecord {
    /// The whole log, verified when stored.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub log: Vec<u8>,
    /// The name under which others speak of this account; not verified.
    #[n(1)]
    pub name: String,
}
