//! Who is banned from a group: accounts that nobody adds until the ban is lifted (PROTOCOL A6.3).
//!
//! Owns the list and its one form. Who may ban whom stands in `conversation::authorize`. A ban has no end of its own: whether a commit counts
//! must not depend on anybody's clock.

use tidings_crypto::id::AccountId;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

use crate::limits::BANNED_MAX;

/// The banned accounts, in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Bans {
    accounts: Vec<AccountId>,
}

impl Bans {
    /// Bans as somebody claims them; see [`Bans::is_canonical`].
    #[must_use]
    pub const fn from_accounts(accounts: Vec<AccountId>) -> Self {
        Self { accounts }
    }

    /// Who is banned.
    #[must_use]
    pub fn accounts(&self) -> &[AccountId] {
        &self.accounts
    }

    /// Whether the accounts are in order, each once, and at most [`BANNED_MAX`].
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        self.accounts.len() <= BANNED_MAX && self.accounts.is_sorted_by(|one, next| one < next)
    }

    /// Whether there is no room for another.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.accounts.len() >= BANNED_MAX
    }

    /// Whether an account is banned.
    #[must_use]
    pub fn contains(&self, account: &AccountId) -> bool {
        self.accounts.binary_search(account).is_ok()
    }

    /// Puts an account on the list.
    pub(super) fn insert(&mut self, account: AccountId) {
        if let Err(place) = self.accounts.binary_search(&account) {
            self.accounts.insert(place, account);
        }
    }

    /// Takes an account off the list.
    pub fn lift(&mut self, account: &AccountId) {
        self.accounts.retain(|other| other != account);
    }

    /// Those who are banned here and were not in `before`.
    pub fn since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a AccountId> {
        self.accounts.iter().filter(|account| !before.contains(account))
    }
}
