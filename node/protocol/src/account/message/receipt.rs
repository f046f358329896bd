//! Receipts: one signed entry says how far all others' logs were received here (DECISIONS 20). Coalesced, and never receipted themselves.

use std::collections::BTreeSet;

use tidings_crypto::id::{AccountId, ConversationId, DeviceId};

use super::{read, resend, state};
use crate::account::conversation::publish;
use crate::account::conversation::state as conversation_state;
use crate::account::device_log;
use crate::account::profile;
use crate::error::Outcome;
use crate::limits::{RECEIPT_DELAY_DIRECT_MS, RECEIPT_DELAY_GROUP_MS, RECEIPT_MEMBERS_MAX, RECEIPT_SPANS_MAX};
use crate::record::conversation::{ConversationKind, ConversationRecord, Membership};
use crate::record::log::DeviceLogRecord;
use crate::step::Step;
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::commit_body::{Cut, ReceiptBody, Span};
use crate::wire::inner::{Draft, Kind, Signed};

/// Notes that a receipt is owed and sees to it that it is sent soon; in a large group none is. The caller stores `record`.
pub(crate) fn owe(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord) {
    if record.members.len() > RECEIPT_MEMBERS_MAX {
        return;
    }
    if record.receipt_due == 0 {
        record.receipt_due = step.now.wall.0.max(1);
    }
    let delay = match record.kind {
        ConversationKind::Direct => RECEIPT_DELAY_DIRECT_MS,
        ConversationKind::Group => RECEIPT_DELAY_GROUP_MS,
    };
    step.set_timer(TimerKind::Receipt(account, record.id), delay);
}

/// Sends the receipt that is owed.
pub(crate) fn send(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<()> {
    if !step.rows.is_unlocked(account)? {
        return Ok(());
    }
    let Some(mut record) = conversation_state::get(step, account, conversation)? else { return Ok(()) };
    let owed = record.receipt_due != 0 && record.members.len() <= RECEIPT_MEMBERS_MAX;
    if !owed || record.membership != Membership::Member {
        return Ok(());
    }
    let profile = profile::load(step, account)?;
    let mut body = collect(step, account, conversation, profile.device)?;
    body.read = read::collect(step, account, &record)?;
    record.receipt_due = 0;
    if !body.delivered.is_empty() || !body.read.is_empty() {
        let draft = Draft {
            conversation: *conversation,
            kind: Kind::Receipt,
            epoch: record.tip,
            commitment: [0; 32],
            body: wire::encode(&body),
        };
        publish::publish(step, account, &profile, &mut record, draft)?;
    }
    conversation_state::put(step, account, &record);
    Ok(())
}

/// Everything that no receipt has covered yet, marked as covered.
fn collect(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    own: DeviceId,
) -> Outcome<ReceiptBody> {
    let mut body = ReceiptBody { delivered: Vec::new(), unreadable: Vec::new(), read: Vec::new() };
    for (device, mut log) in device_log::all(step, account, conversation)? {
        if device == own || log.owed.is_empty() || log.cut.is_some() {
            continue;
        }
        body.delivered.extend(log.owed.drain(..).map(|span| Span { device, first: span.first, last: span.last }));
        body.unreadable.extend(log.unreadable.drain(..).map(|sequence| Cut { device, sequence }));
        device_log::put(step, account, conversation, &device, &log);
    }
    Ok(body)
}

/// Receives a receipt: own messages up to what it covers are delivered to its author, or read by them.
pub(crate) fn received(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationRecord,
    entry: &Signed,
    log: &mut DeviceLogRecord,
) -> Outcome<()> {
    let body: ReceiptBody = wire::decode(entry.inner.body.as_slice(), "receipt")?;
    let own = profile::load(step, account)?.device;
    delivered(step, account, conversation, &body, own, log)?;
    match body.read.iter().find(|read| read.device == own) {
        Some(read) => read::heard(step, account, conversation, (log.account, entry.inner.device), read.sequence),
        None => Ok(()),
    }
}

fn delivered(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationRecord,
    body: &ReceiptBody,
    own: DeviceId,
    log: &mut DeviceLogRecord,
) -> Outcome<()> {
    let unreadable: BTreeSet<u64> =
        body.unreadable.iter().filter(|one| one.device == own).map(|one| one.sequence).collect();
    let (recipient, before) = (log.account, log.acknowledged);
    for covered in body.delivered.iter().filter(|covered| covered.device == own).take(RECEIPT_SPANS_MAX) {
        // It cannot have received what was never written.
        let last = covered.last.min(conversation.own_sequence);
        // Once more over what was receipted before only for the few that fill gaps.
        let short = last.saturating_sub(covered.first) < RECEIPT_SPANS_MAX as u64;
        let first = if short { covered.first } else { covered.first.max(before.saturating_add(1)) };
        if first <= last {
            state::receipted(step, account, conversation, recipient, first..=last, &unreadable)?;
            log.acknowledged = log.acknowledged.max(last);
        }
    }
    resend::unreadable(step, account, conversation, &unreadable)
}
