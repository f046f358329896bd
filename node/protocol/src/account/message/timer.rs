//! After which time new messages of a conversation disappear. In a direct conversation either side sets it, and the latest word counts; in
//! a group it stands in the policy, which a commit changes.

use tidings_crypto::id::{AccountId, ConversationId};

use super::{send, store};
use crate::account::conversation::state as conversation_state;
use crate::account::event;
use crate::error::{Outcome, Rejection};
use crate::limits::TIMER_MS_MAX;
use crate::record::conversation::{ConversationKind, ConversationRecord};
use crate::record::event::EventKind;
use crate::record::message::Version;
use crate::step::Step;
use crate::wire::content::Content;
use crate::wire::inner::Signed;

/// The timer for a message that is written now, in milliseconds.
pub(crate) fn of(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<Option<u64>> {
    match record.kind {
        ConversationKind::Direct => Ok(Some(store::chat(step, account, &record.id)?.timer).filter(|timer| *timer > 0)),
        ConversationKind::Group => {
            let seconds = conversation_state::policy(record)?.disappearing_seconds;
            Ok(Some((u64::from(seconds) * 1000).min(TIMER_MS_MAX)).filter(|timer| *timer > 0))
        }
    }
}

/// Sets the timer of a direct conversation, for both sides; 0 ends it.
pub(crate) fn set(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    milliseconds: u64,
) -> Outcome<()> {
    if milliseconds > TIMER_MS_MAX {
        return Err(Rejection::NotPossible { reason: "a timer is at most a year" }.into());
    }
    let mut record = conversation_state::of_member(step, account, conversation)?;
    if record.kind == ConversationKind::Group {
        return Err(Rejection::NotPossible { reason: "the timer of a group is set with its settings" }.into());
    }
    let content = Content::settings(step.random(), step.now.wall.0, milliseconds);
    let entry = send::say(step, account, &mut record, &content)?;
    conversation_state::put(step, account, &record);
    keep(step, account, conversation, account, (milliseconds, Version { clock: entry.clock, sequence: entry.sequence }))
}

/// Receives a timer.
pub(crate) fn received(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    entry: &Signed,
    (author, clock): (AccountId, u64),
    content: &Content,
) -> Outcome<()> {
    let timer = content.timer.ok_or(Rejection::Malformed { what: "content" })?;
    if record.kind == ConversationKind::Group {
        return Err(Rejection::Refused { reason: "a timer of a group outside its policy" }.into());
    }
    keep(step, account, &record.id, author, (timer, Version { clock, sequence: entry.inner.sequence }))
}

fn keep(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    by: AccountId,
    (timer, version): (u64, Version),
) -> Outcome<()> {
    let mut chat = store::chat(step, account, conversation)?;
    if version <= chat.timer_version {
        return Ok(());
    }
    let is_news = chat.timer != timer;
    chat.timer = timer;
    chat.timer_version = version;
    store::put_chat(step, account, conversation, &chat);
    if is_news {
        event::emit(step, account, Some(*conversation), EventKind::TimerChanged { timer, by })?;
    }
    Ok(())
}
