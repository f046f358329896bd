//! Opening the store, and every way in which it can refuse.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use redb::{Builder, Database, DatabaseError, ReadTransaction, ReadableDatabase};

use super::folder::{self, FolderLock};
use super::key_file::NodeKeys;
use super::keyring::Keyring;
use super::shared::SharedDatabase;
use super::{DATABASE_FILE, KEY_FILE, PID_FILE, Store, StoreReader, schema};

/// Memory for pages of the file. redb's own default, 1 GiB, is more than many machines have that run a node; what does not fit is read again
/// from the system's cache.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// Up to this size every page is checked when the file is opened, which takes about 1 ms a MiB. Above it, opening stays fast, and damage is
/// noticed when the damaged page is read.
const CHECKED_ON_OPEN_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Why the store did not open.
#[derive(Debug, thiserror::Error)]
pub enum StoreOpenError {
    /// The system refused.
    #[error("cannot {action} {}: {error}", path.display())]
    System {
        /// What was tried.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The system has no randomness to give.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// Others on this machine can read or write what must be private.
    #[error("others on this machine have access to {path}; run: chmod {mode} {path}", path = path.display())]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// The mode it should have.
        mode: &'static str,
    },
    /// Another process uses the folder.
    #[error("another tidings{} uses this data folder", process.map(|id| format!(", process {id},")).unwrap_or_default())]
    AlreadyRunning {
        /// Its id, if it could be read.
        process: Option<u32>,
    },
    /// A newer version wrote the file. Nothing was touched.
    #[error(
        "this data folder was written by a newer version of tidings (schema {found}, this one knows {known}); install that version"
    )]
    Newer {
        /// What the file says.
        found: u32,
        /// What we can read.
        known: u32,
    },
    /// A file is missing, damaged, or not the one it should be.
    #[error("{path} is damaged: {reason}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what helps.
        reason: String,
    },
}

impl StoreOpenError {
    pub(super) fn io(action: &'static str, path: &Path, error: io::Error) -> Self {
        Self::System { action, path: path.to_path_buf(), error }
    }

    pub(super) fn damaged(path: &Path, reason: &str) -> Self {
        Self::Damaged { path: path.to_path_buf(), reason: reason.to_owned() }
    }
}

/// See [`Store::open`].
pub(super) fn open(folder: &Path) -> Result<Store, StoreOpenError> {
    folder::prepare(folder)?;
    let lock = FolderLock::take(&folder.join(PID_FILE))?;
    let (key_path, path) = (folder.join(KEY_FILE), folder.join(DATABASE_FILE));
    let keys = match (key_path.exists(), path.exists()) {
        (false, false) => create(&key_path, &path)?,
        (false, true) => return Err(StoreOpenError::damaged(&key_path, "it is missing; restore it from a backup")),
        (true, _) => NodeKeys::read(&key_path)?,
    };
    if !path.exists() {
        finish(&path)?;
    }
    if !looks_right(&path, &keys)? {
        return Err(StoreOpenError::damaged(
            &key_path,
            "it belongs to another node's database; restore the right one from a backup",
        ));
    }
    let database = open_database(&path)?;
    redb_step(&path, || schema::complete(&database))?;
    let keyring = Arc::new(Keyring::new(keys.store.clone()));
    let reader = StoreReader { database: Arc::new(SharedDatabase::new(database)), keyring, path: Arc::new(path) };
    let nonces = ChaCha20Rng::from_seed(random()?);
    Ok(Store { reader, keys, nonces, _lock: lock })
}

/// Makes keys and database of a new node. The database is whole before the keys exist, and gets its name after them, so that a start cut
/// short at any point can be told from a database that was lost.
fn create(key_path: &Path, path: &Path) -> Result<NodeKeys, StoreOpenError> {
    let keys = NodeKeys::generate()?;
    let draft = draft_of(path);
    let failed = |error| StoreOpenError::io("write", &draft, error);
    folder::remove_leftover(&draft).map_err(failed)?;
    drop(folder::create_private(&draft).map_err(failed)?);
    let nonce = random()?;
    redb_step(&draft, || {
        let database = Builder::new().create(&draft)?;
        schema::create(&database, &keys.store, nonce)?;
        Ok(database.close()?)
    })?;
    keys.create(key_path)?;
    finish(path)?;
    Ok(keys)
}

fn finish(path: &Path) -> Result<(), StoreOpenError> {
    match std::fs::rename(draft_of(path), path).and_then(|()| folder::sync(path)) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreOpenError::damaged(
            path,
            "it is missing, but this folder's node had one; restore it from a backup",
        )),
        Err(error) => Err(StoreOpenError::io("write", path, error)),
    }
}

fn draft_of(path: &Path) -> PathBuf {
    path.with_extension("redb.new")
}

/// Refuses a database that is not one of ours or newer than this program; then, whether it belongs to these keys. Looks without writing:
/// redb itself changes a file that it opens for writing, and a file that is refused stays as it is.
fn looks_right(path: &Path, keys: &NodeKeys) -> Result<bool, StoreOpenError> {
    let size = std::fs::metadata(path).map_err(|error| StoreOpenError::io("read", path, error))?.len();
    if size == 0 {
        // redb would take it for a new database.
        return Err(StoreOpenError::damaged(path, "it is empty; restore it from a backup"));
    }
    let look = |transaction: ReadTransaction| {
        Ok((schema::version(&transaction)?, schema::belongs_to(&transaction, &keys.store)?))
    };
    let (found, owned) = redb_step(path, || match Builder::new().set_cache_size(CACHE_BYTES).open_read_only(path) {
        // After a crash in a way that quick repair does not cover; redb must write to repair it, and what it writes keeps its meaning.
        Err(DatabaseError::RepairAborted) => {
            let database = Builder::new().set_cache_size(CACHE_BYTES).open(path)?;
            look(database.begin_read()?)
        }
        other => {
            let database = other?;
            look(database.begin_read()?)
        }
    })?;
    match found {
        None => Err(StoreOpenError::damaged(path, "it is not a tidings database")),
        Some(found) if found > schema::VERSION => Err(StoreOpenError::Newer { found, known: schema::VERSION }),
        Some(_) => Ok(owned),
    }
}

fn open_database(path: &Path) -> Result<Database, StoreOpenError> {
    let size = std::fs::metadata(path).map_err(|error| StoreOpenError::io("read", path, error))?.len();
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(size <= CHECKED_ON_OPEN_BYTES_MAX);
    redb_step(path, || Ok(builder.open(path)?))
}

/// Runs one step of redb's and sorts what goes wrong. A panic of redb's means pages it cannot make sense of.
fn redb_step<T>(path: &Path, step: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, StoreOpenError> {
    let Ok(result) = catch_unwind(AssertUnwindSafe(step)) else {
        return Err(StoreOpenError::damaged(path, "its pages make no sense; restore it from a backup"));
    };
    result.map_err(|error| {
        if matches!(error, redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch) {
            return StoreOpenError::AlreadyRunning { process: None };
        }
        let text = format!("{error}; restore it from a backup");
        if let redb::Error::Io(cause) = error
            && !matches!(cause.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
        {
            return StoreOpenError::io("open", path, cause);
        }
        StoreOpenError::damaged(path, &text)
    })
}

fn random<const N: usize>() -> Result<[u8; N], StoreOpenError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StoreOpenError::NoRandomness)?;
    Ok(bytes)
}
