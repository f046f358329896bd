//! The policy of a conversation: what its GroupContext says about itself (PROTOCOL A6.1), in extension `0xF3A1`.
//!
//! For now: the creation parameters, the owners, name and description, and the topic generation. Roles beyond owner and member come with
//! the policy issue.

use tidings_crypto::id::{AccountId, ConversationId, DeviceId};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

use crate::error::Rejection;
use crate::limits::{DESCRIPTION_BYTES_MAX, NAME_BYTES_MAX};
use crate::record::conversation::ConversationKind;
use crate::wire;

const DIRECT: u8 = 1;
const GROUP: u8 = 2;

/// What the conversation id is the hash of (DECISIONS 5).
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Creation {
    /// The MLS suite.
    pub suite: u16,
    kind: u8,
    /// The founder.
    pub creator: AccountId,
    /// The founder's device.
    pub device: DeviceId,
    /// Makes it unique.
    pub nonce: [u8; 32],
}

impl Creation {
    /// The parameters of a new conversation.
    #[must_use]
    pub fn new(kind: ConversationKind, creator: AccountId, device: DeviceId, nonce: [u8; 32]) -> Self {
        let kind = match kind {
            ConversationKind::Direct => DIRECT,
            ConversationKind::Group => GROUP,
        };
        Self { suite: tidings_crypto::mls::SUITE, kind, creator, device, nonce }
    }

    /// The id that follows from them.
    #[must_use]
    pub fn conversation(&self) -> ConversationId {
        ConversationId::derive(self.suite, self.kind, &self.creator, &self.device, &self.nonce)
    }

    /// Direct or group.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] for a kind this version does not know.
    pub fn kind(&self) -> Result<ConversationKind, Rejection> {
        match self.kind {
            DIRECT => Ok(ConversationKind::Direct),
            GROUP => Ok(ConversationKind::Group),
            _ => Err(Rejection::Malformed { what: "policy" }),
        }
    }
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Owner,
    /// Read, write, leave.
    Member,
}

/// The policy.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Policy {
    version: u8,
    /// The creation parameters.
    pub creation: Creation,
    /// Owners, the most senior first.
    pub owners: Vec<AccountId>,
    /// Counts the topic keys; changed only by a commit (DECISIONS 19).
    pub topic_generation: u16,
    name: VLByteVec,
    description: VLByteVec,
}

impl Policy {
    /// The policy of a new conversation: its creator owns it.
    #[must_use]
    pub fn new(creation: Creation, name: &str, description: &str) -> Self {
        Self {
            version: wire::VERSION,
            owners: vec![creation.creator],
            creation,
            topic_generation: 0,
            name: wire::field(name.as_bytes().to_vec()),
            description: wire::field(description.as_bytes().to_vec()),
        }
    }

    /// Reads a policy.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] if it is not one canonical policy of this version within its limits.
    pub fn parse(bytes: &[u8]) -> Result<Self, Rejection> {
        let policy: Self = wire::decode(bytes, "policy")?;
        policy.creation.kind()?;
        wire::text(&policy.name, NAME_BYTES_MAX, "policy")?;
        wire::text(&policy.description, DESCRIPTION_BYTES_MAX, "policy")?;
        if policy.version != wire::VERSION
            || policy.owners.is_empty()
            || policy.creation.suite != tidings_crypto::mls::SUITE
        {
            return Err(Rejection::Malformed { what: "policy" });
        }
        Ok(policy)
    }

    /// The bytes of the extension.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// The group's name; empty for a direct conversation.
    #[must_use]
    pub fn name(&self) -> String {
        String::from_utf8_lossy(self.name.as_slice()).into_owned()
    }

    /// What the group is about.
    #[must_use]
    pub fn description(&self) -> String {
        String::from_utf8_lossy(self.description.as_slice()).into_owned()
    }

    /// The rank of an account: 0 for the most senior owner, the highest number for all without a role.
    #[must_use]
    pub fn rank(&self, account: &AccountId) -> u16 {
        let at = self.owners.iter().position(|owner| owner == account);
        at.and_then(|at| u16::try_from(at).ok()).unwrap_or(u16::MAX)
    }

    /// The same policy with the next topic generation.
    #[must_use]
    pub fn rotated(self) -> Self {
        Self { topic_generation: self.topic_generation.saturating_add(1), ..self }
    }

    /// This policy with what differs between `before` and `wanted`.
    #[must_use]
    pub fn rebased(&self, _before: &Self, _wanted: &Self) -> Self {
        self.clone()
    }

    /// The role of an account that is a member.
    #[must_use]
    pub fn role(&self, account: &AccountId) -> Role {
        if self.owners.contains(account) { Role::Owner } else { Role::Member }
    }
}

/// Those with the right to administer, by the bytes of a policy; nobody if they cannot be read.
pub(crate) fn admins(policy: &[u8]) -> Vec<AccountId> {
    Policy::parse(policy).map(|policy| policy.owners).unwrap_or_default()
}
