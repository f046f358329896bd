//! Seeded chance. Owns nothing but a stream of random numbers; each concern of a world has its own, so that one more draw in one of
//! them does not change all others.

use rand_chacha::ChaCha8Rng;
use rand_core::{CryptoRng, Rng as _, SeedableRng as _};
use tidings_crypto::derive;

/// One stream of random numbers.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream for `purpose` in the world of `seed`.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        Self(ChaCha8Rng::from_seed(derive("tidings/1/sim-dice", &[&seed.to_be_bytes(), purpose.as_bytes()])))
    }

    /// A number below `bound`; 0 if `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64().checked_rem(bound).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True in `permille` of a thousand draws.
    pub(crate) fn chance(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    /// A number from `-bound` to `bound`.
    pub(crate) fn either_side(&mut self, bound: u64) -> i64 {
        let size = i64::try_from(self.between(0, bound)).unwrap_or(0);
        if self.chance(500) { size } else { -size }
    }

    /// An index into something of `length` items.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// One of the items, if there are any.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let index = self.index(items.len());
        items.get(index)
    }

    /// Random bytes.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// `length` random bytes.
    pub(crate) fn junk(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// The stream as cryptographic code takes it.
    pub(crate) fn rng(&mut self) -> &mut dyn CryptoRng {
        &mut self.0
    }
}
