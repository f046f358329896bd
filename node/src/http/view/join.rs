//! Joining groups by link, from both sides.

use tidings_api::{GroupJoin, JoinState, Request, RequestKind};
use tidings_protocol::error::Outcome;
use tidings_protocol::query::{invites, joins};
use tidings_protocol::record::join::{JoinRecord, JoinRequestRecord, JoinState as Kept};

use super::Viewer;
use super::contact::handle;
use crate::http::time_text::rfc3339;

/// A link that the account follows.
pub(in crate::http) fn join(record: &JoinRecord) -> GroupJoin {
    GroupJoin {
        group: record.conversation.to_string(),
        state: match record.state {
            Kept::Resolving | Kept::Requested => JoinState::Requested,
            Kept::Joined => JoinState::Joined,
            Kept::Refused => JoinState::Refused,
        },
        inviter: record.inviter.to_string(),
        reason: Some(record.refusal.clone()).filter(|reason| !reason.is_empty()),
        created_at: rfc3339(record.created_at),
    }
}

/// Somebody who asks the account.
pub(in crate::http) fn request(viewer: Viewer<'_>, record: &JoinRequestRecord) -> Outcome<Request> {
    let handle = handle(&record.name, &record.home);
    let invites = invites::list(viewer.store, viewer.account)?;
    let note = invites.into_iter().find(|(id, _)| *id == record.invite).map(|(_, invite)| invite.note);
    Ok(Request {
        id: request_id(record),
        kind: RequestKind::Group,
        account: record.account.to_string(),
        display_name: if record.display_name.is_empty() { handle.clone() } else { record.display_name.clone() },
        handle,
        group: record.conversation.to_string(),
        note: note.filter(|note| !note.is_empty()),
        created_at: rfc3339(record.created_at),
    })
}

/// The text of a request's id.
pub(in crate::http) fn request_id(record: &JoinRequestRecord) -> String {
    data_encoding::HEXLOWER.encode(&joins::request_id(record))
}
