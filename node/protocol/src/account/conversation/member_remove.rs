//! Removing a member: wished for, and done as soon as the device may commit.

use tidings_crypto::id::{AccountId, ConversationId};

use super::commit::Plan;
use super::wish::{self, Wish};
use super::{member_add, state};
use crate::account::join_link;
use crate::error::{Outcome, Rejection};
use crate::record::conversation::ConversationRecord;
use crate::step::Step;

/// Removes `member`, or drops the wish to add them if they are not in yet.
pub(crate) fn remove(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
) -> Outcome<()> {
    let (record, policy) = state::of_group(step, account, conversation)?;
    if *member == account {
        return Err(Rejection::LastAdmin.into());
    }
    if !policy.may_remove(&account, member) {
        return Err(Rejection::NotAdmin.into());
    }
    join_link::forget(step, account, conversation, member);
    if member_add::cancel(step, account, conversation, member)? {
        return Ok(());
    }
    if !record.members.contains(member) {
        return Err(Rejection::NotFound.into());
    }
    wish::keep(step, account, conversation, &Wish::Remove { member: *member })?;
    wish::act(step, account, conversation)
}

/// The commit that removes a member.
pub(crate) fn plan(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    member: &AccountId,
) -> Outcome<Plan> {
    let leaf = leaf(step, account, record, member)?.ok_or(Rejection::NotFound)?;
    let mut policy = state::policy(record)?;
    policy.forget(member);
    Ok(Plan { remove: Some(leaf), policy: Some(policy), ..Plan::default() })
}

/// The leaf of an account, if it is in.
pub(super) fn leaf(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    member: &AccountId,
) -> Outcome<Option<u32>> {
    let group = state::load_group(step, account, &record.id, &record.tip)?;
    Ok(group.members().iter().find(|view| view.account() == *member).map(|view| view.leaf))
}
