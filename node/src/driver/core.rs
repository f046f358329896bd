//! What the driver drives.

use tidings_protocol::effect::Output;
use tidings_protocol::error::Fault;
use tidings_protocol::input::Input;
use tidings_protocol::node::Node;
use tidings_protocol::store::snapshot::Snapshot;
use tidings_protocol::time::{Monotonic, Now};

/// A state machine whose every lasting state is in the store. [`Node`] is the one that runs; tests bring one that panics when told to.
pub trait Core: 'static {
    /// One step.
    ///
    /// # Errors
    /// [`Fault`] if the store fails or is damaged: the driver stops.
    fn handle(&mut self, now: Now, input: Input, store: &dyn Snapshot) -> Result<Output, Fault>;

    /// When [`Input::Tick`] is due.
    fn next_wake(&self) -> Option<Monotonic>;
}

impl Core for Node {
    fn handle(&mut self, now: Now, input: Input, store: &dyn Snapshot) -> Result<Output, Fault> {
        Self::handle(self, now, input, store)
    }

    fn next_wake(&self) -> Option<Monotonic> {
        Self::next_wake(self)
    }
}
