//! What kind of commit it is, for the choice among rivals (PROTOCOL A5.5).

use tidings_crypto::mls::CommitView;

use super::policy_change::{bans, demotes, only_drops};
use super::{Parent, membership};
use crate::account::conversation::rule::Class;
use crate::account::policy::Policy;

/// The class of a commit at its parent: of several the first that fits. Total; asked of commits that [`super::authorize`] finds valid.
#[must_use]
pub fn classify(parent: &Parent<'_>, commit: &CommitView) -> Class {
    if membership::is_readmission(parent, commit) {
        return Class::Readmit;
    }
    let after = commit.policy.as_ref().and_then(|bytes| Policy::parse(bytes).ok());
    let puts_down = |after: &Policy| demotes(parent.policy, after) || bans(parent.policy, after);
    if !commit.removes.is_empty() || after.as_ref().is_some_and(puts_down) {
        return Class::Removal;
    }
    let leaving = parent.members.iter().filter(|member| commit.self_removes.contains(&member.leaf)).collect::<Vec<_>>();
    let gone = membership::gone(parent, &leaving);
    let changes = match &after {
        Some(after) => gone.is_empty() || !only_drops(parent.policy, after, &gone),
        None => commit.context_proposals > 0,
    };
    if changes || !commit.adds.is_empty() {
        Class::Admin
    } else if commit.self_removes.is_empty() {
        Class::Update
    } else {
        Class::Readmit
    }
}
