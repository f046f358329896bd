//! Messages: pages of a conversation, and one by its id.

use tidings_crypto::id::{AccountId, ConversationId};

use super::one;
use crate::account::message::store::{PlaceRecord, place_key};
use crate::error::{Fault, Outcome};
use crate::limits::WAITING_MESSAGES_MAX;
use crate::record;
use crate::record::key::{join, prefix_end};
use crate::record::message::MessageRecord;
use crate::store::snapshot::{Direction, Snapshot};
use crate::store::table::{Scope, Table};
use crate::wire::content::MessageRef;

/// Most messages with one client id that are looked at.
const SAME_ID_MAX: usize = 16;

/// One page of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePage {
    /// The newest of those asked for, newest last.
    pub messages: Vec<MessageRecord>,
    /// Where the page before this one ends, if there is one.
    pub next: Option<Vec<u8>>,
}

/// The newest `limit` messages of a conversation, or those before the place `before`.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`crate::error::Fault`] if the store fails.
pub fn page(
    store: &dyn Snapshot,
    account: AccountId,
    conversation: ConversationId,
    before: Option<&[u8]>,
    limit: usize,
) -> Outcome<MessagePage> {
    page_of(store, account, Table::Message, conversation.as_bytes(), before, limit)
}

/// As [`page`], for what was written to a contact before the conversation with them exists.
///
/// # Errors
/// As [`page`].
pub fn waiting_page(
    store: &dyn Snapshot,
    account: AccountId,
    contact: AccountId,
    before: Option<&[u8]>,
    limit: usize,
) -> Outcome<MessagePage> {
    page_of(store, account, Table::Waiting, contact.as_bytes(), before, limit)
}

/// What was written to a contact or a conversation and is not encrypted yet: it waits for the conversation, for the other side to be in it,
/// or for this device to be let back in.
///
/// # Errors
/// As [`page`].
pub fn held(store: &dyn Snapshot, account: AccountId, place: &[u8; 32]) -> Outcome<Vec<MessageRecord>> {
    Ok(page_of(store, account, Table::Waiting, place, None, WAITING_MESSAGES_MAX)?.messages)
}

/// The last message of a conversation.
///
/// # Errors
/// As [`page`].
pub fn last(store: &dyn Snapshot, account: AccountId, conversation: ConversationId) -> Outcome<Option<MessageRecord>> {
    Ok(page(store, account, conversation, None, 1)?.messages.pop())
}

/// The message at a place of a conversation.
///
/// # Errors
/// As [`page`].
pub fn at(
    store: &dyn Snapshot,
    account: AccountId,
    conversation: ConversationId,
    order: &[u8],
) -> Outcome<Option<MessageRecord>> {
    one(store, account, Table::Message, &join(&[conversation.as_bytes(), order]))
}

/// Where a message stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its author and id.
    pub name: MessageRef,
    /// Its order key.
    pub order: Vec<u8>,
}

/// All messages that have this client id. More than one only if two authors chose the same, which honest programs do not.
///
/// # Errors
/// As [`page`].
pub fn named(store: &dyn Snapshot, account: AccountId, id: &[u8; 16]) -> Outcome<Vec<Named>> {
    let (scope, table) = (Scope::Account(account), Table::MessagePlace);
    let rows = store.range(scope, table, id, &prefix_end(id), SAME_ID_MAX, Direction::Forward)?;
    let mut found = Vec::with_capacity(rows.len());
    for (row, order) in rows {
        let parts = row.get(id.len()..).and_then(|rest| rest.split_at_checked(32));
        let (conversation, author) = parts.ok_or(Fault::Damaged(table.name()))?;
        let name = MessageRef { author: super::id_of(author, table)?, id: *id };
        found.push(Named { conversation: super::id_of(conversation, table)?, name, order });
    }
    Ok(found)
}

/// A message by conversation, author and id.
///
/// # Errors
/// As [`page`].
pub fn by_name(
    store: &dyn Snapshot,
    account: AccountId,
    conversation: ConversationId,
    name: &MessageRef,
) -> Outcome<Option<MessageRecord>> {
    match store.get(Scope::Account(account), Table::MessagePlace, &place_key(&conversation, name))? {
        Some(order) => at(store, account, conversation, &order),
        None => Ok(None),
    }
}

/// The own message that was sent with this client id, wherever it stands.
///
/// # Errors
/// As [`page`].
pub fn own(store: &dyn Snapshot, account: AccountId, client_id: &[u8; 16]) -> Outcome<Option<MessageRecord>> {
    let Some(place) = one::<PlaceRecord>(store, account, Table::MessageId, client_id)? else {
        return Ok(None);
    };
    match place.conversation {
        Some(conversation) => at(store, account, conversation, &place.order),
        None => one(store, account, Table::Waiting, &place.order),
    }
}

fn page_of(
    store: &dyn Snapshot,
    account: AccountId,
    table: Table,
    prefix: &[u8],
    before: Option<&[u8]>,
    limit: usize,
) -> Outcome<MessagePage> {
    let end = before.map_or_else(|| prefix_end(prefix), |before| join(&[prefix, before]));
    // One more than asked for tells whether there is another page.
    let mut rows =
        store.range(Scope::Account(account), table, prefix, &end, limit.saturating_add(1), Direction::Backward)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(key, _)| key.get(prefix.len()..).unwrap_or_default().to_vec());
    let mut messages = Vec::with_capacity(rows.len());
    for (_, value) in rows.into_iter().rev() {
        messages.push(record::decode(&value, table.name())?);
    }
    Ok(MessagePage { messages, next })
}
