//! What a person says about who shall own a group.

use tidings_crypto::id::{AccountId, ConversationId};

use super::absence;
use crate::account::conversation::state;
use crate::account::policy::RecoveryRule;
use crate::error::{Outcome, Rejection};
use crate::record::recovery::ConsentRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};

/// Consents that `owner` own the group. A consent to somebody else before is withdrawn by it.
///
/// # Errors
/// [`Rejection::NotFound`] if they are no member; [`Rejection::Already`] if nobody comes before them; [`Rejection::NotPossible`] where the owners
/// have switched it off; [`Rejection::NotAbsent`] if somebody who would be passed over has been heard of; [`Rejection::Quota`] if no more can
/// hold a role.
pub(crate) fn give(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    owner: AccountId,
) -> Outcome<()> {
    let (record, policy) = state::of_group(step, account, conversation)?;
    if !record.members.contains(&owner) {
        return Err(Rejection::NotFound.into());
    }
    if policy.rules.recovery == RecoveryRule::Never {
        let reason = "the owners of this group have switched recovery off";
        return Err(Rejection::NotPossible { reason }.into());
    }
    if policy.rank(&owner) == 0 {
        return Err(Rejection::Already.into());
    }
    if !policy.roles.recovered(owner).is_canonical() {
        return Err(Rejection::Quota { what: "members with a role of their own" }.into());
    }
    let now = step.now.wall.0;
    if !absence::present(&step.rows, account, &record, (&policy, &owner), now)?.is_empty() {
        return Err(Rejection::NotAbsent.into());
    }
    let consent = ConsentRecord { owner, since: now };
    step.rows.put(Scope::Account(account), Table::Consent, conversation.as_bytes(), &consent);
    step.to_act.insert((account, *conversation));
    Ok(())
}

/// Takes a consent back: this device signs no more. What it has signed counts at the epoch that it was signed for.
///
/// # Errors
/// [`Rejection::NotFound`] if there is none.
pub(crate) fn withdraw(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<()> {
    super::consent_of(step, account, conversation)?.ok_or(Rejection::NotFound)?;
    step.rows.delete(Scope::Account(account), Table::Consent, conversation.as_bytes());
    Ok(())
}
