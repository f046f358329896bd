//! The secrets of one account's device on this node.

use minicbor::{Decode, Encode};
use tidings_crypto::id::DeviceId;

/// Device keys and counters.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProfileRecord {
    /// Seed of the device key.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub device_seed: [u8; 32],
    /// Seed of the box key in use.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub box_seed: [u8; 32],
    /// The next counter in the pool of key packages.
    #[n(2)]
    pub next_key_package: u64,
    /// The newest event.
    #[n(3)]
    pub event_cursor: u64,
    /// The device.
    #[n(4)]
    pub device: DeviceId,
    /// Head of the own identity log.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub identity_head: [u8; 32],
    /// Unix seconds until which the device is certified.
    #[n(6)]
    pub not_after: u64,
}
