//! Giving and taking roles.

use tidings_crypto::id::{AccountId, ConversationId};

use super::{state, wish};
use crate::account::policy::{Policy, Role};
use crate::error::{Outcome, Rejection};
use crate::limits::{READONLY_MAX, ROLE_HOLDERS_MAX};
use crate::step::Step;

/// Gives a member another role.
pub(crate) fn set(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
    role: Role,
) -> Outcome<()> {
    let (record, policy) = state::of_group(step, account, conversation)?;
    if !record.members.contains(member) {
        return Err(Rejection::NotFound.into());
    }
    let wanted = changed(&policy, &account, member, role)?;
    wish::change(step, account, &record, &wanted)
}

/// The policy in which `by` has given `member` the role.
///
/// # Errors
/// [`Rejection::Already`]; [`Rejection::LastAdmin`] if no owner would be left; [`Rejection::NotAdmin`] if the rank of `by` does not allow it;
/// [`Rejection::Quota`] if too many would hold a role or only read.
pub(super) fn changed(policy: &Policy, by: &AccountId, member: &AccountId, role: Role) -> Result<Policy, Rejection> {
    let mut next = policy.clone();
    next.set_role(*member, role);
    if next == *policy || policy.role(member) == role {
        return Err(Rejection::Already);
    }
    let may = if next.roles == policy.roles {
        policy.role(by) <= Role::Admin
    } else {
        policy.roles.may_become(&next.roles, by)
    };
    if !may {
        return Err(Rejection::NotAdmin);
    }
    if next.roles.owners() == 0 {
        return Err(Rejection::LastAdmin);
    }
    if next.roles.holders().len() > ROLE_HOLDERS_MAX || next.readonly().len() > READONLY_MAX {
        return Err(Rejection::Quota { what: "members with a role of their own" });
    }
    Ok(next)
}
