//! What an account keeps of a conversation for itself: draft, mute, archive, and what it shows others of what it does there.

use tidings_crypto::id::{AccountId, ConversationId};

use super::store;
use crate::account::conversation::state as conversation_state;
use crate::error::{Outcome, Rejection};
use crate::limits::{DRAFT_BYTES_MAX, RECEIPT_MEMBERS_MAX};
use crate::record::chat::{ChatRecord, SettingRecord, Shown};
use crate::record::conversation::ConversationRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};

/// Changes how a conversation is arranged.
fn change(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    change: impl FnOnce(&mut ChatRecord),
) -> Outcome<()> {
    conversation_state::get(step, account, conversation)?.ok_or(Rejection::NotFound)?;
    let mut chat = store::chat(step, account, conversation)?;
    change(&mut chat);
    store::put_chat(step, account, conversation, &chat);
    Ok(())
}

/// Keeps what was written and not sent; an empty text drops it.
pub(crate) fn set_draft(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    text: String,
) -> Outcome<()> {
    if text.len() > DRAFT_BYTES_MAX {
        return Err(Rejection::TooLarge { limit: DRAFT_BYTES_MAX }.into());
    }
    change(step, account, conversation, |chat| chat.draft = text)
}

/// Makes no noise for a conversation until then; 0 ends it.
pub(crate) fn mute(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId, until: u64) -> Outcome<()> {
    change(step, account, conversation, |chat| chat.muted_until = until)
}

/// Puts a conversation away, or takes it up again.
pub(crate) fn archive(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    archived: bool,
) -> Outcome<()> {
    change(step, account, conversation, |chat| chat.archived = archived)
}

/// Shows something or not: in one conversation, or in all that say nothing of their own. `None` is as it was before anything was said.
pub(crate) fn show(
    step: &mut Step<'_>,
    account: AccountId,
    what: Shown,
    conversation: Option<&ConversationId>,
    shown: Option<bool>,
) -> Outcome<()> {
    if let Some(conversation) = conversation {
        return change(step, account, conversation, |chat| *chat.shows(what) = shown);
    }
    let mut setting = setting(step, account)?;
    *setting.shows(what) = shown.unwrap_or(*SettingRecord::default().shows(what));
    step.rows.put(Scope::Account(account), Table::Setting, b"", &setting);
    Ok(())
}

/// Whether something is shown in a conversation: both ways or not at all, and in a large group never.
pub(crate) fn shows(step: &Step<'_>, account: AccountId, record: &ConversationRecord, what: Shown) -> Outcome<bool> {
    if record.members.len() > RECEIPT_MEMBERS_MAX {
        return Ok(false);
    }
    if let Some(here) = *store::chat(step, account, &record.id)?.shows(what) {
        return Ok(here);
    }
    Ok(*setting(step, account)?.shows(what))
}

fn setting(step: &Step<'_>, account: AccountId) -> Outcome<SettingRecord> {
    Ok(step.rows.get(Scope::Account(account), Table::Setting, b"")?.unwrap_or_default())
}
