//! `/invites`: links by which others become contacts, or get an account on this node.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use tidings_api::{ErrorCode, Invite, InviteKind, InviteRequest, Page, PageQuery, Problem};
use tidings_protocol::command::{Answer, Command};
use tidings_protocol::query::invites;

use super::caller::Caller;
use super::failure::Failure;
use super::json_body::{JsonBody, Query};
use super::paging::page_after;
use super::state::AppState;
use super::view;

const USES_MAX: u32 = 1_000;
/// One year: an invite that is open for longer is an open door.
const LIFETIME_SECONDS_MAX: u32 = 365 * 24 * 60 * 60;
const NOTE_BYTES_MAX: usize = 500;

/// Makes an invite link.
#[utoipa::path(post, path = "/invites", tag = "invites", request_body = InviteRequest, responses(
    (status = 201, body = Invite), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 422, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<InviteRequest>,
) -> Result<(StatusCode, Json<Invite>), Failure> {
    if !(1..=USES_MAX).contains(&request.uses) {
        return Err(Failure::field("uses", format!("1 to {USES_MAX}")));
    }
    let lifetime =
        u32::try_from(request.expires_in_seconds).ok().filter(|seconds| (1..=LIFETIME_SECONDS_MAX).contains(seconds));
    let lifetime =
        lifetime.ok_or_else(|| Failure::field("expiresInSeconds", format!("1 to {LIFETIME_SECONDS_MAX}")))?;
    let note = request.note.clone().unwrap_or_default();
    if note.len() > NOTE_BYTES_MAX {
        return Err(Failure::field("note", format!("at most {NOTE_BYTES_MAX} bytes")));
    }
    let invite = match request.kind {
        InviteKind::Contact => for_contact(&state, &caller, request.uses, lifetime, note).await?,
        InviteKind::Account => for_account(&state, &caller, request.uses, lifetime, &note).await?,
        InviteKind::Group => {
            return Err(Failure::new(ErrorCode::Unsupported, "this version makes no invites into groups")
                .fix("invite the person as a contact and add them to the group"));
        }
    };
    Ok((StatusCode::CREATED, Json(invite)))
}

/// The invites that still count.
#[utoipa::path(get, path = "/invites", tag = "invites", params(PageQuery), responses(
    (status = 200, body = Page<Invite>), (status = 401, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Invite>>, Failure> {
    let snapshot = caller.unlocked()?;
    let now = state.now_ms();
    let mut found: Vec<Invite> = state
        .identity()
        .account_invites(caller.account, now)?
        .iter()
        .map(|invite| view::invite::account(invite, None))
        .collect();
    for (id, record) in invites::list(&snapshot, caller.account)? {
        if !record.revoked && record.uses_left > 0 && u64::from(record.expires) * 1000 > now {
            found.push(view::invite::contact(&id, &record, caller.account, state.link_base()));
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Json(page_after(found, &query, |invite| invite.id.clone())))
}

/// Takes an invite back.
#[utoipa::path(delete, path = "/invites/{id}", tag = "invites",
    params(("id" = String, Path, description = "the invite's id")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    let id = view::invite::parse_id(&id).ok_or_else(|| Failure::not_found("invite"))?;
    if !state.identity().revoke_account_invite(caller.account, &id).await? {
        caller.unlocked()?;
        state.driver().command(Command::RevokeInvite { account: caller.account, invite: id }).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn for_contact(
    state: &AppState,
    caller: &Caller,
    uses: u32,
    lifetime_seconds: u32,
    note: String,
) -> Result<Invite, Failure> {
    caller.unlocked()?;
    let addresses = state.addresses().await;
    let command = Command::CreateInvite { account: caller.account, uses, lifetime_seconds, note, addresses };
    let Answer::Invite(link) = state.driver().command(command).await? else {
        return Err(super::unexpected());
    };
    let record = invites::list(&caller.unlocked()?, caller.account)?.into_iter().find(|(id, _)| *id == link.id());
    let (id, record) = record.ok_or_else(super::unexpected)?;
    Ok(view::invite::contact(&id, &record, caller.account, state.link_base()))
}

async fn for_account(
    state: &AppState,
    caller: &Caller,
    uses: u32,
    lifetime_seconds: u32,
    note: &str,
) -> Result<Invite, Failure> {
    let lifetime_ms = u64::from(lifetime_seconds) * 1000;
    let made = state
        .identity()
        .invite_account(caller.account, state.link_base(), uses, lifetime_ms, note, state.now_ms())
        .await?;
    Ok(view::invite::account(&made.invite, Some(made.link.to_string())))
}
