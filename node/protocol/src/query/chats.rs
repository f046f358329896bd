//! How an account has arranged its conversations, and what is unread in them.

use tidings_crypto::id::{AccountId, ConversationId};

use super::{all, one};
use crate::account::message::unread;
use crate::error::Outcome;
use crate::limits::UNREAD_MAX;
use crate::record;
use crate::record::chat::{ChatRecord, SettingRecord};
use crate::record::key::{join, prefix_end};
use crate::record::message::MessageRecord;
use crate::store::snapshot::{Direction, Snapshot};
use crate::store::table::{Scope, Table};

/// How a conversation is arranged.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`crate::error::Fault`] if the store fails.
pub fn with(store: &dyn Snapshot, account: AccountId, conversation: ConversationId) -> Outcome<ChatRecord> {
    Ok(one(store, account, Table::Chat, conversation.as_bytes())?.unwrap_or_default())
}

/// What the account wants others to see of it.
///
/// # Errors
/// As [`with`].
pub fn settings(store: &dyn Snapshot, account: AccountId) -> Outcome<SettingRecord> {
    Ok(one(store, account, Table::Setting, b"")?.unwrap_or_default())
}

/// How many messages of a conversation are unread: [`unread::count`] over those that can be, at most [`UNREAD_MAX`] after the marker.
///
/// # Errors
/// As [`with`].
pub fn unread(store: &dyn Snapshot, account: AccountId, conversation: ConversationId) -> Outcome<u64> {
    let (scope, prefix) = (Scope::Account(account), conversation.as_bytes());
    let marker = with(store, account, conversation)?.marker;
    // The marker itself is left out: the shortest key behind it has one byte more.
    let start = if marker.order.is_empty() { prefix.to_vec() } else { join(&[prefix, &marker.order, &[0]]) };
    let after = store.range(scope, Table::Message, &start, &prefix_end(prefix), UNREAD_MAX, Direction::Forward)?;
    let mut messages: Vec<MessageRecord> = Vec::with_capacity(after.len());
    for (_, value) in after {
        messages.push(record::decode(&value, Table::Message.name())?);
    }
    for (row, _) in store.range(scope, Table::Late, prefix, &prefix_end(prefix), UNREAD_MAX, Direction::Forward)? {
        messages.extend(one::<MessageRecord>(store, account, Table::Message, &row)?);
    }
    Ok(unread::count(&marker, &account, &messages))
}

/// Reactions to a message: each emoji with those who chose it, in the order in which it was first chosen.
///
/// # Errors
/// As [`with`].
pub fn reactions(
    store: &dyn Snapshot,
    account: AccountId,
    message: &MessageRecord,
) -> Outcome<Vec<(String, Vec<AccountId>)>> {
    let Some(conversation) = message.conversation.filter(|_| message.deletion.is_none()) else {
        return Ok(Vec::new());
    };
    let prefix = join(&[conversation.as_bytes(), message.sender.as_bytes(), &message.id]);
    let mut chosen = Vec::new();
    for (row, reactions) in all::<Vec<record::message::ReactionRecord>>(store, account, Table::Reaction, &prefix)? {
        let by = super::id_of::<AccountId>(row.get(prefix.len()..).unwrap_or_default(), Table::Reaction)?;
        chosen.extend(reactions.into_iter().filter(|one| one.chosen).map(|one| (one.version, by, one.emoji)));
    }
    chosen.sort();
    let mut found: Vec<(String, Vec<AccountId>)> = Vec::new();
    for (_, by, emoji) in chosen {
        match found.iter_mut().find(|(known, _)| *known == emoji) {
            Some((_, accounts)) => accounts.push(by),
            None => found.push((emoji, vec![by])),
        }
    }
    Ok(found)
}
