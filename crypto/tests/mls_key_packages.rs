//! Key packages: made, signed, verified against identity logs; every wrong one refused without a panic (DECISIONS 9).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod mls_world;

use mls_world::{package, rng};
use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, Credential, CredentialType, CredentialWithKey, ExtensionType,
    KeyPackage, Lifetime, ProposalType,
};
use tidings_crypto::identity::{DeviceRecord, IdentityLog};
use tidings_crypto::mls::provider::{LeafSigner, StepProvider};
use tidings_crypto::mls::storage::{RowLabel, RowStore};
use tidings_crypto::mls::{DeviceKeys, KEY_PACKAGE_CONTEXT, KeyPackageError, LeafCredential, Rows, SignedKeyPackage};
use tidings_crypto::sign::{Label, SigningKey};
use tls_codec::Serialize as _;

const NOT_AFTER: u64 = 2_000_000_000;

fn account(seed: u8) -> (DeviceKeys, IdentityLog) {
    let root = SigningKey::from_seed(&[seed; 32]);
    let device_key = SigningKey::from_seed(&[seed ^ 0xff; 32]);
    let mut log = IdentityLog::create(&root, [seed; 32]);
    let record = DeviceRecord { device_key: device_key.verifying_key(), not_after: NOT_AFTER };
    let device = log.add_device(&root, record).unwrap();
    let keys =
        DeviceKeys { account: log.account_id(), device, device_key, identity_head: log.head(), not_after: NOT_AFTER };
    (keys, log)
}

/// The frame of a key package, signed by the device whatever is inside.
fn frame(keys: &DeviceKeys, package: &[u8]) -> Vec<u8> {
    let mut signed = u16::try_from(package.len()).unwrap().to_be_bytes().to_vec();
    signed.extend_from_slice(package);
    signed.extend_from_slice(keys.device.as_bytes());
    signed.extend_from_slice(&1_800_000_000_u64.to_be_bytes());
    let signature = keys.device_key.sign(Label::KeyPackage, &signed);
    signed.extend_from_slice(signature.as_bytes());
    signed
}

/// The MLS key package inside a frame.
fn inside(frame: &[u8]) -> Vec<u8> {
    let length = usize::from(u16::from_be_bytes([frame[0], frame[1]]));
    frame[2..2 + length].to_vec()
}

fn leaf_key(rows: &Rows, package: &SignedKeyPackage) -> SigningKey {
    let store = RowStore::over(rows);
    let seed: Vec<u8> = store.get(RowLabel::LeafKey, &package.signature_key().as_slice()).unwrap().unwrap();
    SigningKey::from_seed(&seed.try_into().unwrap())
}

/// RFC 9420 §5.1.2 SignWithLabel, and the result as `opaque<V>`.
fn sign_with_label(key: &SigningKey, label: &str, content: &[u8]) -> Vec<u8> {
    let label: tls_codec::VLBytes = format!("MLS 1.0 {label}").into_bytes().into();
    let content: tls_codec::VLBytes = content.to_vec().into();
    let mut bytes = label.tls_serialize_detached().unwrap();
    bytes.extend(content.tls_serialize_detached().unwrap());
    let signature = ed25519_dalek::SigningKey::from_bytes(&key.to_seed());
    let signature: tls_codec::VLBytes = ed25519_dalek::Signer::sign(&signature, &bytes).to_bytes().to_vec().into();
    signature.tls_serialize_detached().unwrap()
}

/// Version, suite, init key (1 + 32), leaf, extensions (1), signature (2 + 64).
const INIT: usize = 4;
const LEAF: usize = INIT + 33;
const SIGNATURE: usize = 66;

/// The package with another init key or another leaf encryption key, all signatures made again.
fn with_keys(rows: &Rows, package: &SignedKeyPackage, init: &[u8], leaf_encryption: Option<&[u8]>) -> Vec<u8> {
    let key = leaf_key(rows, package);
    let bytes = inside(&package.to_bytes());
    let end = bytes.len() - SIGNATURE - 1;
    let mut leaf = bytes[LEAF..end].to_vec();
    if let Some(encryption) = leaf_encryption {
        let mut changed = vec![u8::try_from(encryption.len()).unwrap()];
        changed.extend_from_slice(encryption);
        changed.extend_from_slice(&leaf[33..leaf.len() - SIGNATURE]);
        let signature = sign_with_label(&key, "LeafNodeTBS", &changed);
        changed.extend(signature);
        leaf = changed;
    }
    let mut all = bytes[..INIT].to_vec();
    all.push(u8::try_from(init.len()).unwrap());
    all.extend_from_slice(init);
    all.extend(leaf);
    all.push(0);
    let signature = sign_with_label(&key, "KeyPackageTBS", &all);
    all.extend(signature);
    all
}

// REQ-GROUP-3
#[test]
fn a_fresh_package_verifies_against_its_account_and_no_other() {
    let (keys, log) = account(1);
    let (_, made) = package(&keys, &mut rng(1));
    let read = SignedKeyPackage::parse(&made.to_bytes()).unwrap();
    assert_eq!(read.to_bytes(), made.to_bytes());
    assert_eq!((read.account(), read.device(), read.issued_at()), (keys.account, keys.device, 1_800_000_000));
    assert_eq!(read.reference(), made.reference());
    assert_eq!(read.verify(&log), Ok(()));
    assert_eq!(read.verify(&account(2).1), Err(KeyPackageError::Credential));
    let alone = IdentityLog::create(&SigningKey::from_seed(&[1; 32]), [1; 32]);
    assert_eq!(read.verify(&alone), Err(KeyPackageError::UnknownDevice));
}

#[test]
fn two_packages_share_no_key() {
    let (keys, _) = account(1);
    let mut rng = rng(2);
    let (one, other) = (package(&keys, &mut rng).1, package(&keys, &mut rng).1);
    assert_ne!(one.signature_key(), other.signature_key());
    assert_ne!(inside(&one.to_bytes())[INIT..LEAF], inside(&other.to_bytes())[INIT..LEAF]);
    assert_ne!(one.reference(), other.reference());
}

// REQ-GROUP-1
#[test]
fn every_changed_byte_and_every_truncation_is_refused() {
    let (keys, log) = account(1);
    let bytes = package(&keys, &mut rng(3)).1.to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let verdict = SignedKeyPackage::parse(&changed).and_then(|package| package.verify(&log));
        assert!(verdict.is_err(), "byte {at}");
        assert!(SignedKeyPackage::parse(&bytes[..at]).is_err());
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(SignedKeyPackage::parse(&longer), Err(KeyPackageError::Malformed));
}

// REQ-GROUP-2
#[test]
fn a_correctly_signed_package_with_a_short_key_is_an_error_and_no_panic() {
    let (keys, _) = account(1);
    let (rows, made) = package(&keys, &mut rng(4));
    let init = inside(&made.to_bytes())[INIT + 1..LEAF].to_vec();
    let same = with_keys(&rows, &made, &init, None);
    assert!(SignedKeyPackage::parse(&frame(&keys, &same)).is_ok(), "signing again by itself breaks nothing");
    for length in [0, 1, 10, 31, 33, 60] {
        let short = with_keys(&rows, &made, &vec![5; length], None);
        assert_eq!(SignedKeyPackage::parse(&frame(&keys, &short)), Err(KeyPackageError::KeyLength), "init {length}");
        let short = with_keys(&rows, &made, &init, Some(&vec![5; length]));
        assert_eq!(SignedKeyPackage::parse(&frame(&keys, &short)), Err(KeyPackageError::KeyLength), "leaf {length}");
    }
}

#[test]
fn keys_of_small_order_are_refused() {
    let (keys, _) = account(1);
    let (rows, made) = package(&keys, &mut rng(5));
    let mut one = [0; 32];
    one[0] = 1;
    for point in [[0; 32], one] {
        let bad = with_keys(&rows, &made, &point, None);
        assert_eq!(SignedKeyPackage::parse(&frame(&keys, &bad)), Err(KeyPackageError::KeyLength));
    }
}

/// A package built by openmls itself with other settings than ours.
fn foreign(
    keys: &DeviceKeys,
    leaf_key: SigningKey,
    credential: Credential,
    lifetime: Lifetime,
    capabilities: Capabilities,
) -> Vec<u8> {
    let nothing = Rows::new();
    let provider = StepProvider::from_seed(&[9; 32], RowStore::over(&nothing));
    let signature_key = leaf_key.verifying_key().as_bytes().as_slice().into();
    let bundle = KeyPackage::builder()
        .key_package_lifetime(lifetime)
        .leaf_node_capabilities(capabilities)
        .build(
            Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519,
            &provider,
            &LeafSigner(leaf_key),
            CredentialWithKey { credential, signature_key },
        )
        .unwrap();
    frame(keys, &bundle.key_package().tls_serialize_detached().unwrap())
}

fn ours(proposals: Vec<ProposalType>) -> Capabilities {
    Capabilities::builder()
        .ciphersuites(vec![Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519])
        .extensions(vec![ExtensionType::Unknown(0xf3a1)])
        .proposals(proposals)
        .credentials(vec![CredentialType::Other(0xf1a1), CredentialType::Basic])
        .build()
}

fn certified(keys: &DeviceKeys, leaf_key: &SigningKey, context: &[u8]) -> Credential {
    let credential = LeafCredential::certify(keys, leaf_key.verifying_key().as_bytes(), context).unwrap();
    Credential::new(CredentialType::Other(0xf1a1), credential.tls_serialize_detached().unwrap())
}

#[test]
fn packages_with_other_lifetimes_capabilities_or_credentials_are_refused() {
    let (keys, log) = account(1);
    let leaf = SigningKey::from_seed(&[77; 32]);
    let good = certified(&keys, &leaf, KEY_PACKAGE_CONTEXT);
    let always = Lifetime::init(0, u64::MAX);
    let all = ours(vec![ProposalType::SelfRemove]);
    let parse = |bytes: Vec<u8>| SignedKeyPackage::parse(&bytes).map(|_| ());
    assert_eq!(parse(foreign(&keys, leaf.clone(), good.clone(), always, all.clone())), Ok(()));
    let short = Lifetime::init(0, 9_000_000_000);
    assert_eq!(parse(foreign(&keys, leaf.clone(), good.clone(), short, all.clone())), Err(KeyPackageError::Lifetime));
    let stays = foreign(&keys, leaf.clone(), good, always, ours(vec![]));
    assert_eq!(parse(stays), Err(KeyPackageError::Capabilities));
    let basic: Credential = BasicCredential::new(b"nobody".to_vec()).into();
    assert_eq!(parse(foreign(&keys, leaf.clone(), basic, always, all.clone())), Err(KeyPackageError::Credential));
    let elsewhere = foreign(&keys, leaf.clone(), certified(&keys, &leaf, b"other"), always, all.clone());
    let elsewhere = SignedKeyPackage::parse(&elsewhere).unwrap();
    assert_eq!(elsewhere.verify(&log), Err(KeyPackageError::Credential), "certified for another context");
    let itself = keys.device_key.clone();
    let itself = foreign(&keys, itself.clone(), certified(&keys, &itself, KEY_PACKAGE_CONTEXT), always, all);
    let itself = SignedKeyPackage::parse(&itself).unwrap();
    assert_eq!(itself.verify(&log), Err(KeyPackageError::LeafKeyIsDeviceKey));
}

#[test]
fn the_device_key_of_another_device_does_not_sign_for_this_one() {
    let (keys, log) = account(1);
    let (other, _) = account(2);
    let (_, made) = package(&keys, &mut rng(6));
    let mut thief = frame(&DeviceKeys { device: keys.device, ..other }, &inside(&made.to_bytes()));
    let parsed = SignedKeyPackage::parse(&thief).unwrap();
    assert_eq!(parsed.verify(&log), Err(KeyPackageError::Signature));
    thief.truncate(thief.len() - 1);
    assert_eq!(SignedKeyPackage::parse(&thief), Err(KeyPackageError::Malformed));
}
