//! XChaCha20-Poly1305 as the outer seal, the vault and the store use it.
//!
//! Callers bring the nonce: those who seal know whether it must be random or may be derived.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// Length of a nonce in bytes.
pub(crate) const NONCE: usize = 24;
/// Length of the authentication tag in bytes.
pub(crate) const TAG: usize = 16;

/// A sealed text can't be opened: wrong key, wrong context, changed or truncated bytes. The cause is not told apart on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed bytes cannot be opened")]
pub struct OpenError;

/// Ciphertext and tag.
pub(crate) fn seal(key: &[u8; 32], nonce: &[u8; NONCE], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(*nonce), Payload { msg: plaintext, aad })
        .expect("only texts of 256 GiB and more are refused")
}

/// The plaintext, if key, nonce, context and every byte fit.
pub(crate) fn open(
    key: &[u8; 32],
    nonce: &[u8; NONCE],
    aad: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    XChaCha20Poly1305::new(key.into())
        .decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad })
        .map(Zeroizing::new)
        .map_err(|_| OpenError)
}
