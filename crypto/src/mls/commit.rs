//! Builds our own commits. Owns the plan and its checks. Does not decide whether we may commit.

use rand_core::CryptoRng;

use std::collections::BTreeSet;

use openmls::prelude::{CommitMessageBundle, LeafNodeIndex, MlsGroup, OpenMlsProvider as _};

use super::provider::{LeafSigner, StepProvider};
use super::storage::RowStore;
use super::{CommitView, Group, MlsError, SignedKeyPackage, config, inspect, step, wire};

/// What one commit of ours shall do. Empty = a self-update alone. Every commit carries a path.
#[derive(Debug, Clone, Default)]
pub struct CommitPlan {
    /// Key packages to add, in wire order. Verify them against their identity logs first.
    pub adds: Vec<SignedKeyPackage>,
    /// The one leaf to remove. openmls orders several removals at random, so one a commit (DECISIONS 9).
    pub remove: Option<u32>,
    /// SelfRemove proposals (PublicMessage bytes) to include by reference; at most one, and none beside `remove`, for the
    /// same reason.
    pub self_removes: Vec<Vec<u8>>,
    /// The new policy extension, if it changes.
    pub policy: Option<Vec<u8>>,
}

/// A commit of ours and the state it leads to.
#[derive(Debug)]
pub struct Built {
    /// The commit as MLS PublicMessage. Receivers also need the `self_removes` of the plan.
    pub commit: Vec<u8>,
    /// The welcome for all added devices, if there are any; ratchet tree inside.
    pub welcome: Option<Vec<u8>>,
    /// The group after the commit, with rows of its own.
    pub next: Group,
    /// The facts `authorize` needs: openmls can't process our own commit from the wire.
    pub view: CommitView,
}

impl Group {
    /// Builds a commit and the state after it. This group stays at the parent epoch, rows unchanged.
    ///
    /// # Errors
    /// [`MlsError::Inactive`]; [`MlsError::Plan`] if the plan names our own or an unknown leaf, more than one leaver, or a key
    /// package twice;
    /// [`MlsError::TooLarge`] for policies over 48 KiB, commits or welcomes over 1 MiB; [`MlsError::Invalid`] if MLS refuses a proposal.
    pub fn commit(&mut self, plan: CommitPlan, rng: &mut dyn CryptoRng) -> Result<Built, MlsError> {
        let provider = StepProvider::for_step(rng, RowStore::over(&self.rows));
        let mut mls = step::load(provider.storage(), self.conversation)?;
        let signer = step::signer(provider.storage(), &mls)?;
        self.check_plan(&plan)?;
        for proposal in &plan.self_removes {
            let leaver = step::queue_self_remove(&provider, &mut mls, self.conversation, proposal)?;
            if leaver == self.own_leaf() {
                return Err(MlsError::Plan);
            }
        }
        let bundle = build(&provider, &mut mls, &signer, &plan)?;
        let (commit, welcome, _) = bundle.into_messages();
        let commit = wire::encode(&commit)?;
        let welcome = welcome.map(|welcome| wire::encode(&welcome)).transpose()?;
        let pending = mls.pending_commit().ok_or_else(|| MlsError::Library("no pending commit".to_owned()))?;
        let view = inspect::view(&mls, pending, self.own_leaf())?;
        mls.merge_pending_commit(&provider).map_err(|error| MlsError::Library(error.to_string()))?;
        let changes = provider.into_store().into_changes();
        let next = Self::after(self.conversation, self.rows.clone(), &changes, mls);
        Ok(Built { commit, welcome, next, view })
    }

    fn check_plan(&self, plan: &CommitPlan) -> Result<(), MlsError> {
        if plan.self_removes.len() + usize::from(plan.remove.is_some()) > 1 {
            return Err(MlsError::Plan);
        }
        let packages: BTreeSet<Vec<u8>> = plan.adds.iter().map(SignedKeyPackage::reference).collect();
        if packages.len() != plan.adds.len() {
            return Err(MlsError::Plan);
        }
        match plan.remove {
            Some(leaf) if leaf == self.own_leaf() || self.member(leaf).is_none() => Err(MlsError::Plan),
            Some(_) | None => Ok(()),
        }
    }
}

fn build(
    provider: &StepProvider<'_>,
    mls: &mut MlsGroup,
    signer: &LeafSigner,
    plan: &CommitPlan,
) -> Result<CommitMessageBundle, MlsError> {
    let invalid = |error: openmls::prelude::CreateCommitError| MlsError::Invalid(error.to_string());
    let mut builder = mls
        .commit_builder()
        .consume_proposal_store(true)
        .force_self_update(true)
        .propose_adds(plan.adds.iter().map(|package| package.package().clone()))
        .propose_removals(plan.remove.map(LeafNodeIndex::new));
    if let Some(policy) = &plan.policy {
        builder = builder.propose_group_context_extensions(config::context_extensions(policy)?).map_err(invalid)?;
    }
    builder
        .load_psks(provider.storage())
        .map_err(invalid)?
        .build(provider.rand(), provider.crypto(), signer, |_| true)
        .map_err(invalid)?
        .stage_commit(provider)
        .map_err(|error| MlsError::Library(error.to_string()))
}
