//! The caller's own account: `/me`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An account as its node knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The account id.
    pub id: String,
    /// `name@domain`, else `name@<peer id>`.
    pub handle: String,
    /// The login name.
    pub name: String,
    /// The name other people see.
    pub display_name: String,
}

/// `GET /me`: the caller. Answered for a locked account too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The caller's account.
    pub account: Account,
    /// True while the account's keys are not in memory: everything of its content answers 423.
    pub locked: bool,
    /// The hosting node's peer id.
    pub peer_id: String,
    /// The caller's device on this node; null while locked.
    #[serde(default)]
    pub device: Option<String>,
}

/// `GET /me/settings`, `PATCH /me/settings`: what others see of the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrivacySettings {
    /// Whether others see what the caller has read, and the caller what others have.
    pub read_receipts: bool,
}
