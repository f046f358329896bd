//! Reactions: of each account to each message a set of emoji, where the latest word on each counts (REQ-MSG-3).

use tidings_crypto::id::{AccountId, ConversationId};

use super::{send, store};
use crate::account::conversation::state as conversation_state;
use crate::account::event;
use crate::error::{Outcome, Rejection};
use crate::limits::REACTIONS_MAX;
use crate::record::conversation::ConversationRecord;
use crate::record::event::EventKind;
use crate::record::key;
use crate::record::message::{MessageRecord, ReactionRecord, Version};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::content::{Content, ContentKind, MessageRef, is_reaction};
use crate::wire::inner::Signed;

/// Takes one more word on one emoji into an account's reactions. Returns whether it stands otherwise now.
///
/// # Errors
/// [`Rejection::Quota`] beyond [`REACTIONS_MAX`] different emoji.
pub(crate) fn join(known: &mut Vec<ReactionRecord>, other: ReactionRecord) -> Result<bool, Rejection> {
    let Some(same) = known.iter_mut().find(|one| one.emoji == other.emoji) else {
        if known.len() >= REACTIONS_MAX {
            return Err(Rejection::Quota { what: "reactions of one account to one message" });
        }
        let stands = other.chosen;
        known.push(other);
        known.sort_by(|one, another| one.emoji.cmp(&another.emoji));
        return Ok(stands);
    };
    let differs = same.chosen != other.chosen;
    if same.version >= other.version {
        return Ok(false);
    }
    *same = other;
    Ok(differs)
}

/// Puts a reaction on a message, or takes it back.
pub(crate) fn react(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    name: &MessageRef,
    emoji: String,
    chosen: bool,
) -> Outcome<MessageRecord> {
    if !is_reaction(&emoji) {
        return Err(Rejection::Malformed { what: "reaction" }.into());
    }
    let message = store::by_name(step, account, conversation, name)?;
    if message.deletion.is_some() {
        return Err(Rejection::NotPossible { reason: "the message was deleted" }.into());
    }
    let known = of(step, account, conversation, name, &account)?;
    if known.iter().any(|one| one.emoji == emoji && one.chosen) == chosen {
        return Ok(message);
    }
    let mut record = conversation_state::of_member(step, account, conversation)?;
    let content = Content::reaction(step.random(), step.now.wall.0, *name, emoji, chosen);
    let entry = send::say(step, account, &mut record, &content)?;
    conversation_state::put(step, account, &record);
    let version = Version { clock: entry.clock, sequence: entry.sequence };
    keep(step, account, conversation, name, account, reaction_of(content, version))?;
    Ok(message)
}

fn reaction_of(content: Content, version: Version) -> ReactionRecord {
    let chosen = content.kind() == ContentKind::React;
    ReactionRecord { at: content.sent_at, emoji: content.text, chosen, version }
}

/// Receives a reaction. One to a message that has not come yet is kept, and shown with it.
pub(crate) fn received(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    entry: &Signed,
    (author, clock): (AccountId, u64),
    content: Content,
) -> Outcome<()> {
    let name = content.target.ok_or(Rejection::Malformed { what: "content" })?;
    let reaction = reaction_of(content, Version { clock, sequence: entry.inner.sequence });
    keep(step, account, &record.id, &name, author, reaction)
}

fn keep(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    name: &MessageRef,
    by: AccountId,
    reaction: ReactionRecord,
) -> Outcome<()> {
    let is_shown = match store::order_of(step, account, conversation, name)? {
        Some(order) => match store::get(step, account, conversation, &order)? {
            Some(message) if message.deletion.is_none() => true,
            // Gone: its time is over, or it was taken back.
            Some(_) | None => return Ok(()),
        },
        None => false,
    };
    let mut known = of(step, account, conversation, name, &by)?;
    let (emoji, chosen) = (reaction.emoji.clone(), reaction.chosen);
    let is_news = join(&mut known, reaction)?;
    step.rows.put(Scope::Account(account), Table::Reaction, &row(conversation, name, &by), &known);
    if is_news && is_shown {
        let kind = EventKind::Reaction { id: name.id, account: by, emoji, chosen };
        event::emit(step, account, Some(*conversation), kind)?;
    }
    Ok(())
}

fn row(conversation: &ConversationId, name: &MessageRef, by: &AccountId) -> Vec<u8> {
    key::join(&[&store::name_key(conversation, name), by.as_bytes()])
}

fn of(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    name: &MessageRef,
    by: &AccountId,
) -> Outcome<Vec<ReactionRecord>> {
    Ok(step.rows.get(Scope::Account(account), Table::Reaction, &row(conversation, name, by))?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn word(emoji: &str, chosen: bool, clock: u64) -> ReactionRecord {
        ReactionRecord { emoji: emoji.into(), chosen, version: Version { clock, sequence: clock }, at: 0 }
    }

    // REQ-MSG-3
    #[test]
    fn the_latest_word_on_an_emoji_counts_in_whatever_order_the_words_come() {
        let words = [word("👍", true, 1), word("👍", false, 2), word("👍", true, 3), word("🎉", true, 2)];
        let mut orders: Vec<[usize; 4]> = Vec::new();
        for a in 0..4 {
            for b in (0..4).filter(|b| *b != a) {
                for c in (0..4).filter(|c| *c != a && *c != b) {
                    orders.push([a, b, c, 6 - a - b - c]);
                }
            }
        }
        for order in orders {
            let mut known = Vec::new();
            for place in order {
                join(&mut known, words.get(place).unwrap().clone()).unwrap();
            }
            let standing: Vec<&str> = known.iter().filter(|one| one.chosen).map(|one| one.emoji.as_str()).collect();
            assert_eq!(standing, ["🎉", "👍"], "{order:?}");
        }
    }

    // REQ-MSG-3
    #[test]
    fn one_account_has_a_bounded_number_of_reactions_on_a_message() {
        let mut known = Vec::new();
        for number in 0..REACTIONS_MAX {
            assert_eq!(join(&mut known, word(&number.to_string(), true, 1)), Ok(true));
        }
        assert!(join(&mut known, word("one more", true, 2)).is_err());
        assert_eq!(join(&mut known, word("0", false, 2)), Ok(true), "those that are there can still change");
    }
}
