//! What the driver counts, for metrics and tests.

use std::sync::atomic::{AtomicU64, Ordering};

/// One number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, amount: usize) {
        self.0.fetch_add(u64::try_from(amount).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How many so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts since the driver started.
#[derive(Debug, Default)]
pub struct Counters {
    /// Inputs the core has handled, those of repeated batches twice.
    pub inputs: Counter,
    /// Durable commits.
    pub commits: Counter,
    /// Inputs thrown away because the core panicked over them: each is a bug of ours.
    pub discarded: Counter,
    /// Requests of peers dropped because the inbox was full.
    pub dropped_requests: Counter,
    /// Effects dropped because the network task took none.
    pub dropped_effects: Counter,
}
