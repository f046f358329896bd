//! Following a link into a group: who made it, then ask them to be let in.

use tidings_crypto::id::{AccountId, NodeId};
use tidings_crypto::invite::InviteLink;

use crate::account::contact::{add, refuse, resolve};
use crate::account::conversation::state;
use crate::account::{event, inbox, profile, reach};
use crate::error::{Outcome, Rejection};
use crate::record::event::EventKind;
use crate::record::join::{JoinRecord, JoinState};
use crate::step::Step;
use crate::wire::inbox::{InboxItem, JoinRequest, Refusal};

/// Starts to follow a link. The same link once more, while it is not answered, changes nothing.
///
/// # Errors
/// [`Rejection::NotPossible`] for a link that makes a contact; [`Rejection::OwnInvite`]; [`Rejection::Already`] for a member of the group;
/// [`Rejection::InviteExpired`]; [`Rejection::NotFound`] if the link names an account of this node that is not here.
pub(crate) fn follow(step: &mut Step<'_>, account: AccountId, link: &InviteLink) -> Outcome<JoinRecord> {
    let conversation =
        link.group.ok_or(Rejection::NotPossible { reason: "this link makes a contact and leads into no group" })?;
    if link.account == account {
        return Err(Rejection::OwnInvite.into());
    }
    profile::load(step, account)?;
    if state::get(step, account, &conversation)?.is_some_and(|record| record.membership.is_in()) {
        return Err(Rejection::Already.into());
    }
    let text = link.to_url("").map_err(|_| Rejection::Malformed { what: "invite link" })?;
    let known = super::get(step, account, &conversation, &link.account)?;
    let on_its_way =
        |known: &JoinRecord| known.link == text && matches!(known.state, JoinState::Resolving | JoinState::Requested);
    if let Some(known) = known.filter(on_its_way) {
        return Ok(known);
    }
    if step.now.wall.seconds() > u64::from(link.expires) {
        return Err(Rejection::InviteExpired.into());
    }
    let join = JoinRecord {
        conversation,
        inviter: link.account,
        state: JoinState::Resolving,
        node: link.node,
        link: text,
        refusal: String::new(),
        created_at: step.now.wall.0,
    };
    super::put(step, account, &join);
    resolve::start(step, account, link)?;
    Ok(super::get(step, account, &conversation, &link.account)?.unwrap_or(join))
}

/// It is known who made the links that name `inviter`: asks to be let in.
pub(crate) fn identified(
    step: &mut Step<'_>,
    account: AccountId,
    (inviter, home): (AccountId, Option<NodeId>),
    box_key: &[u8],
) -> Outcome<()> {
    let waiting = |join: &JoinRecord| join.inviter == inviter && join.state == JoinState::Resolving;
    for join in super::all(step, account)?.into_iter().filter(waiting) {
        let link = InviteLink::parse(&join.link).map_err(|_| Rejection::Malformed { what: "invite link" })?;
        let request = add::request(step, account, &link)?;
        let item = InboxItem::Join(JoinRequest { group: join.conversation, request });
        let sealed = inbox::seal(step, inviter, box_key, &item)?;
        // The link may name a mailbox.
        reach::send_item(step, account, (inviter, home.unwrap_or(join.node)), sealed)?;
        super::put(step, account, &JoinRecord { state: JoinState::Requested, ..join });
    }
    Ok(())
}

/// Takes a refusal of a request that still waits.
///
/// # Errors
/// [`Rejection::Refused`] unless it was made with the secret of a link of that inviter by which this account has asked.
pub(crate) fn refused(step: &mut Step<'_>, account: AccountId, refusal: &Refusal) -> Outcome<()> {
    let of_link = |join: &JoinRecord| {
        join.inviter == refusal.inviter
            && join.state == JoinState::Requested
            && InviteLink::parse(&join.link).is_ok_and(|link| refuse::holds(&link, &account, refusal))
    };
    let join = super::all(step, account)?.into_iter().find(of_link);
    let join = join.ok_or(Rejection::Refused { reason: "refusal" })?;
    let conversation = join.conversation;
    let refusal = refuse::words(refusal.reason);
    super::put(step, account, &JoinRecord { state: JoinState::Refused, refusal, ..join });
    if state::get(step, account, &conversation)?.is_some_and(|record| record.membership.is_in()) {
        // Another member was faster.
        return Ok(());
    }
    event::emit(step, account, Some(conversation), EventKind::JoinRefused { inviter: join.inviter })
}
