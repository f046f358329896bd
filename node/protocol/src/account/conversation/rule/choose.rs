//! The choice among rival commits, which have one parent (PROTOCOL A5.5).
//!
//! It needs the valid children of the parent, the roster of the parent, and the votes about it, and nothing else: not the order in which
//! they came, no clock, and never what was built above a child. A long branch therefore buys nothing, and a device that cannot follow a
//! branch can still tell that it was chosen.

use std::collections::BTreeSet;

use tidings_crypto::id::{AccountId, EntryId, EpochId};

use super::Class;

/// One valid commit, seen from its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    /// The epoch it leads to.
    pub epoch: EpochId,
    /// Whose device made it.
    pub author: AccountId,
    /// What it does, [`Class::Demoted`] already taken into account ([`super::effective_class`]).
    pub class: Class,
    /// The rank of the author at the parent: 0 for owners, and higher for less.
    pub rank: u16,
    /// The entry that carries it.
    pub commit: EntryId,
}

/// Who may vote about the children of an epoch: its roster, for good.
#[derive(Debug, Clone, Copy)]
pub struct Electorate<'a> {
    /// All users at the parent, admins among them. A user is listed once or several times (once a device), and counts once.
    pub users: &'a [AccountId],
    /// Those of them with an admin's role at the parent.
    pub admins: &'a [AccountId],
}

/// One user's word that a child is the one it has made final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vote {
    /// The user, whichever device signed.
    pub voter: AccountId,
    /// The child.
    pub child: EpochId,
}

/// The child that counts; `None` if there is no child (REQ-FORK-1).
///
/// First, a child for which more than half of the admins voted. Else, among the foremost children, one for which more than half of all users
/// voted. Foremost are those of the best class, and of removals only those by the most senior author: otherwise a junior admin whom a
/// senior removes could answer with a removal of his own and have the members choose it (REQ-FORK-4). Else, and among several with a
/// majority, the least by (class, rank, entry id).
///
/// A user who voted for two children counts for both: votes are only ever added, so that their order cannot matter. Votes of others and for
/// other epochs count for nothing.
#[must_use]
pub fn choose(children: &[Child], electorate: &Electorate<'_>, votes: &[Vote]) -> Option<EpochId> {
    let by_admins = with_majority(children.iter(), electorate.admins, votes);
    if let Some(child) = least(by_admins.into_iter()) {
        return Some(child);
    }
    let best = children.iter().map(precedence).min()?;
    let foremost = || children.iter().filter(|child| precedence(child) == best);
    let by_users = with_majority(foremost(), electorate.users, votes);
    least(by_users.into_iter()).or_else(|| least(foremost()))
}

/// What no majority of members alone can set aside.
fn precedence(child: &Child) -> (Class, u16) {
    match child.class {
        Class::Removal => (child.class, child.rank),
        Class::Admin | Class::Readmit | Class::Update | Class::Demoted => (child.class, 0),
    }
}

/// Those children for which more than half of `voters` voted.
fn with_majority<'a>(
    children: impl Iterator<Item = &'a Child>,
    voters: &[AccountId],
    votes: &[Vote],
) -> Vec<&'a Child> {
    let voters: BTreeSet<&AccountId> = voters.iter().collect();
    let cast: BTreeSet<&Vote> = votes.iter().filter(|vote| voters.contains(&vote.voter)).collect();
    children.filter(|child| cast.iter().filter(|vote| vote.child == child.epoch).count() * 2 > voters.len()).collect()
}

fn least<'a>(children: impl Iterator<Item = &'a Child>) -> Option<EpochId> {
    children.min_by_key(|child| (child.class, child.rank, child.commit, child.epoch)).map(|child| child.epoch)
}
