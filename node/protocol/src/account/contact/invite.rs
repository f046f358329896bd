//! Invites: made, taken back, and spent.

use tidings_crypto::id::AccountId;
use tidings_crypto::invite::InviteLink;

use crate::error::{Outcome, Rejection};
use crate::limits::NAME_BYTES_MAX;
use crate::record::invite::InviteRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::inbox::RefusalReason;

/// What an invite shall be.
pub(crate) struct Wish {
    pub(crate) uses: u32,
    pub(crate) lifetime_seconds: u32,
    pub(crate) note: String,
    pub(crate) addresses: Vec<Vec<u8>>,
}

/// Makes an invite of `account`.
pub(crate) fn create(step: &mut Step<'_>, account: AccountId, wish: Wish) -> Outcome<InviteLink> {
    if wish.note.len() > NAME_BYTES_MAX || wish.addresses.len() > 3 || wish.uses == 0 {
        return Err(Rejection::Malformed { what: "invite" }.into());
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
    };
    // The account must be unlocked for its invites to be worth anything; the profile read says so.
    super::super::profile::load(step, account)?;
    step.rows.put(Scope::Account(account), Table::Invite, &link.id(), &record);
    Ok(link)
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
    let link = InviteLink { secret: record.secret, account, node: record.node, expires: record.expires, addresses };
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
