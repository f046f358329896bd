//! Joining groups by link: `/groups/join`, and `/requests` of those who ask the caller.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /groups/join`: follow a link into a group. 202 [`GroupJoin`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JoinRequest {
    /// An invite link of kind `group`.
    pub link: String,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum JoinState {
    /// Asked, not yet answered.
    Requested,
    /// In.
    Joined,
    /// Whoever made the link does not let the caller in; `reason` says why.
    Refused,
}

/// A link into a group which the caller follows. `GET /groups/join` lists those that have not led in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupJoin {
    /// The group's id. Nothing else is known of it before the caller is in.
    pub group: String,
    /// How far it has come.
    pub state: JoinState,
    /// The account that made the link.
    pub inviter: String,
    /// Why not, where it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the link was followed.
    pub created_at: String,
}

/// What somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RequestKind {
    /// To be let into a group, by a link of the caller.
    Group,
}

/// Somebody whom the caller need not know asks for something. `GET /requests` lists them; `POST /requests/{id}/accept` answers 200 with the
/// [`crate::Group`], `POST /requests/{id}/decline` 204. Until then nobody else in the group hears of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The request's id.
    pub id: String,
    /// What for.
    pub kind: RequestKind,
    /// Who asks. This is proved; names are what they say of themselves.
    pub account: String,
    /// `name@<peer id>`, as they say.
    pub handle: String,
    /// What they call themselves, else the handle.
    pub display_name: String,
    /// The group.
    pub group: String,
    /// The caller's note on the link by which they ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it came.
    pub created_at: String,
}
