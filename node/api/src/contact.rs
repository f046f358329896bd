//! Contacts: `/contacts`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far a contact has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ContactState {
    /// Asked, not yet answered. What is written waits as `queued`.
    Requested,
    /// Both sides hold each other's keys.
    Accepted,
    /// Their side refused: the invite was used, taken back or too old; `reason` says which.
    Refused,
    /// Blocked by the caller.
    Blocked,
}

/// A person the caller can write to. `GET /contacts` lists them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// The contact's account id, which is also the id in `/contacts/{id}` and `/chat/{userId}`.
    pub account: String,
    /// `name@domain`, else `name@<peer id>`; empty until the other side told it.
    pub handle: String,
    /// The name to show: the alias, else the name the other side gives itself, else the handle.
    pub display_name: String,
    /// The caller's own name for the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// How far it has come.
    pub state: ContactState,
    /// Why their side refused, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The direct conversation, once it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Whether the contact's node is connected now; absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// When it was asked for.
    pub created_at: String,
}

/// `POST /contacts`: claim an invite link, or ask by handle. Exactly one of the two. 201 [`ContactAnswer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContactRequest {
    /// An invite link of kind `contact`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// A handle on a node which ours knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
}

/// Answer to `POST /contacts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactAnswer {
    /// The contact.
    pub contact: Contact,
    /// Its state, as in `contact`.
    pub state: ContactState,
}
