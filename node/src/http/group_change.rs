//! `PATCH /group/{id}`, `PATCH /group/{id}/members/{account}` and `GET /group/{id}/log`: how a group works, who holds which role in it, and
//! who changed that.

use axum::Json;
use axum::extract::{Path, State};
use tidings_api::{Group, GroupAct, GroupLogEntry, GroupPatchRequest, MemberPatchRequest, Page, PageQuery, Problem};
use tidings_protocol::command::Command;
use tidings_protocol::limits::{DESCRIPTION_BYTES_MAX, NAME_BYTES_MAX};
use tidings_protocol::query::group_log::{self, LogPlace};
use tidings_protocol::record::group_log::{Act, GroupLogRecord};

use super::caller::Caller;
use super::failure::Failure;
use super::groups::{group_named, group_of, member_named};
use super::json_body::{JsonBody, Query};
use super::state::AppState;
use super::time_text::rfc3339;
use super::view::group;

/// Changes what a group is called and how it works.
#[utoipa::path(patch, path = "/group/{id}", tag = "groups",
    params(("id" = String, Path, description = "the group's id or name")), request_body = GroupPatchRequest, responses(
    (status = 200, body = Group), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
    (status = 423, body = Problem)))]
pub(super) async fn update(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    JsonBody(mut request): JsonBody<GroupPatchRequest>,
) -> Result<Json<Group>, Failure> {
    if let Some(name) = &mut request.name {
        *name = name.trim().to_owned();
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(Failure::field("name", format!("1 to {NAME_BYTES_MAX} bytes, no control characters")));
        }
    }
    if request.description.as_ref().is_some_and(|text| text.len() > DESCRIPTION_BYTES_MAX) {
        return Err(Failure::field("description", format!("at most {DESCRIPTION_BYTES_MAX} bytes")));
    }
    let conversation = group_named(&caller.unlocked()?, caller.account, &id)?.id;
    let command = Command::SetGroup { account: caller.account, conversation, change: group::change(request) };
    state.driver().command(command).await?;
    Ok(Json(group_of(&state, &caller, conversation)?))
}

/// Gives a member another role.
#[utoipa::path(patch, path = "/group/{id}/members/{account}", tag = "groups", params(
    ("id" = String, Path, description = "the group's id or name"),
    ("account" = String, Path, description = "account id, handle or alias of a member")),
    request_body = MemberPatchRequest, responses(
    (status = 200, body = Group), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
    (status = 423, body = Problem)))]
pub(super) async fn set_role(
    State(state): State<AppState>,
    caller: Caller,
    Path((id, member)): Path<(String, String)>,
    JsonBody(request): JsonBody<MemberPatchRequest>,
) -> Result<Json<Group>, Failure> {
    let account = caller.account;
    let (conversation, member) = {
        let snapshot = caller.unlocked()?;
        let record = group_named(&snapshot, account, &id)?;
        (record.id, member_named(&snapshot, account, &record, &member)?)
    };
    let role = group::core_role(request.role);
    state.driver().command(Command::SetRole { account, conversation, member, role }).await?;
    Ok(Json(group_of(&state, &caller, conversation)?))
}

/// What was done in a group since the caller came in, newest first. A page holds whole commits, so it may be longer than asked.
#[utoipa::path(get, path = "/group/{id}/log", tag = "groups",
    params(("id" = String, Path, description = "the group's id or name"), PageQuery), responses(
    (status = 200, body = Page<GroupLogEntry>), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn log(
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<GroupLogEntry>>, Failure> {
    let snapshot = caller.unlocked()?;
    let record = group_named(&snapshot, caller.account, &id)?;
    let from = query.before.as_deref().map(place).transpose()?;
    let page = group_log::page(&snapshot, caller.account, &record, from, query.limit_or_default())?;
    let items = page.commits.iter().flat_map(|(epoch, commit)| lines(*epoch, commit)).collect();
    Ok(Json(Page { items, next: page.next.map(|(number, epoch)| format!("{number}.{epoch}")) }))
}

fn place(text: &str) -> Result<LogPlace, Failure> {
    let parts = text.split_once('.').and_then(|(number, epoch)| Some((number.parse().ok()?, epoch.parse().ok()?)));
    parts.ok_or_else(|| Failure::field("before", "not a `next` of this log"))
}

/// One line for each act; the last act of a commit comes first, as the newest commit does.
fn lines(epoch: u64, commit: &GroupLogRecord) -> Vec<GroupLogEntry> {
    let entry = |done: &Act| {
        let mut line = GroupLogEntry {
            epoch,
            time: rfc3339(commit.time),
            by: commit.by.to_string(),
            act: GroupAct::Rules,
            account: None,
            role: None,
            name: None,
            seconds: None,
        };
        let (act, account) = match done {
            Act::Added { account } => (GroupAct::Added, Some(account)),
            Act::Removed { account } => (GroupAct::Removed, Some(account)),
            Act::Left { account } => (GroupAct::Left, Some(account)),
            Act::Readmitted { account } => (GroupAct::Readmitted, Some(account)),
            Act::Recovered { account } => (GroupAct::Recovered, Some(account)),
            Act::Role { account, role } => {
                line.role = Some(group::shown_role(*role));
                (GroupAct::Role, Some(account))
            }
            Act::Named { name } => {
                line.name = Some(name.clone());
                (GroupAct::Named, None)
            }
            Act::Described => (GroupAct::Described, None),
            Act::Timer { seconds } => {
                line.seconds = Some(*seconds);
                (GroupAct::Timer, None)
            }
            Act::Rules => (GroupAct::Rules, None),
            Act::Banned { account } => (GroupAct::Banned, Some(account)),
            Act::Unbanned { account } => (GroupAct::Unbanned, Some(account)),
        };
        GroupLogEntry { act, account: account.map(ToString::to_string), ..line }
    };
    commit.acts.iter().rev().map(entry).collect()
}
