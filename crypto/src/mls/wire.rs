//! From bytes to openmls's messages and back, with size, kind and trailing bytes checked. Owns no state.

use openmls::prelude::{
    ContentType, MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, ProtocolMessage, PublicMessageIn, Sender, Welcome,
};
use tls_codec::{Deserialize as _, Serialize as _};

use super::config::CIPHERSUITE;
use super::{MAX_MESSAGE, MAX_WELCOME, MlsError};
use crate::id::ConversationId;

fn body(bytes: &[u8], limit: usize) -> Result<MlsMessageBodyIn, MlsError> {
    if bytes.len() > limit {
        return Err(MlsError::TooLarge);
    }
    let message = MlsMessageIn::tls_deserialize_exact(bytes).map_err(|_| MlsError::Malformed)?;
    Ok(message.extract())
}

/// A PublicMessage of `kind` by a member of this group at this epoch. Returns the sender's leaf as claimed.
pub(super) fn handshake(
    bytes: &[u8],
    kind: ContentType,
    conversation: ConversationId,
    epoch: u64,
) -> Result<(PublicMessageIn, u32), MlsError> {
    let MlsMessageBodyIn::PublicMessage(message) = body(bytes, MAX_MESSAGE)? else {
        return Err(MlsError::WrongKind);
    };
    if message.content_type() != kind {
        return Err(MlsError::WrongKind);
    }
    let Sender::Member(leaf) = message.sender() else {
        return Err(MlsError::WrongKind);
    };
    let leaf = leaf.u32();
    if message.group_id().as_slice() != conversation.as_bytes() {
        return Err(MlsError::GroupId);
    }
    if message.epoch().as_u64() != epoch {
        return Err(MlsError::WrongEpoch);
    }
    Ok((message, leaf))
}

/// A PrivateMessage with application content of this group at this epoch.
pub(super) fn application(bytes: &[u8], conversation: ConversationId, epoch: u64) -> Result<ProtocolMessage, MlsError> {
    let MlsMessageBodyIn::PrivateMessage(message) = body(bytes, MAX_MESSAGE)? else {
        return Err(MlsError::WrongKind);
    };
    let message = ProtocolMessage::from(message);
    if message.content_type() != ContentType::Application {
        return Err(MlsError::WrongKind);
    }
    if message.group_id().as_slice() != conversation.as_bytes() {
        return Err(MlsError::GroupId);
    }
    if message.epoch().as_u64() != epoch {
        return Err(MlsError::WrongEpoch);
    }
    Ok(message)
}

pub(super) fn welcome(bytes: &[u8]) -> Result<Welcome, MlsError> {
    let MlsMessageBodyIn::Welcome(welcome) = body(bytes, MAX_WELCOME)? else {
        return Err(MlsError::WrongKind);
    };
    if welcome.ciphersuite() == CIPHERSUITE { Ok(welcome) } else { Err(MlsError::Suite) }
}

pub(super) fn encode(message: &MlsMessageOut) -> Result<Vec<u8>, MlsError> {
    let bytes = message.tls_serialize_detached().map_err(|error| MlsError::Library(error.to_string()))?;
    if bytes.len() > MAX_MESSAGE { Err(MlsError::TooLarge) } else { Ok(bytes) }
}
