//! Writing: one set of changes, one durable transaction.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use redb::{Database, WriteTransaction};
use tidings_protocol::store::snapshot::StoreError;
use tidings_protocol::store::table::Table;
use tidings_protocol::store::write_set::WriteSet;

use super::keyring::Keys;
use super::snapshot::contained;
use super::{schema, seal};

/// Sealed changes of one table, in the order they were made.
type Sealed = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Makes all changes durable, or none.
pub(super) fn commit(
    database: &Database,
    keys: &Keys,
    nonces: &mut ChaCha20Rng,
    writes: WriteSet,
) -> Result<(), StoreError> {
    let mut tables: BTreeMap<Table, Sealed> = BTreeMap::new();
    for write in writes.0 {
        let key = keys.of(write.scope)?;
        let stored = seal::stored_key(write.scope, &write.key);
        let value = write.value.map(|value| seal::seal(key, write.table, &stored, &value, nonces));
        tables.entry(write.table).or_default().push((stored, value));
    }
    contained("the database", || {
        let transaction = begin(database)?;
        for (table, changes) in tables {
            change(&transaction, table, changes)?;
        }
        Ok(transaction.commit()?)
    })
}

/// A transaction as this store makes them: on disk when it returns, and a file that opens at once after a crash, whatever its size
/// (the price is a second fsync, DECISIONS 36).
pub(super) fn begin(database: &Database) -> Result<WriteTransaction, redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(redb::Durability::Immediate)?;
    transaction.set_quick_repair(true);
    Ok(transaction)
}

fn change(transaction: &WriteTransaction, table: Table, changes: Sealed) -> Result<(), redb::Error> {
    let mut rows = transaction.open_table(schema::definition(table))?;
    for (key, value) in changes {
        match value {
            Some(value) => drop(rows.insert(key.as_slice(), value.as_slice())?),
            None => drop(rows.remove(key.as_slice())?),
        }
    }
    Ok(())
}
