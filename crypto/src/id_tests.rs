//! Tests of `id.rs`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

#[test]
fn text_of_an_id_reads_back_as_the_same_id() {
    let id = AccountId::from_bytes([0xa5; 32]);
    let text = id.to_string();
    assert!(text.starts_with("acc1"));
    assert_eq!(text, text.to_lowercase());
    assert_eq!(text.parse::<AccountId>().unwrap(), id);
    assert_eq!("acc1".len() + (32 + 4) * 8 / 5 + 1, text.len());
}

// REQ-ENC-2
#[test]
fn one_changed_character_is_refused_wherever_it_stands() {
    let text = DeviceId::from_bytes([7; 16]).to_string();
    for at in 4..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'q' { b'r' } else { b'q' };
        assert!(String::from_utf8(bytes).unwrap().parse::<DeviceId>().is_err());
    }
}

#[test]
fn an_id_of_one_kind_is_refused_as_another_kind() {
    let text = EntryId::from_bytes([1; 32]).to_string();
    assert_eq!(text.parse::<OuterId>(), Err(IdError::Prefix));
    let renamed = text.replacen("ent1", "out1", 1);
    assert_eq!(renamed.parse::<OuterId>(), Err(IdError::Checksum));
}

#[test]
fn upper_case_and_short_texts_are_refused() {
    let text = NodeId::from_bytes([1; 32]).to_string();
    assert_eq!(text.to_uppercase().parse::<NodeId>(), Err(IdError::Prefix));
    assert_eq!(format!("nod1{}", text[4..].to_uppercase()).parse::<NodeId>(), Err(IdError::Character));
    assert_eq!("nod1".parse::<NodeId>(), Err(IdError::Length));
}

#[test]
fn debug_shows_four_bytes_only() {
    assert_eq!(format!("{:?}", QueueId::from_bytes([0xab; 32])), "que1:abababab…");
}

#[test]
fn parts_cannot_be_shifted_into_each_other() {
    assert_ne!(derive("tidings/1/x", &[b"ab", b"c"]), derive("tidings/1/x", &[b"a", b"bc"]));
    assert_ne!(derive("tidings/1/x", &[b"ab"]), derive("tidings/1/x", &[b"ab", b""]));
    assert_ne!(derive("tidings/1/x", &[b"ab"]), derive("tidings/1/y", &[b"ab"]));
}

#[test]
fn cbor_form_is_a_byte_string_of_the_exact_length() {
    let id = DeviceId::from_bytes([3; 16]);
    let bytes = minicbor::to_vec(id).unwrap();
    assert_eq!(bytes[0], 0x50);
    assert_eq!(minicbor::decode::<DeviceId>(&bytes).unwrap(), id);
    assert!(minicbor::decode::<AccountId>(&bytes).is_err());
}

#[test]
fn tls_form_is_the_plain_bytes() {
    let id = MessageId::from_bytes([9; 32]);
    assert_eq!(crate::encode(&id), vec![9; 32]);
    assert_eq!(crate::decode_exact::<MessageId>(&[9; 32]), Ok(id));
    assert!(crate::decode_exact::<MessageId>(&[9; 31]).is_err());
}

#[test]
fn a_device_id_binds_the_account_and_the_key() {
    let (a, b) = (AccountId::from_bytes([1; 32]), AccountId::from_bytes([2; 32]));
    let (j, k) = (VerifyingKey::from_bytes([3; 32]), VerifyingKey::from_bytes([4; 32]));
    assert_ne!(DeviceId::derive(&a, &j), DeviceId::derive(&b, &j));
    assert_ne!(DeviceId::derive(&a, &j), DeviceId::derive(&a, &k));
}
