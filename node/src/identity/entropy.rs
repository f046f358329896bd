//! Randomness of the operating system, for what the shell makes itself: keys of new accounts, tokens, ids.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use zeroize::Zeroizing;

use super::IdentityError;

/// Fills `bytes` with random bytes of the operating system.
///
/// # Errors
/// [`IdentityError::Entropy`] if it gives none.
pub fn fill(bytes: &mut [u8]) -> Result<(), IdentityError> {
    getrandom::fill(bytes).map_err(|_| IdentityError::Entropy)
}

/// A generator for one operation, seeded by the operating system.
///
/// # Errors
/// As [`fill`].
pub fn seeded() -> Result<ChaCha20Rng, IdentityError> {
    let mut seed = Zeroizing::new([0; 32]);
    fill(seed.as_mut_slice())?;
    Ok(ChaCha20Rng::from_seed(*seed))
}
