//! What a conversation is founded with, which its id is the hash of (DECISIONS 5). Never changes.

use tidings_crypto::id::{AccountId, ConversationId, DeviceId};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

use crate::error::Rejection;
use crate::record::conversation::ConversationKind;

const DIRECT: u8 = 1;
const GROUP: u8 = 2;

/// What the conversation id is the hash of (DECISIONS 5).
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Creation {
    /// The MLS suite.
    pub suite: u16,
    kind: u8,
    /// The founder.
    pub creator: AccountId,
    /// The founder's device.
    pub device: DeviceId,
    /// Makes it unique.
    pub nonce: [u8; 32],
}

impl Creation {
    /// The parameters of a new conversation.
    #[must_use]
    pub fn new(kind: ConversationKind, creator: AccountId, device: DeviceId, nonce: [u8; 32]) -> Self {
        let kind = match kind {
            ConversationKind::Direct => DIRECT,
            ConversationKind::Group => GROUP,
        };
        Self { suite: tidings_crypto::mls::SUITE, kind, creator, device, nonce }
    }

    /// The id that follows from them.
    #[must_use]
    pub fn conversation(&self) -> ConversationId {
        ConversationId::derive(self.suite, self.kind, &self.creator, &self.device, &self.nonce)
    }

    /// Direct or group.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] for a kind this version does not know.
    pub fn kind(&self) -> Result<ConversationKind, Rejection> {
        match self.kind {
            DIRECT => Ok(ConversationKind::Direct),
            GROUP => Ok(ConversationKind::Group),
            _ => Err(Rejection::Malformed { what: "policy" }),
        }
    }
}
