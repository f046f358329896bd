//! `/chats`: all conversations.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use tidings_api::{Chat, Page, PageQuery, Problem, ReadRequest};
use tidings_crypto::id::ConversationId;
use tidings_protocol::command::Command;

use super::caller::Caller;
use super::failure::Failure;
use super::json_body::{JsonBody, Query};
use super::paging::page_after;
use super::state::AppState;
use super::view::{Viewer, chat};

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

/// Says that a conversation was seen: it has nothing unread any more.
#[utoipa::path(post, path = "/chats/{id}/read", tag = "chats", request_body = ReadRequest,
    params(("id" = String, Path, description = "The conversation")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn read(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(_): JsonBody<ReadRequest>,
) -> Result<StatusCode, Failure> {
    caller.unlocked()?;
    let conversation: ConversationId = id.parse().map_err(|_| Failure::not_found("conversation"))?;
    state.driver().command(Command::MarkRead { account: caller.account, conversation }).await?;
    Ok(StatusCode::NO_CONTENT)
}
