//! Receiving an application message: decrypt at the epoch it was written in, check who wrote it, keep it.

use tidings_crypto::id::AccountId;

use super::{receipt, store};
use crate::account::conversation::publish::order_key;
use crate::account::conversation::state as conversation_state;
use crate::account::event;
use crate::account::policy::Policy;
use crate::error::{Outcome, Rejection};
use crate::limits::CLOCK_AHEAD_MS_MAX;
use crate::record::conversation::ConversationRecord;
use crate::record::event::EventKind;
use crate::record::message::MessageRecord;
use crate::step::{Step, refused};
use crate::wire::content::Content;
use crate::wire::inner::Signed;

/// Takes a message of `author`, to be put in order at `clock`. One that cannot be read is counted and named in the next receipt, so that its author learns of it; returns
/// whether it could be read.
pub(crate) fn received(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    entry: &Signed,
    (author, clock): (AccountId, u64),
) -> Outcome<bool> {
    receipt::owe(step, account, record);
    match refused(step.attempt(|step| read(step, account, record, entry, (author, clock))))? {
        Ok(message) => {
            store::put(step, account, &record.id, &message);
            record.unread = record.unread.saturating_add(1);
            record.active_at = step.now.wall.0;
            event::emit(
                step,
                account,
                Some(record.id),
                EventKind::MessageNew { id: message.id, order: message.order },
            )?;
            Ok(true)
        }
        // Every member drops it, and its author was told so before writing: no event.
        Err(Rejection::MayNotPost) => Ok(false),
        Err(_) => {
            record.unreadable = record.unreadable.saturating_add(1);
            event::emit(step, account, Some(record.id), EventKind::Unreadable)?;
            Ok(false)
        }
    }
}

fn read(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    entry: &Signed,
    (author, clock): (AccountId, u64),
) -> Outcome<MessageRecord> {
    let mut group = conversation_state::load_group(step, account, &record.id, &entry.inner.epoch)?;
    let policy = Policy::parse(&group.policy().map_err(|_| Rejection::Refused { reason: "policy" })?)?;
    if !policy.may_post(&author) {
        return Err(Rejection::MayNotPost.into());
    }
    let decrypted =
        group.decrypt(entry.inner.body.as_slice()).map_err(|_| Rejection::Refused { reason: "decryption" })?;
    let sender = group.member(decrypted.sender).ok_or(Rejection::Refused { reason: "sender" })?;
    if sender.account() != author || sender.device() != entry.inner.device {
        return Err(Rejection::Refused { reason: "message of another device than its entry" }.into());
    }
    let content = Content::parse(&decrypted.plaintext)?;
    if content.commitment() != entry.inner.commitment {
        return Err(Rejection::Refused { reason: "commitment" }.into());
    }
    conversation_state::store_changes(step, account, &entry.inner.epoch, &mut group);
    Ok(MessageRecord {
        id: content.salt,
        conversation: Some(record.id),
        sender: author,
        text: content.text,
        // What is shown as its time runs ahead no further than its place in the order may.
        sent_at: content.sent_at.min(step.now.wall.0.saturating_add(CLOCK_AHEAD_MS_MAX)),
        received_at: step.now.wall.0,
        states: Vec::new(),
        to: None,
        order: order_key(clock, &author, entry.inner.sequence),
    })
}
