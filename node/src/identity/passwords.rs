//! The argon2 runs: few at a time, off the driver and off the async threads, and counted.
//!
//! One run takes 64 MiB and a good part of a second, so guesses must not be able to fill the memory (VERIFY 5.1, 14).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tidings_crypto::recovery::RecoveryKey;
use tidings_crypto::vault::{self, DataKey, Params, VaultError, VaultHeader};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::{IdentityError, entropy};

/// Runs at one time. Two runs are 128 MiB and two processors; further ones wait.
const RUNS_MAX: usize = 2;
/// Runs that may wait: about ten seconds of work. Beyond it the caller is told that the node is busy.
const WAITING_MAX: usize = 32;

/// The bounded pool.
pub struct Passwords {
    params: Params,
    places: Arc<Semaphore>,
    processors: Arc<Semaphore>,
    runs: Arc<AtomicU64>,
}

impl Passwords {
    /// A pool whose new vaults cost `params`.
    #[must_use]
    pub fn new(params: Params) -> Self {
        Self {
            params,
            places: Arc::new(Semaphore::new(RUNS_MAX + WAITING_MAX)),
            processors: Arc::new(Semaphore::new(RUNS_MAX)),
            runs: Arc::new(AtomicU64::new(0)),
        }
    }

    /// How many runs were started.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// Opens the vault of a user, or does the same work for one who does not exist.
    ///
    /// # Errors
    /// [`IdentityError::WrongCredentials`] for both alike; [`IdentityError::Busy`].
    pub async fn open(&self, vault: Option<Vec<u8>>, password: Zeroizing<Vec<u8>>) -> Result<DataKey, IdentityError> {
        let params = self.params;
        self.run(move || {
            // A header that can't be read is told apart only in the log: outside it looks like a wrong password.
            let header = vault.map(|bytes| VaultHeader::parse(&bytes));
            let opened = match header {
                Some(Ok(header)) => vault::unlock(&header, &password),
                Some(Err(error)) => {
                    vault::spend_same_work_with(&password, params);
                    Err(error)
                }
                None => {
                    vault::spend_same_work_with(&password, params);
                    Err(VaultError::WrongPassphrase)
                }
            };
            opened.map_err(|error| {
                if matches!(error, VaultError::Corrupt | VaultError::Parameters) {
                    tracing::warn!("the vault of an account is damaged: {error}");
                }
                IdentityError::WrongCredentials
            })
        })
        .await?
    }

    /// A new vault around a new data key.
    ///
    /// # Errors
    /// [`IdentityError::Busy`]; [`IdentityError::Entropy`].
    pub async fn create(
        &self,
        password: Zeroizing<Vec<u8>>,
        recovery: RecoveryKey,
    ) -> Result<(VaultHeader, DataKey, RecoveryKey), IdentityError> {
        let params = self.params;
        self.run(move || {
            let mut rng = entropy::seeded()?;
            let made = vault::create(&password, &recovery, params, &mut rng);
            let (header, key) = made.map_err(|_| IdentityError::Invalid { field: "password", rule: "shorter" })?;
            Ok((header, key, recovery))
        })
        .await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, IdentityError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| IdentityError::Busy)?;
        let processor = Arc::clone(&self.processors).acquire_owned().await.map_err(|_| IdentityError::Busy)?;
        let runs = Arc::clone(&self.runs);
        let done = tokio::task::spawn_blocking(move || {
            runs.fetch_add(1, Ordering::Relaxed);
            let result = work();
            // Held to the end of the work, also when the caller has gone away.
            drop((place, processor));
            result
        });
        done.await.map_err(|_| IdentityError::Busy)
    }
}
