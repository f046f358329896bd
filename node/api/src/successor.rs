//! A group that has come to a halt, and the group in which it goes on: `/group/{id}/successor`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /group/{id}/successor`: whether the group has come to a halt, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Succession {
    /// Since when this device waits to be let back into the group; absent if it can follow the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<String>,
    /// From when on a successor can be opened; absent if this device can follow the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<String>,
    /// The group in which this one goes on for the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
    /// What members have opened. Where an owner or admin leads the caller goes by itself, once it has waited for as long.
    pub opened: Vec<Successor>,
}

/// A successor that a member has opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Successor {
    /// Who opened it.
    pub account: String,
    /// The group.
    pub group: String,
    /// The link into it, for `POST /groups/join`.
    pub link: String,
}

/// Payload of `group.successor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupSuccessor {
    /// The group that has come to a halt.
    pub group: String,
    /// Its successor.
    pub successor: String,
    /// Who has opened it; absent once the group goes on there for the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}
