//! The one way bytes become frames and frames become bytes (TLS presentation language, `DECISIONS.md` 6).
//!
//! Owns the two functions everything else calls. It knows no frame itself.

use tls_codec::{Deserialize, Serialize};

/// The bytes are not exactly one frame of the expected type: too short, too long, an unknown value, or not in the one canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not one well-formed frame")]
pub struct CodecError;

/// Decodes exactly one `T` and refuses trailing bytes.
///
/// The value is encoded again and compared, so what is accepted has one byte form only: hashes and signatures may then be computed over
/// the decoded value as over the bytes that were sent.
///
/// # Errors
/// [`CodecError`] if the bytes are truncated, have a rest, hold an unknown value or are not canonical.
pub fn decode_exact<T: Deserialize + Serialize>(bytes: &[u8]) -> Result<T, CodecError> {
    let mut rest = bytes;
    let value = T::tls_deserialize(&mut rest).map_err(|_| CodecError)?;
    if !rest.is_empty() {
        return Err(CodecError);
    }
    match value.tls_serialize_detached() {
        Ok(again) if again == bytes => Ok(value),
        Ok(_) | Err(_) => Err(CodecError),
    }
}

/// Encodes one frame.
///
/// # Panics
/// Only if a variable-length field is longer than 2^62 bytes (QUIC vectors) or than its `u8`/`u16`/`u32` length prefix can say; our
/// types check their sizes when they are made.
#[must_use]
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    value.tls_serialize_detached().expect("writing into memory fails only for fields longer than their length prefix")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tls_codec::VLByteVec;

    // REQ-ENC-1
    #[test]
    fn a_frame_with_one_trailing_byte_is_refused() {
        let mut bytes = encode(&7u16);
        assert_eq!(decode_exact::<u16>(&bytes), Ok(7));
        bytes.push(0);
        assert_eq!(decode_exact::<u16>(&bytes), Err(CodecError));
    }

    #[test]
    fn a_truncated_frame_is_refused_at_every_length() {
        let bytes = encode(&VLByteVec::from(vec![9u8; 70]));
        for end in 0..bytes.len() {
            assert!(decode_exact::<VLByteVec>(bytes.get(..end).unwrap_or_default()).is_err());
        }
    }

    #[test]
    fn a_length_written_longer_than_needed_is_refused() {
        assert!(decode_exact::<VLByteVec>(&[0x01, 0xaa]).is_ok());
        assert!(decode_exact::<VLByteVec>(&[0x40, 0x01, 0xaa]).is_err());
    }
}
