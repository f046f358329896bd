//! Randomness of one step: a ChaCha20 stream from the step's key. Owns nothing that outlives the step.

use std::cell::RefCell;

use openmls_traits::random::OpenMlsRand;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// A step that may not draw has drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this step has no randomness")]
pub struct Randomness;

/// The stream of one step.
#[derive(Debug)]
pub struct StepRandom(Option<RefCell<ChaCha20Rng>>);

impl StepRandom {
    pub(super) fn from_key(key: &[u8; 32]) -> Self {
        Self(Some(RefCell::new(ChaCha20Rng::from_seed(*key))))
    }

    pub(super) fn none() -> Self {
        Self(None)
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), Randomness> {
        self.0.as_ref().ok_or(Randomness)?.borrow_mut().fill_bytes(bytes);
        Ok(())
    }
}

impl OpenMlsRand for StepRandom {
    type Error = Randomness;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], Randomness> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn random_vec(&self, len: usize) -> Result<Vec<u8>, Randomness> {
        let mut bytes = vec![0; len];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}
