//! What every request handler can reach.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tidings_crypto::id::{AccountId, NodeId};
use tidings_protocol::error::Error;
use tokio::sync::watch;

use super::failure::Failure;
use super::limits::STREAMS_PER_ACCOUNT_MAX;
use super::peer::Peer;
use crate::driver::DriverHandle;
use crate::identity::{Guest, Identity};
use crate::network::{NetworkHandle, Status, peer_id_of};
use crate::store::StoreSnapshot;

/// What the HTTP side is told once.
#[derive(Debug, Clone, Default)]
pub struct HttpSettings {
    /// Where the node answers, as shown to people: `http://127.0.0.1:8480`.
    pub url: String,
    /// `public_url`: where others reach it, if somewhere else.
    pub public_url: Option<String>,
    /// `allowed_hosts`: further names under which it may be asked for, each `name` or `name:port`.
    pub allowed_hosts: Vec<String>,
    /// For whom the node is a mailbox; absent if for nobody.
    pub mailbox: Option<String>,
}

struct Parts {
    driver: DriverHandle,
    identity: Identity,
    network: NetworkHandle,
    settings: HttpSettings,
    peer_id: String,
    streams: Mutex<HashMap<AccountId, usize>>,
    closing: watch::Sender<bool>,
}

/// The state of the HTTP side; clones are the same state.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

impl AppState {
    /// The state of a node that is about to serve.
    #[must_use]
    pub fn new(driver: DriverHandle, identity: Identity, network: NetworkHandle, settings: HttpSettings) -> Self {
        let peer_id = node_text(&network.local);
        Self(Arc::new(Parts {
            driver,
            identity,
            network,
            settings,
            peer_id,
            streams: Mutex::new(HashMap::new()),
            closing: watch::Sender::new(false),
        }))
    }

    /// How many argon2 runs there were: the same for an unknown user as for a wrong password, which a test can count
    /// and need not time.
    #[must_use]
    pub fn argon2_runs(&self) -> u64 {
        self.identity().argon2_runs()
    }

    pub(super) fn driver(&self) -> &DriverHandle {
        &self.0.driver
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.0.identity
    }

    pub(super) fn settings(&self) -> &HttpSettings {
        &self.0.settings
    }

    pub(super) fn node(&self) -> NodeId {
        self.0.network.local
    }

    pub(super) fn peer_id(&self) -> &str {
        &self.0.peer_id
    }

    /// What stands before the `/i#…` of a link.
    pub(super) fn link_base(&self) -> &str {
        let settings = self.settings();
        settings.public_url.as_deref().unwrap_or(&settings.url)
    }

    /// Everything committed so far.
    pub(super) fn store(&self) -> Result<StoreSnapshot, Failure> {
        Ok(self.driver().snapshot().map_err(Error::from)?)
    }

    /// Unix milliseconds.
    pub(super) fn now_ms(&self) -> u64 {
        self.driver().clock().now().wall.0
    }

    /// Seconds since the node's clock was started.
    pub(super) fn uptime_seconds(&self) -> u64 {
        self.driver().clock().now().monotonic.0 / 1000
    }

    /// Somebody who has not proved anything yet. `forwarded` says whether a proxy stands between.
    pub(super) fn guest(&self, peer: Peer, forwarded: bool) -> Guest {
        let (address, local): (Option<IpAddr>, bool) = match peer {
            Peer::Unix { trusted } => (None, trusted),
            Peer::Tcp { remote, .. } => (Some(remote.ip()), remote.ip().to_canonical().is_loopback() && !forwarded),
        };
        let now = self.driver().clock().now();
        Guest { address, local, monotonic_ms: now.monotonic.0, now_ms: now.wall.0 }
    }

    /// What the network looks like; `None` if it does not answer.
    pub(super) async fn network(&self) -> Option<Status> {
        self.0.network.status().await
    }

    /// Binary addresses for links and identity logs: those by which others reach us from anywhere first (of the configuration,
    /// confirmed, through relays), then those in our own network, then loopback.
    pub(super) async fn addresses(&self) -> Vec<Vec<u8>> {
        let (external, listen) = match self.network().await {
            Some(status) => (status.external, status.listen),
            None => (Vec::new(), self.0.network.listen.clone()),
        };
        let (loopback, reachable): (Vec<_>, Vec<_>) = listen.into_iter().partition(is_loopback);
        let mut addresses: Vec<Vec<u8>> = Vec::new();
        for address in external.into_iter().chain(reachable).chain(loopback) {
            let bytes = address.to_vec();
            if bytes.len() <= tidings_crypto::invite::MAX_ADDRESS && !addresses.contains(&bytes) {
                addresses.push(bytes);
            }
        }
        addresses.truncate(tidings_crypto::invite::MAX_ADDRESSES);
        addresses
    }

    /// Turns true when the node stops.
    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }

    /// Tells all connections and streams to end.
    pub(super) fn close(&self) {
        self.0.closing.send_replace(true);
    }

    /// A place for one more stream of an account; `None` if it has as many as it may.
    pub(super) fn stream_place(&self, account: AccountId) -> Option<StreamPlace> {
        let mut streams = self.0.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let open = streams.entry(account).or_default();
        if *open >= STREAMS_PER_ACCOUNT_MAX {
            return None;
        }
        *open += 1;
        Some(StreamPlace { state: self.clone(), account })
    }
}

/// Counts one open stream as long as it lives.
pub(super) struct StreamPlace {
    state: AppState,
    account: AccountId,
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut streams = self.state.0.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = streams.get_mut(&self.account) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                streams.remove(&self.account);
            }
        }
    }
}

/// A node as it stands in handles: its peer id.
pub(super) fn node_text(node: &NodeId) -> String {
    peer_id_of(node).map_or_else(|| node.to_string(), |peer| peer.to_base58())
}

fn is_loopback(address: &crate::network::Multiaddr) -> bool {
    let text = address.to_string();
    text.starts_with("/ip4/127.") || text.starts_with("/ip6/::1/")
}
