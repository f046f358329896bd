//! The credential of our leaves (PROTOCOL A3): a device certifies a leaf key. Owns its encoding and signature.
//! Does not know identity logs; the caller gives the device key.

use tls_codec::{Deserialize as _, Serialize as _, TlsByteVecU8, TlsDeserialize, TlsSerialize, TlsSize};

use openmls::prelude::Credential;

use super::{DeviceKeys, KEY_PACKAGE_CONTEXT, MlsError, config};
use crate::id::{AccountId, ConversationId, DeviceId};
use crate::sign::{BadSignature, Label, Signature, VerifyingKey};

/// Credential type 0xF1A1: which device of which account stands behind a leaf.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct LeafCredential {
    /// The account.
    pub account: AccountId,
    /// The device.
    pub device: DeviceId,
    /// Head of the account's identity log that the certificate refers to.
    pub identity_head: [u8; 32],
    /// End of the device's certificate, unix seconds.
    pub not_after: u64,
    /// By the device key, [`Label::Leaf`], over leaf key, context, end, account, device and head.
    pub signature: Signature,
}

/// What the device key signs.
#[derive(TlsSerialize, TlsSize)]
struct Certified {
    leaf_key: TlsByteVecU8,
    context: TlsByteVecU8,
    not_after: u64,
    account: AccountId,
    device: DeviceId,
    identity_head: [u8; 32],
}

impl LeafCredential {
    /// Certifies `leaf_key` for `context`: [`KEY_PACKAGE_CONTEXT`] or the conversation id.
    ///
    /// # Errors
    /// [`MlsError::Library`] if key or context are longer than 255 bytes.
    pub fn certify(keys: &DeviceKeys, leaf_key: &[u8], context: &[u8]) -> Result<Self, MlsError> {
        let mut credential = Self {
            account: keys.account,
            device: keys.device,
            identity_head: keys.identity_head,
            not_after: keys.not_after,
            signature: Signature::from_bytes([0; Signature::LEN]),
        };
        let certified = credential
            .certified(leaf_key, context)
            .ok_or_else(|| MlsError::Library("certificate too long".to_owned()))?;
        credential.signature = keys.device_key.sign(Label::Leaf, &certified);
        Ok(credential)
    }

    /// What the device key signs, if it can be encoded.
    fn certified(&self, leaf_key: &[u8], context: &[u8]) -> Option<Vec<u8>> {
        let certified = Certified {
            leaf_key: leaf_key.to_vec().into(),
            context: context.to_vec().into(),
            not_after: self.not_after,
            account: self.account,
            device: self.device,
            identity_head: self.identity_head,
        };
        certified.tls_serialize_detached().ok()
    }

    /// Reads the credential of a leaf.
    pub(super) fn of(credential: &Credential) -> Result<Self, MlsError> {
        if credential.credential_type() != config::credential_type() {
            return Err(MlsError::Credential);
        }
        Self::parse(credential.serialized_content())
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, MlsError> {
        self.tls_serialize_detached().map_err(|error| MlsError::Library(error.to_string()))
    }

    /// Reads a credential; trailing bytes are refused.
    ///
    /// # Errors
    /// [`MlsError::Credential`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MlsError> {
        Self::tls_deserialize_exact(bytes).map_err(|_| MlsError::Credential)
    }

    /// Verifies that `device_key` certified `leaf_key` for `context`.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, leaf_key: &[u8], context: &[u8], device_key: &VerifyingKey) -> Result<(), BadSignature> {
        let certified = self.certified(leaf_key, context).ok_or(BadSignature)?;
        device_key.verify(Label::Leaf, &certified, &self.signature)
    }

    /// Verifies a member's leaf in a conversation: certified for a key package or, the creator's, for the conversation.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify_member(
        &self,
        leaf_key: &[u8],
        conversation: ConversationId,
        device_key: &VerifyingKey,
    ) -> Result<(), BadSignature> {
        self.verify(leaf_key, KEY_PACKAGE_CONTEXT, device_key)
            .or_else(|_| self.verify(leaf_key, conversation.as_bytes(), device_key))
    }
}
