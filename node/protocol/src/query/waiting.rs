//! Why an own message waits, with each recipient, and when it is tried again: derived from rows, so that it cannot be out of date.

use tidings_crypto::id::{AccountId, NodeId};

use super::one;
use crate::error::Outcome;
use crate::limits::RECEIPT_MEMBERS_MAX;
use crate::node::is_unlocked;
use crate::record;
use crate::record::contact::{ContactRecord, ContactState};
use crate::record::conversation::ConversationRecord;
use crate::record::key::join;
use crate::record::log::{Obstacle, PeerWaitRecord};
use crate::record::message::{DeliveryState, FailReason, MessageRecord, RecipientState};
use crate::store::snapshot::Snapshot;
use crate::store::table::{Scope, Table};

/// What a message waits for, or why it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is on its way: nothing stands against it.
    OnItsWay,
    /// Their node cannot be reached since then, unix milliseconds.
    Unreachable(u64),
    /// Their node is connected and does not answer as it must, since then.
    NoAnswer(u64),
    /// Their node has no room, since then.
    NoRoom(u64),
    /// Their account on this node is locked.
    Locked,
    /// Their node has it; their device has not opened it yet.
    NotOpened,
    /// Their node has it. The group has so many members that none of them says more than that.
    NoReceipts,
    /// The node that their invite names has not said who they are.
    Invite,
    /// Our request for contact has not been accepted.
    Request,
    /// Their node has not handed out a key package with which to add them.
    KeyPackage,
    /// This device waits to be let back into the conversation.
    LetBackIn,
    /// The group goes on in its successor: here nothing is sent any more.
    Succeeded,
    /// It failed.
    Failed(FailReason),
}

/// One recipient for whom a message waits or has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Who.
    pub account: AccountId,
    /// Why.
    pub reason: Reason,
    /// When this node tries again by itself, unix milliseconds, if that is known.
    pub next_try: Option<u64>,
}

/// For whom an own message waits or has failed, and why.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`crate::error::Fault`] if the store fails.
pub fn of(store: &dyn Snapshot, account: AccountId, message: &MessageRecord) -> Outcome<Vec<Wait>> {
    let mut waits = Vec::new();
    if message.sender != account || message.deletion.is_some() {
        return Ok(waits);
    }
    let large = is_large(store, account, message)?;
    for recipient in &message.states {
        let peer = peer_wait(store, recipient.home)?;
        let reason = match recipient.state {
            DeliveryState::Read | DeliveryState::Delivered => continue,
            DeliveryState::Failed => Reason::Failed(recipient.failure.unwrap_or(FailReason::GivenUp)),
            DeliveryState::Sent => opening(store, recipient, large)?,
            DeliveryState::Queued if message.conversation.is_none() => {
                before_conversation(store, account, recipient.account, peer.as_ref())?
            }
            DeliveryState::Queued if message.order.is_empty() => held(store, account, message)?,
            DeliveryState::Queued => peer.as_ref().map_or(Reason::OnItsWay, obstacle),
        };
        let tries = recipient.state == DeliveryState::Queued;
        let next_try = peer.filter(|_| tries).map(|peer| peer.next_try);
        waits.push(Wait { account: recipient.account, reason, next_try });
    }
    Ok(waits)
}

fn peer_wait(store: &dyn Snapshot, node: NodeId) -> Outcome<Option<PeerWaitRecord>> {
    let row = store.get(Scope::Node, Table::PeerWait, node.as_bytes())?;
    Ok(row.map(|row| record::decode(&row, Table::PeerWait.name())).transpose()?)
}

const fn obstacle(wait: &PeerWaitRecord) -> Reason {
    match wait.obstacle {
        Obstacle::Unreachable => Reason::Unreachable(wait.since),
        Obstacle::NoAnswer => Reason::NoAnswer(wait.since),
        Obstacle::NoRoom => Reason::NoRoom(wait.since),
    }
}

/// Whether another node's account is locked is that node's business; of accounts of this node we know.
fn opening(store: &dyn Snapshot, recipient: &RecipientState, large: bool) -> Outcome<Reason> {
    let is_here = store.get(Scope::Node, Table::Directory, recipient.account.as_bytes())?.is_some();
    Ok(if is_here && !is_unlocked(store, recipient.account) {
        Reason::Locked
    } else if large {
        Reason::NoReceipts
    } else {
        Reason::NotOpened
    })
}

/// What waits for this device to be let back in, unless the group has gone on elsewhere meanwhile.
fn held(store: &dyn Snapshot, account: AccountId, message: &MessageRecord) -> Outcome<Reason> {
    let Some(id) = message.conversation else { return Ok(Reason::LetBackIn) };
    let group: Option<ConversationRecord> = one(store, account, Table::Conversation, id.as_bytes())?;
    Ok(if group.is_some_and(|group| group.succeeded_by.is_some()) { Reason::Succeeded } else { Reason::LetBackIn })
}

/// Whether the group is one whose members send no receipts, or was when this was written.
fn is_large(store: &dyn Snapshot, account: AccountId, message: &MessageRecord) -> Outcome<bool> {
    if message.states.len() >= RECEIPT_MEMBERS_MAX {
        return Ok(true);
    }
    let sent = message.states.iter().any(|recipient| recipient.state == DeliveryState::Sent);
    let Some(id) = message.conversation.filter(|_| sent) else { return Ok(false) };
    let group: Option<ConversationRecord> = one(store, account, Table::Conversation, id.as_bytes())?;
    Ok(group.is_some_and(|group| group.members.len() > RECEIPT_MEMBERS_MAX))
}

fn before_conversation(
    store: &dyn Snapshot,
    account: AccountId,
    other: AccountId,
    peer: Option<&PeerWaitRecord>,
) -> Outcome<Reason> {
    let known: Option<ContactRecord> = one(store, account, Table::Contact, other.as_bytes())?;
    let Some(known) = known else { return Ok(Reason::Request) };
    if let Some(conversation) = known.conversation {
        let intent = join(&[conversation.as_bytes(), other.as_bytes()]);
        let asked = store.get(Scope::Account(account), Table::Intent, &intent)?.is_some();
        return Ok(if asked { peer.map_or(Reason::KeyPackage, obstacle) } else { Reason::OnItsWay });
    }
    Ok(match (known.state, peer) {
        (ContactState::Resolving | ContactState::Requested, Some(peer)) => obstacle(peer),
        (ContactState::Resolving, None) => Reason::Invite,
        (ContactState::Requested | ContactState::Accepted | ContactState::Refused, _) => Reason::Request,
    })
}
