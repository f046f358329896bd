//! Runs inputs through the core: one batch, one commit, then the effects; and what happens when the core panics.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tidings_crypto::id::{AccountId, NodeId};
use tidings_protocol::effect::Effect;
use tidings_protocol::error::Fault;
use tidings_protocol::input::Input;
use tidings_protocol::store::overlay::{Overlay, Pending};
use tidings_protocol::store::snapshot::StoreError;

use super::core::Core;
use super::outlet::Outlet;
use crate::clock::Clock;
use crate::store::Store;

/// Why the driver stops.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The disk, or the data on it.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The core does not even start: going on would be a loop.
    #[error("the core panics when it starts")]
    Core,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Fault(Fault::Store(error.to_string()))
    }
}

/// The core with everything a step touches.
pub(super) struct Engine<C> {
    pub(super) store: Store,
    pub(super) core: C,
    pub(super) make: Box<dyn FnMut() -> C + Send>,
    pub(super) outlet: Outlet,
    pub(super) clock: Clock,
    /// Peers and accounts the core was told of; a rebuilt core is told again.
    pub(super) connected: BTreeSet<NodeId>,
    pub(super) unlocked: BTreeSet<AccountId>,
}

impl<C: Core> Engine<C> {
    /// Runs a batch and yields how many of its inputs were discarded. Each is, if the core panics over it; the others are carried out.
    pub(super) fn run(&mut self, inputs: Vec<Input>) -> Result<usize, Failure> {
        if self.attempt(&inputs)? {
            return Ok(0);
        }
        self.rebuild(&inputs)?;
        let [_] = inputs.as_slice() else {
            return self.run_singly(inputs);
        };
        inputs.into_iter().for_each(|input| self.discard(&input));
        Ok(1)
    }

    fn run_singly(&mut self, inputs: Vec<Input>) -> Result<usize, Failure> {
        let mut discarded = 0;
        let mut rest = inputs.into_iter();
        while let Some(input) = rest.next() {
            // The new core has not asked what these answer; it asks again.
            let unasked = matches!(input, Input::Response { .. });
            let single = [input];
            if !unasked && self.attempt(&single)? {
                continue;
            }
            discarded += 1;
            single.iter().for_each(|input| self.discard(input));
            if !unasked {
                self.rebuild(rest.as_slice())?;
            }
        }
        Ok(discarded)
    }

    /// Steps, commit, effects. `false` if the core panicked, or wrote what it may not: nothing is changed then, and the core is spoilt.
    fn attempt(&mut self, inputs: &[Input]) -> Result<bool, Failure> {
        let Some((pending, effects)) = self.steps(inputs)? else {
            return Ok(false);
        };
        if !pending.is_empty() {
            match self.store.commit(pending.into_writes()) {
                Ok(()) => self.outlet.counters.commits.add(1),
                Err(StoreError::Locked) => {
                    tracing::error!("the core wrote a row of a locked account");
                    return Ok(false);
                }
                Err(error @ StoreError::Fault(_)) => return Err(error.into()),
            }
        }
        inputs.iter().for_each(|input| self.remember(input));
        effects.into_iter().for_each(|effect| self.outlet.run(effect));
        Ok(true)
    }

    fn steps(&mut self, inputs: &[Input]) -> Result<Option<(Pending, Vec<Effect>)>, Failure> {
        let snapshot = self.store.snapshot()?;
        let (mut pending, mut effects) = (Pending::default(), Vec::new());
        for input in inputs {
            let (now, core) = (self.clock.now(), &mut self.core);
            let step = || core.handle(now, input.clone(), &Overlay::new(&snapshot, &pending));
            let Ok(output) = catch_unwind(AssertUnwindSafe(step)) else {
                return Ok(None);
            };
            let output = output?;
            self.outlet.counters.inputs.add(1);
            pending.apply_all(output.writes);
            effects.extend(output.effects);
        }
        Ok(Some((pending, effects)))
    }

    /// Replaces a core that panicked by a new one that knows what the old one knew; `kept` are the inputs it gets next.
    pub(super) fn rebuild(&mut self, kept: &[Input]) -> Result<(), Failure> {
        self.outlet.forget(&kept.iter().filter_map(command_id).collect());
        self.core = (self.make)();
        let connected = self.connected.iter().copied().map(Input::PeerConnected);
        let unlocked = self.unlocked.iter().copied().map(Input::Unlocked);
        let told: Vec<Input> = std::iter::once(Input::Start).chain(connected).chain(unlocked).collect();
        for input in told {
            if !self.attempt(&[input])? {
                return Err(Failure::Core);
            }
        }
        Ok(())
    }

    fn discard(&mut self, input: &Input) {
        tracing::error!(kind = kind(input), "an input was discarded because the core panicked");
        self.outlet.counters.discarded.add(1);
        if let Some(id) = command_id(input) {
            self.outlet.reject(id);
        }
    }

    fn remember(&mut self, input: &Input) {
        match input {
            Input::PeerConnected(peer) => drop(self.connected.insert(*peer)),
            Input::PeerDisconnected(peer) => drop(self.connected.remove(peer)),
            Input::Unlocked(account) => drop(self.unlocked.insert(*account)),
            Input::Locked(account) => drop(self.unlocked.remove(account)),
            Input::Start | Input::Tick | Input::Request { .. } | Input::Response { .. } | Input::Command { .. } => {}
        }
    }
}

fn command_id(input: &Input) -> Option<u64> {
    if let Input::Command { id, .. } = input { Some(*id) } else { None }
}

fn kind(input: &Input) -> &'static str {
    match input {
        Input::Start => "start",
        Input::Tick => "tick",
        Input::PeerConnected(_) => "peer connected",
        Input::PeerDisconnected(_) => "peer disconnected",
        Input::Request { .. } => "request",
        Input::Response { .. } => "response",
        Input::Unlocked(_) => "unlocked",
        Input::Locked(_) => "locked",
        Input::Command { .. } => "command",
    }
}
