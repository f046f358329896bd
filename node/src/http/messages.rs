//! `/messages/{id}`: what can be done to one message.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use tidings_api::{EditRequest, ErrorCode, Message, Problem};
use tidings_crypto::id::ConversationId;
use tidings_protocol::command::{Answer, ChatAct, Command};
use tidings_protocol::query::messages::{self, Named};
use tidings_protocol::record::message::MessageRecord;
use tidings_protocol::wire::content::{MessageRef, is_reaction};

use super::caller::Caller;
use super::chat::{checked_mentions, checked_text};
use super::failure::Failure;
use super::json_body::JsonBody;
use super::state::AppState;
use super::{uuid_text, view};

/// One message, with how far it has come and why it waits.
#[utoipa::path(get, path = "/messages/{id}", tag = "messages",
    params(("id" = String, Path, description = "the message's UUID")), responses(
    (status = 200, body = Message), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn show(caller: Caller, Path(id): Path<String>) -> Result<Json<Message>, Failure> {
    let snapshot = caller.unlocked()?;
    let id = uuid(&id)?;
    let record = match messages::own(&snapshot, caller.account, &id)? {
        Some(own) => own,
        None => {
            let named = named(&caller, &id)?;
            messages::at(&snapshot, caller.account, named.conversation, &named.order)?
                .ok_or_else(|| Failure::not_found("message"))?
        }
    };
    shown(&caller, &record)
}

/// Gives an own message another text, for all.
#[utoipa::path(patch, path = "/messages/{id}", tag = "messages", request_body = EditRequest,
    params(("id" = String, Path, description = "the message's UUID")), responses(
    (status = 200, body = Message), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 422, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn edit(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<EditRequest>,
) -> Result<Json<Message>, Failure> {
    checked_text(&request.text)?;
    let mentions = checked_mentions(&request.text, &request.mentions)?;
    let Named { conversation, name, .. } = named(&caller, &uuid(&id)?)?;
    let record =
        act(&state, &caller, ChatAct::Edit { conversation, message: name, text: request.text, mentions }).await?;
    shown(&caller, &record)
}

/// Takes a message back, for all. Others may have copies all the same.
#[utoipa::path(delete, path = "/messages/{id}", tag = "messages",
    params(("id" = String, Path, description = "the message's UUID")), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let Named { conversation, name, .. } = named(&caller, &uuid(&id)?)?;
    act(&state, &caller, ChatAct::Delete { conversation, message: name }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts a reaction on a message.
#[utoipa::path(put, path = "/messages/{id}/reactions/{emoji}", tag = "messages", params(
    ("id" = String, Path, description = "the message's UUID"), ("emoji" = String, Path, description = "the emoji")),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn react(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, emoji)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    reaction(&state, &caller, &id, emoji, true).await
}

/// Takes a reaction back.
#[utoipa::path(delete, path = "/messages/{id}/reactions/{emoji}", tag = "messages", params(
    ("id" = String, Path, description = "the message's UUID"), ("emoji" = String, Path, description = "the emoji")),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn unreact(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, emoji)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    reaction(&state, &caller, &id, emoji, false).await
}

/// Tries again at once what waits or has failed.
#[utoipa::path(post, path = "/messages/{id}/retry", tag = "messages",
    params(("id" = String, Path, description = "the UUID of an own message")), responses(
    (status = 200, body = Message), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn retry(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Message>, Failure> {
    caller.unlocked()?;
    let record = act(&state, &caller, ChatAct::Retry { id: uuid(&id)? }).await?;
    shown(&caller, &record)
}

/// Gives up an own message that nobody's node has yet.
#[utoipa::path(post, path = "/messages/{id}/cancel", tag = "messages",
    params(("id" = String, Path, description = "the UUID of an own message")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
    (status = 423, body = Problem)))]
pub(super) async fn cancel(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    caller.unlocked()?;
    let command = Command::Chat { account: caller.account, act: ChatAct::Cancel { id: uuid(&id)? } };
    state.driver().command(command).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn reaction(
    state: &AppState,
    caller: &Caller,
    id: &str,
    emoji: String,
    chosen: bool,
) -> Result<StatusCode, Failure> {
    if !is_reaction(&emoji) {
        return Err(Failure::field("emoji", "one emoji, without spaces"));
    }
    let Named { conversation, name, .. } = named(caller, &uuid(id)?)?;
    act(state, caller, ChatAct::React { conversation, message: name, emoji, chosen }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn act(state: &AppState, caller: &Caller, act: ChatAct) -> Result<MessageRecord, Failure> {
    let command = Command::Chat { account: caller.account, act };
    let Answer::Message(record) = state.driver().command(command).await? else {
        return Err(super::unexpected());
    };
    Ok(*record)
}

fn shown(caller: &Caller, record: &MessageRecord) -> Result<Json<Message>, Failure> {
    Ok(Json(view::message::message(&caller.unlocked()?, caller.account, record)?))
}

fn uuid(text: &str) -> Result<[u8; 16], Failure> {
    uuid_text::parse(text).ok_or_else(|| Failure::not_found("message"))
}

/// The message with this id: there is one, the caller's own, or it cannot be told which is meant.
fn named(caller: &Caller, id: &[u8; 16]) -> Result<Named, Failure> {
    let mut found = messages::named(&caller.unlocked()?, caller.account, id)?;
    if found.len() > 1 {
        found.retain(|one| one.name.author == caller.account);
    }
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(Failure::not_found("message")),
        (Some(_), false) => Err(Failure::new(ErrorCode::Ambiguous, "several messages have this id")),
    }
}

/// The message of a conversation with this id.
pub(super) fn name_in(caller: &Caller, conversation: ConversationId, text: &str) -> Result<MessageRef, Failure> {
    let found = messages::named(&caller.unlocked()?, caller.account, &uuid(text)?)?;
    let here = found.into_iter().filter(|one| one.conversation == conversation);
    // Two authors with one id: the caller's own is not what one answers or reads.
    let other = here.max_by_key(|one| one.name.author != caller.account);
    other.map(|one| one.name).ok_or_else(|| Failure::not_found("message"))
}
