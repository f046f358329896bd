//! What a person can do for an own message that waits or has failed: try again at once, or give it up.

use tidings_crypto::id::{AccountId, ConversationId};

use super::{change, send, store};
use crate::account::conversation::state as conversation_state;
use crate::account::{contact, event};
use crate::error::{Outcome, Rejection};
use crate::log::peer_wait;
use crate::record::event::EventKind;
use crate::record::message::{DeliveryState, MessageRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::content::Content;

/// Tries again at once with everybody who does not have the message: their nodes are called now, and for whom it failed it is written
/// anew under the same name, so that those who have it see it once.
pub(crate) fn retry(step: &mut Step<'_>, account: AccountId, id: &[u8; 16]) -> Outcome<MessageRecord> {
    let place = store::own_place(step, account, id)?.ok_or(Rejection::NotFound)?;
    let mut message = store::at(step, account, &place)?.ok_or(Rejection::NotFound)?;
    if message.states.iter().any(|recipient| recipient.state == DeliveryState::Failed) {
        let conversation = place.conversation.ok_or(Rejection::NotFound)?;
        write_anew(step, account, &conversation, &mut message)?;
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

fn write_anew(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    message: &mut MessageRecord,
) -> Outcome<()> {
    if message.deletion.is_some() {
        return Err(Rejection::NotPossible { reason: "the message was deleted" }.into());
    }
    let mut record = conversation_state::of_member(step, account, conversation)?;
    let mut content = Content::text(message.id, message.sent_at, message.text.clone());
    content.target = message.reply_to;
    content.mentions = Some(message.mentions.clone()).filter(|mentions| !mentions.is_empty());
    content.timer = message.expires_at.map(|time| time.saturating_sub(message.sent_at).max(1));
    let entry = send::say(step, account, &mut record, &content)?;
    let fresh = send::first_states(step, account, &record)?;
    let mut changed = Vec::new();
    for recipient in message.states.iter_mut().filter(|recipient| recipient.state == DeliveryState::Failed) {
        if let Some(anew) = fresh.iter().find(|anew| anew.account == recipient.account) {
            *recipient = anew.clone();
            changed.push((anew.account, anew.state));
        }
    }
    store::put(step, account, conversation, message);
    send::await_acceptance(step, account, &record, message, &entry);
    conversation_state::put(step, account, &record);
    for (recipient, state) in changed {
        let kind = EventKind::MessageState { id: message.id, account: recipient, state };
        event::emit(step, account, Some(*conversation), kind)?;
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
