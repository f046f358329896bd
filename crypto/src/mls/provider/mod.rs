//! The openmls provider: our crypto crates, the step's randomness and a row store, behind openmls's traits.
//!
//! Owns the choice of primitives for suite 0x0003 (DECISIONS 9). Does not reach for the system's randomness: a step begins
//! with 32 bytes from the caller's generator, and everything random in it follows from them.

mod crypto;
mod hpke;
mod random;
mod signer;

use openmls_traits::OpenMlsProvider;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

pub use crypto::Crypto;
pub(in crate::mls) use hpke::KEY;
pub use random::{Randomness, StepRandom};
pub use signer::LeafSigner;

use super::Known;
use super::storage::RowStore;
use crate::id::derive;

const STREAM_LABEL: &str = "tidings/1/mls/step-stream";
const SEAL_LABEL: &str = "tidings/1/mls/step-seal";

/// Crypto, randomness and rows for one operation ("step") on one group.
#[derive(Debug)]
pub struct StepProvider<'a> {
    crypto: Crypto,
    random: StepRandom,
    store: RowStore<'a>,
}

impl<'a> StepProvider<'a> {
    /// A provider whose randomness follows from `seed`.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32], store: RowStore<'a>) -> Self {
        let seal_key = Zeroizing::new(derive(SEAL_LABEL, &[seed]));
        let stream_key = Zeroizing::new(derive(STREAM_LABEL, &[seed]));
        Self { crypto: Crypto::with_seal_key(seal_key), random: StepRandom::from_key(&stream_key), store }
    }

    /// A provider for one step: takes 32 bytes from `rng`.
    #[must_use]
    pub fn for_step(rng: &mut dyn CryptoRng, store: RowStore<'a>) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        Self::from_seed(&seed, store)
    }

    /// A provider for steps that draw nothing: verifying, opening, merging. Drawing or sealing with it is an error.
    #[must_use]
    pub fn without_randomness(store: RowStore<'a>) -> Self {
        Self { crypto: Crypto::without_sealing(), random: StepRandom::none(), store }
    }

    /// The same, with what was verified in other steps, which then learn what is verified in this one.
    #[must_use]
    pub(in crate::mls) fn knowing(self, known: &Known) -> Self {
        Self { crypto: self.crypto.knowing(known), ..self }
    }

    /// The rows, with what was written in this step.
    #[must_use]
    pub fn into_store(self) -> RowStore<'a> {
        self.store
    }
}

impl<'a> OpenMlsProvider for StepProvider<'a> {
    type CryptoProvider = Crypto;
    type RandProvider = StepRandom;
    type StorageProvider = RowStore<'a>;

    fn storage(&self) -> &RowStore<'a> {
        &self.store
    }

    fn crypto(&self) -> &Crypto {
        &self.crypto
    }

    fn rand(&self) -> &StepRandom {
        &self.random
    }
}
