//! Range-based set reconciliation on `/tidings/log/1`: the asker shows what it has in ranges of ids, the store asked says where it has more.
//!
//! After A. Meyer, "Range-Based Set Reconciliation" (SRDS 2023, arXiv 2212.13567), with ranges that are prefixes of ids: ids are hashes, so
//! prefixes split evenly. One way only: the asker learns what it lacks; the other side asks for itself.

use tidings_crypto::id::QueueId;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

use super::log::Listed;

/// Which part of the id space a range covers: all ids that begin with these half bytes.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct RangePrefix {
    /// How many half bytes; 0 is everything.
    pub nibbles: u8,
    /// They, two to a byte; an odd one stands in the upper half of the last byte, whose lower half is zero.
    pub bytes: VLByteVec,
}

/// What the asker has in a range.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum Have {
    /// A fingerprint of each of the sixteen ranges that are one half byte longer, in order.
    #[tls_codec(discriminant = 1)]
    Split(Vec<[u8; 16]>),
    /// The short form of every id, ascending.
    Items(Vec<[u8; 8]>),
}

/// One range.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Range {
    /// Which.
    pub prefix: RangePrefix,
    /// What the asker has in it.
    pub have: Have,
}

/// In which ranges of this queue do you have what I have not?
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct ReconcileRequest {
    /// The queue.
    pub queue: QueueId,
    /// Keys fingerprints and short ids of this session, so that nobody can prepare two that look alike.
    pub nonce: [u8; 16],
    /// Ascending, none within another.
    pub ranges: Vec<Range>,
}

/// A range, one half byte longer than the one asked for, in which the store has something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Differing {
    /// The half byte.
    pub nibble: u8,
    /// How many entries the store has in it; never 0.
    pub count: u64,
}

/// Entries of a range that the asker did not name.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Lacking {
    /// In the order of ids.
    pub entries: Vec<Listed>,
    /// 1 if there are more: ask for smaller ranges.
    pub more: u8,
}

/// The answer for one range.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum RangeAnswer {
    /// To [`Have::Split`]: where it differs.
    #[tls_codec(discriminant = 1)]
    Differ(Vec<Differing>),
    /// To [`Have::Items`]: what the asker lacks.
    Lacking(Lacking),
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Reconciled {
    /// The last counter of the queue: once all ranges are equal, the asker's position.
    pub last: u64,
    /// The generation of that counter.
    pub generation: [u8; 16],
    /// One for each range, in order; none if the asker may not read the queue or the store has no room for another tree.
    pub answers: Vec<RangeAnswer>,
}
