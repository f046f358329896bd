//! Tests of the vault. All use the least work allowed, but for the vectors.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::passphrase::{SALT, argon2id, derive, stretch};
use super::*;
use crate::recovery::RecoveryKey;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

fn recovery() -> RecoveryKey {
    RecoveryKey::generate(&mut rng(9))
}

fn vault() -> (VaultHeader, DataKey) {
    create(b"correct horse", &recovery(), Params::MIN, &mut rng(1)).unwrap()
}

// REQ-VAULT-2
#[test]
fn passphrase_and_recovery_key_open_to_the_same_data_key() {
    let (header, key) = vault();
    let header = VaultHeader::parse(&header.to_bytes()).unwrap();
    assert_eq!(unlock(&header, b"correct horse").unwrap().as_bytes(), key.as_bytes());
    assert_eq!(recover(&header, &recovery()).unwrap().as_bytes(), key.as_bytes());
    assert_eq!(header.to_bytes().len(), VaultHeader::LEN);
}

// REQ-VAULT-2
#[test]
fn a_wrong_passphrase_is_named_as_such() {
    let (header, _) = vault();
    for wrong in [&b"correct horsf"[..], b"", b"correct horse ", b"Correct horse"] {
        assert_eq!(unlock(&header, wrong).unwrap_err(), VaultError::WrongPassphrase);
    }
    let other = RecoveryKey::generate(&mut rng(8));
    assert_eq!(recover(&header, &other).unwrap_err(), VaultError::WrongRecoveryKey);
}

// REQ-VAULT-2
#[test]
fn a_flipped_byte_anywhere_is_reported_as_damage_before_any_work() {
    let (header, _) = vault();
    let bytes = header.to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x20;
        assert_eq!(VaultHeader::parse(&changed).unwrap_err(), VaultError::Corrupt, "byte {at}");
    }
}

/// A header changed by somebody who also writes a fitting checksum.
fn forged(bytes: &[u8], at: usize, flip: u8) -> Vec<u8> {
    let (content, mac) = (VaultHeader::LEN - 64, VaultHeader::LEN - 32);
    let mut changed = bytes.to_vec();
    changed[at] ^= flip;
    let (head, tail) = changed.split_at_mut(mac);
    tail.copy_from_slice(&crate::id::derive("tidings/1/vault/checksum", &[&head[..content], &head[content..]]));
    changed
}

#[test]
fn a_flipped_byte_under_a_fitting_checksum_never_unlocks_nor_recovers() {
    let (header, _) = vault();
    let bytes = header.to_bytes();
    for at in 0..VaultHeader::LEN - 32 {
        // 0x01 changes every field by little, so that most changed work parameters are still allowed ones.
        let Ok(header) = VaultHeader::parse(&forged(&bytes, at, 1)) else { continue };
        assert!(unlock(&header, b"correct horse").is_err(), "byte {at}");
        assert!(recover(&header, &recovery()).is_err(), "byte {at}");
    }
    // The check would mean nothing if the untouched header did not pass the same way.
    assert!(VaultHeader::parse(&forged(&bytes, 0, 0)).is_ok_and(|h| unlock(&h, b"correct horse").is_ok()));
}

#[test]
fn a_right_passphrase_on_a_changed_wrap_is_reported_as_damage() {
    let (header, _) = vault();
    let bytes = header.to_bytes();
    let first_wrapped_byte = 1 + 12 + SALT + 32;
    for at in [first_wrapped_byte, first_wrapped_byte + 24, first_wrapped_byte + 72, VaultHeader::LEN - 33] {
        let header = VaultHeader::parse(&forged(&bytes, at, 1)).unwrap();
        assert_eq!(unlock(&header, b"correct horse").unwrap_err(), VaultError::Corrupt, "byte {at}");
    }
}

#[test]
fn truncated_and_extended_headers_are_refused() {
    let bytes = vault().0.to_bytes();
    for end in 0..bytes.len() {
        assert_eq!(VaultHeader::parse(&bytes[..end]).unwrap_err(), VaultError::Corrupt);
    }
    assert_eq!(VaultHeader::parse(&[&bytes[..], &[0]].concat()).unwrap_err(), VaultError::Corrupt);
}

// REQ-VAULT-1
#[test]
fn a_header_asking_for_work_outside_the_limits_is_refused_when_read() {
    let bytes = vault().0.to_bytes();
    let limits = [(0, 19 * 1024 - 1), (0, 1024 * 1024 + 1), (0, u32::MAX), (1, 0), (1, 11), (2, 0), (2, 9)];
    for (field, value) in limits {
        let mut changed = bytes.clone();
        let at = 1 + 4 * field;
        changed[at..at + 4].copy_from_slice(&u32::to_be_bytes(value));
        assert_eq!(VaultHeader::parse(&forged(&changed, 0, 0)).unwrap_err(), VaultError::Parameters, "{field} {value}");
    }
    assert_eq!(Params::new(64 * 1024, 3, 1), Ok(Params::DEFAULT));
    assert_eq!(Params::new(1024 * 1024, 10, 8), Ok(Params::MAX));
    assert_eq!(Params::new(1024 * 1024, 10, 9), Err(VaultError::Parameters));
}

#[test]
fn a_new_passphrase_replaces_the_old_and_leaves_data_and_recovery_key() {
    let (header, key) = vault();
    let changed = rewrap_passphrase(&header, &key, b"battery staple", Params::MIN, &mut rng(2)).unwrap();
    assert_eq!(unlock(&changed, b"correct horse").unwrap_err(), VaultError::WrongPassphrase);
    assert_eq!(unlock(&changed, b"battery staple").unwrap().as_bytes(), key.as_bytes());
    assert_eq!(recover(&changed, &recovery()).unwrap().as_bytes(), key.as_bytes());
    let foreign = DataKey::from_bytes([0; 32]);
    assert!(rewrap_passphrase(&header, &foreign, b"x", Params::MIN, &mut rng(2)).is_err());
}

#[test]
fn a_new_recovery_key_replaces_the_old_and_leaves_data_and_passphrase() {
    let (header, key) = vault();
    let new = RecoveryKey::generate(&mut rng(7));
    let changed = rewrap_recovery(&header, &key, &new, &mut rng(2)).unwrap();
    assert_eq!(recover(&changed, &recovery()).unwrap_err(), VaultError::WrongRecoveryKey);
    assert_eq!(recover(&changed, &new).unwrap().as_bytes(), key.as_bytes());
    assert_eq!(unlock(&changed, b"correct horse").unwrap().as_bytes(), key.as_bytes());
    assert!(rewrap_recovery(&header, &DataKey::from_bytes([0; 32]), &new, &mut rng(2)).is_err());
}

#[test]
fn equal_passphrases_in_two_vaults_share_nothing() {
    let (one, _) = create(b"same", &recovery(), Params::MIN, &mut rng(1)).unwrap();
    let (two, _) = create(b"same", &recovery(), Params::MIN, &mut rng(2)).unwrap();
    let (one, two) = (one.to_bytes(), two.to_bytes());
    assert!(one[13..].chunks(8).zip(two[13..].chunks(8)).all(|(a, b)| a != b));
}

#[test]
fn data_keys_open_what_they_sealed_and_refuse_every_change() {
    let key = DataKey::from_bytes([1; 32]);
    let sealed = key.seal(b"table", b"value", [2; 24]);
    assert_eq!(key.open(b"table", &sealed).unwrap().as_slice(), b"value");
    assert!(key.open(b"other", &sealed).is_err());
    assert!(DataKey::from_bytes([3; 32]).open(b"table", &sealed).is_err());
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(key.open(b"table", &changed).is_err());
        assert!(key.open(b"table", &sealed[..at]).is_err());
    }
}

// REQ-CRYPTO-1
#[test]
fn rfc_9106_argon2id_vector_comes_out_of_the_call_that_runs() {
    let params = argon2::ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .data(argon2::AssociatedData::new(&[4; 12]).unwrap())
        .output_len(32)
        .build()
        .unwrap();
    let context =
        argon2::Argon2::new_with_secret(&[3; 8], argon2::Algorithm::Argon2id, argon2::Version::V0x13, params).unwrap();
    let tag = argon2id(context, &[1; 32], &[2; 16]).unwrap();
    let expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
    assert_eq!(data_encoding::HEXLOWER.encode(tag.as_slice()), expected);
}

#[test]
fn derive_is_argon2id_version_19_with_these_parameters_and_nothing_else() {
    for params in [Params::MIN, Params::DEFAULT, Params::new(20 * 1024, 2, 3).unwrap()] {
        let plain = argon2::Params::new(params.memory(), params.passes(), params.lanes(), Some(32)).unwrap();
        let context = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, plain);
        let mut expected = [0; 32];
        context.hash_password_into(b"passphrase", &[5; SALT], &mut expected).unwrap();
        assert_eq!(*derive(b"passphrase", &[5; SALT], params).unwrap(), expected);
    }
}

#[test]
fn verifier_and_key_encryption_key_come_from_one_run_and_differ() {
    let stretched = stretch(b"passphrase", &[5; SALT], Params::MIN).unwrap();
    let run = derive(b"passphrase", &[5; SALT], Params::MIN).unwrap();
    assert_ne!(*stretched.verifier, *stretched.kek.0);
    assert_ne!(*stretched.verifier, *run);
    assert_ne!(*stretched.kek.0, *run);
}

#[test]
fn nothing_secret_is_printed() {
    let (header, key) = vault();
    assert_eq!(format!("{key:?}"), "DataKey(…)");
    assert!(!format!("{header:?}").contains("verifier"));
}
