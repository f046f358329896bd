//! From a passphrase to a login verifier and a key-encryption key: one argon2id run, then HKDF.

use super::VaultError;
use crate::kdf::hkdf_sha256;
use crate::recovery::Kek;
use argon2::{Algorithm, Argon2, Version};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};
use zeroize::Zeroizing;

const VERIFIER_INFO: &[u8] = b"tidings/1/vault/verifier";
const KEK_INFO: &[u8] = b"tidings/1/vault/kek";

/// Length of the salt in bytes.
pub(super) const SALT: usize = 16;

/// How much work a passphrase costs. Always within the limits: 19 MiB to 1 GiB, 1 to 10 passes, 1 to 8 lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Params {
    memory: u32,
    passes: u32,
    lanes: u32,
}

impl Params {
    /// What new vaults use: 64 MiB, 3 passes, 1 lane.
    pub const DEFAULT: Params = Params { memory: 64 * 1024, passes: 3, lanes: 1 };
    /// The least a header may ask for: 19 MiB, 1 pass, 1 lane.
    pub const MIN: Params = Params { memory: 19 * 1024, passes: 1, lanes: 1 };
    /// The most a header may ask for: 1 GiB, 10 passes, 8 lanes.
    pub const MAX: Params = Params { memory: 1024 * 1024, passes: 10, lanes: 8 };

    /// `memory` in KiB, `passes` over it, `lanes` (argon2's m, t and p).
    ///
    /// # Errors
    /// [`VaultError::Parameters`] outside the limits.
    pub fn new(memory: u32, passes: u32, lanes: u32) -> Result<Self, VaultError> {
        Params { memory, passes, lanes }.checked()
    }

    /// The same, if within the limits.
    pub(super) fn checked(self) -> Result<Self, VaultError> {
        let fits = (Self::MIN.memory..=Self::MAX.memory).contains(&self.memory)
            && (Self::MIN.passes..=Self::MAX.passes).contains(&self.passes)
            && (Self::MIN.lanes..=Self::MAX.lanes).contains(&self.lanes);
        if fits { Ok(self) } else { Err(VaultError::Parameters) }
    }

    /// Memory in KiB.
    #[must_use]
    pub fn memory(&self) -> u32 {
        self.memory
    }

    /// Passes over the memory.
    #[must_use]
    pub fn passes(&self) -> u32 {
        self.passes
    }

    /// Lanes.
    #[must_use]
    pub fn lanes(&self) -> u32 {
        self.lanes
    }
}

/// What one run gives.
pub(super) struct Stretched {
    /// Kept in the header, compared at login.
    pub(super) verifier: Zeroizing<[u8; 32]>,
    /// Wraps the data key.
    pub(super) kek: Kek,
}

/// The argon2id call that runs: `context` carries secret and associated data in the test of RFC 9106 and none otherwise.
pub(super) fn argon2id(context: Argon2<'_>, passphrase: &[u8], salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let mut out = Zeroizing::new([0; 32]);
    context.hash_password_into(passphrase, salt, out.as_mut_slice()).map_err(|_| VaultError::Parameters)?;
    Ok(out)
}

/// 32 bytes of argon2id over the passphrase with these parameters.
pub(super) fn derive(passphrase: &[u8], salt: &[u8; SALT], params: Params) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let Params { memory, passes, lanes } = params.checked()?;
    let params = argon2::Params::new(memory, passes, lanes, Some(32)).map_err(|_| VaultError::Parameters)?;
    argon2id(Argon2::new(Algorithm::Argon2id, Version::V0x13, params), passphrase, salt)
}

/// One run, then one HKDF for each use.
pub(super) fn stretch(passphrase: &[u8], salt: &[u8; SALT], params: Params) -> Result<Stretched, VaultError> {
    let stretched = derive(passphrase, salt, params)?;
    Ok(Stretched {
        verifier: hkdf_sha256(&[], stretched.as_slice(), VERIFIER_INFO),
        kek: Kek(hkdf_sha256(&[], stretched.as_slice(), KEK_INFO)),
    })
}
