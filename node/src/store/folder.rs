//! The data folder: who may look into it, and that one process has it at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::open::StoreOpenError;

/// Makes the folder (0700) if it is absent; refuses one that others may write to, because they could swap the keys.
pub(super) fn prepare(folder: &Path) -> Result<(), StoreOpenError> {
    let failed = |error| StoreOpenError::io("use the folder", folder, error);
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let mode = std::fs::metadata(folder).map_err(failed)?.permissions().mode();
    if mode & 0o022 != 0 {
        return Err(StoreOpenError::Exposed { path: folder.to_path_buf(), mode: "700" });
    }
    Ok(())
}

/// The right to use the folder; given back when dropped, or by the system when the process ends in whatever way.
pub(super) struct FolderLock {
    file: File,
}

impl FolderLock {
    /// Takes the folder and writes our process id where others who want it can read it.
    pub(super) fn take(path: &Path) -> Result<Self, StoreOpenError> {
        let failed = |error| StoreOpenError::io("write", path, error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Who holds it is a courtesy; that somebody does is certain.
                let process = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(StoreOpenError::AlreadyRunning { process });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { file })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        if self.file.set_len(0).is_err() {
            tracing::debug!("the process id stays in its file");
        }
    }
}

/// A new file that only its owner can read; fails if there is one.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// Removes a file that an earlier, interrupted start may have left.
pub(super) fn remove_leftover(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes names in the folder of `path` durable.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
