//! The data key: seals everything an account stores on its node.

use crate::seal::{self, NONCE, OpenError};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// A 32-byte key. Overwritten when dropped, never printed.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A new key from 32 bytes of `rng`.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut_slice());
        Self(bytes)
    }

    /// The key with these bytes (the node's own store key is kept in a file).
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals with XChaCha20-Poly1305; the result is the nonce, the ciphertext and the tag. `nonce` must be fresh: 24 random bytes.
    #[must_use]
    pub fn seal(&self, aad: &[u8], plaintext: &[u8], nonce: [u8; 24]) -> Vec<u8> {
        let mut sealed = nonce.to_vec();
        sealed.extend_from_slice(&seal::seal(&self.0, &nonce, aad, plaintext));
        sealed
    }

    /// Opens what [`DataKey::seal`] made with the same `aad`.
    ///
    /// # Errors
    /// [`OpenError`] for every cause alike.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>().ok_or(OpenError)?;
        seal::open(&self.0, nonce, aad, ciphertext)
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(…)")
    }
}
