//! Being a mailbox: a node that keeps queues and inbox items for accounts that live elsewhere, and can read none of them (PROTOCOL A8).
//!
//! Its policy says for whom. A sponsor's registration says what, and which nodes may read; readers say what they have, and that is deleted once
//! all have it. The sponsor's home collects inbox items by their numbers, also while the account is locked.

use tidings_crypto::id::{AccountId, NodeId, QueueId};

use super::{quota, registration, retention};
use crate::error::{Fault, Outcome};
use crate::input::Protocol;
use crate::limits::{COLLECT_BYTES_MAX, LIST_QUEUES_MAX};
use crate::peer::Purpose;
use crate::record::key;
use crate::record::sync::CursorRecord;
use crate::step::Step;
use crate::store::snapshot::{Direction, Snapshot as _};
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::log::{LogRequest, Position};
use crate::wire::mailbox::{CollectRequest, Collected, MailboxRequest, MailboxResponse, RefusalCause};

/// For whom a node is a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MailboxPolicy {
    /// For nobody.
    #[default]
    Off,
    /// For whoever has a voucher of its operator.
    Vouchers,
    /// For everybody, with little room without a voucher.
    Open,
}

/// Answers one request.
pub(crate) fn request(step: &mut Step<'_>, peer: NodeId, request: &MailboxRequest) -> Outcome<MailboxResponse> {
    match request {
        MailboxRequest::Register(signed) => registration::register(step, peer, signed),
        MailboxRequest::Collect(wanted) => collect(step, peer, wanted),
        MailboxRequest::HaveRead(positions) => have_read(step, peer, positions),
        MailboxRequest::SomethingCame => {
            crate::account::mailbox_reading::read_from(step, peer)?;
            Ok(MailboxResponse::Done)
        }
    }
}

/// Hands out inbox items, and deletes those that are durable at the account's home.
fn collect(step: &mut Step<'_>, peer: NodeId, wanted: &CollectRequest) -> Outcome<MailboxResponse> {
    let account = wanted.account;
    if quota::sponsor(step, &account)?.is_none_or(|sponsor| sponsor.home != peer) {
        return Ok(MailboxResponse::Refused(RefusalCause::Registration));
    }
    let start = key::counted(account.as_bytes(), 0);
    let behind = key::counted(account.as_bytes(), wanted.after.saturating_add(1));
    for (row, item) in step.rows.range(Scope::Node, Table::Inbox, &start, &behind, usize::MAX, Direction::Forward)? {
        super::parcel::collected(step, account, &row, &item)?;
    }
    let end = key::prefix_end(account.as_bytes());
    let mut items = Vec::new();
    let mut bytes = 0;
    for (row, item) in step.rows.range(Scope::Node, Table::Inbox, &behind, &end, usize::MAX, Direction::Forward)? {
        bytes += item.len();
        if bytes > COLLECT_BYTES_MAX && !items.is_empty() {
            break;
        }
        let number = key::counter_of(&row).ok_or(Fault::Damaged("inbox key"))?;
        items.push(Collected { number, item: wire::field(item) });
    }
    Ok(MailboxResponse::Collected(items))
}

/// Notes how far a reader is, and deletes what all readers have.
fn have_read(step: &mut Step<'_>, peer: NodeId, positions: &[Position]) -> Outcome<MailboxResponse> {
    for position in positions.iter().take(LIST_QUEUES_MAX) {
        let Some(record) = super::queue::get(step, &position.queue)? else { continue };
        let may = record.sponsors.iter().any(|sponsor| sponsor.readers.contains(&peer));
        let known = retention::reader_cursor(step, &position.queue, peer)?;
        let after = position.after;
        // A position of before this store went back to an old copy says nothing about what is here now.
        let cursor = CursorRecord { after, generation: position.generation };
        if may && after > known && super::generation::is_known(step, &position.queue, &cursor, record.next)? {
            let row = key::join(&[position.queue.as_bytes(), peer.as_bytes()]);
            step.rows.put(Scope::Node, Table::ReaderCursor, &row, &after);
            retention::look(step, &position.queue)?;
        }
    }
    Ok(MailboxResponse::Done)
}

/// Tells a connected reader that something came.
pub(crate) fn tell(step: &mut Step<'_>, reader: NodeId) {
    if step.peers.is_connected(reader) {
        ask(step, reader, MailboxRequest::SomethingCame, Purpose::Mailbox);
    }
}

/// Asks a mailbox, or a reader.
pub(crate) fn ask(step: &mut Step<'_>, peer: NodeId, request: MailboxRequest, purpose: Purpose) {
    step.request(peer, Protocol::Log, wire::encode(&LogRequest::Mailbox(request)), purpose);
}

/// Queues kept for a sponsor, and whether it has claimed them.
pub(crate) fn queues_of(step: &Step<'_>, account: &AccountId) -> Outcome<Vec<(QueueId, bool)>> {
    let mut queues = Vec::new();
    for (row, claimed) in step.rows.scan(Scope::Node, Table::Sponsored, account.as_bytes(), usize::MAX)? {
        let queue = row.get(account.as_bytes().len()..).and_then(|queue| QueueId::try_from(queue).ok());
        queues.push((queue.ok_or(Fault::Damaged("sponsored key"))?, claimed.first() == Some(&1)));
    }
    Ok(queues)
}
