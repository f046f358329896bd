//! `/group/…` and `/groups`: groups, their messages and members.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use tidings_api::{
    Group, GroupCreateRequest, GroupSendRequest, MemberAddRequest, MemberDeleteQuery, Message, Page, PageQuery,
    Problem, Role,
};
use tidings_crypto::id::{AccountId, ConversationId};
use tidings_protocol::command::{Answer, Command, Recipient};
use tidings_protocol::limits::{DESCRIPTION_BYTES_MAX, NAME_BYTES_MAX};
use tidings_protocol::query::{conversations, groups, messages, recipient};
use tidings_protocol::record::conversation::ConversationRecord;
use tidings_protocol::store::snapshot::Snapshot;

use super::caller::Caller;
use super::chat::{Asked, contact_named, deliver, place_before, shown, with_held};
use super::failure::Failure;
use super::json_body::{JsonBody, Query};
use super::naming::one_of;
use super::paging::page_after;
use super::state::AppState;
use super::view::{Viewer, group};

/// Members named at creation, beside who creates. All who can be are added by one commit; one commit for each would cost every member a tree's work
/// as often as there are members.
const FIRST_MEMBERS_MAX: usize = tidings_protocol::limits::MEMBERS_MAX - 1;

/// Founds a group. Members whose node cannot be reached stand as `invited`.
#[utoipa::path(post, path = "/group/create", tag = "groups", request_body = GroupCreateRequest, responses(
    (status = 201, body = Group), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem),
    (status = 422, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<GroupCreateRequest>,
) -> Result<(StatusCode, Json<Group>), Failure> {
    let name = request.name.trim().to_owned();
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
        return Err(Failure::field("name", format!("1 to {NAME_BYTES_MAX} bytes, no control characters")));
    }
    let description = request.description.unwrap_or_default();
    if description.len() > DESCRIPTION_BYTES_MAX {
        return Err(Failure::field("description", format!("at most {DESCRIPTION_BYTES_MAX} bytes")));
    }
    if request.members.len() > FIRST_MEMBERS_MAX {
        return Err(Failure::field("members", format!("at most {FIRST_MEMBERS_MAX} at once")));
    }
    let members = first_members(&caller, &request.members)?;
    let command = Command::CreateGroup { account: caller.account, name, description, members };
    let Answer::Conversation(id) = state.driver().command(command).await? else {
        return Err(super::unexpected());
    };
    Ok((StatusCode::CREATED, Json(group_of(&state, &caller, id)?)))
}

/// Sends a text to a group.
#[utoipa::path(post, path = "/group/send", tag = "groups", request_body = GroupSendRequest, responses(
    (status = 201, body = Message), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem),
    (status = 423, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn send(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<GroupSendRequest>,
) -> Result<(StatusCode, Json<Message>), Failure> {
    let asked = Asked { text: request.text, id: request.id, reply_to: request.reply_to, mentions: request.mentions };
    let checked = asked.checked(&request.attachments)?;
    let record = group_named(&caller.unlocked()?, caller.account, &request.group)?;
    deliver(&state, &caller, (Recipient::Conversation(record.id), Some(record.id)), checked).await
}

/// The groups the caller is or was in, latest activity first.
#[utoipa::path(get, path = "/groups", tag = "groups", params(PageQuery), responses(
    (status = 200, body = Page<Group>), (status = 401, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Group>>, Failure> {
    let snapshot = caller.unlocked()?;
    let viewer = Viewer { store: &snapshot, account: caller.account, peer_id: state.peer_id() };
    let page = page_after(conversations::groups(&snapshot, caller.account)?, &query, |record| record.id.to_string());
    let mut items = Vec::with_capacity(page.items.len());
    for record in page.items {
        items.push(group::group(viewer, &groups::view(&snapshot, caller.account, record)?)?);
    }
    Ok(Json(Page { items, next: page.next }))
}

/// One group.
#[utoipa::path(get, path = "/group/{id}", tag = "groups",
    params(("id" = String, Path, description = "the group's id or name")), responses(
    (status = 200, body = Group), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Group>, Failure> {
    let record = group_named(&caller.unlocked()?, caller.account, &id)?;
    Ok(Json(group_of(&state, &caller, record.id)?))
}

/// A page of a group's messages, newest last.
#[utoipa::path(get, path = "/group/{id}/messages", tag = "groups",
    params(("id" = String, Path, description = "the group's id or name"), PageQuery), responses(
    (status = 200, body = Page<Message>), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn history(
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Message>>, Failure> {
    let snapshot = caller.unlocked()?;
    let record = group_named(&snapshot, caller.account, &id)?;
    let before = place_before(&query)?;
    let page = messages::page(&snapshot, caller.account, record.id, before.as_deref(), query.limit_or_default())?;
    let page = with_held(&snapshot, caller.account, page, &[record.id.as_bytes()], before.is_some())?;
    Ok(Json(shown(&snapshot, &page, caller.account)?))
}

/// Adds a contact to a group.
#[utoipa::path(post, path = "/group/{id}/members", tag = "groups",
    params(("id" = String, Path, description = "the group's id or name")), request_body = MemberAddRequest, responses(
    (status = 201, body = Group), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn add_member(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<MemberAddRequest>,
) -> Result<(StatusCode, Json<Group>), Failure> {
    let (conversation, member) = {
        let snapshot = caller.unlocked()?;
        (
            group_named(&snapshot, caller.account, &id)?.id,
            contact_named(&snapshot, caller.account, &request.account)?.account,
        )
    };
    let account = caller.account;
    state.driver().command(Command::AddMember { account, conversation, member }).await?;
    let role = request.role.filter(|role| *role != Role::Member).map(group::core_role);
    let is_in = groups::with(&caller.unlocked()?, account, conversation)?
        .is_some_and(|view| view.record.members.contains(&member));
    if let (Some(role), true) = (role, is_in) {
        state.driver().command(Command::SetRole { account, conversation, member, role }).await?;
    }
    Ok((StatusCode::CREATED, Json(group_of(&state, &caller, conversation)?)))
}

/// Removes a member; oneself, to leave.
#[utoipa::path(delete, path = "/group/{id}/members/{account}", tag = "groups", params(
    ("id" = String, Path, description = "the group's id or name"),
    ("account" = String, Path, description = "account id, handle or alias; one's own to leave"),
    MemberDeleteQuery), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn remove_member(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, member)): Path<(String, String)>,
    Query(query): Query<MemberDeleteQuery>,
) -> Result<StatusCode, Failure> {
    let account = caller.account;
    let (conversation, member, successor) = {
        let snapshot = caller.unlocked()?;
        let record = group_named(&snapshot, account, &id)?;
        let named = |text: &str| member_named(&snapshot, account, &record, text);
        (record.id, named(&member)?, query.successor.as_deref().map(named).transpose()?)
    };
    let command = match successor {
        Some(successor) if member == account => Command::HandOver { account, conversation, successor },
        Some(_) => return Err(Failure::field("successor", "only for leaving oneself")),
        None if member == account => Command::Leave { account, conversation },
        None => Command::RemoveMember { account, conversation, member },
    };
    state.driver().command(command).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn group_of(state: &AppState, caller: &Caller, id: ConversationId) -> Result<Group, Failure> {
    let snapshot = caller.unlocked()?;
    let view = groups::with(&snapshot, caller.account, id)?.ok_or_else(|| Failure::not_found("group"))?;
    Ok(group::group(Viewer { store: &snapshot, account: caller.account, peer_id: state.peer_id() }, &view)?)
}

pub(super) fn group_named(store: &dyn Snapshot, account: AccountId, text: &str) -> Result<ConversationRecord, Failure> {
    one_of(recipient::group(store, account, text)?, "group")
}

fn first_members(caller: &Caller, named: &[String]) -> Result<Vec<AccountId>, Failure> {
    let snapshot = caller.unlocked()?;
    let mut members = Vec::new();
    for (place, text) in named.iter().enumerate() {
        if text.parse() == Ok(caller.account) {
            continue;
        }
        let contact = contact_named(&snapshot, caller.account, text).map_err(|mut failure| {
            failure.0.detail = format!("members[{place}]: {}", failure.0.detail);
            failure
        })?;
        if !members.contains(&contact.account) {
            members.push(contact.account);
        }
    }
    Ok(members)
}

/// A member need not be a contact: their id is enough.
pub(super) fn member_named(
    store: &dyn Snapshot,
    account: AccountId,
    record: &ConversationRecord,
    text: &str,
) -> Result<AccountId, Failure> {
    match text.parse::<AccountId>() {
        Ok(member) if member == account || record.members.contains(&member) => Ok(member),
        Ok(member) => Ok(contact_named(store, account, &member.to_string())?.account),
        Err(_) => Ok(contact_named(store, account, text)?.account),
    }
}
