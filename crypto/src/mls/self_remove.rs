//! Leaving: SelfRemove proposals (draft-ietf-mls-extensions). Owns making and checking one; a commit of another member
//! carries it out.

use rand_core::CryptoRng;

use openmls::prelude::OpenMlsProvider as _;

use super::provider::StepProvider;
use super::storage::RowStore;
use super::{Group, MlsError, step, wire};

impl Group {
    /// Proposes that we leave, as a PublicMessage. Our state doesn't change; the proposal holds at this epoch only.
    ///
    /// # Errors
    /// [`MlsError::Inactive`]; [`MlsError::Library`].
    pub fn propose_self_remove(&mut self, rng: &mut dyn CryptoRng) -> Result<Vec<u8>, MlsError> {
        let provider = StepProvider::for_step(rng, RowStore::over(&self.rows));
        let mut mls = step::load(provider.storage(), self.conversation)?;
        let signer = step::signer(provider.storage(), &mls)?;
        // openmls queues the proposal in the copy, which is dropped: a pending proposal would block our sending.
        let message = mls
            .leave_group_via_self_remove(&provider, &signer)
            .map_err(|error| MlsError::Library(error.to_string()))?;
        wire::encode(&message)
    }

    /// Verifies a SelfRemove proposal at this state and returns the leaf that leaves.
    ///
    /// # Errors
    /// [`MlsError::WrongKind`] for anything but a member's SelfRemove; [`MlsError::WrongEpoch`]; [`MlsError::Invalid`];
    /// [`MlsError::Malformed`]; [`MlsError::Inactive`].
    pub fn inspect_self_remove(&self, proposal: &[u8]) -> Result<u32, MlsError> {
        if !self.is_active() {
            return Err(MlsError::Inactive);
        }
        let provider = StepProvider::without_randomness(RowStore::over(&self.rows));
        let mut mls = step::load(provider.storage(), self.conversation)?;
        step::queue_self_remove(&provider, &mut mls, self.conversation, proposal)
    }
}
