//! `/groups/join`: following links into groups. `/requests`: those who follow the caller's.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use tidings_api::{ErrorCode, Group, GroupJoin, JoinRequest, JoinState, Page, PageQuery, Problem, Request};
use tidings_crypto::id::{AccountId, ConversationId};
use tidings_crypto::invite::InviteLink;
use tidings_protocol::command::{Answer, Command, JoinAct};
use tidings_protocol::error::Rejection;
use tidings_protocol::query::{conversations, joins};

use super::caller::Caller;
use super::contacts::not_a_link;
use super::failure::Failure;
use super::groups::group_of;
use super::json_body::{JsonBody, Query};
use super::paging::page_after;
use super::state::AppState;
use super::view::{Viewer, join};
use crate::driver::DriverError;

/// Follows a link into a group. Whoever made it, or who may add people there, lets the caller in, at once or when asked.
#[utoipa::path(post, path = "/groups/join", tag = "groups", request_body = JoinRequest, responses(
    (status = 202, body = GroupJoin), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 410, body = Problem), (status = 422, body = Problem),
    (status = 423, body = Problem)))]
pub(super) async fn follow(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<JoinRequest>,
) -> Result<(StatusCode, Json<GroupJoin>), Failure> {
    caller.unlocked()?;
    let link = InviteLink::parse(&request.link).map_err(not_a_link)?;
    if link.group.is_none() {
        return Err(Failure::new(ErrorCode::InviteInvalid, "this link makes a contact and leads into no group")
            .fix("follow it as such: POST /contacts, or `tidings join`"));
    }
    let command = Command::Join { account: caller.account, act: JoinAct::Follow(link) };
    let answer = state.driver().command(command).await.map_err(explained)?;
    let Answer::Join(record) = answer else { return Err(super::unexpected()) };
    // Between people of one node it may have come to an end by now.
    let snapshot = caller.unlocked()?;
    let here = conversations::with(&snapshot, caller.account, record.conversation)?;
    let now = joins::with(&snapshot, caller.account, record.conversation, record.inviter)?;
    let mut answer = join::join(&now.unwrap_or(*record));
    if here.is_some_and(|here| here.membership.is_in()) {
        answer.state = JoinState::Joined;
    }
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// Links into groups which the caller follows and that have not led in: they wait, or were refused.
#[utoipa::path(get, path = "/groups/join", tag = "groups", params(PageQuery), responses(
    (status = 200, body = Page<GroupJoin>), (status = 401, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn own(caller: Caller, Query(query): Query<PageQuery>) -> Result<Json<Page<GroupJoin>>, Failure> {
    let own = joins::own(&caller.unlocked()?, caller.account)?;
    let shown = own.iter().map(join::join).collect();
    Ok(Json(page_after(shown, &query, |join: &GroupJoin| format!("{}.{}", join.group, join.inviter))))
}

/// Those who ask the caller.
#[utoipa::path(get, path = "/requests", tag = "requests", params(PageQuery), responses(
    (status = 200, body = Page<Request>), (status = 401, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn requests(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Request>>, Failure> {
    let snapshot = caller.unlocked()?;
    let viewer = Viewer { store: &snapshot, account: caller.account, peer_id: state.peer_id() };
    let mut shown = Vec::new();
    for request in joins::requests(&snapshot, caller.account)? {
        shown.push(join::request(viewer, &request)?);
    }
    Ok(Json(page_after(shown, &query, |request| request.id.clone())))
}

/// Lets somebody in who asks.
#[utoipa::path(post, path = "/requests/{id}/accept", tag = "requests",
    params(("id" = String, Path, description = "the request's id")), responses(
    (status = 200, body = Group), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 423, body = Problem),
    (status = 429, body = Problem)))]
pub(super) async fn accept(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Group>, Failure> {
    let (conversation, who) = request_named(&caller, &id)?;
    let command = Command::Join { account: caller.account, act: JoinAct::Accept { conversation, who } };
    state.driver().command(command).await.map_err(not_let_in)?;
    Ok(Json(group_of(&state, &caller, conversation)?))
}

/// Turns somebody away who asks; they are told.
#[utoipa::path(post, path = "/requests/{id}/decline", tag = "requests",
    params(("id" = String, Path, description = "the request's id")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn decline(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let (conversation, who) = request_named(&caller, &id)?;
    let command = Command::Join { account: caller.account, act: JoinAct::Decline { conversation, who } };
    state.driver().command(command).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn request_named(caller: &Caller, id: &str) -> Result<(ConversationId, AccountId), Failure> {
    let requests = joins::requests(&caller.unlocked()?, caller.account)?;
    let named = requests.iter().find(|request| join::request_id(request) == id);
    let named = named.map(|request| (request.conversation, request.account));
    named.ok_or_else(|| Failure::not_found("request").fix("GET /requests lists those that wait"))
}

/// Why a link was not followed, and what to do.
fn explained(error: DriverError) -> Failure {
    let DriverError::Rejected(rejection) = &error else { return error.into() };
    match rejection {
        Rejection::OwnInvite => Failure::from(error).fix("give it to somebody else: you are in the group"),
        Rejection::Already => Failure::new(ErrorCode::Conflict, "you are a member of this group already")
            .fix("`tidings group list` shows it"),
        Rejection::InviteExpired | Rejection::NotFound => {
            Failure::from(error).fix("ask whoever gave it to you for another link")
        }
        Rejection::Locked
        | Rejection::NotAdmin
        | Rejection::LastAdmin
        | Rejection::Stranded
        | Rejection::Banned
        | Rejection::MayNotPost
        | Rejection::NotAbsent
        | Rejection::NotMember
        | Rejection::TooLarge { .. }
        | Rejection::InviteUsed
        | Rejection::Taken
        | Rejection::DirectConversation
        | Rejection::Malformed { .. }
        | Rejection::NotPossible { .. }
        | Rejection::Refused { .. }
        | Rejection::Quota { .. } => error.into(),
    }
}

/// Why somebody was not let in, and what to do.
fn not_let_in(error: DriverError) -> Failure {
    let DriverError::Rejected(rejection) = &error else { return error.into() };
    if *rejection == Rejection::Already {
        return Failure::new(ErrorCode::Conflict, "they are a member already")
            .fix("`tidings group show` lists members");
    }
    if *rejection == Rejection::NotAdmin {
        return Failure::new(ErrorCode::NotAdmin, "you may not let people into this group by link any more")
            .fix("ask an admin to add them, or decline: they are told");
    }
    error.into()
}
