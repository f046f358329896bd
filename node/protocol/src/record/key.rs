//! How the keys of rows are put together: fixed-size parts, numbers big-endian, so that ranges are prefixes.

/// Joins parts into one key.
#[must_use]
pub fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// The key of a counter within a prefix.
#[must_use]
pub fn counted(prefix: &[u8], counter: u64) -> Vec<u8> {
    join(&[prefix, &counter.to_be_bytes()])
}

/// The end (exclusive) of the range of all keys that start with `prefix`.
#[must_use]
pub fn prefix_end(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    // Only for an empty prefix or one of 0xff alone: longer than any key in use.
    vec![u8::MAX; prefix.len() + 64]
}

/// The last eight bytes of a key as a counter.
#[must_use]
pub fn counter_of(key: &[u8]) -> Option<u64> {
    let tail = key.len().checked_sub(8)?;
    Some(u64::from_be_bytes(key.get(tail..)?.try_into().ok()?))
}
