//! What the database file says of itself: its schema version, and whether it belongs to the keys beside it.

use redb::{Database, ReadTransaction, ReadableDatabase, TableDefinition, TableError, TableHandle};
use tidings_crypto::vault::DataKey;
use tidings_protocol::store::table::Table;

use super::commit;

/// The version this program writes. A higher one is refused; a lower one will be migrated once there is one.
pub(super) const VERSION: u32 = 1;

/// The table of this module; no core table may have its name.
const SCHEMA: TableDefinition<&str, &[u8]> = TableDefinition::new("schema");
const VERSION_ROW: &str = "version";
/// Sealed under the node's store key, so that a foreign key file is noticed before anything is written.
const OWNER_ROW: &str = "owner";
const OWNER_AAD: &[u8] = b"tidings/1/store/owner";

/// How redb knows a core table.
pub(super) const fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

/// The version the file was written with; `None` if it is no store of ours.
pub(super) fn version(transaction: &ReadTransaction) -> Result<Option<u32>, redb::Error> {
    let schema = match transaction.open_table(SCHEMA) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        other => other?,
    };
    let row = schema.get(VERSION_ROW)?;
    Ok(row.and_then(|row| row.value().try_into().ok()).map(u32::from_be_bytes))
}

/// Whether `key` is the store key this file was made with.
pub(super) fn belongs_to(transaction: &ReadTransaction, key: &DataKey) -> Result<bool, redb::Error> {
    let schema = match transaction.open_table(SCHEMA) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(false),
        other => other?,
    };
    let row = schema.get(OWNER_ROW)?;
    Ok(row.is_some_and(|row| key.open(OWNER_AAD, row.value()).is_ok()))
}

/// Writes the rows of this module and makes all tables.
pub(super) fn create(database: &Database, key: &DataKey, nonce: [u8; 24]) -> Result<(), redb::Error> {
    let transaction = commit::begin(database)?;
    {
        let mut schema = transaction.open_table(SCHEMA)?;
        schema.insert(VERSION_ROW, VERSION.to_be_bytes().as_slice())?;
        schema.insert(OWNER_ROW, key.seal(OWNER_AAD, &[], nonce).as_slice())?;
        for table in Table::ALL {
            transaction.open_table(definition(*table))?;
        }
    }
    Ok(transaction.commit()?)
}

/// Makes the tables a later version of the same schema has added; writes nothing if there are none.
pub(super) fn complete(database: &Database) -> Result<(), redb::Error> {
    let present: Vec<String> = database.begin_read()?.list_tables()?.map(|table| table.name().to_owned()).collect();
    let absent: Vec<&Table> =
        Table::ALL.iter().filter(|table| !present.iter().any(|name| name == table.name())).collect();
    if absent.is_empty() {
        return Ok(());
    }
    let transaction = commit::begin(database)?;
    for table in absent {
        transaction.open_table(definition(*table))?;
    }
    Ok(transaction.commit()?)
}
