//! States that tell the truth: from queued to sent when a recipient's node has it durably, to delivered when a device says so.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId, NodeId};

use super::store;
use crate::account::event;
use crate::error::{Fault, Outcome};
use crate::record::conversation::ConversationRecord;
use crate::record::event::EventKind;
use crate::record::key;
use crate::record::log::OutboxRecord;
use crate::record::message::{DeliveryState, RecipientState};
use crate::step::Step;
use crate::store::table::{Scope, Table};

/// An own message some of whose recipients' nodes have not acknowledged yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct AwaitingRecord {
    #[n(0)]
    pub(crate) conversation: ConversationId,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(crate) order: Vec<u8>,
}

/// An entry's place: queue and counter.
const PLACE_BYTES: usize = 40;

/// What a node said of one entry while the author's account was locked.
const KEPT: u8 = 1;
const GIVEN_UP: u8 = 2;
/// The same for an entry that followers pass on: what one of them says holds for all recipients.
const KEPT_FOR_ALL: u8 = 3;
const GIVEN_UP_FOR_ALL: u8 = 4;

/// A node has acknowledged an entry durably.
pub(crate) fn kept_by(step: &mut Step<'_>, node: NodeId, waiting: &OutboxRecord) -> Outcome<()> {
    tell_author(step, node, waiting, if waiting.shared { KEPT_FOR_ALL } else { KEPT })
}

/// An entry will not be tried again with this node.
pub(crate) fn given_up(step: &mut Step<'_>, node: NodeId, waiting: &OutboxRecord) -> Outcome<()> {
    tell_author(step, node, waiting, if waiting.shared { GIVEN_UP_FOR_ALL } else { GIVEN_UP })
}

fn tell_author(step: &mut Step<'_>, node: NodeId, waiting: &OutboxRecord, what: u8) -> Outcome<()> {
    let place = key::counted(waiting.queue.as_bytes(), waiting.counter);
    if step.rows.is_unlocked(waiting.author)? {
        return settle(step, waiting.author, &place, node, what);
    }
    // It is told when it unlocks.
    let row = key::join(&[waiting.author.as_bytes(), &place, node.as_bytes()]);
    step.rows.put_bytes(Scope::Node, Table::Awaiting, &row, vec![what]);
    Ok(())
}

fn settle(step: &mut Step<'_>, account: AccountId, place: &[u8], node: NodeId, what: u8) -> Outcome<()> {
    let scope = Scope::Account(account);
    let Some(awaiting) = step.rows.get::<AwaitingRecord>(scope, Table::Awaiting, place)? else {
        return Ok(());
    };
    let state = if matches!(what, KEPT | KEPT_FOR_ALL) { DeliveryState::Sent } else { DeliveryState::Failed };
    let for_all = matches!(what, KEPT_FOR_ALL | GIVEN_UP_FOR_ALL);
    // Where followers pass it on, one that keeps it is enough (DECISIONS 20), and what is sent is not given up any more.
    let concerned = |recipient: &RecipientState| {
        if for_all { recipient.state == DeliveryState::Queued } else { recipient.home == node }
    };
    let still_queued = advance(step, account, &awaiting, concerned, state)?;
    if !still_queued {
        step.rows.delete(scope, Table::Awaiting, place);
    }
    Ok(())
}

/// Moves a message on with some recipients; never back. Returns whether anybody is still queued.
fn advance(
    step: &mut Step<'_>,
    account: AccountId,
    awaiting: &AwaitingRecord,
    concerned: impl Fn(&RecipientState) -> bool,
    state: DeliveryState,
) -> Outcome<bool> {
    let Some(mut message) = store::get(step, account, &awaiting.conversation, &awaiting.order)? else {
        return Ok(false);
    };
    let time = step.now.wall.0;
    let mut changed = Vec::new();
    for recipient in &mut message.states {
        let may = match (recipient.state, state) {
            (DeliveryState::Queued, _) | (DeliveryState::Sent, DeliveryState::Delivered | DeliveryState::Failed) => {
                recipient.state != state
            }
            (DeliveryState::Sent | DeliveryState::Failed | DeliveryState::Delivered, _) => false,
        };
        if may && concerned(recipient) {
            recipient.state = state;
            recipient.time = time;
            changed.push(recipient.account);
        }
    }
    let still_queued = message.states.iter().any(|recipient| recipient.state == DeliveryState::Queued);
    if !changed.is_empty() {
        store::put(step, account, &awaiting.conversation, &message);
    }
    for recipient in changed {
        let kind = EventKind::MessageState { id: message.id, account: recipient, state };
        event::emit(step, account, Some(awaiting.conversation), kind)?;
    }
    Ok(still_queued)
}

/// A device of `recipient` has receipted own entries up to `last`, after `first` had been receipted before.
pub(crate) fn receipted(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationRecord,
    recipient: AccountId,
    sequences: std::ops::RangeInclusive<u64>,
    unreadable: &BTreeSet<u64>,
) -> Outcome<()> {
    use crate::store::snapshot::Snapshot as _;
    let start = key::counted(conversation.id.as_bytes(), *sequences.start());
    let end = key::counted(conversation.id.as_bytes(), sequences.end().saturating_add(1));
    let direction = crate::store::snapshot::Direction::Forward;
    for (row, order) in
        step.rows.range(Scope::Account(account), Table::OwnSequence, &start, &end, usize::MAX, direction)?
    {
        let sequence = key::counter_of(&row).ok_or(Fault::Damaged("own sequence key"))?;
        let state = if unreadable.contains(&sequence) { DeliveryState::Failed } else { DeliveryState::Delivered };
        advance(
            step,
            account,
            &AwaitingRecord { conversation: conversation.id, order },
            |one| one.account == recipient,
            state,
        )?;
    }
    Ok(())
}

/// After an unlock: takes up what nodes said meanwhile.
pub(crate) fn reconcile(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    let author = account.as_bytes();
    for (row, what) in step.rows.scan(Scope::Node, Table::Awaiting, author, usize::MAX)? {
        let (place, node) = row
            .get(author.len()..)
            .and_then(|rest| rest.split_at_checked(PLACE_BYTES))
            .ok_or(Fault::Damaged("awaiting key"))?;
        let node = NodeId::try_from(node).map_err(|_| Fault::Damaged("awaiting key"))?;
        settle(step, account, place, node, what.first().copied().unwrap_or(GIVEN_UP))?;
        step.rows.delete(Scope::Node, Table::Awaiting, &row);
    }
    Ok(())
}
