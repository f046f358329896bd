//! A conversation's rows: its record, and the MLS state of each epoch that is kept, under (conversation, epoch id).

use tidings_crypto::id::{AccountId, ConversationId, EpochId, NodeId, QueueId};
use tidings_crypto::mls::{Group, Rows};

use crate::account::policy::Policy;
use crate::account::{reach, unlock};
use crate::error::{Fault, Outcome, Rejection};
use crate::record::conversation::{ConversationKind, ConversationRecord, Membership};
use crate::record::epoch::EpochRecord;
use crate::record::key;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use tidings_crypto::outer::TopicKey;

pub(crate) fn get(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
) -> Outcome<Option<ConversationRecord>> {
    step.rows.get(Scope::Account(account), Table::Conversation, conversation.as_bytes())
}

/// The record of a conversation in which the account takes part.
pub(crate) fn of_member(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
) -> Outcome<ConversationRecord> {
    let record = get(step, account, conversation)?.ok_or(Rejection::NotFound)?;
    match record.membership {
        Membership::Member => Ok(record),
        Membership::Leaving | Membership::Left | Membership::Removed => Err(Rejection::NotMember.into()),
    }
}

/// The record and the policy of a group in which the account takes part.
pub(crate) fn of_group(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
) -> Outcome<(ConversationRecord, Policy)> {
    let record = of_member(step, account, conversation)?;
    if record.kind == ConversationKind::Direct {
        return Err(Rejection::DirectConversation.into());
    }
    let policy = policy(&record)?;
    Ok((record, policy))
}

pub(crate) fn policy(record: &ConversationRecord) -> Outcome<Policy> {
    policy_of(&record.policy)
}

/// A policy that was checked before it was kept. There is none where this device has been in no epoch yet: it was welcomed, and told of a
/// rival to which it cannot follow the others.
pub(crate) fn policy_of(bytes: &[u8]) -> Outcome<Policy> {
    if bytes.is_empty() {
        return Err(Rejection::Stranded.into());
    }
    Ok(Policy::parse(bytes).map_err(|_| Fault::Damaged("policy"))?)
}

/// The rank of a member at an epoch with this policy; 0 is the most senior, the highest number is that of all without a role.
pub(crate) fn rank(policy: &[u8], member: &AccountId) -> Outcome<u16> {
    Ok(Policy::parse(policy)?.rank(member))
}

/// Whether somebody may remove a member at an epoch with this policy. Of an epoch that is known by hearsay only nobody's rights are known.
pub(crate) fn may_remove(policy: &[u8], author: &AccountId, member: &AccountId) -> bool {
    Policy::parse(policy).is_ok_and(|policy| policy.may_remove(author, member))
}

/// Makes this node keep the queue of an epoch for the account: of the tip, and of a rival that is kept, since others write under it.
pub(crate) fn open_queue(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    epoch: &EpochRecord,
) -> Outcome<()> {
    if !record.queues.contains(&epoch.queue) {
        record.queues.push(epoch.queue);
    }
    step.rows.put(Scope::Account(account), Table::ConversationQueue, epoch.queue.as_bytes(), &record.id);
    let topic = *TopicKey::derive(&epoch.topic_secret).public().as_bytes();
    let followers = reach::followers(step, account, &record.id, (&epoch.members, &epoch.homes))?;
    crate::log::queue::follow(step, topic, epoch.queue, account, &followers, epoch.number)
}

/// Whether a member of the conversation lives at `node`, as far as `account` can tell while it is locked.
pub(crate) fn may_have_home(step: &Step<'_>, account: AccountId, queue: &QueueId, node: NodeId) -> Outcome<bool> {
    if !step.rows.is_unlocked(account)? {
        return Ok(true);
    }
    let Some(id) = unlock::conversation_of(step, account, queue)? else { return Ok(false) };
    Ok(get(step, account, &id)?.is_some_and(|record| record.homes.contains(&node)))
}

pub(crate) fn put(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord) {
    step.rows.put(Scope::Account(account), Table::Conversation, record.id.as_bytes(), record);
}

fn prefix(conversation: &ConversationId, epoch: &EpochId) -> Vec<u8> {
    key::join(&[conversation.as_bytes(), epoch.as_bytes()])
}

/// The group as it was at one epoch.
pub(crate) fn load_group(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    epoch: &EpochId,
) -> Outcome<Group> {
    let prefix = prefix(conversation, epoch);
    let rows: Rows = step
        .rows
        .scan(Scope::Account(account), Table::Mls, &prefix, usize::MAX)?
        .into_iter()
        .map(|(row, value)| (row.get(prefix.len()..).unwrap_or_default().to_vec(), value))
        .collect();
    if rows.is_empty() {
        return Err(Rejection::Refused { reason: "an epoch that is no longer kept" }.into());
    }
    Ok(Group::load(*conversation, rows).map_err(|_| Fault::Damaged("MLS state"))?)
}

/// Stores what changed in a group at one epoch.
pub(crate) fn store_changes(step: &mut Step<'_>, account: AccountId, epoch: &EpochId, group: &mut Group) {
    let prefix = prefix(&group.conversation(), epoch);
    for (row, value) in group.changes().0 {
        let row = key::join(&[&prefix, &row]);
        match value {
            Some(value) => step.rows.put_bytes(Scope::Account(account), Table::Mls, &row, value),
            None => step.rows.delete(Scope::Account(account), Table::Mls, &row),
        }
    }
}

/// Stores the whole state of a group that has just reached `epoch`.
pub(crate) fn store_whole(step: &mut Step<'_>, account: AccountId, epoch: &EpochId, group: &Group) {
    let prefix = prefix(&group.conversation(), epoch);
    for (row, value) in group.rows() {
        step.rows.put_bytes(Scope::Account(account), Table::Mls, &key::join(&[&prefix, &row]), value);
    }
}

/// Forgets an epoch: its messages can no longer be read.
pub(crate) fn forget_epoch(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    epoch: &EpochId,
) -> Outcome<()> {
    for (row, _) in step.rows.scan(Scope::Account(account), Table::Mls, &prefix(conversation, epoch), usize::MAX)? {
        step.rows.delete(Scope::Account(account), Table::Mls, &row);
    }
    Ok(())
}
