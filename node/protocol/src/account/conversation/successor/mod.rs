//! The successor of a group that has come to a halt: those who hold the branch that was chosen are gone for good, and nobody can let this
//! device back in (PROTOCOL A5.6, docs/adr/0031). A member opens another group and says so in the old one; the others come by its link.
//!
//! Owns the rows of the successors that were opened. Links are `join_link`; adding is `member_add`.

mod follow;
mod open;

pub(crate) use follow::{act, joined, received};
pub(crate) use open::{has_stopped, is_to_be_asked_about, open, was_in};

use tidings_crypto::id::{AccountId, ConversationId};

use super::{group_log, state};
use crate::account::contact::invite;
use crate::account::join_link;
use crate::account::policy::Policy;
use crate::error::{Fault, Outcome};
use crate::record;
use crate::record::key;
use crate::record::successor::SuccessorRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};

/// Length of the id of a conversation.
const ID_BYTES: usize = 32;

/// Keeps what somebody has opened: one a member.
fn put(step: &mut Step<'_>, account: AccountId, old: &ConversationId, successor: &SuccessorRecord) {
    let row = key::join(&[old.as_bytes(), successor.account.as_bytes()]);
    step.rows.put(Scope::Account(account), Table::Successor, &row, successor);
}

/// The successors of a group.
fn of(step: &Step<'_>, account: AccountId, old: &ConversationId) -> Outcome<Vec<SuccessorRecord>> {
    let rows = step.rows.scan(Scope::Account(account), Table::Successor, old.as_bytes(), usize::MAX)?;
    let all: Result<Vec<SuccessorRecord>, Fault> =
        rows.iter().map(|(_, value)| record::decode(value, "successor")).collect();
    Ok(all?)
}

/// The groups that a group succeeds, and who opened it.
fn predecessors(
    step: &Step<'_>,
    account: AccountId,
    successor: &ConversationId,
) -> Outcome<Vec<(ConversationId, AccountId)>> {
    let mut found = Vec::new();
    for (row, value) in step.rows.scan(Scope::Account(account), Table::Successor, b"", usize::MAX)? {
        let known: SuccessorRecord = record::decode(&value, "successor")?;
        if known.conversation == *successor {
            let old = row.get(..ID_BYTES).and_then(|old| ConversationId::try_from(old).ok());
            found.push((old.ok_or(Fault::Damaged("successor key"))?, known.account));
        }
    }
    Ok(found)
}

/// The policy by which those who come over to a successor that this account opened hold the roles again that they held, if it may give them. None
/// if nobody held any.
pub(crate) fn with_roles(
    step: &Step<'_>,
    account: AccountId,
    (successor, policy): (&ConversationId, &Policy),
    newcomers: &[AccountId],
) -> Outcome<Option<Policy>> {
    let old = predecessors(step, account, successor)?.into_iter().find(|(_, by)| *by == account);
    let Some(old) = old.map(|(old, _)| state::get(step, account, &old)).transpose()?.flatten() else { return Ok(None) };
    let (held, mut next) = (state::policy(&old)?, policy.clone());
    for newcomer in newcomers {
        if comes_over(step, account, (&old.id, successor), newcomer)? {
            next.set_role(*newcomer, held.role(newcomer));
        }
    }
    Ok((next != *policy && policy.roles.may_become(&next.roles, &account)).then_some(next))
}

/// Whether somebody comes by the link of the successor, and for the first time.
fn comes_over(
    step: &Step<'_>,
    account: AccountId,
    (old, successor): (&ConversationId, &ConversationId),
    newcomer: &AccountId,
) -> Outcome<bool> {
    let Some(request) = join_link::accepted(step, account, successor, newcomer)? else { return Ok(false) };
    let (_, invite) = invite::find(step, account, &request.invite)?;
    let by_link = invite.group.is_some_and(|group| group.succeeds == Some(*old));
    Ok(by_link && !group_log::was_removed(step, account, successor, newcomer)?)
}
