//! Reading: the marker of what was seen, and read frontiers, which go out with receipts where both sides want them (PROTOCOL A7.4).

use std::collections::BTreeMap;

use tidings_crypto::id::{AccountId, ConversationId, DeviceId};

use super::{arrange, receipt, state, store, unread};
use crate::account::conversation::state as conversation_state;
use crate::account::device_log;
use crate::account::profile;
use crate::error::{Fault, Outcome, Rejection};
use crate::limits::READ_FRONTIER_MESSAGES_MAX;
use crate::record;
use crate::record::chat::{FrontierRecord, Marker, Shown};
use crate::record::conversation::{ConversationRecord, Membership};
use crate::record::key;
use crate::record::message::MessageRecord;
use crate::step::Step;
use crate::store::snapshot::{Direction, Snapshot as _};
use crate::store::table::{Scope, Table};
use crate::wire::commit_body::Cut;
use crate::wire::content::MessageRef;

/// Everything up to a message was seen, or everything there is. The marker never goes back.
pub(crate) fn mark(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    up_to: Option<MessageRef>,
) -> Outcome<()> {
    let mut record = conversation_state::get(step, account, conversation)?.ok_or(Rejection::NotFound)?;
    let order = match up_to {
        Some(name) => store::order_of(step, account, conversation, &name)?.ok_or(Rejection::NotFound)?,
        None => match newest(step, account, conversation)? {
            Some(order) => order,
            None => return Ok(()),
        },
    };
    let mut chat = store::chat(step, account, conversation)?;
    if order < chat.marker.order {
        return Ok(());
    }
    let before = chat.marker;
    chat.marker = Marker { order, arrival: profile::load(step, account)?.event_cursor };
    if chat.marker == before {
        return Ok(());
    }
    let news = advance_frontiers(step, account, conversation, &before, &chat.marker)?;
    for (row, _) in step.rows.scan(Scope::Account(account), Table::Late, conversation.as_bytes(), usize::MAX)? {
        step.rows.delete(Scope::Account(account), Table::Late, &row);
    }
    store::put_chat(step, account, conversation, &chat);
    if news && record.membership == Membership::Member && arrange::shows(step, account, &record, Shown::Read)? {
        receipt::owe(step, account, &mut record);
        conversation_state::put(step, account, &record);
    }
    Ok(())
}

fn newest(step: &Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<Option<Vec<u8>>> {
    let (start, end) = (conversation.as_bytes(), key::prefix_end(conversation.as_bytes()));
    let last = step.rows.range(Scope::Account(account), Table::Message, start, &end, 1, Direction::Backward)?;
    Ok(last.first().and_then(|(row, _)| row.get(start.len()..)).map(<[u8]>::to_vec))
}

/// Notes for each device the last of its messages that were unread before and are not now. Returns whether there is any.
fn advance_frontiers(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    before: &Marker,
    now: &Marker,
) -> Outcome<bool> {
    let (scope, prefix) = (Scope::Account(account), conversation.as_bytes());
    let (start, end) = (key::join(&[prefix, &before.order]), key::join(&[prefix, &now.order, &[0]]));
    let newer =
        step.rows.range(scope, Table::Message, &start, &end, READ_FRONTIER_MESSAGES_MAX, Direction::Backward)?;
    let mut messages: Vec<MessageRecord> = Vec::with_capacity(newer.len());
    for (_, value) in newer {
        messages.push(record::decode(&value, "message")?);
    }
    for (row, _) in step.rows.scan(scope, Table::Late, prefix, READ_FRONTIER_MESSAGES_MAX)? {
        messages.extend(step.rows.get::<MessageRecord>(scope, Table::Message, &row)?);
    }
    let mut last: BTreeMap<DeviceId, u64> = BTreeMap::new();
    for message in messages.iter().filter(|message| unread::is_unread(before, &account, message)) {
        if let Some(device) = message.device {
            let sequence = last.entry(device).or_default();
            *sequence = message.sequence().max(*sequence);
        }
    }
    let mut news = false;
    for (device, sequence) in last {
        let row = key::join(&[prefix, device.as_bytes()]);
        let known: FrontierRecord = step.rows.get(scope, Table::Frontier, &row)?.unwrap_or_default();
        if sequence > known.read {
            news = true;
            step.rows.put(scope, Table::Frontier, &row, &FrontierRecord { read: sequence, ..known });
        }
    }
    Ok(news)
}

/// The frontiers that no receipt has told yet, marked as told. None where read receipts are not exchanged, nor for a device that was
/// removed: what it wrote is receipted when it is back, and a frontier reads only what was delivered.
pub(crate) fn collect(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<Vec<Cut>> {
    let mut read = Vec::new();
    if !arrange::shows(step, account, record, Shown::Read)? {
        return Ok(read);
    }
    let (scope, prefix) = (Scope::Account(account), record.id.as_bytes());
    for (row, value) in step.rows.scan(scope, Table::Frontier, prefix, usize::MAX)? {
        let frontier: FrontierRecord = record::decode(&value, "frontier")?;
        if frontier.read > frontier.told {
            let device = row.get(prefix.len()..).and_then(|device| DeviceId::try_from(device).ok());
            let device = device.ok_or(Fault::Damaged("frontier key"))?;
            if device_log::get(step, account, &record.id, &device)?.is_some_and(|log| log.cut.is_some()) {
                continue;
            }
            read.push(Cut { device, sequence: frontier.read });
            let told = FrontierRecord { told: frontier.read, ..frontier };
            step.rows.put(scope, Table::Frontier, &row, &told);
        }
    }
    Ok(read)
}

/// `device` of `reader` says how far it has read our log. Who does not tell is not told. What it never had, behind a cut or in a gap, it
/// does not name: only what it has receipted counts as read.
pub(crate) fn heard(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (reader, device): (AccountId, DeviceId),
    up_to: u64,
) -> Outcome<()> {
    if !arrange::shows(step, account, record, Shown::Read)? {
        return Ok(());
    }
    let (scope, row) = (Scope::Account(account), key::join(&[record.id.as_bytes(), device.as_bytes()]));
    let known: FrontierRecord = step.rows.get(scope, Table::Frontier, &row)?.unwrap_or_default();
    // It cannot have read what was never written.
    let last = up_to.min(record.own_sequence);
    if last > known.heard {
        state::read(step, account, record, reader, known.heard.saturating_add(1)..=last)?;
        step.rows.put(scope, Table::Frontier, &row, &FrontierRecord { heard: last, ..known });
    }
    Ok(())
}
