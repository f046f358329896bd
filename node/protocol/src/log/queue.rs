//! Queues: which this node keeps, for whom, and with whom.

use tidings_crypto::id::{AccountId, NodeId, QueueId};
use tidings_crypto::outer::TopicKey;

use crate::error::Outcome;
use crate::limits::REGISTER_DELAY_MS;
use crate::record::log::{FollowerRecord, QueueRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::mailbox::{QueueVoucher, SuccessionVoucher};

/// A node that shall keep a queue, as the account layer names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Follower {
    pub(crate) node: NodeId,
    /// Whether it keeps the queue for a member without hosting one.
    pub(crate) mailbox: bool,
    /// Why it shall keep the queue, see [`FollowerRecord::voucher`].
    pub(crate) voucher: Vec<u8>,
}

pub(crate) fn get(step: &Step<'_>, queue: &QueueId) -> Outcome<Option<QueueRecord>> {
    step.rows.get(Scope::Node, Table::Queue, queue.as_bytes())
}

pub(crate) fn put(step: &mut Step<'_>, queue: &QueueId, record: &QueueRecord) {
    step.rows.put(Scope::Node, Table::Queue, queue.as_bytes(), record);
}

/// Makes `account` a reader of the queue and `followers` the nodes that keep it. Confirms a provisional queue.
pub(crate) fn follow(
    step: &mut Step<'_>,
    topic: [u8; 32],
    queue: QueueId,
    account: AccountId,
    followers: &[Follower],
    epoch: u64,
) -> Outcome<()> {
    let mut record = get(step, &queue)?.unwrap_or(QueueRecord::new(topic, step.now.wall.0));
    if record.provisional.take().is_some() {
        super::quota::give_back(step, queue.as_bytes())?;
    }
    record.ended = false;
    let is_new = record.subscribers.is_empty();
    if is_new {
        (record.epoch, record.closed_at) = (0, 0);
    }
    if !record.subscribers.contains(&account) {
        record.subscribers.push(account);
    }
    set(step, &mut record, followers, epoch);
    let follows = |node: NodeId| record.followers.iter().any(|follower| follower.node == node);
    record.latecomers.retain(|late| !follows(late.node));
    put(step, &queue, &record);
    step.to_catch_up.insert((account, queue));
    if is_new {
        // Nobody goes on pushing what came before anybody here asked for it.
        super::sync::again(step, &queue)?;
    }
    Ok(())
}

/// Tells the log who keeps the queue as of an MLS epoch.
pub(crate) fn set_followers(step: &mut Step<'_>, queue: &QueueId, followers: &[Follower], epoch: u64) -> Outcome<()> {
    if let Some(mut record) = get(step, queue)? {
        set(step, &mut record, followers, epoch);
        put(step, queue, &record);
    }
    Ok(())
}

/// Ends an account's interest. Once nobody here reads the queue, nothing more is taken for it; those who followed it may read it for half a year:
/// whoever is away since before they were removed learns of it nowhere else.
pub(crate) fn unfollow(step: &mut Step<'_>, queue: &QueueId, account: AccountId) -> Outcome<()> {
    if let Some(mut record) = get(step, queue)? {
        record.subscribers.retain(|subscriber| *subscriber != account);
        if record.subscribers.is_empty() && !record.followers.is_empty() {
            let followers = std::mem::take(&mut record.followers);
            record.latecomers.retain(|late| followers.iter().all(|follower| follower.node != late.node));
            record.latecomers.extend(followers);
            record.latecomers_since = step.now.wall.0;
        }
        if record.is_unwanted() {
            record.closed_at = step.now.wall.0.max(1);
        }
        put(step, queue, &record);
        step.set_timer(TimerKind::Register(account), REGISTER_DELAY_MS);
    }
    Ok(())
}

/// Lets whoever keeps the queue of `old` know that `next` carries the conversation: nodes and mailboxes that keep the one take the other from
/// any member. `next` must be known here ([`follow`]).
pub(crate) fn succeed(step: &mut Step<'_>, old: &TopicKey, next: &QueueId) -> Outcome<()> {
    if let Some(mut record) = get(step, next)?.filter(|record| record.succession.is_empty()) {
        let voucher = SuccessionVoucher { topic: *old.public().as_bytes(), signature: old.succeeded_by(next) };
        record.succession = wire::encode(&QueueVoucher::Succession(voucher));
        put(step, next, &record);
    }
    Ok(())
}

/// From which counter on a peer may read a queue; `None` if it may not.
pub(crate) fn readable_from(record: &QueueRecord, peer: NodeId) -> Option<u64> {
    let mut followers = record.followers.iter().chain(&record.latecomers);
    let follower = followers.find(|follower| follower.node == peer).map(|follower| follower.since);
    let reader = || {
        let may = record.sponsors.iter().any(|sponsor| sponsor.readers.contains(&peer));
        may.then_some(record.first)
    };
    if record.ended { None } else { follower.or_else(reader) }
}

/// What a follower is shown so that it keeps a queue it does not know.
pub(crate) fn voucher_for(record: &QueueRecord, peer: NodeId) -> Vec<u8> {
    let own = record.followers.iter().find(|follower| follower.node == peer).map(|follower| &follower.voucher);
    own.filter(|voucher| !voucher.is_empty()).unwrap_or(&record.succession).clone()
}

/// Adds followers. No home goes as long as the queue lives, since everybody who may read it keeps the right to, and whoever may not gets another
/// queue (DECISIONS 19); mailboxes are those that the newest epoch and the newest reach records name.
fn set(step: &mut Step<'_>, record: &mut QueueRecord, nodes: &[Follower], epoch: u64) {
    let stays = |old: &&FollowerRecord| !old.mailbox || epoch < record.epoch;
    let stays = record.followers.iter().filter(stays);
    let mut followers: Vec<Follower> = stays
        .map(|old| Follower { node: old.node, mailbox: old.mailbox, voucher: Vec::new() })
        .chain(nodes.iter().filter(|follower| follower.node != step.config.node).cloned())
        .collect();
    // A home that is a mailbox as well counts as a home; of two words for a node one that says something.
    followers.sort_by_key(|follower| (follower.node, follower.mailbox, follower.voucher.is_empty()));
    followers.dedup_by_key(|follower| follower.node);
    let followers: Vec<FollowerRecord> = followers.into_iter().map(|follower| known_as(record, follower)).collect();
    record.epoch = record.epoch.max(epoch);
    record.followers = followers;
    super::ring::reach_carriers(step, record);
    for account in &record.subscribers {
        step.set_timer(TimerKind::Register(*account), REGISTER_DELAY_MS);
    }
}

/// What is kept of a follower: it gets what comes from the time on when it was first named.
fn known_as(record: &QueueRecord, follower: Follower) -> FollowerRecord {
    let known = record.followers.iter().chain(&record.latecomers).find(|old| old.node == follower.node);
    FollowerRecord {
        node: follower.node,
        since: known.map_or(record.next, |old| old.since),
        mailbox: follower.mailbox,
        // Another account here may not be the contact that this one is.
        voucher: match known {
            Some(old) if follower.voucher.is_empty() => old.voucher.clone(),
            Some(_) | None => follower.voucher,
        },
    }
}
