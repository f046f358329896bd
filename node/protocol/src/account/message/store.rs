//! Message rows and the index by client id.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId};

use crate::error::{Outcome, Rejection};
use crate::record::chat::ChatRecord;
use crate::record::key;
use crate::record::message::MessageRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::content::MessageRef;

/// Where a message stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct PlaceRecord {
    /// Its conversation; `None` while it waits for one.
    #[n(0)]
    pub(crate) conversation: Option<ConversationId>,
    /// Its order key there, or its whole key among those that wait.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(crate) order: Vec<u8>,
}

fn row(conversation: &ConversationId, order: &[u8]) -> Vec<u8> {
    key::join(&[conversation.as_bytes(), order])
}

pub(crate) fn get(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    order: &[u8],
) -> Outcome<Option<MessageRecord>> {
    step.rows.get(Scope::Account(account), Table::Message, &row(conversation, order))
}

/// Stores a message of a conversation under its order key.
pub(crate) fn put(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId, message: &MessageRecord) {
    step.rows.put(Scope::Account(account), Table::Message, &row(conversation, &message.order), message);
}

/// The key under which a message's place is found: by its client id first, since people name it by that.
pub(crate) fn place_key(conversation: &ConversationId, name: &MessageRef) -> Vec<u8> {
    key::join(&[&name.id, conversation.as_bytes(), name.author.as_bytes()])
}

/// The key of what belongs to a message: changes that wait for it, reactions.
pub(crate) fn name_key(conversation: &ConversationId, name: &MessageRef) -> Vec<u8> {
    key::join(&[conversation.as_bytes(), name.author.as_bytes(), &name.id])
}

/// The order key of a message that is here, or was until its time was over.
pub(crate) fn order_of(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    name: &MessageRef,
) -> Outcome<Option<Vec<u8>>> {
    Ok(step.rows.get_bytes(Scope::Account(account), Table::MessagePlace, &place_key(conversation, name))?)
}

/// Stores a message that is new here, and by its name.
pub(crate) fn put_new(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId, message: &MessageRecord) {
    put(step, account, conversation, message);
    let place = place_key(conversation, &message.name());
    step.rows.put_bytes(Scope::Account(account), Table::MessagePlace, &place, message.order.clone());
}

/// The message of this name.
///
/// # Errors
/// [`Rejection::NotFound`] if it is not here.
pub(crate) fn by_name(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    name: &MessageRef,
) -> Outcome<MessageRecord> {
    let order = order_of(step, account, conversation, name)?.ok_or(Rejection::NotFound)?;
    Ok(get(step, account, conversation, &order)?.ok_or(Rejection::NotFound)?)
}

/// Removes a message; its name stays taken.
pub(crate) fn delete(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId, order: &[u8]) {
    step.rows.delete(Scope::Account(account), Table::Message, &row(conversation, order));
}

/// Drops all reactions to a message.
pub(crate) fn drop_reactions(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    name: &MessageRef,
) -> Outcome<()> {
    let scope = Scope::Account(account);
    for (row, _) in step.rows.scan(scope, Table::Reaction, &name_key(conversation, name), usize::MAX)? {
        step.rows.delete(scope, Table::Reaction, &row);
    }
    Ok(())
}

/// How the account has arranged a conversation.
pub(crate) fn chat(step: &Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<ChatRecord> {
    Ok(step.rows.get(Scope::Account(account), Table::Chat, conversation.as_bytes())?.unwrap_or_default())
}

pub(crate) fn put_chat(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId, chat: &ChatRecord) {
    step.rows.put(Scope::Account(account), Table::Chat, conversation.as_bytes(), chat);
}

/// Where the own message with this client id stands, or stood until its time was over.
pub(crate) fn own_place(step: &Step<'_>, account: AccountId, client_id: &[u8; 16]) -> Outcome<Option<PlaceRecord>> {
    step.rows.get(Scope::Account(account), Table::MessageId, client_id)
}

/// The own message at a place.
pub(crate) fn at(step: &Step<'_>, account: AccountId, place: &PlaceRecord) -> Outcome<Option<MessageRecord>> {
    match &place.conversation {
        Some(conversation) => get(step, account, conversation, &place.order),
        None => step.rows.get(Scope::Account(account), Table::Waiting, &place.order),
    }
}

/// Remembers where the own message with this client id stands.
pub(crate) fn put_place(step: &mut Step<'_>, account: AccountId, client_id: &[u8; 16], place: &PlaceRecord) {
    step.rows.put(Scope::Account(account), Table::MessageId, client_id, place);
}
