//! `/invites`: links by which others become contacts, join a group, or get an account on this node.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use tidings_api::{Invite, InviteKind, InviteRequest, Page, PageQuery, Problem};
use tidings_protocol::account::policy::JoinRule;
use tidings_protocol::command::{Answer, Command};
use tidings_protocol::error::Rejection;
use tidings_protocol::query::{groups, invites};
use tidings_protocol::record::invite::{GroupInvite, InviteRecord};
use tidings_protocol::store::snapshot::Snapshot;

use super::caller::Caller;
use super::failure::Failure;
use super::groups::group_named;
use super::json_body::{JsonBody, Query};
use super::paging::page_after;
use super::state::AppState;
use super::view;
use crate::driver::DriverError;

const USES_MAX: u32 = 1_000;
/// One year: an invite that is open for longer is an open door.
const LIFETIME_SECONDS_MAX: u32 = 365 * 24 * 60 * 60;
const NOTE_BYTES_MAX: usize = 500;

/// Makes an invite link.
#[utoipa::path(post, path = "/invites", tag = "invites", request_body = InviteRequest, responses(
    (status = 201, body = Invite), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
    (status = 423, body = Problem), (status = 429, body = Problem)))]
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
    let group = into_group(&caller, &request)?;
    let invite = match request.kind {
        InviteKind::Contact | InviteKind::Group => {
            let command = Command::CreateInvite {
                account: caller.account,
                uses: request.uses,
                lifetime_seconds: lifetime,
                note,
                addresses: state.addresses().await,
                group,
            };
            kept(&state, &caller, command).await?
        }
        InviteKind::Account => for_account(&state, &caller, request.uses, lifetime, &note).await?,
    };
    Ok((StatusCode::CREATED, Json(invite)))
}

/// The group that the link shall lead into; `None` for another kind of link.
fn into_group(caller: &Caller, request: &InviteRequest) -> Result<Option<GroupInvite>, Failure> {
    match (request.kind, &request.group) {
        (InviteKind::Group, Some(group)) => {
            let conversation = group_named(&caller.unlocked()?, caller.account, group)?.id;
            Ok(Some(GroupInvite { conversation, approval: request.approval, succeeds: None }))
        }
        (InviteKind::Group, None) => Err(Failure::field("group", "the id or name of the group")),
        (InviteKind::Contact | InviteKind::Account, Some(_)) => {
            Err(Failure::field("group", "only for a link of kind group"))
        }
        (InviteKind::Contact | InviteKind::Account, None) if request.approval => {
            Err(Failure::field("approval", "only for a link of kind group"))
        }
        (InviteKind::Contact | InviteKind::Account, None) => Ok(None),
    }
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
        let counts = !record.revoked && record.uses_left > 0 && u64::from(record.expires) * 1000 > now;
        let approval = approval(&snapshot, &caller, &record)?;
        if counts && (record.group.is_none() || approval.is_some()) {
            found.push(view::invite::kept(&id, &record, approval, (caller.account, state.link_base())));
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

/// Whether the maker of a link is asked about each who follows it; `None` if the link leads into no group, or not any more.
fn approval(store: &dyn Snapshot, caller: &Caller, invite: &InviteRecord) -> Result<Option<bool>, Failure> {
    let Some(link) = invite.group else { return Ok(None) };
    let group = groups::with(store, caller.account, link.conversation)?;
    let group = group.filter(|group| group.record.membership.is_in());
    Ok(group.and_then(|group| match group.policy.rules.join {
        JoinRule::Invited => None,
        JoinRule::Approved => Some(true),
        JoinRule::Link => Some(link.approval),
    }))
}

async fn kept(state: &AppState, caller: &Caller, command: Command) -> Result<Invite, Failure> {
    caller.unlocked()?;
    let answer = state.driver().command(command).await.map_err(explained)?;
    let Answer::Invite(link) = answer else { return Err(super::unexpected()) };
    let snapshot = caller.unlocked()?;
    let record = invites::list(&snapshot, caller.account)?.into_iter().find(|(id, _)| *id == link.id());
    let (id, record) = record.ok_or_else(super::unexpected)?;
    let approval = approval(&snapshot, caller, &record)?;
    Ok(view::invite::kept(&id, &record, approval, (caller.account, state.link_base())))
}

/// Why no link was made, and what to do.
fn explained(error: DriverError) -> Failure {
    let fix = match &error {
        DriverError::Rejected(Rejection::NotAdmin) => {
            "ask an admin of the group for a link, or an owner to let members add people: `tidings group set GROUP --add members`"
        }
        DriverError::Rejected(Rejection::NotPossible { .. }) => {
            "an owner changes that: `tidings group set GROUP --join approved` or `--join link`"
        }
        DriverError::Rejected(_) | DriverError::Busy | DriverError::Stopped => return error.into(),
    };
    Failure::from(error).fix(fix)
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
