//! Groups: `/groups`, `/group/…`.
//!
//! `POST /group/{id}/members` answers 201 [`Group`]; `DELETE /group/{id}/members/{account}` 204, and with the
//! caller's own account it leaves the group. `POST /group/{id}/bans` answers 201 [`Group`], `DELETE /group/{id}/bans/{account}` 204.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AttachmentRequest, GroupSettings, Mention};

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Reads.
    Readonly,
    /// Reads and writes.
    Member,
    /// May also remove members, and delete the messages of others.
    Moderator,
    /// May also add members, give and take roles below the own, and change name and description.
    Admin,
    /// May also change the rules, and make owners.
    Owner,
}

/// Whether a member is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MemberState {
    /// In the group.
    Member,
    /// To be added as soon as the account's node can be reached.
    Invited,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The account id.
    pub account: String,
    /// `name@domain`, else `name@<peer id>`; empty where not known.
    pub handle: String,
    /// The name to show.
    pub display_name: String,
    /// What the member may do.
    pub role: Role,
    /// Whether the member is in.
    pub state: MemberState,
}

/// Somebody who is banned from a group: nobody can add them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Banned {
    /// The account id.
    pub account: String,
    /// `name@domain`, else `name@<peer id>`; empty where not known.
    pub handle: String,
    /// The name to show; the account id where none is known.
    pub display_name: String,
}

/// A group. `GET /groups` lists those the caller is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The group's id, which is its conversation id.
    pub id: String,
    /// The name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The members, and those invited.
    pub members: Vec<Member>,
    /// Who is banned, in the order of account ids.
    pub banned: Vec<Banned>,
    /// The MLS epoch.
    pub epoch: u64,
    /// The account that made it.
    pub created_by: String,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// How it works.
    pub settings: GroupSettings,
    /// False where the caller has left or been removed.
    pub active: bool,
    /// Since when this device waits to be let back in: what is written meanwhile waits too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<String>,
    /// The group in which this one goes on: nothing is written here any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
}

/// `POST /group/create`. 201 [`Group`]; members whose node cannot be reached stand as `invited`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupCreateRequest {
    /// The name.
    pub name: String,
    /// The first members, by account id, handle or alias; the caller need not be among them.
    #[serde(default)]
    pub members: Vec<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// `POST /group/send`: a message to a group. 201 [`crate::Message`], as with `POST /chat/send`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupSendRequest {
    /// The group's id, or its name where only one group has it.
    pub group: String,
    /// The text, at most 64 KiB of UTF-8.
    pub text: String,
    /// The client's UUID, so that a retry is safe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Files uploaded before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentRequest>,
    /// Whom the text mentions, by account id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
}

/// `POST /group/{id}/members`: add somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MemberAddRequest {
    /// Account id, handle or alias of a contact.
    pub account: String,
    /// The role; `member` without it. It is given once the member is in: somebody whose node cannot be reached yet becomes a member first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// `POST /group/{id}/bans`: ban somebody, which removes them if they are in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BanRequest {
    /// Account id of anybody; handle or alias of a contact.
    pub account: String,
}
