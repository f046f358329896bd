//! Sends: application messages. Owns the sealing of one plaintext at this epoch.

use rand_core::CryptoRng;

use openmls::prelude::OpenMlsProvider as _;

use super::provider::StepProvider;
use super::storage::RowStore;
use super::{Group, MAX_MESSAGE, MlsError, step, wire};

impl Group {
    /// Encrypts `plaintext` (padded to 64 bytes) as an MLS PrivateMessage. Moves our ratchet: write
    /// [`Group::changes`] before the bytes leave, and never encrypt again from older rows.
    ///
    /// # Errors
    /// [`MlsError::Inactive`] if we were removed; [`MlsError::TooLarge`] beyond 1 MiB; [`MlsError::Library`] otherwise.
    pub fn encrypt(&mut self, plaintext: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>, MlsError> {
        if plaintext.len() > MAX_MESSAGE {
            return Err(MlsError::TooLarge);
        }
        let provider = StepProvider::for_step(rng, RowStore::over(&self.rows));
        let signer = step::signer(provider.storage(), &self.mls)?;
        let message = self
            .mls
            .create_message(&provider, &signer, plaintext)
            .map_err(|error| MlsError::Library(error.to_string()))
            .and_then(|message| wire::encode(&message));
        let changes = provider.into_store().into_changes();
        match message {
            Ok(bytes) => {
                self.keep(changes);
                Ok(bytes)
            }
            Err(error) => {
                self.reload()?;
                Err(error)
            }
        }
    }
}
