//! Queues: which this node keeps, for whom, and with whom.

use tidings_crypto::id::{AccountId, NodeId, QueueId};

use crate::error::Outcome;
use crate::record::log::{FollowerRecord, QueueRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};

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
    followers: &[NodeId],
    epoch: u64,
) -> Outcome<()> {
    let mut record = get(step, &queue)?.unwrap_or(QueueRecord {
        topic,
        followers: Vec::new(),
        subscribers: Vec::new(),
        next: 1,
        provisional: None,
        epoch: 0,
    });
    if record.provisional.take().is_some() {
        super::accept::give_back(step, &queue)?;
    }
    if record.subscribers.is_empty() {
        record.epoch = 0;
    }
    if !record.subscribers.contains(&account) {
        record.subscribers.push(account);
    }
    set(step, &mut record, followers, epoch);
    put(step, &queue, &record);
    step.to_catch_up.insert((account, queue));
    Ok(())
}

/// Tells the log who keeps the queue as of an MLS epoch.
pub(crate) fn set_followers(step: &mut Step<'_>, queue: &QueueId, followers: &[NodeId], epoch: u64) -> Outcome<()> {
    if let Some(mut record) = get(step, queue)? {
        set(step, &mut record, followers, epoch);
        put(step, queue, &record);
    }
    Ok(())
}

/// Ends an account's interest. Once nobody here reads the queue, nothing more is taken for it.
pub(crate) fn unfollow(step: &mut Step<'_>, queue: &QueueId, account: AccountId) -> Outcome<()> {
    if let Some(mut record) = get(step, queue)? {
        record.subscribers.retain(|subscriber| *subscriber != account);
        if record.subscribers.is_empty() {
            record.followers.clear();
        }
        put(step, queue, &record);
    }
    Ok(())
}

fn set(step: &mut Step<'_>, record: &mut QueueRecord, nodes: &[NodeId], epoch: u64) {
    if epoch < record.epoch {
        return;
    }
    record.epoch = epoch;
    let mut others: Vec<NodeId> = nodes.iter().copied().filter(|node| *node != step.config.node).collect();
    others.sort_unstable();
    others.dedup();
    let since =
        |node: &NodeId| record.followers.iter().find(|old| old.node == *node).map_or(record.next, |old| old.since);
    let followers: Vec<FollowerRecord> =
        others.iter().map(|node| FollowerRecord { node: *node, since: since(node) }).collect();
    record.followers = followers;
    super::ring::reach_carriers(step, record);
}
