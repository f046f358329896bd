//! All labels against all verifiers: a signature made for one use is accepted for that use only (NEGATIVE_TESTS C2 12).
//!
//! For each signed structure the bytes it signs are taken from a good one, signed by the right key under every label, and given to the
//! function that verifies it in Tidings. Exactly one label may pass.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tidings_crypto::mls::{DeviceKeys, LeafCredential, SignedKeyPackage, key_package};
use tidings_crypto::{
    AccountId, BoxKeyRecord, BoxSecretKey, DeviceId, DeviceRecord, IdentityLog, Label, LogKey, Outer, SigningKey,
    TopicKey, derive,
};

const SIGNATURE: usize = 64;
/// Bytes of an `AddDevice` entry without signature: kind, previous hash, length, device key, end.
const ADD_DEVICE: usize = 1 + 32 + 1 + 32 + 8;

fn root() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn device() -> SigningKey {
    SigningKey::from_seed(&[2; 32])
}

fn log() -> IdentityLog {
    let mut log = IdentityLog::create(&root(), [3; 32]);
    log.add_device(&root(), DeviceRecord { device_key: device().verifying_key(), not_after: 2_000_000_000 }).unwrap();
    log
}

fn account() -> AccountId {
    log().account_id()
}

/// `bytes` with its last 64 bytes replaced by a signature of `signer` over the `signed` bytes before them.
fn resigned(bytes: &[u8], signed: usize, signer: &SigningKey, label: Label) -> Vec<u8> {
    let end = bytes.len() - SIGNATURE;
    let signature = signer.sign(label, &bytes[end - signed..end]);
    [&bytes[..end], signature.as_bytes()].concat()
}

fn accepting(verify: impl Fn(Label) -> bool) -> Vec<Label> {
    Label::ALL.into_iter().filter(|label| verify(*label)).collect()
}

#[test]
fn identity_logs_accept_their_own_label_only() {
    let bytes = log().to_bytes();
    let accepted = accepting(|label| IdentityLog::parse(&resigned(&bytes, ADD_DEVICE, &root(), label)).is_ok());
    assert_eq!(accepted, [Label::IdentityLog]);
}

#[test]
fn box_key_records_accept_their_own_label_only() {
    let key = BoxSecretKey::from_seed(&[4; 32]).public();
    let bytes = BoxKeyRecord::create(account(), &device(), &key, 5).to_bytes();
    let accepted = accepting(|label| {
        let forged = resigned(&bytes, bytes.len() - SIGNATURE, &device(), label);
        BoxKeyRecord::parse(&forged).unwrap().verify(&log()).is_ok()
    });
    assert_eq!(accepted, [Label::BoxKey]);
}

#[test]
fn outer_entries_accept_their_own_label_only() {
    let topic = TopicKey::derive(&[6; 32]);
    let signer = SigningKey::from_seed(&derive("tidings/1/topic-key", &[&[6; 32]]));
    assert_eq!(signer.verifying_key(), topic.public());
    let bytes = Outer::seal(&topic, &LogKey::from_bytes([7; 32]), [8; 24], b"entry").unwrap().to_bytes();
    let accepted = accepting(|label| {
        let forged = resigned(&bytes, bytes.len() - SIGNATURE, &signer, label);
        Outer::parse(&forged).unwrap().verify(&topic.public()).is_ok()
    });
    assert_eq!(accepted, [Label::Topic]);
}

fn device_keys() -> DeviceKeys {
    let id = DeviceId::derive(&account(), &device().verifying_key());
    DeviceKeys {
        account: account(),
        device: id,
        device_key: device(),
        identity_head: log().head(),
        not_after: 2_000_000_000,
    }
}

#[test]
fn key_packages_accept_their_own_label_only() {
    let (_, package) = key_package::create(&device_keys(), 9, &mut ChaCha20Rng::from_seed([9; 32])).unwrap();
    let bytes = package.to_bytes();
    let accepted = accepting(|label| {
        let forged = resigned(&bytes, bytes.len() - SIGNATURE, &device(), label);
        SignedKeyPackage::parse(&forged).unwrap().verify(&log()).is_ok()
    });
    assert_eq!(accepted, [Label::KeyPackage]);
}

// REQ-ID-4
#[test]
fn leaf_certificates_accept_their_own_label_only() {
    let (leaf_key, context) = ([10; 32], [11; 32]);
    let good = LeafCredential::certify(&device_keys(), &leaf_key, &context).unwrap();
    let certified = [
        &[32][..],
        &leaf_key,
        &[32],
        &context,
        &good.not_after.to_be_bytes(),
        good.account.as_bytes(),
        good.device.as_bytes(),
        &good.identity_head,
    ]
    .concat();
    let accepted = accepting(|label| {
        let forged = LeafCredential { signature: device().sign(label, &certified), ..good.clone() };
        forged.verify(&leaf_key, &context, &device().verifying_key()).is_ok()
    });
    assert_eq!(accepted, [Label::Leaf]);
}

// REQ-ENC-3
#[test]
fn a_device_key_signature_of_one_structure_fits_no_other() {
    // The same device key signs box key records and key packages: exchange whole signatures between finished structures.
    let key = BoxSecretKey::from_seed(&[4; 32]).public();
    let record = BoxKeyRecord::create(account(), &device(), &key, 5).to_bytes();
    let (_, package) = key_package::create(&device_keys(), 9, &mut ChaCha20Rng::from_seed([9; 32])).unwrap();
    let package = package.to_bytes();
    let (record_end, package_end) = (record.len() - SIGNATURE, package.len() - SIGNATURE);
    let record = [&record[..record_end], &package[package_end..]].concat();
    assert!(BoxKeyRecord::parse(&record).unwrap().verify(&log()).is_err());
}
