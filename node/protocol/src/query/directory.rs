//! The accounts of this node, readable while they are locked.

use tidings_crypto::id::AccountId;

use super::{WHOLE_MAX, id_of};
use crate::directory::login_key;
use crate::error::Outcome;
use crate::record;
use crate::record::directory::DirectoryRecord;
use crate::record::key::prefix_end;
use crate::store::snapshot::{Direction, Snapshot, StoreError};
use crate::store::table::{Scope, Table};

/// The account that logs in as `name`, which must be normalised.
///
/// # Errors
/// [`crate::error::Fault`] if the store fails.
pub fn account_of_name(store: &dyn Snapshot, index_key: &[u8; 32], name: &str) -> Outcome<Option<AccountId>> {
    let Some(value) = store.get(Scope::Node, Table::Login, &login_key(index_key, name))? else {
        return Ok(None);
    };
    Ok(Some(id_of(&value, Table::Login)?))
}

/// What the node knows of `account`.
///
/// # Errors
/// [`crate::error::Fault`] if the store fails.
pub fn record_of(store: &dyn Snapshot, account: AccountId) -> Outcome<Option<DirectoryRecord>> {
    let Some(bytes) = store.get(Scope::Node, Table::Directory, account.as_bytes())? else {
        return Ok(None);
    };
    Ok(Some(record::decode(&bytes, Table::Directory.name())?))
}

/// All accounts of the node, in the order of their ids.
///
/// # Errors
/// [`crate::error::Fault`] if the store fails.
pub fn accounts(store: &dyn Snapshot) -> Outcome<Vec<(AccountId, DirectoryRecord)>> {
    let rows = store.range(Scope::Node, Table::Directory, &[], &prefix_end(&[]), WHOLE_MAX, Direction::Forward)?;
    rows.into_iter()
        .map(|(key, value)| Ok((id_of(&key, Table::Directory)?, record::decode(&value, Table::Directory.name())?)))
        .collect()
}

/// Whether the node has no account yet.
///
/// # Errors
/// [`crate::error::Fault`] if the store fails.
pub fn is_fresh(store: &dyn Snapshot) -> Outcome<bool> {
    Ok(store.range(Scope::Node, Table::Directory, &[], &prefix_end(&[]), 1, Direction::Forward)?.is_empty())
}

/// Whether the rows of `account` can be read now.
///
/// # Errors
/// [`crate::error::Fault`] if the store fails.
pub fn is_unlocked(store: &dyn Snapshot, account: AccountId) -> Outcome<bool> {
    match store.get(Scope::Account(account), Table::Profile, &[]) {
        Ok(_) => Ok(true),
        Err(StoreError::Locked) => Ok(false),
        Err(fault @ StoreError::Fault(_)) => Err(fault.into()),
    }
}
