//! Tests of `outer.rs`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

fn keys() -> (TopicKey, LogKey) {
    (TopicKey::derive(&[1; 32]), LogKey::from_bytes([2; 32]))
}

fn sealed(inner: &[u8]) -> Outer {
    let (topic, log) = keys();
    Outer::seal(&topic, &log, [3; 24], inner).unwrap()
}

// REQ-ENTRY-1
#[test]
fn whole_entries_have_exactly_the_lengths_of_the_buckets() {
    let small = (0..8).map(|i| 512usize << i);
    let large = (2..=16).map(|i| i * 64 * 1024);
    let buckets: Vec<usize> = small.chain(large).collect();
    assert_eq!(buckets.first(), Some(&512));
    assert_eq!(buckets.last(), Some(&MAX_OUTER));
    for (at, size) in buckets.iter().enumerate() {
        let fits = sealed(&vec![7; size - OVERHEAD]);
        assert_eq!(fits.to_bytes().len(), *size);
        if let Some(next) = buckets.get(at + 1) {
            assert_eq!(sealed(&vec![7; size - OVERHEAD + 1]).to_bytes().len(), *next);
        }
    }
    assert_eq!(sealed(&[]).to_bytes().len(), 512);
}

#[test]
fn content_at_every_edge_of_a_bucket_comes_back_whole() {
    let (topic, log) = keys();
    for size in [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131_072, MAX_OUTER - 65536, MAX_OUTER] {
        for length in [size - OVERHEAD - 1, size - OVERHEAD, (size - OVERHEAD + 1).min(MAX_INNER)] {
            let inner: Vec<u8> = (0..length).map(|i| i.to_le_bytes()[0]).collect();
            let outer = Outer::parse(&sealed(&inner).to_bytes()).unwrap();
            outer.verify(&topic.public()).unwrap();
            assert_eq!(outer.open(&log).unwrap(), inner);
        }
    }
}

#[test]
fn more_than_one_mebibyte_is_refused_in_both_directions() {
    let (topic, log) = keys();
    assert_eq!(Outer::seal(&topic, &log, [3; 24], &vec![0; MAX_INNER + 1]), Err(OuterError::TooLarge));
    assert_eq!(Outer::parse(&vec![1; MAX_OUTER + 1]), Err(OuterError::TooLarge));
}

#[test]
fn every_flipped_byte_is_refused() {
    let (topic, log) = keys();
    let bytes = sealed(b"a message").to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x40;
        let verdict = Outer::parse(&changed).and_then(|outer| outer.verify(&topic.public()));
        assert!(verdict.is_err(), "byte {at}");
    }
    assert!(Outer::parse(&bytes).unwrap().verify(&topic.public()).is_ok());
    assert!(Outer::parse(&bytes).unwrap().open(&log).is_ok());
}

#[test]
fn a_member_who_signs_changed_bytes_still_cannot_change_the_sealed_part() {
    // The topic key is shared, so the seal itself must bind head and ciphertext.
    let (topic, log) = keys();
    let bytes = sealed(b"a message").to_bytes();
    let signed = bytes.len() - 64;
    for at in 1..signed {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let signature = topic.0.sign(Label::Topic, &changed[..signed]);
        changed[signed..].copy_from_slice(signature.as_bytes());
        assert!(Outer::parse(&changed).and_then(|outer| outer.open(&log)).is_err(), "byte {at}");
    }
}

#[test]
fn truncated_extended_and_misfitting_lengths_are_refused() {
    let bytes = sealed(b"a message").to_bytes();
    for end in 0..bytes.len() {
        assert_eq!(Outer::parse(&bytes[..end]), Err(OuterError::Malformed));
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(Outer::parse(&longer), Err(OuterError::Malformed));
    longer.resize(1024, 0);
    assert_eq!(Outer::parse(&longer), Err(OuterError::Malformed));
}

#[test]
fn padding_that_hides_something_or_is_too_long_is_refused() {
    let (topic, log) = keys();
    let resealed = |padded: &[u8]| {
        let head = Head { version: VERSION, queue: topic.queue(), epoch_tag: log.tag(), nonce: [3; 24] };
        let ciphertext = seal::seal(log.as_bytes(), &head.nonce, &encode(&head), padded);
        let unsigned = Unsigned { head, ciphertext: TlsByteVecU32::from(ciphertext) };
        let topic_signature = topic.0.sign(Label::Topic, &encode(&unsigned));
        Outer(Frame { unsigned, topic_signature })
    };
    let good = pad(b"abc", OVERHEAD);
    assert_eq!(resealed(&good).open(&log).unwrap(), b"abc");
    let mut hidden = good.clone();
    *hidden.last_mut().unwrap() = 1;
    assert_eq!(resealed(&hidden).open(&log), Err(OuterError::Malformed));
    let mut long = good.clone();
    long.resize(good.len() + 512, 0);
    assert_eq!(resealed(&long).open(&log), Err(OuterError::Malformed));
    let mut lying = good;
    lying[..4].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(resealed(&lying).open(&log), Err(OuterError::Malformed));
    assert_eq!(resealed(&[0, 0]).open(&log), Err(OuterError::Malformed));
}

#[test]
fn another_log_key_does_not_open_and_another_topic_key_does_not_verify() {
    let outer = sealed(b"a message");
    let other_topic = TopicKey::derive(&[9; 32]);
    assert_eq!(outer.open(&LogKey::from_bytes([9; 32])), Err(OuterError::Seal));
    assert_eq!(outer.verify(&other_topic.public()), Err(OuterError::Signature));
    assert_ne!(other_topic.queue(), outer.queue());
}

// REQ-ENTRY-2
#[test]
fn a_foreign_topic_key_cannot_write_into_a_queue() {
    let (topic, log) = keys();
    let foreign = TopicKey::derive(&[9; 32]);
    let mut outer = Outer::seal(&foreign, &log, [3; 24], b"spam").unwrap();
    outer.0.unsigned.head.queue = topic.queue();
    outer.0.topic_signature = foreign.0.sign(Label::Topic, &encode(&outer.0.unsigned));
    assert_eq!(outer.verify(&foreign.public()), Err(OuterError::Signature));
    assert_eq!(outer.verify(&topic.public()), Err(OuterError::Signature));
}

#[test]
fn ids_differ_when_anything_differs_and_equal_for_the_same_bytes() {
    let (topic, log) = keys();
    let again = Outer::seal(&topic, &log, [4; 24], b"a message").unwrap();
    assert_ne!(again.id(), sealed(b"a message").id());
    assert_eq!(Outer::parse(&again.to_bytes()).unwrap().id(), again.id());
}

#[test]
fn keys_are_not_printed() {
    let (topic, log) = keys();
    assert_eq!(format!("{topic:?} {log:?}"), "TopicKey(SigningKey(…)) LogKey(…)");
}
