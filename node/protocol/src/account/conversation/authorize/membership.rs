//! Who comes and who goes by a commit, and who may bring it about (PROTOCOL A6.2).

use tidings_crypto::id::AccountId;
use tidings_crypto::mls::{CommitView, MemberView};

use super::{Invalid, Parent, leaf, member};
use crate::account::policy::{Policy, RANK_NONE, Role};
use crate::limits::MEMBERS_MAX;

/// Whether the commit lets one device back in that asked for it, and does nothing else (REQ-AUTH-11). Nobody who is banned is let in by it,
/// whatever the parent says of who is in (REQ-BAN-2).
pub(super) fn is_readmission(parent: &Parent<'_>, commit: &CommitView) -> bool {
    let ([out], [back], []) = (commit.removes.as_slice(), commit.adds.as_slice(), commit.self_removes.as_slice())
    else {
        return false;
    };
    let Some(out) = member(parent, *out) else { return false };
    commit.context_proposals == 0
        && commit.policy.is_none()
        && out.account() == back.credential.account
        && out.device() == back.credential.device
        && !parent.policy.bans.contains(&out.account())
        && parent.rejoins.iter().any(|rejoin| {
            rejoin.account == out.account()
                && rejoin.device == out.device()
                && rejoin.key_package_reference == back.key_package_reference
        })
}

/// Leaves of the parent that are not there any more, each once; the committer's own is not among them.
pub(super) fn leaving<'a>(
    parent: &Parent<'a>,
    committer: &MemberView,
    commit: &CommitView,
) -> Result<Vec<&'a MemberView>, Invalid> {
    let mut leaves: Vec<u32> = commit.removes.iter().chain(&commit.self_removes).copied().collect();
    let count = leaves.len();
    leaves.sort_unstable();
    leaves.dedup();
    // One Remove a commit: openmls orders several by hash map (DECISIONS 9).
    if leaves.len() != count || commit.removes.len() > 1 || leaves.contains(&committer.leaf) {
        return Err(Invalid::Remove);
    }
    leaves.into_iter().map(|leaf| member(parent, leaf).ok_or(Invalid::Remove)).collect()
}

/// Accounts of the parent that have no leaf after the commit.
pub(super) fn gone(parent: &Parent<'_>, leaving: &[&MemberView]) -> Vec<AccountId> {
    let stays = |account: &AccountId| {
        let leaves = parent.members.iter().filter(|member| member.account() == *account);
        leaves.into_iter().any(|member| leaving.iter().all(|out| out.leaf != member.leaf))
    };
    let mut gone: Vec<AccountId> = leaving.iter().map(|out| out.account()).collect();
    gone.retain(|account| !stays(account));
    gone.sort_unstable();
    gone.dedup();
    gone
}

/// Judges Removes by rank. A SelfRemove takes no right of the committer, but who holds a role gives it up before leaving: so no group loses
/// its last owner, and no role outlasts its holder (REQ-AUTH-10).
pub(super) fn removals(parent: &Parent<'_>, committer: &MemberView, commit: &CommitView) -> Result<(), Invalid> {
    if parent.policy.is_direct() && !(commit.removes.is_empty() && commit.self_removes.is_empty()) {
        return Err(Invalid::Remove);
    }
    let by = committer.account();
    for leaf in &commit.removes {
        let target = member(parent, *leaf).ok_or(Invalid::Remove)?;
        if !parent.policy.may_remove(&by, &target.account()) {
            return Err(refusal(parent.policy, &by, Invalid::Remove));
        }
    }
    for leaf in &commit.self_removes {
        let leaver = member(parent, *leaf).ok_or(Invalid::Remove)?;
        if parent.policy.rank(&leaver.account()) != RANK_NONE {
            return Err(Invalid::Remove);
        }
    }
    Ok(())
}

/// Judges Adds: by rule, nobody twice, no more than fit, and in a direct conversation only its second member.
pub(super) fn additions(parent: &Parent<'_>, committer: &MemberView, commit: &CommitView) -> Result<(), Invalid> {
    if commit.adds.is_empty() {
        return Ok(());
    }
    let by = committer.account();
    if !parent.policy.rules.add.allows(parent.policy.role(&by)) {
        return Err(Invalid::NotAllowed);
    }
    let after = parent.members.len() + commit.adds.len();
    if after > MEMBERS_MAX || (parent.policy.is_direct() && after != 2) {
        return Err(Invalid::Add);
    }
    for (place, leaf) in commit.adds.iter().enumerate() {
        let earlier = commit.adds.get(..place).unwrap_or_default();
        let is_in = parent.members.iter().any(|member| member.account() == leaf.credential.account);
        if is_in || earlier.iter().any(|other| other.credential.account == leaf.credential.account) {
            return Err(Invalid::Add);
        }
        leaf::added(parent, leaf, earlier)?;
    }
    Ok(())
}

/// Why an act is refused: for want of any right to it, or because of whom or what it names.
pub(super) fn refusal(policy: &Policy, by: &AccountId, otherwise: Invalid) -> Invalid {
    match policy.role(by) {
        Role::Owner | Role::Admin | Role::Moderator => otherwise,
        Role::Member | Role::Readonly => Invalid::NotAllowed,
    }
}
