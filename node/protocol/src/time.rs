//! Time as the core sees it: always an argument, never read from a clock.

/// Milliseconds since the node started; never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Monotonic(pub u64);

/// Milliseconds since 1970-01-01 UTC by the machine's clock, which may be wrong and may jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Wall(pub u64);

/// Both clocks at the start of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// For timers and retries.
    pub monotonic: Monotonic,
    /// For what people read, and for lifetimes.
    pub wall: Wall,
}

impl Monotonic {
    /// This moment plus `milliseconds`.
    #[must_use]
    pub const fn after(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }
}

impl Wall {
    /// Whole seconds since 1970.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }
}
