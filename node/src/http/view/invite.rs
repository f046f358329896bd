//! Invites, of both kinds.

use tidings_api::{Invite, InviteKind};
use tidings_crypto::id::AccountId;
use tidings_crypto::invite::InviteLink;
use tidings_protocol::record::invite::InviteRecord;

use crate::http::time_text::rfc3339;
use crate::identity::AccountInvite;

/// The text of an invite's id.
pub(in crate::http) fn id_text(id: &[u8; 16]) -> String {
    data_encoding::HEXLOWER.encode(id)
}

/// An invite's id from its text.
pub(in crate::http) fn parse_id(text: &str) -> Option<[u8; 16]> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?.as_slice().try_into().ok()
}

/// A contact invite as listed; its link can be shown again, since the account keeps the secret.
pub(in crate::http) fn contact(id: &[u8; 16], record: &InviteRecord, inviter: AccountId, base: &str) -> Invite {
    let addresses = record.addresses.iter().map(|address| address.to_vec()).collect();
    let link =
        InviteLink { secret: record.secret, account: inviter, node: record.node, expires: record.expires, addresses };
    Invite {
        id: id_text(id),
        kind: InviteKind::Contact,
        link: link.to_url(base).ok(),
        expires_at: rfc3339(u64::from(record.expires) * 1000),
        created_at: Some(rfc3339(record.created_at)),
        uses: record.uses_left,
        used: 0,
        group: None,
        note: Some(record.note.clone()).filter(|note| !note.is_empty()),
    }
}

/// An invite for an account. The link is there only once.
pub(in crate::http) fn account(invite: &AccountInvite, link: Option<String>) -> Invite {
    Invite {
        id: id_text(&invite.id),
        kind: InviteKind::Account,
        link,
        expires_at: rfc3339(invite.expires_at),
        created_at: Some(rfc3339(invite.created_at)),
        uses: invite.uses,
        used: invite.used,
        group: None,
        note: Some(invite.note.clone()).filter(|note| !note.is_empty()),
    }
}
