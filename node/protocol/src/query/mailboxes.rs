//! The mailboxes of an account.

use tidings_crypto::id::AccountId;

use super::all;
use crate::error::Outcome;
use crate::record::mailbox::OwnMailboxRecord;
use crate::store::snapshot::Snapshot;
use crate::store::table::Table;

/// All mailboxes that the account has named, and how they stand.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`crate::error::Fault`] if the store fails.
pub fn list(store: &dyn Snapshot, account: AccountId) -> Outcome<Vec<OwnMailboxRecord>> {
    let rows: Vec<(Vec<u8>, OwnMailboxRecord)> = all(store, account, Table::OwnMailbox, &[])?;
    Ok(rows.into_iter().map(|(_, mailbox)| mailbox).collect())
}
