//! The driver's loop: takes what waits, wakes when the core wants to be woken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tidings_crypto::id::AccountId;
use tidings_crypto::vault::DataKey;
use tidings_protocol::command::{Answer, Command};
use tidings_protocol::error::Rejection;
use tidings_protocol::input::Input;
use tidings_protocol::time::Monotonic;
use tokio::sync::oneshot;

use super::batch::{Engine, Failure};
use super::core::Core;
use super::handle::{DriverError, KeyOrder, Order, Reply};
use super::limits::BATCH_MAX;
use super::outlet::answer;

/// The loop's state.
pub(super) struct Driver<C> {
    engine: Engine<C>,
    orders: Receiver<Order>,
    peer_requests: Arc<AtomicUsize>,
    /// When the core was last woken: a core that asks for a time in the past gets one tick a millisecond, not all of the processor.
    woken: Option<Monotonic>,
}

/// What the loop does after the batch.
enum Next {
    Again,
    Keys(KeyOrder),
    Stop,
}

impl<C: Core> Driver<C> {
    pub(super) fn new(engine: Engine<C>, orders: Receiver<Order>, peer_requests: Arc<AtomicUsize>) -> Self {
        Self { engine, orders, peer_requests, woken: None }
    }

    /// Runs until it is told to stop, every handle is gone, or something fails.
    pub(super) fn run(mut self) -> Result<(), Failure> {
        if self.engine.run(vec![Input::Start])? > 0 {
            return Err(Failure::Core);
        }
        loop {
            let mut batch = Vec::new();
            let next = self.gather(&mut batch);
            if !batch.is_empty() {
                self.engine.run(batch)?;
            }
            match next {
                Next::Again => {}
                Next::Keys(KeyOrder::Unlock { account, key, create, reply }) => {
                    self.unlock(account, key, create, reply)?
                }
                Next::Keys(KeyOrder::Lock { account, reply }) => self.lock(account, reply)?,
                Next::Stop => return Ok(()),
            }
        }
    }

    /// Fills `batch` with everything that waits; sleeps only while nothing does.
    fn gather(&mut self, batch: &mut Vec<Input>) -> Next {
        batch.extend(self.engine.outlet.take_failed());
        let mut order = None;
        if batch.is_empty() {
            match self.wait() {
                Ok(first) => order = first,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Next::Stop,
            }
        }
        self.tick(batch);
        while let Some(taken) = order.take().or_else(|| self.orders.try_recv().ok()) {
            match taken {
                Order::Input(input) => self.take(input, batch),
                Order::Command { command, reply } => {
                    let id = self.engine.outlet.await_reply(reply);
                    batch.push(Input::Command { id, command });
                }
                Order::Keys(order) => return Next::Keys(order),
                Order::Stop => return Next::Stop,
            }
            if batch.len() >= BATCH_MAX {
                break;
            }
        }
        Next::Again
    }

    fn take(&mut self, input: Input, batch: &mut Vec<Input>) {
        if matches!(input, Input::Request { .. }) {
            self.peer_requests.fetch_sub(1, Ordering::Relaxed);
        }
        batch.extend(self.engine.outlet.translate(input));
    }

    /// Sleeps until an order comes or the core wants to be woken.
    fn wait(&self) -> Result<Option<Order>, RecvTimeoutError> {
        let Some(due) = self.due() else {
            return self.orders.recv().map(Some).map_err(|_| RecvTimeoutError::Disconnected);
        };
        let now = self.engine.clock.now().monotonic;
        self.orders.recv_timeout(Duration::from_millis(due.0.saturating_sub(now.0))).map(Some)
    }

    fn due(&self) -> Option<Monotonic> {
        let wake = self.engine.core.next_wake()?;
        Some(self.woken.map_or(wake, |woken| wake.max(woken.after(1))))
    }

    fn tick(&mut self, batch: &mut Vec<Input>) {
        let now = self.engine.clock.now().monotonic;
        if self.due().is_some_and(|due| due <= now) {
            self.woken = Some(now);
            batch.push(Input::Tick);
        }
    }

    fn unlock(
        &mut self,
        account: AccountId,
        key: DataKey,
        create: Option<Box<Command>>,
        reply: Reply,
    ) -> Result<(), Failure> {
        let known = self.engine.unlocked.contains(&account);
        if !known {
            self.engine.store.unlock(account, key);
        }
        let mut result = match create {
            Some(command) => self.command_alone(command)?,
            None => Ok(Answer::Done),
        };
        if result.is_ok() && !known && self.engine.run(vec![Input::Unlocked(account)])? > 0 {
            result = Err(Rejection::Refused { reason: "the node failed to unlock this account" }.into());
        }
        if result.is_err() && !known {
            self.engine.store.lock(account);
        }
        answer(reply, result);
        Ok(())
    }

    fn command_alone(&mut self, command: Box<Command>) -> Result<Result<Answer, DriverError>, Failure> {
        let (reply, mut given) = oneshot::channel();
        let id = self.engine.outlet.await_reply(reply);
        self.engine.run(vec![Input::Command { id, command }])?;
        Ok(given.try_recv().unwrap_or(Err(DriverError::Stopped)))
    }

    fn lock(&mut self, account: AccountId, reply: Reply) -> Result<(), Failure> {
        if self.engine.unlocked.contains(&account) {
            let discarded = self.engine.run(vec![Input::Locked(account)])?;
            self.engine.unlocked.remove(&account);
            self.engine.store.lock(account);
            if discarded > 0 {
                // The core that took its place was told that the account is unlocked.
                self.engine.rebuild(&[])?;
            }
        }
        answer(reply, Ok(Answer::Done));
        Ok(())
    }
}
