//! An account's contacts.

use tidings_crypto::id::AccountId;

use super::{all, one};
use crate::error::Outcome;
use crate::record::contact::{ContactRecord, IdentityRecord};
use crate::store::snapshot::Snapshot;
use crate::store::table::Table;

/// All contacts, in the order of their account ids.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`crate::error::Fault`] if the store fails.
pub fn list(store: &dyn Snapshot, account: AccountId) -> Outcome<Vec<ContactRecord>> {
    Ok(all(store, account, Table::Contact, &[])?.into_iter().map(|(_, contact)| contact).collect())
}

/// The contact with this account id.
///
/// # Errors
/// As [`list`].
pub fn with(store: &dyn Snapshot, account: AccountId, contact: AccountId) -> Outcome<Option<ContactRecord>> {
    one(store, account, Table::Contact, contact.as_bytes())
}

/// The name under which others speak of somebody who need not be a contact; empty where nobody gave one.
///
/// # Errors
/// As [`list`].
pub fn name_by_others(store: &dyn Snapshot, account: AccountId, of: AccountId) -> Outcome<String> {
    let identity: Option<IdentityRecord> = one(store, account, Table::Identity, of.as_bytes())?;
    Ok(identity.map(|identity| identity.name).unwrap_or_default())
}
