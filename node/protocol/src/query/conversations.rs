//! An account's conversations.

use tidings_crypto::id::{AccountId, ConversationId};

use super::{all, one};
use crate::error::Outcome;
use crate::record::conversation::{ConversationKind, ConversationRecord};
use crate::store::snapshot::Snapshot;
use crate::store::table::Table;

/// All conversations, the latest activity first.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`crate::error::Fault`] if the store fails.
pub fn list(store: &dyn Snapshot, account: AccountId) -> Outcome<Vec<ConversationRecord>> {
    let mut found: Vec<ConversationRecord> =
        all(store, account, Table::Conversation, &[])?.into_iter().map(|(_, row)| row).collect();
    found.sort_by_key(|row| std::cmp::Reverse((row.active_at, row.id)));
    Ok(found)
}

/// The groups among them, the latest activity first.
///
/// # Errors
/// As [`list`].
pub fn groups(store: &dyn Snapshot, account: AccountId) -> Outcome<Vec<ConversationRecord>> {
    let mut found = list(store, account)?;
    found.retain(|conversation| conversation.kind == ConversationKind::Group);
    Ok(found)
}

/// The conversation with this id.
///
/// # Errors
/// As [`list`].
pub fn with(store: &dyn Snapshot, account: AccountId, id: ConversationId) -> Outcome<Option<ConversationRecord>> {
    one(store, account, Table::Conversation, id.as_bytes())
}
