//! The driver: one thread that owns the core and the store's write side.
//!
//! It takes every input that waits (and never waits for more), runs the core over the committed rows and the pending writes of the batch,
//! commits once, and only then lets anything out: to peers, to whoever gave a command, to clients (ARCHITECTURE §5). A panic of the core
//! costs the input that caused it; a fault of the disk ends the driver. It does not know what inputs mean.

mod batch;
mod core;
mod counters;
mod events;
mod handle;
mod inbox;
mod limits;
mod notify;
mod outlet;

pub use self::core::Core;
pub use counters::{Counter, Counters};
pub use events::forward;
pub use handle::{DriverError, DriverHandle, End};
pub use limits::{BATCH_MAX, INBOX_MAX, INBOX_PEER_REQUESTS_MAX};

use std::collections::BTreeSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, sync_channel};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use tidings_crypto::id::NodeId;
use tidings_crypto::sign::SigningKey;
use tidings_protocol::log::mailbox::MailboxPolicy;
use tidings_protocol::node::{Node, NodeConfig};
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::network::NetworkCommand;
use crate::store::Store;

use batch::Engine;
use handle::Order;
use inbox::Driver;
use notify::Notifier;
use outlet::Outlet;

/// Starts a driver over the node's core.
///
/// # Errors
/// The system gives no thread or no randomness.
pub fn start(
    store: Store,
    network: mpsc::Sender<NetworkCommand>,
    clock: Clock,
    mailbox: MailboxPolicy,
) -> io::Result<DriverHandle> {
    let keys = store.keys().clone();
    let node = NodeId::from_bytes(*SigningKey::from_seed(&keys.node_seed).verifying_key().as_bytes());
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| io::Error::other("the system gives no random numbers"))?;
    // A core that is rebuilt must not repeat the randomness of its predecessor: nonces would meet.
    let mut seeds = ChaCha20Rng::from_seed(seed);
    start_with(store, network, clock, move || {
        let mut seed = [0; 32];
        seeds.fill_bytes(&mut seed);
        Node::new(NodeConfig { mailbox, ..NodeConfig::new(node, *keys.index) }, seed)
    })
}

/// Starts a driver over any core; `make` is called on the driver's thread, once now and again after each panic.
///
/// # Errors
/// The system gives no thread.
pub fn start_with<C: Core>(
    store: Store,
    network: mpsc::Sender<NetworkCommand>,
    clock: Clock,
    make: impl FnMut() -> C + Send + 'static,
) -> io::Result<DriverHandle> {
    let (inbox, orders) = sync_channel(INBOX_MAX);
    let (end_writer, end) = watch::channel(None);
    let handle = DriverHandle {
        inbox,
        peer_requests: Arc::new(AtomicUsize::new(0)),
        reader: store.reader(),
        notifier: Arc::new(Notifier::default()),
        counters: Arc::new(Counters::default()),
        clock,
        end,
    };
    let outlet = Outlet::new(network, Arc::clone(&handle.notifier), Arc::clone(&handle.counters));
    let peer_requests = Arc::clone(&handle.peer_requests);
    std::thread::Builder::new().name("tidings-driver".to_owned()).spawn(move || {
        let path = store.reader().path().display().to_string();
        let run = AssertUnwindSafe(|| drive(store, outlet, clock, orders, peer_requests, Box::new(make)));
        let end = match catch_unwind(run) {
            Ok(Ok(())) => End::Shutdown,
            Ok(Err(failure)) => End::Fault(format!("{path}: {failure}")),
            Err(_) => End::Fault(format!("{path}: the driver panicked")),
        };
        if let End::Fault(text) = &end {
            tracing::error!("the node stops: {text}");
        }
        end_writer.send_replace(Some(end));
    })?;
    Ok(handle)
}

/// The life of the driver's thread. Everything it owns, the store first of all, is gone when this returns.
fn drive<C: Core>(
    store: Store,
    outlet: Outlet,
    clock: Clock,
    orders: Receiver<Order>,
    peer_requests: Arc<AtomicUsize>,
    mut make: Box<dyn FnMut() -> C + Send>,
) -> Result<(), batch::Failure> {
    let core = make();
    let engine = Engine { store, core, make, outlet, clock, connected: BTreeSet::new(), unlocked: BTreeSet::new() };
    Driver::new(engine, orders, peer_requests).run()
}
