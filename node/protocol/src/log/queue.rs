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
) -> Outcome<()> {
    let mut record = get(step, &queue)?.unwrap_or(QueueRecord {
        topic,
        followers: Vec::new(),
        subscribers: Vec::new(),
        next: 1,
        provisional: None,
    });
    if record.provisional.take().is_some() {
        super::accept::give_back(step, queue.as_bytes())?;
    }
    if !record.subscribers.contains(&account) {
        record.subscribers.push(account);
    }
    set(step, &mut record, followers);
    put(step, &queue, &record);
    step.to_catch_up.insert((account, queue));
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

/// Adds followers; none goes as long as the queue lives, since everybody who may read it keeps the right to, and whoever may not gets another
/// queue (DECISIONS 19).
fn set(step: &mut Step<'_>, record: &mut QueueRecord, nodes: &[NodeId]) {
    let mut others: Vec<NodeId> = record.followers.iter().map(|follower| follower.node).collect();
    others.extend(nodes.iter().copied().filter(|node| *node != step.config.node));
    others.sort_unstable();
    others.dedup();
    let since =
        |node: &NodeId| record.followers.iter().find(|old| old.node == *node).map_or(record.next, |old| old.since);
    let followers: Vec<FollowerRecord> =
        others.iter().map(|node| FollowerRecord { node: *node, since: since(node) }).collect();
    record.followers = followers;
    for node in others {
        step.peers.peer(node).wanted = true;
        step.to_serve.insert(node);
    }
}
