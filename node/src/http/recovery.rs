//! `/group/{id}/recovery`: making an owner where all owners and admins are gone.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use tidings_api::{ErrorCode, Problem, Recovery, RecoveryRequest};
use tidings_crypto::id::{AccountId, ConversationId};
use tidings_protocol::command::{Command, RecoverAct};
use tidings_protocol::error::Rejection;
use tidings_protocol::query::recovery;
use tidings_protocol::record::conversation::ConversationRecord;

use super::caller::Caller;
use super::failure::Failure;
use super::groups::{group_named, member_named};
use super::json_body::JsonBody;
use super::state::AppState;
use super::view;
use crate::driver::DriverError;

/// Whether the members can make an owner, who has signed for whom, and who was heard of when.
#[utoipa::path(get, path = "/group/{id}/recovery", tag = "groups",
    params(("id" = String, Path, description = "the group's id or name")), responses(
    (status = 200, body = Recovery), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Recovery>, Failure> {
    let record = group_named(&caller.unlocked()?, caller.account, &id)?;
    Ok(Json(shown(&state, &caller, &record)?))
}

/// Signs that a member shall own the group. More than two thirds of the members make them owner.
#[utoipa::path(post, path = "/group/{id}/recovery", tag = "groups",
    params(("id" = String, Path, description = "the group's id or name")), request_body = RecoveryRequest, responses(
    (status = 202, body = Recovery), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
    (status = 423, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn sign(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<RecoveryRequest>,
) -> Result<(StatusCode, Json<Recovery>), Failure> {
    let (record, owner) = {
        let snapshot = caller.unlocked()?;
        let record = group_named(&snapshot, caller.account, &id)?;
        let owner = member_named(&snapshot, caller.account, &record, &request.owner)?;
        (record, owner)
    };
    if let Err(error) = ask(&state, &caller, record.id, RecoverAct::Sign(owner)).await {
        return Err(explained(&state, &caller, (&record, owner), error));
    }
    let record = group_named(&caller.unlocked()?, caller.account, &record.id.to_string())?;
    Ok((StatusCode::ACCEPTED, Json(shown(&state, &caller, &record)?)))
}

/// Withdraws what the caller has signed. What their device has signed at this epoch counts until the next.
#[utoipa::path(delete, path = "/group/{id}/recovery", tag = "groups",
    params(("id" = String, Path, description = "the group's id or name")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
    (status = 423, body = Problem)))]
pub(super) async fn withdraw(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let conversation = group_named(&caller.unlocked()?, caller.account, &id)?.id;
    match ask(&state, &caller, conversation, RecoverAct::Withdraw).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(DriverError::Rejected(Rejection::NotFound)) => {
            Err(Failure::new(ErrorCode::NotFound, "you have signed for nobody in this group"))
        }
        Err(error) => Err(error.into()),
    }
}

async fn ask(state: &AppState, caller: &Caller, id: ConversationId, act: RecoverAct) -> Result<(), DriverError> {
    let command = Command::Recover { account: caller.account, conversation: id, act };
    state.driver().command(command).await.map(drop)
}

fn shown(state: &AppState, caller: &Caller, record: &ConversationRecord) -> Result<Recovery, Failure> {
    let view = recovery::view(&caller.unlocked()?, caller.account, record, state.now_ms())?;
    Ok(view::recovery::recovery(&view))
}

/// Why nothing was signed, and what to do.
fn explained(
    state: &AppState,
    caller: &Caller,
    (record, owner): (&ConversationRecord, AccountId),
    error: DriverError,
) -> Failure {
    let DriverError::Rejected(rejection) = &error else { return error.into() };
    match rejection {
        Rejection::NotAbsent => match shown(state, caller, record) {
            Ok(how) => still_there(&how, &owner.to_string()),
            Err(failure) => failure,
        },
        Rejection::Already => Failure::new(ErrorCode::Conflict, "nobody comes before them in this group already"),
        Rejection::NotPossible { .. } => Failure::from(error).fix("found a new group with those who are left"),
        Rejection::NotFound => Failure::new(ErrorCode::NotFound, "who shall own the group must be a member of it"),
        Rejection::Locked
        | Rejection::NotAdmin
        | Rejection::LastAdmin
        | Rejection::Stranded
        | Rejection::Banned
        | Rejection::MayNotPost
        | Rejection::NotMember
        | Rejection::TooLarge { .. }
        | Rejection::InviteUsed
        | Rejection::InviteExpired
        | Rejection::OwnInvite
        | Rejection::Taken
        | Rejection::DirectConversation
        | Rejection::Malformed { .. }
        | Rejection::Refused { .. }
        | Rejection::Quota { .. } => error.into(),
    }
}

/// Names who is in the way, and until when.
fn still_there(how: &Recovery, owner: &str) -> Failure {
    let before = how.admins.iter().take_while(|admin| admin.account != owner);
    let there: Vec<&tidings_api::RecoveryAdmin> = before.filter(|admin| !admin.absent).collect();
    let named = there.iter().map(|admin| format!("{} was heard of at {}", admin.account, admin.heard_at));
    let detail = format!("who runs the group is not absent: {}", named.collect::<Vec<_>>().join("; "));
    let from = there.iter().map(|admin| admin.absent_from.as_str()).max().unwrap_or_default();
    Failure::new(ErrorCode::Conflict, detail)
        .fix(format!("ask them for what you need; if nothing is heard of them, sign after {from}"))
}
