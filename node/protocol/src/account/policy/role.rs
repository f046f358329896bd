//! Roles, and the ordered list of those who hold one (DECISIONS 8, PROTOCOL A6.2).
//!
//! The order of the list is the rank: a total order, so that of two who remove each other one is the senior. Owns which list may follow
//! which by whose hand; the same rule judges commits and, for a newcomer, the chain of changes since the founding.

use minicbor::{Decode, Encode};
use tidings_crypto::id::AccountId;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

use crate::limits::ROLE_HOLDERS_MAX;

/// What a member may do, the most senior first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
#[cbor(index_only)]
pub enum Role {
    /// Everything, towards those who are junior.
    #[n(1)]
    Owner = 1,
    /// Members, roles below the own one, name and description.
    #[n(2)]
    Admin = 2,
    /// Removes members.
    #[n(3)]
    Moderator = 3,
    /// Reads, writes, leaves.
    #[n(4)]
    Member = 4,
    /// Reads and leaves.
    #[n(5)]
    Readonly = 5,
}

/// The rank of everybody who holds no role.
pub const RANK_NONE: u16 = u16::MAX;

/// An account and the role it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct RoleHolder {
    /// Who.
    pub account: AccountId,
    /// Owner, admin or moderator.
    pub role: Role,
}

/// Those who hold a role, by rank: owners, then admins, then moderators.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Roles {
    holders: Vec<RoleHolder>,
}

impl Roles {
    /// The roles of a new conversation: its creator owns it.
    #[must_use]
    pub fn founded_by(creator: AccountId) -> Self {
        Self { holders: vec![RoleHolder { account: creator, role: Role::Owner }] }
    }

    /// Those who hold a role, by rank.
    #[must_use]
    pub fn holders(&self) -> &[RoleHolder] {
        &self.holders
    }

    /// Roles as somebody claims them; see [`Roles::is_canonical`].
    #[must_use]
    pub const fn from_holders(holders: Vec<RoleHolder>) -> Self {
        Self { holders }
    }

    /// Whether there is an owner, nobody stands twice, the order is that of the roles, and no more than [`ROLE_HOLDERS_MAX`] hold one.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        let mut accounts: Vec<&AccountId> = self.holders.iter().map(|holder| &holder.account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts.len() == self.holders.len()
            && self.holders.len() <= ROLE_HOLDERS_MAX
            && self.holders.first().is_some_and(|first| first.role == Role::Owner)
            && self.holders.iter().all(|holder| holder.role <= Role::Moderator)
            && self.holders.is_sorted_by_key(|holder| holder.role)
    }

    fn place(&self, account: &AccountId) -> Option<usize> {
        self.holders.iter().position(|holder| holder.account == *account)
    }

    /// The role an account holds.
    #[must_use]
    pub fn of(&self, account: &AccountId) -> Option<Role> {
        self.holders.iter().find(|holder| holder.account == *account).map(|holder| holder.role)
    }

    /// The rank of an account: its place among the holders, or [`RANK_NONE`].
    #[must_use]
    pub fn rank(&self, account: &AccountId) -> u16 {
        self.place(account).and_then(|place| u16::try_from(place).ok()).unwrap_or(RANK_NONE)
    }

    /// How many owners there are.
    #[must_use]
    pub fn owners(&self) -> usize {
        self.holders.iter().filter(|holder| holder.role == Role::Owner).count()
    }

    /// These roles with that of one account changed: as the most junior of its new role.
    #[must_use]
    pub fn with(&self, account: AccountId, role: Role) -> Self {
        let mut holders = self.without(&account).holders;
        if role <= Role::Moderator {
            let place = holders.iter().position(|holder| holder.role > role).unwrap_or(holders.len());
            holders.insert(place, RoleHolder { account, role });
        }
        Self { holders }
    }

    /// These roles without that of one account.
    #[must_use]
    pub fn without(&self, account: &AccountId) -> Self {
        Self { holders: self.holders.iter().filter(|holder| holder.account != *account).copied().collect() }
    }

    /// These roles with a new owner before everybody else: what a petition may bring about (PROTOCOL A6.5).
    #[must_use]
    pub fn recovered(&self, owner: AccountId) -> Self {
        let first = RoleHolder { account: owner, role: Role::Owner };
        Self { holders: std::iter::once(first).chain(self.without(&owner).holders).collect() }
    }

    /// Whether `by` may turn these roles into `next` (REQ-POLICY-3). Those who are senior to it stay where they are, nobody gets a role above
    /// its own, and its own place it may only give up. A moderator may do nothing but step down.
    #[must_use]
    pub fn may_become(&self, next: &Roles, by: &AccountId) -> bool {
        let Some((senior, [own, junior @ ..])) = self.place(by).and_then(|place| self.holders.split_at_checked(place))
        else {
            return false;
        };
        let Some(rest) = next.holders.strip_prefix(senior) else { return false };
        match own.role {
            Role::Owner | Role::Admin => rest.iter().all(|holder| holder.role >= own.role),
            Role::Moderator => rest == junior,
            Role::Member | Role::Readonly => false,
        }
    }
}
