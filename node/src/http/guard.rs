//! What every request passes before its handler, and every answer after it.

use std::panic::AssertUnwindSafe;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tidings_api::{ErrorCode, PROBLEM_CONTENT_TYPE};

use super::failure::Failure;
use super::host::{host_is_ours, origin_is_ours};
use super::limits::REQUEST_TIME_MAX;
use super::peer::Peer;
use super::state::AppState;

/// The only features a page may ask for are those of calls (WEB_UI §12).
const PERMISSIONS: &str =
    "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), geolocation=(), payment=(), usb=()";

/// Checks who is asked and from where, bounds the time, and gives every answer its form.
pub(super) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let response = match admit(&state, &request) {
        Ok(()) => answer(request, next).await,
        Err(failure) => failure.into_response(),
    };
    let mut response = as_problem(response, &path);
    secure(response.headers_mut());
    response
}

async fn answer(request: Request, next: Next) -> Response {
    let handled = AssertUnwindSafe(tokio::time::timeout(REQUEST_TIME_MAX, next.run(request))).catch_unwind();
    match handled.await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            Failure::new(ErrorCode::Timeout, "the node did not answer in time; what was asked may still happen")
                .into_response()
        }
        Err(_) => {
            tracing::error!("a request handler panicked: this is a bug");
            Failure::new(ErrorCode::Internal, "a bug of ours").into_response()
        }
    }
}

fn admit(state: &AppState, request: &Request) -> Result<(), Failure> {
    let local = match request.extensions().get::<Peer>() {
        Some(Peer::Unix { trusted: true }) => return Ok(()),
        Some(Peer::Unix { trusted: false }) => {
            return Err(Failure::new(ErrorCode::Forbidden, "this socket is for the node's own user only"));
        }
        Some(Peer::Tcp { local, .. }) => *local,
        None => return Err(Failure::busy()),
    };
    let host = sole(request.headers(), header::HOST).unwrap_or_default();
    // A request may name the host in its target too, and both must be the same (RFC 9112 §3.2.2).
    let named_twice = request.uri().authority().is_some_and(|target| !target.as_str().eq_ignore_ascii_case(host));
    if named_twice || !host_is_ours(host, local, state.settings()) {
        return Err(Failure::new(ErrorCode::WrongHost, "the node does not answer under this name")
            .fix("open it by the address it prints at start, or name this one in allowed_hosts of its configuration"));
    }
    let upgrades = request.headers().contains_key(header::UPGRADE);
    if is_safe(request.method()) && !upgrades {
        return Ok(());
    }
    // Without Origin it is a script, which the session check lets in with a token only.
    let origins = request.headers().get_all(header::ORIGIN).iter().count();
    let origin = sole(request.headers(), header::ORIGIN);
    if origins == 0 || origin.is_some_and(|origin| origin_is_ours(origin, host, state.settings())) {
        return Ok(());
    }
    Err(Failure::new(ErrorCode::WrongOrigin, "a page of another origin may not do this")
        .fix("open the node's own pages, or name their address in public_url of its configuration"))
}

/// Whether a request by this method changes nothing.
pub(super) fn is_safe(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD || method == Method::OPTIONS
}

/// The value of a header that may be there once only.
pub(super) fn sole(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        (_, _) => None,
    }
}

/// Errors of the framework (no such path, wrong method, bad upgrade) in the form of all others.
fn as_problem(response: Response, path: &str) -> Response {
    let status = response.status();
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_CONTENT_TYPE);
    if !(status.is_client_error() || status.is_server_error()) || is_problem {
        return response;
    }
    let failure = match status {
        StatusCode::NOT_FOUND => Failure::new(ErrorCode::NotFound, format!("there is nothing at {}", shortened(path))),
        StatusCode::METHOD_NOT_ALLOWED => {
            Failure::new(ErrorCode::MethodNotAllowed, "this path exists, this method does not")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Failure::new(ErrorCode::TooLarge, "the request is too large"),
        _ if status.is_client_error() => {
            Failure::new(ErrorCode::Malformed, "the request is not one this path understands")
        }
        _ => Failure::new(ErrorCode::Internal, "a bug of ours"),
    };
    let mut problem = failure.into_response();
    if let Some(allow) = response.headers().get(header::ALLOW) {
        problem.headers_mut().insert(header::ALLOW, allow.clone());
    }
    problem
}

fn shortened(path: &str) -> String {
    path.chars().take(100).collect()
}

fn secure(headers: &mut HeaderMap) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, tidings_web::CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
