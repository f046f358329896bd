//! Tests of `sign.rs`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

/// The eight points of small order in every encoding decompression takes (y of order 1, 2, 4, 8 and non-canonical forms).
const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

fn key(hex: &str) -> VerifyingKey {
    VerifyingKey::try_from(data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap().as_slice()).unwrap()
}

// REQ-ENC-3
#[test]
fn a_signature_verifies_under_its_own_label_and_no_other() {
    let signer = SigningKey::from_seed(&[1; 32]);
    let mut accepted = 0;
    for made_for in Label::ALL {
        let signature = signer.sign(made_for, b"the same bytes");
        for used_as in Label::ALL {
            let verdict = signer.verifying_key().verify(used_as, b"the same bytes", &signature);
            assert_eq!(verdict.is_ok(), made_for == used_as, "{made_for:?} as {used_as:?}");
            accepted += usize::from(verdict.is_ok());
        }
        assert!(signer.verifying_key().verify_raw(b"the same bytes", &signature).is_err());
    }
    assert_eq!(accepted, Label::ALL.len());
}

#[test]
fn bytes_chosen_to_look_like_another_label_are_refused() {
    // An attacker who may choose the bytes under one label tries to end up with the signed bytes of another.
    let signer = SigningKey::from_seed(&[1; 32]);
    for made_for in Label::ALL {
        for used_as in Label::ALL {
            let smuggled = signed_bytes(used_as, b"target");
            let signature = signer.sign(made_for, &smuggled);
            assert!(signer.verifying_key().verify(used_as, b"target", &signature).is_err());
        }
    }
}

#[test]
fn no_two_labels_have_the_same_text() {
    let texts: std::collections::BTreeSet<_> = Label::ALL.iter().map(|label| label.as_str()).collect();
    assert_eq!(texts.len(), Label::ALL.len());
    assert!(texts.iter().all(|text| text.starts_with("tidings/1/")));
}

#[test]
fn mls_signatures_cannot_be_taken_for_ours() {
    // RFC 9420 5.1.2: signed content begins with a length and "MLS 1.0 "; ours with a length and "tidings/1/".
    let mut mls = vec![24];
    mls.extend_from_slice(b"MLS 1.0 FramedContentTBS\x00");
    let signer = SigningKey::from_seed(&[2; 32]);
    let signature = signer.sign_raw(&mls);
    for label in Label::ALL {
        let prefix = signed_bytes(label, &[]);
        assert!(!mls.starts_with(&prefix[..prefix.len().min(9)]));
        assert!(signer.verifying_key().verify(label, &mls, &signature).is_err());
    }
}

#[test]
fn changed_bytes_and_changed_signatures_are_refused() {
    let signer = SigningKey::from_seed(&[1; 32]);
    let signature = signer.sign(Label::Entry, b"bytes");
    assert!(signer.verifying_key().verify(Label::Entry, b"bytez", &signature).is_err());
    for at in 0..64 {
        let mut changed = *signature.as_bytes();
        changed[at] ^= 1;
        assert!(signer.verifying_key().verify(Label::Entry, b"bytes", &Signature::from_bytes(changed)).is_err());
    }
}

#[test]
fn the_second_form_of_a_signature_is_refused() {
    // S + L gives the same group equation; accepting it would give one entry two byte forms.
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let signer = SigningKey::from_seed(&[1; 32]);
    let mut bytes = *signer.sign(Label::Entry, b"bytes").as_bytes();
    let mut carry = 0u16;
    for (byte, add) in bytes[32..].iter_mut().zip(L) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    assert!(signer.verifying_key().verify(Label::Entry, b"bytes", &Signature::from_bytes(bytes)).is_err());
}

// REQ-ENC-4
#[test]
fn keys_of_small_order_are_refused_with_every_signature_that_satisfies_the_equation() {
    use ed25519_dalek::Verifier;
    let mut satisfied = 0;
    for public in SMALL_ORDER {
        assert!(!key(public).is_valid(), "{public}");
        for r in SMALL_ORDER {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(key(r).as_bytes());
            assert!(key(public).verify(Label::Entry, b"bytes", &Signature::from_bytes(signature)).is_err());
            let lenient = ed25519_dalek::VerifyingKey::from_bytes(key(public).as_bytes())
                .and_then(|key| key.verify(&signed_bytes(Label::Entry, b"bytes"), &signature.into()));
            satisfied += usize::from(lenient.is_ok());
        }
    }
    assert!(satisfied > 0, "without strict verification some of these would pass");
}

#[test]
fn keys_in_non_canonical_form_are_refused_though_they_are_on_the_curve() {
    let mut of_large_order = 0;
    for y in 0u8..19 {
        for sign in [0u8, 0x80] {
            // y + p as 32 bytes, for y < 19: the only encodings that are not reduced.
            let mut bytes = [0xff; 32];
            bytes[0] = 0xed + y;
            bytes[31] = 0x7f | sign;
            let decompressed = ed25519_dalek::VerifyingKey::from_bytes(&bytes);
            of_large_order += usize::from(decompressed.is_ok_and(|key| !key.is_weak()));
            assert!(!VerifyingKey::from_bytes(bytes).is_valid());
        }
    }
    assert!(of_large_order > 0, "the check for canonical form is needed: verify_strict alone takes these");
}

#[test]
fn secrets_are_not_printed() {
    let signer = SigningKey::from_seed(&[0xab; 32]);
    assert_eq!(format!("{signer:?}"), "SigningKey(…)");
    assert_eq!(*signer.to_seed(), [0xab; 32]);
}
