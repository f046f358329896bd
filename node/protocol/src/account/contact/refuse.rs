//! Refusing a request whose invite no longer holds: whoever followed the link is told why instead of waiting for ever.

use tidings_crypto::id::{AccountId, NodeId};
use tidings_crypto::invite::InviteLink;

use crate::error::{Outcome, Rejection};
use crate::record::contact::ContactState;
use crate::step::Step;
use crate::wire::inbox::{InboxItem, Refusal, RefusalReason};

/// Tells the follower of `link` why the request is not taken.
pub(crate) fn send(
    step: &mut Step<'_>,
    link: &InviteLink,
    to: (AccountId, NodeId),
    box_key: &[u8],
    reason: RefusalReason,
) -> Outcome<()> {
    let (recipient, home) = to;
    let mac = link.mac(&Refusal::mac_input(&recipient, reason));
    let item = InboxItem::Refusal(Refusal { inviter: link.account, reason, mac });
    let sealed = super::super::inbox::seal(step, recipient, box_key, &item)?;
    super::super::reach::send_item(step, link.account, (recipient, home), sealed)
}

/// Takes a refusal of a request that still waits.
pub(crate) fn received(step: &mut Step<'_>, account: AccountId, refusal: &Refusal) -> Outcome<()> {
    let mut known = super::get(step, account, &refusal.inviter)?.ok_or(Rejection::NotFound)?;
    let link = known.link.as_deref().and_then(|text| InviteLink::parse(text).ok());
    let holds = link.is_some_and(|link| link.verify_mac(&Refusal::mac_input(&account, refusal.reason), &refusal.mac));
    if known.state != ContactState::Requested || !holds {
        return Err(Rejection::Refused { reason: "refusal" }.into());
    }
    known.state = ContactState::Refused;
    known.refusal = match refusal.reason {
        RefusalReason::Used => Rejection::InviteUsed,
        RefusalReason::Expired => Rejection::InviteExpired,
    }
    .to_string();
    super::put(step, account, &known);
    Ok(())
}
