//! One step on a group: load, run, take the rows. Owns the way from openmls's storage to a [`Group`]'s rows.

use openmls::prelude::{ContentType, GroupId, MlsGroup, ProcessedMessageContent, Proposal, Sender};

use super::provider::{LeafSigner, StepProvider};
use super::storage::{RowError, RowLabel, RowStore};
use super::{Changes, Group, MlsError, Rows, wire};
use crate::id::ConversationId;
use crate::sign::SigningKey;

impl From<RowError> for MlsError {
    fn from(_: RowError) -> Self {
        Self::Rows
    }
}

/// Loads the group of `conversation` from the rows below `store`.
pub(super) fn load(store: &RowStore<'_>, conversation: ConversationId) -> Result<MlsGroup, MlsError> {
    let id = GroupId::from_slice(conversation.as_bytes());
    MlsGroup::load(store, &id)?.ok_or(MlsError::Rows)
}

/// Keeps the seed of a leaf key beside openmls's rows.
pub(super) fn keep_leaf_key(store: &RowStore<'_>, key: &SigningKey) -> Result<(), MlsError> {
    let public = key.verifying_key();
    Ok(store.put(RowLabel::LeafKey, &public.as_bytes().as_slice(), &key.to_seed().as_slice())?)
}

/// The leaf key with this public key.
pub(super) fn leaf_key(store: &RowStore<'_>, public: &[u8]) -> Result<SigningKey, MlsError> {
    let seed: Vec<u8> = store.get(RowLabel::LeafKey, &public)?.ok_or(MlsError::Rows)?;
    let seed = zeroize::Zeroizing::new(seed);
    let seed: &[u8; 32] = seed.as_slice().try_into().map_err(|_| MlsError::Rows)?;
    Ok(SigningKey::from_seed(seed))
}

/// Signer of our own leaf.
pub(super) fn signer(store: &RowStore<'_>, mls: &MlsGroup) -> Result<LeafSigner, MlsError> {
    if !mls.is_active() {
        return Err(MlsError::Inactive);
    }
    let leaf = mls.own_leaf_node().ok_or(MlsError::Rows)?;
    Ok(LeafSigner(leaf_key(store, leaf.signature_key().as_slice())?))
}

/// Verifies a SelfRemove proposal at this state and queues it in `mls`. Returns the leaf that leaves.
pub(super) fn queue_self_remove(
    provider: &StepProvider<'_>,
    mls: &mut MlsGroup,
    conversation: ConversationId,
    proposal: &[u8],
) -> Result<u32, MlsError> {
    let (message, _) = wire::handshake(proposal, ContentType::Proposal, conversation, mls.epoch().as_u64())?;
    let processed = mls.process_message(provider, message).map_err(|error| MlsError::Invalid(error.to_string()))?;
    let Sender::Member(leaf) = *processed.sender() else {
        return Err(MlsError::WrongKind);
    };
    let ProcessedMessageContent::ProposalMessage(queued) = processed.into_content() else {
        return Err(MlsError::WrongKind);
    };
    if !matches!(queued.proposal(), Proposal::SelfRemove) {
        return Err(MlsError::WrongKind);
    }
    mls.store_pending_proposal(openmls_traits::OpenMlsProvider::storage(provider), *queued)?;
    Ok(leaf.u32())
}

impl Group {
    /// The group that `mls` has become, its rows being `base` and `changes` on top.
    pub(super) fn after(conversation: ConversationId, mut rows: Rows, changes: &Changes, mls: MlsGroup) -> Self {
        changes.apply_to(&mut rows);
        let changed = Changes(rows.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect());
        Self { conversation, rows, changed, mls, welcome_sender: None }
    }

    /// Takes over what a step on this very epoch has written.
    pub(super) fn keep(&mut self, changes: Changes) {
        changes.apply_to(&mut self.rows);
        self.changed.merge(changes);
    }

    /// Throws away what a failed step may have done in memory.
    pub(super) fn reload(&mut self) -> Result<(), MlsError> {
        self.mls = load(&RowStore::over(&self.rows), self.conversation)?;
        Ok(())
    }
}
