//! Reading: one consistent view of the rows.

use super::table::{Scope, Table};

/// Why a row could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The account's data key is not at hand.
    #[error("the account is locked")]
    Locked,
    /// The machine failed or a row is damaged: stop the node, keep the file.
    #[error("the store failed: {0}")]
    Fault(String),
}

/// Which end of a range comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Ascending keys.
    Forward,
    /// Descending keys.
    Backward,
}

/// One row as read.
pub type Row = (Vec<u8>, Vec<u8>);

/// A consistent view of the store.
pub trait Snapshot {
    /// The value at `key`.
    ///
    /// # Errors
    /// [`StoreError::Locked`] for an account scope without its key; [`StoreError::Fault`] if the machine fails.
    fn get(&self, scope: Scope, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Up to `limit` rows with `start <= key < end`, in `direction`.
    ///
    /// # Errors
    /// As [`Snapshot::get`].
    fn range(
        &self,
        scope: Scope,
        table: Table,
        start: &[u8],
        end: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<Row>, StoreError>;
}
