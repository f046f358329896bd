//! `/me`: the caller's own account, locking and unlocking.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use tidings_api::{Me, PasswordRequest, PrivacyPatchRequest, PrivacySettings, Problem};
use tidings_crypto::identity::IdentityLog;
use tidings_protocol::command::ChatAct;
use tidings_protocol::query::{chats, directory};
use tidings_protocol::record::chat::Shown;
use zeroize::Zeroizing;

use super::caller::{Caller, Visitor};
use super::failure::Failure;
use super::json_body::JsonBody;
use super::state::AppState;
use super::view;

/// The caller's account; answered for a locked one too.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, body = Me), (status = 401, body = Problem)))]
pub(super) async fn me(State(state): State<AppState>, caller: Caller) -> Result<Json<Me>, Failure> {
    let record = caller.record()?;
    let unlocked = directory::is_unlocked(&state.store()?, caller.account)?;
    let log = IdentityLog::parse(&record.identity_log).ok();
    let device = log.and_then(|log| log.devices().last().map(|(device, _)| device.to_string()));
    Ok(Json(Me {
        account: view::account::account(caller.account, &record, state.peer_id()),
        locked: !unlocked,
        peer_id: state.peer_id().to_owned(),
        device: device.filter(|_| unlocked),
    }))
}

/// What others see of the caller.
#[utoipa::path(get, path = "/me/settings", tag = "me", responses(
    (status = 200, body = PrivacySettings), (status = 401, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn settings(caller: Caller) -> Result<Json<PrivacySettings>, Failure> {
    let kept = chats::settings(&caller.unlocked()?, caller.account)?;
    Ok(Json(PrivacySettings { read_receipts: kept.read_receipts, typing_indicators: kept.typing }))
}

/// Changes what others see of the caller.
#[utoipa::path(patch, path = "/me/settings", tag = "me", request_body = PrivacyPatchRequest, responses(
    (status = 204), (status = 401, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn set_settings(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<PrivacyPatchRequest>,
) -> Result<StatusCode, Failure> {
    caller.unlocked()?;
    for (what, shown) in [(Shown::Read, request.read_receipts), (Shown::Typing, request.typing_indicators)] {
        if shown.is_some() {
            super::chats::act(&state, &caller, ChatAct::Show { what, conversation: None, shown }).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the account's keys out of memory; messages are still taken and kept.
#[utoipa::path(post, path = "/me/lock", tag = "me", responses((status = 204), (status = 401, body = Problem)))]
pub(super) async fn lock(State(state): State<AppState>, caller: Caller) -> Result<StatusCode, Failure> {
    state.identity().lock(caller.account).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Opens the account's vault with its passphrase.
#[utoipa::path(post, path = "/me/unlock", tag = "me", request_body = PasswordRequest, responses(
    (status = 204), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn unlock(
    State(state): State<AppState>,
    caller: Caller,
    visitor: Visitor,
    JsonBody(request): JsonBody<PasswordRequest>,
) -> Result<StatusCode, Failure> {
    let password = Zeroizing::new(request.password.expose().as_bytes().to_vec());
    state.identity().unlock(caller.account, password, visitor.guest).await?;
    Ok(StatusCode::NO_CONTENT)
}
