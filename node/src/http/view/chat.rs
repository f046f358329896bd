//! The list of conversations.

use tidings_api::{Chat, ChatKind};
use tidings_protocol::error::Outcome;
use tidings_protocol::query::{chats, contacts, conversations, groups, messages};
use tidings_protocol::record::contact::{ContactRecord, ContactState};
use tidings_protocol::record::conversation::{ConversationKind, ConversationRecord};

use super::{Viewer, contact, group, message};
use crate::http::time_text::rfc3339;

/// A row of the list before its details are read.
pub(in crate::http) enum Row {
    /// A conversation.
    Conversation(Box<ConversationRecord>),
    /// A contact with whom there is no conversation yet, and the time of the last thing written.
    Contact(Box<ContactRecord>, u64),
}

impl Row {
    /// Where it stands in the list: time of the last activity and id.
    pub(in crate::http) fn place(&self) -> (u64, String) {
        match self {
            Self::Conversation(record) => (record.active_at, record.id.to_string()),
            Self::Contact(record, time) => (*time, record.account.to_string()),
        }
    }
}

/// All rows, the latest activity first.
pub(in crate::http) fn rows(viewer: Viewer<'_>) -> Outcome<Vec<Row>> {
    let mut rows: Vec<Row> = conversations::list(viewer.store, viewer.account)?
        .into_iter()
        .map(|record| Row::Conversation(Box::new(record)))
        .collect();
    for record in contacts::list(viewer.store, viewer.account)? {
        if record.conversation.is_none() {
            let last = messages::waiting_page(viewer.store, viewer.account, record.account, None, 1)?.messages.pop();
            let time = last.map_or(record.created_at, |message| message.received_at.max(record.created_at));
            rows.push(Row::Contact(Box::new(record), time));
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.place()));
    Ok(rows)
}

/// One row with its details.
pub(in crate::http) fn chat(viewer: Viewer<'_>, row: &Row) -> Outcome<Chat> {
    match row {
        Row::Conversation(record) => match record.kind {
            ConversationKind::Direct => direct(viewer, record),
            ConversationKind::Group => of_group(viewer, record),
        },
        Row::Contact(record, time) => waiting(viewer, record, *time),
    }
}

fn direct(viewer: Viewer<'_>, record: &ConversationRecord) -> Outcome<Chat> {
    let other = group::other_of(record, viewer.account);
    let known = other.map(|other| contacts::with(viewer.store, viewer.account, other)).transpose()?.flatten();
    let name = other.map(|other| contact::naming(viewer, other)).transpose()?.map(|naming| naming.display_name);
    let mut chat = of_conversation(viewer, record, name.unwrap_or_default())?;
    chat.contact = known.map(|record| contact::contact(&record, None));
    Ok(chat)
}

fn of_group(viewer: Viewer<'_>, record: &ConversationRecord) -> Outcome<Chat> {
    let mut chat = of_conversation(viewer, record, groups::policy_view(record).name)?;
    chat.kind = ChatKind::Group;
    chat.timer_seconds = u64::from(groups::policy_view(record).disappearing_seconds);
    chat.group = Some(record.id.to_string());
    Ok(chat)
}

fn of_conversation(viewer: Viewer<'_>, record: &ConversationRecord, name: String) -> Outcome<Chat> {
    let last = messages::last(viewer.store, viewer.account, record.id)?;
    let shown = last.map(|last| message::message(viewer.store, viewer.account, &last)).transpose()?;
    let arranged = chats::with(viewer.store, viewer.account, record.id)?;
    Ok(Chat {
        id: record.id.to_string(),
        kind: ChatKind::Direct,
        name,
        contact: None,
        group: None,
        last_message: shown,
        unread: chats::unread(viewer.store, viewer.account, record.id)?,
        draft: Some(arranged.draft).filter(|draft| !draft.is_empty()),
        updated_at: rfc3339(record.active_at),
        active: group::is_active(record),
        muted_until: Some(arranged.muted_until).filter(|until| *until > 0).map(rfc3339),
        archived: arranged.archived,
        timer_seconds: arranged.timer / 1000,
        read_receipts: arranged.read_receipts,
        typing_indicators: arranged.typing,
    })
}

fn waiting(viewer: Viewer<'_>, record: &ContactRecord, time: u64) -> Outcome<Chat> {
    let last = messages::waiting_page(viewer.store, viewer.account, record.account, None, 1)?.messages.pop();
    let last = last.map(|last| message::message(viewer.store, viewer.account, &last)).transpose()?;
    let shown = contact::contact(record, None);
    Ok(Chat {
        id: record.account.to_string(),
        kind: ChatKind::Direct,
        name: shown.display_name.clone(),
        contact: Some(shown),
        group: None,
        last_message: last,
        unread: 0,
        draft: None,
        updated_at: rfc3339(time),
        active: record.state != ContactState::Refused,
        muted_until: None,
        archived: false,
        timer_seconds: 0,
        read_receipts: None,
        typing_indicators: None,
    })
}
