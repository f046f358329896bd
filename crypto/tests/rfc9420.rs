//! The official vectors of RFC 9420 for suite 3, run against our provider and row store (DECISIONS 33).
//! Source, licence and filter: `tests/vectors/mls/README.md`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use openmls::ciphersuite::hash_ref::make_key_package_ref;
use openmls::prelude::{
    AddProposalIn, Ciphersuite, ExternalInitProposal, HashType, HpkeCiphertext, HpkePrivateKey, KeyPackageIn,
    MIXED_PLAINTEXT_WIRE_FORMAT_POLICY, MlsGroup, MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn,
    OpenMlsCrypto as _, OpenMlsProvider as _, PreSharedKeyProposal, ProcessedMessageContent, RatchetTreeIn,
    RemoveProposal, SignatureScheme, StagedWelcome, UpdateProposalIn,
};
use openmls::schedule::PreSharedKeyId;
use serde::Serialize;
use serde_json::Value;
use tidings_crypto::mls::Rows;
use tidings_crypto::mls::provider::{Crypto, StepProvider};
use tidings_crypto::mls::storage::{RowLabel, RowStore};
use tls_codec::{Deserialize, Serialize as _, VLBytes};

const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;

fn vectors(name: &str) -> Vec<Value> {
    let path = format!("{}/../tests/vectors/mls/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let all: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(!all.is_empty());
    all
}

fn hex(value: &Value) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

/// `opaque<V>`.
fn opaque(bytes: &[u8]) -> Vec<u8> {
    VLBytes::new(bytes.to_vec()).tls_serialize_detached().unwrap()
}

fn labelled(label: &Value, content: &[u8]) -> Vec<u8> {
    let label = format!("MLS 1.0 {}", label.as_str().unwrap());
    [opaque(label.as_bytes()), opaque(content)].concat()
}

/// RFC 9420 §8 ExpandWithLabel.
fn expand_with_label(secret: &[u8], label: &Value, context: &[u8], length: u16) -> Vec<u8> {
    let info = [length.to_be_bytes().to_vec(), labelled(label, context)].concat();
    let okm = Crypto::without_sealing().hkdf_expand(HashType::Sha2_256, secret, &info, usize::from(length)).unwrap();
    okm.as_slice().to_vec()
}

#[test]
fn hashes_and_derivations_are_those_of_the_rfc() {
    for vector in vectors("crypto-basics") {
        let case = &vector["ref_hash"];
        let input = [opaque(case["label"].as_str().unwrap().as_bytes()), opaque(&hex(&case["value"]))].concat();
        assert_eq!(Crypto::without_sealing().hash(HashType::Sha2_256, &input).unwrap(), hex(&case["out"]));
        let case = &vector["expand_with_label"];
        let length = u16::try_from(case["length"].as_u64().unwrap()).unwrap();
        let out = expand_with_label(&hex(&case["secret"]), &case["label"], &hex(&case["context"]), length);
        assert_eq!(out, hex(&case["out"]));
        let case = &vector["derive_secret"];
        assert_eq!(expand_with_label(&hex(&case["secret"]), &case["label"], b"", 32), hex(&case["out"]));
        let case = &vector["derive_tree_secret"];
        let generation = u32::try_from(case["generation"].as_u64().unwrap()).unwrap().to_be_bytes();
        let length = u16::try_from(case["length"].as_u64().unwrap()).unwrap();
        assert_eq!(expand_with_label(&hex(&case["secret"]), &case["label"], &generation, length), hex(&case["out"]));
    }
}

#[test]
fn signatures_are_those_of_the_rfc() {
    let crypto = Crypto::without_sealing();
    for vector in vectors("crypto-basics") {
        let case = &vector["sign_with_label"];
        let content = labelled(&case["label"], &hex(&case["content"]));
        let verify = |signature: &[u8]| {
            crypto.verify_signature(SignatureScheme::ED25519, &content, &hex(&case["pub"]), signature)
        };
        let ours = crypto.sign(SignatureScheme::ED25519, &content, &hex(&case["priv"])).unwrap();
        assert_eq!(ours, hex(&case["signature"]), "Ed25519 has one signature a message");
        assert_eq!(verify(&ours), Ok(()));
        let mut wrong = ours;
        wrong[3] ^= 1;
        assert!(verify(&wrong).is_err());
    }
}

#[test]
fn sealed_secrets_open_as_in_the_rfc_and_ours_open_too() {
    let nothing = Rows::new();
    let provider = StepProvider::from_seed(&[1; 32], RowStore::over(&nothing));
    for vector in vectors("crypto-basics") {
        let case = &vector["encrypt_with_label"];
        let info = labelled(&case["label"], &hex(&case["context"]));
        let sealed =
            HpkeCiphertext { kem_output: hex(&case["kem_output"]).into(), ciphertext: hex(&case["ciphertext"]).into() };
        let open = |sealed: &HpkeCiphertext| {
            provider.crypto().hpke_open(SUITE.hpke_config(), sealed, &hex(&case["priv"]), &info, b"")
        };
        assert_eq!(open(&sealed).unwrap(), hex(&case["plaintext"]));
        let seal = |info: &[u8]| {
            provider
                .crypto()
                .hpke_seal(SUITE.hpke_config(), &hex(&case["pub"]), info, b"", &hex(&case["plaintext"]))
                .unwrap()
        };
        assert_eq!(open(&seal(&info)).unwrap(), hex(&case["plaintext"]));
        assert_eq!(seal(&info), seal(&info), "one step and equal inputs: equal bytes");
        assert_ne!(seal(&info).kem_output, seal(b"other").kem_output, "other inputs: another ephemeral key");
        assert!(open(&seal(b"other")).is_err());
        let short = provider.crypto().hpke_seal(SUITE.hpke_config(), &[9; 10], &info, b"", b"text");
        assert!(short.is_err(), "a short public key is an error");
        let zero = provider.crypto().hpke_seal(SUITE.hpke_config(), &[0; 32], &info, b"", b"text");
        assert!(zero.is_err(), "an all-zero X25519 result is an error");
    }
}

#[test]
fn length_headers_are_read_as_in_the_rfc() {
    for vector in vectors("deserialization") {
        let header = hex(&vector["vlbytes_header"]);
        let length = usize::try_from(vector["length"].as_u64().unwrap()).unwrap();
        assert_eq!(tls_codec::vlen::read_length(&mut header.as_slice()).unwrap().0, length);
        let mut written = Vec::new();
        tls_codec::vlen::write_length(&mut written, length).unwrap();
        assert_eq!(written, header);
    }
}

fn comes_back<T: Deserialize + tls_codec::Serialize>(bytes: &[u8]) {
    assert_eq!(T::tls_deserialize_exact(bytes).unwrap().tls_serialize_detached().unwrap(), bytes);
    assert!(T::tls_deserialize_exact(&bytes[..bytes.len() - 1]).is_err(), "a truncated one is refused");
}

#[test]
fn messages_of_every_kind_are_read_and_written_back() {
    for vector in vectors("messages") {
        for kind in [
            "mls_welcome",
            "mls_group_info",
            "mls_key_package",
            "public_message_application",
            "public_message_proposal",
            "public_message_commit",
            "private_message",
        ] {
            comes_back::<MlsMessageIn>(&hex(&vector[kind]));
        }
        comes_back::<RatchetTreeIn>(&hex(&vector["ratchet_tree"]));
        comes_back::<AddProposalIn>(&hex(&vector["add_proposal"]));
        comes_back::<UpdateProposalIn>(&hex(&vector["update_proposal"]));
        comes_back::<ExternalInitProposal>(&hex(&vector["external_init_proposal"]));
        comes_back::<RemoveProposal>(&hex(&vector["remove_proposal"]));
        comes_back::<PreSharedKeyProposal>(&hex(&vector["pre_shared_key_proposal"]));
    }
}

/// The private rows openmls keeps for a key package; it makes them itself only when it makes the package.
#[derive(Serialize)]
struct Bundle {
    key_package: KeyPackageIn,
    private_init_key: HpkePrivateKey,
    private_encryption_key: EncryptionPrivateKey,
}

#[derive(Serialize)]
struct EncryptionPrivateKey {
    key: HpkePrivateKey,
}

fn message(value: &Value) -> MlsMessageBodyIn {
    MlsMessageIn::tls_deserialize_exact(hex(value)).unwrap().extract()
}

fn keep_key_package(provider: &StepProvider<'_>, vector: &Value) {
    let MlsMessageBodyIn::KeyPackage(package) = message(&vector["key_package"]) else { panic!("no key package") };
    // Not validated: the lifetimes of some vectors have passed.
    let bytes = package.tls_serialize_detached().unwrap();
    let reference = make_key_package_ref(&bytes, SUITE, provider.crypto()).unwrap();
    let bundle = Bundle {
        key_package: package,
        private_init_key: hex(&vector["init_priv"]).into(),
        private_encryption_key: EncryptionPrivateKey { key: hex(&vector["encryption_priv"]).into() },
    };
    provider.storage().put(RowLabel::KeyPackage, &reference, &bundle).unwrap();
    for psk in vector["external_psks"].as_array().unwrap() {
        PreSharedKeyId::external(hex(&psk["psk_id"]), vec![]).store(provider, &hex(&psk["psk"])).unwrap();
    }
}

fn join(provider: &StepProvider<'_>, vector: &Value) -> MlsGroup {
    let config = MlsGroupJoinConfig::builder()
        .use_ratchet_tree_extension(true)
        .wire_format_policy(MIXED_PLAINTEXT_WIRE_FORMAT_POLICY)
        .number_of_resumption_psks(16)
        .build();
    let MlsMessageBodyIn::Welcome(welcome) = message(&vector["welcome"]) else { panic!("no welcome") };
    let tree = vector["ratchet_tree"].as_str().map(|_| hex(&vector["ratchet_tree"]));
    let tree = tree.map(|tree| RatchetTreeIn::tls_deserialize_exact(tree).unwrap());
    let mut builder = StagedWelcome::build_from_welcome(provider, &config, welcome).unwrap().skip_lifetime_validation();
    if let Some(tree) = tree {
        builder = builder.with_ratchet_tree(tree);
    }
    builder.build().unwrap().into_group(provider).unwrap()
}

fn process(provider: &StepProvider<'_>, group: &mut MlsGroup, value: &Value) {
    let message = MlsMessageIn::tls_deserialize_exact(hex(value)).unwrap().try_into_protocol_message().unwrap();
    match group.process_message(provider, message).unwrap().into_content() {
        ProcessedMessageContent::ProposalMessage(proposal) => {
            group.store_pending_proposal(provider.storage(), *proposal).unwrap();
        }
        ProcessedMessageContent::StagedCommitMessage(commit) => group.merge_staged_commit(provider, *commit).unwrap(),
        ProcessedMessageContent::ApplicationMessage(_)
        | ProcessedMessageContent::ExternalJoinProposalMessage(_)
        | ProcessedMessageContent::OwnPendingCommit
        | ProcessedMessageContent::OwnPrivateMessage => panic!("a message of another kind"),
    }
}

/// Joins and follows all epochs; the group is loaded from its rows before every message.
fn follow(vector: &Value) -> usize {
    assert_eq!(vector["cipher_suite"], 3);
    let nothing = Rows::new();
    let provider = StepProvider::without_randomness(RowStore::over(&nothing));
    keep_key_package(&provider, vector);
    let group = join(&provider, vector);
    assert_eq!(group.epoch_authenticator().as_slice(), hex(&vector["initial_epoch_authenticator"]));
    let id = group.group_id().clone();
    let load = || MlsGroup::load(provider.storage(), &id).unwrap().unwrap();
    let epochs = vector["epochs"].as_array().unwrap();
    for epoch in epochs {
        for proposal in epoch["proposals"].as_array().unwrap() {
            process(&provider, &mut load(), proposal);
        }
        process(&provider, &mut load(), &epoch["commit"]);
        assert_eq!(load().epoch_authenticator().as_slice(), hex(&epoch["epoch_authenticator"]));
    }
    epochs.len()
}

#[test]
fn a_passive_client_joins_by_every_welcome() {
    assert_eq!(vectors("passive-client-welcome").iter().map(follow).count(), 8);
}

// REQ-CRYPTO-1
#[test]
fn a_passive_client_follows_every_commit() {
    assert_eq!(vectors("passive-client-handling-commit").iter().map(follow).sum::<usize>(), 26);
}
