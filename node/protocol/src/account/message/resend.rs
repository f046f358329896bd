//! Own messages that wait or have failed: tried again at once, or given up, as a person wishes; and written anew where the branch on which
//! they were written has lost and somebody may never read it, or where somebody says that they could not.

use std::collections::BTreeSet;

use tidings_crypto::id::AccountId;

use super::{change, send, store};
use crate::account::conversation::state as conversation_state;
use crate::account::conversation::wish::{self, Wish};
use crate::account::process::try_on;
use crate::account::{contact, event};
use crate::error::{Outcome, Rejection};
use crate::limits::{RESEND_DELAY_MS, RESEND_MAX};
use crate::log::peer_wait;
use crate::record::conversation::ConversationRecord;
use crate::record::event::EventKind;
use crate::record::key;
use crate::record::message::{DeliveryState, FailReason, MessageRecord, RecipientState};
use crate::step::Step;
use crate::store::snapshot::{Direction, Snapshot as _};
use crate::store::table::{Scope, Table};
use crate::wire::content::Content;

/// Tries again at once with everybody who does not have the message: their nodes are called now, and for whom it failed it is written
/// anew under the same name, so that those who have it see it once.
pub(crate) fn retry(step: &mut Step<'_>, account: AccountId, id: &[u8; 16]) -> Outcome<MessageRecord> {
    let place = store::own_place(step, account, id)?.ok_or(Rejection::NotFound)?;
    let mut message = store::at(step, account, &place)?.ok_or(Rejection::NotFound)?;
    if message.states.iter().any(|recipient| recipient.state == DeliveryState::Failed) {
        let conversation = place.conversation.ok_or(Rejection::NotFound)?;
        let mut record = conversation_state::of_member(step, account, &conversation)?;
        write_anew(step, account, &mut record, &mut message)?;
    }
    let mut homes: Vec<_> = message
        .states
        .iter()
        .filter(|recipient| recipient.state == DeliveryState::Queued)
        .map(|recipient| recipient.home)
        .collect();
    if let Some(known) = message.to.map(|to| contact::get(step, account, &to)).transpose()?.flatten() {
        homes.push(known.home);
    }
    homes.sort_unstable();
    homes.dedup();
    for home in homes.into_iter().filter(|home| *home != step.config.node) {
        peer_wait::now(step, home);
    }
    Ok(message)
}

/// Looks after a while at the own messages that came after number `before` of the own log: who has not received them by then is on a branch
/// from which they cannot be read (PROTOCOL A5.9). With `member`, only for that one.
pub(crate) fn later(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    before: u64,
    member: Option<AccountId>,
) -> Outcome<()> {
    if before >= record.own_sequence {
        return Ok(());
    }
    let due = step.now.wall.0.saturating_add(RESEND_DELAY_MS);
    let wish = Wish::Resend { first: before.saturating_add(1), last: record.own_sequence, due, member };
    wish::keep(step, account, &record.id, &wish)
}

/// Somebody could not read these, by their numbers in the own log: where they are, the epochs of then are given up. What was not written anew
/// before is after a while.
pub(crate) fn unreadable(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    sequences: &BTreeSet<u64>,
) -> Outcome<()> {
    let mut stretch: Option<(u64, u64)> = None;
    for sequence in sequences.iter().take(RESEND_MAX) {
        let row = key::counted(record.id.as_bytes(), *sequence);
        let Some(order) = step.rows.get_bytes(Scope::Account(account), Table::OwnSequence, &row)? else { continue };
        if store::get(step, account, &record.id, &order)?.is_some_and(|message| !message.anew) {
            stretch = Some((stretch.map_or(*sequence, |(first, _)| first), *sequence));
        }
    }
    let Some((first, last)) = stretch else { return Ok(()) };
    let due = step.now.wall.0.saturating_add(RESEND_DELAY_MS);
    wish::keep(step, account, &record.id, &Wish::Reseal { first, last, due })
}

/// Writes those messages of a stretch of the own log anew that some member, or the one named, still has not received.
pub(crate) fn missed(
    step: &mut Step<'_>,
    account: AccountId,
    record: ConversationRecord,
    stretch: (u64, u64),
    member: Option<AccountId>,
) -> Outcome<()> {
    let concerns = |one: &RecipientState| member.is_none_or(|member| member == one.account);
    // For one member once: else it could have everybody write all anew again and again.
    let once = |message: &MessageRecord| member.is_none() || !message.anew;
    again(step, account, record, stretch, |message, one| {
        one.state < DeliveryState::Delivered && concerns(one) && once(message)
    })
}

/// Writes those messages of a stretch of the own log anew that some member could not read.
pub(crate) fn reseal(
    step: &mut Step<'_>,
    account: AccountId,
    record: ConversationRecord,
    stretch: (u64, u64),
) -> Outcome<()> {
    again(step, account, record, stretch, |_, one| one.failure == Some(FailReason::Unreadable))
}

/// Whether everybody who would read it now was meant to when it was written.
fn was_for_all(account: AccountId, record: &ConversationRecord, message: &MessageRecord) -> bool {
    let meant = |member: &AccountId| message.states.iter().any(|one| one.account == *member);
    record.members.iter().all(|member| *member == account || meant(member))
}

/// Writes messages of a stretch of the own log anew for members who lack them. Not where somebody is in who was not then: whether they may
/// read it is for its author to say.
fn again(
    step: &mut Step<'_>,
    account: AccountId,
    mut record: ConversationRecord,
    (first, last): (u64, u64),
    lacks: impl Fn(&MessageRecord, &RecipientState) -> bool,
) -> Outcome<()> {
    let start = key::counted(record.id.as_bytes(), first);
    let end = key::counted(record.id.as_bytes(), last.saturating_add(1));
    let rows =
        step.rows.range(Scope::Account(account), Table::OwnSequence, &start, &end, RESEND_MAX, Direction::Forward)?;
    // One that was written anew before stands in several places.
    let orders: BTreeSet<Vec<u8>> = rows.into_iter().map(|(_, order)| order).collect();
    for order in orders {
        let Some(mut message) = store::get(step, account, &record.id, &order)? else { continue };
        let is_lacking = message.states.iter().any(|one| lacks(&message, one) && record.members.contains(&one.account));
        if message.deletion.is_none() && is_lacking && was_for_all(account, &record, &message) {
            try_on(step, &mut record, |step, record| write_anew(step, account, record, &mut message))?;
        }
    }
    Ok(())
}

fn write_anew(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    message: &mut MessageRecord,
) -> Outcome<()> {
    if message.deletion.is_some() {
        return Err(Rejection::NotPossible { reason: "the message was deleted" }.into());
    }
    let mut content = Content::text(message.id, message.sent_at, message.text.clone());
    content.target = message.reply_to;
    content.mentions = Some(message.mentions.clone()).filter(|mentions| !mentions.is_empty());
    content.timer = message.expires_at.map(|time| time.saturating_sub(message.sent_at).max(1));
    let entry = send::say(step, account, record, &content)?;
    let fresh = send::first_states(step, account, record)?;
    let mut changed = Vec::new();
    for recipient in message.states.iter_mut().filter(|recipient| recipient.state == DeliveryState::Failed) {
        if let Some(anew) = fresh.iter().find(|anew| anew.account == recipient.account) {
            *recipient = anew.clone();
            changed.push((anew.account, anew.state));
        }
    }
    message.anew = true;
    store::put(step, account, &record.id, message);
    send::await_acceptance(step, account, record, message, &entry);
    conversation_state::put(step, account, record);
    for (recipient, state) in changed {
        let kind = EventKind::MessageState { id: message.id, account: recipient, state };
        event::emit(step, account, Some(record.id), kind)?;
    }
    Ok(())
}

/// Gives up an own message. One that waits for its conversation was never written; behind one that was, goes its deletion.
///
/// # Errors
/// [`Rejection::NotPossible`] if somebody's node has it.
pub(crate) fn cancel(step: &mut Step<'_>, account: AccountId, id: &[u8; 16]) -> Outcome<()> {
    let place = store::own_place(step, account, id)?.ok_or(Rejection::NotFound)?;
    let message = store::at(step, account, &place)?.ok_or(Rejection::NotFound)?;
    let Some(conversation) = place.conversation else {
        step.rows.delete(Scope::Account(account), Table::Waiting, &place.order);
        return event::emit(step, account, None, EventKind::MessageDeleted { id: *id, by: None });
    };
    if message.states.iter().any(|recipient| recipient.state > DeliveryState::Queued) {
        return Err(
            Rejection::NotPossible { reason: "somebody has the message already; it can be deleted for all" }.into()
        );
    }
    change::delete(step, account, &conversation, &message.name()).map(drop)
}
