//! Writing: changes as values, committed by whoever owns the store.

use super::table::{Scope, Table};

/// One change of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Whose key seals the value.
    pub scope: Scope,
    /// The table.
    pub table: Table,
    /// The row's key; it never holds a name in clear.
    pub key: Vec<u8>,
    /// The new value, or `None` to delete the row.
    pub value: Option<Vec<u8>>,
}

/// Changes that belong together: all are durable, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteSet(pub Vec<Write>);

impl WriteSet {
    /// Sets a row.
    pub fn put(&mut self, scope: Scope, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.0.push(Write { scope, table, key, value: Some(value) });
    }

    /// Deletes a row; one that is absent stays absent.
    pub fn delete(&mut self, scope: Scope, table: Table, key: Vec<u8>) {
        self.0.push(Write { scope, table, key, value: None });
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
