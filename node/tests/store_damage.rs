//! Files that are damaged, foreign, exposed, newer or in use are refused with a clear error, and never touched or panicked over.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use redb::{Database, ReadableTable, TableDefinition};
use tidings_crypto::id::AccountId;
use tidings_crypto::vault::DataKey;
use tidings_node::store::{DATABASE_FILE, KEY_FILE, PID_FILE, Store, StoreOpenError};
use tidings_protocol::store::snapshot::{Direction, Snapshot, StoreError};
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::WriteSet;

const ROWS: u64 = 200;

fn value(counter: u64) -> Vec<u8> {
    vec![counter.to_le_bytes()[0]; 500]
}

fn fill(folder: &Path) {
    let mut store = Store::open(folder).unwrap();
    let mut writes = WriteSet::default();
    for counter in 0..ROWS {
        writes.put(Scope::Node, Table::QueueEntry, counter.to_be_bytes().to_vec(), value(counter));
    }
    store.commit(writes).unwrap();
}

fn refusal(folder: &Path) -> StoreOpenError {
    match Store::open(folder) {
        Ok(_) => panic!("the store opened"),
        Err(error) => error,
    }
}

/// Whether every row is there and right; an error is an answer, a wrong or missing row is not.
fn all_rows(store: &Store) -> Result<(), StoreError> {
    let rows =
        store.snapshot()?.range(Scope::Node, Table::QueueEntry, &[], &[0xff; 9], usize::MAX, Direction::Forward)?;
    let expected: Vec<_> = (0..ROWS).map(|counter| (counter.to_be_bytes().to_vec(), value(counter))).collect();
    assert!(rows == expected, "a row is missing or wrong, and nobody said so");
    Ok(())
}

#[test]
fn a_flipped_bit_anywhere_is_an_error_or_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let path = folder.path().join(DATABASE_FILE);
    let whole = fs::read(&path).unwrap();
    let (mut refused, mut harmless) = (0, 0);
    let mut position = 0;
    while position < whole.len() {
        let mut damaged = whole.clone();
        damaged[position] ^= 1 << (position % 8);
        fs::write(&path, &damaged).unwrap();
        match Store::open(folder.path()).map(|store| all_rows(&store)) {
            Ok(Ok(())) => harmless += 1,
            Ok(Err(StoreError::Fault(text))) => {
                assert!(text.contains("queue_entry"), "{text}");
                refused += 1;
            }
            Ok(Err(StoreError::Locked)) => panic!("the node's rows are never locked"),
            Err(StoreOpenError::Damaged { path: named, .. }) => {
                assert_eq!(named, path);
                refused += 1;
            }
            Err(StoreOpenError::Newer { .. }) => refused += 1,
            Err(other) => panic!("byte {position}: {other}"),
        }
        // A prime step, so that every kind of place within a page is met.
        position += if position < 1024 { 7 } else { 997 };
    }
    assert!(refused > 20, "{refused} refused, {harmless} harmless");
}

// REQ-VAULT-3
#[test]
fn a_value_moved_to_another_row_is_damage_that_names_its_table() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let table: TableDefinition<&[u8], &[u8]> = TableDefinition::new("queue_entry");
    let database = Database::open(folder.path().join(DATABASE_FILE)).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut rows = transaction.open_table(table).unwrap();
        let key = |counter: u64| [&[0][..], &counter.to_be_bytes()].concat();
        let moved = rows.get(key(1).as_slice()).unwrap().unwrap().value().to_vec();
        rows.insert(key(2).as_slice(), moved.as_slice()).unwrap();
        rows.insert(key(3).as_slice(), &b"short"[..]).unwrap();
    }
    transaction.commit().unwrap();
    drop(database);
    let store = Store::open(folder.path()).unwrap();
    let snapshot = store.snapshot().unwrap();
    let get = |counter: u64| snapshot.get(Scope::Node, Table::QueueEntry, &counter.to_be_bytes());
    assert_eq!(get(1), Ok(Some(value(1))));
    for counter in [2, 3] {
        assert!(matches!(get(counter), Err(StoreError::Fault(text)) if text.contains("queue_entry")));
    }
}

#[test]
fn the_wrong_data_key_reads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let anna = AccountId::from_bytes([1; 32]);
    store.unlock(anna, DataKey::from_bytes([1; 32]));
    let mut writes = WriteSet::default();
    writes.put(Scope::Account(anna), Table::Message, vec![1], vec![2]);
    store.commit(writes).unwrap();
    store.unlock(anna, DataKey::from_bytes([2; 32]));
    let read = store.snapshot().unwrap().get(Scope::Account(anna), Table::Message, &[1]);
    assert!(matches!(read, Err(StoreError::Fault(_))));
}

// REQ-STORE-3
#[test]
fn a_newer_schema_is_refused_and_no_file_changes() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let path = folder.path().join(DATABASE_FILE);
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction
        .open_table(TableDefinition::<&str, &[u8]>::new("schema"))
        .unwrap()
        .insert("version", &2_u32.to_be_bytes()[..])
        .unwrap();
    transaction.commit().unwrap();
    drop(database);
    let before = (fs::read(&path).unwrap(), fs::read(folder.path().join(KEY_FILE)).unwrap());
    let error = refusal(folder.path());
    assert!(matches!(error, StoreOpenError::Newer { found: 2, known: 1 }), "{error}");
    let after = (fs::read(&path).unwrap(), fs::read(folder.path().join(KEY_FILE)).unwrap());
    assert!(before == after, "a refused folder is untouched");
}

// REQ-STORE-3
#[test]
fn a_second_opener_learns_who_has_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let error = refusal(folder.path());
    assert!(
        matches!(error, StoreOpenError::AlreadyRunning { process: Some(id) } if id == std::process::id()),
        "{error}"
    );
    drop(store);
    drop(Store::open(folder.path()).unwrap());
    assert_eq!(fs::read(folder.path().join(PID_FILE)).unwrap(), b"", "nobody is named when nobody has it");
}

#[test]
fn everything_is_private_and_exposed_keys_are_refused_with_the_command_that_helps() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("made/by/us");
    drop(Store::open(&folder).unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in [DATABASE_FILE, KEY_FILE, PID_FILE] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
    let keys = folder.join(KEY_FILE);
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o640)).unwrap();
    let text = refusal(&folder).to_string();
    assert!(text.contains(&format!("chmod 600 {}", keys.display())), "{text}");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let text = refusal(&folder).to_string();
    assert!(text.contains("chmod 700"), "{text}");
}

#[test]
fn a_lost_file_is_an_error_and_never_a_new_start() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let (keys, database) = (folder.path().join(KEY_FILE), folder.path().join(DATABASE_FILE));
    let away = folder.path().join("away");
    for path in [&keys, &database] {
        fs::rename(path, &away).unwrap();
        assert!(matches!(refusal(folder.path()), StoreOpenError::Damaged { path: named, .. } if named == *path));
        assert!(!path.exists());
        fs::rename(&away, path).unwrap();
    }
    fs::write(&database, b"").unwrap();
    assert!(matches!(refusal(folder.path()), StoreOpenError::Damaged { .. }), "an empty file is not a new database");
    fs::write(&database, vec![b'x'; 100_000]).unwrap();
    assert!(matches!(refusal(folder.path()), StoreOpenError::Damaged { .. }), "nor is another file");
}

#[test]
fn the_keys_of_another_node_are_refused() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fill(ours.path());
    fill(theirs.path());
    fs::copy(theirs.path().join(KEY_FILE), ours.path().join(KEY_FILE)).unwrap();
    assert!(matches!(refusal(ours.path()), StoreOpenError::Damaged { path, .. } if path.ends_with(KEY_FILE)));
}

#[test]
fn a_first_start_cut_short_is_finished_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let seed = Store::open(folder.path()).unwrap().keys().node_seed.clone();
    let database = folder.path().join(DATABASE_FILE);
    fs::rename(&database, database.with_extension("redb.new")).unwrap();
    assert_eq!(Store::open(folder.path()).unwrap().keys().node_seed, seed, "cut before the last step");
    let fresh = tempfile::tempdir().unwrap();
    fs::write(fresh.path().join("node.redb.new"), b"half").unwrap();
    fs::write(fresh.path().join("node.key.new"), b"half").unwrap();
    drop(Store::open(fresh.path()).unwrap());
}
