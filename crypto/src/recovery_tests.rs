//! Tests of `recovery.rs`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use rand_core::SeedableRng;

fn key(seed: u8) -> RecoveryKey {
    RecoveryKey::generate(&mut rand_chacha::ChaCha20Rng::from_seed([seed; 32]))
}

#[test]
fn the_words_read_back_as_the_same_keys() {
    let key = key(1);
    let words = key.words();
    assert_eq!(words.split(' ').count(), 24);
    let again = RecoveryKey::parse(&words).unwrap();
    assert_eq!(again.root_key().verifying_key(), key.root_key().verifying_key());
    assert_eq!(*again.kek().0, *key.kek().0);
}

#[test]
fn the_bip39_vector_of_zero_entropy_is_read() {
    let words = format!("{}art", "abandon ".repeat(23));
    assert_eq!(*RecoveryKey::parse(&words).unwrap().0, [0; 32]);
    assert_eq!(*RecoveryKey(Zeroizing::new([0; 32])).words(), words);
}

#[test]
fn case_and_spacing_do_not_matter() {
    let key = key(2);
    let untidy = format!("  {}\n", key.words().to_uppercase().replace(' ', " \n "));
    assert_eq!(*RecoveryKey::parse(&untidy).unwrap().0, *key.0);
}

// REQ-ID-6
#[test]
fn mistakes_are_named() {
    let words = key(3).words();
    let list: Vec<&str> = words.split(' ').collect();
    assert_eq!(RecoveryKey::parse(&list[..23].join(" ")).unwrap_err(), RecoveryError::Count);
    assert_eq!(RecoveryKey::parse(&list[..12].join(" ")).unwrap_err(), RecoveryError::Count);
    assert_eq!(RecoveryKey::parse("").unwrap_err(), RecoveryError::Count);
    let mut unknown = list.clone();
    unknown[6] = "tidings";
    assert_eq!(RecoveryKey::parse(&unknown.join(" ")).unwrap_err(), RecoveryError::Unknown(7));
    let zero = format!("{}abandon", "abandon ".repeat(23));
    assert_eq!(RecoveryKey::parse(&zero).unwrap_err(), RecoveryError::Checksum);
}

// REQ-ID-6
#[test]
fn root_seed_and_kek_are_different_keys() {
    let key = key(4);
    assert_ne!(*key.root_key().to_seed(), *key.kek().0);
    assert_ne!(*key.root_key().to_seed(), *key.0);
    assert_ne!(*key.kek().0, *key.0);
}

#[test]
fn nothing_secret_is_printed() {
    let key = key(5);
    assert_eq!(format!("{key:?} {:?}", key.kek()), "RecoveryKey(…) Kek(…)");
}
