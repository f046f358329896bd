//! REST, events and the web interface (INTERFACES §2, §3).
//!
//! Owns listeners, routes, checks at the door, and the forms of requests and answers. Reads through
//! `tidings_protocol::query` over a snapshot; changes by commands to the driver. Who somebody is, [`crate::identity`]
//! decides. HTTP/1.1 only; TLS ends before us.
//!
//! Not yet: `Idempotency-Key` (`POST /chat/send` and `/group/send` are idempotent by their `id`), CORS (there is none
//! on purpose), files, calls, tokens, search, metrics.

mod auth;
mod caller;
mod chat;
mod chats;
mod contacts;
mod cookie;
mod events;
mod failure;
mod group_ban;
mod group_change;
mod groups;
mod guard;
mod host;
mod invites;
mod joins;
mod json_body;
mod limits;
mod mailboxes;
mod me;
mod messages;
mod naming;
mod openapi;
mod page;
mod paging;
mod peer;
mod recovery;
mod serve;
mod stall;
mod state;
mod status;
mod stream;
mod successor;
mod time_text;
mod uuid_text;
mod view;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};
use tidings_api::ErrorCode;

pub use failure::Failure;
pub use openapi::document;
pub use peer::Peer;
pub use serve::{Listeners, serve};
pub use state::{AppState, HttpSettings};
pub(crate) use status::reach_of;

/// All routes behind all checks. The listener must put a [`Peer`] into each request.
pub fn router(state: AppState) -> Router {
    let guard = from_fn_with_state(state.clone(), guard::guard);
    api().merge(pages()).layer(guard).with_state(state)
}

fn api() -> Router<AppState> {
    Router::new()
        .route("/auth/signup", post(auth::signup))
        .route("/auth/login", post(auth::login))
        .route("/auth/refresh", post(auth::refresh))
        .route("/auth/logout", post(auth::logout))
        .route("/me", get(me::me))
        .route("/me/settings", get(me::settings).patch(me::set_settings))
        .route("/me/lock", post(me::lock))
        .route("/me/unlock", post(me::unlock))
        .route("/me/mailboxes", get(mailboxes::list).post(mailboxes::add))
        .route("/me/mailboxes/{peerId}", delete(mailboxes::remove))
        .route("/mailbox/vouchers", post(mailboxes::create_voucher))
        .route("/invites", get(invites::list).post(invites::create))
        .route("/invites/{id}", delete(invites::revoke))
        .route("/contacts", get(contacts::list).post(contacts::add))
        .route("/chats", get(chats::list))
        .route("/chats/{id}/read", post(chats::read))
        .route("/chats/{id}/draft", put(chats::draft))
        .route("/chats/{id}/mute", put(chats::mute))
        .route("/chats/{id}/timer", put(chats::timer))
        .route("/chats/{id}/archive", put(chats::archive))
        .route("/chats/{id}/read-receipts", put(chats::read_receipts))
        .route("/chats/{id}/typing-indicators", put(chats::typing_indicators))
        .route("/chats/{id}/typing", put(chats::typing))
        .route("/messages/{id}", get(messages::show).patch(messages::edit).delete(messages::delete))
        .route("/messages/{id}/reactions/{emoji}", put(messages::react).delete(messages::unreact))
        .route("/messages/{id}/retry", post(messages::retry))
        .route("/messages/{id}/cancel", post(messages::cancel))
        .route("/chat/send", post(chat::send))
        .route("/chat/{userId}", get(chat::history))
        .route("/group/create", post(groups::create))
        .route("/group/send", post(groups::send))
        .route("/groups", get(groups::list))
        .route("/groups/join", get(joins::own).post(joins::follow))
        .route("/requests", get(joins::requests))
        .route("/requests/{id}/accept", post(joins::accept))
        .route("/requests/{id}/decline", post(joins::decline))
        .route("/group/{id}", get(groups::show).patch(group_change::update))
        .route("/group/{id}/log", get(group_change::log))
        .route("/group/{id}/recovery", get(recovery::show).post(recovery::sign).delete(recovery::withdraw))
        .route("/group/{id}/successor", get(successor::show).post(successor::open))
        .route("/group/{id}/messages", get(groups::history))
        .route("/group/{id}/bans", post(group_ban::ban))
        .route("/group/{id}/bans/{account}", delete(group_ban::lift))
        .route("/group/{id}/members", post(groups::add_member))
        .route("/group/{id}/members/{account}", delete(groups::remove_member).patch(group_change::set_role))
        .route("/events", get(events::events))
        .route("/status", get(status::status))
        .route("/healthz", get(status::healthz))
        .route("/readyz", get(status::readyz))
        .route("/version", get(status::version))
        .route("/openapi.json", get(openapi::openapi))
        .route("/docs", get(openapi::docs))
}

fn pages() -> Router<AppState> {
    Router::new()
        .route("/", get(page::index))
        .route("/i", get(page::index))
        .route("/app", get(page::index))
        .route("/app/", get(page::index))
        .route("/app/{*path}", get(page::file))
}

/// The core answered something that does not belong to the question.
fn unexpected() -> Failure {
    tracing::error!("the core gave an answer of another kind: this is a bug");
    Failure::new(ErrorCode::Internal, "a bug of ours")
}
