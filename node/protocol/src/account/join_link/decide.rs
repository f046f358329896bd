//! Letting somebody in who asks by link, or not.

use tidings_crypto::id::{AccountId, ConversationId};

use super::request;
use crate::account::conversation::{member_add, member_ban};
use crate::error::{Outcome, Rejection};
use crate::record::join::JoinRequestRecord;
use crate::step::Step;
use crate::wire::inbox::RefusalReason;

/// Lets somebody in who waits for it.
///
/// # Errors
/// [`Rejection::NotFound`] if nobody of that id waits; [`Rejection::NotMember`], [`Rejection::NotAdmin`], [`Rejection::Already`],
/// [`Rejection::Banned`] and [`Rejection::Quota`] by what has changed since they asked.
pub(crate) fn accept(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    who: &AccountId,
) -> Outcome<()> {
    let request = waiting(step, account, conversation, who)?;
    match request::bar(step, account, &request)? {
        None => {
            member_ban::withdraw(step, account, conversation, who)?;
            let_in(step, account, request)
        }
        Some(RefusalReason::AlreadyIn) => Err(Rejection::Already.into()),
        Some(RefusalReason::Full) => Err(Rejection::Quota { what: "members of a group" }.into()),
        Some(RefusalReason::NotAllowed) => Err(Rejection::NotAdmin.into()),
        Some(RefusalReason::Declined) => Err(Rejection::Banned.into()),
        Some(RefusalReason::Used | RefusalReason::Expired | RefusalReason::Gone) => Err(Rejection::NotMember.into()),
    }
}

/// Turns somebody away who waits to be let in.
///
/// # Errors
/// [`Rejection::NotFound`] if nobody of that id waits.
pub(crate) fn decline(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    who: &AccountId,
) -> Outcome<()> {
    waiting(step, account, conversation, who)?;
    request::refuse(step, account, (conversation, who), RefusalReason::Declined)
}

fn waiting(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    who: &AccountId,
) -> Outcome<JoinRequestRecord> {
    let request = super::request_of(step, account, conversation, who)?.filter(|request| !request.accepted);
    Ok(request.ok_or(Rejection::NotFound)?)
}

/// They are added as soon as this device may commit, with the right that it has then.
pub(crate) fn let_in(step: &mut Step<'_>, account: AccountId, request: JoinRequestRecord) -> Outcome<()> {
    let (conversation, who) = (request.conversation, request.account);
    super::put_request(step, account, &JoinRequestRecord { accepted: true, ..request });
    member_add::wait(step, account, &conversation, &who)?;
    step.to_act.insert((account, conversation));
    Ok(())
}
