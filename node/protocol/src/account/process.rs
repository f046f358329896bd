//! Processing one entry for an account: open, verify, put in its place in its author's log, hand to the operation for its kind.

use tidings_crypto::id::{AccountId, DeviceId};
use tidings_crypto::outer::{LogKey, Outer};
use tidings_crypto::sign::VerifyingKey;

use super::conversation::state as conversation_state;
use super::conversation::{
    epoch, equivocation, follow_commit, late, leave, readmit, recovery, rejoin, successor, tip, void,
};
use super::device_log::{self, Place};
use super::message::{order, receipt, receive};
use super::{event, profile, reach};
use crate::error::{Fault, Outcome, Rejection};
use crate::limits::DEPENDENCIES_MAX;
use crate::record::conversation::{
    ConversationRecord, GenerationRecord, HeadRecord, LogKeyRecord, Membership, generation_among,
};
use crate::record::event::EventKind;
use crate::record::key;
use crate::record::log::DeviceLogRecord;
use crate::step::{Step, refused};
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::inner::{Kind, Signed};
use crate::wire::rejoin::{Reason, SignedRejoin};

/// What became of one entry.
pub(crate) enum Progress {
    /// It was processed.
    Done,
    /// It was processed before, or will never be: nothing is different.
    Known,
    /// It cannot be opened yet.
    Waits,
    /// Something it builds on is missing.
    Later {
        /// Whether it changed something all the same by what it says of the group.
        moved: bool,
        /// What it names as its clock.
        clock: u64,
    },
}

/// How an entry is tried.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Try {
    /// It waits and was weighed before: that need not be done each time.
    pub(crate) weighed: bool,
    /// It has waited for long enough: it is taken without what it builds on.
    pub(crate) alone: bool,
}

/// Processes one outer entry of a conversation.
pub(crate) fn process(
    step: &mut Step<'_>,
    account: AccountId,
    mut record: ConversationRecord,
    (bytes, how): (&[u8], Try),
) -> Outcome<Progress> {
    let outer = Outer::parse(bytes).map_err(|_| Rejection::Malformed { what: "outer entry" })?;
    let tag = outer.epoch_tag();
    let Some(key) = log_key(step, account, &record, &tag)? else {
        // Sealed before we came, or while we are out: not meant for us.
        let out = matches!(record.membership, Membership::Left | Membership::Removed);
        return Ok(if out || is_past(&record, &tag) { Progress::Known } else { Progress::Waits });
    };
    let entry = open(&outer, &key, &record)?;
    let own = profile::load(step, account)?.device;
    if entry.inner.device == own {
        return own_entry(step, account, record, &entry);
    }
    let log = device_log::get(step, account, &record.id, &entry.inner.device)?
        .ok_or(Rejection::Refused { reason: "device that is no member" })?;
    let ordered = matches!(
        entry.inner.kind(),
        Some(Kind::App | Kind::SelfRemove | Kind::Receipt | Kind::Reach | Kind::Petition) | None
    );
    if ordered && device_log::has(&log, entry.inner.sequence) && !device_log::is_beside(step, account, &entry)? {
        return Ok(Progress::Known);
    }
    entry.verify(&VerifyingKey::from_bytes(log.key))?;
    match entry.inner.kind() {
        Some(Kind::Rejoin) => return asked_to_rejoin(step, account, &record, &entry),
        Some(Kind::ForkVote) => {
            try_on(step, &mut record, |step, record| late::voted(step, account, record, &entry, log.account))?;
            return Ok(Progress::Done);
        }
        Some(Kind::Void) => {
            try_on(step, &mut record, |step, record| void::received(step, account, record, &entry, &log.account))?;
            return Ok(Progress::Done);
        }
        Some(Kind::Successor) => {
            let author = log.account;
            drop(refused(step.attempt(|step| successor::received(step, account, &record, &entry, author)))?);
            return Ok(Progress::Done);
        }
        Some(Kind::App | Kind::Commit | Kind::SelfRemove | Kind::Receipt | Kind::Reach | Kind::Petition) | None => {}
    }
    let moved = !how.weighed && weigh(step, account, &mut record, (&entry, &log.account))?;
    let log = device_log::of_author(step, account, &entry)?;
    if device_log::is_cut(&log, entry.inner.sequence) {
        drop_behind(step, account, &entry, log);
        return Ok(Progress::Done);
    }
    match device_log::place(step, account, &record, &log, &entry)? {
        Place::Next if how.alone || has_dependencies(step, account, &record, own, &entry)? => {}
        Place::Later if how.alone => {}
        Place::Next | Place::Later => return Ok(Progress::Later { moved, clock: entry.inner.clock }),
        Place::Before | Place::Beside => return Ok(Progress::Done),
    }
    route(step, account, &mut record, &entry, &log)?;
    note_head(&mut record, &entry, tag);
    if entry.inner.epoch == record.tip {
        record.heard_at = step.now.wall.0;
    }
    conversation_state::put(step, account, &record);
    Ok(Progress::Done)
}

/// Follows what an entry says of the group, whatever came before it in its log: which commits count may not hang on the order in which they
/// come, nor on what was written behind the end of a log. Returns whether anything is different now.
fn weigh(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    (entry, author): (&Signed, &AccountId),
) -> Outcome<bool> {
    if !is_of_its_epoch(step, account, record, entry, author)? {
        return Err(Rejection::Refused { reason: "entry of somebody, or of a log, that is not in its epoch" }.into());
    }
    let lowered = equivocation::witness(step, account, record, entry)?;
    if lowered {
        late::doubt(step, account, record);
        tip::settle(step, account, record)?;
    }
    if entry.inner.kind() != Some(Kind::Commit) {
        return Ok(lowered);
    }
    let log = device_log::of_author(step, account, entry)?;
    let followed = try_on(step, record, |step, record| follow_commit::received(step, account, record, entry, &log))?;
    Ok(lowered || followed)
}

/// Whether somebody is in the epoch under which an entry stands, with the log in which it stands, as far as that is remembered. A device
/// begins no other log by itself: a commit on the way to the epoch has let it in.
fn is_of_its_epoch(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    entry: &Signed,
    author: &AccountId,
) -> Outcome<bool> {
    let is_in = |members: &[AccountId], generations: &[GenerationRecord]| {
        members.contains(author) && generation_among(generations, &entry.inner.device) == entry.inner.generation
    };
    if entry.inner.epoch == record.tip {
        return Ok(is_in(&record.members, &record.generations));
    }
    let known = epoch::get(step, account, &record.id, &entry.inner.epoch)?;
    Ok(known.is_none_or(|known| is_in(&known.members, &known.generations)))
}

/// The device may be added again, and then nobody shall wait for this entry.
fn drop_behind(step: &mut Step<'_>, account: AccountId, entry: &Signed, log: DeviceLogRecord) {
    let dropped = log.dropped.max(entry.inner.sequence);
    let log = DeviceLogRecord { dropped, ..log };
    device_log::put(step, account, &entry.inner.conversation, &entry.inner.device, &log);
}

fn open(outer: &Outer, key: &LogKeyRecord, record: &ConversationRecord) -> Outcome<Signed> {
    let plain = outer.open(&LogKey::from_bytes(key.key)).map_err(|_| Rejection::Refused { reason: "seal" })?;
    let entry = Signed::parse(&plain)?;
    if entry.inner.conversation != record.id || entry.inner.epoch != key.epoch {
        return Err(Rejection::Refused { reason: "entry of another conversation or epoch" }.into());
    }
    Ok(entry)
}

/// An entry in this device's own name. One that it has not written was written by a copy of it, or by itself before its folder was put back:
/// its ratchets may no longer be used (PROTOCOL D9).
fn own_entry(
    step: &mut Step<'_>,
    account: AccountId,
    mut record: ConversationRecord,
    entry: &Signed,
) -> Outcome<Progress> {
    let row = key::counted(record.id.as_bytes(), entry.inner.sequence);
    let known = step.rows.get_bytes(Scope::Account(account), Table::OwnEntry, &row)?;
    let written = known.is_some_and(|id| id == entry.id().as_bytes());
    let beside = entry.inner.kind().is_some_and(Kind::stands_beside);
    if written || beside || entry.inner.generation < record.generation {
        return Ok(Progress::Known);
    }
    let device_key = profile::load(step, account)?.device_key().verifying_key();
    entry.verify(&device_key)?;
    if record.membership.is_in() {
        rejoin::ask(step, account, &mut record, Reason::Copied)?;
        conversation_state::put(step, account, &record);
    }
    Ok(Progress::Done)
}

/// A request to be let back in stands outside its author's log, which may be what is broken.
fn asked_to_rejoin(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    entry: &Signed,
) -> Outcome<Progress> {
    let signed: SignedRejoin = wire::decode(entry.inner.body.as_slice(), "rejoin request")?;
    drop(refused(step.attempt(|step| readmit::requested(step, account, record, &signed, Some(&entry.inner.epoch))))?);
    Ok(Progress::Done)
}

pub(crate) fn is_past(record: &ConversationRecord, tag: &[u8; 8]) -> bool {
    record.past_tags.iter().any(|past| **past == *tag)
}

pub(crate) fn log_key(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    tag: &[u8; 8],
) -> Outcome<Option<LogKeyRecord>> {
    step.rows.get(Scope::Account(account), Table::LogKey, &key::join(&[record.id.as_bytes(), tag]))
}

/// Whether entries under that tag can be read and still come: this account may be out of their epoch again, by a word that it is void, and
/// no longer keep its queue.
pub(crate) fn can_come(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    tag: &[u8; 8],
) -> Outcome<bool> {
    Ok(log_key(step, account, record, tag)?.is_some_and(|known| record.queues.contains(&known.queue)))
}

fn has_dependencies(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    own: DeviceId,
    entry: &Signed,
) -> Outcome<bool> {
    for dependency in entry.inner.dependencies.iter().filter(|dependency| dependency.device != own) {
        let Some(log) = device_log::get(step, account, &record.id, &dependency.device)? else { continue };
        let readable = can_come(step, account, record, &dependency.tag)?
            && !log.is_forked(dependency.sequence)
            && dependency.sequence > log.dropped
            && !device_log::is_cut(&log, dependency.sequence);
        if readable && !device_log::has(&log, dependency.sequence) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Hands an entry to the operation for its kind and moves its author's log on.
fn route(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    entry: &Signed,
    log: &DeviceLogRecord,
) -> Outcome<()> {
    let author = log.account;
    let clock = order::clock_of(step, account, &record.id, entry)?;
    order::note(step, account, &record.id, (entry.inner.device, entry.inner.sequence), clock);
    record.clock = record.clock.max(clock);
    let mut unreadable = false;
    match entry.inner.kind() {
        Some(Kind::App) => unreadable = !receive::received(step, account, record, entry, (author, clock))?,
        Some(Kind::SelfRemove) => {
            try_on(step, record, |step, record| leave::received(step, account, record, entry, author))?;
        }
        // A commit was followed before its turn.
        Some(Kind::Commit | Kind::Receipt | Kind::Rejoin | Kind::ForkVote | Kind::Void | Kind::Successor) => {}
        Some(Kind::Petition) => {
            drop(refused(step.attempt(|step| recovery::petition::received(step, account, record, entry, author)))?);
        }
        Some(Kind::Reach) => drop(refused(step.attempt(|step| reach::received(step, account, entry, author)))?),
        // A later version may know it; it cannot change the group.
        None => {
            record.unreadable = record.unreadable.saturating_add(1);
            event::emit(step, account, Some(record.id), EventKind::Unreadable)?;
        }
    }
    let mut log = device_log::of_author(step, account, entry)?;
    if entry.inner.kind() == Some(Kind::Receipt) {
        drop(refused(receipt::received(step, account, record, entry, &mut log))?);
    }
    if unreadable {
        log.unreadable.push(entry.inner.sequence);
    }
    device_log::advance(step, &mut log, entry);
    device_log::put(step, account, &record.id, &entry.inner.device, &log);
    Ok(())
}

/// Runs an operation that changes the conversation; if it is refused, neither rows nor `record` keep anything of it. Returns whether it was
/// done.
pub(crate) fn try_on(
    step: &mut Step<'_>,
    record: &mut ConversationRecord,
    operation: impl FnOnce(&mut Step<'_>, &mut ConversationRecord) -> Outcome<()>,
) -> Result<bool, Fault> {
    let mut changed = record.clone();
    let done = refused(step.attempt(|step| operation(step, &mut changed)))?.is_ok();
    if done {
        *record = changed;
    }
    Ok(done)
}

fn note_head(record: &mut ConversationRecord, entry: &Signed, tag: [u8; 8]) {
    record.heads.retain(|head| head.device != entry.inner.device);
    record.heads.push(HeadRecord { device: entry.inner.device, sequence: entry.inner.sequence, tag });
    if record.heads.len() > DEPENDENCIES_MAX {
        record.heads.remove(0);
    }
}
