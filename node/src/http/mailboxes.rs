//! `/me/mailboxes`: nodes that keep messages for the caller; `/mailbox/vouchers`: on a node that is one, whom it keeps for.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use tidings_api::{ErrorCode, Mailbox, MailboxRequest, Page, PageQuery, Problem, Voucher, VoucherRequest};
use tidings_crypto::id::NodeId;
use tidings_protocol::command::{Answer, Command};
use tidings_protocol::query::mailboxes;

use super::caller::Caller;
use super::failure::Failure;
use super::json_body::{JsonBody, Query};
use super::paging::page_after;
use super::state::{AppState, node_text};
use super::status::Observer;
use super::time_text::rfc3339;
use super::view;
use crate::network::named_node;

/// Ten years: a mailbox outlives the machine it runs on.
const LIFETIME_SECONDS_MAX: u64 = 10 * 365 * 24 * 60 * 60;
/// One tebibyte, more than a home server gives away.
const QUOTA_BYTES_MAX: u64 = 1024 * 1024 * 1024 * 1024;

/// Names a mailbox. It counts once it has answered that it keeps.
#[utoipa::path(post, path = "/me/mailboxes", tag = "me", request_body = MailboxRequest, responses(
    (status = 201, body = Mailbox), (status = 401, body = Problem), (status = 422, body = Problem),
    (status = 423, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn add(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(request): JsonBody<MailboxRequest>,
) -> Result<(StatusCode, Json<Mailbox>), Failure> {
    caller.unlocked()?;
    let (node, address) = named_node(&request.address)
        .ok_or_else(|| Failure::field("address", "a multiaddr that ends in /p2p/ and a peer id".to_owned()))?;
    if node == state.node() {
        return Err(Failure::field("address", "another node than the account's own".to_owned()));
    }
    let voucher = match request.voucher.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => view::invite::parse_id(text)
            .ok_or_else(|| Failure::field("voucher", "32 hexadecimal digits".to_owned()))?
            .to_vec(),
        None => Vec::new(),
    };
    let command = Command::AddMailbox { account: caller.account, node, addresses: vec![address], voucher };
    let Answer::Mailbox(record) = state.driver().command(command).await? else {
        return Err(super::unexpected());
    };
    Ok((StatusCode::CREATED, Json(view::mailbox::mailbox(&record))))
}

/// The caller's mailboxes.
#[utoipa::path(get, path = "/me/mailboxes", tag = "me", params(PageQuery), responses(
    (status = 200, body = Page<Mailbox>), (status = 401, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn list(caller: Caller, Query(query): Query<PageQuery>) -> Result<Json<Page<Mailbox>>, Failure> {
    let all = mailboxes::list(&caller.unlocked()?, caller.account)?;
    let found = all.iter().map(view::mailbox::mailbox).collect();
    Ok(Json(page_after(found, &query, |mailbox: &Mailbox| mailbox.peer_id.clone())))
}

/// Gives a mailbox up.
#[utoipa::path(delete, path = "/me/mailboxes/{peerId}", tag = "me",
    params(("peerId" = String, Path, description = "the mailbox's peer id")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 423, body = Problem)))]
pub(super) async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Path(peer_id): Path<String>,
) -> Result<StatusCode, Failure> {
    let all = mailboxes::list(&caller.unlocked()?, caller.account)?;
    let node: NodeId = all
        .iter()
        .map(|mailbox| mailbox.node)
        .find(|node| node_text(node) == peer_id)
        .ok_or_else(|| Failure::not_found("mailbox"))?;
    state.driver().command(Command::RemoveMailbox { account: caller.account, node }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a voucher. Only for whoever runs the node, on its Unix socket: a mailbox has no accounts.
#[utoipa::path(post, path = "/mailbox/vouchers", tag = "node", request_body = VoucherRequest, responses(
    (status = 201, body = Voucher), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 422, body = Problem)))]
pub(super) async fn create_voucher(
    State(state): State<AppState>,
    observer: Observer,
    JsonBody(request): JsonBody<VoucherRequest>,
) -> Result<(StatusCode, Json<Voucher>), Failure> {
    if !observer.runs_the_node() {
        return Err(Failure::new(ErrorCode::Forbidden, "vouchers are made by whoever runs the node")
            .fix("use the command line on the node's machine: tidings mailbox voucher create"));
    }
    if !(1..=QUOTA_BYTES_MAX).contains(&request.quota_bytes) {
        return Err(Failure::field("quotaBytes", format!("1 to {QUOTA_BYTES_MAX}")));
    }
    if !(1..=LIFETIME_SECONDS_MAX).contains(&request.expires_in_seconds) {
        return Err(Failure::field("expiresInSeconds", format!("1 to {LIFETIME_SECONDS_MAX}")));
    }
    let (quota, lifetime_seconds) = (request.quota_bytes, request.expires_in_seconds);
    let Answer::Voucher(voucher) = state.driver().command(Command::CreateVoucher { quota, lifetime_seconds }).await?
    else {
        return Err(super::unexpected());
    };
    let expires_at = rfc3339(state.now_ms().saturating_add(lifetime_seconds.saturating_mul(1000)));
    Ok((
        StatusCode::CREATED,
        Json(Voucher { voucher: view::invite::id_text(&voucher), quota_bytes: quota, expires_at }),
    ))
}
