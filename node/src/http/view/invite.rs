//! Invites, of all kinds.

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

/// An invite to become a contact or to join a group, as listed; its link can be shown again, since the account keeps the secret. `approval` says
/// whether its maker is asked about each who follows it.
pub(in crate::http) fn kept(
    id: &[u8; 16],
    record: &InviteRecord,
    approval: Option<bool>,
    (inviter, base): (AccountId, &str),
) -> Invite {
    let addresses = record.addresses.iter().map(|address| address.to_vec()).collect();
    let group = record.group.map(|group| group.conversation);
    let (secret, node, expires) = (record.secret, record.node, record.expires);
    let link = InviteLink { secret, account: inviter, node, expires, addresses, group };
    Invite {
        id: id_text(id),
        kind: if group.is_some() { InviteKind::Group } else { InviteKind::Contact },
        link: link.to_url(base).ok(),
        expires_at: rfc3339(u64::from(record.expires) * 1000),
        created_at: Some(rfc3339(record.created_at)),
        uses: record.uses_left,
        used: 0,
        group: group.map(|group| group.to_string()),
        approval,
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
        approval: None,
        note: Some(invite.note.clone()).filter(|note| !note.is_empty()),
    }
}
