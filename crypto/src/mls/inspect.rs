//! Looks at a received commit without merging it. Owns the facts of a [`CommitView`]. Does not authorize.

use std::collections::BTreeSet;

use openmls::messages::proposals::ProposalOrRefType;
use openmls::prelude::{
    ContentType, KeyPackage, LeafNode, LeafNodeIndex, MlsGroup, OpenMlsProvider as _, ProcessedMessageContent,
    Proposal, Sender, StagedCommit,
};

use super::provider::{Crypto, StepProvider};
use super::{CommitView, Group, Known, LeafCredential, LeafFacts, MlsError, config, keys_check, step, wire};

/// A commit verified at its parent state and not merged: openmls's group at the parent, what would change, and the facts.
pub(super) struct Staged {
    pub(super) mls: MlsGroup,
    pub(super) commit: StagedCommit,
    pub(super) view: CommitView,
}

impl Group {
    /// Verifies `commit` at this parent state and says what it does. Nothing changes. `self_removes` are the SelfRemove
    /// proposals (PublicMessage bytes) that came with the commit; others are refused.
    ///
    /// # Errors
    /// [`MlsError::OwnMessage`] for our own commit; [`MlsError::WrongEpoch`]; [`MlsError::Invalid`] if MLS refuses it;
    /// [`MlsError::KeyLength`], [`MlsError::Credential`], [`MlsError::DuplicateKey`] if a leaf or path node is unusable;
    /// [`MlsError::Malformed`], [`MlsError::WrongKind`], [`MlsError::Inactive`].
    pub fn inspect(&self, commit: &[u8], self_removes: &[Vec<u8>]) -> Result<CommitView, MlsError> {
        Ok(self.receive(commit, self_removes, &Known::default())?.view().clone())
    }

    /// Verifies and checks a commit of another member; `provider` has this group's rows below it.
    pub(super) fn stage(
        &self,
        provider: &StepProvider<'_>,
        (commit, self_removes): (&[u8], &[Vec<u8>]),
        known: &Known,
    ) -> Result<Staged, MlsError> {
        if !self.is_active() {
            return Err(MlsError::Inactive);
        }
        let (message, committer) = wire::handshake(commit, ContentType::Commit, self.conversation, self.epoch())?;
        if committer == self.own_leaf() {
            return Err(MlsError::OwnMessage);
        }
        let mut mls = step::load(provider.storage(), self.conversation)?;
        for proposal in self_removes {
            step::queue_self_remove(provider, &mut mls, self.conversation, proposal)?;
        }
        let processed = mls.process_message(provider, message).map_err(|error| MlsError::Invalid(error.to_string()))?;
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return Err(MlsError::WrongKind);
        };
        check(&mls, &staged, committer, known)?;
        let view = view(&mls, &staged, committer)?;
        Ok(Staged { mls, commit: *staged, view })
    }
}

/// What MLS leaves open and no authorization rule may have to repair: keys, credentials, lifetimes.
fn check(mls: &MlsGroup, staged: &StagedCommit, committer: u32, known: &Known) -> Result<(), MlsError> {
    let others = mls.members().filter(|member| member.index.u32() != committer);
    let mut keys: BTreeSet<Vec<u8>> = others.map(|member| member.signature_key).collect();
    let own = mls.member_at(LeafNodeIndex::new(committer)).ok_or(MlsError::WrongKind)?.signature_key;
    // openmls compares the keys of adds only: a path may bring the committer the signature key of another member.
    let path = staged.update_path_leaf_node().map(|leaf| leaf.signature_key().as_slice().to_vec());
    if !keys.insert(path.unwrap_or(own)) {
        return Err(MlsError::DuplicateKey);
    }
    for queued in staged.add_proposals() {
        let package = queued.add_proposal().key_package();
        keys_check::check_key_package(package)?;
        if *package.life_time() != config::lifetime() {
            // openmls compares other lifetimes with the wall clock, so members would disagree about the commit.
            return Err(MlsError::Invalid("lifetime".to_owned()));
        }
        if !keys.insert(package.leaf_node().signature_key().as_slice().to_vec()) {
            return Err(MlsError::DuplicateKey);
        }
    }
    if let Some(leaf) = staged.update_path_leaf_node() {
        keys_check::check_leaf(leaf)?;
    }
    let parent = mls.export_ratchet_tree();
    let tree = staged
        .export_ratchet_tree(&Crypto::without_sealing(), parent.clone())
        .map_err(|error| MlsError::Invalid(error.to_string()))?;
    // No tree: the commit removes us, and what it holds is no longer ours to seal to.
    tree.map_or(Ok(()), |tree| keys_check::check_parents(&tree, Some(&parent), known))
}

fn leaf_facts(leaf: &LeafNode, package: Option<&KeyPackage>) -> Result<LeafFacts, MlsError> {
    let reference = match package {
        Some(package) => package
            .hash_ref(&Crypto::without_sealing())
            .map_err(|error| MlsError::Library(error.to_string()))?
            .as_slice()
            .to_vec(),
        None => Vec::new(),
    };
    Ok(LeafFacts {
        credential: LeafCredential::of(leaf.credential())?,
        signature_key: leaf.signature_key().as_slice().to_vec(),
        encryption_key_len: keys_check::leading_key(leaf.encryption_key())?.len(),
        capabilities_ok: config::has_capabilities(leaf.capabilities()),
        extensions_ok: leaf.extensions().iter().next().is_none()
            && package.is_none_or(|package| package.extensions().iter().next().is_none()),
        key_package_reference: reference,
    })
}

/// The facts of a staged commit at the parent state `mls`.
pub(super) fn view(mls: &MlsGroup, staged: &StagedCommit, committer: u32) -> Result<CommitView, MlsError> {
    let policy_before = config::policy_of(mls.extensions());
    let after = config::policy_of(staged.group_context().extensions());
    let mut view = CommitView {
        committer,
        adds: Vec::new(),
        removes: Vec::new(),
        self_removes: Vec::new(),
        updated_leaf: staged.update_path_leaf_node().map(|leaf| leaf_facts(leaf, None)).transpose()?,
        policy: None,
        context_proposals: 0,
        other_proposals: Vec::new(),
        by_reference: 0,
        extensions_ok: after.is_ok(),
        removes_us: staged.self_removed(),
        members_after: 0,
        epoch_after: staged.epoch().as_u64(),
    };
    for queued in staged.queued_proposals() {
        let by_reference = matches!(queued.proposal_or_ref_type(), ProposalOrRefType::Reference);
        match (queued.proposal(), queued.sender()) {
            (Proposal::SelfRemove, Sender::Member(leaf)) if by_reference => view.self_removes.push(leaf.u32()),
            (Proposal::Add(add), _) => {
                view.adds.push(leaf_facts(add.key_package().leaf_node(), Some(add.key_package()))?);
                view.by_reference += usize::from(by_reference);
            }
            (Proposal::Remove(remove), _) => {
                view.removes.push(remove.removed().u32());
                view.by_reference += usize::from(by_reference);
            }
            (Proposal::GroupContextExtensions(_), _) => {
                view.context_proposals += 1;
                view.by_reference += usize::from(by_reference);
            }
            (other, _) => {
                view.other_proposals.push(other.proposal_type().into());
                view.by_reference += usize::from(by_reference);
            }
        }
    }
    view.self_removes.sort_unstable();
    if after != policy_before {
        view.policy = after.ok();
    }
    let leaving = view.removes.len() + view.self_removes.len();
    view.members_after = (mls.members().count() + view.adds.len()).saturating_sub(leaving);
    Ok(view)
}
