//! States that tell the truth: from queued to sent when a recipient's node has it durably, to delivered when a device says so.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId, NodeId};

use super::store;
use crate::account::event;
use crate::error::{Fault, Outcome};
use crate::record::conversation::ConversationRecord;
use crate::record::event::EventKind;
use crate::record::key;
use crate::record::log::OutboxRecord;
use crate::record::message::{DeliveryState, FailReason, RecipientState};
use crate::step::Step;
use crate::store::snapshot::{Direction, Snapshot as _};
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
const REFUSED: u8 = 3;
/// The same for an entry that followers pass on: what one of them says holds for all recipients.
const KEPT_FOR_ALL: u8 = 4;
const GIVEN_UP_FOR_ALL: u8 = 5;

/// A node has acknowledged an entry durably.
pub(crate) fn kept_by(step: &mut Step<'_>, node: NodeId, waiting: &OutboxRecord) -> Outcome<()> {
    tell_author(step, node, waiting, if waiting.shared { KEPT_FOR_ALL } else { KEPT })
}

/// An entry will not be tried again with this node.
pub(crate) fn given_up(step: &mut Step<'_>, node: NodeId, waiting: &OutboxRecord) -> Outcome<()> {
    tell_author(step, node, waiting, if waiting.shared { GIVEN_UP_FOR_ALL } else { GIVEN_UP })
}

/// A node refused an entry for good.
pub(crate) fn refused_by(step: &mut Step<'_>, node: NodeId, waiting: &OutboxRecord) -> Outcome<()> {
    tell_author(step, node, waiting, REFUSED)
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
    if matches!(what, KEPT | KEPT_FOR_ALL) {
        crate::account::conversation::welcome::accepted(step, account, place)?;
    }
    let Some(awaiting) = step.rows.get::<AwaitingRecord>(scope, Table::Awaiting, place)? else {
        return Ok(());
    };
    // What a home has given up may still lie at a mailbox, which a state that has moved on says; what a mailbox has given up, a home may take.
    // Where followers pass it on, one that keeps it is enough for all (DECISIONS 20).
    let concerned = |recipient: &RecipientState| match what {
        KEPT => recipient.home == node || recipient.via.contains(&node),
        KEPT_FOR_ALL | GIVEN_UP_FOR_ALL => recipient.state == DeliveryState::Queued,
        _ => recipient.home == node && recipient.state == DeliveryState::Queued,
    };
    let news = match what {
        KEPT | KEPT_FOR_ALL => News::Came(DeliveryState::Sent),
        REFUSED => News::Failed(FailReason::Refused),
        _ => News::Failed(FailReason::GivenUp),
    };
    let still_queued = advance(step, account, &awaiting, concerned, news)?;
    if !still_queued {
        step.rows.delete(scope, Table::Awaiting, place);
    }
    Ok(())
}

/// What was learnt of a message.
#[derive(Debug, Clone, Copy)]
enum News {
    Came(DeliveryState),
    Failed(FailReason),
}

impl News {
    const fn state(self) -> DeliveryState {
        match self {
            Self::Came(state) => state,
            Self::Failed(_) => DeliveryState::Failed,
        }
    }
}

/// Whether a recipient who is at `before` comes to `after` by such news. Never back; only where the entry did arrive after all, or was
/// sent again, does a failure end.
fn follows(before: &RecipientState, after: DeliveryState) -> bool {
    match after {
        DeliveryState::Queued => false,
        DeliveryState::Sent => before.state == DeliveryState::Queued,
        DeliveryState::Delivered => match before.state {
            DeliveryState::Queued | DeliveryState::Sent => true,
            DeliveryState::Failed => before.failure != Some(FailReason::Unreadable),
            DeliveryState::Delivered | DeliveryState::Read => false,
        },
        DeliveryState::Read => before.state == DeliveryState::Delivered,
        DeliveryState::Failed => matches!(before.state, DeliveryState::Queued | DeliveryState::Sent),
    }
}

/// Moves a message on with some recipients. Returns whether anybody is still queued.
fn advance(
    step: &mut Step<'_>,
    account: AccountId,
    awaiting: &AwaitingRecord,
    concerned: impl Fn(&RecipientState) -> bool,
    news: News,
) -> Outcome<bool> {
    let Some(mut message) = store::get(step, account, &awaiting.conversation, &awaiting.order)? else {
        return Ok(false);
    };
    let mut changed = Vec::new();
    for recipient in &mut message.states {
        if concerned(recipient) && follows(recipient, news.state()) {
            recipient.state = news.state();
            recipient.time = step.now.wall.0;
            recipient.failure = match news {
                News::Came(_) => None,
                News::Failed(reason) => Some(reason),
            };
            changed.push(recipient.account);
        }
    }
    let still_queued = message.states.iter().any(|recipient| recipient.state == DeliveryState::Queued);
    if !changed.is_empty() {
        store::put(step, account, &awaiting.conversation, &message);
    }
    for recipient in changed {
        let kind = EventKind::MessageState { id: message.id, account: recipient, state: news.state() };
        event::emit(step, account, Some(awaiting.conversation), kind)?;
    }
    Ok(still_queued)
}

/// A device of `recipient` has receipted these own entries, of which it could not read some.
pub(crate) fn receipted(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationRecord,
    recipient: AccountId,
    sequences: RangeInclusive<u64>,
    unreadable: &BTreeSet<u64>,
) -> Outcome<()> {
    each_own(step, account, conversation, recipient, sequences, |sequence| {
        if unreadable.contains(&sequence) {
            News::Failed(FailReason::Unreadable)
        } else {
            News::Came(DeliveryState::Delivered)
        }
    })
}

/// `recipient` has read what it has receipted of these own entries.
pub(crate) fn read(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationRecord,
    recipient: AccountId,
    sequences: RangeInclusive<u64>,
) -> Outcome<()> {
    each_own(step, account, conversation, recipient, sequences, |_| News::Came(DeliveryState::Read))
}

fn each_own(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationRecord,
    recipient: AccountId,
    sequences: RangeInclusive<u64>,
    news: impl Fn(u64) -> News,
) -> Outcome<()> {
    let start = key::counted(conversation.id.as_bytes(), *sequences.start());
    let end = key::counted(conversation.id.as_bytes(), sequences.end().saturating_add(1));
    for (row, order) in
        step.rows.range(Scope::Account(account), Table::OwnSequence, &start, &end, usize::MAX, Direction::Forward)?
    {
        let sequence = key::counter_of(&row).ok_or(Fault::Damaged("own sequence key"))?;
        let awaiting = AwaitingRecord { conversation: conversation.id, order };
        advance(step, account, &awaiting, |one| one.account == recipient, news(sequence))?;
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
