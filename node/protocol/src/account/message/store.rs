//! Message rows and the index by client id.

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId};

use crate::error::Outcome;
use crate::record::key;
use crate::record::message::MessageRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};

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

/// The own message that was sent with this client id.
pub(crate) fn by_client_id(
    step: &Step<'_>,
    account: AccountId,
    client_id: &[u8; 16],
) -> Outcome<Option<MessageRecord>> {
    let Some(place) = step.rows.get::<PlaceRecord>(Scope::Account(account), Table::MessageId, client_id)? else {
        return Ok(None);
    };
    match &place.conversation {
        Some(conversation) => get(step, account, conversation, &place.order),
        None => step.rows.get(Scope::Account(account), Table::Waiting, &place.order),
    }
}

/// Remembers where the own message with this client id stands.
pub(crate) fn put_place(step: &mut Step<'_>, account: AccountId, client_id: &[u8; 16], place: &PlaceRecord) {
    step.rows.put(Scope::Account(account), Table::MessageId, client_id, place);
}
