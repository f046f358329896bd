//! Tests of `box_key.rs`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use rand_core::SeedableRng;

fn rng(seed: u8) -> rand_chacha::ChaCha20Rng {
    rand_chacha::ChaCha20Rng::from_seed([seed; 32])
}

// REQ-INV-3
#[test]
fn what_is_sealed_opens_with_the_same_context_only() {
    let key = BoxSecretKey::generate(&mut rng(1));
    let sealed = seal(&key.public(), b"request a to b", b"aad", b"hello", &mut rng(2));
    assert_eq!(sealed.len(), 1120 + 5 + 16);
    assert_eq!(open(&key, b"request a to b", b"aad", &sealed).unwrap().as_slice(), b"hello");
    assert_eq!(open(&key, b"request b to a", b"aad", &sealed), Err(OpenError));
    assert_eq!(open(&key, b"request a to b", b"", &sealed), Err(OpenError));
    let other = BoxSecretKey::generate(&mut rng(3));
    assert_eq!(open(&other, b"request a to b", b"aad", &sealed), Err(OpenError));
}

#[test]
fn the_same_random_bytes_give_the_same_box_and_others_another() {
    let public = BoxSecretKey::from_seed(&[1; 32]).public();
    assert_eq!(seal(&public, b"i", b"a", b"p", &mut rng(2)), seal(&public, b"i", b"a", b"p", &mut rng(2)));
    assert_ne!(seal(&public, b"i", b"a", b"p", &mut rng(2)), seal(&public, b"i", b"a", b"p", &mut rng(3)));
}

#[test]
fn the_seed_is_the_key() {
    let key = BoxSecretKey::generate(&mut rng(1));
    assert_eq!(BoxSecretKey::from_seed(&key.to_seed()).public(), key.public());
    assert_eq!(key.public().as_bytes().len(), BoxPublicKey::LEN);
}

#[test]
fn a_changed_byte_anywhere_fails_in_the_same_way() {
    let key = BoxSecretKey::from_seed(&[1; 32]);
    let sealed = seal(&key.public(), b"", b"", b"hello", &mut rng(2));
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(open(&key, b"", b"", &changed), Err(OpenError), "byte {at}");
    }
}

#[test]
fn every_wrong_length_is_an_error_and_no_panic() {
    let key = BoxSecretKey::from_seed(&[1; 32]);
    let sealed = seal(&key.public(), b"", b"", b"", &mut rng(2));
    for end in 0..sealed.len() {
        assert_eq!(open(&key, b"", b"", &sealed[..end]), Err(OpenError), "length {end}");
    }
    let public = key.public();
    for length in [0, 1, 31, 32, 1088, 1120, 1184, 1215] {
        assert_eq!(BoxPublicKey::from_bytes(&public.as_bytes()[..length]), Err(BadBoxKey));
    }
    assert_eq!(BoxPublicKey::from_bytes(&[0; 1217]), Err(BadBoxKey));
}

#[test]
fn public_keys_with_unreduced_coefficients_are_refused() {
    let mut bytes = BoxSecretKey::from_seed(&[1; 32]).public().as_bytes().to_vec();
    bytes[..3].copy_from_slice(&[0xff; 3]);
    assert_eq!(BoxPublicKey::from_bytes(&bytes), Err(BadBoxKey));
}

#[test]
fn points_of_small_order_are_refused_in_public_keys_and_in_boxes() {
    let key = BoxSecretKey::from_seed(&[1; 32]);
    let sealed = seal(&key.public(), b"", b"", b"hello", &mut rng(2));
    let mut one = [0; 32];
    one[0] = 1;
    let mut p = [0xff; 32];
    (p[0], p[31]) = (0xed, 0x7f);
    let mut p_minus_one = p;
    p_minus_one[0] = 0xec;
    for point in [[0; 32], one, p_minus_one, p] {
        let mut public = key.public().as_bytes().to_vec();
        public[1184..].copy_from_slice(&point);
        assert_eq!(BoxPublicKey::from_bytes(&public), Err(BadBoxKey));
        let mut changed = sealed.clone();
        changed[1088..1120].copy_from_slice(&point);
        assert_eq!(open(&key, b"", b"", &changed), Err(OpenError));
        assert!(!contributes(&point));
    }
    assert!(contributes(key.public().as_bytes()));
}

#[test]
fn contexts_of_any_length_are_taken() {
    let key = BoxSecretKey::from_seed(&[1; 32]);
    let info = vec![7; 100_000];
    let sealed = seal(&key.public(), &info, b"", b"hello", &mut rng(2));
    assert_eq!(open(&key, &info, b"", &sealed).unwrap().as_slice(), b"hello");
}

#[test]
fn keys_are_not_printed() {
    assert_eq!(format!("{:?}", BoxSecretKey::from_seed(&[1; 32])), "BoxSecretKey(…)");
}
