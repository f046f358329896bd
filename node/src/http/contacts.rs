//! `/contacts`: people the caller can write to.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use tidings_api::{Contact, ContactAnswer, ContactRequest, ErrorCode, Page, PageQuery, Problem};
use tidings_crypto::id::NodeId;
use tidings_crypto::invite::{InviteError, InviteLink};
use tidings_protocol::command::{Answer, Command};
use tidings_protocol::query::contacts;

use super::caller::Caller;
use super::failure::Failure;
use super::json_body::{JsonBody, Query};
use super::paging::page_after;
use super::state::AppState;
use super::view::contact;

/// The caller's contacts.
#[utoipa::path(get, path = "/contacts", tag = "contacts", params(PageQuery), responses(
    (status = 200, body = Page<Contact>), (status = 401, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Contact>>, Failure> {
    let snapshot = caller.unlocked()?;
    let connected: Option<BTreeSet<NodeId>> =
        state.network().await.map(|status| status.connections.iter().map(|connection| connection.peer).collect());
    let online = |home: &NodeId| connected.as_ref().map(|connected| *home == state.node() || connected.contains(home));
    let all = contacts::list(&snapshot, caller.account)?;
    let shown = all.iter().map(|record| contact::contact(record, online(&record.home))).collect();
    Ok(Json(page_after(shown, &query, |contact| contact.account.clone())))
}

/// Follows an invite link. What is written before the other side has answered waits.
#[utoipa::path(post, path = "/contacts", tag = "contacts", request_body = ContactRequest, responses(
    (status = 201, body = ContactAnswer), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem),
    (status = 410, body = Problem), (status = 422, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn add(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<ContactRequest>,
) -> Result<(StatusCode, Json<ContactAnswer>), Failure> {
    caller.unlocked()?;
    let link = match (request.link, request.handle) {
        (Some(link), None) => InviteLink::parse(&link).map_err(not_a_link)?,
        // DECISIONS 3: a handle alone reaches nobody; nothing here gives strangers away.
        (None, Some(_)) => {
            return Err(
                Failure::not_found("person").fix("ask for an invite link: people are not found by handle alone")
            );
        }
        (Some(_), Some(_)) | (None, None) => return Err(Failure::field("link", "exactly one of link and handle")),
    };
    if link.group.is_some() {
        return Err(Failure::new(ErrorCode::InviteInvalid, "this link leads into a group and makes no contact")
            .fix("follow it as such: POST /groups/join, or `tidings join`"));
    }
    let Answer::Contact(record) = state.driver().command(Command::AddContact { account: caller.account, link }).await?
    else {
        return Err(super::unexpected());
    };
    let answer = ContactAnswer { contact: contact::contact(&record, None), state: contact::state(record.state) };
    Ok((StatusCode::CREATED, Json(answer)))
}

pub(super) fn not_a_link(error: InviteError) -> Failure {
    Failure::new(ErrorCode::InviteInvalid, error.to_string())
        .fix("copy the whole link, with all that stands after the #")
}
