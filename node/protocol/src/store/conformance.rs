//! The suite every store must pass: what the core relies on when it reads and writes rows.
//!
//! It knows nothing of files; [`ConformingStore::reopen`] stands for a restart. A store passes if [`check`] returns; what fails is named by
//! the panic's text.

use tidings_crypto::id::AccountId;

use super::snapshot::{Direction, Row, Snapshot, StoreError};
use super::table::{Scope, Table};
use super::write_set::WriteSet;

/// A store as the suite drives it. [`ConformingStore::view`] shows what is committed when it is called.
pub trait ConformingStore {
    /// Applies all changes or none.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if one belongs to a locked account; [`StoreError::Fault`] if the machine fails.
    fn commit(&mut self, writes: WriteSet) -> Result<(), StoreError>;

    /// Makes an account's rows readable and writable; the same account always gets the same key.
    fn unlock(&mut self, account: AccountId);

    /// Makes an account's rows unreadable.
    fn lock(&mut self, account: AccountId);

    /// Closes the store and opens it again: every row stays, every account is locked.
    fn reopen(&mut self);

    /// The rows as they are now.
    fn view(&self) -> Box<dyn Snapshot + '_>;
}

const TABLE: Table = Table::Contact;
const OTHER_TABLE: Table = Table::Message;
const NODE: Scope = Scope::Node;
const ALL_KEYS_END: &[u8] = &[0xff; 64];

fn anna() -> AccountId {
    AccountId::from_bytes([0xa1; 32])
}

fn bert() -> AccountId {
    AccountId::from_bytes([0xb2; 32])
}

/// Runs the whole suite; `make` yields an empty store with every account locked.
///
/// # Panics
/// If the store does not do what the suite asks for; the text says what.
pub fn check(make: &mut dyn FnMut() -> Box<dyn ConformingStore>) {
    let cases: [fn(&mut dyn ConformingStore); 13] = [
        a_row_is_read_as_written,
        a_deleted_row_is_gone,
        the_last_change_of_a_row_in_a_set_wins,
        a_range_holds_its_start_and_not_its_end,
        a_range_runs_in_both_directions,
        a_limit_takes_from_the_end_that_comes_first,
        an_empty_or_turned_range_holds_nothing,
        keys_are_ordered_as_bytes,
        tables_are_apart,
        scopes_are_apart,
        a_locked_account_is_refused_and_nothing_changes,
        rows_outlast_a_restart_and_accounts_are_locked_after_it,
        a_view_does_not_change,
    ];
    for case in cases {
        case(&mut *make());
    }
}

fn put(store: &mut dyn ConformingStore, scope: Scope, table: Table, rows: &[(&[u8], &[u8])]) {
    let mut writes = WriteSet::default();
    for (key, value) in rows {
        writes.put(scope, table, key.to_vec(), value.to_vec());
    }
    assert_eq!(store.commit(writes), Ok(()), "a commit of plain rows is taken");
}

fn get(store: &dyn ConformingStore, scope: Scope, key: &[u8]) -> Option<Vec<u8>> {
    store.view().get(scope, TABLE, key).expect("the row can be read")
}

fn keys(rows: Vec<Row>) -> Vec<Vec<u8>> {
    rows.into_iter().map(|(key, _)| key).collect()
}

fn range(store: &dyn ConformingStore, start: &[u8], end: &[u8], limit: usize, direction: Direction) -> Vec<Vec<u8>> {
    keys(store.view().range(NODE, TABLE, start, end, limit, direction).expect("the range can be read"))
}

fn letters(text: &str) -> Vec<Vec<u8>> {
    text.bytes().map(|letter| vec![letter]).collect()
}

fn put_a_to_e(store: &mut dyn ConformingStore) {
    put(store, NODE, TABLE, &[(b"c", b"3"), (b"a", b"1"), (b"e", b"5"), (b"b", b"2"), (b"d", b"4")]);
}

fn a_row_is_read_as_written(store: &mut dyn ConformingStore) {
    let large = vec![7; 1 << 20];
    put(store, NODE, TABLE, &[(b"key", b"value"), (b"empty", b""), (b"", b"empty key"), (b"large", &large)]);
    assert_eq!(get(store, NODE, b"key"), Some(b"value".to_vec()));
    assert_eq!(get(store, NODE, b"empty"), Some(Vec::new()), "an empty value is a value");
    assert_eq!(get(store, NODE, b""), Some(b"empty key".to_vec()), "an empty key is a key");
    assert_eq!(get(store, NODE, b"large"), Some(large), "a value of 1 MiB is kept whole");
    assert_eq!(get(store, NODE, b"ke"), None);
    put(store, NODE, TABLE, &[(b"key", b"new")]);
    assert_eq!(get(store, NODE, b"key"), Some(b"new".to_vec()), "a later commit replaces a value");
    let rows = store.view().range(NODE, TABLE, b"key", b"kez", 9, Direction::Forward);
    assert_eq!(rows, Ok(vec![(b"key".to_vec(), b"new".to_vec())]), "a range yields keys as written, with their values");
}

fn a_deleted_row_is_gone(store: &mut dyn ConformingStore) {
    put_a_to_e(store);
    let mut writes = WriteSet::default();
    writes.delete(NODE, TABLE, b"b".to_vec());
    writes.delete(NODE, TABLE, b"never there".to_vec());
    assert_eq!(store.commit(writes), Ok(()), "an absent row can be deleted");
    assert_eq!(get(store, NODE, b"b"), None);
    assert_eq!(range(store, b"", ALL_KEYS_END, 9, Direction::Forward), letters("acde"));
}

fn the_last_change_of_a_row_in_a_set_wins(store: &mut dyn ConformingStore) {
    let mut writes = WriteSet::default();
    writes.put(NODE, TABLE, b"k".to_vec(), b"1".to_vec());
    writes.put(NODE, OTHER_TABLE, b"k".to_vec(), b"other".to_vec());
    writes.put(NODE, TABLE, b"k".to_vec(), b"2".to_vec());
    writes.put(NODE, TABLE, b"gone".to_vec(), b"1".to_vec());
    writes.delete(NODE, TABLE, b"gone".to_vec());
    writes.delete(NODE, TABLE, b"back".to_vec());
    writes.put(NODE, TABLE, b"back".to_vec(), b"1".to_vec());
    assert_eq!(store.commit(writes), Ok(()));
    assert_eq!(get(store, NODE, b"k"), Some(b"2".to_vec()));
    assert_eq!(get(store, NODE, b"gone"), None, "put, then delete");
    assert_eq!(get(store, NODE, b"back"), Some(b"1".to_vec()), "delete, then put");
}

fn a_range_holds_its_start_and_not_its_end(store: &mut dyn ConformingStore) {
    put_a_to_e(store);
    assert_eq!(range(store, b"b", b"d", 9, Direction::Forward), letters("bc"));
    assert_eq!(range(store, b"b", b"d", 9, Direction::Backward), letters("cb"));
    assert_eq!(range(store, b"aa", b"dd", 9, Direction::Forward), letters("bcd"), "bounds need not be keys");
    assert_eq!(range(store, b"", b"b", 9, Direction::Forward), letters("a"));
}

fn a_range_runs_in_both_directions(store: &mut dyn ConformingStore) {
    put_a_to_e(store);
    assert_eq!(range(store, b"", ALL_KEYS_END, 9, Direction::Forward), letters("abcde"));
    assert_eq!(range(store, b"", ALL_KEYS_END, 9, Direction::Backward), letters("edcba"));
}

fn a_limit_takes_from_the_end_that_comes_first(store: &mut dyn ConformingStore) {
    put_a_to_e(store);
    assert_eq!(range(store, b"a", b"e", 2, Direction::Forward), letters("ab"));
    assert_eq!(range(store, b"a", b"e", 2, Direction::Backward), letters("dc"));
    assert_eq!(range(store, b"a", b"e", 0, Direction::Forward), letters(""));
    assert_eq!(range(store, b"a", b"e", usize::MAX, Direction::Backward), letters("dcba"));
}

fn an_empty_or_turned_range_holds_nothing(store: &mut dyn ConformingStore) {
    assert_eq!(range(store, b"", ALL_KEYS_END, 9, Direction::Forward), letters(""), "an empty table");
    put_a_to_e(store);
    for direction in [Direction::Forward, Direction::Backward] {
        assert_eq!(range(store, b"c", b"c", 9, direction), letters(""), "start equals end");
        assert_eq!(range(store, b"d", b"b", 9, direction), letters(""), "start after end");
        assert_eq!(range(store, b"", b"", 9, direction), letters(""), "both empty");
        assert_eq!(range(store, b"f", b"z", 9, direction), letters(""), "nothing within");
    }
}

fn keys_are_ordered_as_bytes(store: &mut dyn ConformingStore) {
    let ordered: [&[u8]; 8] = [b"", &[0], &[0, 0], &[0, 1], &[1], &[0x7f], &[0x80], &[0xff, 0xff]];
    let mut rows: Vec<(&[u8], &[u8])> = ordered.iter().map(|key| (*key, &b"v"[..])).collect();
    rows.reverse();
    put(store, NODE, TABLE, &rows);
    let expected: Vec<Vec<u8>> = ordered.iter().map(|key| key.to_vec()).collect();
    assert_eq!(range(store, b"", ALL_KEYS_END, 99, Direction::Forward), expected);
    let counters = [0_u64, 1, 255, 256, u64::MAX];
    for counter in counters {
        put(store, NODE, OTHER_TABLE, &[(&counter.to_be_bytes(), b"v")]);
    }
    let view = store.view();
    let rows =
        view.range(NODE, OTHER_TABLE, b"", ALL_KEYS_END, 99, Direction::Backward).expect("the range can be read");
    let expected: Vec<Vec<u8>> = counters.iter().rev().map(|counter| counter.to_be_bytes().to_vec()).collect();
    assert_eq!(keys(rows), expected, "big-endian counters are in the order of their numbers");
}

fn tables_are_apart(store: &mut dyn ConformingStore) {
    put(store, NODE, TABLE, &[(b"k", b"one")]);
    for table in Table::ALL.iter().filter(|table| **table != TABLE) {
        assert_eq!(store.view().get(NODE, *table, b"k"), Ok(None), "{}", table.name());
        put(store, NODE, *table, &[(b"k", table.name().as_bytes())]);
    }
    assert_eq!(get(store, NODE, b"k"), Some(b"one".to_vec()));
    for table in Table::ALL.iter().filter(|table| **table != TABLE) {
        assert_eq!(store.view().get(NODE, *table, b"k"), Ok(Some(table.name().as_bytes().to_vec())));
    }
}

fn scopes_are_apart(store: &mut dyn ConformingStore) {
    store.unlock(anna());
    store.unlock(bert());
    let scopes = [NODE, Scope::Account(anna()), Scope::Account(bert())];
    for (scope, value) in scopes.iter().zip([b"n", b"a", b"b"]) {
        put(store, *scope, TABLE, &[(b"k", value), (&[0xff; 3], value)]);
    }
    for (scope, value) in scopes.iter().zip([b"n", b"a", b"b"]) {
        assert_eq!(get(store, *scope, b"k"), Some(value.to_vec()));
        for direction in [Direction::Forward, Direction::Backward] {
            let rows =
                store.view().range(*scope, TABLE, b"", ALL_KEYS_END, 9, direction).expect("the range can be read");
            assert_eq!(rows.len(), 2, "a range never leaves its scope");
            assert!(rows.iter().all(|(_, read)| read == value), "a range never leaves its scope");
        }
    }
    let mut writes = WriteSet::default();
    writes.delete(Scope::Account(anna()), TABLE, b"k".to_vec());
    assert_eq!(store.commit(writes), Ok(()));
    assert_eq!(get(store, Scope::Account(anna()), b"k"), None);
    assert_eq!(get(store, Scope::Account(bert()), b"k"), Some(b"b".to_vec()));
    assert_eq!(get(store, NODE, b"k"), Some(b"n".to_vec()));
}

fn a_locked_account_is_refused_and_nothing_changes(store: &mut dyn ConformingStore) {
    let scope = Scope::Account(anna());
    store.unlock(anna());
    put(store, scope, TABLE, &[(b"k", b"old")]);
    store.lock(anna());
    assert_eq!(store.view().get(scope, TABLE, b"k"), Err(StoreError::Locked));
    assert_eq!(store.view().get(scope, TABLE, b"absent"), Err(StoreError::Locked), "nor whether a row exists");
    let rows = store.view().range(scope, TABLE, b"", ALL_KEYS_END, 9, Direction::Forward);
    assert_eq!(rows, Err(StoreError::Locked));
    assert_eq!(store.view().range(scope, TABLE, b"z", b"a", 9, Direction::Forward), Err(StoreError::Locked));

    let mut writes = WriteSet::default();
    writes.put(NODE, TABLE, b"before".to_vec(), b"1".to_vec());
    writes.put(scope, TABLE, b"k".to_vec(), b"new".to_vec());
    writes.put(NODE, TABLE, b"after".to_vec(), b"1".to_vec());
    assert_eq!(store.commit(writes), Err(StoreError::Locked));
    let mut writes = WriteSet::default();
    writes.put(NODE, TABLE, b"before".to_vec(), b"1".to_vec());
    writes.delete(scope, TABLE, b"k".to_vec());
    assert_eq!(store.commit(writes), Err(StoreError::Locked), "a delete needs the key as well");
    assert_eq!(get(store, NODE, b"before"), None, "all or none");
    assert_eq!(get(store, NODE, b"after"), None, "all or none");

    store.unlock(bert());
    assert_eq!(store.view().get(scope, TABLE, b"k"), Err(StoreError::Locked), "another account's key is no help");
    store.unlock(anna());
    assert_eq!(get(store, scope, b"k"), Some(b"old".to_vec()));
}

fn rows_outlast_a_restart_and_accounts_are_locked_after_it(store: &mut dyn ConformingStore) {
    let scope = Scope::Account(anna());
    store.unlock(anna());
    put(store, NODE, TABLE, &[(b"k", b"node")]);
    put(store, scope, TABLE, &[(b"k", b"account")]);
    store.reopen();
    assert_eq!(get(store, NODE, b"k"), Some(b"node".to_vec()));
    assert_eq!(store.view().get(scope, TABLE, b"k"), Err(StoreError::Locked));
    store.unlock(anna());
    assert_eq!(get(store, scope, b"k"), Some(b"account".to_vec()));
    put(store, scope, TABLE, &[(b"k", b"later")]);
    store.reopen();
    store.unlock(anna());
    assert_eq!(get(store, scope, b"k"), Some(b"later".to_vec()));
}

fn a_view_does_not_change(store: &mut dyn ConformingStore) {
    put_a_to_e(store);
    let view = store.view();
    let first = view.range(NODE, TABLE, b"", ALL_KEYS_END, 9, Direction::Forward);
    assert_eq!(first, view.range(NODE, TABLE, b"", ALL_KEYS_END, 9, Direction::Forward), "reading changes nothing");
}

#[cfg(test)]
mod tests {
    use super::super::memory::MemoryStore;
    use super::*;

    impl ConformingStore for MemoryStore {
        fn commit(&mut self, writes: WriteSet) -> Result<(), StoreError> {
            Self::commit(self, writes)
        }

        fn unlock(&mut self, account: AccountId) {
            Self::unlock(self, account);
        }

        fn lock(&mut self, account: AccountId) {
            Self::lock(self, account);
        }

        fn reopen(&mut self) {
            self.lock_all();
        }

        fn view(&self) -> Box<dyn Snapshot + '_> {
            Box::new(self.clone())
        }
    }

    // REQ-STORE-1, REQ-VAULT-4
    #[test]
    fn the_memory_store_passes_the_suite() {
        check(&mut || Box::new(MemoryStore::new()));
    }
}
