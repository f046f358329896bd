//! Messages: sent, received, receipted, read, changed, and gone when their time is over.

pub(crate) mod arrange;
pub(crate) mod change;
pub(crate) mod expire;
pub(crate) mod merge;
pub(crate) mod order;
pub(crate) mod reaction;
pub(crate) mod read;
pub(crate) mod receipt;
pub(crate) mod receive;
pub(crate) mod resend;
pub(crate) mod send;
pub(crate) mod state;
pub(crate) mod store;
pub(crate) mod timer;
pub(crate) mod unread;

use tidings_crypto::id::AccountId;

use super::ephemeral;
use crate::command::{Answer, ChatAct};
use crate::error::Outcome;
use crate::step::Step;

/// Does what was asked for to a message or a conversation.
pub(crate) fn act(step: &mut Step<'_>, account: AccountId, act: ChatAct) -> Outcome<Answer> {
    let message = |record| Answer::Message(Box::new(record));
    match act {
        ChatAct::Write(new) => send::write(step, account, new).map(message),
        ChatAct::Edit { conversation, message: name, text, mentions } => {
            change::edit(step, account, &conversation, &name, text, mentions).map(message)
        }
        ChatAct::Delete { conversation, message: name } => {
            change::delete(step, account, &conversation, &name).map(message)
        }
        ChatAct::React { conversation, message: name, emoji, chosen } => {
            reaction::react(step, account, &conversation, &name, emoji, chosen).map(message)
        }
        ChatAct::Read { conversation, up_to } => read::mark(step, account, &conversation, up_to).map(|()| Answer::Done),
        ChatAct::SetTimer { conversation, milliseconds } => {
            timer::set(step, account, &conversation, milliseconds).map(|()| Answer::Done)
        }
        ChatAct::SetDraft { conversation, text } => {
            arrange::set_draft(step, account, &conversation, text).map(|()| Answer::Done)
        }
        ChatAct::Mute { conversation, until } => {
            arrange::mute(step, account, &conversation, until).map(|()| Answer::Done)
        }
        ChatAct::Archive { conversation, archived } => {
            arrange::archive(step, account, &conversation, archived).map(|()| Answer::Done)
        }
        ChatAct::Show { what, conversation, shown } => {
            arrange::show(step, account, what, conversation.as_ref(), shown).map(|()| Answer::Done)
        }
        ChatAct::Typing { conversation, typing } => {
            ephemeral::typing::set(step, account, &conversation, typing).map(|()| Answer::Done)
        }
        ChatAct::Retry { id } => resend::retry(step, account, &id).map(message),
        ChatAct::Cancel { id } => resend::cancel(step, account, &id).map(|()| Answer::Done),
    }
}
