//! The choice among the valid commits at one epoch (PROTOCOL A5.5).

use tidings_crypto::id::{AccountId, EntryId, EpochId};

use super::Class;

/// A valid commit, by the epoch it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    /// The epoch.
    pub epoch: EpochId,
    /// Who made the commit.
    pub author: AccountId,
    /// What it does.
    pub class: Class,
    /// The author's rank at the parent; 0 is the most senior.
    pub rank: u16,
    /// The commit's entry, whose id is its hash.
    pub commit: EntryId,
}

/// Who may vote at the parent.
pub struct Electorate<'a> {
    /// All accounts in it.
    pub users: &'a [AccountId],
    /// Those of them with the right to administer.
    pub admins: &'a [AccountId],
}

/// One account's vote for a child, cast for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vote {
    /// Whose.
    pub voter: AccountId,
    /// For which epoch.
    pub child: EpochId,
}

/// Picks the child that everybody takes.
#[must_use]
pub fn choose(children: &[Child], _electorate: &Electorate<'_>, _votes: &[Vote]) -> Option<EpochId> {
    children.iter().min_by_key(|child| (child.class, child.rank, child.commit)).map(|child| child.epoch)
}
