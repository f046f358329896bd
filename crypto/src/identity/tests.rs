//! Forgeries of identity logs and box key records, made with access to the inner types.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::entry::{Body, Genesis, SignedEntry};
use super::log::LogFrame;
use super::*;
use crate::codec::encode;
use crate::id::{DeviceId, NodeId};
use crate::sign::{SigningKey, VerifyingKey};

fn root() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn device(seed: u8) -> DeviceRecord {
    DeviceRecord { device_key: SigningKey::from_seed(&[seed; 32]).verifying_key(), not_after: 2_000_000_000 }
}

fn home(seed: u8) -> Home {
    Home { node: NodeId::from_bytes([seed; 32]), addresses: vec![vec![4, 127, 0, 0, 1, 6, 15, 161]] }
}

fn log() -> IdentityLog {
    let mut log = IdentityLog::create(&root(), [7; 32]);
    log.add_device(&root(), device(10)).unwrap();
    log.set_home(&root(), vec![home(20)]).unwrap();
    log
}

fn bytes_of(entries: Vec<SignedEntry>) -> Vec<u8> {
    encode(&LogFrame { version: 1, entries })
}

fn refused(entries: Vec<SignedEntry>) -> IdentityError {
    IdentityLog::parse(&bytes_of(entries)).unwrap_err()
}

#[test]
fn a_log_reads_back_as_the_same_log() {
    let log = log();
    let again = IdentityLog::parse(&log.to_bytes()).unwrap();
    assert_eq!(again, log);
    assert_eq!(again.account_id(), log.account_id());
    assert_eq!(again.root_key(), root().verifying_key());
    assert_eq!(again.homes(), [home(20)]);
    let id = DeviceId::derive(&log.account_id(), &device(10).device_key);
    assert_eq!(again.device(id), Some(&device(10)));
    assert_eq!(again.device(DeviceId::from_bytes([0; 16])), None);
    assert_eq!(bytes_of(log.entries.clone()), log.to_bytes());
}

// REQ-ID-1
#[test]
fn the_account_id_binds_root_key_and_nonce_and_outlives_new_entries() {
    let genesis = IdentityLog::create(&root(), [7; 32]);
    assert_eq!(genesis.account_id(), log().account_id());
    assert_ne!(genesis.account_id(), IdentityLog::create(&root(), [8; 32]).account_id());
    let other = SigningKey::from_seed(&[2; 32]);
    assert_ne!(genesis.account_id(), IdentityLog::create(&other, [7; 32]).account_id());
}

// REQ-ID-2
#[test]
fn an_add_device_by_a_foreign_root_key_is_refused() {
    let foreign = SigningKey::from_seed(&[66; 32]);
    let mut log = log();
    assert_eq!(log.clone().add_device(&foreign, device(11)), Err(IdentityError::Signature));
    let forged = SignedEntry::sign(&foreign, log.head(), &Body::AddDevice(device(11)));
    log.entries.push(forged);
    assert_eq!(refused(log.entries), IdentityError::Signature);
}

#[test]
fn an_add_device_signed_by_a_device_is_refused() {
    let mut log = log();
    let forged = SignedEntry::sign(&SigningKey::from_seed(&[10; 32]), log.head(), &Body::AddDevice(device(11)));
    log.entries.push(forged);
    assert_eq!(refused(log.entries), IdentityError::Signature);
}

#[test]
fn a_genesis_that_is_not_signed_by_its_own_key_is_refused() {
    let body = Body::Genesis(Genesis { root: root().verifying_key(), nonce: [7; 32] });
    let forged = SignedEntry::sign(&SigningKey::from_seed(&[66; 32]), [0; 32], &body);
    assert_eq!(refused(vec![forged]), IdentityError::Signature);
}

#[test]
fn entries_of_another_log_of_the_same_root_do_not_fit() {
    let other = IdentityLog::create(&root(), [8; 32]);
    let entry = SignedEntry::sign(&root(), other.head(), &Body::AddDevice(device(11)));
    let mut log = log();
    log.entries.push(entry);
    assert_eq!(refused(log.entries), IdentityError::Chain);
}

// REQ-ID-2
#[test]
fn dropped_swapped_doubled_and_missing_first_entries_break_the_chain() {
    let entries = log().entries;
    let pick = |order: &[usize]| order.iter().map(|at| entries[*at].clone()).collect::<Vec<_>>();
    assert!(IdentityLog::parse(&bytes_of(pick(&[0, 1, 2]))).is_ok());
    for order in [&[0, 2][..], &[0, 2, 1], &[0, 1, 1, 2], &[1, 2], &[0, 0, 1, 2], &[0, 1, 2, 0]] {
        assert_eq!(refused(pick(order)), IdentityError::Chain, "{order:?}");
    }
    assert_eq!(refused(vec![]), IdentityError::Malformed);
}

#[test]
fn a_second_genesis_is_refused_even_when_chained_and_signed() {
    let mut log = log();
    let body = Body::Genesis(Genesis { root: root().verifying_key(), nonce: [9; 32] });
    log.entries.push(SignedEntry::sign(&root(), log.head(), &body));
    assert_eq!(refused(log.entries), IdentityError::Chain);
}

#[test]
fn every_flipped_byte_of_a_log_is_refused() {
    let log = log();
    let bytes = log.to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(IdentityLog::parse(&changed).is_err(), "byte {at}");
    }
}

#[test]
fn truncated_and_extended_logs_are_refused() {
    let bytes = log().to_bytes();
    for end in 0..bytes.len() {
        assert!(IdentityLog::parse(&bytes[..end]).is_err(), "length {end}");
    }
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(IdentityLog::parse(&longer), Err(IdentityError::Malformed));
}

#[test]
fn trailing_bytes_inside_a_signed_body_are_refused() {
    #[derive(tls_codec::TlsSerialize, tls_codec::TlsSize)]
    struct Raw {
        kind: u8,
        previous: [u8; 32],
        body: tls_codec::VLByteVec,
    }
    let log = log();
    let append = |kind: u8, body: Vec<u8>| {
        let raw = encode(&Raw { kind, previous: log.head(), body: body.into() });
        let mut bytes = raw.clone();
        bytes.extend_from_slice(root().sign(crate::sign::Label::IdentityLog, &raw).as_bytes());
        let mut entries = log.entries.clone();
        entries.push(crate::codec::decode_exact(&bytes).unwrap());
        IdentityLog::parse(&bytes_of(entries))
    };
    let good = encode(&device(11));
    assert!(append(2, good.clone()).is_ok());
    assert_eq!(append(2, [&good[..], &[0]].concat()), Err(IdentityError::Malformed));
    assert_eq!(append(2, good[..39].to_vec()), Err(IdentityError::Malformed));
    assert_eq!(append(0, good.clone()), Err(IdentityError::UnknownKind));
    assert_eq!(append(4, good), Err(IdentityError::UnknownKind));
}

#[test]
fn another_version_is_refused() {
    let mut bytes = log().to_bytes();
    bytes[0] = 2;
    assert_eq!(IdentityLog::parse(&bytes), Err(IdentityError::Malformed));
}

#[test]
fn weak_keys_and_the_root_key_are_no_device_keys() {
    let mut identity = [0; 32];
    identity[0] = 1;
    for device_key in [VerifyingKey::from_bytes(identity), VerifyingKey::from_bytes([0xff; 32]), root().verifying_key()]
    {
        let mut log = log();
        let before = log.clone();
        let verdict = log.add_device(&root(), DeviceRecord { device_key, not_after: 1 });
        assert_eq!(verdict, Err(IdentityError::DeviceKey));
        assert_eq!(log, before);
    }
}

#[test]
fn eight_devices_are_taken_and_the_ninth_is_not_but_renewals_are() {
    let mut log = IdentityLog::create(&root(), [7; 32]);
    for seed in 10..18 {
        log.add_device(&root(), device(seed)).unwrap();
    }
    assert_eq!(log.clone().add_device(&root(), device(18)), Err(IdentityError::TooManyDevices));
    let renewed = DeviceRecord { not_after: 2_100_000_000, ..device(10) };
    let id = log.add_device(&root(), renewed).unwrap();
    assert_eq!(log.device(id), Some(&renewed));
    assert_eq!(log.devices().len(), 8);
    let ninth = SignedEntry::sign(&root(), log.head(), &Body::AddDevice(device(18)));
    log.entries.push(ninth);
    assert_eq!(refused(log.entries), IdentityError::TooManyDevices);
}

#[test]
fn a_log_of_more_than_64_kib_is_refused_by_writer_and_reader() {
    let mut log = IdentityLog::create(&root(), [7; 32]);
    let wide = Home { node: NodeId::from_bytes([1; 32]), addresses: vec![vec![9; MAX_ADDRESS]; MAX_HOME_ADDRESSES] };
    let homes = vec![wide; MAX_HOMES];
    let verdict = (0..10).map(|_| log.set_home(&root(), homes.clone())).find(Result::is_err);
    assert_eq!(verdict, Some(Err(IdentityError::TooLarge)));
    assert!(log.to_bytes().len() <= MAX_LOG);
    assert!(IdentityLog::parse(&log.to_bytes()).is_ok());
    log.entries.push(SignedEntry::sign(&root(), log.head(), &Body::SetHome(homes)));
    assert_eq!(refused(log.entries), IdentityError::TooLarge);
}

#[test]
fn too_many_homes_and_too_long_addresses_are_refused() {
    let many = vec![home(1); MAX_HOMES + 1];
    let crowded = vec![Home { node: NodeId::from_bytes([1; 32]), addresses: vec![vec![1]; MAX_HOME_ADDRESSES + 1] }];
    let long = vec![Home { node: NodeId::from_bytes([1; 32]), addresses: vec![vec![1; MAX_ADDRESS + 1]] }];
    for homes in [many, crowded, long] {
        let mut log = log();
        assert_eq!(log.set_home(&root(), homes.clone()), Err(IdentityError::Homes));
        log.entries.push(SignedEntry::sign(&root(), log.head(), &Body::SetHome(homes)));
        assert_eq!(refused(log.entries), IdentityError::Homes);
    }
}

// REQ-ID-3
#[test]
fn a_log_extends_its_prefixes_and_no_fork() {
    let short = IdentityLog::create(&root(), [7; 32]);
    let long = log();
    let mut fork = short.clone();
    fork.add_device(&root(), device(11)).unwrap();
    assert!(long.extends(&short) && long.extends(&long));
    assert!(!short.extends(&long) && !fork.extends(&long) && !long.extends(&fork));
    assert!(!long.extends(&IdentityLog::create(&root(), [8; 32])));
}

#[test]
fn a_log_is_known_at_each_of_its_heads() {
    let short = IdentityLog::create(&root(), [7; 32]);
    let long = log();
    assert_eq!(long.at(&short.head()), Some(short.clone()));
    assert_eq!(long.at(&long.head()), Some(long.clone()));
    assert!(long.contains_head(&short.head()) && !short.contains_head(&long.head()));
    assert_eq!(short.at(&long.head()), None);
}

mod box_keys {
    use super::*;
    use crate::box_key::BoxSecretKey;
    use crate::sign::Label;

    fn record(issued_at: u64) -> BoxKeyRecord {
        let key = BoxSecretKey::from_seed(&[5; 32]).public();
        BoxKeyRecord::create(log().account_id(), &SigningKey::from_seed(&[10; 32]), &key, issued_at)
    }

    #[test]
    fn a_record_of_a_device_verifies_and_reads_back() {
        let record = record(100);
        record.verify(&log()).unwrap();
        let again = BoxKeyRecord::parse(&record.to_bytes()).unwrap();
        assert_eq!(again, record);
        assert_eq!((again.account(), again.issued_at()), (log().account_id(), 100));
        assert_eq!(*again.key(), BoxSecretKey::from_seed(&[5; 32]).public());
    }

    // REQ-ID-5
    #[test]
    fn the_record_issued_later_replaces_the_other() {
        assert!(record(101).is_newer_than(&record(100)));
        assert!(!record(100).is_newer_than(&record(100)));
        let key = BoxSecretKey::from_seed(&[5; 32]).public();
        let other = BoxKeyRecord::create(log().account_id(), &SigningKey::from_seed(&[11; 32]), &key, 200);
        assert!(!other.is_newer_than(&record(100)));
    }

    // REQ-ID-5
    #[test]
    fn records_of_others_are_refused_by_cause() {
        let key = BoxSecretKey::from_seed(&[5; 32]).public();
        let stranger = IdentityLog::create(&SigningKey::from_seed(&[3; 32]), [7; 32]);
        assert_eq!(record(1).verify(&stranger), Err(BoxKeyError::Account));
        let unknown = BoxKeyRecord::create(log().account_id(), &SigningKey::from_seed(&[11; 32]), &key, 1);
        assert_eq!(unknown.verify(&log()), Err(BoxKeyError::Device));
        let by_root = BoxKeyRecord::create(log().account_id(), &root(), &key, 1);
        assert_eq!(by_root.verify(&log()), Err(BoxKeyError::Device));
    }

    #[test]
    fn every_flipped_byte_is_refused() {
        let bytes = record(1).to_bytes();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let verdict = BoxKeyRecord::parse(&changed).and_then(|record| record.verify(&log()));
            assert!(verdict.is_err(), "byte {at}");
        }
    }

    #[test]
    fn truncated_and_extended_records_are_refused() {
        let bytes = record(1).to_bytes();
        for end in 0..bytes.len() {
            assert!(BoxKeyRecord::parse(&bytes[..end]).is_err());
        }
        assert_eq!(BoxKeyRecord::parse(&[&bytes[..], &[0]].concat()), Err(BoxKeyError::Malformed));
    }

    #[test]
    fn a_signature_for_another_use_over_the_same_bytes_is_refused() {
        let bytes = record(1).to_bytes();
        let content = bytes.len() - 64;
        for label in Label::ALL {
            let mut forged = bytes.clone();
            let signature = SigningKey::from_seed(&[10; 32]).sign(label, &bytes[..content]);
            forged[content..].copy_from_slice(signature.as_bytes());
            let verdict = BoxKeyRecord::parse(&forged).unwrap().verify(&log());
            assert_eq!(verdict.is_ok(), label == Label::BoxKey, "{label:?}");
        }
    }
}
