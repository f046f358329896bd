//! What can be read: pure functions over a snapshot, one resource a file.
//!
//! A GET of the shell reads through these and never queues behind a write. Nothing here changes anything, and nothing
//! knows of JSON: the shell turns records into the shapes of the API. A locked account answers
//! [`crate::error::Rejection::Locked`].

pub mod chats;
pub mod contacts;
pub mod conversations;
pub mod directory;
pub mod events;
pub mod group_log;
pub mod groups;
pub mod invites;
pub mod joins;
pub mod mailboxes;
pub mod messages;
pub mod recipient;
pub mod recovery;
pub mod successors;
pub mod waiting;

use minicbor::Decode;
use tidings_crypto::id::AccountId;

use crate::error::{Fault, Outcome};
use crate::record;
use crate::record::key::prefix_end;
use crate::store::snapshot::{Direction, Snapshot};
use crate::store::table::{Scope, Table};

/// Most rows of one table that are read at once for a list that has to be sorted or searched as a whole.
/// 10,000 conversations or contacts are far beyond one person; the rest is not shown.
const WHOLE_MAX: usize = 10_000;

/// One row of an account's table, decoded.
fn one<T: for<'b> Decode<'b, ()>>(
    store: &dyn Snapshot,
    account: AccountId,
    table: Table,
    key: &[u8],
) -> Outcome<Option<T>> {
    let Some(bytes) = store.get(Scope::Account(account), table, key)? else {
        return Ok(None);
    };
    Ok(Some(record::decode(&bytes, table.name())?))
}

/// All rows of an account's table whose key starts with `prefix`, ascending, decoded, at most [`WHOLE_MAX`].
fn all<T: for<'b> Decode<'b, ()>>(
    store: &dyn Snapshot,
    account: AccountId,
    table: Table,
    prefix: &[u8],
) -> Outcome<Vec<(Vec<u8>, T)>> {
    let rows =
        store.range(Scope::Account(account), table, prefix, &prefix_end(prefix), WHOLE_MAX, Direction::Forward)?;
    rows.into_iter().map(|(key, value)| Ok((key, record::decode(&value, table.name())?))).collect()
}

/// The id in a key or value that must be exactly one id.
fn id_of<'b, T: TryFrom<&'b [u8]>>(bytes: &'b [u8], table: Table) -> Result<T, Fault> {
    T::try_from(bytes).map_err(|_| Fault::Damaged(table.name()))
}

#[cfg(test)]
mod tests;
