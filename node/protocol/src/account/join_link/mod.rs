//! Joining a group by link (PROTOCOL A3, FEATURES D5): no secret in a link lets anybody in, it reaches a member who may add people. Whoever
//! follows it and whoever made it need not be contacts, and do not become contacts by it (docs/adr/0014).
//!
//! Owns the rows of both sides. The link itself, its proof and its refusal are those of contact invites (`account::contact`); adding is
//! `conversation::member_add`.

pub(crate) mod decide;
pub(crate) mod follow;
pub(crate) mod request;

use tidings_crypto::id::{AccountId, ConversationId, NodeId};

use crate::command::{Answer, JoinAct};
use crate::error::{Fault, Outcome};
use crate::record;
use crate::record::join::{JoinRecord, JoinRequestRecord, JoinState};
use crate::record::key;
use crate::step::Step;
use crate::store::table::{Scope, Table};

/// Does what a person asks for.
pub(crate) fn act(step: &mut Step<'_>, account: AccountId, act: JoinAct) -> Outcome<Answer> {
    match act {
        JoinAct::Follow(link) => follow::follow(step, account, &link).map(|join| Answer::Join(Box::new(join))),
        JoinAct::Accept { conversation, who } => {
            decide::accept(step, account, &conversation, &who).map(|()| Answer::Done)
        }
        JoinAct::Decline { conversation, who } => {
            decide::decline(step, account, &conversation, &who).map(|()| Answer::Done)
        }
    }
}

fn row(conversation: &ConversationId, account: &AccountId) -> Vec<u8> {
    key::join(&[conversation.as_bytes(), account.as_bytes()])
}

/// The link of `inviter` into a group that this account follows.
pub(crate) fn get(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    inviter: &AccountId,
) -> Outcome<Option<JoinRecord>> {
    step.rows.get(Scope::Account(account), Table::Join, &row(conversation, inviter))
}

fn put(step: &mut Step<'_>, account: AccountId, join: &JoinRecord) {
    step.rows.put(Scope::Account(account), Table::Join, &row(&join.conversation, &join.inviter), join);
}

/// All links into groups that the account follows.
fn all(step: &Step<'_>, account: AccountId) -> Outcome<Vec<JoinRecord>> {
    let rows = step.rows.scan(Scope::Account(account), Table::Join, b"", usize::MAX)?;
    let joins: Result<Vec<JoinRecord>, Fault> = rows.iter().map(|(_, value)| record::decode(value, "join")).collect();
    Ok(joins?)
}

/// Those who made links that this account follows and are not known yet, each with the node to ask.
pub(crate) fn unresolved(step: &Step<'_>, account: AccountId) -> Outcome<Vec<(AccountId, NodeId)>> {
    let joins = all(step, account)?.into_iter().filter(|join| join.state == JoinState::Resolving);
    Ok(joins.map(|join| (join.inviter, join.node)).collect())
}

/// Whether `inviter` may bring this account into that group: it has asked them by their link, and has not left since.
pub(crate) fn awaits(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    inviter: &AccountId,
) -> Outcome<bool> {
    let join = get(step, account, conversation, inviter)?;
    Ok(join.is_some_and(|join| join.state != JoinState::Resolving))
}

/// This account is in by the hand of `inviter`.
pub(crate) fn joined(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    inviter: &AccountId,
) -> Outcome<()> {
    if let Some(join) = get(step, account, conversation, inviter)? {
        put(step, account, &JoinRecord { state: JoinState::Joined, refusal: String::new(), ..join });
    }
    Ok(())
}

/// The account leaves: nobody brings it back by what it once asked.
pub(crate) fn left(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<()> {
    for (row, _) in step.rows.scan(Scope::Account(account), Table::Join, conversation.as_bytes(), usize::MAX)? {
        step.rows.delete(Scope::Account(account), Table::Join, &row);
    }
    Ok(())
}

fn request_of(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    who: &AccountId,
) -> Outcome<Option<JoinRequestRecord>> {
    step.rows.get(Scope::Account(account), Table::JoinRequest, &row(conversation, who))
}

pub(crate) fn put_request(step: &mut Step<'_>, account: AccountId, request: &JoinRequestRecord) {
    let row = row(&request.conversation, &request.account);
    step.rows.put(Scope::Account(account), Table::JoinRequest, &row, request);
}

/// Somebody whose request to be let into a group was accepted, here or by the link itself.
pub(crate) fn accepted(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    who: &AccountId,
) -> Outcome<Option<JoinRequestRecord>> {
    Ok(request_of(step, account, conversation, who)?.filter(|request| request.accepted))
}

/// Forgets that somebody has asked.
pub(crate) fn forget(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId, who: &AccountId) {
    step.rows.delete(Scope::Account(account), Table::JoinRequest, &row(conversation, who));
}
