//! The open database as writer and readers share it.

use std::sync::{PoisonError, RwLock};

use redb::Database;
use tidings_protocol::store::snapshot::StoreError;

/// Open until the writer is dropped: readers that live on must not keep the file from the next process.
pub(super) struct SharedDatabase(RwLock<Option<Database>>);

impl SharedDatabase {
    pub(super) fn new(database: Database) -> Self {
        Self(RwLock::new(Some(database)))
    }

    /// Runs something on the open database.
    pub(super) fn with<T>(&self, run: impl FnOnce(&Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let open = self.0.read().unwrap_or_else(PoisonError::into_inner);
        run(open.as_ref().ok_or_else(|| StoreError::Fault("the store is closed".to_owned()))?)
    }

    /// Closes the file. Views that are still in use can read no more from it.
    pub(super) fn close(&self) {
        drop(self.0.write().unwrap_or_else(PoisonError::into_inner).take());
    }
}
