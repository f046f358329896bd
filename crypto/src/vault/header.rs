//! The vault header: its byte form and the checks that need no key.
//!
//! The checksum at its end tells a damaged disk from a mistyped passphrase; against somebody who changes the header on purpose the MAC
//! under the data key stands, and the associated data of the wraps.

use super::passphrase::{Params, SALT};
use super::{DataKey, VaultError};
use crate::codec::{decode_exact, encode};
use crate::id::derive;
use crate::kdf::hmac_sha256;
use crate::seal::{NONCE, TAG};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};
use zeroize::Zeroizing;

const VERSION: u8 = 1;

/// The data key sealed under a key-encryption key.
#[derive(Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub(super) struct Wrapped {
    pub(super) nonce: [u8; NONCE],
    pub(super) sealed: [u8; 32 + TAG],
}

/// What the passphrase is checked and stretched with; associated data of the passphrase wrap.
#[derive(Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub(super) struct Lock {
    pub(super) version: u8,
    pub(super) params: Params,
    pub(super) salt: [u8; SALT],
    pub(super) verifier: [u8; 32],
}

#[derive(Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub(super) struct Content {
    pub(super) lock: Lock,
    pub(super) by_passphrase: Wrapped,
    pub(super) by_recovery: Wrapped,
}

#[derive(Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Frame {
    content: Content,
    mac: [u8; 32],
    checksum: [u8; 32],
}

/// The header of a vault: everything needed to open it but the passphrase. Holds no secret in the clear.
#[derive(Clone, PartialEq, Eq)]
pub struct VaultHeader(Frame);

impl VaultHeader {
    /// Length in bytes.
    pub const LEN: usize = 1 + 12 + SALT + 32 + 2 * (NONCE + 32 + TAG) + 32 + 32;

    /// A header over this content, with its MAC under the data key.
    pub(super) fn new(content: Content, key: &DataKey) -> Self {
        let mac = mac(&content, key);
        Self(Frame { content, mac, checksum: checksum(&content, &mac) })
    }

    /// Reads a header. Work parameters are checked here, before anything is computed from a passphrase.
    ///
    /// # Errors
    /// [`VaultError::Corrupt`] if it is not one whole header, [`VaultError::Parameters`] if it asks for work outside the limits.
    pub fn parse(bytes: &[u8]) -> Result<Self, VaultError> {
        let frame: Frame = decode_exact(bytes).map_err(|_| VaultError::Corrupt)?;
        let whole = frame.checksum == checksum(&frame.content, &frame.mac);
        if !whole || frame.content.lock.version != VERSION {
            return Err(VaultError::Corrupt);
        }
        frame.content.lock.params.checked()?;
        Ok(Self(frame))
    }

    /// The header as stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&self.0)
    }

    /// The work its passphrase costs.
    #[must_use]
    pub fn params(&self) -> Params {
        self.0.content.lock.params
    }

    pub(super) fn content(&self) -> &Content {
        &self.0.content
    }

    /// Whether the content is what the holder of the data key wrote.
    pub(super) fn is_authentic(&self, key: &DataKey) -> bool {
        crate::kdf::equal(&mac(&self.0.content, key), &self.0.mac)
    }
}

impl Lock {
    pub(super) fn new(params: Params, salt: [u8; SALT], verifier: [u8; 32]) -> Self {
        Self { version: VERSION, params, salt, verifier }
    }
}

impl std::fmt::Debug for VaultHeader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VaultHeader").field("params", &self.params()).finish_non_exhaustive()
    }
}

fn mac(content: &Content, key: &DataKey) -> [u8; 32] {
    let mac_key = Zeroizing::new(derive("tidings/1/vault/header-mac", &[key.as_bytes()]));
    hmac_sha256(mac_key.as_slice(), &encode(content))
}

fn checksum(content: &Content, mac: &[u8; 32]) -> [u8; 32] {
    derive("tidings/1/vault/checksum", &[&encode(content), mac])
}
