//! `/chats`: all conversations.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use tidings_api::{
    ArchiveRequest, Chat, DraftRequest, MuteRequest, Page, PageQuery, Problem, ReadRequest, ShownRequest, TimerRequest,
    TypingRequest,
};
use tidings_crypto::id::ConversationId;
use tidings_protocol::command::{ChatAct, Command, GroupChange};
use tidings_protocol::limits::TIMER_MS_MAX;
use tidings_protocol::query::conversations;
use tidings_protocol::record::chat::Shown;
use tidings_protocol::record::conversation::ConversationKind;

use super::caller::Caller;
use super::failure::Failure;
use super::json_body::{JsonBody, Query};
use super::messages::name_in;
use super::paging::page_after;
use super::state::AppState;
use super::view::{Viewer, chat};

/// What stands for ever: the last millisecond of the year 9999.
const FOR_EVER_MS: u64 = 253_402_300_799_999;

/// The caller's conversations, latest activity first.
#[utoipa::path(get, path = "/chats", tag = "chats", params(PageQuery), responses(
    (status = 200, body = Page<Chat>), (status = 401, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Chat>>, Failure> {
    let snapshot = caller.unlocked()?;
    let viewer = Viewer { store: &snapshot, account: caller.account, peer_id: state.peer_id() };
    let page = page_after(chat::rows(viewer)?, &query, |row| row.place().1);
    let mut items = Vec::with_capacity(page.items.len());
    for row in &page.items {
        items.push(chat::chat(viewer, row)?);
    }
    Ok(Json(Page { items, next: page.next }))
}

/// Says that everything up to a message was seen.
#[utoipa::path(post, path = "/chats/{id}/read", tag = "chats", request_body = ReadRequest,
    params(("id" = String, Path, description = "the conversation")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn read(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<ReadRequest>,
) -> Result<StatusCode, Failure> {
    let conversation = conversation(&caller, &id)?;
    let up_to = request.up_to.map(|text| name_in(&caller, conversation, &text)).transpose()?;
    act(&state, &caller, ChatAct::Read { conversation, up_to }).await
}

/// Keeps what was written and not sent.
#[utoipa::path(put, path = "/chats/{id}/draft", tag = "chats", request_body = DraftRequest,
    params(("id" = String, Path, description = "the conversation")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 413, body = Problem),
    (status = 423, body = Problem)))]
pub(super) async fn draft(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<DraftRequest>,
) -> Result<StatusCode, Failure> {
    let conversation = conversation(&caller, &id)?;
    act(&state, &caller, ChatAct::SetDraft { conversation, text: request.text }).await
}

/// Makes no noise for a conversation.
#[utoipa::path(put, path = "/chats/{id}/mute", tag = "chats", request_body = MuteRequest,
    params(("id" = String, Path, description = "the conversation")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn mute(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<MuteRequest>,
) -> Result<StatusCode, Failure> {
    let conversation = conversation(&caller, &id)?;
    let until = match (request.muted, request.seconds) {
        (false, _) => 0,
        (true, None) => FOR_EVER_MS,
        (true, Some(seconds)) => state.now_ms().saturating_add(seconds.saturating_mul(1000)).min(FOR_EVER_MS),
    };
    act(&state, &caller, ChatAct::Mute { conversation, until }).await
}

/// Lets new messages disappear some time after they were sent, for all. In a group this takes an owner or admin.
#[utoipa::path(put, path = "/chats/{id}/timer", tag = "chats", request_body = TimerRequest,
    params(("id" = String, Path, description = "the conversation")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
    (status = 422, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn timer(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<TimerRequest>,
) -> Result<StatusCode, Failure> {
    let conversation = conversation(&caller, &id)?;
    let milliseconds = request.seconds.saturating_mul(1000);
    if milliseconds > TIMER_MS_MAX {
        return Err(Failure::field("seconds", "at most a year"));
    }
    let record = conversations::with(&caller.unlocked()?, caller.account, conversation)?;
    let record = record.ok_or_else(|| Failure::not_found("conversation"))?;
    match record.kind {
        ConversationKind::Direct => act(&state, &caller, ChatAct::SetTimer { conversation, milliseconds }).await,
        // In a group it is a matter of its policy.
        ConversationKind::Group => {
            let seconds = u32::try_from(request.seconds).map_err(|_| Failure::field("seconds", "at most a year"))?;
            let change = GroupChange { disappearing_seconds: Some(seconds), ..GroupChange::default() };
            state.driver().command(Command::SetGroup { account: caller.account, conversation, change }).await?;
            Ok(StatusCode::NO_CONTENT)
        }
    }
}

/// Puts a conversation away, or takes it up again.
#[utoipa::path(put, path = "/chats/{id}/archive", tag = "chats", request_body = ArchiveRequest,
    params(("id" = String, Path, description = "the conversation")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn archive(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<ArchiveRequest>,
) -> Result<StatusCode, Failure> {
    let conversation = conversation(&caller, &id)?;
    act(&state, &caller, ChatAct::Archive { conversation, archived: request.archived }).await
}

/// Exchanges read receipts in a conversation, or not, or as everywhere.
#[utoipa::path(put, path = "/chats/{id}/read-receipts", tag = "chats", request_body = ShownRequest,
    params(("id" = String, Path, description = "the conversation")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn read_receipts(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<ShownRequest>,
) -> Result<StatusCode, Failure> {
    let conversation = conversation(&caller, &id)?;
    show(&state, &caller, Shown::Read, conversation, request.shown).await
}

/// Shows typing in a conversation and sees it, or not, or as everywhere.
#[utoipa::path(put, path = "/chats/{id}/typing-indicators", tag = "chats", request_body = ShownRequest,
    params(("id" = String, Path, description = "the conversation")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn typing_indicators(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<ShownRequest>,
) -> Result<StatusCode, Failure> {
    let conversation = conversation(&caller, &id)?;
    show(&state, &caller, Shown::Typing, conversation, request.shown).await
}

/// Says that the caller is typing, or no longer. It reaches contacts who are there and want to see it; whether it does is not answered.
#[utoipa::path(put, path = "/chats/{id}/typing", tag = "chats", request_body = TypingRequest,
    params(("id" = String, Path, description = "the conversation")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn typing(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<TypingRequest>,
) -> Result<StatusCode, Failure> {
    let conversation = conversation(&caller, &id)?;
    act(&state, &caller, ChatAct::Typing { conversation, typing: request.typing }).await
}

async fn show(
    state: &AppState,
    caller: &Caller,
    what: Shown,
    conversation: ConversationId,
    shown: Option<bool>,
) -> Result<StatusCode, Failure> {
    act(state, caller, ChatAct::Show { what, conversation: Some(conversation), shown }).await
}

/// Hands a wish about a conversation to the core.
pub(super) async fn act(state: &AppState, caller: &Caller, act: ChatAct) -> Result<StatusCode, Failure> {
    state.driver().command(Command::Chat { account: caller.account, act }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn conversation(caller: &Caller, text: &str) -> Result<ConversationId, Failure> {
    caller.unlocked()?;
    text.parse().map_err(|_| Failure::not_found("conversation"))
}
