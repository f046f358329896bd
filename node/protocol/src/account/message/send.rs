//! Sending a text: durable before it is answered, encrypted at once if the conversation exists, else as soon as it does.

use tidings_crypto::id::{AccountId, ConversationId, NodeId};

use super::state::AwaitingRecord;
use super::store::{self, PlaceRecord};
use crate::account::conversation::publish::{self, order_key};
use crate::account::conversation::state as conversation_state;
use crate::account::{contact, event, profile, reach};
use crate::command::Recipient;
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
    if text.len() > TEXT_BYTES_MAX {
        return Err(Rejection::TooLarge { limit: TEXT_BYTES_MAX }.into());
    }
    if let Some(first) = store::by_client_id(step, account, &client_id)? {
        return Ok(first);
    }
    let sent_at = step.now.wall.0;
    let content = Content::text(client_id, sent_at, text);
    match to {
        Recipient::Conversation(conversation) => encrypt(step, account, &conversation, &content),
        Recipient::Account(other) => {
            let known = contact::get(step, account, &other)?.ok_or(Rejection::NotFound)?;
            match known.conversation {
                Some(conversation) if has_joined(step, account, &conversation, &other)? => {
                    encrypt(step, account, &conversation, &content)
                }
                Some(_) | None => wait(step, account, (other, known.home), &content),
            }
        }
    }
}

/// Whether the other side of a direct conversation is in it yet.
fn has_joined(step: &Step<'_>, account: AccountId, conversation: &ConversationId, other: &AccountId) -> Outcome<bool> {
    Ok(conversation_state::get(step, account, conversation)?.is_some_and(|record| record.members.contains(other)))
}

fn encrypt(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    content: &Content,
) -> Outcome<MessageRecord> {
    let profile = profile::load(step, account)?;
    let mut record = conversation_state::of_member(step, account, conversation)?;
    let mut group = conversation_state::load_group(step, account, conversation, &record.tip)?;
    let body = group.encrypt(&content.to_bytes(), step.rng).map_err(|_| Rejection::Refused { reason: "encryption" })?;
    let tip = record.tip;
    conversation_state::store_changes(step, account, &tip, &mut group);
    let draft =
        Draft { conversation: *conversation, kind: Kind::App, epoch: tip, commitment: content.commitment(), body };
    let entry = publish::publish(step, account, &profile, &mut record, draft)?;
    let message = MessageRecord {
        id: content.salt,
        conversation: Some(*conversation),
        sender: account,
        text: content.text.clone(),
        sent_at: content.sent_at,
        received_at: step.now.wall.0,
        states: first_states(step, account, &record)?,
        to: None,
        order: order_key(entry.clock, &account, entry.sequence),
    };
    store::put(step, account, conversation, &message);
    store::put_place(
        step,
        account,
        &content.salt,
        &PlaceRecord { conversation: Some(*conversation), order: message.order.clone() },
    );
    let own = key::counted(conversation.as_bytes(), entry.sequence);
    step.rows.put_bytes(Scope::Account(account), Table::OwnSequence, &own, message.order.clone());
    if message.states.iter().any(|recipient| recipient.state == DeliveryState::Queued) {
        let awaiting = AwaitingRecord { conversation: *conversation, order: message.order.clone() };
        step.rows.put(
            Scope::Account(account),
            Table::Awaiting,
            &key::counted(record.queue.as_bytes(), entry.counter),
            &awaiting,
        );
    }
    record.active_at = step.now.wall.0;
    record.unread = 0;
    conversation_state::put(step, account, &record);
    event::emit(
        step,
        account,
        Some(*conversation),
        EventKind::MessageNew { id: message.id, order: message.order.clone() },
    )?;
    Ok(message)
}

/// Everybody else starts as queued; those who live on this node have it durably already.
fn first_states(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<Vec<RecipientState>> {
    let others = record.members.iter().zip(&record.homes).filter(|(member, _)| **member != account);
    others
        .map(|(member, home)| {
            let state = if *home == step.config.node { DeliveryState::Sent } else { DeliveryState::Queued };
            let via = reach::nodes(step, account, member)?;
            Ok(RecipientState { account: *member, state, time: step.now.wall.0, home: *home, via })
        })
        .collect()
}

/// Keeps a message until its conversation exists.
fn wait(
    step: &mut Step<'_>,
    account: AccountId,
    (other, home): (AccountId, NodeId),
    content: &Content,
) -> Outcome<MessageRecord> {
    let scope = Scope::Account(account);
    let waiting = step.rows.scan(scope, Table::Waiting, other.as_bytes(), WAITING_MESSAGES_MAX)?;
    if waiting.len() >= WAITING_MESSAGES_MAX {
        return Err(Rejection::Quota { what: "messages that wait for a contact" }.into());
    }
    let next = waiting.last().and_then(|(row, _)| key::counter_of(row)).map_or(1, |last| last.saturating_add(1));
    let row = key::counted(other.as_bytes(), next);
    let message = MessageRecord {
        id: content.salt,
        conversation: None,
        sender: account,
        text: content.text.clone(),
        sent_at: content.sent_at,
        received_at: step.now.wall.0,
        states: vec![RecipientState {
            account: other,
            state: DeliveryState::Queued,
            time: step.now.wall.0,
            home,
            via: Vec::new(),
        }],
        to: Some(other),
        order: Vec::new(),
    };
    step.rows.put(scope, Table::Waiting, &row, &message);
    store::put_place(step, account, &content.salt, &PlaceRecord { conversation: None, order: row });
    Ok(message)
}

/// Encrypts what waited for a contact, in the order in which it was written.
pub(crate) fn send_waiting(step: &mut Step<'_>, account: AccountId, contact: &ContactRecord) -> Outcome<()> {
    let Some(conversation) = contact.conversation else { return Ok(()) };
    let scope = Scope::Account(account);
    for (row, value) in step.rows.scan(scope, Table::Waiting, contact.account.as_bytes(), usize::MAX)? {
        let waiting: MessageRecord = record::decode(&value, "waiting message")?;
        step.rows.delete(scope, Table::Waiting, &row);
        encrypt(step, account, &conversation, &Content::text(waiting.id, waiting.sent_at, waiting.text))?;
    }
    Ok(())
}
