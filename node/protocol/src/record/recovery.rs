//! Making an owner where all are gone: what this account has said, and what it has heard of the others.

use minicbor::{Decode, Encode};
use tidings_crypto::id::AccountId;

/// This account's wish that somebody own a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct ConsentRecord {
    /// Who.
    #[n(0)]
    pub owner: AccountId,
    /// Since when, unix milliseconds.
    #[n(1)]
    pub since: u64,
}

/// What a member has signed at one epoch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PetitionRecord {
    /// Who shall own the group.
    #[n(0)]
    pub owner: AccountId,
    /// The petition, as it was signed.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub petition: Vec<u8>,
    /// When it was heard here, unix milliseconds.
    #[n(2)]
    pub heard_at: u64,
}
