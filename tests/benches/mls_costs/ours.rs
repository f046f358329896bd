//! Suite 0x0003 as it runs in a node: our `Group`, our provider, our rows.

use rand_chacha::ChaCha20Rng;
use tidings_crypto::id::{AccountId, ConversationId, DeviceId};
use tidings_crypto::mls::{CommitPlan, DeviceKeys, Group, Rows, SignedKeyPackage, key_package};
use tidings_crypto::sign::SigningKey;

use crate::member::{Member, Package, Plan, Step};

fn device(number: u32) -> DeviceKeys {
    let mut id = [0; 32];
    id[..4].copy_from_slice(&number.to_be_bytes());
    let mut seed = [0xa5; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    DeviceKeys {
        account: AccountId::from_bytes(id),
        device: DeviceId::from_bytes(id[..16].try_into().unwrap()),
        device_key: SigningKey::from_seed(&seed),
        identity_head: id,
        not_after: 2_000_000_000,
    }
}

impl Member for Group {
    type Package = SignedKeyPackage;

    fn found(rng: &mut ChaCha20Rng) -> Self {
        Self::create(&device(0), ConversationId::from_bytes([7; 32]), crate::POLICY, rng).unwrap()
    }

    fn package(number: u32, rng: &mut ChaCha20Rng) -> Package<SignedKeyPackage> {
        let (private, public) = key_package::create(&device(number), 1_800_000_000, rng).unwrap();
        Package { number, bytes: public.to_bytes().len(), public, private }
    }

    fn join(package: &Package<SignedKeyPackage>, welcome: &[u8], rng: &mut ChaCha20Rng) -> Self {
        Self::join(&device(package.number), package.private.clone(), welcome, rng).unwrap()
    }

    fn commit(&mut self, plan: &Plan<'_, SignedKeyPackage>, rng: &mut ChaCha20Rng) -> Step<Self> {
        let plan = match plan {
            Plan::Nothing => CommitPlan::default(),
            Plan::Add(packages) => CommitPlan {
                adds: packages.iter().map(|package| package.public.clone()).collect(),
                ..CommitPlan::default()
            },
            Plan::Remove(leaf) => CommitPlan { remove: Some(*leaf), ..CommitPlan::default() },
        };
        let built = self.commit(plan, rng).unwrap();
        Step { commit: built.commit, welcome: built.welcome, next: built.next }
    }

    fn apply(&self, commit: &[u8]) -> Self {
        self.apply(commit, &[]).unwrap()
    }

    fn encrypt(&mut self, plaintext: &[u8], rng: &mut ChaCha20Rng) -> Vec<u8> {
        self.encrypt(plaintext, rng).unwrap()
    }

    fn decrypt(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.decrypt(bytes).unwrap().plaintext
    }

    fn rows(&self) -> Rows {
        self.rows()
    }

    fn written(&mut self) -> usize {
        self.changes().0.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum()
    }

    fn load(&self, rows: Rows) -> Self {
        Self::load(self.conversation(), rows).unwrap()
    }

    fn authenticator(&self) -> Vec<u8> {
        self.authenticator()
    }
}
