//! Removing a member who is junior.

use tidings_crypto::id::{AccountId, ConversationId};

use super::commit::{Plan, commit};
use super::{member_add, state};
use crate::error::{Outcome, Rejection};
use crate::step::Step;

/// Removes `member`, or drops the wish to add them if they are not in yet.
pub(crate) fn remove(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
) -> Outcome<()> {
    let (mut record, mut policy) = state::of_group(step, account, conversation)?;
    if *member == account {
        return Err(Rejection::LastAdmin.into());
    }
    if !policy.may_remove(&account, member) {
        return Err(Rejection::NotAdmin.into());
    }
    if member_add::cancel(step, account, conversation, member)? {
        return Ok(());
    }
    let group = state::load_group(step, account, conversation, &record.tip)?;
    let leaf = group
        .members()
        .iter()
        .find(|view| view.account() == *member)
        .map(|view| view.leaf)
        .ok_or(Rejection::NotFound)?;
    policy.forget(member);
    commit(step, account, &mut record, Plan { remove: Some(leaf), policy: Some(policy), ..Plan::default() })
}
