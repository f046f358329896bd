//! Making, opening and re-wrapping a vault.

use super::header::{Content, Lock, VaultHeader, Wrapped};
use super::passphrase::{Params, SALT, stretch};
use super::{DataKey, VaultError};
use crate::codec::encode;
use crate::kdf::equal;
use crate::recovery::{Kek, RecoveryKey};
use crate::seal;
use rand_core::CryptoRng;

/// Associated data of the recovery wrap: a constant, so that a new passphrase needs no recovery key. The header's MAC binds the rest.
const RECOVERY_AAD: &[u8] = b"tidings/1/vault/recovery";

/// A new data key and the header that opens to it. Costs one argon2id run.
///
/// # Errors
/// [`VaultError::Parameters`] if argon2 refuses (a passphrase of 4 GiB or more).
pub fn create(
    passphrase: &[u8],
    recovery: &RecoveryKey,
    params: Params,
    rng: &mut dyn CryptoRng,
) -> Result<(VaultHeader, DataKey), VaultError> {
    let key = DataKey::generate(rng);
    let (lock, by_passphrase) = wrap_by_passphrase(&key, passphrase, params, rng)?;
    let by_recovery = wrap(&key, &recovery.kek(), RECOVERY_AAD, rng);
    Ok((VaultHeader::new(Content { lock, by_passphrase, by_recovery }, &key), key))
}

/// Opens the vault with its passphrase. Costs one argon2id run, also when the passphrase is wrong.
///
/// # Errors
/// [`VaultError::WrongPassphrase`] if the verifier differs, [`VaultError::Corrupt`] if the passphrase is right and the header is not.
pub fn unlock(header: &VaultHeader, passphrase: &[u8]) -> Result<DataKey, VaultError> {
    let Content { lock, by_passphrase, .. } = header.content();
    let stretched = stretch(passphrase, &lock.salt, lock.params)?;
    if !equal(stretched.verifier.as_slice(), &lock.verifier) {
        return Err(VaultError::WrongPassphrase);
    }
    let key = unwrap(by_passphrase, &stretched.kek, &encode(lock)).ok_or(VaultError::Corrupt)?;
    if header.is_authentic(&key) { Ok(key) } else { Err(VaultError::Corrupt) }
}

/// Opens the vault with its recovery key, without the passphrase.
///
/// # Errors
/// [`VaultError::WrongRecoveryKey`] if it does not open the wrap, [`VaultError::Corrupt`] if the rest of the header was changed.
pub fn recover(header: &VaultHeader, recovery: &RecoveryKey) -> Result<DataKey, VaultError> {
    let wrapped = &header.content().by_recovery;
    let key = unwrap(wrapped, &recovery.kek(), RECOVERY_AAD).ok_or(VaultError::WrongRecoveryKey)?;
    if header.is_authentic(&key) { Ok(key) } else { Err(VaultError::Corrupt) }
}

/// The header with a new passphrase; data key and recovery key stay.
///
/// # Errors
/// [`VaultError::Corrupt`] if `key` is not the key of this header, [`VaultError::Parameters`] as [`create`].
pub fn rewrap_passphrase(
    header: &VaultHeader,
    key: &DataKey,
    passphrase: &[u8],
    params: Params,
    rng: &mut dyn CryptoRng,
) -> Result<VaultHeader, VaultError> {
    if !header.is_authentic(key) {
        return Err(VaultError::Corrupt);
    }
    let (lock, by_passphrase) = wrap_by_passphrase(key, passphrase, params, rng)?;
    Ok(VaultHeader::new(Content { lock, by_passphrase, by_recovery: header.content().by_recovery }, key))
}

/// The header with a new recovery key; data key and passphrase stay.
///
/// # Errors
/// [`VaultError::Corrupt`] if `key` is not the key of this header.
pub fn rewrap_recovery(
    header: &VaultHeader,
    key: &DataKey,
    recovery: &RecoveryKey,
    rng: &mut dyn CryptoRng,
) -> Result<VaultHeader, VaultError> {
    if !header.is_authentic(key) {
        return Err(VaultError::Corrupt);
    }
    let by_recovery = wrap(key, &recovery.kek(), RECOVERY_AAD, rng);
    Ok(VaultHeader::new(Content { by_recovery, ..*header.content() }, key))
}

/// Does what [`unlock`] does for a user who exists, so that the time tells nobody whether one does. Default parameters.
pub fn spend_same_work() {
    spend_same_work_with(b"nobody", Params::DEFAULT);
}

/// As [`spend_same_work`], with the passphrase that was given and the parameters this node's vaults use.
pub fn spend_same_work_with(passphrase: &[u8], params: Params) {
    if let Ok(stretched) = stretch(passphrase, &[0; SALT], params) {
        std::hint::black_box(equal(stretched.verifier.as_slice(), &[0; 32]));
    }
}

fn wrap_by_passphrase(
    key: &DataKey,
    passphrase: &[u8],
    params: Params,
    rng: &mut dyn CryptoRng,
) -> Result<(Lock, Wrapped), VaultError> {
    let mut salt = [0; SALT];
    rng.fill_bytes(&mut salt);
    let stretched = stretch(passphrase, &salt, params)?;
    let lock = Lock::new(params, salt, *stretched.verifier);
    let wrapped = wrap(key, &stretched.kek, &encode(&lock), rng);
    Ok((lock, wrapped))
}

fn wrap(key: &DataKey, kek: &Kek, aad: &[u8], rng: &mut dyn CryptoRng) -> Wrapped {
    let mut nonce = [0; seal::NONCE];
    rng.fill_bytes(&mut nonce);
    let mut sealed = [0; 32 + seal::TAG];
    sealed.copy_from_slice(&seal::seal(&kek.0, &nonce, aad, key.as_bytes()));
    Wrapped { nonce, sealed }
}

fn unwrap(wrapped: &Wrapped, kek: &Kek, aad: &[u8]) -> Option<DataKey> {
    let bytes = seal::open(&kek.0, &wrapped.nonce, aad, &wrapped.sealed).ok()?;
    Some(DataKey::from_bytes(bytes.as_slice().try_into().ok()?))
}
