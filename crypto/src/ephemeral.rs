//! The ephemeral frame: what the nodes that pass it see of something that is said to those who are there, and never kept.
//!
//! Spec: `PROTOCOL.md` A4 (`eph`). Sealed by those who can seal outer entries, padded as they are, and yet never one of them: the key is
//! another, derived from the log key, and it bears no topic signature, so that no queue takes it. What is inside is opaque here.

use crate::codec::{decode_exact, encode};
use crate::id::{QueueId, derive};
use crate::outer::LogKey;
use crate::padding::{LENGTH, bucket, pad, unpad};
use crate::seal::{self, NONCE, TAG};
use tls_codec::{TlsByteVecU32, TlsDeserialize, TlsSerialize, TlsSize};
use zeroize::Zeroizing;

/// The largest frame, in bytes: room for the offer of a call.
pub const MAX_EPHEMERAL: usize = 4096;
/// Bytes of a frame that are not content: fields, tag, and the length in front of the content.
pub const OVERHEAD: usize = 1 + 32 + 8 + NONCE + 4 + TAG + LENGTH;

const VERSION: u8 = 1;

/// Too large, not one well-formed frame of this version, or not sealed under this key. The cause is not told apart: nobody is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no ephemeral frame of that epoch")]
pub struct BadEphemeral;

#[derive(Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Head {
    version: u8,
    queue: QueueId,
    epoch_tag: [u8; 8],
    nonce: [u8; NONCE],
}

#[derive(Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Frame {
    head: Head,
    ciphertext: TlsByteVecU32,
}

/// A sealed frame for those who read one queue.
#[derive(Clone, PartialEq, Eq)]
pub struct Ephemeral(Frame);

impl Ephemeral {
    /// Pads `content` to a bucket and seals it under the epoch of `log_key`. `nonce` must be fresh for each call with one log key.
    ///
    /// # Errors
    /// [`BadEphemeral`] if the frame would be larger than [`MAX_EPHEMERAL`].
    pub fn seal(queue: QueueId, log_key: &LogKey, nonce: [u8; 24], content: &[u8]) -> Result<Self, BadEphemeral> {
        if content.len() > MAX_EPHEMERAL - OVERHEAD {
            return Err(BadEphemeral);
        }
        let head = Head { version: VERSION, queue, epoch_tag: log_key.tag(), nonce };
        let ciphertext = seal::seal(&key(log_key), &nonce, &encode(&head), &pad(content, OVERHEAD));
        Ok(Self(Frame { head, ciphertext: TlsByteVecU32::from(ciphertext) }))
    }

    /// Reads a frame; the seal is not checked yet.
    ///
    /// # Errors
    /// [`BadEphemeral`] for what has not the form or the length of one.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadEphemeral> {
        if bytes.len() > MAX_EPHEMERAL || bytes.len() != bucket(bytes.len()) {
            return Err(BadEphemeral);
        }
        let frame: Frame = decode_exact(bytes).map_err(|_| BadEphemeral)?;
        if frame.head.version == VERSION { Ok(Self(frame)) } else { Err(BadEphemeral) }
    }

    /// The bytes as sent.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&self.0)
    }

    /// For the readers of which queue it is.
    #[must_use]
    pub fn queue(&self) -> QueueId {
        self.0.head.queue
    }

    /// The content, without padding.
    ///
    /// # Errors
    /// [`BadEphemeral`] under the key of another epoch, and for changed bytes.
    pub fn open(&self, log_key: &LogKey) -> Result<Vec<u8>, BadEphemeral> {
        let Frame { head, ciphertext } = &self.0;
        if head.epoch_tag != log_key.tag() {
            return Err(BadEphemeral);
        }
        let padded = seal::open(&key(log_key), &head.nonce, &encode(head), ciphertext.as_slice());
        padded.ok().and_then(|padded| unpad(&padded, OVERHEAD)).ok_or(BadEphemeral)
    }
}

impl std::fmt::Debug for Ephemeral {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ephemeral({:?})", self.queue())
    }
}

/// Another key than that of outer entries, which the same people have.
fn key(log_key: &LogKey) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(derive("tidings/1/ephemeral-key", &[log_key.as_bytes().as_slice()]))
}

#[cfg(test)]
#[path = "ephemeral_tests.rs"]
mod tests;
