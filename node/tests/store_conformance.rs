//! The redb store does what the core relies on, and seals what it writes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use tempfile::TempDir;
use tidings_crypto::id::AccountId;
use tidings_crypto::vault::DataKey;
use tidings_node::store::Store;
use tidings_protocol::store::conformance::{self, ConformingStore};
use tidings_protocol::store::snapshot::{Direction, Snapshot, StoreError};
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::WriteSet;

struct RedbStore {
    folder: TempDir,
    store: Option<Store>,
}

impl RedbStore {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Some(Store::open(folder.path()).unwrap());
        Self { folder, store }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }
}

impl ConformingStore for RedbStore {
    fn commit(&mut self, writes: WriteSet) -> Result<(), StoreError> {
        self.store.as_mut().unwrap().commit(writes)
    }

    fn unlock(&mut self, account: AccountId) {
        self.store().unlock(account, DataKey::from_bytes(*account.as_bytes()));
    }

    fn lock(&mut self, account: AccountId) {
        self.store().lock(account);
    }

    fn reopen(&mut self) {
        self.store = None;
        self.store = Some(Store::open(self.folder.path()).unwrap());
    }

    fn view(&self) -> Box<dyn Snapshot + '_> {
        Box::new(self.store().snapshot().unwrap())
    }
}

// REQ-STORE-1, REQ-VAULT-4
#[test]
fn the_redb_store_passes_the_suite() {
    conformance::check(&mut || Box::new(RedbStore::new()));
}

#[test]
fn a_snapshot_keeps_its_rows_and_keys_while_the_store_moves_on() {
    let mut store = RedbStore::new();
    let anna = AccountId::from_bytes([1; 32]);
    let scope = Scope::Account(anna);
    let put = |store: &mut RedbStore, value: &[u8]| {
        let mut writes = WriteSet::default();
        writes.put(scope, Table::Contact, b"k".to_vec(), value.to_vec());
        store.commit(writes).unwrap();
    };
    let before = store.store().snapshot().unwrap();
    store.unlock(anna);
    put(&mut store, b"old");
    let between = store.store().snapshot().unwrap();
    put(&mut store, b"new");
    store.lock(anna);
    assert_eq!(before.get(scope, Table::Contact, b"k"), Err(StoreError::Locked));
    assert_eq!(between.get(scope, Table::Contact, b"k"), Ok(Some(b"old".to_vec())));
    assert_eq!(store.view().get(scope, Table::Contact, b"k"), Err(StoreError::Locked));
}

#[test]
fn a_snapshot_can_be_read_from_several_threads() {
    let mut store = RedbStore::new();
    let mut writes = WriteSet::default();
    for counter in 0..100_u64 {
        writes.put(Scope::Node, Table::QueueEntry, counter.to_be_bytes().to_vec(), vec![7; 300]);
    }
    store.commit(writes).unwrap();
    let snapshot = store.store().snapshot().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let rows =
                    snapshot.range(Scope::Node, Table::QueueEntry, &[], &[0xff; 9], 1000, Direction::Forward).unwrap();
                assert_eq!(rows.len(), 100);
            });
        }
    });
}

#[test]
fn no_value_stands_in_the_file_in_clear_and_the_same_value_never_looks_the_same() {
    let mut store = RedbStore::new();
    let anna = AccountId::from_bytes([1; 32]);
    store.unlock(anna);
    let secret = b"the geese fly south on tuesday";
    let mut writes = WriteSet::default();
    for scope in [Scope::Node, Scope::Account(anna)] {
        writes.put(scope, Table::Message, b"plain key".to_vec(), secret.to_vec());
    }
    store.commit(writes).unwrap();
    store.store = None;
    let file = std::fs::read(store.folder.path().join("node.redb")).unwrap();
    let holds = |text: &[u8]| file.windows(text.len()).any(|window| window == text);
    assert!(holds(b"plain key"), "the search finds what is there");
    assert!(!holds(secret));
    assert!(!holds(&secret[..8]));
}
