//! What a suite must do to be measured: one device in one group, at one epoch.

use rand_chacha::ChaCha20Rng;
use tidings_crypto::mls::Rows;

/// A key package: what travels and what its device keeps.
pub(crate) struct Package<P> {
    pub(crate) number: u32,
    pub(crate) bytes: usize,
    pub(crate) public: P,
    pub(crate) private: Rows,
}

/// A commit of one member and what follows from it.
pub(crate) struct Step<M> {
    pub(crate) commit: Vec<u8>,
    pub(crate) welcome: Option<Vec<u8>>,
    pub(crate) next: M,
}

/// What a commit does beside renewing the committer's path.
pub(crate) enum Plan<'a, P> {
    Nothing,
    Add(Vec<&'a Package<P>>),
    Remove(u32),
}

/// A member of a group under one suite. Panics if the library refuses: a bench has no other use for an error.
pub(crate) trait Member: Sized {
    type Package: Clone;

    fn found(rng: &mut ChaCha20Rng) -> Self;
    fn package(number: u32, rng: &mut ChaCha20Rng) -> Package<Self::Package>;
    fn join(package: &Package<Self::Package>, welcome: &[u8], rng: &mut ChaCha20Rng) -> Self;
    fn commit(&mut self, plan: &Plan<'_, Self::Package>, rng: &mut ChaCha20Rng) -> Step<Self>;
    fn apply(&self, commit: &[u8]) -> Self;
    fn encrypt(&mut self, plaintext: &[u8], rng: &mut ChaCha20Rng) -> Vec<u8>;
    fn decrypt(&mut self, bytes: &[u8]) -> Vec<u8>;
    /// All rows of the epoch, as they are kept.
    fn rows(&self) -> Rows;
    /// Bytes of the rows written since the last look.
    fn written(&mut self) -> usize;
    /// The same member, loaded from the rows.
    fn load(&self, rows: Rows) -> Self;
    /// Equal for all members at the same state.
    fn authenticator(&self) -> Vec<u8>;
}
