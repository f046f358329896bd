//! Invites: made, taken back, and spent.

use tidings_crypto::id::AccountId;
use tidings_crypto::invite::InviteLink;

use crate::account::conversation::state;
use crate::account::policy::JoinRule;
use crate::error::{Outcome, Rejection};
use crate::limits::{MEMBERS_MAX, NAME_BYTES_MAX};
use crate::record::invite::{GroupInvite, InviteRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::inbox::RefusalReason;

/// What an invite shall be.
pub(crate) struct Wish {
    pub(crate) uses: u32,
    pub(crate) lifetime_seconds: u32,
    pub(crate) note: String,
    pub(crate) addresses: Vec<Vec<u8>>,
    /// The group that it leads into, if any.
    pub(crate) group: Option<GroupInvite>,
}

/// Makes an invite of `account`.
///
/// # Errors
/// [`Rejection::Malformed`]; for a group [`Rejection::NotMember`], [`Rejection::NotAdmin`], [`Rejection::NotPossible`] or
/// [`Rejection::Quota`], as nobody could be let in by it now.
pub(crate) fn create(step: &mut Step<'_>, account: AccountId, wish: Wish) -> Outcome<InviteLink> {
    if wish.note.len() > NAME_BYTES_MAX || wish.addresses.len() > 3 || wish.uses == 0 {
        return Err(Rejection::Malformed { what: "invite" }.into());
    }
    if let Some(group) = &wish.group {
        may_invite(step, account, group)?;
    }
    let now = u32::try_from(step.now.wall.seconds()).unwrap_or(u32::MAX);
    // A mailbox answers also while this node is off, and passes the request on.
    let mailbox = super::super::reach::mailboxes(step, account, &account)?.into_iter().next();
    let (node, addresses) =
        mailbox.map_or((step.config.node, wish.addresses), |mailbox| (mailbox.node, mailbox.addresses));
    let link = InviteLink {
        secret: step.random(),
        account,
        node,
        expires: now.saturating_add(wish.lifetime_seconds),
        addresses,
        group: wish.group.map(|group| group.conversation),
    };
    let record = InviteRecord {
        secret: link.secret,
        expires: link.expires,
        uses_left: wish.uses,
        revoked: false,
        note: wish.note,
        created_at: step.now.wall.0,
        addresses: link.addresses.iter().cloned().map(Into::into).collect(),
        node,
        group: wish.group,
    };
    // The account must be unlocked for its invites to be worth anything; the profile read says so.
    super::super::profile::load(step, account)?;
    step.rows.put(Scope::Account(account), Table::Invite, &link.id(), &record);
    Ok(link)
}

/// Whether a link of this account into a group would let anybody in.
fn may_invite(step: &Step<'_>, account: AccountId, group: &GroupInvite) -> Outcome<()> {
    let (record, policy) = state::of_group(step, account, &group.conversation)?;
    if !policy.may_add(&account) {
        return Err(Rejection::NotAdmin.into());
    }
    if policy.rules.join == JoinRule::Invited && group.succeeds.is_none() {
        return Err(Rejection::NotPossible { reason: "the rules of this group let nobody in by link" }.into());
    }
    if record.members.len() >= MEMBERS_MAX {
        return Err(Rejection::Quota { what: "members of a group" }.into());
    }
    Ok(())
}

/// Takes an invite back.
pub(crate) fn revoke(step: &mut Step<'_>, account: AccountId, invite: &[u8; 16]) -> Outcome<()> {
    let mut record: InviteRecord =
        step.rows.get(Scope::Account(account), Table::Invite, invite)?.ok_or(Rejection::NotFound)?;
    record.revoked = true;
    step.rows.put(Scope::Account(account), Table::Invite, invite, &record);
    Ok(())
}

/// An invite of `account` and its link, whether or not it may still be used.
pub(crate) fn find(step: &Step<'_>, account: AccountId, invite: &[u8; 16]) -> Outcome<(InviteLink, InviteRecord)> {
    let record: InviteRecord =
        step.rows.get(Scope::Account(account), Table::Invite, invite)?.ok_or(Rejection::NotFound)?;
    let addresses = record.addresses.iter().map(|address| address.to_vec()).collect();
    let group = record.group.map(|group| group.conversation);
    let (secret, node, expires) = (record.secret, record.node, record.expires);
    let link = InviteLink { secret, account, node, expires, addresses, group };
    Ok((link, record))
}

/// Why an invite may no longer be used, if so.
pub(crate) fn refusal(step: &Step<'_>, record: &InviteRecord) -> Option<RefusalReason> {
    if record.revoked || record.uses_left == 0 {
        Some(RefusalReason::Used)
    } else if step.now.wall.seconds() > u64::from(record.expires) {
        Some(RefusalReason::Expired)
    } else {
        None
    }
}

/// Spends one use.
pub(crate) fn spend(step: &mut Step<'_>, account: AccountId, invite: &[u8; 16], mut record: InviteRecord) {
    record.uses_left = record.uses_left.saturating_sub(1);
    step.rows.put(Scope::Account(account), Table::Invite, invite, &record);
}
