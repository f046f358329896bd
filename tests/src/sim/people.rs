//! The people of a world: who they are, with real keys, and on which machine they live.

use tidings_crypto::box_key::BoxSecretKey;
use tidings_crypto::id::{AccountId, DeviceId, NodeId};
use tidings_crypto::identity::{DeviceRecord, Home, IdentityLog};
use tidings_crypto::sign::{SigningKey, VerifyingKey};
use tidings_protocol::command::NewAccount;

use super::clock::BEGIN;
use super::dice::Dice;
use super::host::address;

const YEAR: u64 = 365 * 24 * 3600;

/// One person with one account.
pub(crate) struct Person {
    /// The account.
    pub(crate) account: AccountId,
    /// Its only device.
    pub(crate) device: DeviceId,
    /// The key of the device.
    pub(crate) device_key: VerifyingKey,
    /// The index of the machine.
    pub(crate) host: usize,
    /// What the node is told at sign-up.
    pub(crate) new_account: NewAccount,
}

impl Person {
    /// A person on machine `host`, whose names carry `canary`.
    pub(crate) fn new(dice: &mut Dice, canary: &str, number: usize, host: usize, node: NodeId, owner: bool) -> Self {
        let root = SigningKey::from_seed(&dice.bytes::<32>());
        let device_seed: [u8; 32] = dice.bytes();
        let device_key = SigningKey::from_seed(&device_seed).verifying_key();
        let mut log = IdentityLog::create(&root, dice.bytes());
        let device =
            log.add_device(&root, DeviceRecord { device_key, not_after: BEGIN / 1000 + YEAR }).expect("a first device");
        log.set_home(&root, vec![Home { node, addresses: vec![address(host)] }]).expect("one home");
        let new_account = NewAccount {
            name: format!("{canary}name{number}"),
            display_name: format!("{canary} person {number}"),
            email: Some(format!("{canary}{number}@example.org")),
            vault: dice.junk(200),
            identity_log: log.to_bytes(),
            device_seed: device_seed.into(),
            box_seed: BoxSecretKey::generate(dice.rng()).to_seed(),
            owner,
        };
        Self { account: log.account_id(), device, device_key, host, new_account }
    }
}
