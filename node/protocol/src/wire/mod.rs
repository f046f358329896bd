//! What travels between nodes and between members: encode and decode, versions, size checks.
//!
//! Frames and entries are in TLS presentation language, application content in CBOR with integer keys (DECISIONS 6). Nothing here decides
//! anything.

pub mod bundle;
pub mod commit_body;
pub mod content;
pub mod ephemeral;
pub mod fork_vote;
pub mod id;
pub mod inbox;
pub mod inner;
pub mod keys;
pub mod log;
pub mod mailbox;
pub mod petition;
pub mod reconcile;
pub mod rejoin;
pub mod standing;

use tls_codec::VLByteVec;

use crate::error::Rejection;

/// The version of entries and frames.
pub const VERSION: u8 = 1;

/// Decodes exactly one frame.
///
/// # Errors
/// [`Rejection::Malformed`] naming `what`.
pub fn decode<T: tls_codec::Deserialize + tls_codec::Serialize>(
    bytes: &[u8],
    what: &'static str,
) -> Result<T, Rejection> {
    tidings_crypto::decode_exact(bytes).map_err(|_| Rejection::Malformed { what })
}

/// Encodes one frame.
#[must_use]
pub fn encode<T: tls_codec::Serialize>(frame: &T) -> Vec<u8> {
    tidings_crypto::encode(frame)
}

/// Bytes as a variable-length field.
#[must_use]
pub fn field(bytes: Vec<u8>) -> VLByteVec {
    VLByteVec::from(bytes)
}

/// Text from a variable-length field.
///
/// # Errors
/// [`Rejection::Malformed`] naming `what` if it is not UTF-8 or longer than `limit` bytes.
pub fn text(bytes: &VLByteVec, limit: usize, what: &'static str) -> Result<String, Rejection> {
    if bytes.as_slice().len() > limit {
        return Err(Rejection::Malformed { what });
    }
    String::from_utf8(bytes.as_slice().to_vec()).map_err(|_| Rejection::Malformed { what })
}
