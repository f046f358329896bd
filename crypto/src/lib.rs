//! The cryptography of Tidings: ids, signatures, identity logs, sealed boxes, the vault, the outer seal, invites and MLS groups.
//!
//! Pure: no clock, no files, no ambient randomness (`clippy.toml` of this crate holds the list). Random numbers come from the caller as
//! `&mut dyn rand_core::CryptoRng`, times as numbers. Nothing here invents cryptography; it chooses labels, sizes and orders of checks
//! (`DECISIONS.md` 5–14, 22, `PROTOCOL.md` A2–A4, A14).

pub mod box_key;
pub mod bundle;
pub mod codec;
pub mod ephemeral;
pub mod id;
pub mod identity;
pub mod invite;
mod kdf;
pub mod mls;
pub mod outer;
mod padding;
pub mod recent;
pub mod recovery;
mod seal;
pub mod sign;
#[cfg(test)]
mod speccheck_tests;
pub mod vault;
#[cfg(test)]
mod wycheproof_tests;

pub use box_key::{BadBoxKey, BoxPublicKey, BoxSecretKey};
pub use codec::{CodecError, decode_exact, encode};
pub use ephemeral::{BadEphemeral, Ephemeral};
pub use id::{
    AccountId, BundleId, ConversationId, DeviceId, EntryId, EpochId, IdError, MessageId, NodeId, OuterId, QueueId,
    derive,
};
pub use identity::{BoxKeyError, BoxKeyRecord, DeviceRecord, Home, IdentityError, IdentityLog};
pub use invite::{InviteError, InviteLink};
pub use outer::{LogKey, Outer, OuterError, TopicKey};
pub use recovery::{Kek, RecoveryError, RecoveryKey};
pub use seal::OpenError;
pub use sign::{BadSignature, Label, Signature, SigningKey, VerifyingKey};
pub use vault::{DataKey, Params, VaultError, VaultHeader};
