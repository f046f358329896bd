//! Merges a received commit. Owns the step from one epoch's rows to the next's.

use super::inspect::Staged;
use super::provider::StepProvider;
use super::storage::RowStore;
use super::{Group, MlsError};

impl Group {
    /// Applies `commit`, which the caller has authorized, and returns the next epoch. This group and its rows stay as
    /// they are. If the commit removes us, the returned group is inactive: it still tells members and policy, and openmls
    /// leaves the parent epoch's secrets in its rows, so keep the fact and drop the rows.
    ///
    /// # Errors
    /// As [`Group::inspect`].
    pub fn apply(&self, commit: &[u8], self_removes: &[Vec<u8>]) -> Result<Self, MlsError> {
        let provider = StepProvider::without_randomness(RowStore::over(&self.rows));
        let Staged { mut mls, commit, view: _ } = self.stage(&provider, commit, self_removes)?;
        mls.merge_staged_commit(&provider, commit).map_err(|error| MlsError::Library(error.to_string()))?;
        let changes = provider.into_store().into_changes();
        Ok(Self::after(self.conversation, self.rows.clone(), &changes, mls))
    }
}
