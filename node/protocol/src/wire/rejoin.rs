//! A device asks to be let back in: it cannot follow where the others are (PROTOCOL A5.6).

use tidings_crypto::id::{AccountId, ConversationId, DeviceId, EpochId};
use tidings_crypto::sign::{Label, Signature, SigningKey, VerifyingKey};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

use crate::error::Rejection;

/// Why a device asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum Reason {
    /// The others are at epochs whose commits it never saw, or can no longer apply.
    Stranded = 1,
    /// Its log goes on without it: its folder is an old copy, or another copy runs.
    Copied = 2,
}

/// The request.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct RejoinRequest {
    /// Where.
    pub conversation: ConversationId,
    /// Who asks.
    pub account: AccountId,
    /// Its device.
    pub device: DeviceId,
    /// Which log of the device follows; more than any before.
    pub generation: u16,
    /// Where it stands.
    pub epoch: EpochId,
    /// Why.
    pub reason: Reason,
    /// By which it is added again.
    pub key_package: VLByteVec,
    /// To which the welcome is sealed.
    pub box_key: VLByteVec,
}

/// The request with the device's signature.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct SignedRejoin {
    /// The request, encoded.
    pub request: VLByteVec,
    /// By the device key.
    pub signature: Signature,
}

impl RejoinRequest {
    /// Signs the request.
    #[must_use]
    pub fn signed(&self, device_key: &SigningKey) -> SignedRejoin {
        let request = super::encode(self);
        let signature = device_key.sign(Label::Rejoin, &request);
        SignedRejoin { request: super::field(request), signature }
    }
}

impl SignedRejoin {
    /// The request, not yet verified.
    ///
    /// # Errors
    /// [`Rejection::Malformed`].
    pub fn parse(&self) -> Result<RejoinRequest, Rejection> {
        super::decode(self.request.as_slice(), "rejoin request")
    }

    /// Checks that `device_key` signed it.
    ///
    /// # Errors
    /// [`Rejection::Refused`].
    pub fn verify(&self, device_key: &VerifyingKey) -> Result<(), Rejection> {
        device_key
            .verify(Label::Rejoin, self.request.as_slice(), &self.signature)
            .map_err(|_| Rejection::Refused { reason: "signature of a rejoin request" })
    }
}
