//! A new account: its rows in the node's directory and its own device.

use tidings_crypto::BoxSecretKey;
use tidings_crypto::id::AccountId;
use tidings_crypto::identity::{BoxKeyRecord, IdentityLog};
use tidings_crypto::sign::SigningKey;

use crate::command::NewAccount;
use crate::directory;
use crate::error::{Outcome, Rejection};
use crate::record::directory::DirectoryRecord;
use crate::record::profile::ProfileRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};

/// Stores a new account. Its data key is in the store already.
pub(crate) fn create(step: &mut Step<'_>, new: NewAccount) -> Outcome<AccountId> {
    let login = directory::login_key(&step.config.index_key, &new.name);
    if step.rows.get_bytes(Scope::Node, Table::Login, &login)?.is_some() {
        return Err(Rejection::Taken.into());
    }
    let log = IdentityLog::parse(&new.identity_log).map_err(|_| Rejection::Malformed { what: "identity log" })?;
    let account = log.account_id();
    if directory::account(step, &account)?.is_some() {
        return Err(Rejection::Already.into());
    }
    let device_key = SigningKey::from_seed(&new.device_seed);
    let (device, certified) = log
        .devices()
        .iter()
        .find(|(_, record)| record.device_key == device_key.verifying_key())
        .ok_or(Rejection::Refused { reason: "device of a new account" })?;
    let profile = ProfileRecord {
        device_seed: *new.device_seed,
        box_seed: *new.box_seed,
        next_key_package: 1,
        event_cursor: 0,
        device: *device,
        identity_head: log.head(),
        not_after: certified.not_after,
    };
    let box_key = BoxKeyRecord::create(
        account,
        &device_key,
        &BoxSecretKey::from_seed(&new.box_seed).public(),
        step.now.wall.seconds(),
    );
    let record = DirectoryRecord {
        name: new.name,
        display_name: new.display_name,
        email: new.email,
        vault: new.vault,
        identity_log: new.identity_log,
        box_key: box_key.to_bytes(),
        owner: new.owner,
        created_at: step.now.wall.0,
        reach: Vec::new(),
    };
    step.rows.put(Scope::Node, Table::Directory, account.as_bytes(), &record);
    step.rows.put_bytes(Scope::Node, Table::Login, &login, account.as_bytes().to_vec());
    super::profile::store(step, account, &profile);
    super::identity::remember(step, account, &record.identity_log, &record.name)?;
    super::key_supply::refill(step, account)?;
    Ok(account)
}
