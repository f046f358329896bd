//! The outer entry: what stores and relays see of an entry, and the keys it is made with.
//!
//! Spec: `PROTOCOL.md` A4, A8, `DECISIONS.md` 5–7. An outer entry names a queue and the tag of a log key, and nothing of the people. Its
//! whole length is one of the padding buckets. What is inside is opaque here.

use crate::codec::{CodecError, decode_exact, encode};
use crate::id::{NodeId, OuterId, QueueId, derive};
pub use crate::padding::bucket;
use crate::padding::{LENGTH, pad, unpad};
use crate::seal::{self, NONCE, TAG};
use crate::sign::{Label, Signature, SigningKey, VerifyingKey};
use tls_codec::{TlsByteVecU32, TlsDeserialize, TlsSerialize, TlsSize};
use zeroize::Zeroizing;

/// The largest outer entry, in bytes.
pub const MAX_OUTER: usize = 1024 * 1024;
/// Bytes of an outer entry that are not content: fields, tag, and the length in front of the content.
pub const OVERHEAD: usize = 1 + 32 + 8 + NONCE + 4 + TAG + 64 + LENGTH;
/// The largest content of one entry, in bytes.
pub const MAX_INNER: usize = MAX_OUTER - OVERHEAD;

const VERSION: u8 = 1;

/// Why bytes are no outer entry, or an outer entry is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OuterError {
    /// More than [`MAX_INNER`] bytes of content.
    #[error("the entry is too large")]
    TooLarge,
    /// Not one well-formed frame of this version, or not of a bucket's length.
    #[error("the outer entry is malformed")]
    Malformed,
    /// The topic key is not the queue's, or its signature does not verify.
    #[error("the outer entry is not signed by the key of its queue")]
    Signature,
    /// Sealed under another log key (or changed).
    #[error("the outer entry cannot be opened with this log key")]
    Seal,
}

impl From<CodecError> for OuterError {
    fn from(_: CodecError) -> Self {
        OuterError::Malformed
    }
}

/// The key an epoch's outer entries are sealed with. Overwritten when dropped, never printed.
#[derive(Clone)]
pub struct LogKey(Zeroizing<[u8; 32]>);

impl LogKey {
    /// The key with these bytes (an MLS export of the epoch).
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, to be stored sealed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What an outer entry shows of its key, so that holders find the key without trying all.
    #[must_use]
    pub fn tag(&self) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, ..] = derive("tidings/1/epoch-tag", &[self.0.as_slice()]);
        [a, b, c, d, e, f, g, h]
    }
}

impl std::fmt::Debug for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogKey(…)")
    }
}

/// The right to write into one queue: an Ed25519 pair all members can derive.
#[derive(Debug, Clone)]
pub struct TopicKey(SigningKey);

impl TopicKey {
    /// The topic key of the generation with this secret.
    #[must_use]
    pub fn derive(secret: &[u8; 32]) -> Self {
        let seed = Zeroizing::new(derive("tidings/1/topic-key", &[secret]));
        Self(SigningKey::from_seed(&seed))
    }

    /// The public half; presented with the first push to a queue.
    #[must_use]
    pub fn public(&self) -> VerifyingKey {
        self.0.verifying_key()
    }

    /// The queue this key writes to.
    #[must_use]
    pub fn queue(&self) -> QueueId {
        queue_of(&self.public())
    }

    /// The right of one node to read the queue at another, which does not know the members (PROTOCOL A8).
    #[must_use]
    pub fn allow_reading(&self, at: &NodeId, reader: &NodeId) -> Signature {
        self.0.sign(Label::Read, &reading(at, reader))
    }

    /// Says which queue carries the conversation after this one.
    #[must_use]
    pub fn succeeded_by(&self, next: &QueueId) -> Signature {
        self.0.sign(Label::Succession, next.as_bytes())
    }
}

fn reading(at: &NodeId, reader: &NodeId) -> Vec<u8> {
    [at.as_bytes().as_slice(), reader.as_bytes()].concat()
}

/// Checks that whoever has the topic key lets `reader` read the queue at the node `at`.
///
/// # Errors
/// [`OuterError::Signature`].
pub fn may_read(
    topic_public: &VerifyingKey,
    at: &NodeId,
    reader: &NodeId,
    signature: &Signature,
) -> Result<(), OuterError> {
    topic_public.verify(Label::Read, &reading(at, reader), signature).map_err(|_| OuterError::Signature)
}

/// Checks that whoever has the topic key of a queue names `next` as the one after it.
///
/// # Errors
/// [`OuterError::Signature`].
pub fn is_succeeded_by(topic_public: &VerifyingKey, next: &QueueId, signature: &Signature) -> Result<(), OuterError> {
    topic_public.verify(Label::Succession, next.as_bytes(), signature).map_err(|_| OuterError::Signature)
}

/// The queue that belongs to a public topic key.
#[must_use]
pub fn queue_of(topic_public: &VerifyingKey) -> QueueId {
    QueueId::from_bytes(derive("tidings/1/queue", &[topic_public.as_bytes()]))
}

#[derive(Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Head {
    version: u8,
    queue: QueueId,
    epoch_tag: [u8; 8],
    nonce: [u8; NONCE],
}

#[derive(Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Unsigned {
    head: Head,
    ciphertext: TlsByteVecU32,
}

#[derive(Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Frame {
    unsigned: Unsigned,
    topic_signature: Signature,
}

/// A sealed entry in one queue. Well-formed once made; whether its signature verifies, [`Outer::verify`] says.
#[derive(Clone, PartialEq, Eq)]
pub struct Outer(Frame);

impl Outer {
    /// Pads `inner` to a bucket, seals it under `log_key` and signs the whole with the topic key.
    ///
    /// `nonce` must be fresh for each call with one log key: 24 random bytes.
    ///
    /// # Errors
    /// [`OuterError::TooLarge`] above [`MAX_INNER`] bytes.
    pub fn seal(topic: &TopicKey, log_key: &LogKey, nonce: [u8; 24], inner: &[u8]) -> Result<Self, OuterError> {
        if inner.len() > MAX_INNER {
            return Err(OuterError::TooLarge);
        }
        let head = Head { version: VERSION, queue: topic.queue(), epoch_tag: log_key.tag(), nonce };
        let padded = pad(inner, OVERHEAD);
        let ciphertext = seal::seal(log_key.as_bytes(), &nonce, &encode(&head), &padded);
        let unsigned = Unsigned { head, ciphertext: TlsByteVecU32::from(ciphertext) };
        let topic_signature = topic.0.sign(Label::Topic, &encode(&unsigned));
        Ok(Self(Frame { unsigned, topic_signature }))
    }

    /// Reads an outer entry. Neither signature nor seal are checked yet.
    ///
    /// # Errors
    /// [`OuterError::TooLarge`] above [`MAX_OUTER`], [`OuterError::Malformed`] otherwise.
    pub fn parse(bytes: &[u8]) -> Result<Self, OuterError> {
        if bytes.len() > MAX_OUTER {
            return Err(OuterError::TooLarge);
        }
        if bytes.len() != bucket(bytes.len()) {
            return Err(OuterError::Malformed);
        }
        let frame: Frame = decode_exact(bytes)?;
        if frame.unsigned.head.version != VERSION {
            return Err(OuterError::Malformed);
        }
        Ok(Self(frame))
    }

    /// The bytes as sent and stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&self.0)
    }

    /// The id stores and readers recognise duplicates by.
    #[must_use]
    pub fn id(&self) -> OuterId {
        OuterId::from_bytes(derive("tidings/1/outer-id", &[&self.to_bytes()]))
    }

    /// The queue it belongs to.
    #[must_use]
    pub fn queue(&self) -> QueueId {
        self.0.unsigned.head.queue
    }

    /// The tag of the log key it is sealed under.
    #[must_use]
    pub fn epoch_tag(&self) -> [u8; 8] {
        self.0.unsigned.head.epoch_tag
    }

    /// Checks that `topic_public` is the key of the queue and that it signed this entry.
    ///
    /// # Errors
    /// [`OuterError::Signature`].
    pub fn verify(&self, topic_public: &VerifyingKey) -> Result<(), OuterError> {
        if queue_of(topic_public) != self.queue() {
            return Err(OuterError::Signature);
        }
        topic_public
            .verify(Label::Topic, &encode(&self.0.unsigned), &self.0.topic_signature)
            .map_err(|_| OuterError::Signature)
    }

    /// The content, without padding.
    ///
    /// # Errors
    /// [`OuterError::Seal`] under another log key or for changed bytes, [`OuterError::Malformed`] if a holder of the key padded wrongly.
    pub fn open(&self, log_key: &LogKey) -> Result<Vec<u8>, OuterError> {
        let Unsigned { head, ciphertext } = &self.0.unsigned;
        if head.epoch_tag != log_key.tag() {
            return Err(OuterError::Seal);
        }
        let padded = seal::open(log_key.as_bytes(), &head.nonce, &encode(head), ciphertext.as_slice())
            .map_err(|_| OuterError::Seal)?;
        unpad(&padded, OVERHEAD).ok_or(OuterError::Malformed)
    }
}

impl std::fmt::Debug for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outer({:?})", self.queue())
    }
}

#[cfg(test)]
#[path = "outer_tests.rs"]
mod tests;
