//! Who may act as whom: sign-up, login, sessions, tokens, locking.
//!
//! Owns everything between a passphrase and an account id: rules for names, argon2 on a bounded pool, the slowing of
//! guesses, refresh families and access tokens (DECISIONS 13, 14, 24, 26). Rows lie in
//! [`tidings_protocol::store::table::Table::Session`], sealed under the node's key. It knows nothing of HTTP: cookies,
//! headers and status codes are [`crate::http`]'s. Not yet: password reset by e-mail, OIDC, personal access tokens,
//! registration by approval.

mod access_token;
mod account_invite;
mod attempts;
mod entropy;
mod error;
mod lock;
mod login;
mod name;
mod passwords;
mod registration;
mod session;
mod session_row;
mod signup;

use std::sync::{Mutex, PoisonError};

use tidings_crypto::id::{AccountId, NodeId};
use tidings_crypto::vault::Params;
use tidings_protocol::query::directory;
use tidings_protocol::record::directory::DirectoryRecord;
use tidings_protocol::store::snapshot::Snapshot;
use zeroize::Zeroizing;

use crate::driver::DriverHandle;
use crate::store::StoreSnapshot;

pub use access_token::{ACCESS_SECONDS, AccessKey, Claims};
pub use account_invite::{AccountInvite, NewAccountInvite};
pub use attempts::{Attempts, FREE_ATTEMPTS_PER_ACCOUNT, FREE_ATTEMPTS_PER_ADDRESS};
pub use entropy::{fill, seeded};
pub use error::IdentityError;
pub use login::Guest;
pub use name::{normalised, valid_email, valid_name, valid_password};
pub use passwords::Passwords;
pub use registration::{Registration, UnknownRegistration};
pub use session::{Session, SessionTokens};
pub use signup::NewPerson;

/// What the identity layer is told once.
pub struct IdentityConfig {
    /// This node.
    pub node: NodeId,
    /// This node as it stands in tokens: the text of its peer id.
    pub peer_id: String,
    /// Keys the hashes under which login names are found.
    pub index_key: [u8; 32],
    /// Seed of the key that signs access tokens; never the node key (DECISIONS 14).
    pub access_seed: Zeroizing<[u8; 32]>,
    /// How much work new vaults cost.
    pub params: Params,
    /// Who may make an account after the first.
    pub registration: Registration,
    /// The secret of the one-time setup link, with which the first account can be made from elsewhere.
    pub setup_secret: Option<Zeroizing<String>>,
    /// Whether the node is for people at all; on one that is not, nobody makes even the first account.
    pub people: bool,
}

/// The identity layer of a running node.
pub struct Identity {
    driver: DriverHandle,
    node: NodeId,
    peer_id: String,
    index_key: [u8; 32],
    access: AccessKey,
    passwords: Passwords,
    attempts: Mutex<Attempts>,
    registration: Registration,
    setup_secret: Option<Zeroizing<String>>,
    people: bool,
    /// One sign-up at a time, so that the first account is one and an invite is not used twice.
    signing_up: tokio::sync::Mutex<()>,
    /// One change of sessions at a time, so that of two uses of one refresh token only one wins.
    changing_sessions: tokio::sync::Mutex<()>,
}

impl Identity {
    /// The layer over a driver.
    #[must_use]
    pub fn new(driver: DriverHandle, config: IdentityConfig) -> Self {
        Self {
            driver,
            node: config.node,
            index_key: config.index_key,
            access: AccessKey::new(&config.access_seed, config.peer_id.clone()),
            peer_id: config.peer_id,
            passwords: Passwords::new(config.params),
            attempts: Mutex::new(Attempts::default()),
            registration: config.registration,
            setup_secret: config.setup_secret,
            people: config.people,
            signing_up: tokio::sync::Mutex::new(()),
            changing_sessions: tokio::sync::Mutex::new(()),
        }
    }

    /// Everything committed so far.
    fn store(&self) -> Result<StoreSnapshot, IdentityError> {
        Ok(self.driver.snapshot().map_err(tidings_protocol::error::Error::from)?)
    }

    /// How many argon2 runs there were: an unknown name costs one, as a wrong password does.
    #[must_use]
    pub fn argon2_runs(&self) -> u64 {
        self.passwords.runs()
    }

    /// Who may make an account after the first.
    #[must_use]
    pub fn registration(&self) -> Registration {
        self.registration
    }

    /// The account that logs in as `login`: a name, a handle of this node, or an e-mail address.
    ///
    /// # Errors
    /// [`IdentityError::Fault`] if the store fails.
    pub fn find(
        &self,
        store: &dyn Snapshot,
        login: &str,
    ) -> Result<Option<(AccountId, DirectoryRecord)>, IdentityError> {
        let typed = normalised(login);
        let home = self.peer_id.to_ascii_lowercase();
        let wanted = typed.strip_suffix(&home).and_then(|handle| handle.strip_suffix('@')).unwrap_or(&typed);
        if wanted.contains('@') {
            // Addresses are few and have no index of their own: it would be a second list of who is here.
            return Ok(directory::accounts(store)?.into_iter().find(|(_, row)| row.email.as_deref() == Some(wanted)));
        }
        let Some(account) = directory::account_of_name(store, &self.index_key, wanted)? else {
            return Ok(None);
        };
        Ok(directory::record_of(store, account)?.map(|row| (account, row)))
    }

    /// The guesses so far. A panic while they were held leaves counts that are still good.
    fn attempts(&self) -> std::sync::MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
