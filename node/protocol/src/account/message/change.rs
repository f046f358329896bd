//! Edits, and deletions for all: asked for here, or received (REQ-MSG-2).

use tidings_crypto::id::{AccountId, ConversationId};

use super::{expire, merge, send, store};
use crate::account::conversation::state as conversation_state;
use crate::account::event;
use crate::account::policy::Policy;
use crate::error::{Outcome, Rejection};
use crate::limits::TEXT_BYTES_MAX;
use crate::record::conversation::ConversationRecord;
use crate::record::event::EventKind;
use crate::record::message::{ChangeRecord, DeletionRecord, EditRecord, MessageRecord, Version};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::content::{Content, ContentKind, Mention, MessageRef};
use crate::wire::inner::Signed;

/// Whether `by` may take back a message of `author` for all: an own one, and in a group one of somebody whom they could remove.
fn may_delete_for_all(policy: &Policy, by: &AccountId, author: &AccountId) -> bool {
    by == author || (!policy.is_direct() && policy.may_remove(by, author))
}

/// Gives an own message another text.
pub(crate) fn edit(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    name: &MessageRef,
    text: String,
    mentions: Vec<Mention>,
) -> Outcome<MessageRecord> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Rejection::TooLarge { limit: TEXT_BYTES_MAX }.into());
    }
    let message = store::by_name(step, account, conversation, name)?;
    if message.sender != account {
        return Err(Rejection::Refused { reason: "only its author may edit a message" }.into());
    }
    if message.deletion.is_some() {
        return Err(Rejection::NotPossible { reason: "the message was deleted" }.into());
    }
    let now = step.now.wall.0;
    let mut content = Content::edit(step.random(), now, *name, text);
    content.mentions = Some(mentions).filter(|mentions| !mentions.is_empty());
    content.timer = message.expires_at.map(|time| time.saturating_sub(now).max(1));
    say(step, account, conversation, message, content)
}

/// Takes a message back, for all.
pub(crate) fn delete(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    name: &MessageRef,
) -> Outcome<MessageRecord> {
    let message = store::by_name(step, account, conversation, name)?;
    let record = conversation_state::of_member(step, account, conversation)?;
    if !may_delete_for_all(&conversation_state::policy(&record)?, &account, &message.sender) {
        return Err(Rejection::Refused { reason: "only its author or a senior may delete a message for all" }.into());
    }
    if message.deletion.is_some() {
        return Ok(message);
    }
    let content = Content::delete(step.random(), step.now.wall.0, *name);
    say(step, account, conversation, message, content)
}

/// Tells the others of an own change, and makes it here.
fn say(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    mut message: MessageRecord,
    content: Content,
) -> Outcome<MessageRecord> {
    let mut record = conversation_state::of_member(step, account, conversation)?;
    let entry = send::say(step, account, &mut record, &content)?;
    conversation_state::put(step, account, &record);
    let change = change_of(content, account, Version { clock: entry.clock, sequence: entry.sequence });
    make(step, account, conversation, &mut message, change)?;
    Ok(message)
}

fn change_of(content: Content, by: AccountId, version: Version) -> ChangeRecord {
    let at = content.sent_at;
    if content.kind() == ContentKind::Delete {
        return ChangeRecord { edit: None, deletion: Some(DeletionRecord { version, by, at }) };
    }
    let mentions = content.mentions.unwrap_or_default();
    ChangeRecord { edit: Some(EditRecord { version, text: content.text, mentions, at }), deletion: None }
}

/// Changes a message that is here, and tells of it if that is news.
fn make(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    message: &mut MessageRecord,
    change: ChangeRecord,
) -> Outcome<()> {
    let was_deleted = message.deletion.is_some();
    if !merge::apply(message, change) {
        return Ok(());
    }
    store::put(step, account, conversation, message);
    let kind = match message.deletion {
        Some(_) if was_deleted => return Ok(()),
        Some(deletion) => {
            store::drop_reactions(step, account, conversation, &message.name())?;
            EventKind::MessageDeleted { id: message.id, by: Some(deletion.by) }
        }
        None => EventKind::MessageEdited { id: message.id, order: message.order.clone() },
    };
    event::emit(step, account, Some(*conversation), kind)
}

/// Receives an edit or a deletion, judged by the policy of the epoch it was written in. If its message has not come yet it waits for it,
/// unseen.
pub(crate) fn received(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (entry, policy): (&Signed, &Policy),
    (author, clock): (AccountId, u64),
    content: Content,
) -> Outcome<()> {
    let name = content.target.ok_or(Rejection::Malformed { what: "content" })?;
    let allowed = match content.kind() {
        ContentKind::Delete => may_delete_for_all(policy, &author, &name.author),
        ContentKind::Edit
        | ContentKind::Text
        | ContentKind::React
        | ContentKind::Unreact
        | ContentKind::Settings
        | ContentKind::Unknown => author == name.author,
    };
    if !allowed {
        return Err(Rejection::Refused { reason: "a change of another's message" }.into());
    }
    let expires_at = expire::time_of(&content, step.now.wall.0);
    let change = change_of(content, author, Version { clock, sequence: entry.inner.sequence });
    match store::order_of(step, account, &record.id, &name)? {
        Some(order) => match store::get(step, account, &record.id, &order)? {
            Some(mut message) => make(step, account, &record.id, &mut message, change),
            // Its time is over.
            None => Ok(()),
        },
        None => {
            let (scope, row) = (Scope::Account(account), store::name_key(&record.id, &name));
            let mut known: ChangeRecord = step.rows.get(scope, Table::Change, &row)?.unwrap_or_default();
            merge::join(&mut known, change);
            step.rows.put(scope, Table::Change, &row, &known);
            if let Some(time) = expires_at {
                expire::note_change(step, account, &record.id, &name, time);
            }
            Ok(())
        }
    }
}
