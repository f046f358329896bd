//! The settings every group of ours has (DECISIONS 9–11, PROTOCOL A14), and the check that a group still has them.
//! Owns capabilities, extensions, lifetimes, padding and ratchet windows.

use openmls::prelude::{
    Capabilities, Ciphersuite, CredentialType, Extension, ExtensionType, Extensions, GroupContext, Lifetime,
    MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProposalType, ProtocolVersion,
    RequiredCapabilitiesExtension, SenderRatchetConfiguration, UnknownExtension, WireFormatPolicy,
};

use super::{CREDENTIAL_TYPE, MAX_POLICY, MlsError, POLICY_EXTENSION};

pub(super) const CIPHERSUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;
pub(super) const PADDING: usize = 64;
/// How far a message may lag behind the newest of its sender.
pub(super) const OUT_OF_ORDER: u32 = 100;
/// How many messages of one sender may be missing.
pub(super) const FORWARD: u32 = 5_000;
pub(super) const WIRE_FORMAT: WireFormatPolicy = PURE_PLAINTEXT_WIRE_FORMAT_POLICY;

pub(super) fn credential_type() -> CredentialType {
    CredentialType::Other(CREDENTIAL_TYPE)
}

pub(super) fn policy_type() -> ExtensionType {
    ExtensionType::Unknown(POLICY_EXTENSION)
}

/// What our leaves can do: exactly one suite, one extension, one credential, and self-removal.
pub(super) fn capabilities() -> Capabilities {
    Capabilities::builder()
        .versions(vec![ProtocolVersion::Mls10])
        .ciphersuites(vec![CIPHERSUITE])
        .extensions(vec![policy_type()])
        .proposals(vec![ProposalType::SelfRemove])
        .credentials(vec![credential_type()])
        .build()
}

/// Whether a leaf can do what our groups need. More than that is no harm.
pub(super) fn has_capabilities(theirs: &Capabilities) -> bool {
    theirs.versions().contains(&ProtocolVersion::Mls10)
        && theirs.ciphersuites().contains(&CIPHERSUITE.into())
        && theirs.extensions().contains(&policy_type())
        && theirs.proposals().contains(&ProposalType::SelfRemove)
        && theirs.credentials().contains(&credential_type())
}

/// Valid for ever: openmls compares lifetimes with the wall clock; ours is judged by `issued_at` (DECISIONS 11).
pub(super) fn lifetime() -> Lifetime {
    Lifetime::init(0, u64::MAX)
}

pub(super) fn sender_ratchet() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(OUT_OF_ORDER, FORWARD)
}

pub(super) fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(WIRE_FORMAT)
        .padding_size(PADDING)
        .max_past_epochs(0)
        .number_of_resumption_psks(0)
        .use_ratchet_tree_extension(true)
        .sender_ratchet_configuration(sender_ratchet())
        .build()
}

fn required() -> RequiredCapabilitiesExtension {
    RequiredCapabilitiesExtension::new(&[policy_type()], &[ProposalType::SelfRemove], &[credential_type()])
}

/// The extensions of a group with this policy.
pub(super) fn context_extensions(policy: &[u8]) -> Result<Extensions<GroupContext>, MlsError> {
    if policy.len() > MAX_POLICY {
        return Err(MlsError::TooLarge);
    }
    let policy = Extension::Unknown(POLICY_EXTENSION, UnknownExtension(policy.to_vec()));
    Extensions::from_vec(vec![Extension::RequiredCapabilities(required()), policy])
        .map_err(|error| MlsError::Library(error.to_string()))
}

/// The policy of a group that has exactly our extensions.
///
/// # Errors
/// [`MlsError::Extensions`] for any other set; [`MlsError::TooLarge`] for a policy over 48 KiB.
pub(super) fn policy_of(extensions: &Extensions<GroupContext>) -> Result<Vec<u8>, MlsError> {
    let policy = extensions.unknown(POLICY_EXTENSION).ok_or(MlsError::Extensions)?;
    if extensions.iter().count() != 2 || extensions.required_capabilities() != Some(&required()) {
        return Err(MlsError::Extensions);
    }
    if policy.0.len() > MAX_POLICY {
        return Err(MlsError::TooLarge);
    }
    Ok(policy.0.clone())
}
