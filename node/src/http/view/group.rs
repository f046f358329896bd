//! A group with its members.

use tidings_api::{Group, Member, MemberState, Role};
use tidings_crypto::id::AccountId;
use tidings_protocol::error::Outcome;
use tidings_protocol::query::groups::{GroupView, MemberView, RoleView};
use tidings_protocol::record::conversation::{ConversationRecord, Membership};

use super::{Viewer, contact};
use crate::http::time_text::rfc3339;

/// The group as the API shows it.
pub(in crate::http) fn group(viewer: Viewer<'_>, view: &GroupView) -> Outcome<Group> {
    let members = view.members.iter().map(|shown| member(viewer, shown)).collect::<Outcome<_>>()?;
    Ok(Group {
        id: view.record.id.to_string(),
        name: view.policy.name.clone(),
        description: Some(view.policy.description.clone()).filter(|text| !text.is_empty()),
        members,
        epoch: view.record.epoch,
        created_by: view.record.creator.to_string(),
        created_at: Some(rfc3339(view.record.created_at)),
        settings: serde_json::Map::new(),
        active: is_active(&view.record),
    })
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

fn role(role: RoleView) -> Role {
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
