//! The keys at hand: the node's, and those of the accounts that are unlocked.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use tidings_crypto::id::AccountId;
use tidings_crypto::vault::DataKey;
use tidings_protocol::store::snapshot::StoreError;
use tidings_protocol::store::table::Scope;

/// The keys at one moment.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) node: DataKey,
    pub(super) accounts: BTreeMap<AccountId, DataKey>,
}

impl Keys {
    /// The key that seals the rows of `scope`.
    pub(super) fn of(&self, scope: Scope) -> Result<&DataKey, StoreError> {
        match scope {
            Scope::Node => Ok(&self.node),
            Scope::Account(account) => self.accounts.get(&account).ok_or(StoreError::Locked),
        }
    }
}

/// The keys as they change. A reader takes the current set and keeps it, so that one view never changes its mind.
pub(super) struct Keyring(RwLock<Arc<Keys>>);

impl Keyring {
    pub(super) fn new(node: DataKey) -> Self {
        Self(RwLock::new(Arc::new(Keys { node, accounts: BTreeMap::new() })))
    }

    pub(super) fn current(&self) -> Arc<Keys> {
        // A set is replaced whole, so one left by a thread that panicked is still whole.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn insert(&self, account: AccountId, key: DataKey) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut current).accounts.insert(account, key);
    }

    pub(super) fn remove(&self, account: AccountId) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut current).accounts.remove(&account);
    }
}
