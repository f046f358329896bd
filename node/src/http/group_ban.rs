//! `POST /group/{id}/bans` and `DELETE /group/{id}/bans/{account}`: who is not to be in a group.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use tidings_api::{BanRequest, ErrorCode, Group, Problem};
use tidings_crypto::id::{AccountId, ConversationId};
use tidings_protocol::command::Command;
use tidings_protocol::error::Rejection;

use super::caller::Caller;
use super::chat::contact_named;
use super::failure::Failure;
use super::groups::{group_named, group_of};
use super::json_body::JsonBody;
use super::state::AppState;
use crate::driver::DriverError;

/// Bans somebody, and removes them if they are in.
#[utoipa::path(post, path = "/group/{id}/bans", tag = "groups",
    params(("id" = String, Path, description = "the group's id or name")), request_body = BanRequest, responses(
    (status = 201, body = Group), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
    (status = 423, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn ban(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<BanRequest>,
) -> Result<(StatusCode, Json<Group>), Failure> {
    let (conversation, who) = named(&caller, &id, &request.account)?;
    let command = Command::Ban { account: caller.account, conversation, who, banned: true };
    state.driver().command(command).await.map_err(not_banned)?;
    Ok((StatusCode::CREATED, Json(group_of(&state, &caller, conversation)?)))
}

/// Lifts a ban. It adds nobody.
#[utoipa::path(delete, path = "/group/{id}/bans/{account}", tag = "groups", params(
    ("id" = String, Path, description = "the group's id or name"),
    ("account" = String, Path, description = "account id, handle or alias of somebody who is banned")), responses(
    (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn lift(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, who)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let (conversation, who) = named(&caller, &id, &who)?;
    state.driver().command(Command::Ban { account: caller.account, conversation, who, banned: false }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Anybody can be named by id: whoever is to be kept out need not be a contact, nor have been in.
fn named(caller: &Caller, group: &str, who: &str) -> Result<(ConversationId, AccountId), Failure> {
    let snapshot = caller.unlocked()?;
    let conversation = group_named(&snapshot, caller.account, group)?.id;
    let who = match who.parse::<AccountId>() {
        Ok(who) => who,
        Err(_) => contact_named(&snapshot, caller.account, who)?.account,
    };
    Ok((conversation, who))
}

/// Why somebody was not banned, and what to do.
fn not_banned(error: DriverError) -> Failure {
    if matches!(&error, DriverError::Rejected(Rejection::Already)) {
        return Failure::new(ErrorCode::Conflict, "they are banned already").fix("`tidings group show` lists the bans");
    }
    let full = matches!(&error, DriverError::Rejected(Rejection::Quota { .. }));
    let failure = Failure::from(error);
    if full { failure.fix("lift a ban that is not needed any more: `tidings group unban`") } else { failure }
}
