//! `/status`, `/healthz`, `/readyz`, `/version`: the node itself.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use tidings_api::{
    Degraded, Health, Peer as PeerView, PeerPath, Problem, Reach, ReachKind, ReachRelay, Status, Version,
};
use tidings_protocol::query::directory;
use tidings_protocol::record::key::prefix_end;
use tidings_protocol::store::snapshot::{Direction, Snapshot};
use tidings_protocol::store::table::{Scope, Table};

use crate::network;

use super::caller::Caller;
use super::failure::Failure;
use super::peer::Peer;
use super::state::{AppState, node_text};

const API_VERSION: u32 = 1;
/// Entries counted at most; a larger outbox shows as this number.
const OUTBOX_COUNTED_MAX: usize = 10_000;

/// Whoever may see the node's state; the owner and the node's own user see its peers too.
pub(super) struct Observer {
    sees_peers: bool,
    on_socket: bool,
}

impl Observer {
    /// Whether it is the node's own user on its Unix socket.
    pub(super) const fn runs_the_node(&self) -> bool {
        self.on_socket
    }
}

impl FromRequestParts<AppState> for Observer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        // On the socket no account is needed: a node without one has a status as well.
        if matches!(parts.extensions.get::<Peer>(), Some(Peer::Unix { trusted: true })) {
            return Ok(Self { sees_peers: true, on_socket: true });
        }
        let caller = Caller::from_request_parts(parts, state).await?;
        Ok(Self { sees_peers: caller.record()?.owner, on_socket: false })
    }
}

/// How the node is doing.
#[utoipa::path(get, path = "/status", tag = "node", responses((status = 200, body = Status),
    (status = 401, body = Problem)))]
pub(super) async fn status(State(state): State<AppState>, observer: Observer) -> Result<Json<Status>, Failure> {
    let network = state.network().await;
    let snapshot = state.store()?;
    let accounts = directory::accounts(&snapshot)?;
    let mut unlocked = 0;
    for (account, _) in &accounts {
        unlocked += u64::from(directory::is_unlocked(&snapshot, *account)?);
    }
    let degraded = degraded(network.as_ref());
    let reach = network.as_ref().map(reach_of).unwrap_or_default();
    let (listen, peers) = network.map(|network| (network.listen, network.connections)).unwrap_or_default();
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        peer_id: state.peer_id().to_owned(),
        http: state.settings().url.clone(),
        listen: listen.iter().map(ToString::to_string).collect(),
        reach,
        peers: peers.iter().filter(|_| observer.sees_peers).map(peer).collect(),
        accounts: u64::try_from(accounts.len()).unwrap_or(u64::MAX),
        unlocked,
        uptime_seconds: state.uptime_seconds(),
        outbox: outbox(&snapshot)?,
        mailbox: state.settings().mailbox.clone(),
        degraded,
    }))
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "node", security(()), responses((status = 200, body = Health)))]
pub(super) async fn healthz() -> Json<Health> {
    Json(Health { status: "ok".to_owned() })
}

/// Whether the node serves.
#[utoipa::path(get, path = "/readyz", tag = "node", security(()), responses((status = 200, body = Health),
    (status = 503, body = Problem)))]
pub(super) async fn readyz(State(state): State<AppState>) -> Result<Json<Health>, Failure> {
    let stopping = *state.closing().borrow() || !state.driver().is_running();
    if stopping || state.network().await.is_none() || state.store().is_err() {
        return Err(Failure::busy());
    }
    Ok(Json(Health { status: "ok".to_owned() }))
}

/// What the node is, for clients that are not logged in.
#[utoipa::path(get, path = "/version", tag = "node", security(()), responses((status = 200, body = Version)))]
pub(super) async fn version(State(state): State<AppState>) -> Result<Json<Version>, Failure> {
    Ok(Json(Version {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        api: API_VERSION,
        fresh: directory::is_fresh(&state.store()?)?,
        registration: state.identity().registration().as_str().to_owned(),
    }))
}

/// How others reach the node, as it stands in the API.
pub(crate) fn reach_of(status: &crate::network::Status) -> Reach {
    let texts = |addresses: &[crate::network::Multiaddr]| addresses.iter().map(ToString::to_string).collect();
    let (kind, addresses) = match &status.reach {
        network::Reach::Direct(addresses) => (ReachKind::Direct, texts(addresses)),
        network::Reach::Unchecked(addresses) => (ReachKind::Unchecked, texts(addresses)),
        network::Reach::Relayed(_) => (ReachKind::Relayed, Vec::new()),
        network::Reach::Local => (ReachKind::Local, Vec::new()),
    };
    let relay = |relay: &network::RelayState| ReachRelay { peer_id: node_text(&relay.node), reserved: relay.reserved };
    Reach { kind, addresses, relays: status.relays.iter().map(relay).collect() }
}

fn peer(connection: &crate::network::Connection) -> PeerView {
    PeerView {
        peer_id: node_text(&connection.peer),
        address: Some(connection.address.to_string()),
        path: if connection.is_relayed() { PeerPath::Relayed } else { PeerPath::Direct },
        round_trip_ms: connection.round_trip.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
    }
}

fn degraded(network: Option<&crate::network::Status>) -> Vec<Degraded> {
    let (code, detail, fix) = match network {
        None => ("NETWORK_DOWN", "the network task does not answer", "restart the node and see its log"),
        Some(status) if status.listen.is_empty() => {
            ("NO_LISTENER", "the node listens nowhere, so nobody can connect to it", "see listen in the configuration")
        }
        Some(status) if !status.relays.is_empty() && status.relays.iter().all(|relay| !relay.reserved) => (
            "RELAY_LOST",
            "no relay of the configuration takes connections for this node; it asks them again each minute",
            "see whether the relay runs and gives this node a place, or name another with --relay",
        ),
        Some(_) => return Vec::new(),
    };
    vec![Degraded { code: code.to_owned(), detail: detail.to_owned(), fix: Some(fix.to_owned()) }]
}

fn outbox(store: &dyn Snapshot) -> Result<u64, Failure> {
    let mut waiting = 0_usize;
    for table in [Table::Outbox, Table::Parcel] {
        let rows = store.range(Scope::Node, table, &[], &prefix_end(&[]), OUTBOX_COUNTED_MAX, Direction::Forward);
        waiting += rows.map_err(tidings_protocol::error::Error::from)?.len();
    }
    Ok(u64::try_from(waiting).unwrap_or(u64::MAX))
}
