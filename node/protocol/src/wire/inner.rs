//! The inner entry: what members see after opening the outer seal (PROTOCOL A4).
//!
//! Deviations: `prev_tag` and the tag of each dependency were added. They say under which epoch an earlier entry was sealed, so that a
//! newcomer, who cannot open entries from before its join, knows which of them it must wait for and which it will never see.

use tidings_crypto::id::{ConversationId, DeviceId, EntryId, EpochId};
use tidings_crypto::sign::{Label, Signature, SigningKey, VerifyingKey};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

use super::{VERSION, decode, encode};
use crate::error::Rejection;
use crate::limits::DEPENDENCIES_MAX;

/// Where the generation stands in a sequence number: a device writes less than 2^48 entries in a conversation.
const GENERATION_SHIFT: u32 = 48;

/// What an entry's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An MLS application message.
    App,
    /// An MLS commit with what is needed to judge it.
    Commit,
    /// An MLS SelfRemove proposal.
    SelfRemove,
    /// How far the author has received others' logs.
    Receipt,
    /// A request to be let back in; it stands outside its author's log.
    Rejoin,
    /// A vote for a commit that its author has made final; it stands outside its author's log.
    ForkVote,
    /// The word that the epoch it is sealed under has lost, for those who were welcomed to it; it stands outside its author's log.
    Void,
    /// Where the author's mailboxes are.
    Reach,
    /// The author's signature for another owner of the group.
    Petition,
    /// The link into a group that the author has opened in place of this one; it stands outside its author's log.
    Successor,
}

impl Kind {
    const fn number(self) -> u8 {
        match self {
            Self::App => 1,
            Self::Commit => 2,
            Self::SelfRemove => 3,
            Self::Receipt => 4,
            Self::Rejoin => 5,
            Self::ForkVote => 6,
            Self::Void => 7,
            Self::Reach => 9,
            Self::Petition => 10,
            Self::Successor => 11,
        }
    }

    /// Whether such an entry stands outside its author's log.
    #[must_use]
    pub const fn stands_beside(self) -> bool {
        matches!(self, Self::Rejoin | Self::ForkVote | Self::Void | Self::Successor)
    }

    /// The kind with this number, if this version knows it.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::App),
            2 => Some(Self::Commit),
            3 => Some(Self::SelfRemove),
            4 => Some(Self::Receipt),
            5 => Some(Self::Rejoin),
            6 => Some(Self::ForkVote),
            7 => Some(Self::Void),
            9 => Some(Self::Reach),
            10 => Some(Self::Petition),
            11 => Some(Self::Successor),
            _ => None,
        }
    }
}

/// An entry of another device's log which the author had processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Dependency {
    /// Whose log.
    pub device: DeviceId,
    /// Up to which entry.
    pub sequence: u64,
    /// Under which epoch that entry was sealed.
    pub tag: [u8; 8],
}

/// One entry of a device's log in one conversation.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Inner {
    version: u8,
    /// The conversation.
    pub conversation: ConversationId,
    /// The author.
    pub device: DeviceId,
    /// Which log of that device: how often it was let back in.
    pub generation: u16,
    /// Counts from 1; the upper sixteen bits are the generation.
    pub sequence: u64,
    /// Hash of the previous entry of this log; zeros for the first.
    pub prev: [u8; 32],
    /// Epoch tag of the previous entry; zeros for the first.
    pub prev_tag: [u8; 8],
    /// Hybrid logical clock: 48 bits of unix milliseconds, 16 bits of counter.
    pub clock: u64,
    /// What the author had seen of others; at most four.
    pub dependencies: Vec<Dependency>,
    kind: u8,
    /// The MLS state that the body belongs to.
    pub epoch: EpochId,
    /// Commitment to the plaintext of an application message; zeros for other kinds.
    pub commitment: [u8; 32],
    /// By kind.
    pub body: VLByteVec,
}

/// The generation of the log in which a sequence number stands.
#[must_use]
pub fn generation_of(sequence: u64) -> u16 {
    u16::try_from(sequence >> GENERATION_SHIFT).unwrap_or(u16::MAX)
}

/// The number before the first of a generation.
#[must_use]
pub fn generation_start(generation: u16) -> u64 {
    u64::from(generation) << GENERATION_SHIFT
}

/// Everything of an entry but what its author's log adds.
pub struct Draft {
    /// The conversation.
    pub conversation: ConversationId,
    /// What the body is.
    pub kind: Kind,
    /// The MLS state that the body belongs to.
    pub epoch: EpochId,
    /// Commitment to the plaintext; zeros if there is none.
    pub commitment: [u8; 32],
    /// By kind.
    pub body: Vec<u8>,
}

/// The place of an entry in its author's log.
pub struct Place {
    /// The author.
    pub device: DeviceId,
    /// Counts from 1.
    pub sequence: u64,
    /// Hash of the previous entry.
    pub prev: [u8; 32],
    /// Epoch tag of the previous entry.
    pub prev_tag: [u8; 8],
    /// Hybrid logical clock.
    pub clock: u64,
    /// What the author had seen of others.
    pub dependencies: Vec<Dependency>,
}

impl Inner {
    /// Puts a draft in its place.
    #[must_use]
    pub fn new(draft: Draft, place: Place) -> Self {
        Self {
            version: VERSION,
            conversation: draft.conversation,
            device: place.device,
            generation: generation_of(place.sequence),
            sequence: place.sequence,
            prev: place.prev,
            prev_tag: place.prev_tag,
            clock: place.clock,
            dependencies: place.dependencies,
            kind: draft.kind.number(),
            epoch: draft.epoch,
            commitment: draft.commitment,
            body: VLByteVec::from(draft.body),
        }
    }

    /// What the body is; `None` for a kind this version does not know.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        Kind::from_number(self.kind)
    }
}

/// An entry as it came, with its signature not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The entry.
    pub inner: Inner,
    bytes: Vec<u8>,
    signature: Signature,
}

#[derive(TlsSerialize, TlsDeserialize, TlsSize)]
struct Frame {
    inner: VLByteVec,
    signature: Signature,
}

impl Signed {
    /// Signs an entry as its author.
    #[must_use]
    pub fn sign(inner: Inner, device_key: &SigningKey) -> Self {
        let bytes = encode(&inner);
        let signature = device_key.sign(Label::Entry, &bytes);
        Self { inner, bytes, signature }
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] for anything that is not exactly one entry of this version.
    pub fn parse(bytes: &[u8]) -> Result<Self, Rejection> {
        let frame: Frame = decode(bytes, "entry")?;
        let bytes = frame.inner.as_slice().to_vec();
        let inner: Inner = decode(&bytes, "entry")?;
        if inner.version != VERSION
            || inner.dependencies.len() > DEPENDENCIES_MAX
            || inner.sequence == 0
            || inner.generation != generation_of(inner.sequence)
        {
            return Err(Rejection::Malformed { what: "entry" });
        }
        Ok(Self { inner, bytes, signature: frame.signature })
    }

    /// The bytes that are sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&Frame { inner: VLByteVec::from(self.bytes.clone()), signature: self.signature })
    }

    /// Names the entry: the hash of everything but the signature.
    #[must_use]
    pub fn id(&self) -> EntryId {
        EntryId::of(&self.bytes)
    }

    /// Checks the author's signature.
    ///
    /// # Errors
    /// [`Rejection::Refused`] if it does not hold.
    pub fn verify(&self, device_key: &VerifyingKey) -> Result<(), Rejection> {
        device_key
            .verify(Label::Entry, &self.bytes, &self.signature)
            .map_err(|_| Rejection::Refused { reason: "signature of an entry" })
    }
}
