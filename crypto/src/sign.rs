//! Ed25519 signatures with a label for each use, verified strictly.
//!
//! Spec: `DECISIONS.md` 6, `PROTOCOL.md` A2. Signed bytes are `u8 length of label ‖ label ‖ u8 version ‖ bytes as sent`, so that no
//! signature made for one purpose is valid for another. Besides small-order points (`verify_strict`) keys that are not in canonical
//! form are refused. Does not decide who may sign what.

use crate::id::NodeId;
use ed25519_dalek::Signer;
use rand_core::CryptoRng;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};
use zeroize::{Zeroize, Zeroizing};

const VERSION: u8 = 1;

/// What a signature is for. Every use has its own label; labels are never reused for another format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// An entry of an identity log, by the root key.
    IdentityLog,
    /// An entry of a device's log in a conversation, by the device key.
    Entry,
    /// A box key record, by the device key.
    BoxKey,
    /// The certificate of an MLS leaf key, by the device key.
    Leaf,
    /// A key package with its time of issue, by the device key.
    KeyPackage,
    /// A contact request, by the claimer's device key.
    ContactRequest,
    /// The answer to a contact request, by the inviter's device key.
    ContactAnswer,
    /// An invite, by the inviter's device key.
    Invite,
    /// An outer entry, by the topic key of its queue.
    Topic,
    /// A vote on sibling commits, by the device key.
    ForkVote,
    /// A request to be added again, by the device key.
    Rejoin,
    /// A welcome as wrapped for a device, by the committer's device key.
    Welcome,
    /// A handle certificate, by the node key.
    Handle,
    /// The record of a node's addresses, by the node key.
    NodeRecord,
    /// A token that lets a contact fetch key packages, by the device key.
    KeyToken,
    /// A read request for a queue or an inbox, by the key it belongs to.
    Read,
    /// A change of who holds a role in a conversation, by the committer's device key.
    AdminChain,
    /// The wish that somebody be the new owner of a conversation, by the device key.
    Petition,
    /// Where an account's mailboxes are, by the device key.
    Reach,
    /// What a mailbox shall keep for an account, by the device key.
    Registration,
    /// Which queue comes after a queue, by the topic key of the earlier one.
    Succession,
    /// A request to be let into a group, by the device key of the one who followed the link.
    JoinRequest,
    /// Something that passes, such as that somebody is typing, by the device key.
    Ephemeral,
}

impl Label {
    /// All labels, for tests that try each against each.
    pub const ALL: [Label; 23] = [
        Label::IdentityLog,
        Label::Entry,
        Label::BoxKey,
        Label::Leaf,
        Label::KeyPackage,
        Label::ContactRequest,
        Label::ContactAnswer,
        Label::Invite,
        Label::Topic,
        Label::ForkVote,
        Label::Rejoin,
        Label::Welcome,
        Label::Handle,
        Label::NodeRecord,
        Label::KeyToken,
        Label::Read,
        Label::AdminChain,
        Label::Petition,
        Label::Reach,
        Label::Registration,
        Label::Succession,
        Label::JoinRequest,
        Label::Ephemeral,
    ];

    /// The label as it is signed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Label::IdentityLog => "tidings/1/idlog",
            Label::Entry => "tidings/1/entry",
            Label::BoxKey => "tidings/1/box-key",
            Label::Leaf => "tidings/1/leaf",
            Label::KeyPackage => "tidings/1/key-package",
            Label::ContactRequest => "tidings/1/contact-request",
            Label::ContactAnswer => "tidings/1/contact-answer",
            Label::Invite => "tidings/1/invite",
            Label::Topic => "tidings/1/topic",
            Label::ForkVote => "tidings/1/vote",
            Label::Rejoin => "tidings/1/rejoin",
            Label::Welcome => "tidings/1/welcome",
            Label::Handle => "tidings/1/handle",
            Label::NodeRecord => "tidings/1/node-record",
            Label::KeyToken => "tidings/1/key-token",
            Label::Read => "tidings/1/read",
            Label::AdminChain => "tidings/1/admin-chain",
            Label::Petition => "tidings/1/petition",
            Label::Reach => "tidings/1/reach",
            Label::Registration => "tidings/1/registration",
            Label::Succession => "tidings/1/succession",
            Label::JoinRequest => "tidings/1/join-request",
            Label::Ephemeral => "tidings/1/ephemeral",
        }
    }
}

/// The bytes a signature under `label` covers.
fn signed_bytes(label: Label, bytes: &[u8]) -> Vec<u8> {
    let text = label.as_str().as_bytes();
    let length = u8::try_from(text.len()).expect("labels are constants of less than 256 bytes");
    let mut all = Vec::with_capacity(text.len() + bytes.len() + 2);
    all.push(length);
    all.extend_from_slice(text);
    all.push(VERSION);
    all.extend_from_slice(bytes);
    all
}

/// The signature, or the key it should verify under, is not valid. The cause is not told apart on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not valid")]
pub struct BadSignature;

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Length in bytes.
    pub const LEN: usize = 64;

    /// The signature with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The bytes of the signature.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl TryFrom<&[u8]> for Signature {
    type Error = BadSignature;
    fn try_from(bytes: &[u8]) -> Result<Self, BadSignature> {
        bytes.try_into().map(Self).map_err(|_| BadSignature)
    }
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signature(…)")
    }
}

/// An Ed25519 public key as it stands on the wire. Bytes that are no good key verify nothing ([`VerifyingKey::is_valid`]).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct VerifyingKey([u8; 32]);

impl VerifyingKey {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// The key with these bytes, unchecked: verification checks.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether the bytes are a point of the curve in canonical form that is not of small order.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.point().is_ok()
    }

    /// Verifies `signature` over `bytes` for the use `label`.
    ///
    /// # Errors
    /// [`BadSignature`] if the key is not valid or the signature was not made by it under this label over these bytes.
    pub fn verify(&self, label: Label, bytes: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        self.verify_raw(&signed_bytes(label, bytes), signature)
    }

    /// Verifies a signature over the bytes alone. For MLS, which brings labels of its own.
    ///
    /// # Errors
    /// As [`VerifyingKey::verify`].
    pub(crate) fn verify_raw(&self, bytes: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.point()?.verify_strict(bytes, &signature).map_err(|_| BadSignature)
    }

    fn point(&self) -> Result<ed25519_dalek::VerifyingKey, BadSignature> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.0).map_err(|_| BadSignature)?;
        // Decompression takes y >= p and "-0"; a key must have one byte form, or two ids could name one key.
        let canonical = key.to_edwards().compress().to_bytes() == self.0;
        if canonical && !key.is_weak() { Ok(key) } else { Err(BadSignature) }
    }
}

impl TryFrom<&[u8]> for VerifyingKey {
    type Error = BadSignature;
    fn try_from(bytes: &[u8]) -> Result<Self, BadSignature> {
        bytes.try_into().map(Self).map_err(|_| BadSignature)
    }
}

impl From<NodeId> for VerifyingKey {
    fn from(node: NodeId) -> Self {
        Self(*node.as_bytes())
    }
}

impl From<VerifyingKey> for NodeId {
    fn from(key: VerifyingKey) -> Self {
        NodeId::from_bytes(key.0)
    }
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "VerifyingKey({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

/// An Ed25519 private key. Overwritten when dropped, never printed.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new key from 32 bytes of `rng`.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        Self::from_seed(&seed)
    }

    /// The key with this seed (RFC 8032 private key).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed, to be stored sealed.
    #[must_use]
    pub fn to_seed(&self) -> Zeroizing<[u8; 32]> {
        let mut bytes = self.0.to_bytes();
        let seed = Zeroizing::new(bytes);
        bytes.zeroize();
        seed
    }

    /// The public key.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `bytes` for the use `label`.
    #[must_use]
    pub fn sign(&self, label: Label, bytes: &[u8]) -> Signature {
        self.sign_raw(&signed_bytes(label, bytes))
    }

    /// Signs the bytes alone. For MLS, which brings labels of its own; never with a key that signs under labels.
    pub(crate) fn sign_raw(&self, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(bytes).to_bytes())
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

#[cfg(test)]
#[path = "sign_tests.rs"]
mod tests;
