//! Our own device as MLS needs it. Owns nothing but the pairing of ids and key.

use crate::id::{AccountId, DeviceId};
use crate::sign::SigningKey;

/// Our device: who it is and the key that certifies its leaves (PROTOCOL A2).
#[derive(Debug)]
pub struct DeviceKeys {
    /// Our account.
    pub account: AccountId,
    /// Our device.
    pub device: DeviceId,
    /// The device key `DK`; it certifies leaf keys and key packages and is never itself a leaf key.
    pub device_key: SigningKey,
    /// Head of our identity log that new credentials name.
    pub identity_head: [u8; 32],
    /// End of the device's certificate in unix seconds, as in its identity log record; copied into new credentials.
    pub not_after: u64,
}
