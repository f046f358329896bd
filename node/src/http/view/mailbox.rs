//! Mailboxes.

use tidings_api::{Mailbox, MailboxState};
use tidings_protocol::record::mailbox::{self, OwnMailboxRecord};

use crate::http::state::node_text;
use crate::http::time_text::rfc3339;
use crate::network::Multiaddr;

/// One mailbox of the caller.
pub(in crate::http) fn mailbox(record: &OwnMailboxRecord) -> Mailbox {
    let address = |bytes: &minicbor::bytes::ByteVec| Multiaddr::try_from(bytes.to_vec()).ok();
    Mailbox {
        peer_id: node_text(&record.node),
        addresses: record.addresses.iter().filter_map(address).map(|address| address.to_string()).collect(),
        state: match record.state {
            mailbox::MailboxState::Waiting => MailboxState::Waiting,
            mailbox::MailboxState::Registered => MailboxState::Registered,
            mailbox::MailboxState::Refused => MailboxState::Refused,
        },
        reason: Some(record.refusal.clone()).filter(|reason| !reason.is_empty()),
        quota_bytes: record.quota,
        used_bytes: record.used,
        answered_at: (record.seen_at > 0).then(|| rfc3339(record.seen_at)),
    }
}
