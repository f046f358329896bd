//! Opening a successor, and who may come by its link.

use tidings_crypto::id::{AccountId, ConversationId};

use super::{follow, put};
use crate::account::contact::invite;
use crate::account::conversation::{epoch, found, late, rejoin, state};
use crate::account::device_log;
use crate::error::{Outcome, Rejection};
use crate::limits::SUCCESSOR_LINK_SECONDS;
use crate::record::conversation::ConversationRecord;
use crate::record::invite::GroupInvite;
use crate::record::successor::SuccessorRecord;
use crate::step::Step;
use crate::wire::inner::Kind;

/// Whether a group has come to a halt for this device: nobody has let it back in for two days.
pub(crate) fn has_stopped(step: &Step<'_>, record: &ConversationRecord) -> bool {
    record.successor_from().is_some_and(|from| step.now.wall.0 >= from)
}

/// Opens a successor of a group that has come to a halt, with its name, rules, timer and bans, and tells the members how to come there.
/// `addresses` are those of this node, for the link.
///
/// # Errors
/// [`Rejection::NotFound`], [`Rejection::NotMember`], [`Rejection::DirectConversation`]; [`Rejection::Already`] if the group goes on in
/// another; [`Rejection::NotPossible`] while it has not come to a halt.
pub(crate) fn open(
    step: &mut Step<'_>,
    account: AccountId,
    old: &ConversationId,
    addresses: Vec<Vec<u8>>,
) -> Outcome<ConversationId> {
    let (record, policy) = state::of_group(step, account, old)?;
    if record.succeeded_by.is_some() {
        return Err(Rejection::Already.into());
    }
    if !has_stopped(step, &record) {
        let reason = "a successor is opened only where this device has waited for two days to be let back in";
        return Err(Rejection::NotPossible { reason }.into());
    }
    let conversation = found::again(step, account, &policy)?;
    let link = invite::Wish {
        // Somebody may have to ask more than once.
        uses: u32::try_from(record.members.len()).unwrap_or(u32::MAX).saturating_mul(2),
        lifetime_seconds: SUCCESSOR_LINK_SECONDS,
        note: policy.name(),
        addresses,
        group: Some(GroupInvite { conversation, approval: false, succeeds: Some(*old) }),
    };
    let link = invite::create(step, account, link)?;
    let link = link.to_url("").map_err(|_| Rejection::Malformed { what: "invite link" })?;
    // Those who came last are on the same branch, if on any.
    let mut epochs = rejoin::shared_epochs(step, account, &record)?;
    epochs.insert(record.tip);
    rejoin::publish_under(step, account, &record, epochs, (Kind::Successor, link.as_bytes()))?;
    put(step, account, old, &SuccessorRecord { account, conversation, link });
    follow::enter(step, account, record, &conversation)?;
    Ok(conversation)
}

/// Whether somebody is a member of the old group, as far as this device could follow it: nobody else comes by the link.
pub(crate) fn was_in(step: &Step<'_>, account: AccountId, old: &ConversationId, who: &AccountId) -> Outcome<bool> {
    Ok(state::get(step, account, old)?.is_some_and(|record| record.members.contains(who)))
}

/// Whether the branch that was chosen in the old group removes somebody: no link undoes that without a word.
pub(crate) fn is_to_be_asked_about(
    step: &Step<'_>,
    account: AccountId,
    old: &ConversationId,
    who: &AccountId,
) -> Outcome<bool> {
    let Some(record) = state::get(step, account, old)? else { return Ok(true) };
    let Some(chosen) = late::elsewhere(step, account, &record)? else { return Ok(false) };
    for cut in epoch::named(step, account, old, &chosen)?.cuts {
        if device_log::get(step, account, old, &cut.device)?.is_some_and(|log| log.account == *who) {
            return Ok(true);
        }
    }
    Ok(false)
}
