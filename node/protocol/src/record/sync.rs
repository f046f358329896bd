//! Rows of sync between stores: positions, generations of counters, trees of fingerprints.

use minicbor::{Decode, Encode};

/// How far another store was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct CursorRecord {
    /// The last counter seen there; 0 for none.
    #[n(0)]
    pub after: u64,
    /// The generation of that counter.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub generation: [u8; 16],
}

/// From which counter on a queue's counters belong to a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct SegmentRecord {
    /// The first counter of it.
    #[n(0)]
    pub first: u64,
    /// Which.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub generation: [u8; 16],
}

/// The generations of a queue's counters, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct GenerationRecord {
    /// One for each run of the node in which something was appended.
    #[n(0)]
    pub segments: Vec<SegmentRecord>,
}

/// One node of a tree of fingerprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct RangeRecord {
    /// The hash of the ids in the range; zeros if there are none.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub fingerprint: [u8; 32],
    /// How many ids.
    #[n(1)]
    pub count: u64,
}

/// A tree of fingerprints over a queue from some counter on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct RangeTreeRecord {
    /// Entries from this counter on are not in it yet.
    #[n(0)]
    pub next: u64,
    /// The first counter that was there when it was built.
    #[n(1)]
    pub first: u64,
    /// Unix milliseconds of its last use.
    #[n(2)]
    pub used: u64,
}
