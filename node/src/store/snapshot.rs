//! Reading: one committed state of the file, unsealed row by row.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use redb::{Database, ReadOnlyTable, ReadTransaction, ReadableDatabase};
use tidings_protocol::store::snapshot::{Direction, Row, Snapshot, StoreError};
use tidings_protocol::store::table::{Scope, Table};

use super::keyring::Keys;
use super::{schema, seal};

type OpenTable = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// Everything committed up to one moment. Costs no copy; the file keeps the pages it needs until it is dropped.
pub struct StoreSnapshot {
    transaction: ReadTransaction,
    // By table number; opening a table is a search of its own, so each is opened once.
    tables: [OnceLock<OpenTable>; TABLES],
    keys: Arc<Keys>,
}

/// More than the highest table number.
const TABLES: usize = 128;

impl StoreSnapshot {
    pub(super) fn new(database: &Database, keys: Arc<Keys>) -> Result<Self, StoreError> {
        let transaction = contained("the database", || database.begin_read().map_err(redb::Error::from))?;
        Ok(Self { transaction, tables: [const { OnceLock::new() }; TABLES], keys })
    }

    fn table(&self, table: Table) -> Result<&OpenTable, StoreError> {
        let no_room = || StoreError::Fault(format!("table {} has no room in a snapshot", table.name()));
        let place = self.tables.get(usize::from(table.number())).ok_or_else(no_room)?;
        if let Some(open) = place.get() {
            return Ok(open);
        }
        let open = contained(table.name(), || Ok(self.transaction.open_table(schema::definition(table))?))?;
        Ok(place.get_or_init(|| open))
    }
}

impl Snapshot for StoreSnapshot {
    fn get(&self, scope: Scope, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let data_key = self.keys.of(scope)?;
        let stored = seal::stored_key(scope, key);
        let rows = self.table(table)?;
        let sealed = contained(table.name(), || Ok(rows.get(stored.as_slice())?))?;
        sealed.map(|sealed| seal::open(data_key, table, &stored, sealed.value())).transpose()
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
        let data_key = self.keys.of(scope)?;
        if start >= end {
            return Ok(Vec::new());
        }
        let prefix = seal::prefix(scope);
        let bounds = (seal::stored_key(scope, start), seal::stored_key(scope, end));
        let rows = self.table(table)?;
        let sealed = contained(table.name(), || read(rows, &bounds, limit, direction))?;
        let unseal = |(stored, sealed): Row| {
            let value = seal::open(data_key, table, &stored, &sealed)?;
            let key = stored.get(prefix.len()..).unwrap_or_default().to_vec();
            Ok((key, value))
        };
        sealed.into_iter().map(unseal).collect()
    }
}

fn read(
    rows: &OpenTable,
    (start, end): &(Vec<u8>, Vec<u8>),
    limit: usize,
    direction: Direction,
) -> Result<Vec<Row>, redb::Error> {
    let mut range = rows.range(start.as_slice()..end.as_slice())?;
    let mut read = Vec::new();
    while read.len() < limit {
        let row = match direction {
            Direction::Forward => range.next(),
            Direction::Backward => range.next_back(),
        };
        let Some(row) = row else { break };
        let (key, value) = row?;
        read.push((key.value().to_vec(), value.value().to_vec()));
    }
    Ok(read)
}

/// Runs one access to the file. redb may panic over pages that were changed behind its back; for us that is a damaged file.
pub(super) fn contained<T>(place: &str, access: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(access)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(StoreError::Fault(format!("{place}: {error}"))),
        Err(_) => Err(StoreError::Fault(format!("{place}: the file is damaged"))),
    }
}
