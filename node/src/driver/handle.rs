//! The driver as the rest of the node sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};

use tidings_crypto::id::AccountId;
use tidings_crypto::vault::DataKey;
use tidings_protocol::command::{Answer, Command};
use tidings_protocol::effect::TransientEvent;
use tidings_protocol::error::Rejection;
use tidings_protocol::input::Input;
use tidings_protocol::store::snapshot::StoreError;
use tidings_protocol::store::write_set::WriteSet;
use tokio::sync::{broadcast, oneshot, watch};

use super::counters::Counters;
use super::limits::{INBOX_PEER_REQUESTS_MAX, INBOX_RETRY_PAUSE};
use super::notify::Notifier;
use crate::clock::Clock;
use crate::store::{StoreReader, StoreSnapshot};

/// Why a command was not carried out. Nothing was changed, except where [`DriverError::Stopped`] says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// The core refused.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Too much is waiting; try again in a second.
    #[error("the node is busy")]
    Busy,
    /// The node is stopping or has stopped; the command may or may not have been carried out.
    #[error("the node has stopped")]
    Stopped,
}

/// How the driver came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Somebody asked for it.
    Shutdown,
    /// The machine failed or the data is damaged; the text names the file.
    Fault(String),
}

pub(super) type Reply = oneshot::Sender<Result<Answer, DriverError>>;

/// One thing in the driver's inbox.
pub(super) enum Order {
    Input(Input),
    Command { command: Box<Command>, reply: Reply },
    Keys(KeyOrder),
    Stop,
}

/// An order that changes which accounts the store can read; it never shares a batch, which reads one unchanging view.
pub(super) enum KeyOrder {
    Unlock { account: AccountId, key: DataKey, create: Option<Box<Command>>, reply: Reply },
    Lock { account: AccountId, reply: Reply },
}

/// Gives the driver orders and reads what it has committed. Clones share one driver; it stops when the last is dropped.
#[derive(Clone)]
pub struct DriverHandle {
    pub(super) inbox: SyncSender<Order>,
    pub(super) peer_requests: Arc<AtomicUsize>,
    pub(super) reader: StoreReader,
    pub(super) notifier: Arc<Notifier>,
    pub(super) counters: Arc<Counters>,
    pub(super) clock: Clock,
    pub(super) end: watch::Receiver<Option<End>>,
}

impl DriverHandle {
    /// Carries out a command; its writes are durable when this returns.
    ///
    /// # Errors
    /// [`DriverError`]
    pub async fn command(&self, command: Command) -> Result<Answer, DriverError> {
        self.ask(|reply| Order::Command { command: Box::new(command), reply }).await
    }

    /// Commits rows of the shell, in order with all other writes.
    ///
    /// # Errors
    /// [`DriverError`]; a row of a locked account is [`Rejection::Refused`].
    pub async fn write(&self, writes: WriteSet) -> Result<(), DriverError> {
        self.command(Command::Write(writes)).await.map(|_| ())
    }

    /// Puts an account's data key into the store and tells the core. With `create`, the account's [`Command::CreateAccount`] is carried out
    /// between the two; if it is refused, the key is taken out again. An account that is unlocked already stays so.
    ///
    /// # Errors
    /// [`DriverError`]
    pub async fn unlock(
        &self,
        account: AccountId,
        key: DataKey,
        create: Option<Command>,
    ) -> Result<Answer, DriverError> {
        let create = create.map(Box::new);
        self.ask(|reply| Order::Keys(KeyOrder::Unlock { account, key, create, reply })).await
    }

    /// Tells the core, then forgets the account's data key.
    ///
    /// # Errors
    /// [`DriverError`]
    pub async fn lock(&self, account: AccountId) -> Result<(), DriverError> {
        self.ask(|reply| Order::Keys(KeyOrder::Lock { account, reply })).await.map(|_| ())
    }

    /// Everything committed so far. Costs no copy and waits for nobody.
    ///
    /// # Errors
    /// [`StoreError::Fault`] if the machine fails.
    pub fn snapshot(&self) -> Result<StoreSnapshot, StoreError> {
        self.reader.snapshot()
    }

    /// Whether the account's data key is at hand.
    #[must_use]
    pub fn is_unlocked(&self, account: AccountId) -> bool {
        self.reader.is_unlocked(account)
    }

    /// The newest event cursor of an account as it grows; 0 until the first event since the node started.
    #[must_use]
    pub fn subscribe(&self, account: AccountId) -> watch::Receiver<u64> {
        self.notifier.subscribe(account)
    }

    /// What passes for an account from now on, such as that somebody is typing. Whoever lags misses the oldest.
    #[must_use]
    pub fn overhear(&self, account: AccountId) -> broadcast::Receiver<TransientEvent> {
        self.notifier.overhear(account)
    }

    /// What the driver has done so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The clock the core runs by.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Waits until the driver has ended and yields why.
    pub async fn ended(&self) -> End {
        let mut end = self.end.clone();
        match end.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or(End::Shutdown),
            Err(_) => End::Fault("the driver was cut off".to_owned()),
        }
    }

    /// Whether the driver still takes orders.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.end.borrow().is_none()
    }

    /// Lets the driver finish what waits in its inbox, then stops it. Commands given later are answered [`DriverError::Stopped`].
    pub async fn shutdown(&self) -> End {
        let mut stop = Order::Stop;
        while let Err(TrySendError::Full(back)) = self.inbox.try_send(stop) {
            stop = back;
            tokio::time::sleep(INBOX_RETRY_PAUSE).await;
        }
        self.ended().await
    }

    /// Hands over what happened in the network; waits for room, except with a peer's request, which is dropped when there is none.
    /// `false` if the driver has ended.
    pub(super) fn feed(&self, input: Input) -> bool {
        if !matches!(input, Input::Request { .. }) {
            return self.inbox.send(Order::Input(input)).is_ok();
        }
        if self.peer_requests.fetch_add(1, Ordering::Relaxed) < INBOX_PEER_REQUESTS_MAX {
            match self.inbox.try_send(Order::Input(input)) {
                Ok(()) => return true,
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(_)) => {}
            }
        }
        self.peer_requests.fetch_sub(1, Ordering::Relaxed);
        self.counters.dropped_requests.add(1);
        true
    }

    async fn ask(&self, order: impl FnOnce(Reply) -> Order) -> Result<Answer, DriverError> {
        let (reply, answer) = oneshot::channel();
        self.inbox.try_send(order(reply)).map_err(|error| match error {
            TrySendError::Full(_) => DriverError::Busy,
            TrySendError::Disconnected(_) => DriverError::Stopped,
        })?;
        answer.await.unwrap_or(Err(DriverError::Stopped))
    }
}
