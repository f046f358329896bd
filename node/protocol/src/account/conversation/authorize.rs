//! May this commit be? One pure, total function over public data, asked by every member before it follows a commit, its own included
//! (PROTOCOL A6.3). It trusts nothing but the parent state.

use tidings_crypto::id::{AccountId, ConversationId};
use tidings_crypto::identity::IdentityLog;
use tidings_crypto::mls::{CommitView, LeafFacts, MemberView};

use crate::account::policy::{Policy, Role};
use crate::limits::MEMBERS_MAX;
use crate::record::conversation::ConversationKind;

/// Length of an X25519 public key, which every HPKE key of our suite is.
const HPKE_KEY_BYTES: usize = 32;

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
    /// The target is unknown, an owner, or named twice.
    #[error("removal that is not possible")]
    Remove,
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
    /// Verified requests to be let back in that the commit carries.
    pub rejoins: &'a [Rejoin],
}

/// A request to be let back in.
pub struct Rejoin {
    /// Who.
    pub account: AccountId,
    /// Device.
    pub device: tidings_crypto::id::DeviceId,
    /// Reference.
    pub key_package_reference: Vec<u8>,
}

/// What a commit does.
pub fn classify(parent: &Parent<'_>, commit: &CommitView) -> super::rule::Class {
    use super::rule::Class;
    if !parent.rejoins.is_empty() {
        Class::Readmit
    } else if !commit.removes.is_empty() {
        Class::Removal
    } else if !commit.adds.is_empty() {
        Class::Admin
    } else if !commit.self_removes.is_empty() {
        Class::Readmit
    } else {
        Class::Update
    }
}

/// Judges a commit at its parent state (REQ-AUTH-1).
///
/// # Errors
/// [`Invalid`] by the first rule it breaks.
pub fn authorize(parent: &Parent<'_>, commit: &CommitView) -> Result<(), Invalid> {
    let committer = member(parent, commit.committer).ok_or(Invalid::UnknownCommitter)?;
    match parent.policy.role(&committer.account()) {
        Role::Owner => {}
        Role::Member if !parent.rejoins.is_empty() => {}
        Role::Member if commit.adds.is_empty() && commit.removes.is_empty() => {}
        Role::Member => return Err(Invalid::NotAllowed),
    }
    if !commit.other_proposals.is_empty() {
        return Err(Invalid::ProposalType);
    }
    if commit.by_reference != 0 {
        return Err(Invalid::ByReference);
    }
    if !commit.extensions_ok || commit.context_proposals > 1 {
        return Err(Invalid::Extensions);
    }
    // Nothing in the policy may change yet: name, roles and mailboxes come with the policy issue.
    if commit.policy.as_ref().is_some_and(|policy| {
        *policy != parent.policy.to_bytes() && *policy != parent.policy.clone().rotated().to_bytes()
    }) {
        return Err(Invalid::Policy);
    }
    if let Some(leaf) = &commit.updated_leaf {
        updated(parent, committer, leaf)?;
    }
    removals(parent, commit)?;
    additions(parent, commit)
}

fn member<'a>(parent: &Parent<'a>, leaf: u32) -> Option<&'a MemberView> {
    parent.members.iter().find(|member| member.leaf == leaf)
}

fn updated(parent: &Parent<'_>, committer: &MemberView, leaf: &LeafFacts) -> Result<(), Invalid> {
    if leaf.credential.account != committer.account() || leaf.credential.device != committer.device() {
        return Err(Invalid::ChangedOwner);
    }
    let others = parent.members.iter().filter(|member| member.leaf != committer.leaf);
    if others.into_iter().any(|other| other.signature_key == leaf.signature_key) {
        return Err(Invalid::Leaf);
    }
    well_formed(parent, leaf)
}

fn removals(parent: &Parent<'_>, commit: &CommitView) -> Result<(), Invalid> {
    let mut targets: Vec<u32> = commit.removes.iter().chain(&commit.self_removes).copied().collect();
    let count = targets.len();
    targets.sort_unstable();
    targets.dedup();
    // One Remove a commit: openmls orders several by hash map (DECISIONS 9).
    if targets.len() != count || commit.removes.len() > 1 {
        return Err(Invalid::Remove);
    }
    for target in targets {
        let target = member(parent, target).ok_or(Invalid::Remove)?;
        if parent.policy.role(&target.account()) == Role::Owner {
            return Err(Invalid::Remove);
        }
    }
    match parent.policy.creation.kind() {
        Ok(ConversationKind::Direct) if count > 0 => Err(Invalid::Remove),
        Ok(ConversationKind::Direct | ConversationKind::Group) => Ok(()),
        Err(_) => Err(Invalid::Policy),
    }
}

fn additions(parent: &Parent<'_>, commit: &CommitView) -> Result<(), Invalid> {
    let direct = parent.policy.creation.kind() == Ok(ConversationKind::Direct);
    let after = parent.members.len() + commit.adds.len();
    if after > MEMBERS_MAX || (direct && !commit.adds.is_empty() && after != 2) {
        return Err(Invalid::Add);
    }
    for (place, leaf) in commit.adds.iter().enumerate() {
        let earlier = commit.adds.iter().take(place);
        let is_in = parent.rejoins.is_empty()
            && parent.members.iter().any(|member| member.account() == leaf.credential.account);
        if is_in || earlier.clone().any(|other| other.credential.account == leaf.credential.account) {
            return Err(Invalid::Add);
        }
        let reused = parent.members.iter().any(|member| member.signature_key == leaf.signature_key)
            || earlier.clone().any(|other| other.signature_key == leaf.signature_key);
        if reused {
            return Err(Invalid::Leaf);
        }
        well_formed(parent, leaf)?;
    }
    Ok(())
}

fn well_formed(parent: &Parent<'_>, leaf: &LeafFacts) -> Result<(), Invalid> {
    if leaf.encryption_key_len != HPKE_KEY_BYTES || !leaf.capabilities_ok || !leaf.extensions_ok {
        return Err(Invalid::Leaf);
    }
    let log = (parent.identity)(&leaf.credential.account).ok_or(Invalid::Credential)?;
    credential(parent.conversation, &log, &leaf.credential, &leaf.signature_key)
}

/// Checks that a leaf's credential is borne out by its account's identity log: the head is in it, the device was certified at that head,
/// the device key signed the leaf key, and the leaf key is no device key.
///
/// # Errors
/// [`Invalid::Credential`] or [`Invalid::Leaf`].
pub fn credential(
    conversation: ConversationId,
    log: &IdentityLog,
    credential: &tidings_crypto::mls::LeafCredential,
    signature_key: &[u8],
) -> Result<(), Invalid> {
    let at = log.at(&credential.identity_head).ok_or(Invalid::Credential)?;
    let device = at.device(credential.device).ok_or(Invalid::Credential)?;
    if log.account_id() != credential.account || credential.not_after > device.not_after {
        return Err(Invalid::Credential);
    }
    if signature_key == device.device_key.as_bytes() {
        return Err(Invalid::Leaf);
    }
    credential.verify_member(signature_key, conversation, &device.device_key).map_err(|_| Invalid::Credential)
}
