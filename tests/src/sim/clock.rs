//! One node's clocks: they drift, and the wall clock jumps. Owns the translation between the world's time and the node's.

use tidings_protocol::time::{Monotonic, Now, Wall};

/// Unix milliseconds at which every world begins.
pub(crate) const BEGIN: u64 = 1_795_000_000_000;

/// One node's clocks.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    /// World time at which the node's process began.
    started: u64,
    /// How far the wall clock is off, in milliseconds.
    offset: i64,
    /// How fast it runs, in parts per million.
    drift: i64,
}

impl Clock {
    /// A clock that drifts by `drift` parts per million.
    pub(crate) const fn new(drift: i64) -> Self {
        Self { started: 0, offset: 0, drift }
    }

    /// The process begins anew at world time `now`.
    pub(crate) fn restart(&mut self, now: u64) {
        self.started = now;
    }

    /// The wall clock jumps.
    pub(crate) fn step(&mut self, by: i64) {
        self.offset += by;
    }

    /// What the node reads at world time `now`.
    pub(crate) fn now(&self, now: u64) -> Now {
        let wall = (BEGIN + self.stretch(now)).saturating_add_signed(self.offset);
        Now { monotonic: Monotonic(self.stretch(now - self.started)), wall: Wall(wall) }
    }

    /// The first world time at which the node's monotonic clock has reached `due`.
    pub(crate) fn when(&self, due: Monotonic) -> u64 {
        let exact = due.0.saturating_mul(1_000_000) / self.rate();
        let mut time = self.started.saturating_add(exact.saturating_sub(2));
        while self.now(time).monotonic < due {
            time += 1;
        }
        time
    }

    fn rate(&self) -> u64 {
        1_000_000_u64.saturating_add_signed(self.drift)
    }

    fn stretch(&self, elapsed: u64) -> u64 {
        elapsed.saturating_mul(self.rate()) / 1_000_000
    }
}
