//! Key packages: a pool that the node hands out also while the account is locked, and the tokens against which it does (PROTOCOL A8).

use tidings_crypto::id::AccountId;
use tidings_crypto::mls::{Rows, SignedKeyPackage, key_package};
use tls_codec::VLByteVec;

use crate::error::{Outcome, Rejection};
use crate::limits::{KEY_PACKAGE_OFFERED_SECONDS, KEY_PACKAGES_KEPT, KEY_PACKAGES_LOW, KEY_PACKAGES_PER_DAY};
use crate::record::key;
use crate::record::profile::ProfileRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::keys::{KeysRequest, KeysResponse};

type StoredRows = Vec<(minicbor::bytes::ByteVec, minicbor::bytes::ByteVec)>;

/// Makes one key package and keeps its private rows.
pub(crate) fn make(step: &mut Step<'_>, account: AccountId, profile: &ProfileRecord) -> Outcome<SignedKeyPackage> {
    let (rows, package) = key_package::create(&profile.device_keys(account), step.now.wall.seconds(), step.rng)
        .map_err(|_| Rejection::Refused { reason: "key package" })?;
    let stored: StoredRows = rows.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
    step.rows.put(Scope::Account(account), Table::KeyPackage, &package.reference(), &stored);
    Ok(package)
}

/// The private rows of a key package.
pub(crate) fn private_rows(step: &Step<'_>, account: AccountId, reference: &[u8]) -> Outcome<Option<Rows>> {
    let stored: Option<StoredRows> = step.rows.get(Scope::Account(account), Table::KeyPackage, reference)?;
    Ok(stored.map(|rows| rows.into_iter().map(|(key, value)| (Vec::from(key), Vec::from(value))).collect()))
}

/// Forgets the private rows of a key package that was used.
pub(crate) fn forget(step: &mut Step<'_>, account: AccountId, reference: &[u8]) {
    step.rows.delete(Scope::Account(account), Table::KeyPackage, reference);
}

/// Whether a key package in the pool is young enough for an inviter to take it some days later.
fn is_offered(step: &Step<'_>, bytes: &[u8]) -> Outcome<bool> {
    let oldest = step.now.wall.seconds().saturating_sub(KEY_PACKAGE_OFFERED_SECONDS);
    Ok(parse(bytes)?.issued_at() >= oldest)
}

/// Takes packages that grew old in the pool out of it, with their private rows. They lie in the order of their making.
fn drop_old(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    for (row, bytes) in step.rows.scan(Scope::Node, Table::KeyPackagePool, account.as_bytes(), usize::MAX)? {
        if is_offered(step, &bytes)? {
            break;
        }
        step.rows.delete(Scope::Node, Table::KeyPackagePool, &row);
        forget(step, account, &parse(&bytes)?.reference());
    }
    Ok(())
}

/// Fills the pool if it has run low.
pub(crate) fn refill(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    drop_old(step, account)?;
    if step.rows.scan(Scope::Node, Table::KeyPackagePool, account.as_bytes(), KEY_PACKAGES_LOW)?.len()
        >= KEY_PACKAGES_LOW
    {
        return Ok(());
    }
    let mut profile = super::profile::load(step, account)?;
    for _ in 0..KEY_PACKAGES_KEPT {
        let package = make(step, account, &profile)?;
        let row = key::counted(account.as_bytes(), profile.next_key_package);
        profile.next_key_package = profile.next_key_package.saturating_add(1);
        step.rows.put_bytes(Scope::Node, Table::KeyPackagePool, &row, package.to_bytes());
    }
    super::profile::store(step, account, &profile);
    Ok(())
}

/// Makes a token for a new contact.
pub(crate) fn make_token(step: &mut Step<'_>, account: AccountId) -> [u8; 16] {
    let token = step.random();
    step.rows.put(Scope::Node, Table::KeyToken, &token_key(account, &token), &(0u64, 0u32));
    token
}

fn token_key(account: AccountId, token: &[u8; 16]) -> Vec<u8> {
    key::join(&[account.as_bytes(), &tidings_crypto::derive("tidings/1/key-token", &[token])])
}

/// Takes a key package out of the pool against a token.
pub(crate) fn take(step: &mut Step<'_>, account: AccountId, token: &[u8; 16]) -> Outcome<Option<Vec<u8>>> {
    let token = token_key(account, token);
    let Some((day, used)) = step.rows.get::<(u64, u32)>(Scope::Node, Table::KeyToken, &token)? else {
        return Ok(None);
    };
    let today = step.now.wall.seconds() / 86_400;
    let used = if day == today { used } else { 0 };
    if used >= KEY_PACKAGES_PER_DAY {
        return Ok(None);
    }
    if step.rows.is_unlocked(account)? {
        refill(step, account)?;
    }
    let mut offered = None;
    for (row, package) in step.rows.scan(Scope::Node, Table::KeyPackagePool, account.as_bytes(), usize::MAX)? {
        if is_offered(step, &package)? {
            offered = Some((row, package));
            break;
        }
    }
    let Some((row, package)) = offered else { return Ok(None) };
    step.rows.delete(Scope::Node, Table::KeyPackagePool, &row);
    step.rows.put(Scope::Node, Table::KeyToken, &token, &(today, used + 1));
    if step.rows.is_unlocked(account)? {
        refill(step, account)?;
    }
    Ok(Some(package))
}

/// Answers `/tidings/keys/1`.
pub(crate) fn request(step: &mut Step<'_>, bytes: &[u8]) -> Outcome<KeysResponse> {
    let package = match wire::decode::<KeysRequest>(bytes, "keys request") {
        Ok(request) => take(step, request.account, &request.token)?,
        Err(_) => None,
    };
    Ok(KeysResponse { key_package: VLByteVec::from(package.unwrap_or_default()) })
}

/// What stands in a key package row, for those who read it back.
pub(crate) fn parse(bytes: &[u8]) -> Outcome<SignedKeyPackage> {
    Ok(SignedKeyPackage::parse(bytes).map_err(|_| Rejection::Malformed { what: "key package" })?)
}
