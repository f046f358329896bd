//! Changing what a group is called and how it works.

use tidings_crypto::id::{AccountId, ConversationId};

use super::{state, wish};
use crate::account::policy::{Policy, Role, Rules};
use crate::command::GroupChange;
use crate::error::{Outcome, Rejection};
use crate::limits::{DESCRIPTION_BYTES_MAX, NAME_BYTES_MAX};
use crate::step::Step;

/// Changes what is given and leaves the rest.
pub(crate) fn set(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    change: &GroupChange,
) -> Outcome<()> {
    let (record, policy) = state::of_group(step, account, conversation)?;
    let next = changed(&policy, change)?;
    let role = policy.role(&account);
    if role > Role::Admin || (role > Role::Owner && next.rules != policy.rules) {
        return Err(Rejection::NotAdmin.into());
    }
    if next == policy {
        return Ok(());
    }
    wish::change(step, account, &record, &next)
}

fn changed(policy: &Policy, change: &GroupChange) -> Result<Policy, Rejection> {
    let mut next = policy.clone();
    if let Some(name) = &change.name {
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return Err(Rejection::TooLarge { limit: NAME_BYTES_MAX });
        }
        next.set_name(name);
    }
    if let Some(description) = &change.description {
        if description.len() > DESCRIPTION_BYTES_MAX {
            return Err(Rejection::TooLarge { limit: DESCRIPTION_BYTES_MAX });
        }
        next.set_description(description);
    }
    next.disappearing_seconds = change.disappearing_seconds.unwrap_or(policy.disappearing_seconds);
    let now = policy.rules;
    next.rules = Rules {
        add: change.add.unwrap_or(now.add),
        post: change.post.unwrap_or(now.post),
        join: change.join.unwrap_or(now.join),
        recovery: change.recovery.unwrap_or(now.recovery),
        history: now.history,
    };
    Ok(next)
}
