//! How often one member without a role may commit (PROTOCOL A5.4 rule 2).

use tidings_crypto::id::AccountId;

use super::Class;
use crate::limits::FLOOD_SPACING_MAX;

/// A commit on the branch below the one that is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ancestor {
    /// Whose device made it.
    pub author: AccountId,
    /// What it does, whether or not its author was demoted later: what others learn afterwards must not change a verdict.
    pub class: Class,
}

/// How many commits must lie between two ordinary ones of one user, with `users` in the roster of the parent: a third of the users, at
/// least 1, at most [`FLOOD_SPACING_MAX`].
#[must_use]
pub fn spacing(users: usize) -> usize {
    (users / 3).clamp(1, FLOOD_SPACING_MAX)
}

/// Whether `author`, who has no role, may make an ordinary commit (REQ-FORK-5): none of the last [`spacing`] commits of the branch is an
/// ordinary one of the same user. Ordinary is every commit but re-adding a device and carrying out a self-remove, which answer somebody
/// else's request; they are exempt, and so are admins and both sides of a direct conversation: for these, do not ask.
///
/// `branch` yields the commits from the parent's own downwards, the newest first, and ends where the conversation does. No more than
/// [`spacing`] of them are asked for, so whoever knows the last [`FLOOD_SPACING_MAX`] comes to the same verdict as everybody.
///
/// # Errors
/// What `branch` fails with.
pub fn within_spacing<E>(
    author: &AccountId,
    users: usize,
    branch: impl IntoIterator<Item = Result<Ancestor, E>>,
) -> Result<bool, E> {
    for ancestor in branch.into_iter().take(spacing(users)) {
        let ancestor = ancestor?;
        if ancestor.author == *author && ordinary(ancestor.class) {
            return Ok(false);
        }
    }
    Ok(true)
}

const fn ordinary(class: Class) -> bool {
    match class {
        Class::Readmit => false,
        Class::Removal | Class::Admin | Class::Update | Class::Demoted => true,
    }
}
