//! A group as its members see it.

use tidings_crypto::id::{AccountId, ConversationId};

use super::id_of;
use crate::account::policy::{Policy, Role, Rules};
use crate::error::Outcome;
use crate::record::conversation::{ConversationKind, ConversationRecord};
use crate::record::key::prefix_end;
use crate::store::snapshot::{Direction, Snapshot};
use crate::store::table::{Scope, Table};

/// What a member may do, lowest first (DECISIONS 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleView {
    /// Reads.
    Readonly,
    /// Writes.
    Member,
    /// Deletes messages of others.
    Moderator,
    /// Changes members.
    Admin,
    /// Changes owners.
    Owner,
}

/// What the policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyView {
    /// The group's name.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// What the owners have decided.
    pub rules: Rules,
    /// How long messages are kept, in seconds; 0 is for ever.
    pub disappearing_seconds: u32,
    /// Roles that are given by name; everybody else is a member.
    pub roles: Vec<(AccountId, RoleView)>,
    /// Who is banned, in the order of ids.
    pub banned: Vec<AccountId>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// Who.
    pub account: AccountId,
    /// What they may do.
    pub role: RoleView,
    /// Whether they are in; otherwise to be added as soon as their node can be reached (DECISIONS 23).
    pub joined: bool,
}

/// A group with its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    /// The conversation.
    pub record: ConversationRecord,
    /// The policy.
    pub policy: PolicyView,
    /// Members, then those to be added.
    pub members: Vec<MemberView>,
}

/// The group with this id; `None` for a direct conversation too.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`crate::error::Fault`] if the store fails.
pub fn with(store: &dyn Snapshot, account: AccountId, id: ConversationId) -> Outcome<Option<GroupView>> {
    match super::conversations::with(store, account, id)? {
        Some(record) if record.kind == ConversationKind::Group => Ok(Some(view(store, account, record)?)),
        Some(_) | None => Ok(None),
    }
}

/// A conversation record with its members and policy.
///
/// # Errors
/// As [`with`].
pub fn view(store: &dyn Snapshot, account: AccountId, record: ConversationRecord) -> Outcome<GroupView> {
    let policy = policy_view(&record);
    let prefix = record.id.as_bytes().as_slice();
    let intents = store.range(
        Scope::Account(account),
        Table::Intent,
        prefix,
        &prefix_end(prefix),
        super::WHOLE_MAX,
        Direction::Forward,
    )?;
    let mut members: Vec<MemberView> = record
        .members
        .iter()
        .map(|member| MemberView { account: *member, role: role_of(&policy, *member), joined: true })
        .collect();
    for (key, _) in intents {
        let member: AccountId = id_of(key.get(prefix.len()..).unwrap_or_default(), Table::Intent)?;
        if !record.members.contains(&member) {
            members.push(MemberView { account: member, role: RoleView::Member, joined: false });
        }
    }
    Ok(GroupView { record, policy, members })
}

fn role_of(policy: &PolicyView, account: AccountId) -> RoleView {
    policy.roles.iter().find(|(named, _)| *named == account).map_or(RoleView::Member, |(_, role)| *role)
}

/// What the policy bytes of a conversation say; nothing but the founder as owner if they cannot be read, which the
/// account layer rules out.
#[must_use]
pub fn policy_view(record: &ConversationRecord) -> PolicyView {
    let founder = vec![(record.creator, RoleView::Owner)];
    match Policy::parse(&record.policy) {
        Ok(policy) => PolicyView {
            name: policy.name(),
            description: policy.description(),
            rules: policy.rules,
            disappearing_seconds: policy.disappearing_seconds,
            roles: named(&policy),
            banned: policy.bans.accounts().to_vec(),
        },
        Err(_) => PolicyView {
            name: String::new(),
            description: String::new(),
            rules: Rules::default(),
            disappearing_seconds: 0,
            roles: founder,
            banned: Vec::new(),
        },
    }
}

fn named(policy: &Policy) -> Vec<(AccountId, RoleView)> {
    let holders = policy.roles.holders().iter().map(|holder| (holder.account, role_view(holder.role)));
    holders.chain(policy.readonly().iter().map(|account| (*account, RoleView::Readonly))).collect()
}

pub(super) const fn role_view(role: Role) -> RoleView {
    match role {
        Role::Owner => RoleView::Owner,
        Role::Admin => RoleView::Admin,
        Role::Moderator => RoleView::Moderator,
        Role::Member => RoleView::Member,
        Role::Readonly => RoleView::Readonly,
    }
}
