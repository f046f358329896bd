//! Messages disappear when their time is over, which runs from the time of sending in the signed content, on every node alike
//! (DECISIONS 25). While the account is locked nothing of them can be read; they go before anything else when it unlocks.
//!
//! Not here: the sealed entries in the log, which nobody can decrypt any more once their ratchet keys are used.

use tidings_crypto::id::{AccountId, ConversationId};

use super::store;
use crate::account::event;
use crate::error::{Fault, Outcome};
use crate::limits::EXPIRY_CHECK_MS_MAX;
use crate::record::event::EventKind;
use crate::record::key;
use crate::record::message::MessageRecord;
use crate::step::Step;
use crate::store::snapshot::{Direction, Snapshot as _};
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire::content::{Content, MessageRef};

/// What kind of row is to go: part of the key.
const MESSAGE: u8 = 1;
const CHANGE: u8 = 2;

/// When a content's time is over. A sender whose clock runs ahead gains nothing: it counts as written now at the latest.
pub(crate) fn time_of(content: &Content, now: u64) -> Option<u64> {
    content.timer.map(|timer| content.sent_at.min(now).saturating_add(timer))
}

/// Sees to it that a message goes when its time is over.
pub(crate) fn note_message(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    message: &MessageRecord,
) {
    if let Some(time) = message.expires_at {
        note(step, account, time, &key::join(&[&[MESSAGE], conversation.as_bytes(), &message.order]));
    }
}

/// The same for a change that waits for its message.
pub(crate) fn note_change(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    name: &MessageRef,
    time: u64,
) {
    note(step, account, time, &key::join(&[&[CHANGE], &store::name_key(conversation, name)]));
}

fn note(step: &mut Step<'_>, account: AccountId, time: u64, place: &[u8]) {
    let row = key::join(&[&time.to_be_bytes(), place]);
    step.rows.put_bytes(Scope::Account(account), Table::Expiry, &row, Vec::new());
    wake(step, account, time);
}

fn wake(step: &mut Step<'_>, account: AccountId, time: u64) {
    let pause = time.saturating_sub(step.now.wall.0).min(EXPIRY_CHECK_MS_MAX);
    step.set_timer(TimerKind::Expiry(account), pause);
}

/// Removes everything whose time is over, and looks again when the next is due.
pub(crate) fn due(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    if !step.rows.is_unlocked(account)? {
        return Ok(());
    }
    let (scope, end) = (Scope::Account(account), step.now.wall.0.saturating_add(1).to_be_bytes());
    for (row, _) in step.rows.range(scope, Table::Expiry, b"", &end, usize::MAX, Direction::Forward)? {
        step.rows.delete(scope, Table::Expiry, &row);
        match row.get(8..).and_then(<[u8]>::split_first) {
            Some((&MESSAGE, place)) => message_over(step, account, place)?,
            Some((&CHANGE, name)) => step.rows.delete(scope, Table::Change, name),
            Some(_) | None => return Err(Fault::Damaged("expiry key").into()),
        }
    }
    if let Some((next, _)) = step.rows.scan(scope, Table::Expiry, b"", 1)?.first() {
        let time = next.get(..8).and_then(key::counter_of).ok_or(Fault::Damaged("expiry key"))?;
        wake(step, account, time);
    }
    Ok(())
}

fn message_over(step: &mut Step<'_>, account: AccountId, place: &[u8]) -> Outcome<()> {
    let (conversation, order) = place
        .split_at_checked(32)
        .and_then(|(conversation, order)| Some((ConversationId::try_from(conversation).ok()?, order)))
        .ok_or(Fault::Damaged("expiry key"))?;
    let Some(message) = store::get(step, account, &conversation, order)? else { return Ok(()) };
    remove(step, account, &conversation, &message)?;
    event::emit(step, account, Some(conversation), EventKind::MessageDeleted { id: message.id, by: None })
}

/// Removes a message with all that belongs to it. Its name stays taken, so that nothing late brings it back.
pub(crate) fn remove(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    message: &MessageRecord,
) -> Outcome<()> {
    let scope = Scope::Account(account);
    store::delete(step, account, conversation, &message.order);
    step.rows.delete(scope, Table::Late, &key::join(&[conversation.as_bytes(), &message.order]));
    store::drop_reactions(step, account, conversation, &message.name())
}
