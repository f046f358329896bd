//! Events with what a client needs to show them.

use tidings_api::event::{
    ChatTimer, EVENT_VERSION, GroupMember, GroupRemoved, GroupRole, MemberChange, MessageDeleted, MessageState,
    ReactionChange, Typing,
};
use tidings_api::{Event, EventBody, GroupPetition, GroupSuccessor};
use tidings_crypto::id::{AccountId, ConversationId};
use tidings_protocol::account::policy::Role;
use tidings_protocol::effect::TransientEvent;
use tidings_protocol::error::Outcome;
use tidings_protocol::query::{contacts, conversations, groups, joins, messages, recovery};
use tidings_protocol::record::event::{EventKind, EventRecord};
use tidings_protocol::record::join::JoinRequestRecord;

use super::recovery::count;
use super::{Viewer, contact, group, join, message};
use crate::http::time_text::rfc3339;
use crate::http::uuid_text;

/// The event as the API shows it; `None` where what it speaks of is gone, or has no type in the API.
pub(in crate::http) fn event(viewer: Viewer<'_>, cursor: u64, record: &EventRecord) -> Outcome<Option<Event>> {
    let found = match &record.kind {
        EventKind::MessageNew { id, order } => new_message(viewer, id, record.conversation, order)?,
        EventKind::MessageState { id, .. } => message_state(viewer, id)?,
        EventKind::ContactAccepted { account } => accepted(viewer, *account)?,
        EventKind::Petition { account, owner } => petition(viewer, record.conversation, *account, *owner)?,
        EventKind::JoinRequested { account } => asked(viewer, record.conversation, *account)?,
        EventKind::JoinRefused { inviter } => refused(viewer, record.conversation, *inviter)?,
        EventKind::GroupCreated => created(viewer, record.conversation)?,
        EventKind::GroupMember { account, joined, by } => member(viewer, record.conversation, *account, *joined, *by)?,
        EventKind::GroupRole { account, role, by } => given(viewer, record.conversation, *account, *role, *by),
        EventKind::GroupSettings { by } => settings(viewer, record.conversation, *by)?,
        EventKind::GroupRemoved { by } => removed(viewer, record.conversation, *by),
        EventKind::SuccessorOpened { account, conversation } => {
            let body = successor(record.conversation, *conversation, Some(*account));
            Some((body, *account == viewer.account))
        }
        EventKind::GroupSucceeded { conversation } => {
            Some((successor(record.conversation, *conversation, None), false))
        }
        EventKind::Unreadable => None,
        EventKind::MessageEdited { order, .. } => edited(viewer, record.conversation, order)?,
        EventKind::MessageDeleted { id, by } => Some(deleted(viewer, record.conversation, id, *by)),
        EventKind::Reaction { id, account, emoji, chosen } => {
            let body = ReactionChange {
                id: uuid_text::to_text(id),
                conversation: place(record.conversation),
                account: account.to_string(),
                emoji: emoji.clone(),
                chosen: *chosen,
            };
            Some((EventBody::Reaction(body), *account == viewer.account))
        }
        EventKind::TimerChanged { timer, by } => {
            let body =
                ChatTimer { conversation: place(record.conversation), timer_seconds: timer / 1000, by: by.to_string() };
            Some((EventBody::ChatTimer(body), *by == viewer.account))
        }
    };
    Ok(found.map(|(body, is_self)| Event {
        v: EVENT_VERSION,
        cursor: cursor.to_string(),
        time: rfc3339(record.time),
        conversation: record.conversation.map(|id| id.to_string()),
        is_self,
        transient: false,
        body,
    }))
}

/// Something that passes, at `now` (unix milliseconds). `cursor` is where the client stands: it cannot be replayed.
pub(in crate::http) fn transient(event: TransientEvent, cursor: u64, now: u64) -> Event {
    let TransientEvent::Typing { conversation, account, typing } = event;
    let conversation = conversation.to_string();
    Event {
        v: EVENT_VERSION,
        cursor: cursor.to_string(),
        time: rfc3339(now),
        conversation: Some(conversation.clone()),
        is_self: false,
        transient: true,
        body: EventBody::Typing(Typing { conversation, account: account.to_string(), typing }),
    }
}

/// The body, and whether the viewer did it.
type Found = Option<(EventBody, bool)>;

fn new_message(
    viewer: Viewer<'_>,
    id: &[u8; 16],
    conversation: Option<ConversationId>,
    order: &[u8],
) -> Outcome<Found> {
    let placed = match conversation {
        Some(conversation) if !order.is_empty() => messages::at(viewer.store, viewer.account, conversation, order)?,
        Some(_) | None => None,
    };
    // An own message that waited when the event was written has found its place since.
    let record = match placed {
        Some(record) => Some(record),
        None => messages::own(viewer.store, viewer.account, id)?,
    };
    let shown = record.map(|record| message::message(viewer.store, viewer.account, &record)).transpose()?;
    Ok(shown.map(|shown| {
        let is_self = shown.is_self;
        (EventBody::MessageNew(Box::new(shown)), is_self)
    }))
}

fn edited(viewer: Viewer<'_>, conversation: Option<ConversationId>, order: &[u8]) -> Outcome<Found> {
    let Some(conversation) = conversation else { return Ok(None) };
    let Some(record) = messages::at(viewer.store, viewer.account, conversation, order)? else { return Ok(None) };
    let shown = message::message(viewer.store, viewer.account, &record)?;
    let is_self = shown.is_self;
    Ok(Some((EventBody::MessageEdited(Box::new(shown)), is_self)))
}

fn deleted(
    viewer: Viewer<'_>,
    conversation: Option<ConversationId>,
    id: &[u8; 16],
    by: Option<AccountId>,
) -> (EventBody, bool) {
    let body = MessageDeleted {
        id: uuid_text::to_text(id),
        conversation: place(conversation),
        by: by.map(|by| by.to_string()),
    };
    (EventBody::MessageDeleted(body), by == Some(viewer.account))
}

fn place(conversation: Option<ConversationId>) -> String {
    conversation.map(|id| id.to_string()).unwrap_or_default()
}

fn message_state(viewer: Viewer<'_>, id: &[u8; 16]) -> Outcome<Found> {
    let record = messages::own(viewer.store, viewer.account, id)?;
    let Some(record) = record else { return Ok(None) };
    let progress = message::Progress::of(viewer.store, viewer.account, &record)?;
    let body = MessageState {
        id: uuid_text::to_text(&record.id),
        conversation: place(record.conversation),
        state: message::state(record.state()),
        states: progress.states,
        reason: progress.reason,
        next_try_at: progress.next_try_at,
    };
    Ok(Some((EventBody::MessageState(body), false)))
}

fn accepted(viewer: Viewer<'_>, account: AccountId) -> Outcome<Found> {
    let record = contacts::with(viewer.store, viewer.account, account)?;
    Ok(record.map(|record| (EventBody::RequestAccepted(contact::contact(&record, None)), false)))
}

fn asked(viewer: Viewer<'_>, conversation: Option<ConversationId>, account: AccountId) -> Outcome<Found> {
    let all = joins::requests(viewer.store, viewer.account)?;
    let asks = |request: &&JoinRequestRecord| Some(request.conversation) == conversation && request.account == account;
    let request = all.iter().find(asks).map(|request| join::request(viewer, request)).transpose()?;
    Ok(request.map(|request| (EventBody::RequestNew(request), false)))
}

fn refused(viewer: Viewer<'_>, conversation: Option<ConversationId>, inviter: AccountId) -> Outcome<Found> {
    let all = joins::own(viewer.store, viewer.account)?;
    let join = all.iter().find(|join| Some(join.conversation) == conversation && join.inviter == inviter);
    Ok(join.map(|join| (EventBody::RequestRefused(join::join(join)), false)))
}

fn petition(
    viewer: Viewer<'_>,
    conversation: Option<ConversationId>,
    account: AccountId,
    owner: AccountId,
) -> Outcome<Found> {
    let Some(id) = conversation else { return Ok(None) };
    let Some(record) = conversations::with(viewer.store, viewer.account, id)? else { return Ok(None) };
    let (signed, needed) = recovery::support(viewer.store, viewer.account, &record, owner)?;
    let body = GroupPetition {
        group: id.to_string(),
        account: account.to_string(),
        owner: owner.to_string(),
        signed: count(signed),
        needed: count(needed),
    };
    Ok(Some((EventBody::GroupPetition(body), account == viewer.account)))
}

fn created(viewer: Viewer<'_>, conversation: Option<ConversationId>) -> Outcome<Found> {
    let Some(id) = conversation else { return Ok(None) };
    let Some(view) = groups::with(viewer.store, viewer.account, id)? else { return Ok(None) };
    let is_self = view.record.creator == viewer.account;
    Ok(Some((EventBody::GroupCreated(group::group(viewer, &view)?), is_self)))
}

fn member(
    viewer: Viewer<'_>,
    conversation: Option<ConversationId>,
    account: AccountId,
    joined: bool,
    by: AccountId,
) -> Outcome<Found> {
    let Some(id) = conversation else { return Ok(None) };
    let epoch = conversations::with(viewer.store, viewer.account, id)?.map_or(0, |record| record.epoch);
    let change = match (joined, account == by) {
        (true, _) => MemberChange::Joined,
        (false, true) => MemberChange::Left,
        (false, false) => MemberChange::Removed,
    };
    let body =
        GroupMember { group: id.to_string(), account: account.to_string(), change, by: Some(by.to_string()), epoch };
    Ok(Some((EventBody::GroupMember(body), by == viewer.account)))
}

fn given(viewer: Viewer<'_>, id: Option<ConversationId>, account: AccountId, role: Role, by: AccountId) -> Found {
    let role = group::shown_role(role);
    let body = GroupRole { group: id?.to_string(), account: account.to_string(), role, by: Some(by.to_string()) };
    Some((EventBody::GroupRole(body), by == viewer.account))
}

fn settings(viewer: Viewer<'_>, conversation: Option<ConversationId>, by: AccountId) -> Outcome<Found> {
    let Some(id) = conversation else { return Ok(None) };
    let Some(view) = groups::with(viewer.store, viewer.account, id)? else { return Ok(None) };
    Ok(Some((EventBody::GroupSettings(group::group(viewer, &view)?), by == viewer.account)))
}

fn successor(group: Option<ConversationId>, successor: ConversationId, by: Option<AccountId>) -> EventBody {
    EventBody::GroupSuccessor(GroupSuccessor {
        group: place(group),
        successor: successor.to_string(),
        account: by.map(|by| by.to_string()),
    })
}

fn removed(viewer: Viewer<'_>, conversation: Option<ConversationId>, by: AccountId) -> Found {
    let group = conversation?.to_string();
    let is_self = by == viewer.account;
    Some((EventBody::GroupRemoved(GroupRemoved { group, by: (!is_self).then(|| by.to_string()) }), is_self))
}
