//! Typed reads and writes of one step, with savepoints: an input that is refused half-way leaves nothing behind.

use minicbor::{Decode, Encode};
use tidings_crypto::id::AccountId;

use crate::error::{Fault, Outcome};
use crate::record;
use crate::record::key;
use crate::store::overlay::{Overlay, Pending};
use crate::store::snapshot::{Direction, Row, Snapshot, StoreError};
use crate::store::table::{Scope, Table};
use crate::store::write_set::{Write, WriteSet};

/// The rows as this step sees them.
pub(crate) struct Transaction<'a> {
    base: &'a dyn Snapshot,
    /// Changes, one layer for the step and one for each savepoint that is set.
    layers: Vec<Pending>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(base: &'a dyn Snapshot) -> Self {
        Self { base, layers: vec![Pending::default()] }
    }

    /// From here on changes can be dropped again. Savepoints nest.
    pub(crate) fn set_savepoint(&mut self) {
        self.layers.push(Pending::default());
    }

    /// Keeps or drops what was written since the last savepoint.
    pub(crate) fn end_savepoint(&mut self, keep: bool) {
        if self.layers.len() > 1 {
            let trial = self.layers.pop().unwrap_or_default();
            if let (true, Some(below)) = (keep, self.layers.last_mut()) {
                below.apply_all(trial.into_writes());
            }
        }
    }

    pub(crate) fn into_writes(mut self) -> WriteSet {
        while self.layers.len() > 1 {
            self.end_savepoint(true);
        }
        self.layers.pop().unwrap_or_default().into_writes()
    }

    pub(crate) fn put_bytes(&mut self, scope: Scope, table: Table, key: &[u8], value: Vec<u8>) {
        self.write(Write { scope, table, key: key.to_vec(), value: Some(value) });
    }

    pub(crate) fn put<T: Encode<()>>(&mut self, scope: Scope, table: Table, key: &[u8], value: &T) {
        self.put_bytes(scope, table, key, record::encode(value));
    }

    pub(crate) fn delete(&mut self, scope: Scope, table: Table, key: &[u8]) {
        self.write(Write { scope, table, key: key.to_vec(), value: None });
    }

    pub(crate) fn write(&mut self, write: Write) {
        if let Some(top) = self.layers.last_mut() {
            top.apply(write);
        }
    }

    pub(crate) fn get_bytes(&self, scope: Scope, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Snapshot::get(self, scope, table, key)
    }

    pub(crate) fn get<T>(&self, scope: Scope, table: Table, key: &[u8]) -> Outcome<Option<T>>
    where
        T: for<'b> Decode<'b, ()>,
    {
        match self.get_bytes(scope, table, key)? {
            Some(bytes) => Ok(Some(record::decode(&bytes, table.name())?)),
            None => Ok(None),
        }
    }

    /// Rows whose key starts with `prefix`, ascending.
    pub(crate) fn scan(&self, scope: Scope, table: Table, prefix: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.range(scope, table, prefix, &key::prefix_end(prefix), limit, Direction::Forward)
    }

    /// Takes the next number of a counter of the node.
    pub(crate) fn next_count(&mut self, counter: &str) -> Outcome<u64> {
        let last = match self.get_bytes(Scope::Node, Table::Counter, counter.as_bytes())? {
            Some(bytes) => u64::from_be_bytes(bytes.as_slice().try_into().map_err(|_| Fault::Damaged("counter"))?),
            None => 0,
        };
        let next = last.saturating_add(1);
        self.put_bytes(Scope::Node, Table::Counter, counter.as_bytes(), next.to_be_bytes().to_vec());
        Ok(next)
    }

    /// Whether the account's rows can be read.
    pub(crate) fn is_unlocked(&self, account: AccountId) -> Result<bool, Fault> {
        match self.get_bytes(Scope::Account(account), Table::Profile, b"") {
            Ok(row) => Ok(row.is_some()),
            Err(StoreError::Locked) => Ok(false),
            Err(StoreError::Fault(text)) => Err(Fault::Store(text)),
        }
    }
}

/// Reads through `layers`, the newest last.
fn through<T>(base: &dyn Snapshot, layers: &[Pending], read: &mut dyn FnMut(&dyn Snapshot) -> T) -> T {
    match layers.split_last() {
        None => read(base),
        Some((top, below)) => through(base, below, &mut |below| read(&Overlay::new(below, top))),
    }
}

impl Snapshot for Transaction<'_> {
    fn get(&self, scope: Scope, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        through(self.base, &self.layers, &mut |rows| rows.get(scope, table, key))
    }

    fn range(
        &self,
        scope: Scope,
        table: Table,
        start: &[u8],
        end: &[u8],
        limit: usize,
        direction: Direction,
    ) -> Result<Vec<Row>, StoreError> {
        through(self.base, &self.layers, &mut |rows| rows.range(scope, table, start, end, limit, direction))
    }
}
