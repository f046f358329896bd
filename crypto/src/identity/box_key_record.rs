//! The box key record: which box key a device has now, signed by its device key.
//!
//! Spec: `DECISIONS.md` 10. It stands beside the identity log, since box keys change monthly and the log only grows. Of two records of
//! one device the one issued later counts ([`BoxKeyRecord::is_newer_than`]).

use super::IdentityLog;
use crate::box_key::BoxPublicKey;
use crate::codec::{decode_exact, encode};
use crate::id::{AccountId, DeviceId};
use crate::sign::{Label, Signature, SigningKey};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

/// Why a box key record is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BoxKeyError {
    /// Not one well-formed record.
    #[error("the box key record is malformed")]
    Malformed,
    /// The key inside is no X-Wing public key.
    #[error("the box key is not valid")]
    Key,
    /// The record belongs to another account.
    #[error("the box key record belongs to another account")]
    Account,
    /// The account has no such device.
    #[error("the box key record is of a device the account does not have")]
    Device,
    /// The device key did not sign it.
    #[error("the box key record is not signed by its device")]
    Signature,
}

#[derive(Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Content {
    version: u8,
    account: AccountId,
    device: DeviceId,
    key: VLByteVec,
    issued_at: u64,
}

#[derive(Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Frame {
    content: Content,
    signature: Signature,
}

const VERSION: u8 = 1;

/// A device's statement of its box key. Well-formed once made; who signed it, [`BoxKeyRecord::verify`] says.
#[derive(Clone, PartialEq, Eq)]
pub struct BoxKeyRecord {
    frame: Frame,
    key: BoxPublicKey,
}

impl BoxKeyRecord {
    /// Makes and signs the record of `device_key`'s device in `account`. `issued_at` is in unix seconds.
    #[must_use]
    pub fn create(account: AccountId, device_key: &SigningKey, key: &BoxPublicKey, issued_at: u64) -> Self {
        let device = DeviceId::derive(&account, &device_key.verifying_key());
        let bytes = VLByteVec::from(key.as_bytes().to_vec());
        let content = Content { version: VERSION, account, device, key: bytes, issued_at };
        let signature = device_key.sign(Label::BoxKey, &encode(&content));
        Self { frame: Frame { content, signature }, key: key.clone() }
    }

    /// Reads a record; its signature is not checked yet.
    ///
    /// # Errors
    /// [`BoxKeyError::Malformed`], [`BoxKeyError::Key`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BoxKeyError> {
        let frame: Frame = decode_exact(bytes).map_err(|_| BoxKeyError::Malformed)?;
        if frame.content.version != VERSION {
            return Err(BoxKeyError::Malformed);
        }
        let key = BoxPublicKey::from_bytes(frame.content.key.as_slice()).map_err(|_| BoxKeyError::Key)?;
        Ok(Self { frame, key })
    }

    /// The record as sent and stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&self.frame)
    }

    /// Checks that a device of this identity log signed the record.
    ///
    /// # Errors
    /// [`BoxKeyError::Account`], [`BoxKeyError::Device`], [`BoxKeyError::Signature`].
    pub fn verify(&self, log: &IdentityLog) -> Result<(), BoxKeyError> {
        let Frame { content, signature } = &self.frame;
        if content.account != log.account_id() {
            return Err(BoxKeyError::Account);
        }
        let device = log.device(content.device).ok_or(BoxKeyError::Device)?;
        device.device_key.verify(Label::BoxKey, &encode(content), signature).map_err(|_| BoxKeyError::Signature)
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.frame.content.account
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.frame.content.device
    }

    /// The key to seal to.
    #[must_use]
    pub fn key(&self) -> &BoxPublicKey {
        &self.key
    }

    /// When it was issued, unix seconds by the device's clock.
    #[must_use]
    pub fn issued_at(&self) -> u64 {
        self.frame.content.issued_at
    }

    /// Whether this record replaces `other`: same device, issued later.
    #[must_use]
    pub fn is_newer_than(&self, other: &BoxKeyRecord) -> bool {
        self.account() == other.account() && self.device() == other.device() && self.issued_at() > other.issued_at()
    }
}

impl std::fmt::Debug for BoxKeyRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoxKeyRecord")
            .field("device", &self.device())
            .field("issued_at", &self.issued_at())
            .finish_non_exhaustive()
    }
}
