//! Joins by a welcome. Owns the checks before any row is handed out (NEGATIVE_TESTS 38). Does not judge who may invite.

use std::collections::BTreeSet;

use openmls::prelude::{LeafNodeIndex, OpenMlsProvider as _, ProcessedWelcome, StagedWelcome, WelcomeError};
use rand_core::CryptoRng;
use tls_codec::Size as _;

use super::provider::StepProvider;
use super::storage::{RowError, RowStore};
use super::{Changes, DeviceKeys, Group, Known, MAX_LEAVES, MlsError, Rows, config, group, keys_check, step, wire};
use crate::id::ConversationId;

impl Group {
    /// Joins the group of a welcome. `key_package_rows` are the private rows of the key package it was made for (see
    /// [`Group::welcome_references`]); rows of further key packages do no harm.
    ///
    /// The returned group holds its rows in memory only: look at [`Group::members`], [`Group::policy`] and
    /// [`Group::welcome_sender`] to authorize, and drop it to refuse. Delete the key package's rows once it is kept.
    ///
    /// # Errors
    /// [`MlsError::TooLarge`] over 1 MiB or 1,100 leaves; [`MlsError::Suite`]; [`MlsError::GroupId`] if not 32 bytes;
    /// [`MlsError::Extensions`] without our policy or with others; [`MlsError::Credential`] for leaves of another kind, or if
    /// our own leaf is not this device's; [`MlsError::KeyLength`], [`MlsError::DuplicateKey`] for unusable leaves;
    /// [`MlsError::NoKeyPackage`]; [`MlsError::Welcome`] if MLS refuses it.
    pub fn join(
        keys: &DeviceKeys,
        key_package_rows: Rows,
        welcome: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, MlsError> {
        Self::join_knowing(keys, key_package_rows, welcome, rng, &Known::default())
    }

    /// [`Group::join`] that does not verify again what is `known`, and adds to it.
    ///
    /// # Errors
    /// As [`Group::join`].
    pub fn join_knowing(
        keys: &DeviceKeys,
        key_package_rows: Rows,
        welcome: &[u8],
        rng: &mut dyn CryptoRng,
        known: &Known,
    ) -> Result<Self, MlsError> {
        let welcome = wire::welcome(welcome)?;
        let provider = StepProvider::for_step(rng, RowStore::over(&key_package_rows)).knowing(known);
        let processed = ProcessedWelcome::new_from_welcome(&provider, &config::join_config(), welcome)
            .map_err(|error| refusal(&error))?;
        check_before_tree(&processed)?;
        let staged = processed.into_staged_welcome(&provider, None).map_err(|error| refusal(&error))?;
        let conversation = check_staged(keys, &staged, known)?;
        let sender = staged.welcome_sender_index().u32();
        let own_key = staged.own_leaf_node().ok_or(MlsError::Rows)?.signature_key().as_slice().to_vec();
        // The leaf key moves from the key package's rows to the group's.
        step::keep_leaf_key(provider.storage(), &step::leaf_key(provider.storage(), &own_key)?)?;
        let mls = staged.into_group(&provider).map_err(|error| refusal(&error))?;
        keys_check::check_parents(&mls.export_ratchet_tree(), None, known)?;
        // Deletions concern the key package's rows, which are the caller's.
        let mut changes = provider.into_store().into_changes().0;
        changes.retain(|_, value| value.is_some());
        let mut group = Self::after(conversation, Rows::new(), &Changes(changes), mls);
        group.welcome_sender = Some(sender);
        Ok(group)
    }

    /// References of the key packages a welcome was made for.
    ///
    /// # Errors
    /// [`MlsError::TooLarge`], [`MlsError::Malformed`], [`MlsError::Suite`].
    pub fn welcome_references(welcome: &[u8]) -> Result<Vec<Vec<u8>>, MlsError> {
        let welcome = wire::welcome(welcome)?;
        Ok(welcome.secrets().iter().map(|secret| secret.new_member().as_slice().to_vec()).collect())
    }
}

fn refusal(error: &WelcomeError<RowError>) -> MlsError {
    if matches!(error, WelcomeError::NoMatchingKeyPackage) {
        MlsError::NoKeyPackage
    } else {
        MlsError::Welcome(error.to_string())
    }
}

/// Everything that can be told before openmls verifies signatures and hashes of the whole tree.
fn check_before_tree(processed: &ProcessedWelcome) -> Result<(), MlsError> {
    let info = processed.unverified_group_info();
    if info.ciphersuite() != config::CIPHERSUITE {
        return Err(MlsError::Suite);
    }
    if info.group_id().as_slice().len() != ConversationId::LEN {
        return Err(MlsError::GroupId);
    }
    config::policy_of(info.group_context().extensions())?;
    if !processed.psks().is_empty() {
        return Err(MlsError::Welcome("pre-shared keys".to_owned()));
    }
    let tree = info.extensions().ratchet_tree().ok_or(MlsError::Extensions)?.ratchet_tree();
    // A node is one byte if blank; all other bytes of the encoding belong to nodes that can be seen. The length prefix
    // counts as up to four nodes more.
    let seen = tree.nodes().fold((0, 0), |(count, bytes), node| (count + 1, bytes + 1 + node.tls_serialized_len()));
    let nodes = seen.0 + tree.tls_serialized_len().saturating_sub(seen.1);
    if nodes > 2 * MAX_LEAVES + 4 { Err(MlsError::TooLarge) } else { Ok(()) }
}

/// Members of the verified tree: credentials, keys, and that the leaf that is ours names this device.
fn check_staged(keys: &DeviceKeys, staged: &StagedWelcome, known: &Known) -> Result<ConversationId, MlsError> {
    let conversation =
        ConversationId::try_from(staged.group_context().group_id().as_slice()).map_err(|_| MlsError::GroupId)?;
    let own = staged.own_leaf_index();
    let mut signature_keys = BTreeSet::new();
    let mut count = 0;
    for member in staged.members() {
        let view = group::view(&member)?;
        if member.index == own && (view.account() != keys.account || view.device() != keys.device) {
            return Err(MlsError::Credential);
        }
        if member.signature_key == keys.device_key.verifying_key().as_bytes()
            || !signature_keys.insert(member.signature_key)
        {
            return Err(MlsError::DuplicateKey);
        }
        known.check_key(&member.encryption_key)?;
        count += 1;
    }
    let sender: LeafNodeIndex = staged.welcome_sender_index();
    if count > MAX_LEAVES {
        return Err(MlsError::TooLarge);
    }
    if sender == own {
        return Err(MlsError::Welcome("sent by ourselves".to_owned()));
    }
    staged.welcome_sender().map_err(|error| MlsError::Welcome(error.to_string()))?;
    Ok(conversation)
}
