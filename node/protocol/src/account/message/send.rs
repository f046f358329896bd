//! Sending a text: durable before it is answered, encrypted at once if the conversation exists, else as soon as it does.

use tidings_crypto::id::{AccountId, ConversationId, NodeId};

use super::order::order_key;
use super::receive::may_say;
use super::state::AwaitingRecord;
use super::store::{self, PlaceRecord};
use super::{expire, timer};
use crate::account::conversation::publish::{self, Published};
use crate::account::conversation::state as conversation_state;
use crate::account::{contact, event, profile, reach};
use crate::command::{NewMessage, Recipient};
use crate::error::{Outcome, Rejection};
use crate::limits::{TEXT_BYTES_MAX, WAITING_MESSAGES_MAX};
use crate::record;
use crate::record::contact::ContactRecord;
use crate::record::conversation::ConversationRecord;
use crate::record::event::EventKind;
use crate::record::key;
use crate::record::message::{DeliveryState, MessageRecord, RecipientState};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::content::Content;
use crate::wire::inner::{Draft, Kind};

/// Sends a text. The same client id again returns the first message.
pub(crate) fn send(
    step: &mut Step<'_>,
    account: AccountId,
    to: Recipient,
    text: String,
    client_id: [u8; 16],
) -> Outcome<MessageRecord> {
    write(step, account, NewMessage { to, text, client_id, reply_to: None, mentions: Vec::new() })
}

/// Sends a text that may answer another or mention somebody. The same client id again returns the first message.
pub(crate) fn write(step: &mut Step<'_>, account: AccountId, new: NewMessage) -> Outcome<MessageRecord> {
    if new.text.len() > TEXT_BYTES_MAX {
        return Err(Rejection::TooLarge { limit: TEXT_BYTES_MAX }.into());
    }
    if let Some(place) = store::own_place(step, account, &new.client_id)? {
        // Without a message there its time is over, or it was given up: it is not sent again.
        return Ok(store::at(step, account, &place)?.ok_or(Rejection::Already)?);
    }
    let mut content = Content::text(new.client_id, step.now.wall.0, new.text);
    content.target = new.reply_to;
    content.mentions = Some(new.mentions).filter(|mentions| !mentions.is_empty());
    Content::parse(&content.to_bytes())?;
    match new.to {
        Recipient::Conversation(conversation) => encrypt(step, account, &conversation, content),
        Recipient::Account(other) => {
            let known = contact::get(step, account, &other)?.ok_or(Rejection::NotFound)?;
            match known.conversation {
                Some(conversation) if has_joined(step, account, &conversation, &other)? => {
                    encrypt(step, account, &conversation, content)
                }
                Some(_) | None => wait(step, account, (other, known.home), content),
            }
        }
    }
}

/// Whether the other side of a direct conversation is in it yet.
fn has_joined(step: &Step<'_>, account: AccountId, conversation: &ConversationId, other: &AccountId) -> Outcome<bool> {
    Ok(conversation_state::get(step, account, conversation)?.is_some_and(|record| record.members.contains(other)))
}

/// Encrypts a content and appends it to the own log. Changes `record`; the caller stores it.
pub(crate) fn say(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    content: &Content,
) -> Outcome<Published> {
    let profile = profile::load(step, account)?;
    if record.succeeded_by.is_some() {
        return Err(Rejection::NotPossible { reason: "this group goes on in its successor: write there" }.into());
    }
    if record.is_stranded() {
        return Err(Rejection::NotPossible { reason: "this device waits to be let back into the conversation" }.into());
    }
    if !may_say(&conversation_state::policy(record)?, &account, content.kind()) {
        return Err(Rejection::MayNotPost.into());
    }
    let (conversation, tip) = (record.id, record.tip);
    let mut group = conversation_state::load_group(step, account, &conversation, &tip)?;
    let body = group.encrypt(&content.to_bytes(), step.rng).map_err(|_| Rejection::Refused { reason: "encryption" })?;
    conversation_state::store_changes(step, account, &tip, &mut group);
    let draft = Draft { conversation, kind: Kind::App, epoch: tip, commitment: content.commitment(), body };
    publish::publish(step, account, &profile, record, draft)
}

fn encrypt(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    mut content: Content,
) -> Outcome<MessageRecord> {
    let mut record = conversation_state::of_member(step, account, conversation)?;
    if !conversation_state::policy(&record)?.may_post(&account) {
        return Err(Rejection::MayNotPost.into());
    }
    if record.is_stranded() && record.succeeded_by.is_none() {
        return wait_to_be_let_in(step, account, &record, content);
    }
    if let Some(answered) = &content.target {
        store::order_of(step, account, conversation, answered)?.ok_or(Rejection::NotFound)?;
    }
    content.timer = timer::of(step, account, &record)?;
    let entry = say(step, account, &mut record, &content)?;
    let now = step.now.wall.0;
    let message = MessageRecord {
        conversation: Some(*conversation),
        states: first_states(step, account, &record)?,
        order: order_key(entry.clock, &account, entry.sequence),
        reply_to: content.target,
        expires_at: expire::time_of(&content, now),
        mentions: content.mentions.unwrap_or_default(),
        ..MessageRecord::new(content.salt, account, content.text, content.sent_at, now)
    };
    store::put_new(step, account, conversation, &message);
    let place = PlaceRecord { conversation: Some(*conversation), order: message.order.clone() };
    store::put_place(step, account, &message.id, &place);
    await_acceptance(step, account, &record, &message, &entry);
    expire::note_message(step, account, conversation, &message);
    record.active_at = now;
    conversation_state::put(step, account, &record);
    let kind = EventKind::MessageNew { id: message.id, order: message.order.clone() };
    event::emit(step, account, Some(*conversation), kind)?;
    Ok(message)
}

/// Notes which message an own entry carries, for receipts and for acknowledgements.
pub(crate) fn await_acceptance(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    message: &MessageRecord,
    entry: &Published,
) {
    let scope = Scope::Account(account);
    let own = key::counted(record.id.as_bytes(), entry.sequence);
    step.rows.put_bytes(scope, Table::OwnSequence, &own, message.order.clone());
    let waits = |one: &RecipientState| one.state == DeliveryState::Queued && record.members.contains(&one.account);
    if message.states.iter().any(waits) {
        let awaiting = AwaitingRecord { conversation: record.id, order: message.order.clone() };
        step.rows.put(scope, Table::Awaiting, &key::counted(record.queue.as_bytes(), entry.counter), &awaiting);
    }
}

/// Everybody else starts as queued; those who live on this node have it durably already.
pub(crate) fn first_states(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
) -> Outcome<Vec<RecipientState>> {
    let others = record.members.iter().zip(&record.homes).filter(|(member, _)| **member != account);
    others
        .map(|(member, home)| {
            let state = if *home == step.config.node { DeliveryState::Sent } else { DeliveryState::Queued };
            let via = reach::nodes(step, account, member)?;
            Ok(RecipientState { account: *member, state, time: step.now.wall.0, home: *home, failure: None, via })
        })
        .collect()
}

/// Keeps a message until its conversation exists.
fn wait(
    step: &mut Step<'_>,
    account: AccountId,
    (other, home): (AccountId, NodeId),
    content: Content,
) -> Outcome<MessageRecord> {
    let scope = Scope::Account(account);
    if content.target.is_some() {
        return Err(Rejection::NotFound.into());
    }
    let row = next_waiting(step, account, other.as_bytes())?;
    let now = step.now.wall.0;
    let state = RecipientState {
        account: other,
        state: DeliveryState::Queued,
        time: now,
        home,
        failure: None,
        via: Vec::new(),
    };
    let message = MessageRecord {
        states: vec![state],
        to: Some(other),
        mentions: content.mentions.unwrap_or_default(),
        ..MessageRecord::new(content.salt, account, content.text, content.sent_at, now)
    };
    step.rows.put(scope, Table::Waiting, &row, &message);
    store::put_place(step, account, &message.id, &PlaceRecord { conversation: None, order: row });
    Ok(message)
}

/// The key of the next message that waits for a contact or for a conversation.
fn next_waiting(step: &Step<'_>, account: AccountId, whom: &[u8; 32]) -> Outcome<Vec<u8>> {
    let waiting = step.rows.scan(Scope::Account(account), Table::Waiting, whom, WAITING_MESSAGES_MAX)?;
    if waiting.len() >= WAITING_MESSAGES_MAX {
        return Err(Rejection::Quota { what: "messages that wait" }.into());
    }
    let next = waiting.last().and_then(|(row, _)| key::counter_of(row)).map_or(1, |last| last.saturating_add(1));
    Ok(key::counted(whom, next))
}

/// Keeps a message until this device is let back into the conversation.
fn wait_to_be_let_in(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    content: Content,
) -> Outcome<MessageRecord> {
    let row = next_waiting(step, account, record.id.as_bytes())?;
    let states = first_states(step, account, record)?;
    let queued = states.into_iter().map(|state| RecipientState { state: DeliveryState::Queued, ..state });
    let message = MessageRecord {
        conversation: Some(record.id),
        states: queued.collect(),
        reply_to: content.target,
        mentions: content.mentions.unwrap_or_default(),
        ..MessageRecord::new(content.salt, account, content.text, content.sent_at, step.now.wall.0)
    };
    step.rows.put(Scope::Account(account), Table::Waiting, &row, &message);
    store::put_place(step, account, &message.id, &PlaceRecord { conversation: None, order: row });
    Ok(message)
}

/// Encrypts what waited for this device to be let back in.
pub(crate) fn send_held(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<()> {
    let scope = Scope::Account(account);
    for (row, value) in step.rows.scan(scope, Table::Waiting, conversation.as_bytes(), usize::MAX)? {
        let waiting: MessageRecord = record::decode(&value, "waiting message")?;
        step.rows.delete(scope, Table::Waiting, &row);
        let mut content = Content::text(waiting.id, waiting.sent_at, waiting.text);
        content.target = waiting.reply_to;
        content.mentions = Some(waiting.mentions).filter(|mentions| !mentions.is_empty());
        encrypt(step, account, conversation, content)?;
    }
    Ok(())
}

/// Encrypts what waited for a contact, in the order in which it was written.
pub(crate) fn send_waiting(step: &mut Step<'_>, account: AccountId, contact: &ContactRecord) -> Outcome<()> {
    let Some(conversation) = contact.conversation else { return Ok(()) };
    let scope = Scope::Account(account);
    for (row, value) in step.rows.scan(scope, Table::Waiting, contact.account.as_bytes(), usize::MAX)? {
        let waiting: MessageRecord = record::decode(&value, "waiting message")?;
        step.rows.delete(scope, Table::Waiting, &row);
        let mut content = Content::text(waiting.id, waiting.sent_at, waiting.text);
        content.mentions = Some(waiting.mentions).filter(|mentions| !mentions.is_empty());
        encrypt(step, account, &conversation, content)?;
    }
    Ok(())
}
