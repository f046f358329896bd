//! Unlocks the accounts named by the settings when the node starts (DECISIONS 24).

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::UpError;
use crate::config::Settings;
use crate::driver::DriverHandle;
use crate::identity::{Guest, Identity, IdentityError};

/// Unlocks each account with the passphrase in its file.
pub(super) async fn accounts(settings: &Settings, identity: &Identity, driver: &DriverHandle) -> Result<(), UpError> {
    for (name, file) in &settings.accounts {
        let passphrase = read(&file.value)?;
        let refused = |error: IdentityError| {
            let text = format!("cannot unlock {name} with {}: {error}", file.value.display());
            if matches!(error, IdentityError::Fault(_)) {
                UpError::Damaged(text)
            } else if matches!(error, IdentityError::Busy | IdentityError::Entropy) {
                UpError::Unexpected(text)
            } else {
                UpError::Config(text)
            }
        };
        let (account, _) = identity
            .find(&driver.snapshot()?, name)
            .map_err(refused)?
            .ok_or_else(|| UpError::Config(format!("{}: there is no account {name} on this node", file.origin)))?;
        let now = driver.clock().now();
        let guest = Guest { address: None, local: true, monotonic_ms: now.monotonic.0, now_ms: now.wall.0 };
        identity.unlock(account, passphrase, guest).await.map_err(refused)?;
    }
    Ok(())
}

/// The passphrase: the file without the end of its last line.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, UpError> {
    let failed =
        |error: std::io::Error| UpError::Config(format!("cannot read the passphrase file {}: {error}", path.display()));
    let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o004 != 0 {
        return Err(UpError::Config(format!(
            "everybody on this machine can read {0}; run: chmod 600 {0}",
            path.display()
        )));
    }
    let mut text = Zeroizing::new(std::fs::read(path).map_err(failed)?);
    if text.ends_with(b"\n") {
        text.pop();
        if text.ends_with(b"\r") {
            text.pop();
        }
    }
    Ok(text)
}
