//! The reference store: plain maps, used by the simulator and by tests.

use std::collections::{BTreeMap, BTreeSet};

use tidings_crypto::id::AccountId;

use super::snapshot::{Direction, Row, Snapshot, StoreError};
use super::table::{Scope, Table};
use super::write_set::WriteSet;

/// All rows in memory. Account rows are refused while the account is locked, as the real store does.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    rows: BTreeMap<(Scope, Table), BTreeMap<Vec<u8>, Vec<u8>>>,
    unlocked: BTreeSet<AccountId>,
}

impl MemoryStore {
    /// An empty store with every account locked.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the rows of `account` readable and writable.
    pub fn unlock(&mut self, account: AccountId) {
        self.unlocked.insert(account);
    }

    /// Makes the rows of `account` unreadable again.
    pub fn lock(&mut self, account: AccountId) {
        self.unlocked.remove(&account);
    }

    /// Makes all rows of all accounts unreadable, as a restart does.
    pub fn lock_all(&mut self) {
        self.unlocked.clear();
    }

    /// Applies all changes.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if one belongs to a locked account; nothing is changed then.
    pub fn commit(&mut self, writes: WriteSet) -> Result<(), StoreError> {
        for write in &writes.0 {
            self.check(write.scope)?;
        }
        for write in writes.0 {
            let table = self.rows.entry((write.scope, write.table)).or_default();
            match write.value {
                Some(value) => table.insert(write.key, value),
                None => table.remove(&write.key),
            };
        }
        Ok(())
    }

    /// Every stored byte string, for tests that search for plaintext or compare states.
    pub fn rows(&self) -> impl Iterator<Item = (&(Scope, Table), &Vec<u8>, &Vec<u8>)> {
        self.rows.iter().flat_map(|(place, rows)| rows.iter().map(move |(key, value)| (place, key, value)))
    }

    fn check(&self, scope: Scope) -> Result<(), StoreError> {
        match scope {
            Scope::Node => Ok(()),
            Scope::Account(account) if self.unlocked.contains(&account) => Ok(()),
            Scope::Account(_) => Err(StoreError::Locked),
        }
    }
}

impl Snapshot for MemoryStore {
    fn get(&self, scope: Scope, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.check(scope)?;
        Ok(self.rows.get(&(scope, table)).and_then(|rows| rows.get(key)).cloned())
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
        self.check(scope)?;
        let Some(rows) = self.rows.get(&(scope, table)).filter(|_| start < end) else {
            return Ok(Vec::new());
        };
        let range = rows.range(start.to_vec()..end.to_vec()).map(|(key, value)| (key.clone(), value.clone()));
        Ok(match direction {
            Direction::Forward => range.take(limit).collect(),
            Direction::Backward => range.rev().take(limit).collect(),
        })
    }
}
