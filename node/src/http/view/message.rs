//! A message as its reader sees it.

use tidings_api::{Delivery, DeliveryState, Message};
use tidings_crypto::id::AccountId;
use tidings_protocol::record::message::{DeliveryState as Kept, MessageRecord, RecipientState};

use crate::http::time_text::rfc3339;
use crate::http::uuid_text;

/// The message as the API shows it to `viewer`.
pub(in crate::http) fn message(record: &MessageRecord, viewer: AccountId) -> Message {
    let is_self = record.sender == viewer;
    // A message of somebody else is here because our device has read it.
    let state = if is_self { state(record.state()) } else { DeliveryState::Delivered };
    let place = record.conversation.map(|id| id.to_string()).or_else(|| record.to.map(|id| id.to_string()));
    Message {
        id: uuid_text::to_text(&record.id),
        conversation: place.unwrap_or_default(),
        sender: record.sender.to_string(),
        time: rfc3339(record.sent_at),
        received_at: rfc3339(record.received_at),
        text: record.text.clone(),
        attachments: Vec::new(),
        reply_to: None,
        reactions: Vec::new(),
        edited_at: None,
        deleted: false,
        state,
        states: record.states.iter().map(delivery).collect(),
        reason: reason(record, is_self).map(str::to_owned),
        next_try_at: None,
        is_self,
    }
}

/// One recipient's state as the API shows it.
pub(super) fn delivery(kept: &RecipientState) -> Delivery {
    Delivery { account: kept.account.to_string(), state: state(kept.state), time: rfc3339(kept.time) }
}

/// A state as the API names it.
pub(super) fn state(state: Kept) -> DeliveryState {
    match state {
        Kept::Failed => DeliveryState::Failed,
        Kept::Queued => DeliveryState::Queued,
        Kept::Sent => DeliveryState::Sent,
        Kept::Delivered => DeliveryState::Delivered,
    }
}

/// Why an own message waits or failed. The core tries again by itself whenever the other node is seen.
pub(super) fn reason(record: &MessageRecord, is_self: bool) -> Option<&'static str> {
    if !is_self {
        return None;
    }
    match record.state() {
        Kept::Queued if record.conversation.is_none() => Some("waits until the contact request is accepted"),
        Kept::Queued => Some("waits for the other node"),
        Kept::Failed => Some("will not arrive"),
        Kept::Sent | Kept::Delivered => None,
    }
}
