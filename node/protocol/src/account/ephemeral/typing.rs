//! "… is typing": off unless both want it, said at most every few seconds, and over by itself when it is not said again.

use tidings_crypto::id::{AccountId, ConversationId};

use super::memory::Place;
use super::{say, takes_part};
use crate::account::conversation::state as conversation_state;
use crate::account::message::arrange;
use crate::effect::{Effect, TransientEvent};
use crate::error::{Outcome, Rejection};
use crate::limits::TYPING_SHOWN_MS;
use crate::record::chat::Shown;
use crate::record::conversation::ConversationRecord;
use crate::step::Step;
use crate::timer::TimerKind;
use crate::wire::ephemeral::EphemeralKind;

/// The account is typing in a conversation, or no longer. Where it may not be said it is dropped without a word.
///
/// # Errors
/// [`Rejection::NotFound`] if there is no such conversation.
pub(crate) fn set(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId, typing: bool) -> Outcome<()> {
    let record = conversation_state::get(step, account, conversation)?.ok_or(Rejection::NotFound)?;
    let may = takes_part(&record)
        && is_shown(step, account, &record)?
        && conversation_state::policy(&record)?.may_post(&account);
    if !may || !step.ephemerals.turn((account, record.id), typing, step.now.monotonic) {
        return Ok(());
    }
    let kind = if typing { EphemeralKind::Typing } else { EphemeralKind::TypingStopped };
    say(step, account, &record, kind)
}

/// Whether typing is shown in a conversation: both ways or not at all.
pub(super) fn is_shown(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<bool> {
    arrange::shows(step, account, record, Shown::Typing)
}

/// Somebody is typing: shown until they stop, or have not said so again for a while.
pub(super) fn heard(step: &mut Step<'_>, place: Place, author: AccountId) {
    step.ephemerals.begin(&place, author);
    // A timer that is set stays as it is.
    step.timers.cancel(timer(place));
    step.set_timer(timer(place), TYPING_SHOWN_MS);
    tell(step, place, author, true);
}

/// Somebody is no longer typing.
pub(super) fn stopped(step: &mut Step<'_>, place: Place) {
    step.timers.cancel(timer(place));
    if let Some(author) = step.ephemerals.end(&place) {
        tell(step, place, author, false);
    }
}

/// Nobody has said so again. A locked account is told nothing.
pub(crate) fn over(step: &mut Step<'_>, place: Place) -> Outcome<()> {
    let ended = step.ephemerals.end(&place);
    if let Some(author) = ended
        && step.rows.is_unlocked(place.0)?
    {
        tell(step, place, author, false);
    }
    Ok(())
}

const fn timer((account, conversation, device): Place) -> TimerKind {
    TimerKind::Typing(account, conversation, device)
}

fn tell(step: &mut Step<'_>, (account, conversation, _): Place, author: AccountId, typing: bool) {
    let event = TransientEvent::Typing { conversation, account: author, typing };
    step.effects.push(Effect::Tell { account, event });
}
