//! Commits of members who don't keep our rules: refused, or told so that `authorize` can refuse (NEGATIVE_TESTS 28, 30–37).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod mls_world;

use mls_world::{add, conversation, device, group_of, package, rng};
use openmls::prelude::{
    BasicCredential, Credential, CredentialType, CredentialWithKey, CustomProposal, Extension, ExtensionType,
    Extensions, GroupContext, GroupId, KeyPackageIn, LeafNodeIndex, LeafNodeParameters, MlsGroup, NewSignerBundle,
    OpenMlsProvider as _, PreSharedKeyProposal, Proposal, ProposalType, ProtocolVersion, RequiredCapabilitiesExtension,
    UnknownExtension,
};
use openmls::schedule::PreSharedKeyId;
use tidings_crypto::mls::provider::{LeafSigner, StepProvider};
use tidings_crypto::mls::storage::{RowLabel, RowStore};
use tidings_crypto::mls::{CommitPlan, CommitView, Group, LeafCredential, MAX_POLICY, MlsError, SignedKeyPackage};
use tidings_crypto::sign::SigningKey;
use tls_codec::{Deserialize as _, Serialize as _};

fn leaf_key(group: &Group, public: &[u8]) -> SigningKey {
    let rows = group.rows();
    let seed: Vec<u8> = RowStore::over(&rows).get(RowLabel::LeafKey, &public).unwrap().unwrap();
    SigningKey::from_seed(&seed.try_into().unwrap())
}

/// What a member can do who speaks to openmls directly, past our plan.
struct Insider<'a> {
    provider: StepProvider<'a>,
    mls: MlsGroup,
    signer: LeafSigner,
}

/// Runs `act` as the member behind `group` and returns the bytes it makes.
fn as_insider(group: &Group, act: impl FnOnce(&mut Insider<'_>) -> Vec<u8>) -> Vec<u8> {
    let rows = group.rows();
    let provider = StepProvider::from_seed(&[3; 32], RowStore::over(&rows));
    let mls = MlsGroup::load(provider.storage(), &GroupId::from_slice(conversation().as_bytes())).unwrap().unwrap();
    let signer = LeafSigner(leaf_key(group, &group.member(group.own_leaf()).unwrap().signature_key));
    act(&mut Insider { provider, mls, signer })
}

impl Insider<'_> {
    fn commit(&mut self, proposals: Vec<Proposal>, leaf: Option<LeafNodeParameters>) -> Vec<u8> {
        let mut builder = self.mls.commit_builder().add_proposals(proposals).force_self_update(true);
        if let Some(leaf) = leaf {
            builder = builder.leaf_node_parameters(leaf);
        }
        let bundle = builder
            .load_psks(self.provider.storage())
            .unwrap()
            .build(self.provider.rand(), self.provider.crypto(), &self.signer, |_| true)
            .unwrap()
            .stage_commit(&self.provider)
            .unwrap();
        bundle.commit().tls_serialize_detached().unwrap()
    }
}

/// Replaces the group context extensions; `None` if even openmls refuses to build such a commit.
fn with_context(group: &Group, all: Vec<Extension>) -> Option<Vec<u8>> {
    let commit = as_insider(group, |insider| {
        let extensions = Extensions::<GroupContext>::from_vec(all).unwrap();
        let builder = insider.mls.commit_builder().propose_group_context_extensions(extensions).unwrap();
        let built = builder.load_psks(insider.provider.storage()).unwrap().build(
            insider.provider.rand(),
            insider.provider.crypto(),
            &insider.signer,
            |_| true,
        );
        built.map_or_else(
            |_| Vec::new(),
            |built| built.stage_commit(&insider.provider).unwrap().commit().tls_serialize_detached().unwrap(),
        )
    });
    (!commit.is_empty()).then_some(commit)
}

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

fn context_view(all: Vec<Extension>) -> Option<CommitView> {
    let groups = group_of(3, &mut rng(1));
    with_context(&groups[1], all).map(|commit| groups[0].inspect(&commit, &[]).unwrap())
}

#[test]
fn a_context_change_that_drops_what_we_require_is_seen_if_it_can_be_built_at_all() {
    let honest = context_view(vec![required(), policy(b"new")]).unwrap();
    assert_eq!((honest.extensions_ok, honest.policy.as_deref()), (true, Some(b"new".as_slice())));
    let weaker = Extension::RequiredCapabilities(RequiredCapabilitiesExtension::new(
        &[ExtensionType::Unknown(0xf3a1)],
        &[],
        &[CredentialType::Other(0xf1a1)],
    ));
    let wrong = [
        vec![required()],
        vec![policy(b"new")],
        vec![],
        vec![weaker, policy(b"new")],
        vec![required(), policy(&vec![0; MAX_POLICY + 1])],
        vec![required(), policy(b"new"), Extension::Unknown(0xf3a2, UnknownExtension(vec![1]))],
    ];
    let views: Vec<CommitView> = wrong.into_iter().filter_map(context_view).collect();
    assert!(views.len() >= 3, "openmls builds most of them");
    assert!(views.iter().all(|view| !view.extensions_ok && view.policy.is_none()));
}

#[test]
fn a_context_change_to_the_same_policy_is_counted_as_a_change_of_nothing() {
    let view = context_view(vec![required(), policy(mls_world::POLICY)]).unwrap();
    assert_eq!((view.extensions_ok, view.policy, view.context_proposals), (true, None, 1));
}

#[test]
fn a_commit_with_a_pre_shared_key_is_refused() {
    let groups = group_of(2, &mut rng(2));
    let commit = as_insider(&groups[1], |insider| {
        let id = PreSharedKeyId::external(b"psk".to_vec(), vec![1; 32]);
        id.store(&insider.provider, b"secret").unwrap();
        insider.commit(vec![Proposal::PreSharedKey(Box::new(PreSharedKeyProposal::new(id)))], None)
    });
    assert!(matches!(groups[0].inspect(&commit, &[]), Err(MlsError::Invalid(_))));
}

#[test]
fn a_member_cannot_even_build_a_proposal_of_a_type_the_others_do_not_know() {
    let groups = group_of(2, &mut rng(3));
    as_insider(&groups[1], |insider| {
        let custom = Proposal::Custom(Box::new(CustomProposal::new(0xf4a1, vec![1])));
        let builder = insider.mls.commit_builder().add_proposal(custom).load_psks(insider.provider.storage()).unwrap();
        assert!(builder.build(insider.provider.rand(), insider.provider.crypto(), &insider.signer, |_| true).is_err());
        Vec::new()
    });
}

#[test]
fn two_removals_in_one_commit_are_both_seen() {
    let groups = group_of(4, &mut rng(4));
    let commit = as_insider(&groups[1], |insider| {
        let bundle = insider
            .mls
            .commit_builder()
            .propose_removals([LeafNodeIndex::new(2), LeafNodeIndex::new(3)])
            .load_psks(insider.provider.storage())
            .unwrap()
            .build(insider.provider.rand(), insider.provider.crypto(), &insider.signer, |_| true)
            .unwrap()
            .stage_commit(&insider.provider)
            .unwrap();
        bundle.commit().tls_serialize_detached().unwrap()
    });
    let view = groups[0].inspect(&commit, &[]).unwrap();
    let mut removed = view.removes.clone();
    removed.sort_unstable();
    assert_eq!((removed, view.members_after), (vec![2, 3], 2));
}

#[test]
fn a_path_with_another_account_in_its_credential_is_seen() {
    let groups = group_of(2, &mut rng(5));
    let member = groups[1].member(1).unwrap();
    let stolen = LeafCredential { account: device(1).account, ..member.credential.clone() };
    let credential = Credential::new(CredentialType::Other(0xf1a1), stolen.tls_serialize_detached().unwrap());
    let with_key = CredentialWithKey { credential, signature_key: member.signature_key.as_slice().into() };
    let leaf = LeafNodeParameters::builder().with_credential_with_key(with_key).build();
    let commit = as_insider(&groups[1], |insider| insider.commit(vec![], Some(leaf)));
    let path = groups[0].inspect(&commit, &[]).unwrap().updated_leaf.unwrap();
    assert_eq!(path.credential.account, device(1).account);
    let key = device(2).device_key.verifying_key();
    assert!(path.credential.verify_member(&path.signature_key, conversation(), &key).is_err());
}

#[test]
fn a_path_with_an_unreadable_credential_is_refused() {
    let groups = group_of(2, &mut rng(6));
    let member = groups[1].member(1).unwrap();
    let with = |credential: Credential| {
        let with_key = CredentialWithKey { credential, signature_key: member.signature_key.as_slice().into() };
        LeafNodeParameters::builder().with_credential_with_key(with_key).build()
    };
    let unreadable = with(Credential::new(CredentialType::Other(0xf1a1), b"nobody".to_vec()));
    let commit = as_insider(&groups[1], |insider| insider.commit(vec![], Some(unreadable)));
    assert_eq!(groups[0].inspect(&commit, &[]), Err(MlsError::Credential));
    assert!(groups[0].apply(&commit, &[]).is_err());
    let basic = with(BasicCredential::new(b"nobody".to_vec()).into());
    as_insider(&groups[1], |insider| {
        let builder =
            insider.mls.commit_builder().leaf_node_parameters(basic).load_psks(insider.provider.storage()).unwrap();
        let built = builder.build(insider.provider.rand(), insider.provider.crypto(), &insider.signer, |_| true);
        if let Ok(built) = built {
            let commit = built.stage_commit(&insider.provider).unwrap().commit().tls_serialize_detached().unwrap();
            assert!(groups[0].inspect(&commit, &[]).is_err());
        }
        Vec::new()
    });
}

#[test]
fn a_path_that_takes_over_the_signature_key_of_another_member_is_refused() {
    let groups = group_of(3, &mut rng(7));
    let victim = groups[2].member(2).unwrap();
    let stolen = leaf_key(&groups[2], &victim.signature_key);
    let own = groups[1].member(1).unwrap();
    let commit = as_insider(&groups[1], |insider| {
        let credential =
            Credential::new(CredentialType::Other(0xf1a1), own.credential.tls_serialize_detached().unwrap());
        let credential_with_key =
            CredentialWithKey { credential, signature_key: victim.signature_key.as_slice().into() };
        let bundle = NewSignerBundle { signer: &LeafSigner(stolen), credential_with_key };
        let builder = insider.mls.commit_builder().load_psks(insider.provider.storage()).unwrap();
        let built = builder.build_with_new_signer(
            insider.provider.rand(),
            insider.provider.crypto(),
            &insider.signer,
            bundle,
            |_| true,
        );
        match built {
            Ok(built) => built.stage_commit(&insider.provider).unwrap().commit().tls_serialize_detached().unwrap(),
            Err(_) => Vec::new(),
        }
    });
    assert!(!commit.is_empty(), "openmls lets the thief build it");
    assert_eq!(groups[0].inspect(&commit, &[]), Err(MlsError::DuplicateKey));
    assert!(groups[2].apply(&commit, &[]).is_err());
}

/// The package inside its frame, as openmls's type.
fn raw(package: &SignedKeyPackage) -> openmls::prelude::KeyPackage {
    let bytes = package.to_bytes();
    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    let package = KeyPackageIn::tls_deserialize_exact(&bytes[2..2 + length]).unwrap();
    package.validate(&tidings_crypto::mls::provider::Crypto::without_sealing(), ProtocolVersion::Mls10).unwrap()
}

#[test]
fn an_add_by_reference_is_refused_also_when_its_proposal_is_at_hand() {
    let mut rng = rng(8);
    let groups = group_of(3, &mut rng);
    let (_, joiner) = package(&device(9), &mut rng);
    let mut proposal = Vec::new();
    let commit = as_insider(&groups[1], |insider| {
        let (message, _) = insider.mls.propose_add_member(&insider.provider, &insider.signer, &raw(&joiner)).unwrap();
        proposal = message.tls_serialize_detached().unwrap();
        insider.commit(vec![], None)
    });
    assert!(matches!(groups[0].inspect(&commit, &[]), Err(MlsError::Invalid(_))));
    assert_eq!(groups[0].inspect(&commit, &[proposal]), Err(MlsError::WrongKind));
}

#[test]
fn a_commit_without_a_path_is_seen_to_have_none() {
    let mut rng = rng(9);
    let groups = group_of(2, &mut rng);
    let (_, joiner) = package(&device(9), &mut rng);
    let commit = as_insider(&groups[1], |insider| {
        let bundle = insider
            .mls
            .commit_builder()
            .propose_adds([raw(&joiner)])
            .load_psks(insider.provider.storage())
            .unwrap()
            .build(insider.provider.rand(), insider.provider.crypto(), &insider.signer, |_| true)
            .unwrap()
            .stage_commit(&insider.provider)
            .unwrap();
        bundle.commit().tls_serialize_detached().unwrap()
    });
    assert_eq!(groups[0].inspect(&commit, &[]).unwrap().updated_leaf, None);
}

#[test]
fn a_device_added_twice_by_two_packages_is_seen_twice() {
    let mut rng = rng(10);
    let mut groups = group_of(2, &mut rng);
    let (one, other) = (package(&device(9), &mut rng).1, package(&device(9), &mut rng).1);
    let commit = groups[1].commit(add(&[&one, &other]), &mut rng).unwrap().commit;
    let view = groups[0].inspect(&commit, &[]).unwrap();
    assert_eq!(view.adds.iter().map(|leaf| leaf.credential.device).collect::<Vec<_>>(), vec![device(9).device; 2]);
}

#[test]
fn a_commit_of_a_removed_member_is_refused() {
    let mut rng = rng(11);
    let mut groups = group_of(3, &mut rng);
    let removal = groups[0].commit(CommitPlan { remove: Some(2), ..CommitPlan::default() }, &mut rng).unwrap();
    let next = groups[1].apply(&removal.commit, &[]).unwrap();
    let undo = groups[2].commit(CommitPlan { remove: Some(0), ..CommitPlan::default() }, &mut rng).unwrap();
    assert_eq!(next.inspect(&undo.commit, &[]), Err(MlsError::WrongEpoch));
    // The same bytes with the epoch set forward: tag and signature cover it.
    let mut forged = undo.commit;
    let epoch = forged.windows(8).position(|window| window == 1_u64.to_be_bytes()).unwrap();
    forged[epoch + 7] = 2;
    assert!(matches!(next.inspect(&forged, &[]), Err(MlsError::Invalid(_))));
}
