//! The account's own device: its keys as the operations need them.

use tidings_crypto::BoxSecretKey;
use tidings_crypto::id::AccountId;
use tidings_crypto::mls::DeviceKeys;
use tidings_crypto::sign::SigningKey;

use crate::error::{Outcome, Rejection};
use crate::record::profile::ProfileRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};

/// The profile row.
pub(crate) fn load(step: &Step<'_>, account: AccountId) -> Outcome<ProfileRecord> {
    Ok(step.rows.get(Scope::Account(account), Table::Profile, b"")?.ok_or(Rejection::NotFound)?)
}

pub(crate) fn store(step: &mut Step<'_>, account: AccountId, profile: &ProfileRecord) {
    step.rows.put(Scope::Account(account), Table::Profile, b"", profile);
}

impl ProfileRecord {
    /// The device as MLS sees it.
    pub(crate) fn device_keys(&self, account: AccountId) -> DeviceKeys {
        DeviceKeys {
            account,
            device: self.device,
            device_key: self.device_key(),
            identity_head: self.identity_head,
            not_after: self.not_after,
        }
    }

    pub(crate) fn device_key(&self) -> SigningKey {
        SigningKey::from_seed(&self.device_seed)
    }

    pub(crate) fn box_key(&self) -> BoxSecretKey {
        BoxSecretKey::from_seed(&self.box_seed)
    }
}
