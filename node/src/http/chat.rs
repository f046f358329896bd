//! `/chat/…`: messages with one person.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use tidings_api::{AttachmentRequest, ErrorCode, Message, Page, PageQuery, Problem, SendRequest, TEXT_BYTES_MAX};
use tidings_crypto::id::AccountId;
use tidings_protocol::command::{Answer, Command, Recipient};
use tidings_protocol::query::messages::{self, MessagePage};
use tidings_protocol::query::recipient;
use tidings_protocol::record::contact::ContactRecord;
use tidings_protocol::store::snapshot::Snapshot;

use super::caller::Caller;
use super::failure::Failure;
use super::json_body::{JsonBody, Query};
use super::naming::one_of;
use super::state::{AppState, node_text};
use super::{uuid_text, view};

/// A page of messages with one person, newest last.
#[utoipa::path(get, path = "/chat/{userId}", tag = "chats",
    params(("userId" = String, Path, description = "account id, handle or alias"), PageQuery), responses(
    (status = 200, body = Page<Message>), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn history(
    caller: Caller,
    Path(person): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Message>>, Failure> {
    let snapshot = caller.unlocked()?;
    let contact = contact_named(&snapshot, caller.account, &person)?;
    let (before, limit) = (place_before(&query)?, query.limit_or_default());
    let page = match contact.conversation {
        Some(conversation) => messages::page(&snapshot, caller.account, conversation, before.as_deref(), limit)?,
        None => messages::waiting_page(&snapshot, caller.account, contact.account, before.as_deref(), limit)?,
    };
    Ok(Json(shown(&page, caller.account)))
}

/// Sends a text to one person. Durable when answered; the same id again answers the first message.
#[utoipa::path(post, path = "/chat/send", tag = "chats", request_body = SendRequest, responses(
    (status = 201, body = Message), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem),
    (status = 413, body = Problem), (status = 422, body = Problem), (status = 423, body = Problem),
    (status = 503, body = Problem)))]
pub(super) async fn send(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<SendRequest>,
) -> Result<(StatusCode, Json<Message>), Failure> {
    let client_id = checked(&request.text, request.id.as_deref(), request.reply_to.as_deref(), &request.attachments)?;
    let contact = contact_named(&caller.unlocked()?, caller.account, &request.to)?;
    deliver(&state, &caller, Recipient::Account(contact.account), request.text, client_id).await
}

/// Checks what every message must keep, and gives its id.
pub(super) fn checked(
    text: &str,
    id: Option<&str>,
    reply_to: Option<&str>,
    attachments: &[AttachmentRequest],
) -> Result<[u8; 16], Failure> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Failure::new(
            ErrorCode::TooLarge,
            format!("the text has {} bytes; {TEXT_BYTES_MAX} are allowed", text.len()),
        ));
    }
    if text.is_empty() {
        return Err(Failure::field("text", "must not be empty"));
    }
    if reply_to.is_some() {
        return Err(Failure::field("replyTo", "is not supported by this version"));
    }
    if !attachments.is_empty() {
        return Err(Failure::field("attachments", "are not supported by this version"));
    }
    match id {
        Some(id) => uuid_text::parse(id).ok_or_else(|| Failure::field("id", "must be a UUID")),
        None => Ok(uuid_text::random()?),
    }
}

/// Hands a message to the core.
pub(super) async fn deliver(
    state: &AppState,
    caller: &Caller,
    to: Recipient,
    text: String,
    client_id: [u8; 16],
) -> Result<(StatusCode, Json<Message>), Failure> {
    let command = Command::Send { account: caller.account, to, text, client_id };
    let Answer::Message(record) = state.driver().command(command).await? else {
        return Err(super::unexpected());
    };
    Ok((StatusCode::CREATED, Json(view::message::message(&record, caller.account))))
}

/// The contact whom a text names.
pub(super) fn contact_named(store: &dyn Snapshot, account: AccountId, text: &str) -> Result<ContactRecord, Failure> {
    one_of(recipient::contact(store, account, text, &node_text)?, "contact")
}

/// The place that `before` of a query names.
pub(super) fn place_before(query: &PageQuery) -> Result<Option<Vec<u8>>, Failure> {
    let decode = |text: &String| {
        data_encoding::HEXLOWER
            .decode(text.as_bytes())
            .map_err(|_| Failure::field("before", "must be the `next` of a page"))
    };
    query.before.as_ref().map(decode).transpose()
}

/// A page of messages as the API shows it.
pub(super) fn shown(page: &MessagePage, viewer: AccountId) -> Page<Message> {
    Page {
        items: page.messages.iter().map(|record| view::message::message(record, viewer)).collect(),
        next: page.next.as_ref().map(|place| data_encoding::HEXLOWER.encode(place)),
    }
}
