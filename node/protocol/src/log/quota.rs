//! Room: how much of whose entries this node keeps (DECISIONS 19, PROTOCOL A8).
//!
//! A queue that accounts of this node read has a generous bound of its own; one that is kept for a sponsor counts against that sponsor, never
//! against senders, who are unknown; one that nobody has asked for counts against the peer that pushed it. A closing queue has a trickle.

use tidings_crypto::id::{AccountId, NodeId, QueueId};

use crate::error::{Outcome, Rejection};
use crate::limits::{
    CLOSING_ENTRIES_PER_DAY, CLOSING_ENTRY_BYTES_MAX, CLOSING_FULL_MS, MAILBOX_QUEUE_BYTES_MAX, PROVISIONAL_BYTES_ALL,
    PROVISIONAL_BYTES_MAX, QUEUE_BYTES_MAX, QUEUE_ENTRIES_MAX, UNCLAIMED_DIVISOR,
};
use crate::record;
use crate::record::key;
use crate::record::log::QueueRecord;
use crate::record::mailbox::SponsorRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::time::Wall;
use crate::timer::TimerKind;

/// Takes room for an entry of `bytes` that `peer` pushed or this node fetched from it. Changes `record`; the caller stores it.
pub(crate) fn take(
    step: &mut Step<'_>,
    peer: NodeId,
    queue: &QueueId,
    record: &mut QueueRecord,
    bytes: usize,
) -> Outcome<()> {
    trickle(step.now.wall, record, bytes)?;
    let bytes = bytes as u64;
    if record.provisional.is_some() {
        take_provisional(step, peer, queue.as_bytes(), bytes)?;
    }
    if !record.subscribers.is_empty() {
        bounded(step, queue, record, bytes)?;
    }
    if record.sponsors.is_empty() { Ok(()) } else { charge(step, record, bytes) }
}

/// A closing queue serves in full for some minutes, then so much a day.
fn trickle(now: Wall, record: &mut QueueRecord, bytes: usize) -> Outcome<()> {
    if record.closed_at == 0 || now.0 < record.closed_at.saturating_add(CLOSING_FULL_MS) {
        return Ok(());
    }
    let today = now.seconds() / 86_400;
    let (day, taken) = record.trickle;
    let taken = if day == today { taken } else { 0 };
    if bytes > CLOSING_ENTRY_BYTES_MAX || taken >= CLOSING_ENTRIES_PER_DAY {
        return Err(Rejection::Quota { what: "entries of a closing queue" }.into());
    }
    record.trickle = (today, taken + 1);
    Ok(())
}

/// The bound of a queue that accounts here read.
fn bounded(step: &mut Step<'_>, queue: &QueueId, record: &QueueRecord, bytes: u64) -> Outcome<()> {
    let (bytes, entries) = (record.bytes.saturating_add(bytes), record.next.saturating_sub(record.first) + 1);
    if bytes <= QUEUE_BYTES_MAX && entries <= QUEUE_ENTRIES_MAX {
        return Ok(());
    }
    step.set_timer(TimerKind::Retention(*queue), 0);
    if bytes > QUEUE_BYTES_MAX / 4 * 5 || entries > QUEUE_ENTRIES_MAX / 4 * 5 {
        return Err(Rejection::Quota { what: "bytes of a queue" }.into());
    }
    Ok(())
}

/// Charges the first sponsor that has room.
fn charge(step: &mut Step<'_>, record: &mut QueueRecord, bytes: u64) -> Outcome<()> {
    if record.bytes.saturating_add(bytes) > MAILBOX_QUEUE_BYTES_MAX {
        return Err(Rejection::Quota { what: "bytes of a queue" }.into());
    }
    for sponsored in &mut record.sponsors {
        let Some(mut sponsor) = sponsor(step, &sponsored.account)? else { continue };
        let used = sponsor.used.saturating_add(bytes);
        let unclaimed = if sponsored.claimed { 0 } else { sponsor.unclaimed.saturating_add(bytes) };
        if used > sponsor.quota || unclaimed > sponsor.quota / UNCLAIMED_DIVISOR {
            continue;
        }
        sponsor.used = used;
        sponsor.unclaimed = sponsor.unclaimed.max(unclaimed);
        sponsored.charged = sponsored.charged.saturating_add(bytes);
        put_sponsor(step, &sponsored.account, &sponsor);
        return Ok(());
    }
    Err(Rejection::Quota { what: "bytes kept for an account" }.into())
}

/// Gives sponsors back what deleted entries took.
pub(crate) fn refund(step: &mut Step<'_>, record: &mut QueueRecord, mut bytes: u64) -> Outcome<()> {
    for sponsored in &mut record.sponsors {
        let part = sponsored.charged.min(bytes);
        bytes -= part;
        sponsored.charged -= part;
        if let Some(mut sponsor) = sponsor(step, &sponsored.account)?.filter(|_| part > 0) {
            sponsor.used = sponsor.used.saturating_sub(part);
            if !sponsored.claimed {
                sponsor.unclaimed = sponsor.unclaimed.saturating_sub(part);
            }
            put_sponsor(step, &sponsored.account, &sponsor);
        }
    }
    Ok(())
}

pub(crate) fn sponsor(step: &Step<'_>, account: &AccountId) -> Outcome<Option<SponsorRecord>> {
    step.rows.get(Scope::Node, Table::Sponsor, account.as_bytes())
}

pub(crate) fn put_sponsor(step: &mut Step<'_>, account: &AccountId, sponsor: &SponsorRecord) {
    step.rows.put(Scope::Node, Table::Sponsor, account.as_bytes(), sponsor);
}

/// Counts bytes taken from a peer for a queue or a bundle that nobody here has asked for (DECISIONS 19).
pub(crate) fn take_provisional(step: &mut Step<'_>, peer: NodeId, what: &[u8; 32], bytes: u64) -> Outcome<()> {
    let of_it = key::join(&[what, peer.as_bytes()]);
    for (row, limit) in
        [(peer.as_bytes().as_slice(), PROVISIONAL_BYTES_MAX), (b"", PROVISIONAL_BYTES_ALL), (&of_it, u64::MAX)]
    {
        let used = provisional(step, row)?.saturating_add(bytes);
        if used > limit {
            return Err(Rejection::Quota { what: "bytes that nobody here has asked for" }.into());
        }
        step.rows.put(Scope::Node, Table::Provisional, row, &used);
    }
    Ok(())
}

fn provisional(step: &Step<'_>, row: &[u8]) -> Outcome<u64> {
    Ok(step.rows.get(Scope::Node, Table::Provisional, row)?.unwrap_or(0))
}

/// Gives back the room that something took before it was confirmed or given up, and no more than that.
pub(crate) fn give_back(step: &mut Step<'_>, what: &[u8; 32]) -> Outcome<()> {
    for (row, value) in step.rows.scan(Scope::Node, Table::Provisional, what, usize::MAX)? {
        let Some(peer) = row.get(what.len()..).filter(|peer| !peer.is_empty()) else { continue };
        let bytes: u64 = record::decode(&value, "provisional bytes")?;
        step.rows.delete(Scope::Node, Table::Provisional, &row);
        for row in [peer, b""] {
            match provisional(step, row)?.saturating_sub(bytes) {
                0 => step.rows.delete(Scope::Node, Table::Provisional, row),
                left => step.rows.put(Scope::Node, Table::Provisional, row, &left),
            }
        }
    }
    Ok(())
}
