//! Receives: application messages. Owns the opening of one PrivateMessage at this epoch.

use openmls::framing::errors::{MessageDecryptionError, SecretTreeError};
use openmls::prelude::{ProcessMessageError, ProcessedMessageContent, ProtocolMessage, Sender, ValidationError};

use super::provider::StepProvider;
use super::storage::{RowError, RowStore};
use super::{Changes, Group, MlsError, wire};

/// An opened application message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decrypted {
    /// Leaf of the sender at this epoch; its signature was verified.
    pub sender: u32,
    /// What the sender encrypted.
    pub plaintext: Vec<u8>,
}

impl Group {
    /// Opens an application message of this epoch. Moves the sender's ratchet, so a second call is a replay. On an error
    /// nothing changes.
    ///
    /// # Errors
    /// [`MlsError::Malformed`], [`MlsError::WrongKind`] for handshakes, [`MlsError::WrongEpoch`], [`MlsError::OwnMessage`],
    /// [`MlsError::Replayed`], [`MlsError::OutsideWindow`], [`MlsError::Undecryptable`], [`MlsError::Inactive`].
    pub fn decrypt(&mut self, bytes: &[u8]) -> Result<Decrypted, MlsError> {
        if !self.is_active() {
            return Err(MlsError::Inactive);
        }
        let message = wire::application(bytes, self.conversation, self.epoch())?;
        match self.open(message) {
            Ok((decrypted, changes)) => {
                self.keep(changes);
                Ok(decrypted)
            }
            Err(error) => {
                self.reload()?;
                Err(error)
            }
        }
    }

    fn open(&mut self, message: ProtocolMessage) -> Result<(Decrypted, Changes), MlsError> {
        let provider = StepProvider::without_randomness(RowStore::over(&self.rows));
        let processed = self.mls.process_message(&provider, message).map_err(|error| refusal(&error))?;
        let Sender::Member(sender) = *processed.sender() else {
            return Err(MlsError::WrongKind);
        };
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => {
                let decrypted = Decrypted { sender: sender.u32(), plaintext: message.into_bytes() };
                Ok((decrypted, provider.into_store().into_changes()))
            }
            ProcessedMessageContent::OwnPrivateMessage => Err(MlsError::OwnMessage),
            ProcessedMessageContent::ProposalMessage(_)
            | ProcessedMessageContent::ExternalJoinProposalMessage(_)
            | ProcessedMessageContent::StagedCommitMessage(_)
            | ProcessedMessageContent::OwnPendingCommit => Err(MlsError::WrongKind),
        }
    }
}

/// Tells replays and the ratchet window from all other failures, which look alike on purpose.
fn refusal(error: &ProcessMessageError<RowError>) -> MlsError {
    let ProcessMessageError::ValidationError(ValidationError::UnableToDecrypt(
        MessageDecryptionError::SecretTreeError(cause),
    )) = error
    else {
        return MlsError::Undecryptable;
    };
    match cause {
        SecretTreeError::SecretReuseError => MlsError::Replayed,
        SecretTreeError::TooDistantInThePast | SecretTreeError::TooDistantInTheFuture => MlsError::OutsideWindow,
        SecretTreeError::IndexOutOfBounds
        | SecretTreeError::RatchetTypeError
        | SecretTreeError::RatchetTooLong
        | SecretTreeError::LibraryError
        | SecretTreeError::CodecError(_)
        | SecretTreeError::CryptoError(_) => MlsError::Undecryptable,
    }
}
