//! What a commit does to the policy, field by field (PROTOCOL A6.2, NEGATIVE_TESTS 32).

use tidings_crypto::id::AccountId;
use tidings_crypto::mls::{CommitView, MemberView};

use super::membership::refusal;
use super::{Invalid, Parent};
use crate::account::policy::{Link, Place, Policy, RecoveryRule, Role};

/// Whether a commit that removes somebody must renew the topic, so that who is out can no longer write to the queue.
pub(super) const fn must_renew_topic() -> bool {
    true
}

/// The policy after the commit.
///
/// # Errors
/// [`Invalid::Policy`] for a proposal that changes nothing, or into something that is no policy.
pub(super) fn after(parent: &Parent<'_>, commit: &CommitView) -> Result<Policy, Invalid> {
    match &commit.policy {
        None if commit.context_proposals == 0 => Ok(parent.policy.clone()),
        None => Err(Invalid::Policy),
        Some(bytes) => Policy::parse(bytes).map_err(|_| Invalid::Policy),
    }
}

/// Judges each field by the role of the committer. `gone` are the accounts that have no leaf afterwards.
pub(super) fn judge(
    parent: &Parent<'_>,
    committer: &MemberView,
    (commit, after): (&CommitView, &Policy),
    gone: &[AccountId],
) -> Result<(), Invalid> {
    let (before, by) = (parent.policy, committer.account());
    let role = before.role(&by);
    let refuse = || Err(refusal(before, &by, Invalid::Policy));
    if after.creation != before.creation || (before.is_direct() && !before.differs_in_topic_only(after)) {
        return refuse();
    }
    topic(before, after, role, !gone.is_empty())?;
    let recovers = before.rules.recovery == RecoveryRule::TwoThirds && parent.link.is_some_and(Link::is_recovery);
    if after.roles != before.roles && !recovers && !before.roles.may_become(&after.roles, &by) {
        return refuse();
    }
    let mut kept = before.readonly().to_vec();
    kept.retain(|account| !gone.contains(account));
    if after.readonly() != kept && role > Role::Admin {
        return refuse();
    }
    let mut turned = after.bans.since(&before.bans).chain(before.bans.since(&after.bans));
    if !turned.all(|account| before.may_remove(&by, account)) {
        return refuse();
    }
    let described = after.name() != before.name()
        || after.description() != before.description()
        || after.disappearing_seconds != before.disappearing_seconds;
    if (described && role > Role::Admin) || (after.rules != before.rules && role > Role::Owner) {
        return refuse();
    }
    if names_strangers(parent, commit, after, gone) {
        return Err(Invalid::Policy);
    }
    if bans_members(parent, commit, after, gone) {
        return Err(Invalid::Banned);
    }
    chain(parent, committer, after)
}

/// A change of who may do what comes with the link that bears it out, made at this epoch by this device; nothing else comes with one.
fn chain(parent: &Parent<'_>, committer: &MemberView, after: &Policy) -> Result<(), Invalid> {
    let (before, after) = (parent.policy.authority(), after.authority());
    let Some(link) = parent.link else {
        return if before == after { Ok(()) } else { Err(Invalid::Chain) };
    };
    let mut users: Vec<AccountId> = parent.members.iter().map(MemberView::account).collect();
    users.sort_unstable();
    users.dedup();
    let place = Place { conversation: parent.conversation, identity: parent.identity, users: Some(&users) };
    let ours = link.parent() == parent.epoch && link.author() == (committer.account(), committer.device());
    if ours && link.follow(&before, &place) == Some(after) { Ok(()) } else { Err(Invalid::Chain) }
}

/// The topic generation goes up by one or stays: up for admins, and for everybody in a commit by which somebody goes.
fn topic(before: &Policy, after: &Policy, role: Role, removes: bool) -> Result<(), Invalid> {
    let renewed = before.topic_generation.checked_add(1) == Some(after.topic_generation);
    if !renewed && after.topic_generation != before.topic_generation {
        return Err(Invalid::Policy);
    }
    if renewed && role > Role::Admin && !removes {
        return Err(Invalid::NotAllowed);
    }
    if removes && must_renew_topic() && !renewed {
        return Err(Invalid::Policy);
    }
    Ok(())
}

/// Whether the policy names somebody who has no leaf after the commit.
fn names_strangers(parent: &Parent<'_>, commit: &CommitView, after: &Policy, gone: &[AccountId]) -> bool {
    let is_in = |account: &AccountId| {
        commit.adds.iter().any(|leaf| leaf.credential.account == *account)
            || (parent.members.iter().any(|member| member.account() == *account) && !gone.contains(account))
    };
    let holders = after.roles.holders().iter().map(|holder| &holder.account);
    !holders.chain(after.readonly()).all(is_in)
}

/// Whether somebody has a leaf after the commit who is banned then. So a ban takes a member along, and whoever lifts one may add in the same
/// commit (REQ-BAN-2).
fn bans_members(parent: &Parent<'_>, commit: &CommitView, after: &Policy, gone: &[AccountId]) -> bool {
    let stay = parent.members.iter().map(MemberView::account).filter(|account| !gone.contains(account));
    let come = commit.adds.iter().map(|leaf| leaf.credential.account);
    stay.chain(come).any(|account| after.bans.contains(&account))
}

/// Whether somebody who stays may do less than before.
pub(super) fn demotes(before: &Policy, after: &Policy) -> bool {
    let named = before.roles.holders().iter().map(|holder| &holder.account).chain(after.readonly());
    named.into_iter().any(|account| after.role(account) > before.role(account))
}

/// Whether somebody is banned who was not.
pub(super) fn bans(before: &Policy, after: &Policy) -> bool {
    after.bans.since(&before.bans).next().is_some()
}

/// Whether the change is one that nobody needs a role for: what falls away with those who leave.
pub(super) fn only_drops(before: &Policy, after: &Policy, gone: &[AccountId]) -> bool {
    let mut rest = before.clone();
    for account in gone {
        rest.forget(account);
    }
    rest.differs_in_topic_only(after)
}
