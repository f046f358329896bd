//! Receiving an application message: decrypt at the epoch it was written in, check who wrote it, and do what its content says.

use tidings_crypto::id::AccountId;

use super::order::order_key;
use super::{change, expire, merge, reaction, receipt, store, timer};
use crate::account::conversation::state as conversation_state;
use crate::account::policy::Policy;
use crate::account::{event, profile};
use crate::error::{Outcome, Rejection};
use crate::limits::CLOCK_AHEAD_MS_MAX;
use crate::record::conversation::ConversationRecord;
use crate::record::event::EventKind;
use crate::record::key;
use crate::record::message::{ChangeRecord, MessageRecord};
use crate::step::{Step, refused};
use crate::store::table::{Scope, Table};
use crate::wire::content::{Content, ContentKind, MessageRef};
use crate::wire::inner::Signed;

/// Takes a message of `author`, to be put in order at `clock`. One that cannot be read is counted and named in the next receipt, so that
/// its author learns of it; returns whether it could be read.
pub(crate) fn received(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    entry: &Signed,
    (author, clock): (AccountId, u64),
) -> Outcome<bool> {
    match refused(step.attempt(|step| read(step, account, record, entry, author)))? {
        Ok((content, policy)) => {
            // What a content asks for and its author may not, or what is of no use, has no effect and no echo.
            drop(refused(
                step.attempt(|step| take(step, account, record, (entry, &policy), (author, clock), content)),
            )?);
            Ok(true)
        }
        // Every member drops it, and its author was told so before writing: no event.
        Err(Rejection::MayNotPost) => Ok(false),
        Err(_) => {
            receipt::owe(step, account, record);
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
    author: AccountId,
) -> Outcome<(Content, Policy)> {
    let mut group = conversation_state::load_group(step, account, &record.id, &entry.inner.epoch)?;
    let policy = Policy::parse(&group.policy().map_err(|_| Rejection::Refused { reason: "policy" })?)?;
    let decrypted =
        group.decrypt(entry.inner.body.as_slice()).map_err(|_| Rejection::Refused { reason: "decryption" })?;
    let sender = group.member(decrypted.sender).ok_or(Rejection::Refused { reason: "sender" })?;
    if sender.account() != author || sender.device() != entry.inner.device {
        return Err(Rejection::Refused { reason: "message of another device than its entry" }.into());
    }
    let content = Content::parse(&decrypted.plaintext)?;
    if Content::commitment_of(&content.salt, &decrypted.plaintext) != entry.inner.commitment {
        return Err(Rejection::Refused { reason: "commitment" }.into());
    }
    if !may_say(&policy, &author, content.kind()) {
        return Err(Rejection::MayNotPost.into());
    }
    conversation_state::store_changes(step, account, &entry.inner.epoch, &mut group);
    Ok((content, policy))
}

/// Whether the policy lets somebody say this. Who may only read may react, and take back what they wrote before.
pub(crate) fn may_say(policy: &Policy, by: &AccountId, kind: ContentKind) -> bool {
    match kind {
        ContentKind::React | ContentKind::Unreact | ContentKind::Delete => true,
        ContentKind::Text | ContentKind::Edit | ContentKind::Settings | ContentKind::Unknown => policy.may_post(by),
    }
}

/// Only what people read is receipted: an edit, a reaction or a deletion probes nobody (REQ-MSG-4).
fn take(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    (entry, policy): (&Signed, &Policy),
    (author, clock): (AccountId, u64),
    content: Content,
) -> Outcome<()> {
    match content.kind() {
        ContentKind::Text | ContentKind::Unknown => {
            receipt::owe(step, account, record);
            show(step, account, record, entry, (author, clock), content)
        }
        ContentKind::Edit | ContentKind::Delete => {
            change::received(step, account, record, (entry, policy), (author, clock), content)
        }
        ContentKind::React | ContentKind::Unreact => {
            reaction::received(step, account, record, entry, (author, clock), content)
        }
        ContentKind::Settings => timer::received(step, account, record, entry, (author, clock), &content),
    }
}

/// Keeps a message to be shown, with what is known of it already.
fn show(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    entry: &Signed,
    (author, clock): (AccountId, u64),
    content: Content,
) -> Outcome<()> {
    let (scope, now) = (Scope::Account(account), step.now.wall.0);
    let name = MessageRef { author, id: content.salt };
    if store::order_of(step, account, &record.id, &name)?.is_some() {
        // It was sent again for those who lacked it, or its author gave one name to two messages: the first counts.
        return Ok(());
    }
    let expires_at = expire::time_of(&content, now);
    // What is shown as its time runs ahead no further than a clock may.
    let sent_at = content.sent_at.min(now.saturating_add(CLOCK_AHEAD_MS_MAX));
    let mut message = MessageRecord {
        conversation: Some(record.id),
        order: order_key(clock, &author, entry.inner.sequence),
        device: Some(entry.inner.device),
        arrival: profile::load(step, account)?.event_cursor.saturating_add(1),
        reply_to: content.target,
        mentions: content.mentions.unwrap_or_default(),
        expires_at,
        ..MessageRecord::new(content.salt, author, content.text, sent_at, now)
    };
    let waiting = store::name_key(&record.id, &name);
    if let Some(change) = step.rows.get::<ChangeRecord>(scope, Table::Change, &waiting)? {
        step.rows.delete(scope, Table::Change, &waiting);
        merge::apply(&mut message, change);
    }
    store::put_new(step, account, &record.id, &message);
    if expires_at.is_some_and(|time| time <= now) {
        return expire::remove(step, account, &record.id, &message);
    }
    expire::note_message(step, account, &record.id, &message);
    if message.order <= store::chat(step, account, &record.id)?.marker.order {
        let row = key::join(&[record.id.as_bytes(), &message.order]);
        step.rows.put_bytes(scope, Table::Late, &row, Vec::new());
    }
    record.active_at = now;
    event::emit(step, account, Some(record.id), EventKind::MessageNew { id: message.id, order: message.order })
}
