//! What the node itself knows of its accounts, also while they are locked.

use minicbor::{Decode, Encode};

/// One account of this node.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DirectoryRecord {
    /// Login name, normalised.
    #[n(0)]
    pub name: String,
    /// What others see.
    #[n(1)]
    pub display_name: String,
    /// For password resets.
    #[n(2)]
    pub email: Option<String>,
    /// The vault header.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub vault: Vec<u8>,
    /// The identity log, public.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub identity_log: Vec<u8>,
    /// The newest box key record, public.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub box_key: Vec<u8>,
    /// Whether it is the node owner's.
    #[n(6)]
    pub owner: bool,
    /// Unix milliseconds.
    #[n(7)]
    pub created_at: u64,
    /// The newest reach record, public; empty if the account has never had a mailbox.
    #[cbor(n(20), with = "minicbor::bytes")]
    pub reach: Vec<u8>,
}
