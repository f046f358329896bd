//! Reading from mailboxes: the account's own, and those of others that keep a conversation with it. Works while accounts are locked.
//!
//! Entries come through the same cursors as from any follower, inbox items by their numbers. What is durable here is said there, so that it can
//! be deleted.

use tidings_crypto::id::{AccountId, NodeId};
use tidings_crypto::identity::ReachRecord;

use super::mailbox;
use crate::error::{Fault, Outcome};
use crate::input::RequestFailure;
use crate::limits::{LIST_QUEUES_MAX, MAILBOX_READ_MS};
use crate::log::{mailbox as served, sync};
use crate::peer::Purpose;
use crate::record;
use crate::record::directory::DirectoryRecord;
use crate::record::key;
use crate::record::log::QueueRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::log::LogResponse;
use crate::wire::mailbox::{CollectRequest, MailboxRequest, MailboxResponse};

/// What a mailbox answered, if it is an answer of one.
pub(crate) fn answer(result: Result<Vec<u8>, RequestFailure>) -> Option<MailboxResponse> {
    match wire::decode::<LogResponse>(&result.ok()?, "answer of a mailbox") {
        Ok(LogResponse::Mailbox(answer)) => Some(answer),
        Ok(
            LogResponse::Pushed(_)
            | LogResponse::Listed(_)
            | LogResponse::Fetched(_)
            | LogResponse::Malformed
            | LogResponse::Reconciled(_),
        )
        | Err(_) => None,
    }
}

/// A peer has connected: if it is a mailbox, it is told what changed, and read from.
pub(crate) fn connected(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    for account in super::contact::unlocked_accounts(step)? {
        if mailbox::get(step, account, peer)?.is_some() {
            step.set_timer(TimerKind::Register(account), 0);
        }
    }
    ask_for_items(step, peer)?;
    say_what_is_read(step, peer)
}

/// Reads from a peer if it is a mailbox of an account here or keeps a queue for a member. Works while accounts are locked.
pub(crate) fn read_from(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    if step.peers.is_connected(peer) && step.peers.is_wanted(peer) {
        sync::start(step, peer)?;
        ask_for_items(step, peer)?;
        say_what_is_read(step, peer)?;
    }
    Ok(())
}

/// Asks for the inbox items of every account here that has its mailbox there.
fn ask_for_items(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    for account in kept_at(step, peer)? {
        let asked = |purpose: &Purpose| matches!(purpose, Purpose::Collect(a) if *a == account);
        if !step.peers.any_under_way(asked) {
            let after = step.rows.get(Scope::Node, Table::InboxCursor, &cursor(&account, peer))?.unwrap_or(0);
            let request = MailboxRequest::Collect(CollectRequest { account, after });
            served::ask(step, peer, request, Purpose::Collect(account));
        }
        step.set_timer(TimerKind::ReadMailbox(peer), MAILBOX_READ_MS);
    }
    Ok(())
}

/// The accounts of this node whose public reach record names that mailbox.
fn kept_at(step: &Step<'_>, peer: NodeId) -> Outcome<Vec<AccountId>> {
    let mut accounts = Vec::new();
    for (row, value) in step.rows.scan(Scope::Node, Table::Directory, b"", usize::MAX)? {
        let own: DirectoryRecord = record::decode(&value, "directory")?;
        let named = |record: ReachRecord| record.mailboxes().iter().any(|mailbox| mailbox.node == peer);
        if !own.reach.is_empty() && ReachRecord::parse(&own.reach).is_ok_and(named) {
            accounts.push(AccountId::try_from(row.as_slice()).map_err(|_| Fault::Damaged("directory key"))?);
        }
    }
    Ok(accounts)
}

/// The mailboxes of all accounts of this node.
pub(crate) fn all_nodes(step: &Step<'_>) -> Outcome<Vec<NodeId>> {
    let mut nodes = Vec::new();
    for (_, value) in step.rows.scan(Scope::Node, Table::Directory, b"", usize::MAX)? {
        let own: DirectoryRecord = record::decode(&value, "directory")?;
        if let Ok(reach) = ReachRecord::parse(&own.reach) {
            nodes.extend(reach.mailboxes().iter().map(|mailbox| mailbox.node));
        }
    }
    Ok(nodes)
}

fn cursor(account: &AccountId, mailbox: NodeId) -> Vec<u8> {
    key::join(&[account.as_bytes(), mailbox.as_bytes()])
}

/// Takes the items that a mailbox handed out. They are durable with this step, and deleted there when it is asked for the next.
pub(crate) fn collected(
    step: &mut Step<'_>,
    peer: NodeId,
    account: AccountId,
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    let Some(MailboxResponse::Collected(items)) = answer(result) else { return Ok(()) };
    let mut last = None;
    for collected in &items {
        match crate::log::parcel::receive(step, peer, account, collected.item.as_slice())? {
            wire::inbox::InboxResponse::NoRoom => break,
            wire::inbox::InboxResponse::Kept
            | wire::inbox::InboxResponse::Unknown
            | wire::inbox::InboxResponse::Refused => last = Some(collected.number),
        }
    }
    if let Some(last) = last {
        step.rows.put(Scope::Node, Table::InboxCursor, &cursor(&account, peer), &last);
        ask_for_items(step, peer)?;
    }
    Ok(())
}

/// Tells a mailbox how far this node has its queues, so that they can be deleted there.
fn say_what_is_read(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    let mut positions = Vec::new();
    for (row, value) in step.rows.scan(Scope::Node, Table::Queue, b"", usize::MAX)? {
        let record: QueueRecord = record::decode(&value, "queue")?;
        if !record.followers.iter().any(|follower| follower.node == peer && follower.mailbox) {
            continue;
        }
        let queue = tidings_crypto::QueueId::try_from(row.as_slice()).map_err(|_| Fault::Damaged("queue key"))?;
        step.set_timer(TimerKind::ReadMailbox(peer), MAILBOX_READ_MS);
        let cursor = sync::cursor(step, &queue, peer)?;
        if cursor.after > 0 {
            positions.push(sync::position(&queue, cursor));
        }
    }
    for positions in positions.chunks(LIST_QUEUES_MAX) {
        served::ask(step, peer, MailboxRequest::HaveRead(positions.to_vec()), Purpose::Mailbox);
    }
    Ok(())
}
