//! A snapshot with changes laid over it: a step reads its own writes, a batch those of the steps before.

use std::collections::BTreeMap;

use super::snapshot::{Direction, Row, Snapshot, StoreError};
use super::table::{Scope, Table};
use super::write_set::{Write, WriteSet};

type Changed = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Uncommitted changes, ordered for range reads.
#[derive(Debug, Clone, Default)]
pub struct Pending {
    rows: BTreeMap<(Scope, Table), Changed>,
}

impl Pending {
    /// Takes over one change; a later one of the same row replaces it.
    pub fn apply(&mut self, write: Write) {
        self.rows.entry((write.scope, write.table)).or_default().insert(write.key, write.value);
    }

    /// Takes over a whole set.
    pub fn apply_all(&mut self, writes: WriteSet) {
        for write in writes.0 {
            self.apply(write);
        }
    }

    /// Whether nothing is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The changes, each row once, in the order of scope, table and key.
    #[must_use]
    pub fn into_writes(self) -> WriteSet {
        let rows = self.rows.into_iter().flat_map(|((scope, table), changed)| {
            changed.into_iter().map(move |(key, value)| Write { scope, table, key, value })
        });
        WriteSet(rows.collect())
    }

    fn changed(&self, scope: Scope, table: Table) -> Option<&Changed> {
        self.rows.get(&(scope, table))
    }
}

/// A base snapshot seen through pending changes.
pub struct Overlay<'a> {
    base: &'a dyn Snapshot,
    pending: &'a Pending,
}

impl<'a> Overlay<'a> {
    /// Lays `pending` over `base`.
    #[must_use]
    pub fn new(base: &'a dyn Snapshot, pending: &'a Pending) -> Self {
        Self { base, pending }
    }
}

impl Snapshot for Overlay<'_> {
    fn get(&self, scope: Scope, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.pending.changed(scope, table).and_then(|changed| changed.get(key)) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(scope, table, key),
        }
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
        let Some(changed) = self.pending.changed(scope, table).filter(|_| start < end) else {
            return self.base.range(scope, table, start, end, limit, direction);
        };
        let touched: Changed =
            changed.range(start.to_vec()..end.to_vec()).map(|(k, v)| (k.clone(), v.clone())).collect();
        // Each touched row can hide at most one row of the base.
        let base = self.base.range(scope, table, start, end, limit.saturating_add(touched.len()), direction)?;
        let mut rows: BTreeMap<Vec<u8>, Vec<u8>> =
            base.into_iter().filter(|(key, _)| !touched.contains_key(key)).collect();
        rows.extend(touched.into_iter().filter_map(|(key, value)| value.map(|value| (key, value))));
        Ok(match direction {
            Direction::Forward => rows.into_iter().take(limit).collect(),
            Direction::Backward => rows.into_iter().rev().take(limit).collect(),
        })
    }
}
