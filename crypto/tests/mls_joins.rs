//! Joining: welcomes that are refused before any row is kept (NEGATIVE_TESTS 38, 41).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod mls_world;

use mls_world::{POLICY, add, conversation, device, package, rng};
use openmls::prelude::{
    Capabilities, Ciphersuite, Credential, CredentialType, CredentialWithKey, Extension, ExtensionType, Extensions,
    GroupContext, GroupId, KeyPackageIn, Lifetime, MlsGroup, OpenMlsProvider as _, PreSharedKeyProposal, Proposal,
    ProposalType, ProtocolVersion, RequiredCapabilitiesExtension, UnknownExtension,
};
use openmls::schedule::PreSharedKeyId;
use tidings_crypto::mls::provider::{Crypto, LeafSigner, StepProvider};
use tidings_crypto::mls::storage::RowStore;
use tidings_crypto::mls::{CommitPlan, Group, LeafCredential, MAX_POLICY, MlsError, Rows, SignedKeyPackage};
use tidings_crypto::sign::SigningKey;
use tls_codec::{Deserialize as _, Serialize as _};

fn required() -> Extension {
    Extension::RequiredCapabilities(RequiredCapabilitiesExtension::new(
        &[ExtensionType::Unknown(0xf3a1)],
        &[ProposalType::SelfRemove],
        &[CredentialType::Other(0xf1a1)],
    ))
}

fn policy(bytes: &[u8]) -> Extension {
    Extension::Unknown(0xf3a1, UnknownExtension(bytes.to_vec()))
}

/// How a founder who doesn't keep our rules founds.
struct Foreign {
    id: Vec<u8>,
    extensions: Vec<Extension>,
    unreadable: bool,
    psk: bool,
}

impl Foreign {
    fn like_ours() -> Self {
        Self { id: vec![7; 32], extensions: vec![required(), policy(POLICY)], unreadable: false, psk: false }
    }

    /// The welcome of this founder for `package`.
    fn welcome(self, package: &SignedKeyPackage) -> Vec<u8> {
        let leaf = SigningKey::from_seed(&[50; 32]);
        let founder = LeafCredential::certify(&device(1), leaf.verifying_key().as_bytes(), &self.id).unwrap();
        let content = if self.unreadable { b"nobody".to_vec() } else { founder.tls_serialize_detached().unwrap() };
        let credential = Credential::new(CredentialType::Other(0xf1a1), content);
        let signature_key = leaf.verifying_key().as_bytes().as_slice().into();
        let capabilities = Capabilities::builder()
            .ciphersuites(vec![Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519])
            .extensions(vec![ExtensionType::Unknown(0xf3a1)])
            .proposals(vec![ProposalType::SelfRemove])
            .credentials(vec![CredentialType::Other(0xf1a1)])
            .build();
        let nothing = Rows::new();
        let provider = StepProvider::from_seed(&[9; 32], RowStore::over(&nothing));
        let signer = LeafSigner(leaf);
        let mut group = MlsGroup::builder()
            .with_group_id(GroupId::from_slice(&self.id))
            .ciphersuite(Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519)
            .use_ratchet_tree_extension(true)
            .lifetime(Lifetime::init(0, u64::MAX))
            .with_capabilities(capabilities)
            .with_group_context_extensions(Extensions::<GroupContext>::from_vec(self.extensions).unwrap())
            .build(&provider, &signer, CredentialWithKey { credential, signature_key })
            .unwrap();
        let bytes = package.to_bytes();
        let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
        let added = KeyPackageIn::tls_deserialize_exact(&bytes[2..2 + length]).unwrap();
        let added = added.validate(&Crypto::without_sealing(), ProtocolVersion::Mls10).unwrap();
        let mut builder = group.commit_builder().propose_adds([added]);
        if self.psk {
            let id = PreSharedKeyId::external(b"psk".to_vec(), vec![1; 32]);
            id.store(&provider, b"a secret we do not know").unwrap();
            builder = builder.add_proposal(Proposal::PreSharedKey(Box::new(PreSharedKeyProposal::new(id))));
        }
        let bundle = builder
            .load_psks(provider.storage())
            .unwrap()
            .build(provider.rand(), provider.crypto(), &signer, |_| true)
            .unwrap()
            .stage_commit(&provider)
            .unwrap();
        bundle.to_welcome_msg().unwrap().tls_serialize_detached().unwrap()
    }
}

fn verdict(foreign: Foreign) -> Result<(), MlsError> {
    let mut rng = rng(1);
    let (rows, package) = package(&device(2), &mut rng);
    Group::join(&device(2), rows, &foreign.welcome(&package), &mut rng).map(|_| ())
}

#[test]
fn a_welcome_of_a_group_like_ours_is_taken() {
    assert_eq!(verdict(Foreign::like_ours()), Ok(()));
}

#[test]
fn group_ids_of_other_lengths_are_refused() {
    for length in [0, 16, 31, 33, 64] {
        assert_eq!(
            verdict(Foreign { id: vec![7; length], ..Foreign::like_ours() }),
            Err(MlsError::GroupId),
            "{length}"
        );
    }
}

#[test]
fn groups_with_other_extensions_than_ours_are_refused() {
    let with = |extensions| verdict(Foreign { extensions, ..Foreign::like_ours() });
    assert_eq!(with(vec![]), Err(MlsError::Extensions));
    assert_eq!(with(vec![required()]), Err(MlsError::Extensions), "no policy");
    assert_eq!(with(vec![policy(POLICY)]), Err(MlsError::Extensions), "no required capabilities");
    let weaker = Extension::RequiredCapabilities(RequiredCapabilitiesExtension::new(&[], &[], &[]));
    assert_eq!(with(vec![weaker, policy(POLICY)]), Err(MlsError::Extensions), "weaker required capabilities");
    assert_eq!(with(vec![required(), policy(&vec![0; MAX_POLICY + 1])]), Err(MlsError::TooLarge));
}

#[test]
fn members_with_unreadable_credentials_are_refused() {
    assert_eq!(verdict(Foreign { unreadable: true, ..Foreign::like_ours() }), Err(MlsError::Credential));
}

#[test]
fn welcomes_that_need_a_pre_shared_key_are_refused() {
    assert!(matches!(verdict(Foreign { psk: true, ..Foreign::like_ours() }), Err(MlsError::Welcome(_))));
}

// REQ-GROUP-4
#[test]
fn a_welcome_for_another_package_or_device_is_refused() {
    let mut rng = rng(2);
    let mut founder = Group::create(&device(1), conversation(), POLICY, &mut rng).unwrap();
    let (rows, joiner) = package(&device(2), &mut rng);
    let (other_rows, _) = package(&device(2), &mut rng);
    let welcome = founder.commit(add(&[&joiner]), &mut rng).unwrap().welcome.unwrap();
    let join = |n, rows: &Rows, rng: &mut rand_chacha::ChaCha20Rng| {
        Group::join(&device(n), rows.clone(), &welcome, rng).map(|_| ())
    };
    assert_eq!(join(2, &other_rows, &mut rng), Err(MlsError::NoKeyPackage));
    assert_eq!(join(2, &Rows::new(), &mut rng), Err(MlsError::NoKeyPackage), "rows deleted after the first join");
    assert_eq!(join(3, &rows, &mut rng), Err(MlsError::Credential), "the package of another device");
    let mut both = rows;
    both.extend(other_rows);
    assert_eq!(join(2, &both, &mut rng), Ok(()), "among several packages the right one is found");
}

#[test]
fn a_joined_group_keeps_no_key_package_and_no_foreign_row() {
    let mut rng = rng(3);
    let mut founder = Group::create(&device(1), conversation(), POLICY, &mut rng).unwrap();
    let (rows, joiner) = package(&device(2), &mut rng);
    let welcome = founder.commit(add(&[&joiner]), &mut rng).unwrap().welcome.unwrap();
    let joined = Group::join(&device(2), rows.clone(), &welcome, &mut rng).unwrap();
    let shared: Vec<_> = joined.rows().into_keys().filter(|key| rows.contains_key(key)).collect();
    assert_eq!(shared.len(), 1, "the leaf key alone");
    let mut again = Group::load(conversation(), joined.rows()).unwrap();
    again.encrypt(b"written after loading", &mut rng).unwrap();
}

// REQ-GROUP-4
#[test]
fn mangled_and_truncated_welcomes_are_refused() {
    let mut rng = rng(4);
    let mut founder = Group::create(&device(1), conversation(), POLICY, &mut rng).unwrap();
    let (rows, joiner) = package(&device(2), &mut rng);
    let welcome = founder.commit(add(&[&joiner]), &mut rng).unwrap().welcome.unwrap();
    for at in 0..welcome.len() {
        let mut mangled = welcome.clone();
        mangled[at] ^= 4;
        assert!(Group::join(&device(2), rows.clone(), &mangled, &mut rng).is_err(), "byte {at}");
    }
    for length in (0..welcome.len()).step_by(11) {
        assert!(Group::join(&device(2), rows.clone(), &welcome[..length], &mut rng).is_err());
    }
    let longer = [welcome.as_slice(), &[0]].concat();
    assert_eq!(Group::join(&device(2), rows, &longer, &mut rng).unwrap_err(), MlsError::Malformed);
}

#[test]
fn a_welcome_over_one_mebibyte_is_refused_unread() {
    let huge = vec![0; (1 << 20) + 1];
    assert_eq!(Group::join(&device(2), Rows::new(), &huge, &mut rng(5)).unwrap_err(), MlsError::TooLarge);
    assert_eq!(Group::welcome_references(&huge), Err(MlsError::TooLarge));
}

#[test]
fn a_tree_of_more_than_eleven_hundred_leaves_is_refused() {
    let mut rng = rng(6);
    let mut founder = Group::create(&device(1), conversation(), POLICY, &mut rng).unwrap();
    let mut packages: Vec<SignedKeyPackage> =
        (0..1_110_u16).map(|n| package(&device(u8::try_from(n % 250).unwrap()), &mut rng).1).collect();
    let (rows, joiner) = package(&device(2), &mut rng);
    packages.push(joiner.clone());
    let plan = CommitPlan { adds: packages, ..CommitPlan::default() };
    let welcome = founder.commit(plan, &mut rng).unwrap().welcome.unwrap();
    assert!(welcome.len() < 1 << 20);
    assert_eq!(Group::join(&device(2), rows, &welcome, &mut rng).unwrap_err(), MlsError::TooLarge);
}
