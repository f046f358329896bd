//! What stands in an ephemeral frame: who says what in which conversation, signed by the device, not kept by anybody (PROTOCOL A4, `eph`).
//!
//! It stands outside all logs: it has no number and no predecessor, and its signature has a label of its own.

use tidings_crypto::id::{ConversationId, DeviceId, EpochId};
use tidings_crypto::sign::{Label, Signature, SigningKey, VerifyingKey};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

use super::{VERSION, decode, encode, field};
use crate::error::Rejection;

/// What is said. A kind that is not known has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum EphemeralKind {
    /// The author is writing a message, and will say so again while that goes on.
    Typing = 1,
    /// The author is no longer.
    TypingStopped = 2,
}

/// Something that passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct EphemeralBody {
    version: u8,
    /// Where it is said.
    pub conversation: ConversationId,
    /// The epoch under which it is sealed.
    pub epoch: EpochId,
    /// The author.
    pub device: DeviceId,
    /// The author's clock in unix milliseconds, later each time.
    pub clock: u64,
    /// What.
    pub kind: EphemeralKind,
}

impl EphemeralBody {
    /// A body of this version.
    #[must_use]
    pub const fn new(
        (conversation, epoch): (ConversationId, EpochId),
        device: DeviceId,
        clock: u64,
        kind: EphemeralKind,
    ) -> Self {
        Self { version: VERSION, conversation, epoch, device, clock, kind }
    }

    /// Signs it as its author.
    #[must_use]
    pub fn sign(&self, device_key: &SigningKey) -> SignedEphemeral {
        let body = encode(self);
        let signature = device_key.sign(Label::Ephemeral, &body);
        SignedEphemeral { body: field(body), signature }
    }
}

/// The same with its author's signature.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct SignedEphemeral {
    /// The body, encoded.
    pub body: VLByteVec,
    /// By the author's device.
    pub signature: Signature,
}

impl SignedEphemeral {
    /// The body, not yet verified.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] for another version, an unknown kind, and what is no body.
    pub fn parse(&self) -> Result<EphemeralBody, Rejection> {
        let body: EphemeralBody = decode(self.body.as_slice(), "ephemeral")?;
        if body.version == VERSION { Ok(body) } else { Err(Rejection::Malformed { what: "ephemeral" }) }
    }

    /// Checks the author's signature.
    ///
    /// # Errors
    /// [`Rejection::Refused`] if it does not hold.
    pub fn verify(&self, device_key: &VerifyingKey) -> Result<(), Rejection> {
        device_key
            .verify(Label::Ephemeral, self.body.as_slice(), &self.signature)
            .map_err(|_| Rejection::Refused { reason: "signature of an ephemeral" })
    }
}
