//! The store: redb behind the core's `Snapshot`, every value sealed.
//!
//! Owns `node.redb`, `node.key` and `node.pid` in the data folder. One redb table a [`Table`](tidings_protocol::store::table::Table); a key
//! is the scope (0, or 1 and the account id) and the core's key, in clear; a value is sealed with XChaCha20-Poly1305 under the key of its
//! scope, bound to table and key (DECISIONS 14). [`Store`] writes and has one owner, the driver; [`StoreReader`] reads and may be cloned.
//!
//! It does not know what rows mean, and it does not wrap account keys: whoever unlocks an account brings its key.

mod commit;
mod folder;
mod key_file;
mod keyring;
mod open;
mod schema;
mod seal;
mod shared;
mod snapshot;

pub use key_file::NodeKeys;
pub use open::StoreOpenError;
pub use snapshot::StoreSnapshot;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use tidings_crypto::id::AccountId;
use tidings_crypto::vault::DataKey;
use tidings_protocol::store::snapshot::StoreError;
use tidings_protocol::store::write_set::WriteSet;

use keyring::Keyring;
use shared::SharedDatabase;

/// File name of the database within the data folder.
pub const DATABASE_FILE: &str = "node.redb";
/// File name of the node's own keys within the data folder.
pub const KEY_FILE: &str = "node.key";
/// File name of the running process's id within the data folder.
pub const PID_FILE: &str = "node.pid";

/// The one writer. The file is open as long as it lives.
pub struct Store {
    reader: StoreReader,
    keys: NodeKeys,
    nonces: ChaCha20Rng,
    // Held until the store is dropped: one process a data folder.
    _lock: folder::FolderLock,
}

/// Reads the store; clones share it. Once the [`Store`] is dropped there is nothing to read.
#[derive(Clone)]
pub struct StoreReader {
    database: Arc<SharedDatabase>,
    keyring: Arc<Keyring>,
    path: Arc<PathBuf>,
}

impl Store {
    /// Opens the store in `folder`, which is made (0700) if it is absent.
    ///
    /// A folder without keys and database becomes that of a new node. One of the two without the other is refused: starting empty where
    /// something was would hide its loss.
    ///
    /// # Errors
    /// [`StoreOpenError`]: another process holds the folder, a newer version wrote it (nothing is touched), a file is damaged or missing,
    /// others can read the keys, or the system refuses.
    pub fn open(folder: &Path) -> Result<Self, StoreOpenError> {
        open::open(folder)
    }

    /// The node's own keys.
    #[must_use]
    pub fn keys(&self) -> &NodeKeys {
        &self.keys
    }

    /// A reader, also for other threads.
    #[must_use]
    pub fn reader(&self) -> StoreReader {
        self.reader.clone()
    }

    /// Everything committed so far, as a view that never changes.
    ///
    /// # Errors
    /// [`StoreError::Fault`] if the machine fails.
    pub fn snapshot(&self) -> Result<StoreSnapshot, StoreError> {
        self.reader.snapshot()
    }

    /// Makes all changes durable, or none.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if one belongs to an account that is locked; [`StoreError::Fault`] if the machine fails.
    pub fn commit(&mut self, writes: WriteSet) -> Result<(), StoreError> {
        let keys = self.reader.keyring.current();
        self.reader.database.with(|database| commit::commit(database, &keys, &mut self.nonces, writes))
    }

    /// See [`StoreReader::unlock`].
    pub fn unlock(&self, account: AccountId, key: DataKey) {
        self.reader.unlock(account, key);
    }

    /// See [`StoreReader::lock`].
    pub fn lock(&self, account: AccountId) {
        self.reader.lock(account);
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.reader.database.close();
    }
}

impl StoreReader {
    /// Everything committed so far, as a view that never changes; it can read the accounts that are unlocked now, and holds their keys
    /// until it is dropped. A view kept for long keeps the file from reusing space.
    ///
    /// # Errors
    /// [`StoreError::Fault`] if the machine fails, or the store is closed.
    pub fn snapshot(&self) -> Result<StoreSnapshot, StoreError> {
        self.database.with(|database| StoreSnapshot::new(database, self.keyring.current()))
    }

    /// Whether the account's key is at hand.
    #[must_use]
    pub fn is_unlocked(&self, account: AccountId) -> bool {
        self.keyring.current().accounts.contains_key(&account)
    }

    /// The accounts whose keys are at hand, in the order of their ids.
    #[must_use]
    pub fn unlocked(&self) -> Vec<AccountId> {
        self.keyring.current().accounts.keys().copied().collect()
    }

    /// The database file, for messages about it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the account's rows readable and writable. Nothing checks the key but the rows it opens.
    pub(crate) fn unlock(&self, account: AccountId, key: DataKey) {
        self.keyring.insert(account, key);
    }

    /// Makes the account's rows unreadable; views taken before keep their key.
    pub(crate) fn lock(&self, account: AccountId) {
        self.keyring.remove(account);
    }
}
