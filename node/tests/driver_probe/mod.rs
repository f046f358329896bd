//! A core that does what the keys of the rows in a `Write` command tell it to, and writes down what it was given.

use std::sync::{Arc, Mutex, mpsc as blocking};
use std::time::Duration;

use tempfile::TempDir;
use tidings_crypto::id::{AccountId, NodeId};
use tidings_node::clock::Clock;
use tidings_node::driver::{self, Core, DriverHandle};
use tidings_node::network::{NetworkCommand, NetworkEvent};
use tidings_node::store::Store;
use tidings_protocol::command::{Answer, Command};
use tidings_protocol::effect::{Effect, Output};
use tidings_protocol::error::Fault;
use tidings_protocol::input::{Input, Protocol};
use tidings_protocol::store::snapshot::Snapshot;
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::WriteSet;
use tidings_protocol::time::{Monotonic, Now};
use tokio::sync::mpsc;

pub(crate) const PANIC: &[u8] = b"panic";
pub(crate) const FAULT: &[u8] = b"fault";
pub(crate) const WAIT: &[u8] = b"wait";
pub(crate) const WAKE: &[u8] = b"wake";
pub(crate) const ASK: &[u8] = b"ask";
pub(crate) const NOTIFY: &[u8] = b"notify";

pub(crate) fn peer(number: u8) -> NodeId {
    NodeId::from_bytes([number; 32])
}

pub(crate) fn account(number: u8) -> AccountId {
    AccountId::from_bytes([number; 32])
}

struct Probe {
    number: usize,
    log: Arc<Mutex<Vec<String>>>,
    entered: mpsc::UnboundedSender<()>,
    release: Arc<Mutex<blocking::Receiver<()>>>,
    wake: Option<Monotonic>,
}

impl Probe {
    fn write(&mut self, now: Now, id: u64, writes: WriteSet) -> Result<Output, Fault> {
        let mut effects = Vec::new();
        for write in &writes.0 {
            match write.key.as_slice() {
                PANIC => panic!("as told"),
                FAULT => return Err(Fault::Damaged("test row")),
                WAIT => {
                    self.entered.send(()).unwrap();
                    self.release.lock().unwrap().recv_timeout(Duration::from_secs(20)).unwrap();
                }
                WAKE => self.wake = Some(now.monotonic.after(30)),
                ASK => effects.push(Effect::Request { peer: peer(1), id: 0, protocol: Protocol::Id, bytes: vec![] }),
                NOTIFY => effects
                    .push(Effect::Notify { account: account(1), cursor: u64::from(write.value.as_ref().unwrap()[0]) }),
                key => effects.push(Effect::Respond { token: 0, bytes: key.to_vec() }),
            }
        }
        effects.push(Effect::Reply { id, result: Ok(Answer::Done) });
        Ok(Output { writes, effects })
    }
}

impl Core for Probe {
    fn handle(&mut self, now: Now, input: Input, _: &dyn Snapshot) -> Result<Output, Fault> {
        let text = match &input {
            Input::Command { .. } => "command".to_owned(),
            Input::Request { bytes, .. } => format!("request {}", bytes.len()),
            other => format!("{other:?}"),
        };
        self.log.lock().unwrap().push(format!("{}: {text}", self.number));
        match input {
            Input::Command { id, command } => match *command {
                Command::Write(writes) => self.write(now, id, writes),
                other => panic!("not in these tests: {other:?}"),
            },
            Input::Tick => {
                self.wake = None;
                Ok(Output::default())
            }
            Input::PeerConnected(node) if node == peer(66) => panic!("as told"),
            _ => Ok(Output::default()),
        }
    }

    fn next_wake(&self) -> Option<Monotonic> {
        self.wake
    }
}

/// A driver over a probe, with all its ends in the test's hands.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) driver: DriverHandle,
    pub(crate) network: mpsc::Receiver<NetworkCommand>,
    pub(crate) events: mpsc::Sender<NetworkEvent>,
    log: Arc<Mutex<Vec<String>>>,
    entered: mpsc::UnboundedReceiver<()>,
    release: blocking::Sender<()>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (commands, network) = mpsc::channel(2000);
        let (events, events_end) = mpsc::channel(2000);
        let (enter, entered) = mpsc::unbounded_channel();
        let (release, released) = blocking::channel();
        let (log, released) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(released)));
        let (mut number, shared) = (0, Arc::clone(&log));
        let make = move || {
            number += 1;
            Probe {
                number,
                log: Arc::clone(&shared),
                entered: enter.clone(),
                release: Arc::clone(&released),
                wake: None,
            }
        };
        let store = Store::open(folder.path()).unwrap();
        let driver = driver::start_with(store, commands, Clock::start(), make).unwrap();
        drop(driver::forward(events_end, driver.clone()).unwrap());
        Self { folder, driver, network, events, log, entered, release }
    }

    /// Brings the driver to a halt inside a step; everything sent until [`Bench::go_on`] waits in the inbox.
    pub(crate) async fn halt(&mut self) {
        self.spawn(row(WAIT));
        self.entered.recv().await.unwrap();
    }

    pub(crate) fn go_on(&self) {
        self.release.send(()).unwrap();
    }

    /// Sends rows as one command without waiting for the answer.
    pub(crate) fn spawn(&self, writes: WriteSet) -> tokio::task::JoinHandle<Result<(), driver::DriverError>> {
        let driver = self.driver.clone();
        tokio::spawn(async move { driver.write(writes).await })
    }

    pub(crate) fn has_row(&self, key: &[u8]) -> bool {
        self.driver.snapshot().unwrap().get(Scope::Node, Table::Session, key).unwrap().is_some()
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

/// One row as a command's writes.
pub(crate) fn row(key: &[u8]) -> WriteSet {
    let mut writes = WriteSet::default();
    writes.put(Scope::Node, Table::Session, key.to_vec(), vec![1]);
    writes
}

/// Lets every spawned task run up to where it waits.
pub(crate) async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}
