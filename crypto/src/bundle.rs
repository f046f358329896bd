//! Bundles: one text sealed once for many, each of whom is given its key (`DECISIONS.md` 10).
//!
//! XChaCha20-Poly1305 under a fresh random key, which seals nothing else; so its nonce may be zero. How the key reaches those for whom the
//! text is, and who made it, is the caller's business: a bundle by itself is signed by nobody.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::seal::{self, NONCE, OpenError};

/// What a sealed bundle is bound to, beside its key.
const CONTEXT: &[u8] = b"tidings/1/bundle";

/// Seals `plaintext` under a fresh key from 32 bytes of `rng`. Returns the key and the ciphertext with its tag, 16 bytes longer than the text.
#[must_use]
pub fn seal(plaintext: &[u8], rng: &mut dyn CryptoRng) -> (Zeroizing<[u8; 32]>, Vec<u8>) {
    let mut key = Zeroizing::new([0; 32]);
    rng.fill_bytes(key.as_mut_slice());
    let sealed = seal::seal(&key, &[0; NONCE], CONTEXT, plaintext);
    (key, sealed)
}

/// Opens what [`seal`] made.
///
/// # Errors
/// [`OpenError`] for every cause alike: another key, changed bytes, too short.
pub fn open(key: &[u8; 32], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    seal::open(key, &[0; NONCE], CONTEXT, sealed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::{open, seal};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    #[test]
    fn a_bundle_opens_with_its_key_and_whole_only() {
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let (key, sealed) = seal(b"for many", &mut rng);
        assert_eq!(open(&key, &sealed).unwrap().as_slice(), b"for many");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&key, &changed).is_err(), "byte {at}");
            assert!(open(&key, &sealed[..at]).is_err(), "{at} bytes");
        }
        let (other, _) = seal(b"for many", &mut rng);
        assert_ne!(*key, *other, "every bundle has a key of its own");
        assert!(open(&other, &sealed).is_err());
    }
}
