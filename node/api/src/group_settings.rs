//! How a group works and who changes it: `PATCH /group/{id}`, `PATCH /group/{id}/members/{account}`, `GET /group/{id}/log`.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Role;

/// Who may add people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum AddRule {
    /// Owners and admins.
    Admins,
    /// Moderators too.
    Moderators,
    /// Members too.
    Members,
}

/// Who may write. Those whose role is `readonly` never may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PostRule {
    /// Every member.
    Everyone,
    /// Owners, admins and moderators: an announcement group.
    Roles,
}

/// How somebody may ask to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum JoinRule {
    /// Not at all.
    Invited,
    /// By a link; somebody who may add people is asked.
    Approved,
    /// By a link, unasked.
    Link,
}

/// Whether the members may make a new owner when all owners are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RecoveryRule {
    /// More than two thirds of them, by signed petition.
    TwoThirds,
    /// Nobody.
    Never,
}

/// How a group works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupSettings {
    /// Who may add people.
    pub add: AddRule,
    /// Who may write.
    pub post: PostRule,
    /// How somebody may ask to be let in.
    pub join: JoinRule,
    /// Whether a petition may make an owner.
    pub recovery: RecoveryRule,
    /// How long messages are kept unless their sender says otherwise, in seconds; 0 is for ever.
    pub disappearing_seconds: u32,
}

/// `PATCH /group/{id}`: what shall be other. 200 [`crate::Group`]. Name, description and the time messages are kept are for admins; the rules
/// for owners.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupPatchRequest {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who may add people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add: Option<AddRule>,
    /// Who may write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<PostRule>,
    /// How somebody may ask to be let in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join: Option<JoinRule>,
    /// Whether a petition may make an owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryRule>,
    /// How long messages are kept, in seconds; 0 is for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disappearing_seconds: Option<u32>,
}

/// `PATCH /group/{id}/members/{account}`: another role for a member. 200 [`crate::Group`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MemberPatchRequest {
    /// The role.
    pub role: Role,
}

/// `DELETE /group/{id}/members/{account}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MemberDeleteQuery {
    /// When leaving as an owner: the member who shall be owner instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
}

/// What was done in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum GroupAct {
    /// `account` was added.
    Added,
    /// `account` was removed.
    Removed,
    /// `account` left; `by` carried it out.
    Left,
    /// A device of `account` was let back in.
    Readmitted,
    /// `account` has the role `role`.
    Role,
    /// `account` was made owner by petition of the members.
    Recovered,
    /// The group is called `name`.
    Named,
    /// The group says something else about itself.
    Described,
    /// Messages are kept for `seconds`; 0 is for ever.
    Timer,
    /// The group has other rules.
    Rules,
    /// `account` was banned; if they were in, they were removed as well.
    Banned,
    /// The ban of `account` was lifted.
    Unbanned,
}

/// One line of a group's log, as this account's node saw it in the commits it followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupLogEntry {
    /// The epoch it led to.
    pub epoch: u64,
    /// When, by the clock of whoever did it.
    pub time: String,
    /// Who did it.
    pub by: String,
    /// What.
    pub act: GroupAct,
    /// To whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The role from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The name from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How long messages are kept from then on, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}
