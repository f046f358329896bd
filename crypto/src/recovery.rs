//! The recovery key: 24 words on paper from which the root key and a key-encryption key follow.
//!
//! Spec: `DECISIONS.md` 13. The words are BIP-39 (English, with its checksum) of 32 random bytes; the bytes go through HKDF, not through
//! the BIP-39 seed derivation, since there is no second passphrase. Never stored by a node.

use crate::kdf::hkdf_sha256;
use crate::sign::SigningKey;
use bip39::{Language, Mnemonic};
use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

const ROOT_INFO: &[u8] = b"tidings/1/recovery/root-seed";
const KEK_INFO: &[u8] = b"tidings/1/recovery/kek";

/// Why words are no recovery key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryError {
    /// Not 24 words.
    #[error("a recovery key has 24 words")]
    Count,
    /// The word at this place, counted from 1, is not in the list.
    #[error("word {0} is not in the word list")]
    Unknown(usize),
    /// All words are known, but they do not belong together: two are exchanged or one is another.
    #[error("the words do not fit together; check their order")]
    Checksum,
}

/// A key that wraps a data key. Overwritten when dropped, never printed.
#[derive(Clone)]
pub struct Kek(pub(crate) Zeroizing<[u8; 32]>);

impl std::fmt::Debug for Kek {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kek(…)")
    }
}

/// The entropy behind the 24 words. Overwritten when dropped, never printed.
#[derive(Clone)]
pub struct RecoveryKey(Zeroizing<[u8; 32]>);

impl RecoveryKey {
    /// A new key from 32 bytes of `rng`.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut entropy = Zeroizing::new([0; 32]);
        rng.fill_bytes(entropy.as_mut_slice());
        Self(entropy)
    }

    /// The 24 words, separated by single spaces.
    #[must_use]
    pub fn words(&self) -> Zeroizing<String> {
        let mnemonic = Mnemonic::from_entropy_in(Language::English, self.0.as_slice()).expect("32 bytes make 24 words");
        let mut words = Zeroizing::new(String::with_capacity(256));
        for word in mnemonic.words() {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
        }
        words
    }

    /// Reads 24 words; case, line breaks and repeated spaces do not matter.
    ///
    /// # Errors
    /// [`RecoveryError`] by cause: their number, an unknown word, their checksum.
    pub fn parse(text: &str) -> Result<Self, RecoveryError> {
        let mut words = Zeroizing::new(String::with_capacity(text.len()));
        for word in text.split_whitespace() {
            if !words.is_empty() {
                words.push(' ');
            }
            words.extend(word.chars().map(|c| c.to_ascii_lowercase()));
        }
        if words.split(' ').count() != 24 {
            return Err(RecoveryError::Count);
        }
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, &words).map_err(|cause| match cause {
            bip39::Error::UnknownWord(at) => RecoveryError::Unknown(at + 1),
            bip39::Error::BadWordCount(_) | bip39::Error::BadEntropyBitCount(_) => RecoveryError::Count,
            bip39::Error::InvalidChecksum | bip39::Error::AmbiguousLanguages(_) => RecoveryError::Checksum,
        })?;
        let (mut bytes, length) = mnemonic.to_entropy_array();
        let mut entropy = Zeroizing::new([0; 32]);
        let fits = match bytes.get(..length) {
            Some(all) if all.len() == entropy.len() => {
                entropy.copy_from_slice(all);
                true
            }
            Some(_) | None => false,
        };
        bytes.zeroize();
        if fits { Ok(Self(entropy)) } else { Err(RecoveryError::Count) }
    }

    /// The root key of the account: signs its identity log and nothing else.
    #[must_use]
    pub fn root_key(&self) -> SigningKey {
        SigningKey::from_seed(&hkdf_sha256::<32>(&[], self.0.as_slice(), ROOT_INFO))
    }

    /// The key that unwraps the vault without the passphrase.
    #[must_use]
    pub fn kek(&self) -> Kek {
        Kek(hkdf_sha256::<32>(&[], self.0.as_slice(), KEK_INFO))
    }
}

impl std::fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryKey(…)")
    }
}

#[cfg(test)]
#[path = "recovery_tests.rs"]
mod tests;
