//! The node itself: `/status`, `/healthz`, `/version`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /status`: how the node is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The node's version.
    pub version: String,
    /// The node's peer id.
    pub peer_id: String,
    /// Where it answers HTTP.
    pub http: String,
    /// The multiaddrs it listens on.
    pub listen: Vec<String>,
    /// How other nodes reach it, as far as it knows.
    pub reach: Reach,
    /// The nodes it is connected to.
    pub peers: Vec<Peer>,
    /// How many accounts live here.
    pub accounts: u64,
    /// How many of them are unlocked.
    pub unlocked: u64,
    /// Time since start, in seconds.
    pub uptime_seconds: u64,
    /// How many entries wait for another node.
    pub outbox: u64,
    /// For whom it keeps messages that it cannot read: `vouchers` or `open`; absent if for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// Where it does not do well; empty when all is good.
    pub degraded: Vec<Degraded>,
}

/// How other nodes reach this one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reach {
    /// The best way there is.
    pub kind: ReachKind,
    /// With `direct` and `unchecked`: at which multiaddrs.
    pub addresses: Vec<String>,
    /// The relays that were named.
    pub relays: Vec<ReachRelay>,
}

/// The ways to reach a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReachKind {
    /// Directly: another node has done so.
    Direct,
    /// Through a relay.
    Relayed,
    /// At public addresses, of the configuration or the machine, that nobody has checked.
    Unchecked,
    /// In its own network only.
    #[default]
    Local,
}

/// A relay that was named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReachRelay {
    /// Its peer id.
    pub peer_id: String,
    /// Whether the node can be reached through it now.
    pub reserved: bool,
}

/// A connected node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    /// Its peer id.
    pub peer_id: String,
    /// The address of the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How the bytes go.
    pub path: PeerPath,
    /// The last round trip, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip_ms: Option<u64>,
}

/// How the bytes reach another node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PeerPath {
    /// Straight.
    Direct,
    /// Through a relay.
    Relayed,
}

/// A reason for a node not to do well, with what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Degraded {
    /// A stable code, such as `DISK_LOW` or `NO_LISTENER`.
    pub code: String,
    /// What, and why.
    pub detail: String,
    /// What to do now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// `GET /healthz` and `/readyz`: 200 when good, 503 otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `ok`, or what is missing.
    pub status: String,
}

/// `GET /version`. The web interface asks it before anybody is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// The node's version.
    pub version: String,
    /// The version of the API; 1.
    pub api: u32,
    /// True while the node has no account and takes the first one from here without an invite.
    pub fresh: bool,
    /// The registration policy: `closed`, `invite`, `approval` or `open`.
    pub registration: String,
}
