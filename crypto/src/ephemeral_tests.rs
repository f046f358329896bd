//! Tests of `ephemeral.rs`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::outer::{Outer, TopicKey};

const SECRET: [u8; 32] = [1; 32];

fn log() -> LogKey {
    LogKey::from_bytes([2; 32])
}

fn queue() -> QueueId {
    TopicKey::derive(&SECRET).queue()
}

fn sealed(content: &[u8]) -> Ephemeral {
    Ephemeral::seal(queue(), &log(), [3; 24], content).unwrap()
}

// REQ-EPH-1
#[test]
fn content_comes_back_whole_and_frames_have_the_lengths_of_buckets() {
    for (length, whole) in [(0, 512), (512 - OVERHEAD, 512), (513 - OVERHEAD, 1024), (4096 - OVERHEAD, 4096)] {
        let content = vec![7; length];
        let bytes = sealed(&content).to_bytes();
        assert_eq!(bytes.len(), whole);
        let frame = Ephemeral::parse(&bytes).unwrap();
        assert_eq!((frame.queue(), frame.open(&log()).unwrap()), (queue(), content));
    }
}

// REQ-EPH-1
#[test]
fn what_is_too_large_changed_cut_or_of_another_epoch_is_not_opened() {
    assert_eq!(Ephemeral::seal(queue(), &log(), [3; 24], &[0; 4097 - OVERHEAD]), Err(BadEphemeral));
    let bytes = sealed(b"typing").to_bytes();
    assert_eq!(Ephemeral::parse(&bytes).unwrap().open(&LogKey::from_bytes([9; 32])), Err(BadEphemeral));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert_eq!(Ephemeral::parse(&changed).and_then(|frame| frame.open(&log())), Err(BadEphemeral), "byte {at}");
        assert_eq!(Ephemeral::parse(&bytes[..at]), Err(BadEphemeral), "{at} bytes");
    }
    assert_eq!(Ephemeral::parse(&[bytes, vec![0; 512]].concat()), Err(BadEphemeral));
    for length in [511, 513, 1023, 4095, 8192] {
        let ciphertext = TlsByteVecU32::from(vec![0; length - OVERHEAD + TAG + LENGTH]);
        let frame = encode(&Frame { ciphertext, ..sealed(b"typing").0 });
        assert_eq!((frame.len(), Ephemeral::parse(&frame)), (length, Err(BadEphemeral)));
    }
}

// REQ-EPH-1
#[test]
fn an_ephemeral_is_no_outer_entry_and_an_outer_entry_no_ephemeral() {
    let topic = TopicKey::derive(&SECRET);
    let outer = Outer::seal(&topic, &log(), [3; 24], b"typing").unwrap();
    assert_eq!(Ephemeral::parse(&outer.to_bytes()), Err(BadEphemeral));
    assert!(Outer::parse(&sealed(b"typing").to_bytes()).is_err());
    // Nor is the sealed part of one the sealed part of the other: the keys differ.
    let Frame { head, ciphertext } = sealed(b"typing").0;
    let as_entry = seal::open(log().as_bytes(), &head.nonce, &encode(&head), ciphertext.as_slice());
    assert!(as_entry.is_err());
}
