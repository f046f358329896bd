//! The identity log as its owner writes it and everybody holds it: always a verified log.

use super::entry::{Body, DeviceRecord, Genesis, Home, SignedEntry};
use super::{IdentityError, MAX_LOG, read};
use crate::codec::encode;
use crate::id::{AccountId, DeviceId};
use crate::sign::{SigningKey, VerifyingKey};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

/// The version of the byte form.
pub(super) const VERSION: u8 = 1;

/// The byte form: a version and the entries.
#[derive(TlsSerialize, TlsDeserialize, TlsSize)]
pub(super) struct LogFrame {
    pub(super) version: u8,
    pub(super) entries: Vec<SignedEntry>,
}

/// An account's identity log. Every value of this type has been verified whole.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityLog {
    pub(super) entries: Vec<SignedEntry>,
    pub(super) account: AccountId,
    pub(super) root: VerifyingKey,
    pub(super) heads: Vec<[u8; 32]>,
    pub(super) devices: Vec<(DeviceId, DeviceRecord)>,
    pub(super) homes: Vec<Home>,
}

impl IdentityLog {
    /// Founds an account: a log with the genesis entry only. `nonce` is 32 random bytes.
    ///
    /// # Panics
    /// Only if `root` were a key of small order, which no seed gives.
    #[must_use]
    pub fn create(root: &SigningKey, nonce: [u8; 32]) -> Self {
        let genesis = Genesis { root: root.verifying_key(), nonce };
        let entry = SignedEntry::sign(root, [0; 32], &Body::Genesis(genesis));
        read::verified(vec![entry]).expect("a genesis just signed verifies")
    }

    /// Adds a device, or renews one: a second record of the same key replaces `not_after`.
    ///
    /// # Errors
    /// [`IdentityError::Signature`] with another root key, `DeviceKey`, `TooManyDevices`, `TooLarge`; the log is then as before.
    pub fn add_device(&mut self, root: &SigningKey, device: DeviceRecord) -> Result<DeviceId, IdentityError> {
        self.append(root, &Body::AddDevice(device))?;
        Ok(DeviceId::derive(&self.account, &device.device_key))
    }

    /// Sets the nodes the account lives on; replaces those set before.
    ///
    /// # Errors
    /// [`IdentityError::Signature`] with another root key, `Homes`, `TooLarge`; the log is then as before.
    pub fn set_home(&mut self, root: &SigningKey, homes: Vec<Home>) -> Result<(), IdentityError> {
        super::entry::check_homes(&homes)?;
        self.append(root, &Body::SetHome(homes))
    }

    fn append(&mut self, root: &SigningKey, body: &Body) -> Result<(), IdentityError> {
        let mut entries = self.entries.clone();
        entries.push(SignedEntry::sign(root, self.head(), body));
        let next = read::verified(entries)?;
        if next.to_bytes().len() > MAX_LOG {
            return Err(IdentityError::TooLarge);
        }
        *self = next;
        Ok(())
    }

    /// Reads and verifies a log: version, chain, every signature, keys, sizes.
    ///
    /// # Errors
    /// [`IdentityError`] by cause.
    pub fn parse(bytes: &[u8]) -> Result<Self, IdentityError> {
        read::parse(bytes)
    }

    /// The whole log as it is sent and stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&LogFrame { version: VERSION, entries: self.entries.clone() })
    }

    /// The account this log belongs to.
    #[must_use]
    pub fn account_id(&self) -> AccountId {
        self.account
    }

    /// The root key.
    #[must_use]
    pub fn root_key(&self) -> VerifyingKey {
        self.root
    }

    /// The hash of the last entry.
    #[must_use]
    pub fn head(&self) -> [u8; 32] {
        self.heads.last().copied().unwrap_or_default()
    }

    /// Whether `head` is the hash of one of the entries: the log has been in that state.
    #[must_use]
    pub fn contains_head(&self, head: &[u8; 32]) -> bool {
        self.heads.contains(head)
    }

    /// The log as it was when `head` was its head (`DECISIONS.md` 12).
    #[must_use]
    pub fn at(&self, head: &[u8; 32]) -> Option<IdentityLog> {
        let at = self.heads.iter().position(|known| known == head)?;
        if at + 1 == self.heads.len() {
            // The whole log, which was verified when it was made.
            return Some(self.clone());
        }
        let entries = self.entries.get(..=at)?.to_vec();
        read::verified(entries).ok()
    }

    /// The nodes the account lives on, most recent statement.
    #[must_use]
    pub fn homes(&self) -> &[Home] {
        &self.homes
    }

    /// The record of a device.
    #[must_use]
    pub fn device(&self, device: DeviceId) -> Option<&DeviceRecord> {
        self.devices.iter().find(|(id, _)| *id == device).map(|(_, record)| record)
    }

    /// All devices in the order they were added.
    #[must_use]
    pub fn devices(&self) -> &[(DeviceId, DeviceRecord)] {
        &self.devices
    }

    /// Whether this log is `older` or `older` with entries added: same account, same entries in front.
    #[must_use]
    pub fn extends(&self, older: &IdentityLog) -> bool {
        self.entries.starts_with(&older.entries)
    }
}

impl std::fmt::Debug for IdentityLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentityLog")
            .field("account", &self.account)
            .field("entries", &self.entries.len())
            .field("devices", &self.devices.len())
            .finish_non_exhaustive()
    }
}
