//! Takes the wall clock out of the row of message secrets (STACK.md §8).
//!
//! openmls stamps the secrets of an epoch with the time it reached it. Equal states would have unequal rows, and the rows
//! would tell when. We keep no past epochs (DECISIONS 11), so nothing reads the stamp, and nil stands in its place.
//! Owns just enough MessagePack to find it; a row of another shape stays as it is.

const NIL: u8 = 0xc0;

/// The row without the time, or as it was if its shape is not `[max, past, [_, _, _, _, _, time]]`.
pub(super) fn without_time(mut row: Vec<u8>) -> Vec<u8> {
    if let Some(start) = time_at(&row) {
        row.truncate(start);
        row.push(NIL);
    }
    row
}

/// Where the time begins, if it is the last thing in the row.
fn time_at(row: &[u8]) -> Option<usize> {
    let (items, mut at) = array(row, 0)?;
    if items != 3 {
        return None;
    }
    for _ in 0..2 {
        at = skip(row, at)?;
    }
    let (items, mut at) = array(row, at)?;
    if items != 6 {
        return None;
    }
    for _ in 0..5 {
        at = skip(row, at)?;
    }
    (array(row, at)?.0 == 2 && skip(row, at)? == row.len()).then_some(at)
}

/// Length and first item of the array at `at`.
fn array(row: &[u8], at: usize) -> Option<(usize, usize)> {
    match row.get(at)? {
        head @ 0x90..=0x9f => Some((usize::from(head & 0x0f), at + 1)),
        0xdc => Some((number(row, at + 1, 2)?, at + 3)),
        0xdd => Some((number(row, at + 1, 4)?, at + 5)),
        _ => None,
    }
}

/// End of the value at `at`. Counts values still to skip instead of recursing.
fn skip(row: &[u8], mut at: usize) -> Option<usize> {
    let mut left = 1_usize;
    while left > 0 {
        let head = *row.get(at)?;
        let (end, inner) = match head {
            0x80..=0x8f => (at + 1, 2 * usize::from(head & 0x0f)),
            0x90..=0x9f | 0xdc | 0xdd => array(row, at).map(|(items, first)| (first, items))?,
            0xa0..=0xbf => (at + 1 + usize::from(head & 0x1f), 0),
            0xc4 | 0xd9 => (at + 2 + number(row, at + 1, 1)?, 0),
            0xc5 | 0xda => (at + 3 + number(row, at + 1, 2)?, 0),
            0xc6 | 0xdb => (at + 5 + number(row, at + 1, 4)?, 0),
            0xcc | 0xd0 => (at + 2, 0),
            0xcd | 0xd1 => (at + 3, 0),
            0xca | 0xce | 0xd2 => (at + 5, 0),
            0xcb | 0xcf | 0xd3 => (at + 9, 0),
            0xde => (at + 3, 2 * number(row, at + 1, 2)?),
            0xdf => (at + 5, 2 * number(row, at + 1, 4)?),
            0xc1 | 0xc7..=0xc9 | 0xd4..=0xd8 => return None,
            0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => (at + 1, 0),
        };
        at = end;
        left = left - 1 + inner;
    }
    Some(at)
}

fn number(row: &[u8], at: usize, bytes: usize) -> Option<usize> {
    let bytes = row.get(at..at.checked_add(bytes)?)?;
    Some(bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::without_time;
    use std::time::{Duration, SystemTime};

    type Row = (u64, Vec<u8>, (u8, Vec<u16>, String, i64, Option<bool>, Option<SystemTime>));

    fn row(time: Option<SystemTime>) -> Vec<u8> {
        let inner = (200, vec![1, 300, 7], "text".to_owned(), -70_000, Some(true), time);
        rmp_serde::to_vec(&(5_000_000_000_u64, vec![1, 2, 3_u8], inner)).unwrap()
    }

    #[test]
    fn the_time_becomes_nil_and_the_row_still_reads() {
        for nanos in [0, 200, 60_000, 999_999_999] {
            let time = SystemTime::UNIX_EPOCH + Duration::new(1_800_000_000, nanos);
            let cleaned = without_time(row(Some(time)));
            assert_eq!(cleaned, row(None));
            let read: Row = rmp_serde::from_slice(&cleaned).unwrap();
            assert_eq!(read.2.5, None);
        }
    }

    #[test]
    fn rows_of_other_shapes_stay_as_they_are() {
        for other in [row(None), vec![], vec![0xc1], vec![0x93, 0xdc], rmp_serde::to_vec(&(1, 2, 3)).unwrap()] {
            assert_eq!(without_time(other.clone()), other);
        }
    }
}
