//! The tip: which epoch of the tree everybody is at, by the rule and nothing else, and what follows when it moves (PROTOCOL A5.5, A5.9).

use std::collections::BTreeSet;

use tidings_crypto::id::{AccountId, DeviceId, EpochId};
use tidings_crypto::outer::TopicKey;

use super::rule::{Child, Class, Electorate, Vote, choose};
use super::wish::Lost;
use super::{epoch, group_log, leave, readmit, rejoin, state, tree, void, welcome, wish};
use crate::account::device_log;
use crate::account::message::{receipt, resend};
use crate::account::policy::Policy;
use crate::account::{catch_up, event, join_link, profile};
use crate::error::Outcome;
use crate::record::conversation::{ConversationKind, ConversationRecord, Membership, generation_among};
use crate::record::epoch::{EpochRecord, Standing};
use crate::record::event::EventKind;
use crate::record::log::{DeviceLogRecord, Stretch};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::inner::generation_start;

/// The chosen epochs from the base to the tip, or to the first that is void for this account.
pub(crate) fn path(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<Vec<EpochId>> {
    let mut path = vec![record.base];
    let mut at = epoch::named(step, account, &record.id, &record.base)?;
    while !void::shuts_out(step, account, record, &at)?
        && let Some(next) = chosen(step, account, record, &at)?
    {
        path.push(next);
        at = epoch::named(step, account, &record.id, &next)?;
    }
    Ok(path)
}

/// The child that the rule picks.
pub(crate) fn chosen(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    parent: &EpochRecord,
) -> Outcome<Option<EpochId>> {
    let mut children = Vec::with_capacity(parent.children.len());
    for id in &void::open_children(step, account, record, parent)? {
        let child = epoch::named(step, account, &record.id, id)?;
        if let Some(commit) = child.commit {
            let class = if commit.demoted { Class::Demoted } else { commit.class };
            let (author, rank) = (commit.author, commit.rank);
            children.push(Child { epoch: *id, author, class, rank, commit: commit.id });
        }
    }
    // Of an epoch that only a welcome told of nobody can vote.
    let admins = Policy::parse(&parent.policy).map(|policy| policy.admins()).unwrap_or_default();
    let votes: Vec<Vote> = parent.votes.iter().map(|vote| Vote { voter: vote.voter, child: vote.child }).collect();
    Ok(choose(&children, &Electorate { users: &parent.members, admins: &admins }, &votes))
}

/// Moves to the epoch that the rule picks, and stores the record.
pub(crate) fn settle(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord) -> Outcome<()> {
    let path = path(step, account, record)?;
    let Some(tip) = path.last().copied() else { return Ok(()) };
    if tip != record.tip || !record.membership.is_in() || is_shut(step, account, record)? {
        go(step, account, record, &path, tip)?;
    }
    if record.membership.is_in() {
        tree::prune(step, account, record, &path)?;
    }
    state::put(step, account, record);
    Ok(())
}

/// Whether somebody has said that the tip is void, to which this account was welcomed.
fn is_shut(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<bool> {
    let tip = epoch::get(step, account, &record.id, &record.tip)?;
    tip.map_or(Ok(false), |tip| void::shuts_out(step, account, record, &tip))
}

fn go(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    path: &[EpochId],
    tip: EpochId,
) -> Outcome<()> {
    let next = epoch::named(step, account, &record.id, &tip)?;
    let before = record.members.clone();
    let by = next.commit.map_or(record.creator, |commit| commit.author);
    let was_in = record.membership.is_in();
    let standing = if void::shuts_out(step, account, record, &next)? { Standing::Out } else { next.standing };
    match standing {
        Standing::Kept => {
            let old = record.tip;
            let switched = !path.contains(&old) && epoch::get(step, account, &record.id, &old)?.is_some();
            let parted = cut_logs(step, account, record, path)?;
            enter(step, account, record, (tip, &next))?;
            if switched {
                turn_back(step, account, record, path, &old)?;
            }
            announce(step, account, record, &before, by)?;
            if was_in && !before.is_empty() {
                group_log::announce(step, account, record)?;
            }
            if !was_in {
                return_from_out(step, account, record)?;
            }
            for entered in path.iter().skip(if was_in { parted } else { 0 }) {
                void::look(step, account, record, entered)?;
            }
            if record.membership == Membership::Leaving {
                leave::persist(step, account, record)?;
            }
            step.to_act.insert((account, record.id));
        }
        Standing::Out if was_in => match lets_own_device_in(step, account, &next)? {
            // It waits for its welcome, and asks again if none comes.
            Some(generation) => rejoin::wait(step, account, record, (generation, next.entered)),
            None => {
                out(step, account, record, by)?;
                lost_branch(step, account, record, path, &record.tip)?;
            }
        },
        Standing::Out => {}
        // The others are where this device cannot follow.
        Standing::Forgotten | Standing::Told => record.set_stranded(true, step.now.wall.0),
    }
    Ok(())
}

/// Whether the commit that leads to an epoch removes this device to add it again: with which log it goes on.
fn lets_own_device_in(step: &Step<'_>, account: AccountId, epoch: &EpochRecord) -> Outcome<Option<u16>> {
    let device = profile::load(step, account)?.device;
    Ok(epoch.readmitted.iter().find(|back| back.device == device).map(|back| back.generation))
}

/// Makes an epoch the tip of `record`, and tells the log who keeps its queue.
pub(crate) fn enter(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    (id, epoch): (EpochId, &EpochRecord),
) -> Outcome<()> {
    record.tip = id;
    record.epoch = epoch.number;
    record.policy.clone_from(&epoch.policy);
    record.members.clone_from(&epoch.members);
    record.homes.clone_from(&epoch.homes);
    record.log_key = epoch.log_key;
    let earlier = std::mem::replace(&mut record.topic_secret, epoch.topic_secret);
    let was_open = record.queues.contains(&record.queue);
    record.queue = epoch.queue;
    record.generations.clone_from(&epoch.generations);
    // On another branch this device was let back in and has begun a log that nobody takes here.
    let another = writes_another_log(step, account, record)?;
    record.set_stranded(another, step.now.wall.0);
    (record.active_at, record.heard_at) = (step.now.wall.0, step.now.wall.0);
    if std::mem::take(&mut record.given_up) {
        // Some of them may be of the new time.
        catch_up::read_from_the_start(step, account, record);
    }
    state::open_queue(step, account, record, epoch)?;
    if was_open && earlier != record.topic_secret {
        crate::log::queue::succeed(step, &TopicKey::derive(&earlier), &record.queue)?;
    }
    Ok(())
}

/// Whether the own log is not the one that counts at the tip.
pub(crate) fn writes_another_log(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<bool> {
    let device = profile::load(step, account)?.device;
    Ok(generation_among(&record.generations, &device) != record.generation)
}

/// What the chosen commits say of the logs of those who came and went. Commits before the old tip were heard already. Returns where in `path`
/// the others begin.
fn cut_logs(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord, path: &[EpochId]) -> Outcome<usize> {
    // Back along the old branch to where both agree.
    let mut at = record.tip;
    while !path.contains(&at) {
        let Some(undone) = epoch::get(step, account, &record.id, &at)? else { break };
        for cut in &undone.cuts {
            set_cut(step, account, record, &cut.device, None)?;
        }
        for back in &undone.readmitted {
            set_void(step, account, record, &back.device, None)?;
        }
        let Some(parent) = undone.parent else { break };
        at = parent;
    }
    let from = path.iter().position(|one| *one == at).map_or(0, |at| at + 1);
    for done in path.iter().skip(from) {
        let done = epoch::named(step, account, &record.id, done)?;
        for cut in &done.cuts {
            set_cut(step, account, record, &cut.device, Some(cut.sequence))?;
        }
        for device in &done.added {
            set_cut(step, account, record, device, None)?;
        }
        for back in &done.readmitted {
            let last = generation_start(back.generation);
            let void = Stretch { first: back.sequence.saturating_add(1), last };
            set_void(step, account, record, &back.device, Some(void))?;
            readmit::write_anew(step, account, record, path, &back.request)?;
        }
    }
    Ok(from)
}

fn set_cut(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    device: &DeviceId,
    cut: Option<u64>,
) -> Outcome<()> {
    if let Some(log) = device_log::get(step, account, &record.id, device)?.filter(|log| log.cut != cut) {
        device_log::put(step, account, &record.id, device, &DeviceLogRecord { cut, ..log });
    }
    Ok(())
}

/// Begins another log of a device, with nothing between it and the one before, or goes back to that one.
fn set_void(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    device: &DeviceId,
    void: Option<Stretch>,
) -> Outcome<()> {
    if let Some(log) = device_log::get(step, account, &record.id, device)? {
        let log = DeviceLogRecord { void, cut: None, ..log };
        device_log::put(step, account, &record.id, device, &log);
    }
    Ok(())
}

/// The branch on which this device was has lost: what it did there is wished for again, and what the other branch says of old entries is
/// looked at once more.
fn turn_back(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    path: &[EpochId],
    old: &EpochId,
) -> Outcome<()> {
    let Branch { fork, commits, own_sequence } = lost_branch(step, account, record, path, old)?;
    wish::again(step, account, record, &commits)?;
    if let Some(before) = own_sequence {
        resend::later(step, account, record, before, None)?;
    }
    let fork = epoch::get(step, account, &record.id, &fork)?;
    read_again(step, account, record, fork.as_ref())
}

/// A branch that has lost.
struct Branch {
    /// Where it parts from the chosen one.
    fork: EpochId,
    /// What this device committed on it, the oldest first.
    commits: Vec<Lost>,
    /// The last number of the own log before it.
    own_sequence: Option<u64>,
}

/// The branch between `path` and `old`, which has lost. Where welcomes have gone out they are called void.
fn lost_branch(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    path: &[EpochId],
    old: &EpochId,
) -> Outcome<Branch> {
    let device = profile::load(step, account)?.device;
    let (mut commits, mut own_sequence) = (Vec::new(), None);
    let mut at = *old;
    while !path.contains(&at) {
        let Some(lost) = epoch::get(step, account, &record.id, &at)? else { break };
        let Some(before) = lost.parent else { break };
        own_sequence = lost.own_sequence.or(own_sequence);
        if !welcome::is_held(step, account, &record.id, &at)? {
            void::look(step, account, record, &at)?;
        }
        if lost.commit.is_some_and(|commit| commit.author == account && commit.device == device) {
            let Some(parent) = epoch::get(step, account, &record.id, &before)? else { break };
            commits.push(Lost { parent, epoch: lost });
        }
        at = before;
    }
    commits.reverse();
    Ok(Branch { fork: at, commits, own_sequence })
}

/// Goes through entries once more that came since `fork` was entered, or all of them: some were refused for a reason that no longer holds.
fn read_again(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    fork: Option<&EpochRecord>,
) -> Outcome<()> {
    for queue in &record.queues {
        let from = fork.filter(|fork| *queue == fork.queue).map_or(0, |fork| fork.counter.saturating_sub(1));
        let cursor: u64 = step.rows.get(Scope::Account(account), Table::Cursor, queue.as_bytes())?.unwrap_or(0);
        step.rows.put(Scope::Account(account), Table::Cursor, queue.as_bytes(), &cursor.min(from));
        step.to_catch_up.insert((account, *queue));
    }
    Ok(())
}

fn announce(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    before: &[AccountId],
    by: AccountId,
) -> Outcome<()> {
    if record.kind == ConversationKind::Direct || before.is_empty() {
        return Ok(());
    }
    let (old, new): (BTreeSet<&AccountId>, BTreeSet<&AccountId>) =
        (before.iter().collect(), record.members.iter().collect());
    let joined = record.members.iter().filter(|member| !old.contains(member)).map(|member| (*member, true));
    let left = before.iter().filter(|member| !new.contains(member)).map(|member| (*member, false));
    for (member, joined) in joined.chain(left).collect::<Vec<_>>() {
        let kind = EventKind::GroupMember { account: member, joined, by };
        event::emit(step, account, Some(record.id), kind)?;
    }
    Ok(())
}

/// This account is out by the commit that is chosen now. It keeps its states for a while: another branch may still win.
pub(crate) fn out(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    by: AccountId,
) -> Outcome<()> {
    record.membership = match record.membership {
        Membership::Leaving | Membership::Left => Membership::Left,
        Membership::Member | Membership::Removed => Membership::Removed,
    };
    // What waits goes on waiting: it may be the rival that lets this account stay.
    record.receipt_due = 0;
    join_link::request::close(step, account, &record.id)?;
    event::emit(step, account, Some(record.id), EventKind::GroupRemoved { by })
}

/// The commit that removed this account has lost after all.
fn return_from_out(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord) -> Outcome<()> {
    record.membership = match record.membership {
        // The wish to leave stands.
        Membership::Left | Membership::Leaving => Membership::Leaving,
        Membership::Removed | Membership::Member => Membership::Member,
    };
    let fork = record.base;
    let fork = epoch::get(step, account, &record.id, &fork)?;
    read_again(step, account, record, fork.as_ref())?;
    // What came before may not be receipted yet.
    receipt::owe(step, account, record);
    event::emit(step, account, Some(record.id), EventKind::GroupCreated)
}
