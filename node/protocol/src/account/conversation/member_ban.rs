//! Banning somebody from a group, and lifting a ban. Whoever is banned is removed by the same commit if they are in, and nobody can add them.

use tidings_crypto::id::{AccountId, ConversationId};

use super::commit::Plan;
use super::wish::{self, Wish};
use super::{member_add, member_remove, state};
use crate::account::policy::Policy;
use crate::error::{Outcome, Rejection};
use crate::record::conversation::ConversationRecord;
use crate::step::Step;
use crate::wire::inbox::RefusalReason;

/// Bans `who`, or lifts the ban. Who may remove somebody may do both.
///
/// # Errors
/// [`Rejection::NotAdmin`] if `account` might not remove them; [`Rejection::Already`] if they are banned; [`Rejection::Quota`] if no more can
/// be; [`Rejection::NotFound`] if there is no ban to lift.
pub(crate) fn set(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    who: &AccountId,
    banned: bool,
) -> Outcome<()> {
    let (record, policy) = state::of_group(step, account, conversation)?;
    if !policy.may_remove(&account, who) {
        return Err(Rejection::NotAdmin.into());
    }
    if banned { ban(step, account, (&record, &policy), who) } else { lift(step, account, (&record, &policy), who) }
}

fn ban(
    step: &mut Step<'_>,
    account: AccountId,
    (record, policy): (&ConversationRecord, &Policy),
    who: &AccountId,
) -> Outcome<()> {
    let lift_waited = wish::cancel(step, account, &record.id, &Wish::Lift { member: *who })?;
    if policy.bans.contains(who) {
        return if lift_waited { Ok(()) } else { Err(Rejection::Already.into()) };
    }
    if policy.bans.is_full() {
        return Err(Rejection::Quota { what: "banned accounts of a group" }.into());
    }
    if !record.members.contains(who) {
        // They may have asked to be let in, or be wished for: nobody waits for the ban to be carried out.
        member_add::give_up(step, account, (&record.id, who), RefusalReason::Declined)?;
    }
    wish::keep(step, account, &record.id, &Wish::Ban { member: *who })?;
    wish::act(step, account, &record.id)
}

fn lift(
    step: &mut Step<'_>,
    account: AccountId,
    (record, policy): (&ConversationRecord, &Policy),
    who: &AccountId,
) -> Outcome<()> {
    let waited = withdraw(step, account, &record.id, who)?;
    if !policy.bans.contains(who) {
        return if waited { Ok(()) } else { Err(Rejection::NotFound.into()) };
    }
    wish::keep(step, account, &record.id, &Wish::Lift { member: *who })?;
    wish::act(step, account, &record.id)
}

/// Drops the wish to ban somebody. Returns whether it was there.
pub(crate) fn withdraw(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    who: &AccountId,
) -> Outcome<bool> {
    wish::cancel(step, account, conversation, &Wish::Ban { member: *who })
}

/// The commit that bans somebody.
pub(crate) fn plan(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    member: &AccountId,
) -> Outcome<Plan> {
    let mut policy = state::policy(record)?;
    if policy.bans.contains(member) {
        return Err(Rejection::Already.into());
    }
    policy.ban(*member);
    let remove = member_remove::leaf(step, account, record, member)?;
    Ok(Plan { remove, policy: Some(policy), ..Plan::default() })
}

/// The commit that lifts a ban.
pub(crate) fn lifting(record: &ConversationRecord, member: &AccountId) -> Outcome<Plan> {
    let mut policy = state::policy(record)?;
    if !policy.bans.contains(member) {
        return Err(Rejection::Already.into());
    }
    policy.bans.lift(member);
    Ok(Plan { policy: Some(policy), ..Plan::default() })
}
