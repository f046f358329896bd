//! A group with its members.

use tidings_api::{
    AddRule, Banned, Group, GroupPatchRequest, GroupSettings, JoinRule, Member, MemberState, PostRule, RecoveryRule,
    Role,
};
use tidings_crypto::id::AccountId;
use tidings_protocol::account::policy;
use tidings_protocol::command::GroupChange;
use tidings_protocol::error::Outcome;
use tidings_protocol::query::groups::{GroupView, MemberView, PolicyView, RoleView};
use tidings_protocol::record::conversation::{ConversationRecord, Membership};

use super::{Viewer, contact};
use crate::http::time_text::rfc3339;

/// The group as the API shows it.
pub(in crate::http) fn group(viewer: Viewer<'_>, view: &GroupView) -> Outcome<Group> {
    let members = view.members.iter().map(|shown| member(viewer, shown)).collect::<Outcome<_>>()?;
    let banned = view.policy.banned.iter().map(|account| banned(viewer, *account)).collect::<Outcome<_>>()?;
    Ok(Group {
        id: view.record.id.to_string(),
        name: view.policy.name.clone(),
        description: Some(view.policy.description.clone()).filter(|text| !text.is_empty()),
        members,
        banned,
        epoch: view.record.epoch,
        created_by: view.record.creator.to_string(),
        created_at: Some(rfc3339(view.record.created_at)),
        settings: settings(&view.policy),
        active: is_active(&view.record),
        waiting_since: view.record.stranded_since.map(rfc3339),
        successor: view.record.succeeded_by.map(|successor| successor.to_string()),
    })
}

fn settings(policy: &PolicyView) -> GroupSettings {
    GroupSettings {
        add: match policy.rules.add {
            policy::AddRule::Admins => AddRule::Admins,
            policy::AddRule::Moderators => AddRule::Moderators,
            policy::AddRule::Members => AddRule::Members,
        },
        post: match policy.rules.post {
            policy::PostRule::Everyone => PostRule::Everyone,
            policy::PostRule::Roles => PostRule::Roles,
        },
        join: match policy.rules.join {
            policy::JoinRule::Invited => JoinRule::Invited,
            policy::JoinRule::Approved => JoinRule::Approved,
            policy::JoinRule::Link => JoinRule::Link,
        },
        recovery: match policy.rules.recovery {
            policy::RecoveryRule::TwoThirds => RecoveryRule::TwoThirds,
            policy::RecoveryRule::Never => RecoveryRule::Never,
        },
        disappearing_seconds: policy.disappearing_seconds,
    }
}

/// What the core shall change, of a request.
pub(in crate::http) fn change(request: GroupPatchRequest) -> GroupChange {
    GroupChange {
        name: request.name,
        description: request.description,
        disappearing_seconds: request.disappearing_seconds,
        add: request.add.map(|rule| match rule {
            AddRule::Admins => policy::AddRule::Admins,
            AddRule::Moderators => policy::AddRule::Moderators,
            AddRule::Members => policy::AddRule::Members,
        }),
        post: request.post.map(|rule| match rule {
            PostRule::Everyone => policy::PostRule::Everyone,
            PostRule::Roles => policy::PostRule::Roles,
        }),
        join: request.join.map(|rule| match rule {
            JoinRule::Invited => policy::JoinRule::Invited,
            JoinRule::Approved => policy::JoinRule::Approved,
            JoinRule::Link => policy::JoinRule::Link,
        }),
        recovery: request.recovery.map(|rule| match rule {
            RecoveryRule::TwoThirds => policy::RecoveryRule::TwoThirds,
            RecoveryRule::Never => policy::RecoveryRule::Never,
        }),
    }
}

/// The role as the core knows it.
pub(in crate::http) const fn core_role(role: Role) -> policy::Role {
    match role {
        Role::Readonly => policy::Role::Readonly,
        Role::Member => policy::Role::Member,
        Role::Moderator => policy::Role::Moderator,
        Role::Admin => policy::Role::Admin,
        Role::Owner => policy::Role::Owner,
    }
}

/// The role as the API shows it.
pub(in crate::http) const fn shown_role(role: policy::Role) -> Role {
    match role {
        policy::Role::Readonly => Role::Readonly,
        policy::Role::Member => Role::Member,
        policy::Role::Moderator => Role::Moderator,
        policy::Role::Admin => Role::Admin,
        policy::Role::Owner => Role::Owner,
    }
}

/// Whether the account can write there.
pub(super) fn is_active(record: &ConversationRecord) -> bool {
    match record.membership {
        Membership::Member => true,
        Membership::Leaving | Membership::Left | Membership::Removed => false,
    }
}

fn member(viewer: Viewer<'_>, shown: &MemberView) -> Outcome<Member> {
    let naming = contact::naming(viewer, shown.account)?;
    Ok(Member {
        account: shown.account.to_string(),
        handle: naming.handle,
        display_name: naming.display_name,
        role: role(shown.role),
        state: if shown.joined { MemberState::Member } else { MemberState::Invited },
    })
}

fn banned(viewer: Viewer<'_>, account: AccountId) -> Outcome<Banned> {
    let naming = contact::naming(viewer, account)?;
    Ok(Banned { account: account.to_string(), handle: naming.handle, display_name: naming.display_name })
}

pub(super) fn role(role: RoleView) -> Role {
    match role {
        RoleView::Readonly => Role::Readonly,
        RoleView::Member => Role::Member,
        RoleView::Moderator => Role::Moderator,
        RoleView::Admin => Role::Admin,
        RoleView::Owner => Role::Owner,
    }
}

/// The other member of a direct conversation.
pub(super) fn other_of(record: &ConversationRecord, account: AccountId) -> Option<AccountId> {
    record.members.iter().copied().find(|member| *member != account)
}
