//! Making an owner where all owners and admins of a group are gone: `/group/{id}/recovery`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Role;

/// `POST /group/{id}/recovery`: sign that a member shall own the group. 202 [`Recovery`]. `DELETE` withdraws it (204).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecoveryRequest {
    /// Account id, handle or alias of a member; one's own too.
    pub owner: String,
}

/// An owner or admin, as the caller's node has heard of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryAdmin {
    /// Who.
    pub account: String,
    /// As what.
    pub role: Role,
    /// When something of them was last heard; when the caller came in if nothing was.
    pub heard_at: String,
    /// From when on others may take their place, unless something is heard.
    pub absent_from: String,
    /// Whether that time is over.
    pub absent: bool,
}

/// Those who want the same owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Petition {
    /// Whom.
    pub owner: String,
    /// Who has signed, at the epoch that the group is at: devices sign anew when it moves on.
    pub signed_by: Vec<String>,
}

/// How it stands. `GET /group/{id}/recovery`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recovery {
    /// Whether the owners' rules allow it.
    pub allowed: bool,
    /// How many members the group has.
    pub members: u64,
    /// How many of them must sign for the same one.
    pub needed: u64,
    /// Owners and admins, the most senior first. Who shall own the group passes over those before them, and they must be absent.
    pub admins: Vec<RecoveryAdmin>,
    /// What was signed.
    pub petitions: Vec<Petition>,
    /// For whom the caller signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_for: Option<String>,
}

/// Payload of `group.petition`: somebody has signed for the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupPetition {
    /// The group.
    pub group: String,
    /// Who.
    pub account: String,
    /// Whom they want.
    pub owner: String,
    /// How many want the same, as things stand.
    pub signed: u64,
    /// How many are needed.
    pub needed: u64,
}
