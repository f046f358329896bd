//! The policy of a conversation: what its GroupContext says about itself (PROTOCOL A6.1), in extension `0xF3A1`.
//!
//! Creation parameters, who holds which role, who may only read, who is banned, the owners' rules, name, description, the timer of messages,
//! and the topic generation. Owns its one byte form. Who may change what stands in `conversation::authorize`.

mod bans;
mod chain;
mod creation;
mod petition;
mod role;
mod rules;

pub use bans::Bans;
pub use chain::{Authority, Link, Place, Signer};
pub use creation::Creation;
pub use petition::Petition;
pub use role::{RANK_NONE, Role, RoleHolder, Roles};
pub use rules::{AddRule, HistoryRule, JoinRule, PostRule, RecoveryRule, Rules};

use tidings_crypto::id::AccountId;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

use crate::error::Rejection;
use crate::limits::{DESCRIPTION_BYTES_MAX, NAME_BYTES_MAX, READONLY_MAX};
use crate::record::conversation::ConversationKind;
use crate::wire;

/// The policy.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Policy {
    version: u8,
    /// The creation parameters.
    pub creation: Creation,
    /// Counts the topic keys; changed only by a commit (DECISIONS 19).
    pub topic_generation: u32,
    /// Who holds which role.
    pub roles: Roles,
    readonly: Vec<AccountId>,
    /// Who is banned.
    pub bans: Bans,
    /// What the owners have decided.
    pub rules: Rules,
    /// How long messages are kept unless their sender says otherwise, in seconds after sending; 0 means for ever (DECISIONS 25).
    pub disappearing_seconds: u32,
    name: VLByteVec,
    description: VLByteVec,
    /// The newest link of the AdminChain; see [`Authority`].
    pub chain_head: [u8; 32],
}

impl Policy {
    /// The policy of a new conversation: its creator owns it.
    #[must_use]
    pub fn new(creation: Creation, name: &str, description: &str) -> Self {
        Self {
            version: wire::VERSION,
            topic_generation: 0,
            roles: Roles::founded_by(creation.creator),
            readonly: Vec::new(),
            bans: Bans::default(),
            rules: Rules::default(),
            disappearing_seconds: 0,
            name: wire::field(name.as_bytes().to_vec()),
            description: wire::field(description.as_bytes().to_vec()),
            chain_head: Authority::founded(&creation).head,
            creation,
        }
    }

    /// Reads a policy.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] if it is not one canonical policy of this version within its limits: among others one without an owner, with
    /// roles or bans out of order, with somebody named twice, or with a role for somebody who may only read or is banned.
    pub fn parse(bytes: &[u8]) -> Result<Self, Rejection> {
        let policy: Self = wire::decode(bytes, "policy")?;
        policy.creation.kind()?;
        wire::text(&policy.name, NAME_BYTES_MAX, "policy")?;
        wire::text(&policy.description, DESCRIPTION_BYTES_MAX, "policy")?;
        let readonly_ok = policy.readonly.len() <= READONLY_MAX
            && policy.readonly.is_sorted_by(|one, next| one < next)
            && policy.readonly.iter().all(|account| policy.roles.of(account).is_none());
        if policy.version != wire::VERSION
            || policy.creation.suite != tidings_crypto::mls::SUITE
            || !policy.roles.is_canonical()
            || !readonly_ok
            || !policy.bans.is_canonical()
            || policy.named().iter().any(|account| policy.bans.contains(account))
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

    /// Whether it is the policy of a direct conversation, which both own.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.creation.kind() == Ok(ConversationKind::Direct)
    }

    /// The role of an account that is a member.
    #[must_use]
    pub fn role(&self, account: &AccountId) -> Role {
        if self.is_direct() {
            return Role::Owner;
        }
        match self.roles.of(account) {
            Some(role) => role,
            None if self.readonly.binary_search(account).is_ok() => Role::Readonly,
            None => Role::Member,
        }
    }

    /// The rank of a member, the most senior first: its place among those who hold a role, else [`RANK_NONE`]. In a direct conversation the
    /// founder comes before the other.
    #[must_use]
    pub fn rank(&self, account: &AccountId) -> u16 {
        if self.is_direct() { u16::from(*account != self.creation.creator) } else { self.roles.rank(account) }
    }

    /// Whether the member `by` may add people.
    #[must_use]
    pub fn may_add(&self, by: &AccountId) -> bool {
        self.rules.add.allows(self.role(by))
    }

    /// Whether the member `by` may write.
    #[must_use]
    pub fn may_post(&self, by: &AccountId) -> bool {
        self.rules.post.allows(self.role(by))
    }

    /// Whether the member `by` may remove the member `target`: owners and admins whoever is junior to them, moderators whoever has no role.
    #[must_use]
    pub fn may_remove(&self, by: &AccountId, target: &AccountId) -> bool {
        match self.role(by) {
            Role::Owner | Role::Admin => self.rank(by) < self.rank(target),
            Role::Moderator => self.rank(target) == RANK_NONE,
            Role::Member | Role::Readonly => false,
        }
    }

    /// Those who may only read, in the order of their ids.
    #[must_use]
    pub fn readonly(&self) -> &[AccountId] {
        &self.readonly
    }

    /// Everybody who is named: those who hold a role, by rank, then those who may only read.
    #[must_use]
    pub fn named(&self) -> Vec<AccountId> {
        self.roles.holders().iter().map(|holder| holder.account).chain(self.readonly.iter().copied()).collect()
    }

    /// Gives a member a role, or takes it.
    pub fn set_role(&mut self, account: AccountId, role: Role) {
        self.forget(&account);
        match role {
            Role::Owner | Role::Admin | Role::Moderator => self.roles = self.roles.with(account, role),
            Role::Member => {}
            Role::Readonly => {
                let place = self.readonly.partition_point(|other| *other < account);
                self.readonly.insert(place, account);
            }
        }
    }

    /// Bans an account, which loses what it had.
    pub fn ban(&mut self, account: AccountId) {
        self.forget(&account);
        self.bans.insert(account);
    }

    /// Drops the role of an account that goes, and that it may only read. A ban stays.
    pub fn forget(&mut self, account: &AccountId) {
        self.roles = self.roles.without(account);
        self.readonly.retain(|other| other != account);
    }

    /// This policy with what somebody changed between `before` and `wanted`, and everything else as it is here: a wish that is carried out
    /// later than it was made.
    #[must_use]
    pub fn rebased(&self, before: &Self, wanted: &Self) -> Self {
        let mut next = self.clone();
        wanted.bans.since(&before.bans).for_each(|account| next.ban(*account));
        before.bans.since(&wanted.bans).for_each(|account| next.bans.lift(account));
        for account in before.named().into_iter().chain(wanted.named()) {
            let role = wanted.role(&account);
            if before.role(&account) != role && next.role(&account) != role && !next.bans.contains(&account) {
                next.set_role(account, role);
            }
        }
        let pick = |now: &VLByteVec, before: &VLByteVec, wanted: &VLByteVec| {
            if before == wanted { now.clone() } else { wanted.clone() }
        };
        next.name = pick(&self.name, &before.name, &wanted.name);
        next.description = pick(&self.description, &before.description, &wanted.description);
        next.rules = self.rules.rebased(before.rules, wanted.rules);
        if before.disappearing_seconds != wanted.disappearing_seconds {
            next.disappearing_seconds = wanted.disappearing_seconds;
        }
        next
    }

    /// This policy with the next topic.
    #[must_use]
    pub fn rotated(&self) -> Self {
        Self { topic_generation: self.topic_generation.saturating_add(1), ..self.clone() }
    }

    /// Whether `other` is the same but for the topic generation.
    #[must_use]
    pub fn differs_in_topic_only(&self, other: &Self) -> bool {
        Self { topic_generation: self.topic_generation, ..other.clone() } == *self
    }

    /// Owners and admins, by rank; in a direct conversation its founder alone is named.
    #[must_use]
    pub fn admins(&self) -> Vec<AccountId> {
        let holders = self.roles.holders().iter();
        holders.filter(|holder| holder.role <= Role::Admin).map(|holder| holder.account).collect()
    }

    /// What of the policy the AdminChain bears out.
    #[must_use]
    pub fn authority(&self) -> Authority {
        Authority { head: self.chain_head, roles: self.roles.clone(), add: self.rules.add }
    }

    /// Names the group.
    pub fn set_name(&mut self, name: &str) {
        self.name = wire::field(name.as_bytes().to_vec());
    }

    /// Says what it is about.
    pub fn set_description(&mut self, description: &str) {
        self.description = wire::field(description.as_bytes().to_vec());
    }
}
