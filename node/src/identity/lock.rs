//! Locking an account, and unlocking it with its passphrase.

use tidings_crypto::id::AccountId;
use tidings_protocol::query::directory;
use zeroize::Zeroizing;

use super::{Guest, Identity, IdentityError};

impl Identity {
    /// Takes the account's keys out of memory. Its sessions stay: they answer that it is locked.
    ///
    /// # Errors
    /// [`IdentityError::Busy`].
    pub async fn lock(&self, account: AccountId) -> Result<(), IdentityError> {
        Ok(self.driver.lock(account).await?)
    }

    /// Opens the account's vault again.
    ///
    /// # Errors
    /// [`IdentityError::WrongCredentials`], [`IdentityError::Slowed`], [`IdentityError::Busy`].
    pub async fn unlock(
        &self,
        account: AccountId,
        password: Zeroizing<Vec<u8>>,
        guest: Guest,
    ) -> Result<(), IdentityError> {
        let row = directory::record_of(&self.store()?, account)?.ok_or(IdentityError::Unauthenticated)?;
        let (account, key) = self.prove(&row.name, password, guest).await?;
        self.driver.unlock(account, key, None).await?;
        Ok(())
    }
}
