//! The X-Wing suite over openmls, with the settings of our groups and our row store. Our own `Group` knows suite 0x0003 only.

use openmls::prelude::{
    Capabilities, Ciphersuite, Credential, CredentialType, CredentialWithKey, Extension, ExtensionType, Extensions,
    GroupContext, GroupId, KeyPackage, LeafNodeIndex, Lifetime, MlsGroup, MlsGroupJoinConfig, MlsMessageBodyIn,
    MlsMessageIn, MlsMessageOut, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent, ProcessedWelcome,
    ProposalType, ProtocolMessage, ProtocolVersion, RequiredCapabilitiesExtension, SenderRatchetConfiguration,
    UnknownExtension,
};
use openmls_traits::OpenMlsProvider;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng as _;
use tidings_crypto::mls::provider::{LeafSigner, StepProvider, StepRandom};
use tidings_crypto::mls::storage::RowStore;
use tidings_crypto::mls::{CREDENTIAL_TYPE, Changes, POLICY_EXTENSION, Rows};
use tidings_crypto::sign::SigningKey;
use tls_codec::{Deserialize as _, Serialize as _};

use crate::member::{Member, Package, Plan, Step};
use crate::xwing_crypto::XWingCrypto;

const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;
/// Bytes of our leaf credential: account, device, head, end, signature.
const CREDENTIAL: usize = 32 + 16 + 32 + 8 + 64;
/// Bytes that our signature and frame add to a key package: device, time, signature, two lengths.
const SIGNED_FRAME: usize = 2 + 16 + 8 + 64;

struct Provider<'a> {
    crypto: XWingCrypto,
    step: StepProvider<'a>,
}

impl<'a> Provider<'a> {
    fn new(rng: &mut ChaCha20Rng, rows: &'a Rows) -> Self {
        let mut seal_key = [0; 32];
        rng.fill_bytes(&mut seal_key);
        Self { crypto: XWingCrypto::new(seal_key), step: StepProvider::for_step(rng, RowStore::over(rows)) }
    }

    fn still(rows: &'a Rows) -> Self {
        Self { crypto: XWingCrypto::new([0; 32]), step: StepProvider::without_randomness(RowStore::over(rows)) }
    }

    fn into_changes(self) -> Changes {
        self.step.into_store().into_changes()
    }
}

impl<'a> OpenMlsProvider for Provider<'a> {
    type CryptoProvider = XWingCrypto;
    type RandProvider = StepRandom;
    type StorageProvider = RowStore<'a>;

    fn storage(&self) -> &RowStore<'a> {
        self.step.storage()
    }

    fn crypto(&self) -> &XWingCrypto {
        &self.crypto
    }

    fn rand(&self) -> &StepRandom {
        self.step.rand()
    }
}

fn group_id() -> GroupId {
    GroupId::from_slice(&[7; 32])
}

fn capabilities() -> Capabilities {
    Capabilities::builder()
        .versions(vec![ProtocolVersion::Mls10])
        .ciphersuites(vec![SUITE])
        .extensions(vec![ExtensionType::Unknown(POLICY_EXTENSION)])
        .proposals(vec![ProposalType::SelfRemove])
        .credentials(vec![CredentialType::Other(CREDENTIAL_TYPE)])
        .build()
}

fn lifetime() -> Lifetime {
    Lifetime::init(0, u64::MAX)
}

fn extensions() -> Extensions<GroupContext> {
    let required = RequiredCapabilitiesExtension::new(
        &[ExtensionType::Unknown(POLICY_EXTENSION)],
        &[ProposalType::SelfRemove],
        &[CredentialType::Other(CREDENTIAL_TYPE)],
    );
    let policy = Extension::Unknown(POLICY_EXTENSION, UnknownExtension(crate::POLICY.to_vec()));
    Extensions::from_vec(vec![Extension::RequiredCapabilities(required), policy]).unwrap()
}

fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .padding_size(64)
        .max_past_epochs(0)
        .number_of_resumption_psks(0)
        .use_ratchet_tree_extension(true)
        .sender_ratchet_configuration(SenderRatchetConfiguration::new(100, 5_000))
        .build()
}

/// A leaf key and a credential as long as ours.
fn leaf(number: u32) -> (SigningKey, CredentialWithKey) {
    let mut seed = [0x5a; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    let key = SigningKey::from_seed(&seed);
    let credential =
        Credential::new(CredentialType::Other(CREDENTIAL_TYPE), seed.repeat(CREDENTIAL).split_off(31 * CREDENTIAL));
    let signature_key = key.verifying_key().as_bytes().as_slice().into();
    (key, CredentialWithKey { credential, signature_key })
}

fn wire(message: &MlsMessageOut) -> Vec<u8> {
    message.tls_serialize_detached().unwrap()
}

fn read(bytes: &[u8]) -> MlsMessageBodyIn {
    MlsMessageIn::tls_deserialize_exact(bytes).unwrap().extract()
}

/// A member under the X-Wing suite.
pub(crate) struct XWingMember {
    number: u32,
    mls: MlsGroup,
    rows: Rows,
    written: usize,
}

impl XWingMember {
    fn after(number: u32, mut rows: Rows, changes: &Changes, mls: MlsGroup) -> Self {
        changes.apply_to(&mut rows);
        Self { number, mls, rows, written: size(changes) }
    }

    fn keep(&mut self, changes: &Changes) {
        changes.apply_to(&mut self.rows);
        self.written += size(changes);
    }
}

fn size(changes: &Changes) -> usize {
    changes.0.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum()
}

impl Member for XWingMember {
    type Package = KeyPackage;

    fn found(rng: &mut ChaCha20Rng) -> Self {
        let (key, with_key) = leaf(0);
        let nothing = Rows::new();
        let provider = Provider::new(rng, &nothing);
        let mls = MlsGroup::builder()
            .with_group_id(group_id())
            .ciphersuite(SUITE)
            .with_wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .padding_size(64)
            .max_past_epochs(0)
            .number_of_resumption_psks(0)
            .use_ratchet_tree_extension(true)
            .sender_ratchet_configuration(SenderRatchetConfiguration::new(100, 5_000))
            .lifetime(lifetime())
            .with_capabilities(capabilities())
            .with_group_context_extensions(extensions())
            .build(&provider, &LeafSigner(key), with_key)
            .unwrap();
        let changes = provider.into_changes();
        Self::after(0, Rows::new(), &changes, mls)
    }

    fn package(number: u32, rng: &mut ChaCha20Rng) -> Package<KeyPackage> {
        let (key, with_key) = leaf(number);
        let nothing = Rows::new();
        let provider = Provider::new(rng, &nothing);
        let bundle = KeyPackage::builder()
            .key_package_lifetime(lifetime())
            .leaf_node_capabilities(capabilities())
            .build(SUITE, &provider, &LeafSigner(key), with_key)
            .unwrap();
        let public = bundle.key_package().clone();
        let bytes = public.tls_serialize_detached().unwrap().len() + SIGNED_FRAME;
        let mut private = Rows::new();
        provider.into_changes().apply_to(&mut private);
        Package { number, bytes, public, private }
    }

    fn join(package: &Package<KeyPackage>, welcome: &[u8], rng: &mut ChaCha20Rng) -> Self {
        let provider = Provider::new(rng, &package.private);
        let MlsMessageBodyIn::Welcome(welcome) = read(welcome) else { panic!("no welcome") };
        let processed = ProcessedWelcome::new_from_welcome(&provider, &join_config(), welcome).unwrap();
        let mls = processed.into_staged_welcome(&provider, None).unwrap().into_group(&provider).unwrap();
        let mut changes = provider.into_changes();
        changes.0.retain(|_, value| value.is_some());
        Self::after(package.number, Rows::new(), &changes, mls)
    }

    fn commit(&mut self, plan: &Plan<'_, KeyPackage>, rng: &mut ChaCha20Rng) -> Step<Self> {
        let provider = Provider::new(rng, &self.rows);
        let mut mls = MlsGroup::load(provider.storage(), &group_id()).unwrap().unwrap();
        let signer = LeafSigner(leaf(self.number).0);
        let builder = mls.commit_builder().consume_proposal_store(true).force_self_update(true);
        let builder = match plan {
            Plan::Nothing => builder,
            Plan::Add(packages) => builder.propose_adds(packages.iter().map(|package| package.public.clone())),
            Plan::Remove(leaf) => builder.propose_removals(Some(LeafNodeIndex::new(*leaf))),
        };
        let bundle = builder
            .load_psks(provider.storage())
            .unwrap()
            .build(provider.rand(), provider.crypto(), &signer, |_| true)
            .unwrap()
            .stage_commit(&provider)
            .unwrap();
        let (commit, welcome, _) = bundle.into_messages();
        let (commit, welcome) = (wire(&commit), welcome.map(|welcome| wire(&welcome)));
        mls.merge_pending_commit(&provider).unwrap();
        let changes = provider.into_changes();
        Step { commit, welcome, next: Self::after(self.number, self.rows.clone(), &changes, mls) }
    }

    fn apply(&self, commit: &[u8]) -> Self {
        let provider = Provider::still(&self.rows);
        let MlsMessageBodyIn::PublicMessage(message) = read(commit) else { panic!("no commit") };
        let mut mls = MlsGroup::load(provider.storage(), &group_id()).unwrap().unwrap();
        let processed = mls.process_message(&provider, message).unwrap();
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            panic!("no commit")
        };
        mls.merge_staged_commit(&provider, *staged).unwrap();
        let changes = provider.into_changes();
        Self::after(self.number, self.rows.clone(), &changes, mls)
    }

    fn encrypt(&mut self, plaintext: &[u8], rng: &mut ChaCha20Rng) -> Vec<u8> {
        let provider = Provider::new(rng, &self.rows);
        let message = self.mls.create_message(&provider, &LeafSigner(leaf(self.number).0), plaintext).unwrap();
        let changes = provider.into_changes();
        self.keep(&changes);
        wire(&message)
    }

    fn decrypt(&mut self, bytes: &[u8]) -> Vec<u8> {
        let provider = Provider::still(&self.rows);
        let MlsMessageBodyIn::PrivateMessage(message) = read(bytes) else { panic!("no message") };
        let processed = self.mls.process_message(&provider, ProtocolMessage::from(message)).unwrap();
        let ProcessedMessageContent::ApplicationMessage(message) = processed.into_content() else {
            panic!("no message")
        };
        let changes = provider.into_changes();
        self.keep(&changes);
        message.into_bytes()
    }

    fn rows(&self) -> Rows {
        self.rows.clone()
    }

    fn written(&mut self) -> usize {
        std::mem::take(&mut self.written)
    }

    fn load(&self, rows: Rows) -> Self {
        let mls = MlsGroup::load(&RowStore::over(&rows), &group_id()).unwrap().unwrap();
        Self { number: self.number, mls, rows, written: 0 }
    }

    fn authenticator(&self) -> Vec<u8> {
        self.mls.epoch_authenticator().as_slice().to_vec()
    }
}
