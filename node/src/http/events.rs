//! `/events`: an account's events on a WebSocket, or as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::response::sse::{self, Sse};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use tidings_api::{ErrorCode, Event, EventQuery, Problem};

use super::caller::Caller;
use super::failure::Failure;
use super::json_body::Query;
use super::limits::{CLIENT_FRAME_MAX, CLIENT_FRAMES_MAX, CLIENT_TIME_MAX};
use super::state::AppState;
use super::stream::{End, EventStream, Next};

/// Close codes of our own; the web interface knows them.
const UNAUTHENTICATED: u16 = 4401;
const LOCKED: u16 = 4423;
/// RFC 6455 §7.4.1.
const GOING_AWAY: u16 = 1001;
const POLICY: u16 = 1008;
/// "Try again later" (IANA WebSocket close code registry).
const TRY_AGAIN: u16 = 1013;

/// Events as they happen: WebSocket, or SSE with `Accept: text/event-stream`. Ends within 5 s of the session.
#[utoipa::path(get, path = "/events", tag = "events", params(EventQuery), responses(
    (status = 101, description = "one event a frame"),
    (status = 200, body = Event, content_type = "text/event-stream", description = "one event a line"),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 423, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn events(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<EventQuery>,
    request: Request,
) -> Result<Response, Failure> {
    let (mut parts, _) = request.into_parts();
    let accepts = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/event-stream") {
        return Ok(serve_lines(EventStream::open(&state, caller, &query)?));
    }
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &state).await;
    let upgrade = upgrade
        .map_err(|_| Failure::new(ErrorCode::Malformed, "this needs a WebSocket, or Accept: text/event-stream"))?;
    let stream = EventStream::open(&state, caller, &query)?;
    let upgrade = upgrade.max_message_size(CLIENT_FRAME_MAX).max_frame_size(CLIENT_FRAME_MAX);
    Ok(upgrade.on_upgrade(|socket| serve_socket(socket, stream)))
}

async fn serve_socket(mut socket: WebSocket, mut stream: EventStream) {
    let mut heard = 0;
    loop {
        let next = tokio::select! {
            next = stream.next() => next,
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                // Clients have nothing to say here; pings are answered by the protocol.
                Some(Ok(Message::Text(_) | Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => {
                    heard += 1;
                    if heard > CLIENT_FRAMES_MAX {
                        return say_goodbye(socket, POLICY, "too many frames".to_owned()).await;
                    }
                    continue;
                }
            },
        };
        let frame = match next {
            Next::Event(event) => match serde_json::to_string(&event) {
                Ok(text) => Message::Text(text.into()),
                Err(_) => return,
            },
            Next::Heartbeat => {
                heard = 0;
                Message::Ping(Vec::new().into())
            }
            Next::End(end) => return close(socket, end).await,
        };
        match tokio::time::timeout(CLIENT_TIME_MAX, socket.send(frame)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => {
                let reason = "too slow: resume with since, from the last event you have";
                return say_goodbye(socket, TRY_AGAIN, reason.to_owned()).await;
            }
        }
    }
}

async fn close(socket: WebSocket, end: End) {
    let (code, reason) = match end {
        End::Unauthenticated => (UNAUTHENTICATED, "the session has ended"),
        End::Locked => (LOCKED, "the account is locked"),
        End::Closing => (GOING_AWAY, "the node stops"),
    };
    say_goodbye(socket, code, reason.to_owned()).await;
}

async fn say_goodbye(mut socket: WebSocket, code: u16, reason: String) {
    let frame = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
    if !matches!(tokio::time::timeout(Duration::from_secs(1), socket.send(frame)).await, Ok(Ok(()))) {
        tracing::debug!("a client was gone before it could be told why");
    }
}

fn serve_lines(stream: EventStream) -> Response {
    let lines = futures::stream::unfold(Some(stream), |stream| async {
        let mut stream = stream?;
        match stream.next().await {
            Next::Event(event) => {
                let line =
                    sse::Event::default().id(event.cursor.clone()).event(event.body.name()).json_data(&event).ok()?;
                Some((line, Some(stream)))
            }
            Next::Heartbeat => Some((sse::Event::default().comment(""), Some(stream))),
            Next::End(end) => Some((sse::Event::default().event("end").data(name(end)), None)),
        }
    });
    Sse::new(lines.map(Ok::<_, Infallible>)).into_response()
}

fn name(end: End) -> &'static str {
    match end {
        End::Unauthenticated => "unauthenticated",
        End::Locked => "locked",
        End::Closing => "closing",
    }
}
