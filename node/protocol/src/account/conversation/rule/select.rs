//! The selected branch: from an epoch on, the choice at each epoch, until one has no child (PROTOCOL A5.5).

use std::collections::BTreeSet;

use tidings_crypto::id::{AccountId, EpochId};

use super::{Child, Electorate, Vote, choose};

/// What is known about the children of one epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fork {
    /// The valid ones among its commits.
    pub children: Vec<Child>,
    /// Its users.
    pub users: Vec<AccountId>,
    /// Its admins.
    pub admins: Vec<AccountId>,
    /// Votes about its children.
    pub votes: Vec<Vote>,
}

impl Fork {
    /// The child that counts, if there is any.
    #[must_use]
    pub fn choose(&self) -> Option<EpochId> {
        choose(&self.children, &Electorate { users: &self.users, admins: &self.admins }, &self.votes)
    }
}

/// The epochs from `root` to the tip, both included (REQ-FORK-2). `fork` reads what is known about an epoch; an epoch of which nothing is
/// known has no children and is the tip.
///
/// Epoch ids are hashes over their parent's, so the walk ends. Should a damaged store claim a circle, the walk stops before closing it.
///
/// # Errors
/// What `fork` fails with: no branch is better than one chosen on half of what is known.
pub fn select<E>(root: EpochId, mut fork: impl FnMut(&EpochId) -> Result<Fork, E>) -> Result<Vec<EpochId>, E> {
    let mut path = vec![root];
    let mut passed = BTreeSet::from([root]);
    let mut at = root;
    while let Some(child) = fork(&at)?.choose() {
        if !passed.insert(child) {
            break;
        }
        path.push(child);
        at = child;
    }
    Ok(path)
}
