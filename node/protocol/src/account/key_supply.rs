//! Key packages: a pool that the node hands out also while the account is locked, and the tokens against which it does (PROTOCOL A8).

use tidings_crypto::id::AccountId;
use tidings_crypto::mls::{Rows, SignedKeyPackage, key_package};
use tls_codec::VLByteVec;

use crate::error::{Outcome, Rejection};
use crate::limits::{
    KEY_PACKAGE_OFFERED_SECONDS, KEY_PACKAGES_KEPT, KEY_PACKAGES_LOW, KEY_PACKAGES_PER_DAY,
    KEY_PACKAGES_PER_DAY_LOCKED, LAST_RESORT_KEPT_MS, REGISTER_DELAY_MS,
};
use crate::record;
use crate::record::key;
use crate::record::mailbox::SponsorRecord;
use crate::record::profile::ProfileRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
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

/// Forgets the private rows of a key package that was used. Those of a last resort stay for a while, since it may be used more than once; a new
/// one takes its place at once.
pub(crate) fn forget(step: &mut Step<'_>, account: AccountId, reference: &[u8]) -> Outcome<()> {
    let scope = Scope::Account(account);
    let Some(until) = step.rows.get::<u64>(scope, Table::LastResort, reference)? else {
        step.rows.delete(scope, Table::KeyPackage, reference);
        return Ok(());
    };
    if until == 0 {
        replace_last_resort(step, account)?;
    }
    Ok(())
}

/// A last resort was used, or has grown old: a new one is made, here and for the mailboxes, and the private rows of the old are deleted later.
pub(crate) fn replace_last_resort(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    let scope = Scope::Account(account);
    let until = step.now.wall.0.saturating_add(LAST_RESORT_KEPT_MS);
    for (row, value) in step.rows.scan(scope, Table::LastResort, b"", usize::MAX)? {
        if record::decode::<u64>(&value, "last resort")? == 0 {
            step.rows.put(scope, Table::LastResort, &row, &until);
        }
    }
    for mut mailbox in super::mailbox::list(step, account)? {
        mailbox.last_resort_due = true;
        step.rows.put(scope, Table::OwnMailbox, mailbox.node.as_bytes(), &mailbox);
    }
    step.set_timer(TimerKind::Register(account), REGISTER_DELAY_MS);
    let last = make_last_resort(step, account)?;
    keep_last_resort(step, account, &last);
    Ok(())
}

/// Makes a key package to hand out when there is no other. Its private rows are kept until it is replaced, and 7 days longer.
pub(crate) fn make_last_resort(step: &mut Step<'_>, account: AccountId) -> Outcome<Vec<u8>> {
    let profile = super::profile::load(step, account)?;
    let package = make(step, account, &profile)?;
    step.rows.put(Scope::Account(account), Table::LastResort, &package.reference(), &0u64);
    Ok(package.to_bytes())
}

/// Puts a last resort behind the pool.
pub(crate) fn keep_last_resort(step: &mut Step<'_>, account: AccountId, package: &[u8]) {
    step.rows.put_bytes(Scope::Node, Table::KeyPackagePool, &last_resort_key(account), package.to_vec());
}

fn last_resort_key(account: AccountId) -> Vec<u8> {
    key::counted(account.as_bytes(), u64::MAX)
}

/// Sees to the last resort: there is one, it is not too old, and private rows of former ones go when their time is over.
fn tend_last_resort(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    let scope = Scope::Account(account);
    for (row, value) in step.rows.scan(scope, Table::LastResort, b"", usize::MAX)? {
        let until: u64 = record::decode(&value, "last resort")?;
        if until != 0 && step.now.wall.0 >= until {
            step.rows.delete(scope, Table::LastResort, &row);
            step.rows.delete(scope, Table::KeyPackage, &row);
        }
    }
    match step.rows.get_bytes(Scope::Node, Table::KeyPackagePool, &last_resort_key(account))? {
        Some(bytes) if is_offered(step, &bytes)? => Ok(()),
        Some(_) | None => replace_last_resort(step, account),
    }
}

/// Takes a package that an account which has its mailbox here wants handed out.
pub(crate) fn keep_deposited(step: &mut Step<'_>, account: AccountId, package: &[u8]) -> Outcome<()> {
    let row = key::counted(account.as_bytes(), step.rows.next_count("deposit")?);
    step.rows.put_bytes(Scope::Node, Table::KeyPackagePool, &row, package.to_vec());
    Ok(())
}

/// How many packages the pool has, the last resort not counted.
pub(crate) fn pooled(step: &Step<'_>, account: AccountId) -> Outcome<u32> {
    let rows = step.rows.scan(Scope::Node, Table::KeyPackagePool, account.as_bytes(), usize::MAX)?;
    let last = last_resort_key(account);
    Ok(u32::try_from(rows.iter().filter(|(row, _)| *row != last).count()).unwrap_or(u32::MAX))
}

/// Hashes of all contact tokens of an account.
pub(crate) fn tokens(step: &Step<'_>, account: AccountId) -> Outcome<Vec<[u8; 32]>> {
    let rows = step.rows.scan(Scope::Node, Table::KeyToken, account.as_bytes(), crate::limits::CLAIMS_MAX)?;
    Ok(rows.iter().filter_map(|(row, _)| row.get(account.as_bytes().len()..)?.try_into().ok()).collect())
}

/// Replaces the contact tokens of an account that has its mailbox here. What was used of one today stays counted.
pub(crate) fn set_tokens(step: &mut Step<'_>, account: AccountId, hashes: &[[u8; 32]]) -> Outcome<()> {
    let hashes = hashes.get(..crate::limits::CLAIMS_MAX).unwrap_or(hashes);
    let known = tokens(step, account)?;
    for gone in known.iter().filter(|known| !hashes.contains(known)) {
        step.rows.delete(Scope::Node, Table::KeyToken, &key::join(&[account.as_bytes(), gone]));
    }
    for new in hashes.iter().filter(|new| !known.contains(new)) {
        step.rows.put(Scope::Node, Table::KeyToken, &key::join(&[account.as_bytes(), new]), &(0u64, 0u32));
    }
    Ok(())
}

/// Whether this is a contact token of the account.
pub(crate) fn is_token(step: &Step<'_>, account: AccountId, token: &[u8; 16]) -> Outcome<bool> {
    Ok(step.rows.get_bytes(Scope::Node, Table::KeyToken, &token_key(account, token))?.is_some())
}

/// Whether a key package in the pool is young enough for an inviter to take it some days later.
fn is_offered(step: &Step<'_>, bytes: &[u8]) -> Outcome<bool> {
    let oldest = step.now.wall.seconds().saturating_sub(KEY_PACKAGE_OFFERED_SECONDS);
    Ok(parse(bytes)?.issued_at() >= oldest)
}

/// Takes packages that grew old in the pool out of it, with their private rows. They lie in the order of their making.
fn drop_old(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    for (row, bytes) in step.rows.scan(Scope::Node, Table::KeyPackagePool, account.as_bytes(), usize::MAX)? {
        if row == last_resort_key(account) {
            continue;
        }
        if is_offered(step, &bytes)? {
            break;
        }
        step.rows.delete(Scope::Node, Table::KeyPackagePool, &row);
        forget(step, account, &parse(&bytes)?.reference())?;
    }
    Ok(())
}

/// Fills the pool if it has run low.
pub(crate) fn refill(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    drop_old(step, account)?;
    tend_last_resort(step, account)?;
    if pooled(step, account)? >= u32::try_from(KEY_PACKAGES_LOW).unwrap_or(u32::MAX) {
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
    step.set_timer(TimerKind::Register(account), REGISTER_DELAY_MS);
    token
}

fn token_key(account: AccountId, token: &[u8; 16]) -> Vec<u8> {
    key::join(&[account.as_bytes(), &tidings_crypto::derive("tidings/1/key-token", &[token])])
}

/// Takes a key package out of the pool against a token; when the pool is empty the last resort, which stays. While the account is locked, and at a
/// mailbox, nothing refills the pool, so one token takes little.
pub(crate) fn take(step: &mut Step<'_>, account: AccountId, token: &[u8; 16]) -> Outcome<Option<Vec<u8>>> {
    let token = token_key(account, token);
    let Some((day, used)) = step.rows.get::<(u64, u32)>(Scope::Node, Table::KeyToken, &token)? else {
        return Ok(None);
    };
    let today = step.now.wall.seconds() / 86_400;
    let used = if day == today { used } else { 0 };
    let unlocked = step.rows.is_unlocked(account)?;
    if used >= if unlocked { KEY_PACKAGES_PER_DAY } else { KEY_PACKAGES_PER_DAY_LOCKED } {
        return Ok(None);
    }
    if unlocked {
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
    if row == last_resort_key(account) {
        note_last_resort(step, account)?;
    } else {
        step.rows.delete(Scope::Node, Table::KeyPackagePool, &row);
    }
    step.rows.put(Scope::Node, Table::KeyToken, &token, &(today, used + 1));
    if unlocked {
        refill(step, account)?;
    }
    Ok(Some(package))
}

/// At a mailbox: the account is told with its next registration that its last resort was handed out.
fn note_last_resort(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    if let Some(mut sponsor) = step.rows.get::<SponsorRecord>(Scope::Node, Table::Sponsor, account.as_bytes())? {
        sponsor.last_resort_used = true;
        step.rows.put(Scope::Node, Table::Sponsor, account.as_bytes(), &sponsor);
        step.set_timer(TimerKind::SomethingCame(sponsor.home), crate::limits::SOMETHING_CAME_MS);
    }
    Ok(())
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
