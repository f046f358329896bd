//! The successors of a group that has come to a halt.

use tidings_crypto::id::{AccountId, ConversationId};

use super::all;
use crate::error::Outcome;
use crate::record::successor::SuccessorRecord;
use crate::store::snapshot::Snapshot;
use crate::store::table::Table;

/// What members have opened, one each, whether or not this account goes there.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`crate::error::Fault`] if the store fails.
pub fn of(store: &dyn Snapshot, account: AccountId, conversation: ConversationId) -> Outcome<Vec<SuccessorRecord>> {
    let rows = all::<SuccessorRecord>(store, account, Table::Successor, conversation.as_bytes())?;
    Ok(rows.into_iter().map(|(_, successor)| successor).collect())
}
