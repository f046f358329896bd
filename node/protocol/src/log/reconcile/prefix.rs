//! Ranges of ids: all that begin with the same half bytes.

use tidings_crypto::id::{OuterId, QueueId};

use crate::record::key;
use crate::wire;
use crate::wire::reconcile::RangePrefix;

/// Half bytes of an id.
const NIBBLES: u8 = 64;

/// A range of ids. Ordered by its first id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Prefix {
    /// The first id in it.
    first: [u8; 32],
    nibbles: u8,
}

impl Prefix {
    /// All ids.
    pub(crate) const ALL: Self = Self { first: [0; 32], nibbles: 0 };

    /// Reads a prefix; `None` if it is longer than an id, or not in its one form.
    pub(crate) fn parse(wire: &RangePrefix) -> Option<Self> {
        let bytes = wire.bytes.as_slice();
        if wire.nibbles > NIBBLES || bytes.len() != usize::from(wire.nibbles).div_ceil(2) {
            return None;
        }
        let mut first = [0; 32];
        first.get_mut(..bytes.len())?.copy_from_slice(bytes);
        let prefix = Self { first, nibbles: wire.nibbles };
        (prefix.cut(&first).first == first).then_some(prefix)
    }

    pub(crate) fn to_wire(self) -> RangePrefix {
        RangePrefix { nibbles: self.nibbles, bytes: wire::field(self.bytes().to_vec()) }
    }

    /// The half bytes of the prefix, two to a byte.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.first.get(..usize::from(self.nibbles).div_ceil(2)).unwrap_or_default()
    }

    /// How many half bytes.
    pub(crate) fn nibbles(self) -> u8 {
        self.nibbles
    }

    /// Whether there are smaller ranges in it.
    pub(crate) fn can_split(self) -> bool {
        self.nibbles < NIBBLES
    }

    /// The sixteenth of it whose next half byte is `nibble`.
    pub(crate) fn child(self, nibble: u8) -> Self {
        let mut child = Self { nibbles: (self.nibbles + 1).min(NIBBLES), ..self };
        if let Some(byte) = child.first.get_mut(usize::from(self.nibbles / 2)) {
            *byte |= if self.nibbles.is_multiple_of(2) { nibble << 4 } else { nibble & 0x0f };
        }
        child
    }

    /// The half byte of an id behind this prefix.
    pub(crate) fn next_nibble(self, id: &[u8; 32]) -> u8 {
        let byte = id.get(usize::from(self.nibbles / 2)).copied().unwrap_or_default();
        if self.nibbles.is_multiple_of(2) { byte >> 4 } else { byte & 0x0f }
    }

    /// The range of this length that an id falls into.
    pub(crate) fn of(id: &[u8; 32], nibbles: u8) -> Self {
        Self { first: [0; 32], nibbles: nibbles.min(NIBBLES) }.cut(id)
    }

    /// Whether an id falls into it.
    pub(crate) fn contains(self, id: &OuterId) -> bool {
        self.cut(id.as_bytes()) == self
    }

    /// Whether a range lies within this one.
    pub(crate) fn covers(self, other: Self) -> bool {
        self.nibbles <= other.nibbles && self.cut(&other.first) == self
    }

    /// The keys of its ids in the index of a queue: first, and end (exclusive).
    pub(crate) fn keys(self, queue: &QueueId) -> (Vec<u8>, Vec<u8>) {
        let start = key::join(&[queue.as_bytes(), &self.first]);
        let mut last = self.first;
        for (at, byte) in last.iter_mut().enumerate() {
            let kept = usize::from(self.nibbles).saturating_sub(at * 2);
            *byte |= match kept {
                0 => 0xff,
                1 => 0x0f,
                2.. => 0,
            };
        }
        // The index has nothing longer than an id: one byte more is past the last one.
        (start, key::join(&[queue.as_bytes(), &last, &[0]]))
    }

    fn cut(self, id: &[u8; 32]) -> Self {
        let mut first = [0; 32];
        for (at, (to, from)) in first.iter_mut().zip(id).enumerate() {
            *to = match usize::from(self.nibbles).saturating_sub(at * 2) {
                0 => 0,
                1 => from & 0xf0,
                2.. => *from,
            };
        }
        Self { first, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_reads_as_it_was_written_and_in_no_other_form() {
        let id: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap_or(0).wrapping_mul(37) | 0x11);
        for nibbles in 0..=64 {
            let prefix = Prefix::of(&id, nibbles);
            assert_eq!(Prefix::parse(&prefix.to_wire()), Some(prefix));
            assert!(prefix.contains(&OuterId::from_bytes(id)));
            if nibbles < 64 {
                assert_eq!(prefix.child(prefix.next_nibble(&id)), Prefix::of(&id, nibbles + 1));
                assert!(prefix.covers(prefix.child(3)) && !prefix.child(3).covers(prefix));
            }
        }
        let odd = RangePrefix { nibbles: 1, bytes: wire::field(vec![0x1f]) };
        let long = RangePrefix { nibbles: 65, bytes: wire::field(vec![0; 33]) };
        let short = RangePrefix { nibbles: 4, bytes: wire::field(vec![0x12]) };
        assert_eq!([odd, long, short].map(|wire| Prefix::parse(&wire)), [None; 3]);
    }

    #[test]
    fn the_keys_of_a_range_are_those_of_its_ids_and_no_others() {
        let queue = QueueId::from_bytes([7; 32]);
        for nibbles in [0, 1, 2, 3, 63, 64] {
            let prefix = Prefix::of(&[0xab; 32], nibbles);
            let (start, end) = prefix.keys(&queue);
            for id in [[0; 32], [0xab; 32], [0xff; 32], [0xac; 32], [0xaa; 32], [0xa0; 32], [0xaf; 32], [0xb0; 32]] {
                let row = key::join(&[queue.as_bytes(), &id]);
                assert_eq!(start <= row && row < end, prefix.contains(&OuterId::from_bytes(id)), "{nibbles} {id:?}");
            }
        }
    }
}
