//! The rules a group's owners set: who may add, write, ask to join. Each is one byte; a value this version does not know makes the policy
//! none.

use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

use super::role::Role;

/// Who may add people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum AddRule {
    /// Owners and admins.
    Admins = 1,
    /// Moderators too.
    Moderators = 2,
    /// Members too.
    Members = 3,
}

impl AddRule {
    /// Whether somebody with `role` may add people.
    #[must_use]
    pub fn allows(self, role: Role) -> bool {
        match self {
            Self::Admins => role <= Role::Admin,
            Self::Moderators => role <= Role::Moderator,
            Self::Members => role <= Role::Member,
        }
    }
}

/// Who may write. Those who only read never may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum PostRule {
    /// Every member.
    Everyone = 1,
    /// Those who hold a role: an announcement group.
    Roles = 2,
}

impl PostRule {
    /// Whether somebody with `role` may write.
    #[must_use]
    pub fn allows(self, role: Role) -> bool {
        match self {
            Self::Everyone => role <= Role::Member,
            Self::Roles => role <= Role::Moderator,
        }
    }
}

/// How somebody may ask to be let in. An Add is always a commit of somebody who may add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum JoinRule {
    /// Not at all: people are added by those who know them.
    Invited = 1,
    /// By a link; somebody who may add is asked.
    Approved = 2,
    /// By a link; whoever has it is added.
    Link = 3,
}

/// What newcomers see of earlier messages. The one value there is keeps the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum HistoryRule {
    /// Nothing.
    None = 1,
}

/// Whether the users of a group may make a new owner when all owners are gone (PROTOCOL A6.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum RecoveryRule {
    /// More than two thirds of all users, by signed petition.
    TwoThirds = 1,
    /// Nobody: a group whose owners are gone stays as it is.
    Never = 2,
}

/// What the owners have decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Rules {
    /// Who may add people.
    pub add: AddRule,
    /// Who may write.
    pub post: PostRule,
    /// How somebody may ask to be let in.
    pub join: JoinRule,
    /// What newcomers see.
    pub history: HistoryRule,
    /// Whether a petition may make an owner.
    pub recovery: RecoveryRule,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            add: AddRule::Admins,
            post: PostRule::Everyone,
            join: JoinRule::Approved,
            history: HistoryRule::None,
            recovery: RecoveryRule::TwoThirds,
        }
    }
}

impl Rules {
    /// These rules with what was changed between `before` and `wanted`.
    #[must_use]
    pub fn rebased(self, before: Self, wanted: Self) -> Self {
        fn pick<T: PartialEq>(now: T, before: T, wanted: T) -> T {
            if before == wanted { now } else { wanted }
        }
        Self {
            add: pick(self.add, before.add, wanted.add),
            post: pick(self.post, before.post, wanted.post),
            join: pick(self.join, before.join, wanted.join),
            history: pick(self.history, before.history, wanted.history),
            recovery: pick(self.recovery, before.recovery, wanted.recovery),
        }
    }
}
