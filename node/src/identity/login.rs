//! Login: a name and a passphrase open a session and unlock the account.

use std::net::IpAddr;

use tidings_crypto::id::AccountId;
use tidings_crypto::vault::DataKey;
use zeroize::Zeroizing;

use super::{Identity, IdentityError, SessionTokens, normalised};

/// Somebody who has not proved anything yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guest {
    /// Where the request comes from; absent on the Unix socket.
    pub address: Option<IpAddr>,
    /// Whether it comes from this machine without a proxy between.
    pub local: bool,
    /// Milliseconds of a clock that never goes back.
    pub monotonic_ms: u64,
    /// Unix milliseconds.
    pub now_ms: u64,
}

impl Identity {
    /// Logs in. An unknown user costs the same work and gives the same answer as a wrong password.
    ///
    /// # Errors
    /// [`IdentityError::WrongCredentials`], [`IdentityError::Slowed`], [`IdentityError::Busy`].
    pub async fn login(
        &self,
        login: &str,
        password: Zeroizing<Vec<u8>>,
        guest: Guest,
    ) -> Result<SessionTokens, IdentityError> {
        let (account, key) = self.prove(login, password, guest).await?;
        self.driver.unlock(account, key, None).await?;
        self.open_session(account, guest.now_ms).await
    }

    /// Whose passphrase this is, with the data key it opens.
    pub(super) async fn prove(
        &self,
        login: &str,
        password: Zeroizing<Vec<u8>>,
        guest: Guest,
    ) -> Result<(AccountId, DataKey), IdentityError> {
        let counted = normalised(login);
        self.attempts()
            .begin(&counted, guest.address, guest.monotonic_ms)
            .map_err(|seconds| IdentityError::Slowed { seconds })?;
        let found = self.find(&self.store()?, login)?;
        let (account, vault) = match found {
            Some((account, row)) => (Some(account), Some(row.vault)),
            None => (None, None),
        };
        let key = self.passwords.open(vault, password).await?;
        let account = account.ok_or(IdentityError::WrongCredentials)?;
        self.attempts().succeeded(&counted, guest.address);
        Ok((account, key))
    }
}
