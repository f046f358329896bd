//! What is unread: one pure function of the read marker and the messages (REQ-MSG-6). There is no counter that could go wrong.

use tidings_crypto::id::AccountId;

use crate::record::chat::Marker;
use crate::record::message::MessageRecord;

/// Whether `me` has not seen a message: it is of somebody else, was not taken back, and stands after the marker or came after it was set.
pub(crate) fn is_unread(marker: &Marker, me: &AccountId, message: &MessageRecord) -> bool {
    message.sender != *me
        && message.deletion.is_none()
        && (message.order > marker.order || message.arrival > marker.arrival)
}

/// How many of these messages `me` has not seen.
pub(crate) fn count<'a>(marker: &Marker, me: &AccountId, messages: impl IntoIterator<Item = &'a MessageRecord>) -> u64 {
    messages.into_iter().map(|message| u64::from(is_unread(marker, me, message))).sum()
}
