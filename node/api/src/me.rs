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

/// `GET /me/settings`: what others see of the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrivacySettings {
    /// Whether others see what the caller has read, and the caller what others have.
    pub read_receipts: bool,
    /// Whether contacts see that the caller is typing, and the caller that they are.
    pub typing_indicators: bool,
}

/// `PATCH /me/settings`: what shall be otherwise. 204.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrivacyPatchRequest {
    /// As in [`PrivacySettings`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_receipts: Option<bool>,
    /// As in [`PrivacySettings`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typing_indicators: Option<bool>,
}
