//! Letting a device back in: any member removes its leaf and adds it again in one commit, on its signed request (PROTOCOL A5.6).

use tidings_crypto::id::{AccountId, EpochId};
use tidings_crypto::identity::BoxKeyRecord;

use super::authorize::Rejoin;
use super::commit::Plan;
use super::welcome::Guest;
use super::wish::{self, Wish};
use super::{epoch, outsider, state};
use crate::account::device_log;
use crate::account::message::resend;
use crate::account::{identity, key_supply};
use crate::error::{Outcome, Rejection};
use crate::limits::{ELECTION_STEP_MS, READMIT_PAUSE_MS};
use crate::record::conversation::{ConversationRecord, generation_among};
use crate::record::epoch::EpochRecord;
use crate::step::Step;
use crate::wire;
use crate::wire::rejoin::{RejoinRequest, SignedRejoin};

const fn refused(reason: &'static str) -> Rejection {
    Rejection::Refused { reason }
}

/// The requests whose signature holds and that begin a log above the one their device writes at `at`, as `authorize` wants them.
pub(crate) fn verified(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    at: &EpochRecord,
    requests: &[SignedRejoin],
) -> Outcome<Vec<Rejoin>> {
    let mut all = Vec::with_capacity(requests.len());
    for signed in requests {
        let request = check(step, account, record, signed)?;
        if request.generation <= generation_among(&at.generations, &request.device) {
            return Err(refused("rejoin request that was granted before").into());
        }
        let package = key_supply::parse(request.key_package.as_slice())?;
        all.push(Rejoin {
            account: request.account,
            device: request.device,
            key_package_reference: package.reference(),
        });
    }
    Ok(all)
}

/// Reads a request of this conversation and checks its signature.
fn check(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    signed: &SignedRejoin,
) -> Outcome<RejoinRequest> {
    let request = signed.parse()?;
    let log = identity::log(step, account, &request.account)?.ok_or(refused("rejoin request of a stranger"))?;
    let device = log.device(request.device).ok_or(refused("device of a rejoin request"))?;
    signed.verify(&device.device_key)?;
    if request.conversation != record.id {
        return Err(refused("rejoin request").into());
    }
    Ok(request)
}

/// Takes a request that came in an entry under the epoch `under`, or in the inbox. Whose turn it is grants it: each member in the order of a hash, five seconds apart.
pub(crate) fn requested(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    signed: &SignedRejoin,
    under: Option<&EpochId>,
) -> Outcome<()> {
    let request = check(step, account, record, signed)?;
    if !record.membership.is_in() || request.account == account {
        return Ok(());
    }
    if !record.members.contains(&request.account) {
        return under.map_or(Ok(()), |under| outsider::asked(step, account, record, (under, &request.account)));
    }
    let mut log =
        device_log::get(step, account, &record.id, &request.device)?.ok_or(refused("device that is no member"))?;
    let now = step.now.wall.0;
    let waiting = wish::readmissions(step, account, &record.id, &request.device)?;
    let generation = generation_among(&record.generations, &request.device);
    if request.generation <= waiting.iter().map(|(_, known)| *known).fold(generation, u16::max) {
        return Err(refused("rejoin request that was granted before, or in place of which another has come").into());
    }
    // A device that asks again and again costs everybody a commit each time.
    let granted = waiting.iter().all(|(_, known)| *known <= generation);
    if granted && now.saturating_sub(log.readmitted_at) < READMIT_PAUSE_MS {
        return Err(refused("rejoin request before its time").into());
    }
    // It has given up what it asked for before.
    waiting.iter().for_each(|(row, _)| wish::drop_row(step, account, row));
    log.readmitted_at = now;
    device_log::put(step, account, &record.id, &request.device, &log);
    let due = now.saturating_add(turn(record, account, &request.account));
    wish::keep(step, account, &record.id, &Wish::Readmit { request: wire::encode(signed), due })?;
    Ok(())
}

/// How long this account waits before it does what any member may do, in milliseconds.
pub(crate) fn turn(record: &ConversationRecord, account: AccountId, concerned: &AccountId) -> u64 {
    let lot = |member: &AccountId| {
        tidings_crypto::derive("tidings/1/turn", &[record.tip.as_bytes(), concerned.as_bytes(), member.as_bytes()])
    };
    let own = lot(&account);
    let before = record.members.iter().filter(|member| *member != concerned && lot(member) < own).count();
    u64::try_from(before).unwrap_or(u64::MAX).saturating_mul(ELECTION_STEP_MS)
}

/// The commit that grants a request.
pub(crate) fn plan(step: &Step<'_>, account: AccountId, record: &ConversationRecord, request: &[u8]) -> Outcome<Plan> {
    let signed: SignedRejoin = wire::decode(request, "rejoin request")?;
    let request = check(step, account, record, &signed)?;
    if generation_among(&record.generations, &request.device) >= request.generation {
        return Err(Rejection::Already.into());
    }
    let group = state::load_group(step, account, &record.id, &record.tip)?;
    let leaf = group
        .members()
        .iter()
        .find(|member| member.account() == request.account && member.device() == request.device)
        .map(|member| member.leaf)
        .ok_or(Rejection::NotMember)?;
    let package = key_supply::parse(request.key_package.as_slice())?;
    let identity = identity::log(step, account, &request.account)?.ok_or(Rejection::NotFound)?;
    package.verify(&identity).map_err(|_| refused("key package"))?;
    if package.device() != request.device {
        return Err(refused("key package of another device").into());
    }
    Ok(Plan { adds: vec![package], remove: Some(leaf), rejoin: Some(signed), ..Plan::default() })
}

/// Sees to it that a device that was let back in gets what was written meanwhile where it was not: on `path` since it parted from where the
/// device stood when it asked (REQ-FORK-21).
pub(crate) fn write_anew(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    path: &[EpochId],
    request: &[u8],
) -> Outcome<()> {
    let request = wire::decode::<SignedRejoin>(request, "rejoin request")?.parse()?;
    if request.account == account {
        return Ok(());
    }
    let line: Vec<&EpochId> = record.past.iter().chain(path).collect();
    let mut at = Some(request.epoch);
    let mut fork = None;
    while let Some(here) = at.filter(|_| fork.is_none()) {
        fork = line.iter().position(|one| **one == here);
        at = epoch::get(step, account, &record.id, &here)?.and_then(|known| known.parent);
    }
    // Where the device was is known to nobody any more: then from the oldest rivals on.
    let Some(fork) = fork.map_or_else(|| oldest_fork(step, account, record, &line), |fork| Ok(Some(fork)))? else {
        return Ok(());
    };
    let Some(parted) = line.get(fork + 1) else { return Ok(()) };
    match epoch::get(step, account, &record.id, parted)?.and_then(|parted| parted.own_sequence) {
        Some(before) => resend::later(step, account, record, before, Some(request.account)),
        None => Ok(()),
    }
}

fn oldest_fork(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    line: &[&EpochId],
) -> Outcome<Option<usize>> {
    for (place, id) in line.iter().enumerate() {
        if epoch::get(step, account, &record.id, id)?.is_some_and(|at| at.children.len() > 1) {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// For whom the welcome is.
pub(crate) fn guest(step: &Step<'_>, account: AccountId, signed: &SignedRejoin) -> Outcome<Guest> {
    let request = signed.parse()?;
    let identity = identity::log(step, account, &request.account)?.ok_or(Rejection::NotFound)?;
    let box_key = BoxKeyRecord::parse(request.box_key.as_slice()).map_err(|_| refused("box key record"))?;
    box_key.verify(&identity).map_err(|_| refused("box key record"))?;
    let home = identity.homes().first().map_or(step.config.node, |home| home.node);
    Ok(Guest { account: request.account, home, box_key: request.box_key.as_slice().to_vec() })
}
