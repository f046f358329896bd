//! The tree of epochs: a commit that counts adds the epoch it leads to, beside its rivals (PROTOCOL A5, docs/adr/0010).
//!
//! Every epoch's MLS state is kept whole under its own id, so no state is ever restored and no ratchet goes back: which epoch is the tip is a
//! pointer (see `tip`), and messages under epochs that are not chosen can be read as long as their rows are kept.

use std::collections::{BTreeMap, BTreeSet};

use tidings_crypto::id::{AccountId, EpochId, NodeId};
use tidings_crypto::mls::{Group, MemberView};
use tidings_crypto::outer::{LogKey, TopicKey};

use super::{epoch, state};
use crate::account::device_log;
use crate::account::identity;
use crate::account::policy::Policy;
use crate::error::{Outcome, Rejection};
use crate::limits::{KEPT_EPOCHS_MAX, MEMBERS_MAX, PAST_EPOCHS_MAX, PAST_TAGS_MAX};
use crate::record::conversation::{ConversationRecord, GenerationRecord, LogKeyRecord};
use crate::record::epoch::{CommitRecord, CutRecord, EpochRecord, ReadmitRecord, Standing};
use crate::record::key;
use crate::record::log::DeviceLogRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::rejoin::SignedRejoin;

/// The exporter label of an epoch's log key (PROTOCOL A4).
const LOG_KEY: &str = "tidings/1/log";
/// The exporter label of a generation secret (PROTOCOL A2).
const TOPIC: &str = "tidings/1/topic";

fn damaged(_: tidings_crypto::mls::MlsError) -> Rejection {
    Rejection::Refused { reason: "MLS state" }
}

/// Where an epoch comes from.
#[derive(Default)]
pub(crate) struct Origin {
    pub(crate) parent: Option<EpochId>,
    pub(crate) commit: Option<CommitRecord>,
    pub(crate) cuts: Vec<CutRecord>,
    pub(crate) readmitted: Vec<ReadmitRecord>,
    /// The generation secret, where a welcome tells it.
    pub(crate) topic_secret: Option<[u8; 32]>,
    /// Which logs are written, where a welcome tells it.
    pub(crate) generations: Option<Vec<GenerationRecord>>,
}

/// Adds the epoch that a valid commit leads to. `next` is the group there. Changes `record`; the caller stores it.
pub(crate) fn grow(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    (parent, commit): (EpochId, CommitRecord),
    (mut cuts, rejoins): (Vec<CutRecord>, &[SignedRejoin]),
    next: &Group,
) -> Outcome<EpochId> {
    let id = EpochId::next(&record.id, &parent, &commit.id);
    let readmitted = readmitted(&mut cuts, rejoins)?;
    let origin = Origin { parent: Some(parent), commit: Some(commit), cuts, readmitted, ..Origin::default() };
    plant(step, account, record, (id, origin), next)?;
    Ok(id)
}

/// The cuts of devices that are let back in at once end one log and begin another.
fn readmitted(cuts: &mut Vec<CutRecord>, rejoins: &[SignedRejoin]) -> Outcome<Vec<ReadmitRecord>> {
    let mut all = Vec::with_capacity(rejoins.len());
    for signed in rejoins {
        let request = signed.parse()?;
        let cut = cuts.iter().find(|cut| cut.device == request.device).map_or(0, |cut| cut.sequence);
        cuts.retain(|cut| cut.device != request.device);
        all.push(ReadmitRecord {
            device: request.device,
            sequence: cut,
            generation: request.generation,
            request: wire::encode(signed),
        });
    }
    Ok(all)
}

/// Adds one epoch to the tree: its rows if the account is a member, its summary in any case.
pub(crate) fn plant(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    (id, origin): (EpochId, Origin),
    group: &Group,
) -> Outcome<()> {
    let conversation = record.id;
    let parent = match &origin.parent {
        Some(parent) => epoch::get(step, account, &conversation, parent)?,
        None => None,
    };
    let mut fresh = summary(step, group, &origin, parent.as_ref())?;
    let known = epoch::get(step, account, &conversation, &id)?;
    if known.as_ref().is_some_and(|known| known.standing == Standing::Kept) {
        // Its state is in use and must not go back.
        return name_child(step, account, record, &id, (origin.parent, parent));
    }
    if let Some(known) = known {
        // A welcome told of it, and perhaps of what builds on it.
        (fresh.children, fresh.votes) = (known.children, known.votes);
    }
    if fresh.standing == Standing::Kept {
        fresh.topic_secret = topic_secret(group, &origin, parent.as_ref(), &fresh)?;
        fresh.queue = TopicKey::derive(&fresh.topic_secret).queue();
        fresh.log_key = group.export(LOG_KEY, &[]).map_err(damaged)?;
        keep_rows(step, account, record, (&id, &fresh), group);
    }
    fresh.own_sequence = Some(record.own_sequence);
    fresh.counter = crate::log::queue::get(step, &fresh.queue)?.map_or(0, |queue| queue.next);
    enrol(step, account, record, &mut fresh, parent.as_ref(), &group.members())?;
    name_child(step, account, record, &id, (origin.parent, parent))?;
    epoch::put(step, account, &conversation, &id, &fresh);
    if fresh.standing == Standing::Kept {
        state::open_queue(step, account, record, &fresh)?;
    }
    Ok(())
}

/// Notes an epoch with the one before it.
fn name_child(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    child: &EpochId,
    (id, parent): (Option<EpochId>, Option<EpochRecord>),
) -> Outcome<()> {
    if let (Some(id), Some(mut parent)) = (id, parent)
        && !parent.children.contains(child)
    {
        parent.children.push(*child);
        epoch::put(step, account, &record.id, &id, &parent);
    }
    Ok(())
}

fn summary(step: &Step<'_>, group: &Group, origin: &Origin, parent: Option<&EpochRecord>) -> Outcome<EpochRecord> {
    let standing = if group.is_active() { Standing::Kept } else { Standing::Out };
    let queue = parent.map(|parent| parent.queue);
    Ok(EpochRecord {
        number: group.epoch(),
        parent: origin.parent,
        commit: origin.commit,
        standing,
        members: Vec::new(),
        homes: Vec::new(),
        policy: group.policy().map_err(damaged)?,
        log_key: [0; 32],
        topic_secret: [0; 32],
        queue: queue.unwrap_or_else(|| TopicKey::derive(&[0; 32]).queue()),
        entered: step.now.wall.0,
        counter: 0,
        children: Vec::new(),
        cuts: origin.cuts.clone(),
        added: Vec::new(),
        readmitted: origin.readmitted.clone(),
        votes: Vec::new(),
        own_sequence: None,
        generations: generations(origin, parent),
        words: Vec::new(),
        gone: Vec::new(),
    })
}

/// Which logs are written at an epoch: what a welcome tells, else those of the parent and of whom the commit lets back in. Those who are out
/// may come back and go on in theirs.
fn generations(origin: &Origin, parent: Option<&EpochRecord>) -> Vec<GenerationRecord> {
    let known = origin.generations.clone().or_else(|| parent.map(|parent| parent.generations.clone()));
    let mut all = known.unwrap_or_default();
    for back in &origin.readmitted {
        all.retain(|known| known.device != back.device);
        all.push(GenerationRecord { device: back.device, generation: back.generation });
    }
    all.drain(..all.len().saturating_sub(MEMBERS_MAX));
    all
}

/// The secret of the topic: what a welcome tells, else the parent's, else a new generation's (DECISIONS 19).
fn topic_secret(
    group: &Group,
    origin: &Origin,
    parent: Option<&EpochRecord>,
    fresh: &EpochRecord,
) -> Outcome<[u8; 32]> {
    if let Some(told) = origin.topic_secret {
        return Ok(told);
    }
    if let Some(parent) = parent
        && Policy::parse(&parent.policy)?.topic_generation == Policy::parse(&fresh.policy)?.topic_generation
    {
        return Ok(parent.topic_secret);
    }
    Ok(group.export(TOPIC, &[]).map_err(damaged)?)
}

fn keep_rows(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    (id, fresh): (&EpochId, &EpochRecord),
    group: &Group,
) {
    state::store_whole(step, account, id, group);
    let tag = LogKey::from_bytes(fresh.log_key).tag();
    let row = key::join(&[record.id.as_bytes(), &tag]);
    let log_key = LogKeyRecord { key: fresh.log_key, epoch: *id, queue: fresh.queue };
    step.rows.put(Scope::Account(account), Table::LogKey, &row, &log_key);
    record.past_tags.retain(|past| **past != tag);
    record.past_tags.push(tag.into());
    if record.past_tags.len() > PAST_TAGS_MAX {
        record.past_tags.remove(0);
    }
    if !record.kept.contains(id) {
        record.kept.push(*id);
    }
}

/// Fills in members and their homes, and notes the devices of those who are new.
fn enrol(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    fresh: &mut EpochRecord,
    parent: Option<&EpochRecord>,
    members: &[MemberView],
) -> Outcome<()> {
    let known: BTreeMap<AccountId, NodeId> = parent
        .map(|parent| parent.members.iter().copied().zip(parent.homes.iter().copied()).collect())
        .unwrap_or_default();
    let mut seen = BTreeSet::new();
    for member in members {
        let home = match known.get(&member.account()) {
            Some(home) => *home,
            None => newcomer(step, account, record, fresh, member)?,
        };
        if seen.insert(member.account()) {
            fresh.members.push(member.account());
            fresh.homes.push(home);
        }
    }
    Ok(())
}

/// Notes one member that the parent does not have: the key of its device, and its home.
fn newcomer(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    fresh: &mut EpochRecord,
    member: &MemberView,
) -> Outcome<NodeId> {
    let log = identity::log(step, account, &member.account())?
        .ok_or(Rejection::Refused { reason: "member without an identity" })?;
    let device = log.device(member.device()).ok_or(Rejection::Refused { reason: "device of a member" })?;
    fresh.added.push(member.device());
    // A device that comes back goes on in its log.
    if device_log::get(step, account, &record.id, &member.device())?.is_none() {
        let blank = DeviceLogRecord::blank(member.account(), *device.device_key.as_bytes(), step.now.wall.0);
        device_log::put(step, account, &record.id, &member.device(), &blank);
    }
    Ok(log.homes().first().map_or(step.config.node, |home| home.node))
}

/// Gives up what lies too far behind the tip of `path`: rows of epochs that commits can no longer reach (PROTOCOL A5.6).
pub(crate) fn prune(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    path: &[EpochId],
) -> Outcome<()> {
    let behind = path.len().saturating_sub(step.config.anchors + 1);
    if let Some(base) = path.get(behind).filter(|_| behind > 0).copied() {
        rebase(step, account, record, base, path.get(..behind).unwrap_or_default())?;
    }
    // Of many rivals those go first that were not chosen, the oldest first.
    while record.kept.len() > KEPT_EPOCHS_MAX {
        let Some(at) = record.kept.iter().position(|kept| !path.contains(kept)) else { break };
        let side = record.kept.remove(at);
        forget(step, account, record, &side)?;
    }
    close_queues(step, account, record)
}

fn rebase(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    base: EpochId,
    left: &[EpochId],
) -> Outcome<()> {
    let conversation = record.id;
    let stays: BTreeSet<EpochId> = epoch::subtree(step, account, &conversation, &base)?.into_iter().collect();
    let all = epoch::subtree(step, account, &conversation, &record.base)?;
    for gone in all.into_iter().filter(|one| !stays.contains(one)) {
        record.kept.retain(|kept| *kept != gone);
        record.past.retain(|past| *past != gone);
        forget(step, account, record, &gone)?;
        if left.contains(&gone) {
            record.past.push(gone);
        } else {
            give_up_branch(step, account, record, left, &gone)?;
        }
    }
    record.base = base;
    while record.past.len() > PAST_EPOCHS_MAX {
        let oldest = record.past.remove(0);
        forget_fork(step, account, record, &oldest)?;
    }
    Ok(())
}

/// Of a branch that has lost only the first commit is remembered: votes may still be about it.
fn give_up_branch(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    left: &[EpochId],
    id: &EpochId,
) -> Outcome<()> {
    let mut known = epoch::named(step, account, &record.id, id)?;
    if known.parent.is_some_and(|parent| left.contains(&parent)) {
        known.children.clear();
        epoch::put(step, account, &record.id, id, &known);
    } else {
        epoch::delete(step, account, &record.id, id)?;
    }
    Ok(())
}

/// Forgets the oldest chosen epoch that is remembered, and what was decided there.
fn forget_fork(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord, id: &EpochId) -> Outcome<()> {
    let Some(known) = epoch::get(step, account, &record.id, id)? else { return Ok(()) };
    let mut gone = known.children;
    gone.retain(|child| *child != record.base && !record.past.contains(child));
    while let Some(child) = gone.pop() {
        let above = epoch::get(step, account, &record.id, &child)?.map(|child| child.children);
        gone.extend(above.unwrap_or_default());
        state::forget_epoch(step, account, &record.id, &child)?;
        record.kept.retain(|kept| *kept != child);
        epoch::delete(step, account, &record.id, &child)?;
    }
    epoch::delete(step, account, &record.id, id)
}

/// Gives up an epoch's rows. What was decided there is remembered.
fn forget(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord, id: &EpochId) -> Outcome<()> {
    state::forget_epoch(step, account, &record.id, id)?;
    if let Some(mut known) = epoch::get(step, account, &record.id, id)?
        && known.standing == Standing::Kept
    {
        known.standing = Standing::Forgotten;
        epoch::put(step, account, &record.id, id, &known);
    }
    Ok(())
}

/// Ends the interest in queues that no kept epoch uses any more.
fn close_queues(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord) -> Outcome<()> {
    if record.queues.len() < 2 {
        return Ok(());
    }
    let mut used = BTreeSet::from([record.queue]);
    // A late rival of an epoch that is remembered still comes through its queue.
    for known in record.kept.iter().chain(&record.past) {
        used.extend(epoch::get(step, account, &record.id, known)?.map(|known| known.queue));
    }
    for queue in record.queues.clone().iter().filter(|queue| !used.contains(queue)) {
        crate::log::queue::unfollow(step, queue, account)?;
        step.rows.delete(Scope::Account(account), Table::ConversationQueue, queue.as_bytes());
        record.queues.retain(|open| open != queue);
    }
    Ok(())
}
