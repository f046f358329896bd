//! What was verified of MLS trees and commits already: signatures, and HPKE keys that one can seal to.
//!
//! The accounts of one node that are in one group verify the same leaves and the same commits. Each of these checks is a function of the bytes
//! alone, so it is made once for all of them. Only what was found good is remembered; what is forgotten is found out again.

use std::sync::{Arc, Mutex, PoisonError};

use super::{MlsError, keys_check};
use crate::id::derive;
use crate::recent::Recent;
use crate::sign::BadSignature;

/// Signatures and keys remembered, each in two generations: four groups of the largest size with all inner nodes.
const KNOWN_MAX: usize = 8 * 1024;

/// What is known to be good. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Known(Arc<Mutex<Facts>>);

#[derive(Debug)]
struct Facts {
    signatures: Recent<()>,
    keys: Recent<()>,
}

impl Default for Facts {
    fn default() -> Self {
        Self { signatures: Recent::new(KNOWN_MAX), keys: Recent::new(KNOWN_MAX) }
    }
}

impl Known {
    /// Whether a signature holds; `verify` finds out if it is not known.
    pub(super) fn signature(
        &self,
        (key, data, signature): (&[u8], &[u8], &[u8]),
        verify: impl FnOnce() -> Result<(), BadSignature>,
    ) -> Result<(), BadSignature> {
        let name = derive("tidings/1/known-signature", &[key, data, signature]);
        if self.facts(|facts| facts.signatures.get(&name)).is_some() {
            return Ok(());
        }
        verify()?;
        self.facts(|facts| facts.signatures.insert(name, (), 1));
        Ok(())
    }

    /// Refuses an HPKE key that no one could seal to.
    pub(super) fn check_key(&self, key: &[u8]) -> Result<(), MlsError> {
        let Ok(name) = key.try_into() else { return keys_check::check_key(key) };
        if self.facts(|facts| facts.keys.get(&name)).is_some() {
            return Ok(());
        }
        keys_check::check_key(key)?;
        self.facts(|facts| facts.keys.insert(name, (), 1));
        Ok(())
    }

    fn facts<T>(&self, act: impl FnOnce(&mut Facts) -> T) -> T {
        // Each fact is put in whole, so a set left by a thread that panicked is still right.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::Known;
    use crate::mls::MlsError;
    use crate::sign::{Signature, SigningKey};

    #[test]
    fn a_signature_that_was_found_good_vouches_for_no_other_key_text_or_signature() {
        let known = Known::default();
        let key = SigningKey::from_seed(&[1; 32]);
        let other = SigningKey::from_seed(&[2; 32]).verifying_key();
        let signature = key.sign_raw(b"a leaf");
        let verify = |key: &[u8; 32], text: &[u8], signature: &Signature| {
            let holds = || crate::sign::VerifyingKey::from_bytes(*key).verify_raw(text, signature);
            known.signature((key, text, signature.as_bytes()), holds)
        };
        let own = *key.verifying_key().as_bytes();
        for _ in 0..2 {
            verify(&own, b"a leaf", &signature).unwrap();
            assert!(verify(&own, b"a leaf.", &signature).is_err());
            assert!(verify(other.as_bytes(), b"a leaf", &signature).is_err());
            assert!(verify(&own, b"a leaf", &key.sign_raw(b"another")).is_err());
        }
    }

    #[test]
    fn keys_of_small_order_and_of_other_lengths_are_refused_each_time() {
        let known = Known::default();
        for _ in 0..2 {
            assert_eq!(known.check_key(&[9; 32]), Ok(()));
            assert_eq!(known.check_key(&[0; 32]), Err(MlsError::KeyLength));
            assert_eq!(known.check_key(&[9; 31]), Err(MlsError::KeyLength));
        }
    }
}
