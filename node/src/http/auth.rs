//! `/auth/…`: sign-up, login, refresh, logout.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tidings_api::{Account, LoginRequest, Problem, Secret, SessionAnswer, SignupAnswer, SignupRequest};
use tidings_crypto::id::AccountId;
use tidings_protocol::query::directory;
use zeroize::Zeroizing;

use super::caller::{OwnCookie, Visitor};
use super::failure::Failure;
use super::json_body::JsonBody;
use super::state::AppState;
use super::{cookie, view};
use crate::identity::{NewPerson, SessionTokens};

/// Makes an account. The recovery key is in the answer and nowhere else.
#[utoipa::path(post, path = "/auth/signup", tag = "auth", request_body = SignupRequest, security(()), responses(
    (status = 201, body = SignupAnswer),
    (status = 403, body = Problem, description = "registration is closed, or needs an invite"),
    (status = 409, body = Problem, description = "the name is taken"), (status = 422, body = Problem)))]
pub(super) async fn signup(
    State(state): State<AppState>,
    visitor: Visitor,
    JsonBody(request): JsonBody<SignupRequest>,
) -> Result<Response, Failure> {
    let person = NewPerson {
        name: request.name,
        password: Zeroizing::new(request.password.expose().to_owned()),
        email: request.email,
        display_name: request.display_name,
        invite: request.invite.map(|invite| Zeroizing::new(invite.expose().to_owned())),
    };
    let addresses = state.addresses().await;
    let (tokens, words) = state.identity().sign_up(person, addresses, visitor.guest).await?;
    let answer = SignupAnswer {
        account: account(&state, tokens.account)?,
        access_token: secret(&tokens.access),
        expires_in_seconds: tokens.access_seconds,
        csrf_token: secret(&tokens.csrf),
        recovery_key: secret(&words),
    };
    Ok(with_cookie(StatusCode::CREATED, &answer, &tokens, visitor.secure))
}

/// Opens a session and unlocks the account.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = LoginRequest, security(()), responses(
    (status = 200, body = SessionAnswer),
    (status = 401, body = Problem, description = "unknown user or wrong password, not told apart"),
    (status = 429, body = Problem, description = "too many wrong passwords; Retry-After says when")))]
pub(super) async fn login(
    State(state): State<AppState>,
    visitor: Visitor,
    JsonBody(request): JsonBody<LoginRequest>,
) -> Result<Response, Failure> {
    let password = Zeroizing::new(request.password.expose().as_bytes().to_vec());
    let tokens = state.identity().login(&request.login, password, visitor.guest).await?;
    session_answer(&state, &tokens, visitor.secure)
}

/// Goes on with the session of the cookie. The cookie is replaced; the old one used again ends all sessions of the
/// account.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", security(("session" = [])), responses(
    (status = 200, body = SessionAnswer), (status = 401, body = Problem)))]
pub(super) async fn refresh(
    State(state): State<AppState>,
    visitor: Visitor,
    OwnCookie(shown): OwnCookie,
) -> Result<Response, Failure> {
    match state.identity().refresh(&shown, state.now_ms()).await {
        Ok(tokens) => session_answer(&state, &tokens, visitor.secure),
        Err(error) => {
            let mut response = Failure::from(error).into_response();
            if response.status() == StatusCode::UNAUTHORIZED {
                set(response.headers_mut(), cookie::clear(visitor.secure));
            }
            Ok(response)
        }
    }
}

/// Ends the session of the cookie or the token.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", responses((status = 204), (status = 401, body = Problem)))]
pub(super) async fn logout(
    State(state): State<AppState>,
    visitor: Visitor,
    caller: super::caller::Caller,
) -> Result<Response, Failure> {
    if let Some(session) = caller.session {
        state.identity().end_session(caller.account, &session.id).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    set(response.headers_mut(), cookie::clear(visitor.secure));
    Ok(response)
}

fn session_answer(state: &AppState, tokens: &SessionTokens, secure: bool) -> Result<Response, Failure> {
    let answer = SessionAnswer {
        account: account(state, tokens.account)?,
        access_token: secret(&tokens.access),
        expires_in_seconds: tokens.access_seconds,
        csrf_token: secret(&tokens.csrf),
    };
    Ok(with_cookie(StatusCode::OK, &answer, tokens, secure))
}

fn with_cookie<T: serde::Serialize>(status: StatusCode, answer: &T, tokens: &SessionTokens, secure: bool) -> Response {
    let mut response = (status, Json(answer)).into_response();
    set(response.headers_mut(), cookie::set(&tokens.refresh, secure));
    response
}

fn set(headers: &mut HeaderMap, cookie: Option<axum::http::HeaderValue>) {
    if let Some(cookie) = cookie {
        headers.insert(header::SET_COOKIE, cookie);
    }
}

fn account(state: &AppState, id: AccountId) -> Result<Account, Failure> {
    let record = directory::record_of(&state.store()?, id)?.ok_or_else(Failure::busy)?;
    Ok(view::account::account(id, &record, state.peer_id()))
}

fn secret(text: &Zeroizing<String>) -> Secret {
    Secret::new(text.as_str().to_owned())
}
