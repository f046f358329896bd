//! Invites: `/invites`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an invite lets its claimer do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum InviteKind {
    /// Become a contact of the inviter.
    Contact,
    /// Join a group.
    Group,
    /// Make an account on the node.
    Account,
}

/// `POST /invites`: a new invite link. 201 [`Invite`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InviteRequest {
    /// What for.
    pub kind: InviteKind,
    /// The group's id or name, for kind `group`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// For kind `group`: whether the caller is asked about each who follows it (`GET /requests`). Where the group's rule is `approved` they are
    /// asked in any case.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approval: bool,
    /// How often it can be used.
    #[serde(default = "one_use")]
    pub uses: u32,
    /// How long it counts, in seconds.
    #[serde(default = "one_day")]
    pub expires_in_seconds: u64,
    /// A word to the inviter's own memory; not part of the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl InviteRequest {
    /// An invite of this kind with one use and 24 hours.
    #[must_use]
    pub fn new(kind: InviteKind) -> Self {
        Self { kind, group: None, approval: false, uses: one_use(), expires_in_seconds: one_day(), note: None }
    }
}

const fn one_use() -> u32 {
    1
}

const fn one_day() -> u64 {
    24 * 60 * 60
}

/// An invite. `GET /invites` lists those that still count; `DELETE /invites/{id}` revokes one (204).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invite {
    /// The invite's id. It does not open anything.
    pub id: String,
    /// What for.
    pub kind: InviteKind,
    /// The link, with the secret in its fragment. Null in lists where the node does not keep it.
    #[schema(required)]
    pub link: Option<String>,
    /// The end of its time.
    pub expires_at: String,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// How often it can be used in all.
    pub uses: u32,
    /// How often it was used.
    pub used: u32,
    /// The group, for kind `group`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// For kind `group`: whether the inviter is asked about each who follows it, as things stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<bool>,
    /// The inviter's note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
