//! Vouchers: why this node keeps a queue it does not know, and what an operator gives to people so that their mailbox is here (PROTOCOL A8).
//!
//! Whoever pushes first presents the queue's public topic key and a reason: a contact token of an account that lives or has its mailbox here,
//! or the word of an earlier queue's topic key. A node with which a conversation is shared needs none (DECISIONS 19).

use tidings_crypto::id::{AccountId, NodeId, QueueId};
use tidings_crypto::outer::{is_succeeded_by, queue_of};
use tidings_crypto::sign::VerifyingKey;

use crate::account::key_supply;
use crate::error::{Outcome, Rejection};
use crate::limits::UNCLAIMED_QUEUES_MAX;
use crate::record::key;
use crate::record::log::QueueRecord;
use crate::record::mailbox::{SponsoredRecord, VoucherRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::mailbox::{QueueVoucher, SuccessionVoucher};

/// Takes a queue that nobody here has asked for, if there is a reason to; `record` is as it would be kept without one.
/// [`Rejection::NotFound`] if there is none.
pub(crate) fn admit(
    step: &mut Step<'_>,
    peer: NodeId,
    queue: &QueueId,
    record: QueueRecord,
    voucher: &[u8],
) -> Outcome<QueueRecord> {
    let mut record = QueueRecord { opened_at: step.now.wall.0, closed_at: 0, ..record };
    let sponsors = match wire::decode::<QueueVoucher>(voucher, "voucher") {
        Ok(QueueVoucher::Contact(given)) if key_supply::is_token(step, given.account, &given.token)? => {
            vec![given.account]
        }
        Ok(QueueVoucher::Succession(given)) => of_predecessor(step, queue, &given)?,
        Ok(QueueVoucher::Contact(_)) | Err(_) => Vec::new(),
    };
    let mut hosted = step.peers.is_wanted(peer);
    for account in sponsors {
        if step.rows.get_bytes(Scope::Node, Table::Directory, account.as_bytes())?.is_some() {
            hosted = true;
        } else if super::quota::sponsor(step, &account)?.is_some() {
            open(step, queue, &mut record, account)?;
        }
    }
    if record.sponsors.is_empty() {
        if !hosted {
            return Err(Rejection::NotFound.into());
        }
        record.provisional = Some(peer);
    }
    Ok(record)
}

/// For whom the queue before this one is kept.
fn of_predecessor(step: &Step<'_>, queue: &QueueId, voucher: &SuccessionVoucher) -> Outcome<Vec<AccountId>> {
    let topic = VerifyingKey::from_bytes(voucher.topic);
    let Some(earlier) = super::queue::get(step, &queue_of(&topic))?.filter(|earlier| !earlier.ended) else {
        return Ok(Vec::new());
    };
    if is_succeeded_by(&topic, queue, &voucher.signature).is_err() {
        return Ok(Vec::new());
    }
    let sponsors = earlier.sponsors.iter().filter(|sponsor| sponsor.claimed).map(|sponsor| sponsor.account);
    Ok(earlier.subscribers.iter().copied().chain(sponsors).collect())
}

/// Keeps a queue for a sponsor that has not claimed it.
fn open(step: &mut Step<'_>, queue: &QueueId, record: &mut QueueRecord, account: AccountId) -> Outcome<()> {
    let rows = step.rows.scan(Scope::Node, Table::Sponsored, account.as_bytes(), usize::MAX)?;
    if rows.iter().filter(|(_, claimed)| claimed.first() == Some(&0)).count() >= UNCLAIMED_QUEUES_MAX {
        return Err(Rejection::Quota { what: "queues that an account has not claimed" }.into());
    }
    note(step, queue, account, false);
    record.sponsors.push(SponsoredRecord { account, claimed: false, charged: 0, closing: false, readers: Vec::new() });
    Ok(())
}

/// Notes that a queue is kept for a sponsor.
pub(crate) fn note(step: &mut Step<'_>, queue: &QueueId, account: AccountId, claimed: bool) {
    let row = key::join(&[account.as_bytes(), queue.as_bytes()]);
    step.rows.put_bytes(Scope::Node, Table::Sponsored, &row, vec![u8::from(claimed)]);
}

/// Makes a voucher against which this node keeps up to `quota` bytes for somebody. It is shown once.
pub(crate) fn create(step: &mut Step<'_>, quota: u64, lifetime_seconds: u64) -> [u8; 16] {
    let voucher = step.random();
    let expires = step.now.wall.seconds().saturating_add(lifetime_seconds);
    step.rows.put(Scope::Node, Table::Voucher, &row(&voucher), &VoucherRecord { quota, expires, used_by: None });
    voucher
}

/// Redeems a voucher for an account; again by the same account is no change. `None` if it does not hold.
pub(crate) fn redeem(step: &mut Step<'_>, voucher: &[u8], account: AccountId) -> Outcome<Option<u64>> {
    let Some(mut record) = step.rows.get::<VoucherRecord>(Scope::Node, Table::Voucher, &row(voucher))? else {
        return Ok(None);
    };
    let holds = match record.used_by {
        Some(user) => user == account,
        None => step.now.wall.seconds() <= record.expires,
    };
    if !holds {
        return Ok(None);
    }
    record.used_by = Some(account);
    step.rows.put(Scope::Node, Table::Voucher, &row(voucher), &record);
    Ok(Some(record.quota))
}

fn row(voucher: &[u8]) -> Vec<u8> {
    tidings_crypto::derive("tidings/1/voucher", &[voucher]).to_vec()
}
