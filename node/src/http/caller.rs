//! Who asks: a token, a session cookie, or the node's own user on the Unix socket.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use tidings_api::{ErrorCode, Problem};
use tidings_crypto::id::AccountId;
use tidings_protocol::query::directory;
use tidings_protocol::record::directory::DirectoryRecord;

use super::failure::Failure;
use super::guard::{is_safe, sole};
use super::peer::Peer;
use super::state::AppState;
use super::{cookie, host};
use crate::identity::{Guest, Identity, IdentityError, Session, normalised};
use crate::store::StoreSnapshot;

/// Names the account on the Unix socket.
const ACCOUNT_HEADER: header::HeaderName = header::HeaderName::from_static("tidings-account");
/// Proves that a cookie request comes from our own page.
const CSRF_HEADER: header::HeaderName = header::HeaderName::from_static("x-csrf-token");

/// An account that has proved who it is. It may be locked.
pub(super) struct Caller {
    /// Whose request it is.
    pub(super) account: AccountId,
    /// The session; absent on the Unix socket.
    pub(super) session: Option<Session>,
    state: AppState,
}

impl Caller {
    /// A view of the store for reading the account's rows.
    ///
    /// # Errors
    /// 423 if the account is locked.
    pub(super) fn unlocked(&self) -> Result<StoreSnapshot, Failure> {
        let snapshot = self.state.store()?;
        if directory::is_unlocked(&snapshot, self.account)? { Ok(snapshot) } else { Err(Failure::locked()) }
    }

    /// What the node knows of the account.
    pub(super) fn record(&self) -> Result<DirectoryRecord, Failure> {
        directory::record_of(&self.state.store()?, self.account)?.ok_or_else(Failure::unauthenticated)
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let state = state.clone();
        if matches!(parts.extensions.get::<Peer>(), Some(Peer::Unix { trusted: true })) {
            let account = account_on_socket(&state, &parts.headers)?;
            return Ok(Self { account, session: None, state });
        }
        let session = match parts.headers.get(header::AUTHORIZATION) {
            Some(_) => by_token(&state, &parts.headers)?,
            None => by_cookie(&state, parts)?,
        };
        Ok(Self { account: session.account, session: Some(session), state })
    }
}

fn by_token(state: &AppState, headers: &HeaderMap) -> Result<Session, Failure> {
    let value = sole(headers, header::AUTHORIZATION).ok_or_else(Failure::unauthenticated)?;
    let (scheme, token) = value.split_once(' ').ok_or_else(Failure::unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Failure::unauthenticated());
    }
    Ok(state.identity().by_access_token(token.trim(), state.now_ms())?)
}

fn by_cookie(state: &AppState, parts: &Parts) -> Result<Session, Failure> {
    let refresh = cookie::session_of(&parts.headers).ok_or_else(Failure::unauthenticated)?;
    let session = state.identity().by_cookie(&refresh, state.now_ms())?;
    if parts.headers.contains_key(header::UPGRADE) {
        // The guard has checked an Origin that is there; a browser always sends one here.
        return if parts.headers.contains_key(header::ORIGIN) { Ok(session) } else { Err(wrong_origin()) };
    }
    let csrf = sole(&parts.headers, CSRF_HEADER).unwrap_or_default();
    if is_safe(&parts.method) || Identity::csrf_fits(&refresh, csrf) {
        return Ok(session);
    }
    Err(Failure::new(ErrorCode::Csrf, "a request with the session cookie needs its X-CSRF-Token")
        .fix("send the csrfToken of the login or refresh answer"))
}

fn wrong_origin() -> Failure {
    Failure::new(ErrorCode::WrongOrigin, "a request with the cookie alone must come from one of the node's own pages")
        .fix("use a Bearer token in scripts")
}

/// The account the node's own user means: the one named, or the only one.
fn account_on_socket(state: &AppState, headers: &HeaderMap) -> Result<AccountId, Failure> {
    let snapshot = state.store()?;
    if headers.contains_key(ACCOUNT_HEADER) {
        let name = sole(headers, ACCOUNT_HEADER).unwrap_or_default();
        if let Ok(account) = normalised(name).parse::<AccountId>()
            && directory::record_of(&snapshot, account)?.is_some()
        {
            return Ok(account);
        }
        let found = state.identity().find(&snapshot, name).map_err(Failure::from)?;
        return found.map(|(account, _)| account).ok_or_else(|| Failure::not_found("account"));
    }
    let accounts = directory::accounts(&snapshot)?;
    match accounts.as_slice() {
        [(account, _)] => Ok(*account),
        [] => Err(Failure::new(ErrorCode::Unauthenticated, "this node has no account yet")
            .fix("make one: tidings signup NAME")),
        several => {
            let names = several.iter().map(|(_, row)| row.name.clone()).collect();
            let problem =
                Problem::new(ErrorCode::Ambiguous, "this node has several accounts").fix("name one: --account NAME");
            Err(Failure(Box::new(problem.candidates(names))))
        }
    }
}

/// Somebody who need not have proved anything.
pub(super) struct Visitor {
    /// Where they come from.
    pub(super) guest: Guest,
    /// Whether the browser speaks TLS.
    pub(super) secure: bool,
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let peer = parts.extensions.get::<Peer>().copied().ok_or_else(Failure::busy)?;
        let forwarded =
            ["x-forwarded-for", "forwarded", "x-real-ip", "via"].iter().any(|name| parts.headers.contains_key(*name));
        let host = sole(&parts.headers, header::HOST).unwrap_or_default();
        Ok(Self { guest: state.guest(peer, forwarded), secure: host::is_secure(host, state.settings()) })
    }
}

/// The session cookie of a request that goes on with the session or ends it. It must come from our own page (Origin),
/// or bring the CSRF token.
pub(super) struct OwnCookie(pub(super) zeroize::Zeroizing<String>);

impl FromRequestParts<AppState> for OwnCookie {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Failure> {
        let refresh = cookie::session_of(&parts.headers).ok_or(IdentityError::Unauthenticated)?;
        let csrf = sole(&parts.headers, CSRF_HEADER).unwrap_or_default();
        // A tab that was just opened has the cookie and no CSRF token yet.
        if parts.headers.contains_key(header::ORIGIN) || Identity::csrf_fits(&refresh, csrf) {
            Ok(Self(refresh))
        } else {
            Err(Failure::new(
                ErrorCode::Csrf,
                "a request with the session cookie needs its X-CSRF-Token, or the Origin of the node's own page",
            ))
        }
    }
}
