//! Which row is which: one byte in front of each key. Owns the bytes; they are stored and never reused.

/// The kind of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowLabel {
    /// Configuration of the group.
    JoinConfig,
    /// Own leaves of pending updates.
    OwnLeafNodes,
    /// References of queued proposals.
    ProposalRefs,
    /// A queued proposal.
    Proposal,
    /// Ratchet tree.
    Tree,
    /// Interim transcript hash.
    InterimTranscriptHash,
    /// Group context.
    Context,
    /// Confirmation tag.
    ConfirmationTag,
    /// Operational, pending or inactive.
    GroupState,
    /// Ratchets of the epoch.
    MessageSecrets,
    /// Resumption secrets.
    ResumptionPsk,
    /// Own leaf index.
    OwnLeafIndex,
    /// Secrets of the epoch.
    EpochSecrets,
    /// openmls's signature key pairs; we keep [`RowLabel::LeafKey`] instead.
    SignatureKeyPair,
    /// An HPKE key pair of a pending update.
    EncryptionKeyPair,
    /// HPKE key pairs of the epoch.
    EpochKeyPairs,
    /// A key package with its private keys.
    KeyPackage,
    /// A pre-shared key.
    Psk,
    /// Ours: the seed of a leaf's signature key, by its public key.
    LeafKey,
}

impl RowLabel {
    /// The byte in front of the key.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::JoinConfig => 1,
            Self::OwnLeafNodes => 2,
            Self::ProposalRefs => 3,
            Self::Proposal => 4,
            Self::Tree => 5,
            Self::InterimTranscriptHash => 6,
            Self::Context => 7,
            Self::ConfirmationTag => 8,
            Self::GroupState => 9,
            Self::MessageSecrets => 10,
            Self::ResumptionPsk => 11,
            Self::OwnLeafIndex => 12,
            Self::EpochSecrets => 13,
            Self::SignatureKeyPair => 14,
            Self::EncryptionKeyPair => 15,
            Self::EpochKeyPairs => 16,
            Self::KeyPackage => 17,
            Self::Psk => 18,
            Self::LeafKey => 19,
        }
    }
}
