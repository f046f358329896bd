//! Padding of sealed frames: the whole frame has the length of a bucket, so that its length says little of its content.
//!
//! Spec: `PROTOCOL.md` A4, `DECISIONS.md` 7. Padded content is its length, itself, and zeros.

/// Bytes of the length in front of the content.
pub(crate) const LENGTH: usize = 4;
const SMALLEST: usize = 512;
const STEP: usize = 64 * 1024;

/// The bucket for a whole frame of `length` bytes: 512 B doubling to 64 KiB, then multiples of 64 KiB.
#[must_use]
pub fn bucket(length: usize) -> usize {
    if length <= SMALLEST {
        SMALLEST
    } else if length <= STEP {
        length.next_power_of_two()
    } else {
        length.div_ceil(STEP) * STEP
    }
}

/// Pads `content` so that the frame is as long as its bucket; `overhead` are the bytes of it that are not content, the length included.
/// The caller bounds the content, far below 4 GiB.
pub(crate) fn pad(content: &[u8], overhead: usize) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("callers bound what they seal");
    let whole = bucket(content.len() + overhead) - overhead + LENGTH;
    let mut padded = Vec::with_capacity(whole);
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(content);
    padded.resize(whole, 0);
    padded
}

/// The content, if it was padded as [`pad`] does it.
pub(crate) fn unpad(padded: &[u8], overhead: usize) -> Option<Vec<u8>> {
    let (length, rest) = padded.split_first_chunk::<LENGTH>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (content, padding) = rest.split_at_checked(length)?;
    let smallest = bucket(content.len() + overhead) - overhead + LENGTH == padded.len();
    (smallest && padding.iter().all(|byte| *byte == 0)).then(|| content.to_vec())
}
