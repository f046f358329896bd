//! The clocks of the machine: the only place of this crate that reads them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tidings_protocol::time::{Monotonic, Now, Wall};

/// Counts from the moment it was made; copies count alike.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Both clocks, as a step of the core takes them.
    #[must_use]
    pub fn now(&self) -> Now {
        // A machine that believes it is before 1970 gets 1970: the core treats wall time as a hint only.
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { monotonic: Monotonic(milliseconds(self.start.elapsed())), wall: Wall(milliseconds(wall)) }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
