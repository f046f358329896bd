//! A small world for the MLS tests: devices with keys, a generator from a seed, and groups that grow.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "every test file uses its own part"
)]

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tidings_crypto::id::{AccountId, ConversationId, DeviceId};
use tidings_crypto::mls::{Built, CommitPlan, DeviceKeys, Group, Rows, SignedKeyPackage, key_package};
use tidings_crypto::sign::SigningKey;

pub const POLICY: &[u8] = b"a policy";

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub fn conversation() -> ConversationId {
    ConversationId::from_bytes([7; 32])
}

/// Device number `n` of account number `n`.
pub fn device(n: u8) -> DeviceKeys {
    DeviceKeys {
        account: AccountId::from_bytes([n; 32]),
        device: DeviceId::from_bytes([n; 16]),
        device_key: SigningKey::from_seed(&[n ^ 0xa5; 32]),
        identity_head: [n; 32],
        not_after: 2_000_000_000,
    }
}

pub fn package(keys: &DeviceKeys, rng: &mut ChaCha20Rng) -> (Rows, SignedKeyPackage) {
    key_package::create(keys, 1_800_000_000, rng).unwrap()
}

pub fn add(packages: &[&SignedKeyPackage]) -> CommitPlan {
    CommitPlan { adds: packages.iter().map(|package| (*package).clone()).collect(), ..CommitPlan::default() }
}

/// Group of devices 1..=n, all at one epoch, each having joined by the welcome of device 1.
pub fn group_of(n: u8, rng: &mut ChaCha20Rng) -> Vec<Group> {
    let mut founder = Group::create(&device(1), conversation(), POLICY, rng).unwrap();
    if n == 1 {
        return vec![founder];
    }
    let joiners: Vec<_> = (2..=n).map(|n| (device(n), package(&device(n), rng))).collect();
    let packages: Vec<_> = joiners.iter().map(|(_, (_, package))| package).collect();
    let built = founder.commit(add(&packages), rng).unwrap();
    let welcome = built.welcome.unwrap();
    let mut groups = vec![built.next];
    for (keys, (rows, _)) in joiners {
        groups.push(Group::join(&keys, rows, &welcome, rng).unwrap());
    }
    groups
}

/// Everybody but the committer applies; returns all groups at the next epoch in the old order.
pub fn advance(groups: Vec<Group>, committer: usize, built: Built, self_removes: &[Vec<u8>]) -> Vec<Group> {
    let mut built = Some(built);
    let commit = built.as_ref().unwrap().commit.clone();
    let step = |(at, group): (usize, Group)| {
        if at == committer { built.take().unwrap().next } else { group.apply(&commit, self_removes).unwrap() }
    };
    groups.into_iter().enumerate().map(step).collect()
}

pub fn draw(rng: &mut ChaCha20Rng, below: usize) -> usize {
    usize::try_from(rng.next_u32()).unwrap() % below
}

pub fn all_agree(groups: &[Group]) -> bool {
    let facts =
        |group: &Group| (group.epoch(), group.authenticator(), group.export("x", b"y").unwrap(), group.members());
    groups.windows(2).all(|pair| facts(&pair[0]) == facts(&pair[1]))
}
