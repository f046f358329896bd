//! `/group/{id}/successor`: going on with a group that has come to a halt.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use tidings_api::{ErrorCode, Group, Problem, Succession, Successor};
use tidings_protocol::command::{Answer, Command};
use tidings_protocol::error::Rejection;
use tidings_protocol::query::successors;
use tidings_protocol::record::successor::SuccessorRecord;

use super::caller::Caller;
use super::failure::Failure;
use super::groups::{group_named, group_of};
use super::state::AppState;
use super::time_text::rfc3339;
use crate::driver::DriverError;

/// Whether the group has come to a halt, and where it goes on.
#[utoipa::path(get, path = "/group/{id}/successor", tag = "groups",
    params(("id" = String, Path, description = "the group's id or name")), responses(
    (status = 200, body = Succession), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn show(caller: Caller, Path(id): Path<String>) -> Result<Json<Succession>, Failure> {
    let snapshot = caller.unlocked()?;
    let record = group_named(&snapshot, caller.account, &id)?;
    let shown = |known: &SuccessorRecord| Successor {
        account: known.account.to_string(),
        group: known.conversation.to_string(),
        link: known.link.clone(),
    };
    Ok(Json(Succession {
        waiting_since: record.stranded_since.map(rfc3339),
        opens_at: record.successor_from().map(rfc3339),
        successor: record.succeeded_by.map(|successor| successor.to_string()),
        opened: successors::of(&snapshot, caller.account, record.id)?.iter().map(shown).collect(),
    }))
}

/// Opens a successor of a group that has come to a halt: nobody has let this device back in for two days. The members are told, and come by
/// themselves where an owner or admin leads.
#[utoipa::path(post, path = "/group/{id}/successor", tag = "groups",
    params(("id" = String, Path, description = "the group's id or name")), responses(
    (status = 201, body = Group), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn open(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Group>), Failure> {
    let record = group_named(&caller.unlocked()?, caller.account, &id)?;
    let addresses = state.addresses().await;
    let command = Command::Succeed { account: caller.account, conversation: record.id, addresses };
    match state.driver().command(command).await {
        Ok(Answer::Conversation(successor)) => Ok((StatusCode::CREATED, Json(group_of(&state, &caller, successor)?))),
        Ok(_) => Err(super::unexpected()),
        Err(DriverError::Rejected(Rejection::Already)) => {
            Err(Failure::new(ErrorCode::Conflict, "this group goes on in its successor already"))
        }
        Err(error @ DriverError::Rejected(Rejection::NotPossible { .. })) => {
            let fix = match record.successor_from() {
                Some(at) => format!("wait until {}", rfc3339(at)),
                None => "this device can follow the others: go on in the group".to_owned(),
            };
            Err(Failure::from(error).fix(fix))
        }
        Err(error) => Err(error.into()),
    }
}
