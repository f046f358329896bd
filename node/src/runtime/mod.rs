//! A node as a whole: puts store, network, driver, identity and HTTP together, and takes them apart again.
//!
//! Prints nothing, opens no browser, catches no signal: that is the command line's. The order of the start is the order of trust in its
//! own means: data first, then ports, then what others can see; nothing answers before the accounts to be unlocked are.

mod error;
mod ports;
mod socket;
mod unlock;

pub use error::UpError;
pub use socket::socket_path;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tidings_crypto::vault::Params;
use tidings_protocol::log::mailbox::MailboxPolicy;
use tidings_protocol::query::directory;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::config::Settings;
use crate::driver::{self, DriverHandle, End};
use crate::http::{self, AppState, HttpSettings, Listeners};
use crate::identity::{Identity, IdentityConfig};
use crate::network::{NetworkCommand, NetworkEvent, NetworkHandle, peer_id_of};
use crate::store::{NodeKeys, Store};

/// Time for the driver to carry out what waits when the node stops. With the 8 s that HTTP takes at most it stays below the 20 s after
/// which a service manager may kill us (INTERFACES §1); what is left then was answered to nobody, so nothing durable is lost.
const DRIVER_STOP_MAX: Duration = Duration::from_secs(8);
/// Time for HTTP to end beyond its own limit.
const HTTP_STOP_MAX: Duration = Duration::from_secs(10);

/// Time for a relay to take the node before it says that it is ready, and how often it is looked whether one has.
const RELAY_WAIT_MAX: Duration = Duration::from_secs(3);
/// See [`RELAY_WAIT_MAX`].
const RELAY_WAIT_STEP: Duration = Duration::from_millis(50);

/// What is not a setting of the operator's.
#[derive(Debug, Clone)]
pub struct Options {
    /// How much work new vaults cost.
    pub vault: Params,
}

impl Default for Options {
    fn default() -> Self {
        Self { vault: Params::DEFAULT }
    }
}

/// What people and programs need to know of a node that has started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// Where it answers: `http://127.0.0.1:8480`.
    pub http: String,
    /// Who it is for other nodes.
    pub peer_id: String,
    /// Where other nodes reach it: multiaddrs, those it listens at first, then those through relays and of the configuration.
    pub listen: Vec<String>,
    /// How others reach it, as far as it knows by now.
    pub reach: tidings_api::Reach,
    /// Its version.
    pub version: &'static str,
    /// For whom it is a mailbox: `vouchers` or `open`; absent if for nobody.
    pub mailbox: Option<String>,
    /// With this link the first account can be made from elsewhere; absent once there is one.
    pub setup_url: Option<String>,
    /// Ports that differ from the default because that one was taken, as sentences.
    pub notes: Vec<String>,
}

/// A node that runs.
pub struct Running {
    ready: Ready,
    core: Core,
    socket: Option<PathBuf>,
    stop_http: oneshot::Sender<()>,
    http: JoinHandle<io::Result<()>>,
}

/// Driver and network, which hold each other: neither ends by being dropped.
#[derive(Clone)]
struct Core {
    driver: DriverHandle,
    network: NetworkHandle,
}

impl Core {
    fn start(
        store: Store,
        network: NetworkHandle,
        events: mpsc::Receiver<NetworkEvent>,
        mailbox: MailboxPolicy,
    ) -> Result<Self, UpError> {
        let driver = driver::start(store, network.commands.clone(), Clock::start(), mailbox)?;
        drop(driver::forward(events, driver.clone())?);
        Ok(Self { driver, network })
    }

    /// Lets the driver finish, then closes all connections.
    async fn stop(&self) {
        if timeout(DRIVER_STOP_MAX, self.driver.shutdown()).await.is_err() {
            tracing::warn!("the driver did not finish in time");
        }
        if self.network.commands.send(NetworkCommand::Shutdown).await.is_err() {
            tracing::debug!("the network has ended already");
        }
    }
}

/// Starts a node. Must be called in a tokio runtime with several threads.
///
/// # Errors
/// [`UpError`]; nothing of the node runs then.
pub async fn up(settings: &Settings, options: &Options) -> Result<Running, UpError> {
    warn_of_root();
    let data = settings.data.value.clone();
    let store = tokio::task::spawn_blocking(move || Store::open(&data)).await.map_err(io::Error::other)??;
    let keys = store.keys().clone();
    let mut notes = Vec::new();
    let listener = ports::http(&settings.http, &mut notes).await?;
    let address = listener.local_addr()?;
    let (network, events) = ports::network(settings, *keys.node_seed, &mut notes).await?;
    let core = Core::start(store, network, events, settings.mailbox.value.policy())?;
    let started = assemble(settings, options, &keys, &core, address).await;
    let (state, setup_url) = match started {
        Ok(assembled) => assembled,
        Err(error) => {
            core.stop().await;
            return Err(error);
        }
    };
    let (socket, unix) = match socket::listen(&settings.data.value) {
        Ok((path, listener)) => (Some(path), Some(listener)),
        Err(error) => {
            tracing::warn!("the command line cannot reach this node without a token: {error}");
            (None, None)
        }
    };
    let (stop_http, stopped) = oneshot::channel();
    let listeners = Listeners { tcp: vec![listener], unix };
    let http = tokio::spawn(http::serve(listeners, state, async move { drop(stopped.await) }));
    let (listen, reach) = reached_at(&core.network, !settings.relay_use.value.is_empty()).await;
    let version = env!("CARGO_PKG_VERSION");
    let mailbox = settings.mailbox.value.shown();
    let (http_url, peer_id) = (url_of(address), peer_text(&core.network));
    let ready = Ready { http: http_url, peer_id, listen, reach, version, mailbox, setup_url, notes };
    Ok(Running { ready, core, socket, stop_http, http })
}

/// Identity and HTTP over a running core, with the accounts unlocked that the settings name.
async fn assemble(
    settings: &Settings,
    options: &Options,
    keys: &NodeKeys,
    core: &Core,
    address: SocketAddr,
) -> Result<(AppState, Option<String>), UpError> {
    let people = settings.profile.value.has_people();
    let fresh = people && directory::is_fresh(&core.driver.snapshot()?)?;
    let setup_secret = if fresh { Some(setup_secret()?) } else { None };
    let base = settings.public_url.value.clone().unwrap_or_else(|| url_of(address));
    let setup_url = setup_secret.as_ref().map(|secret| format!("{base}/#setup={}", **secret));
    let config = IdentityConfig {
        node: core.network.local,
        peer_id: peer_text(&core.network),
        index_key: *keys.index,
        access_seed: keys.token.clone(),
        params: options.vault,
        registration: settings.registration.value,
        setup_secret,
        people,
    };
    let identity = Identity::new(core.driver.clone(), config);
    unlock::accounts(settings, &identity, &core.driver).await?;
    let http = HttpSettings {
        url: url_of(address),
        public_url: settings.public_url.value.clone(),
        allowed_hosts: settings.allowed_hosts.value.clone(),
        mailbox: settings.mailbox.value.shown(),
    };
    Ok((AppState::new(core.driver.clone(), identity, core.network.clone(), http), setup_url))
}

impl Running {
    /// What there is to know of it.
    #[must_use]
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Waits until the node stops by itself, which it does only when the disk fails or the data is damaged.
    pub async fn failed(&self) -> UpError {
        match self.core.driver.ended().await {
            End::Fault(text) => UpError::Unexpected(text),
            End::Shutdown => UpError::Unexpected("the driver was stopped".to_owned()),
        }
    }

    /// Takes no more requests, carries out what was taken, closes everything. Takes less than 20 s.
    pub async fn shutdown(self) {
        let Self { ready: _, core, socket, stop_http, http } = self;
        if stop_http.send(()).is_err() {
            tracing::warn!("HTTP has ended already");
        }
        let abort = http.abort_handle();
        match timeout(HTTP_STOP_MAX, http).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!("HTTP ended with an error: {error}"),
            Ok(Err(error)) => tracing::error!("HTTP panicked: {error}"),
            Err(_) => abort.abort(),
        }
        core.stop().await;
        if let Some(path) = socket {
            socket::remove(&path);
        }
    }
}

/// Where the node is reached and how. With relays named it waits for one of them, but not for long: a relay that does not answer is no
/// reason not to start, and is asked again.
async fn reached_at(network: &NetworkHandle, has_relays: bool) -> (Vec<String>, tidings_api::Reach) {
    let mut rounds = if has_relays { RELAY_WAIT_MAX.as_millis() / RELAY_WAIT_STEP.as_millis() } else { 0 };
    loop {
        let Some(status) = network.status().await else {
            return (network.listen.iter().map(ToString::to_string).collect(), tidings_api::Reach::default());
        };
        if rounds == 0 || status.relays.iter().any(|relay| relay.reserved) {
            let mut all: Vec<String> = status.listen.iter().map(ToString::to_string).collect();
            let beyond = status.external.iter().map(ToString::to_string);
            all.extend(beyond.filter(|address| !status.listen.iter().any(|own| own.to_string() == *address)));
            return (all, http::reach_of(&status));
        }
        rounds -= 1;
        tokio::time::sleep(RELAY_WAIT_STEP).await;
    }
}

/// The secret of a setup link: 128 bits, as long as the process lives.
fn setup_secret() -> io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0; 16]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| io::Error::other("the system gives no random numbers"))?;
    Ok(Zeroizing::new(data_encoding::BASE64URL_NOPAD.encode(bytes.as_slice())))
}

/// The address as a browser on this machine opens it.
fn url_of(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        let loopback: std::net::IpAddr =
            if address.is_ipv4() { std::net::Ipv4Addr::LOCALHOST.into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
        address.set_ip(loopback);
    }
    format!("http://{address}")
}

fn peer_text(network: &NetworkHandle) -> String {
    peer_id_of(&network.local).map_or_else(|| network.local.to_string(), |peer| peer.to_base58())
}

fn warn_of_root() {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
        tracing::warn!("running as root; a user of its own is safer");
    }
}
