//! The content of an application message: deterministic CBOR with integer keys, inside the MLS message (PROTOCOL A4).

use minicbor::{Decode, Encode};
use tidings_crypto::id::{ConversationId, DeviceId, MessageId, derive};

use crate::error::Rejection;
use crate::limits::TEXT_BYTES_MAX;

/// The content type of a text.
const TEXT: u8 = 1;

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Content {
    #[n(0)]
    kind: u8,
    /// The sender's client id; also the salt of the commitment and of the message id.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub salt: [u8; 16],
    /// Unix milliseconds by the sender's clock.
    #[n(2)]
    pub sent_at: u64,
    /// The text; for kinds this version does not know, a fallback.
    #[n(3)]
    pub text: String,
}

impl Content {
    /// A text.
    #[must_use]
    pub fn text(salt: [u8; 16], sent_at: u64, text: String) -> Self {
        Self { kind: TEXT, salt, sent_at, text }
    }

    /// The plaintext to encrypt.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        crate::record::encode(self)
    }

    /// Reads a plaintext.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] if it is not one content, not in its canonical form, or over the limit.
    pub fn parse(bytes: &[u8]) -> Result<Self, Rejection> {
        let malformed = Rejection::Malformed { what: "content" };
        let content: Self = crate::record::decode(bytes, "content").map_err(|_| malformed.clone())?;
        if content.text.len() > TEXT_BYTES_MAX || content.to_bytes() != bytes {
            return Err(malformed);
        }
        Ok(content)
    }

    /// The commitment that stands beside the ciphertext (message franking): a keyed hash whose key only readers know.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        derive("tidings/1/commitment", &[&self.salt, &self.to_bytes()])
    }

    /// Names the message in its conversation (MIMI-style, salted).
    #[must_use]
    pub fn message_id(
        &self,
        conversation: &ConversationId,
        device: &DeviceId,
        generation: u16,
        sequence: u64,
    ) -> MessageId {
        let parts: [&[u8]; 5] = [
            conversation.as_bytes(),
            device.as_bytes(),
            &generation.to_be_bytes(),
            &sequence.to_be_bytes(),
            &self.salt,
        ];
        MessageId::from_bytes(derive("tidings/1/message-id", &parts))
    }
}
