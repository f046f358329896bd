//! A message as its reader sees it.

use tidings_api::{Delivery, DeliveryState, Mention, Message, Quote, Reaction};
use tidings_crypto::id::AccountId;
use tidings_protocol::error::Outcome;
use tidings_protocol::limits::RECEIPT_MEMBERS_MAX;
use tidings_protocol::query::waiting::{self, Reason, Wait};
use tidings_protocol::query::{chats, messages};
use tidings_protocol::record::message::{DeliveryState as Kept, FailReason, MessageRecord, RecipientState};
use tidings_protocol::store::snapshot::Snapshot;

use crate::http::time_text::rfc3339;
use crate::http::uuid_text;

/// How much of an answered message an answer shows.
const QUOTE_CHARACTERS: usize = 200;

/// The message as the API shows it to `viewer`.
pub(in crate::http) fn message(store: &dyn Snapshot, viewer: AccountId, record: &MessageRecord) -> Outcome<Message> {
    let is_self = record.sender == viewer;
    // A message of somebody else is here because our device has read it.
    let state = if is_self { state(record.state()) } else { DeliveryState::Delivered };
    let place = record.conversation.map(|id| id.to_string()).or_else(|| record.to.map(|id| id.to_string()));
    let progress = Progress::of(store, viewer, record)?;
    Ok(Message {
        id: uuid_text::to_text(&record.id),
        conversation: place.unwrap_or_default(),
        sender: record.sender.to_string(),
        time: rfc3339(record.sent_at),
        received_at: rfc3339(record.received_at),
        text: record.text.clone(),
        attachments: Vec::new(),
        reply_to: record.reply_to.map(|answered| uuid_text::to_text(&answered.id)),
        quoted: quoted(store, viewer, record)?,
        mentions: record.mentions.iter().map(mention).collect(),
        expires_at: record.expires_at.map(rfc3339),
        reactions: reactions(store, viewer, record)?,
        edited_at: record.edited.map(|edited| rfc3339(edited.at)),
        deleted: record.deletion.is_some(),
        state,
        states: progress.states,
        reason: progress.reason,
        next_try_at: progress.next_try_at,
        is_self,
    })
}

/// How far an own message has come, with everybody and on the whole.
pub(super) struct Progress {
    /// One row a recipient.
    pub(super) states: Vec<Delivery>,
    /// Why it waits or failed, of whoever is furthest behind.
    pub(super) reason: Option<String>,
    /// When the node tries again with them.
    pub(super) next_try_at: Option<String>,
}

impl Progress {
    /// Reads it.
    pub(super) fn of(store: &dyn Snapshot, viewer: AccountId, record: &MessageRecord) -> Outcome<Self> {
        let waits = waiting::of(store, viewer, record)?;
        let wait_of = |account: &AccountId| waits.iter().find(|wait| wait.account == *account);
        let states: Vec<Delivery> = record.states.iter().map(|kept| delivery(kept, wait_of(&kept.account))).collect();
        let last = record.states.iter().min_by_key(|kept| kept.state).and_then(|kept| wait_of(&kept.account));
        let reason = last.map(|wait| words(wait.reason));
        Ok(Self { states, reason, next_try_at: last.and_then(|wait| wait.next_try).map(rfc3339) })
    }
}

fn mention(kept: &tidings_protocol::wire::content::Mention) -> Mention {
    Mention { account: kept.account.to_string(), start: kept.start, length: kept.length }
}

fn reactions(store: &dyn Snapshot, viewer: AccountId, record: &MessageRecord) -> Outcome<Vec<Reaction>> {
    let found = chats::reactions(store, viewer, record)?;
    let shown = |(emoji, accounts): (String, Vec<AccountId>)| Reaction {
        emoji,
        accounts: accounts.iter().map(ToString::to_string).collect(),
    };
    Ok(found.into_iter().map(shown).collect())
}

fn quoted(store: &dyn Snapshot, viewer: AccountId, record: &MessageRecord) -> Outcome<Option<Quote>> {
    let (Some(name), Some(conversation)) = (record.reply_to, record.conversation) else { return Ok(None) };
    let answered = messages::by_name(store, viewer, conversation, &name)?;
    let text = answered.map(|answered| answered.text.chars().take(QUOTE_CHARACTERS).collect());
    Ok(Some(Quote { sender: name.author.to_string(), text: text.unwrap_or_default() }))
}

fn delivery(kept: &RecipientState, wait: Option<&Wait>) -> Delivery {
    Delivery {
        account: kept.account.to_string(),
        state: state(kept.state),
        time: rfc3339(kept.time),
        reason: wait.map(|wait| words(wait.reason)),
        next_try_at: wait.and_then(|wait| wait.next_try).map(rfc3339),
    }
}

/// A state as the API names it.
pub(super) fn state(state: Kept) -> DeliveryState {
    match state {
        Kept::Failed => DeliveryState::Failed,
        Kept::Queued => DeliveryState::Queued,
        Kept::Sent => DeliveryState::Sent,
        Kept::Delivered => DeliveryState::Delivered,
        Kept::Read => DeliveryState::Read,
    }
}

/// A reason in words for people.
fn words(reason: Reason) -> String {
    match reason {
        Reason::OnItsWay => "on its way".to_owned(),
        Reason::Unreachable(since) => format!("their node cannot be reached since {}", rfc3339(since)),
        Reason::NoAnswer(since) => format!("their node does not answer since {}", rfc3339(since)),
        Reason::NoRoom(since) => format!("their node has no room since {}", rfc3339(since)),
        Reason::Locked => "their account is locked; it arrives when they unlock it".to_owned(),
        Reason::NotOpened => "their node has it; it arrives when their account is unlocked there".to_owned(),
        Reason::NoReceipts => {
            format!("their node has it; in a group of more than {RECEIPT_MEMBERS_MAX} members nobody sends receipts")
        }
        Reason::Invite => "waits until the node in their invite answers".to_owned(),
        Reason::Request => "waits until the contact request is accepted".to_owned(),
        Reason::KeyPackage => "waits for a key package from their node".to_owned(),
        Reason::LetBackIn => "waits until a member lets this device back in".to_owned(),
        Reason::Succeeded => "the group goes on in its successor: write it there".to_owned(),
        Reason::Failed(FailReason::GivenUp) => "their node could not be reached for 30 days".to_owned(),
        Reason::Failed(FailReason::Refused) => "their node refused it".to_owned(),
        Reason::Failed(FailReason::Unreadable) => "their device could not decrypt it".to_owned(),
    }
}
