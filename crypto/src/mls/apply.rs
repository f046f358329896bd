//! Merges a received commit. Owns the step from one epoch's rows to the next's.

use super::inspect::Staged;
use super::provider::StepProvider;
use super::storage::RowStore;
use super::{CommitView, Group, Known, MlsError};

/// A received commit, verified at its parent state and not yet applied: look at [`Received::view`], then apply or drop it.
pub struct Received<'a> {
    parent: &'a Group,
    provider: StepProvider<'a>,
    staged: Staged,
}

impl Group {
    /// Verifies `commit` as [`Group::inspect`] does and keeps what that took, so that it need not be done twice. What is `known` is not
    /// verified again, and what is verified becomes known.
    ///
    /// # Errors
    /// As [`Group::inspect`].
    pub fn receive(&self, commit: &[u8], self_removes: &[Vec<u8>], known: &Known) -> Result<Received<'_>, MlsError> {
        let provider = StepProvider::without_randomness(RowStore::over(&self.rows)).knowing(known);
        let staged = self.stage(&provider, (commit, self_removes), known)?;
        Ok(Received { parent: self, provider, staged })
    }

    /// Applies `commit`, which the caller has authorized: [`Group::receive`] and [`Received::apply`] in one.
    ///
    /// # Errors
    /// As [`Group::inspect`].
    pub fn apply(&self, commit: &[u8], self_removes: &[Vec<u8>]) -> Result<Self, MlsError> {
        self.receive(commit, self_removes, &Known::default())?.apply()
    }
}

impl Received<'_> {
    /// What the commit does.
    #[must_use]
    pub fn view(&self) -> &CommitView {
        &self.staged.view
    }

    /// Applies the commit, which the caller has authorized, and returns the next epoch. The parent and its rows stay as they are. If the
    /// commit removes us, the returned group is inactive: it still tells members and policy, and openmls leaves the parent epoch's secrets
    /// in its rows, so keep the fact and drop the rows.
    ///
    /// # Errors
    /// [`MlsError::Library`] if openmls fails.
    pub fn apply(self) -> Result<Group, MlsError> {
        let Self { parent, provider, staged: Staged { mut mls, commit, view: _ } } = self;
        mls.merge_staged_commit(&provider, commit).map_err(|error| MlsError::Library(error.to_string()))?;
        let changes = provider.into_store().into_changes();
        Ok(Group::after(parent.conversation, parent.rows.clone(), &changes, mls))
    }
}
