//! Successors of a group that cannot go on.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId};

/// A successor that a member has opened.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SuccessorRecord {
    /// Who opened it.
    #[n(0)]
    pub account: AccountId,
    /// The group in which the old one goes on.
    #[n(1)]
    pub conversation: ConversationId,
    /// The link into it.
    #[n(2)]
    pub link: String,
}
