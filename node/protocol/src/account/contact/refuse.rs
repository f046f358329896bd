//! Refusing a request whose invite no longer holds: whoever followed the link is told why instead of waiting for ever.

use tidings_crypto::id::{AccountId, NodeId};
use tidings_crypto::invite::InviteLink;

use crate::account::join_link;
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
    let known = super::get(step, account, &refusal.inviter)?.filter(|known| known.state == ContactState::Requested);
    if let Some(mut known) = known
        && let Some(link) = known.link.as_deref().and_then(|text| InviteLink::parse(text).ok())
        && holds(&link, &account, refusal)
    {
        known.state = ContactState::Refused;
        known.refusal = words(refusal.reason);
        super::put(step, account, &known);
        return Ok(());
    }
    join_link::follow::refused(step, account, refusal)
}

/// Whether a refusal was made with the secret of that link.
pub(crate) fn holds(link: &InviteLink, account: &AccountId, refusal: &Refusal) -> bool {
    link.verify_mac(&Refusal::mac_input(account, refusal.reason), &refusal.mac)
}

/// Why, and what can be done, for people.
pub(crate) fn words(reason: RefusalReason) -> String {
    match reason {
        RefusalReason::Used => return Rejection::InviteUsed.to_string(),
        RefusalReason::Expired => return Rejection::InviteExpired.to_string(),
        RefusalReason::Declined => "whoever made the link has declined",
        RefusalReason::Gone => {
            "whoever made the link is no longer in the group: ask somebody who is for another link"
        }
        RefusalReason::NotAllowed => {
            "whoever made the link may not let people in by link any more: ask an admin of the group"
        }
        RefusalReason::AlreadyIn => {
            "this account is a member already: if the group is not here, ask a member to remove the account and add it again"
        }
        RefusalReason::Full => "the group has as many members as it can have",
    }
    .to_owned()
}
