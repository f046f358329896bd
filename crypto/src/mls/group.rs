//! One group at one epoch: its rows and what can be read from them. Owns creation and loading.
//! Does not send, receive or commit (see `encrypt`, `decrypt`, `commit`, `apply`, `join`).

use openmls::prelude::{Credential, CredentialWithKey, GroupId, LeafNodeIndex, Member, MlsGroup, OpenMlsProvider as _};
use rand_core::CryptoRng;

use super::facts::MemberView;
use super::provider::{Crypto, LeafSigner, StepProvider};
use super::storage::RowStore;
use super::{Changes, DeviceKeys, LeafCredential, MlsError, Rows, config, step};
use crate::id::ConversationId;
use crate::sign::SigningKey;

/// The whole state of one group at one epoch, as rows. The caller keeps it under (conversation, epoch id).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupState {
    /// All rows.
    pub rows: Rows,
}

/// One group at one epoch, loaded from its rows.
///
/// Operations that reach the next epoch ([`Group::commit`], [`Group::apply`]) return a new `Group` and leave this one at its
/// epoch, so that its rows can stay as an anchor (PROTOCOL A5.6). [`Group::encrypt`] and [`Group::decrypt`] move the
/// ratchets of this epoch; the caller writes [`Group::changes`] before anything leaves the machine.
#[derive(Debug)]
pub struct Group {
    pub(super) conversation: ConversationId,
    pub(super) rows: Rows,
    pub(super) changed: Changes,
    pub(super) mls: MlsGroup,
    pub(super) welcome_sender: Option<u32>,
}

impl Group {
    /// Founds a group with ourselves as its only member.
    ///
    /// A fresh leaf key is drawn and certified by the device key for `conversation`. `policy` becomes extension 0xF3A1.
    ///
    /// # Errors
    /// [`MlsError::TooLarge`] if the policy is over 48 KiB; [`MlsError::Library`] if openmls fails.
    pub fn create(
        keys: &DeviceKeys,
        conversation: ConversationId,
        policy: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, MlsError> {
        let leaf_key = SigningKey::generate(rng);
        let credential = LeafCredential::certify(keys, leaf_key.verifying_key().as_bytes(), conversation.as_bytes())?;
        let with_key = credential_with_key(&credential, &leaf_key)?;
        let extensions = config::context_extensions(policy)?;
        let nothing = Rows::new();
        let provider = StepProvider::for_step(rng, RowStore::over(&nothing));
        step::keep_leaf_key(provider.storage(), &leaf_key)?;
        let mls = MlsGroup::builder()
            .with_group_id(GroupId::from_slice(conversation.as_bytes()))
            .ciphersuite(config::CIPHERSUITE)
            .with_wire_format_policy(config::WIRE_FORMAT)
            .padding_size(config::PADDING)
            .max_past_epochs(0)
            .number_of_resumption_psks(0)
            .use_ratchet_tree_extension(true)
            .sender_ratchet_configuration(config::sender_ratchet())
            .lifetime(config::lifetime())
            .with_capabilities(config::capabilities())
            .with_group_context_extensions(extensions)
            .build(&provider, &LeafSigner(leaf_key), with_key)
            .map_err(|error| MlsError::Library(error.to_string()))?;
        let changes = provider.into_store().into_changes();
        Ok(Self::after(conversation, Rows::new(), &changes, mls))
    }

    /// Loads a group from all rows of one epoch.
    ///
    /// # Errors
    /// [`MlsError::Rows`] if rows are missing, damaged or another conversation's.
    pub fn load(conversation: ConversationId, rows: Rows) -> Result<Self, MlsError> {
        let mls = step::load(&RowStore::over(&rows), conversation)?;
        Ok(Self { conversation, rows, changed: Changes::default(), mls, welcome_sender: None })
    }

    /// Rows changed since the group was created, loaded or last asked. A group fresh from `create`, `commit`, `apply` or
    /// `join` reports all its rows.
    #[must_use]
    pub fn changes(&mut self) -> Changes {
        std::mem::take(&mut self.changed)
    }

    /// All rows of this epoch.
    #[must_use]
    pub fn rows(&self) -> Rows {
        self.rows.clone()
    }

    /// All rows of this epoch, as a state to keep.
    #[must_use]
    pub fn state(&self) -> GroupState {
        GroupState { rows: self.rows.clone() }
    }

    /// The conversation; also the MLS group id.
    #[must_use]
    pub fn conversation(&self) -> ConversationId {
        self.conversation
    }

    /// MLS epoch number. It doesn't identify a state: branches share numbers (PROTOCOL A4).
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.mls.epoch().as_u64()
    }

    /// Bytes of the policy extension 0xF3A1.
    ///
    /// # Errors
    /// [`MlsError::Extensions`] if it is missing.
    pub fn policy(&self) -> Result<Vec<u8>, MlsError> {
        config::policy_of(self.mls.extensions())
    }

    /// All members, by leaf. Members whose credential can't be read are left out; `join` and `inspect` let none in.
    #[must_use]
    pub fn members(&self) -> Vec<MemberView> {
        self.mls.members().filter_map(|member| view(&member).ok()).collect()
    }

    /// The member at `leaf`.
    #[must_use]
    pub fn member(&self, leaf: u32) -> Option<MemberView> {
        let node = self.mls.public_group().leaf(LeafNodeIndex::new(leaf))?;
        let credential = LeafCredential::of(node.credential()).ok()?;
        Some(MemberView { leaf, credential, signature_key: node.signature_key().as_slice().to_vec() })
    }

    /// Our leaf.
    #[must_use]
    pub fn own_leaf(&self) -> u32 {
        self.mls.own_leaf_index().u32()
    }

    /// Whether we are still a member. False at the state that removed us.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.mls.is_active()
    }

    /// Leaf of the member that made the welcome; only on a group fresh from [`Group::join`].
    #[must_use]
    pub fn welcome_sender(&self) -> Option<u32> {
        self.welcome_sender
    }

    /// MLS epoch authenticator: equal for all members of this very state (RFC 9420 §8.7).
    #[must_use]
    pub fn authenticator(&self) -> Vec<u8> {
        self.mls.epoch_authenticator().as_slice().to_vec()
    }

    /// MLS exporter, 32 bytes (RFC 9420 §8.5).
    ///
    /// # Errors
    /// [`MlsError::Inactive`] if we were removed.
    pub fn export(&self, label: &str, context: &[u8]) -> Result<[u8; 32], MlsError> {
        if !self.is_active() {
            return Err(MlsError::Inactive);
        }
        let secret = self
            .mls
            .export_secret(&Crypto::without_sealing(), label, context, 32)
            .map_err(|error| MlsError::Library(error.to_string()))?;
        secret.try_into().map_err(|_| MlsError::Library("exporter length".to_owned()))
    }
}

/// A member's view, if its credential is one of ours.
pub(super) fn view(member: &Member) -> Result<MemberView, MlsError> {
    let credential = LeafCredential::of(&member.credential)?;
    Ok(MemberView { leaf: member.index.u32(), credential, signature_key: member.signature_key.clone() })
}

/// A credential as openmls wants it.
pub(super) fn credential_with_key(
    credential: &LeafCredential,
    leaf_key: &SigningKey,
) -> Result<CredentialWithKey, MlsError> {
    Ok(CredentialWithKey {
        credential: Credential::new(config::credential_type(), credential.to_bytes()?),
        signature_key: leaf_key.verifying_key().as_bytes().as_slice().into(),
    })
}
