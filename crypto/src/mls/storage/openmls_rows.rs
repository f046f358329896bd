//! openmls's storage trait on [`RowStore`]. Owns nothing but the mapping of its 53 methods to labels.

use openmls_traits::storage::{CURRENT_VERSION as V, StorageProvider, traits};

use super::{RowError, RowLabel, RowStore};

/// `write_x(group, value)`.
macro_rules! writes {
    ($($name:ident: $value:ident => $label:ident;)*) => {$(
        fn $name<G: traits::GroupId<V>, T: traits::$value<V>>(&self, group_id: &G, value: &T) -> Result<(), RowError> {
            self.put(RowLabel::$label, group_id, value)
        }
    )*};
}

/// `x(group)`.
macro_rules! reads {
    ($($name:ident: $value:ident => $label:ident;)*) => {$(
        fn $name<G: traits::GroupId<V>, T: traits::$value<V>>(&self, group_id: &G) -> Result<Option<T>, RowError> {
            self.get(RowLabel::$label, group_id)
        }
    )*};
}

/// `delete_x(group)`.
macro_rules! deletes {
    ($($name:ident => $label:ident;)*) => {$(
        fn $name<G: traits::GroupId<V>>(&self, group_id: &G) -> Result<(), RowError> {
            self.delete(RowLabel::$label, group_id)
        }
    )*};
}

impl StorageProvider<V> for RowStore<'_> {
    type Error = RowError;

    writes! {
        write_mls_join_config: MlsGroupJoinConfig => JoinConfig;
        write_tree: TreeSync => Tree;
        write_interim_transcript_hash: InterimTranscriptHash => InterimTranscriptHash;
        write_context: GroupContext => Context;
        write_confirmation_tag: ConfirmationTag => ConfirmationTag;
        write_message_secrets: MessageSecrets => MessageSecrets;
        write_resumption_psk_store: ResumptionPskStore => ResumptionPsk;
        write_own_leaf_index: LeafNodeIndex => OwnLeafIndex;
        write_group_epoch_secrets: GroupEpochSecrets => EpochSecrets;
    }

    reads! {
        mls_group_join_config: MlsGroupJoinConfig => JoinConfig;
        tree: TreeSync => Tree;
        group_context: GroupContext => Context;
        interim_transcript_hash: InterimTranscriptHash => InterimTranscriptHash;
        confirmation_tag: ConfirmationTag => ConfirmationTag;
        message_secrets: MessageSecrets => MessageSecrets;
        resumption_psk_store: ResumptionPskStore => ResumptionPsk;
        own_leaf_index: LeafNodeIndex => OwnLeafIndex;
        group_epoch_secrets: GroupEpochSecrets => EpochSecrets;
    }

    deletes! {
        delete_own_leaf_nodes => OwnLeafNodes;
        delete_group_config => JoinConfig;
        delete_tree => Tree;
        delete_confirmation_tag => ConfirmationTag;
        delete_group_state => GroupState;
        delete_context => Context;
        delete_interim_transcript_hash => InterimTranscriptHash;
        delete_message_secrets => MessageSecrets;
        delete_all_resumption_psk_secrets => ResumptionPsk;
        delete_own_leaf_index => OwnLeafIndex;
        delete_group_epoch_secrets => EpochSecrets;
    }

    // The trait has the type parameters of these two the other way round.
    fn write_group_state<T: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group_id: &G,
        group_state: &T,
    ) -> Result<(), RowError> {
        self.put(RowLabel::GroupState, group_id, group_state)
    }

    fn group_state<T: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group_id: &G,
    ) -> Result<Option<T>, RowError> {
        self.get(RowLabel::GroupState, group_id)
    }

    fn append_own_leaf_node<G: traits::GroupId<V>, T: traits::LeafNode<V>>(
        &self,
        group_id: &G,
        leaf_node: &T,
    ) -> Result<(), RowError> {
        // Kept as a list of encoded leaves, since the trait can't say that the leaf read equals the leaf type written.
        let mut leaves: Vec<Vec<u8>> = self.get(RowLabel::OwnLeafNodes, group_id)?.unwrap_or_default();
        leaves.push(super::encode(leaf_node)?);
        self.put(RowLabel::OwnLeafNodes, group_id, &leaves)
    }

    fn own_leaf_nodes<G: traits::GroupId<V>, T: traits::LeafNode<V>>(&self, group_id: &G) -> Result<Vec<T>, RowError> {
        let leaves: Vec<Vec<u8>> = self.get(RowLabel::OwnLeafNodes, group_id)?.unwrap_or_default();
        leaves.iter().map(|leaf| rmp_serde::from_slice(leaf).map_err(|_| RowError)).collect()
    }

    fn queue_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>, P: traits::QueuedProposal<V>>(
        &self,
        group_id: &G,
        proposal_ref: &R,
        proposal: &P,
    ) -> Result<(), RowError> {
        let mut refs: Vec<Vec<u8>> = self.get(RowLabel::ProposalRefs, group_id)?.unwrap_or_default();
        refs.push(super::encode(proposal_ref)?);
        self.put(RowLabel::ProposalRefs, group_id, &refs)?;
        self.put(RowLabel::Proposal, &(group_id, proposal_ref), proposal)
    }

    fn queued_proposal_refs<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group_id: &G,
    ) -> Result<Vec<R>, RowError> {
        let refs: Vec<Vec<u8>> = self.get(RowLabel::ProposalRefs, group_id)?.unwrap_or_default();
        refs.iter().map(|proposal_ref| rmp_serde::from_slice(proposal_ref).map_err(|_| RowError)).collect()
    }

    fn queued_proposals<G: traits::GroupId<V>, R: traits::ProposalRef<V>, P: traits::QueuedProposal<V>>(
        &self,
        group_id: &G,
    ) -> Result<Vec<(R, P)>, RowError> {
        let refs: Vec<R> = self.queued_proposal_refs(group_id)?;
        let proposal = |proposal_ref: R| {
            let proposal = self.get(RowLabel::Proposal, &(group_id, &proposal_ref))?.ok_or(RowError)?;
            Ok((proposal_ref, proposal))
        };
        refs.into_iter().map(proposal).collect()
    }

    fn remove_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group_id: &G,
        proposal_ref: &R,
    ) -> Result<(), RowError> {
        let encoded = super::encode(proposal_ref)?;
        let mut refs: Vec<Vec<u8>> = self.get(RowLabel::ProposalRefs, group_id)?.unwrap_or_default();
        refs.retain(|other| *other != encoded);
        self.put(RowLabel::ProposalRefs, group_id, &refs)?;
        self.delete(RowLabel::Proposal, &(group_id, proposal_ref))
    }

    fn clear_proposal_queue<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group_id: &G,
    ) -> Result<(), RowError> {
        for proposal_ref in self.queued_proposal_refs::<G, R>(group_id)? {
            self.delete(RowLabel::Proposal, &(group_id, &proposal_ref))?;
        }
        self.delete(RowLabel::ProposalRefs, group_id)
    }

    fn write_signature_key_pair<K: traits::SignaturePublicKey<V>, T: traits::SignatureKeyPair<V>>(
        &self,
        public_key: &K,
        signature_key_pair: &T,
    ) -> Result<(), RowError> {
        self.put(RowLabel::SignatureKeyPair, public_key, signature_key_pair)
    }

    fn signature_key_pair<K: traits::SignaturePublicKey<V>, T: traits::SignatureKeyPair<V>>(
        &self,
        public_key: &K,
    ) -> Result<Option<T>, RowError> {
        self.get(RowLabel::SignatureKeyPair, public_key)
    }

    fn delete_signature_key_pair<K: traits::SignaturePublicKey<V>>(&self, public_key: &K) -> Result<(), RowError> {
        self.delete(RowLabel::SignatureKeyPair, public_key)
    }

    fn write_encryption_key_pair<K: traits::EncryptionKey<V>, T: traits::HpkeKeyPair<V>>(
        &self,
        public_key: &K,
        key_pair: &T,
    ) -> Result<(), RowError> {
        self.put(RowLabel::EncryptionKeyPair, public_key, key_pair)
    }

    fn encryption_key_pair<T: traits::HpkeKeyPair<V>, K: traits::EncryptionKey<V>>(
        &self,
        public_key: &K,
    ) -> Result<Option<T>, RowError> {
        self.get(RowLabel::EncryptionKeyPair, public_key)
    }

    fn delete_encryption_key_pair<K: traits::EncryptionKey<V>>(&self, public_key: &K) -> Result<(), RowError> {
        self.delete(RowLabel::EncryptionKeyPair, public_key)
    }

    fn write_encryption_epoch_key_pairs<G: traits::GroupId<V>, E: traits::EpochKey<V>, T: traits::HpkeKeyPair<V>>(
        &self,
        group_id: &G,
        epoch: &E,
        leaf_index: u32,
        key_pairs: &[T],
    ) -> Result<(), RowError> {
        self.put(RowLabel::EpochKeyPairs, &(group_id, epoch, leaf_index), &key_pairs)
    }

    fn encryption_epoch_key_pairs<G: traits::GroupId<V>, E: traits::EpochKey<V>, T: traits::HpkeKeyPair<V>>(
        &self,
        group_id: &G,
        epoch: &E,
        leaf_index: u32,
    ) -> Result<Vec<T>, RowError> {
        Ok(self.get(RowLabel::EpochKeyPairs, &(group_id, epoch, leaf_index))?.unwrap_or_default())
    }

    fn delete_encryption_epoch_key_pairs<G: traits::GroupId<V>, E: traits::EpochKey<V>>(
        &self,
        group_id: &G,
        epoch: &E,
        leaf_index: u32,
    ) -> Result<(), RowError> {
        self.delete(RowLabel::EpochKeyPairs, &(group_id, epoch, leaf_index))
    }

    fn write_key_package<R: traits::HashReference<V>, T: traits::KeyPackage<V>>(
        &self,
        hash_ref: &R,
        key_package: &T,
    ) -> Result<(), RowError> {
        self.put(RowLabel::KeyPackage, hash_ref, key_package)
    }

    fn key_package<R: traits::HashReference<V>, T: traits::KeyPackage<V>>(
        &self,
        hash_ref: &R,
    ) -> Result<Option<T>, RowError> {
        self.get(RowLabel::KeyPackage, hash_ref)
    }

    fn delete_key_package<R: traits::HashReference<V>>(&self, hash_ref: &R) -> Result<(), RowError> {
        self.delete(RowLabel::KeyPackage, hash_ref)
    }

    fn write_psk<I: traits::PskId<V>, T: traits::PskBundle<V>>(&self, psk_id: &I, psk: &T) -> Result<(), RowError> {
        self.put(RowLabel::Psk, psk_id, psk)
    }

    fn psk<T: traits::PskBundle<V>, I: traits::PskId<V>>(&self, psk_id: &I) -> Result<Option<T>, RowError> {
        self.get(RowLabel::Psk, psk_id)
    }

    fn delete_psk<I: traits::PskId<V>>(&self, psk_id: &I) -> Result<(), RowError> {
        self.delete(RowLabel::Psk, psk_id)
    }
}
