//! Moving to an epoch: its rows, its log key, who is in it and which nodes follow.

use tidings_crypto::id::{AccountId, EpochId};
use tidings_crypto::mls::{Group, MemberView};
use tidings_crypto::outer::LogKey;

use super::state;
use crate::account::{event, identity, reach};
use crate::error::{Outcome, Rejection};
use crate::limits::{ANCHORS_MAX, PAST_TAGS_MAX};
use crate::record::conversation::{ConversationKind, ConversationRecord, LogKeyRecord, Membership};
use crate::record::event::EventKind;
use crate::record::key;
use crate::record::log::DeviceLogRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};

/// The exporter label of an epoch's log key (PROTOCOL A4).
const LOG_KEY: &str = "tidings/1/log";

/// Follows a commit of `by` to the epoch `epoch`, whose state is `next`. Keeps the parent as an anchor and stores the record.
pub(crate) fn follow(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    next: &Group,
    epoch: EpochId,
    by: AccountId,
) -> Outcome<()> {
    let before = record.members.clone();
    if next.is_active() {
        record.anchors.push(record.tip);
        record.past_tags.push(LogKey::from_bytes(record.log_key).tag().into());
        if record.past_tags.len() > PAST_TAGS_MAX {
            record.past_tags.remove(0);
        }
        while record.anchors.len() > ANCHORS_MAX {
            let oldest = record.anchors.remove(0);
            state::forget_epoch(step, account, &record.id, &oldest)?;
        }
        enter(step, account, record, next, epoch)?;
        announce(step, account, record, &before, by)?;
    } else {
        leave(step, account, record, by)?;
    }
    state::put(step, account, record);
    Ok(())
}

/// Makes `epoch` the tip: rows, log key, roster, followers. Changes `record`; the caller stores it.
pub(crate) fn enter(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    group: &Group,
    epoch: EpochId,
) -> Outcome<()> {
    let damaged = |_| Rejection::Refused { reason: "MLS state" };
    state::store_whole(step, account, &epoch, group);
    record.tip = epoch;
    record.epoch = group.epoch();
    record.policy = group.policy().map_err(damaged)?;
    record.log_key = group.export(LOG_KEY, &[]).map_err(damaged)?;
    let row = key::join(&[record.id.as_bytes(), &LogKey::from_bytes(record.log_key).tag()]);
    step.rows.put(Scope::Account(account), Table::LogKey, &row, &LogKeyRecord { key: record.log_key, epoch });
    let members = group.members();
    record.members.clear();
    record.homes.clear();
    for member in &members {
        enrol(step, account, record, member)?;
    }
    let followers = reach::followers(step, account, record)?;
    crate::log::queue::set_followers(step, &record.queue, &followers, record.epoch)?;
    Ok(())
}

/// Notes one member: account, home, and the key of its device.
fn enrol(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord, member: &MemberView) -> Outcome<()> {
    let log = identity::log(step, account, &member.account())?
        .ok_or(Rejection::Refused { reason: "member without an identity" })?;
    let device = log.device(member.device()).ok_or(Rejection::Refused { reason: "device of a member" })?;
    if !record.members.contains(&member.account()) {
        record.members.push(member.account());
        record.homes.push(log.homes().first().map_or(step.config.node, |home| home.node));
    }
    let row = key::join(&[record.id.as_bytes(), member.device().as_bytes()]);
    let known: Option<DeviceLogRecord> = step.rows.get(Scope::Account(account), Table::DeviceLog, &row)?;
    let fresh = DeviceLogRecord {
        account: member.account(),
        key: *device.device_key.as_bytes(),
        sequence: 0,
        head: [0; 32],
        receipted: 0,
        acknowledged: 0,
        cut: None,
        unreadable: Vec::new(),
        clock: 0,
        forked: false,
        dropped: 0,
    };
    // A device that comes back goes on in its log.
    let entry = known.map_or(fresh, |known| DeviceLogRecord { cut: None, ..known });
    step.rows.put(Scope::Account(account), Table::DeviceLog, &row, &entry);
    Ok(())
}

fn announce(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    before: &[AccountId],
    by: AccountId,
) -> Outcome<()> {
    if record.kind == ConversationKind::Direct {
        return Ok(());
    }
    let joined = record.members.iter().filter(|member| !before.contains(member)).map(|member| (*member, true));
    let left = before.iter().filter(|member| !record.members.contains(member)).map(|member| (*member, false));
    for (member, joined) in joined.chain(left).collect::<Vec<_>>() {
        let kind = EventKind::GroupMember { account: member, joined, by };
        event::emit(step, account, Some(record.id), kind)?;
    }
    Ok(())
}

/// This account is out: it keeps what it has and takes nothing more.
fn leave(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord, by: AccountId) -> Outcome<()> {
    record.membership = match record.membership {
        Membership::Leaving | Membership::Left => Membership::Left,
        Membership::Member | Membership::Removed => Membership::Removed,
    };
    for epoch in std::mem::take(&mut record.anchors) {
        state::forget_epoch(step, account, &record.id, &epoch)?;
    }
    state::forget_epoch(step, account, &record.id, &record.tip)?;
    for (row, _) in step.rows.scan(Scope::Account(account), Table::Pending, record.id.as_bytes(), usize::MAX)? {
        step.rows.delete(Scope::Account(account), Table::Pending, &row);
    }
    record.pending = 0;
    record.receipt_due = 0;
    crate::log::queue::unfollow(step, &record.queue, account)?;
    event::emit(step, account, Some(record.id), EventKind::GroupRemoved { by })
}
