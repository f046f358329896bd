//! May this commit be? One pure, total function over public data, asked by every member before it follows a commit, its own included
//! (PROTOCOL A6.3). It trusts nothing but the parent state.

mod classify;
mod leaf;
mod membership;
mod policy_change;

pub use classify::classify;
pub use leaf::credential;

use tidings_crypto::id::{AccountId, ConversationId, DeviceId, EpochId};
use tidings_crypto::identity::IdentityLog;
use tidings_crypto::mls::{CommitView, MemberView};

use crate::account::policy::{Link, Policy};

/// Why a commit does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The committer is not a member of the parent epoch.
    #[error("commit by somebody who is not a member")]
    UnknownCommitter,
    /// The committer's role does not allow it.
    #[error("commit by a member without that right")]
    NotAllowed,
    /// A proposal type that no role may use.
    #[error("proposal of a type that is not allowed")]
    ProposalType,
    /// A proposal by reference that is not a self-remove.
    #[error("proposal by reference")]
    ByReference,
    /// Required capabilities, our extension, or others were changed.
    #[error("change of group context extensions")]
    Extensions,
    /// The policy was changed in a way that is not allowed.
    #[error("change of policy")]
    Policy,
    /// A leaf with a wrong key length, missing capabilities or a reused signature key.
    #[error("leaf that is not well-formed")]
    Leaf,
    /// A credential that its account's identity log does not bear out.
    #[error("credential that does not hold")]
    Credential,
    /// A path or update that changes whose leaf it is.
    #[error("leaf that changes its owner")]
    ChangedOwner,
    /// The account is in already, or the group is full, or it is a direct conversation.
    #[error("add that is not possible")]
    Add,
    /// Somebody would be in who is banned.
    #[error("member who is banned")]
    Banned,
    /// Roles or who may add were changed without the link that bears it out, or there is a link where nothing was changed.
    #[error("change of roles that no link bears out")]
    Chain,
    /// The target is unknown, not junior, named twice, or leaves while it holds a role.
    #[error("removal that is not possible")]
    Remove,
}

/// A request of a device to be let in again, its signature checked (PROTOCOL A5.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejoin {
    /// Whose device.
    pub account: AccountId,
    /// Which.
    pub device: DeviceId,
    /// The key package by which it wants to come back.
    pub key_package_reference: Vec<u8>,
}

/// What a commit is judged against.
pub struct Parent<'a> {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its policy at the parent epoch.
    pub policy: &'a Policy,
    /// Its members at the parent epoch.
    pub members: &'a [MemberView],
    /// Identity logs of members and of those the commit adds.
    pub identity: &'a dyn Fn(&AccountId) -> Option<IdentityLog>,
    /// Requests to be let in again which the commit comes with.
    pub rejoins: &'a [Rejoin],
    /// The parent epoch.
    pub epoch: EpochId,
    /// The link of the AdminChain which the commit comes with.
    pub link: Option<&'a Link>,
}

/// Judges a commit at its parent state (REQ-AUTH-1). Whoever is a member may renew its own leaf, carry out the SelfRemove of another and let
/// a device back in that asks for it; everything else takes a role, or what the group's rules grant.
///
/// # Errors
/// [`Invalid`] by the first rule it breaks.
pub fn authorize(parent: &Parent<'_>, commit: &CommitView) -> Result<(), Invalid> {
    let committer = member(parent, commit.committer).ok_or(Invalid::UnknownCommitter)?;
    if !commit.other_proposals.is_empty() {
        return Err(Invalid::ProposalType);
    }
    if commit.by_reference != 0 {
        return Err(Invalid::ByReference);
    }
    if !commit.extensions_ok || commit.context_proposals > 1 {
        return Err(Invalid::Extensions);
    }
    if let Some(leaf) = &commit.updated_leaf {
        leaf::updated(parent, committer, leaf)?;
    }
    let leaving = membership::leaving(parent, committer, commit)?;
    if membership::is_readmission(parent, commit) {
        if parent.link.is_some() {
            return Err(Invalid::Chain);
        }
        return commit.adds.iter().try_for_each(|back| leaf::added(parent, back, &[]));
    }
    membership::removals(parent, committer, commit)?;
    membership::additions(parent, committer, commit)?;
    let after = policy_change::after(parent, commit)?;
    policy_change::judge(parent, committer, (commit, &after), &membership::gone(parent, &leaving))
}

fn member<'a>(parent: &Parent<'a>, leaf: u32) -> Option<&'a MemberView> {
    parent.members.iter().find(|member| member.leaf == leaf)
}
