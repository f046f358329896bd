//! Asking to be let back in: this device cannot follow the others any more (PROTOCOL A5.6, A5.9).

use std::collections::BTreeSet;

use tidings_crypto::id::{AccountId, EpochId};

use super::{epoch, late, publish, state};
use crate::account::{contact, inbox, key_supply, profile, reach};
use crate::error::{Outcome, Rejection};
use crate::limits::{READMIT_PAUSE_MS, REJOIN_INBOXES_MAX};
use crate::record::contact::ContactState;
use crate::record::conversation::{ConversationRecord, generation_among};
use crate::record::epoch::Standing;
use crate::step::Step;
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::inbox::InboxItem;
use crate::wire::inner::{Draft, Kind};
use crate::wire::rejoin::{Reason, RejoinRequest, SignedRejoin};

/// Asks all members though nothing says that the others are elsewhere but entries that cannot be opened: those anybody can make who knows the
/// topic. So nothing is put off meanwhile. Changes `record`; the caller stores it.
pub(crate) fn ask_in_case(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord) -> Outcome<()> {
    send(step, account, record, Reason::Stranded)
}

/// Asks all members, and again after a while as long as it is needed. Changes `record`; the caller stores it.
pub(crate) fn ask(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    reason: Reason,
) -> Outcome<()> {
    record.set_stranded(true, step.now.wall.0);
    if reason == Reason::Copied {
        // Whatever the branch, it writes nothing more in the log that two have written.
        publish::begin_log(record, record.asked_generation.max(record.generation).saturating_add(1));
    }
    send(step, account, record, reason)
}

/// Somebody has let this device back in, to begin the log of that generation, which was heard of at `heard`: until its welcome comes the device
/// is where it was, and if none comes it asks again, no sooner than it may be let in again. Changes `record`; the caller stores it.
pub(crate) fn wait(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    (generation, heard): (u16, u64),
) {
    record.set_stranded(true, step.now.wall.0);
    record.asked_generation = record.asked_generation.max(generation);
    record.asked_at = record.asked_at.max(heard);
    step.set_timer(TimerKind::Act(account, record.id), READMIT_PAUSE_MS);
}

/// Sends the request, unless one was sent not long ago.
fn send(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord, reason: Reason) -> Outcome<()> {
    let now = step.now.wall.0;
    let pause = READMIT_PAUSE_MS.saturating_sub(now.saturating_sub(record.asked_at));
    step.set_timer(TimerKind::Act(account, record.id), if pause > 0 { pause } else { READMIT_PAUSE_MS });
    if !record.membership.is_in() || pause > 0 {
        return Ok(());
    }
    (record.asked_at, record.asked_sequence) = (now, record.own_sequence);
    let signed = request(step, account, record, reason)?;
    let epochs = shared_epochs(step, account, record)?;
    publish_under(step, account, record, epochs, (Kind::Rejoin, &wire::encode(&signed)))?;
    send_to_contacts(step, account, record, &signed)
}

/// Asks again if it is still needed and time.
pub(crate) fn again(step: &mut Step<'_>, account: AccountId, mut record: ConversationRecord) -> Outcome<()> {
    if record.is_stranded() {
        ask(step, account, &mut record, Reason::Stranded)?;
        state::put(step, account, &record);
    }
    Ok(())
}

fn request(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    reason: Reason,
) -> Outcome<SignedRejoin> {
    let profile = profile::load(step, account)?;
    let own = crate::directory::account(step, &account)?.ok_or(Rejection::NotFound)?;
    let package = key_supply::make(step, account, &profile)?;
    record.asked_package = package.reference();
    let there = generation_among(&record.generations, &profile.device);
    record.asked_generation = record.asked_generation.max(there).saturating_add(1).max(record.generation);
    let request = RejoinRequest {
        conversation: record.id,
        account,
        device: profile.device,
        generation: record.asked_generation,
        epoch: record.tip,
        reason,
        key_package: wire::field(package.to_bytes()),
        box_key: wire::field(own.box_key),
    };
    Ok(request.signed(&profile.device_key()))
}

/// Where those can read something whom this device cannot follow: under the oldest epoch below the tip that is still kept, which they most likely
/// share, and where a late rival was chosen under the epoch on which it builds. Whoever came later may have no key of the former.
pub(crate) fn shared_epochs(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
) -> Outcome<BTreeSet<EpochId>> {
    let fork = match late::elsewhere(step, account, record)? {
        Some(chosen) => epoch::named(step, account, &record.id, &chosen)?.parent,
        None => None,
    };
    Ok(oldest_kept(step, account, record)?.into_iter().chain(fork).collect())
}

/// Says something outside the own log under several epochs.
pub(crate) fn publish_under(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    epochs: BTreeSet<EpochId>,
    (kind, body): (Kind, &[u8]),
) -> Outcome<()> {
    for place in epochs {
        let Some(under) = epoch::get(step, account, &record.id, &place)? else { continue };
        let draft = Draft { conversation: record.id, kind, epoch: place, commitment: [0; 32], body: body.to_vec() };
        publish::beside(step, account, record, &under, draft)?;
    }
    Ok(())
}

/// The oldest epoch below the tip that is kept; the tip may be none yet, or be given up.
fn oldest_kept(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<Option<EpochId>> {
    let mut oldest = None;
    let mut at = Some(record.tip);
    while let Some(here) = at.take()
        && let Some(known) = epoch::get(step, account, &record.id, &here)?.filter(|one| one.standing == Standing::Kept)
    {
        oldest = Some(here);
        at = known.parent.filter(|_| here != record.base);
    }
    Ok(oldest.or_else(|| record.kept.first().copied()))
}

/// And into the inboxes of some members who are contacts: a queue may be closed or full.
fn send_to_contacts(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    signed: &SignedRejoin,
) -> Outcome<()> {
    let mut sent = 0;
    for member in record.members.iter().filter(|member| **member != account) {
        let Some(known) = contact::get(step, account, member)? else { continue };
        if known.state != ContactState::Accepted || sent == REJOIN_INBOXES_MAX {
            continue;
        }
        let item = inbox::seal(step, *member, &known.box_key, &InboxItem::Rejoin(signed.clone()))?;
        reach::send_item(step, account, (*member, known.home), item)?;
        sent += 1;
    }
    Ok(())
}

/// A request that came in the inbox.
pub(crate) fn received(step: &mut Step<'_>, account: AccountId, signed: &SignedRejoin) -> Outcome<()> {
    let record = state::get(step, account, &signed.parse()?.conversation)?.ok_or(Rejection::NotFound)?;
    super::readmit::requested(step, account, &record, signed, None)
}
