//! Fingerprints of ranges of ids, kept so that they cost what is new since the last time and not the whole history.
//!
//! The fingerprint of a range is a hash of its ids if they are few, else of the fingerprints of its sixteen parts: a Merkle tree over the
//! sorted set, so that no choice of ids makes two sets look alike (sums and XORs of hashes, as other systems use, can be forged by one who
//! chooses many ids: D. Wagner, "A Generalized Birthday Problem", CRYPTO 2002). Appending costs nothing: a tree is brought up to date when
//! somebody reconciles.

use tidings_crypto::derive;
use tidings_crypto::id::{OuterId, QueueId};

use super::prefix::Prefix;
use crate::error::{Fault, Outcome};
use crate::limits::{
    LIST_ENTRIES_MAX, RANGE_LEAF_IDS, RANGE_LEVELS_MAX, RANGE_TREE_ENTRIES_MIN, RANGE_TREE_IDLE_MS, RANGE_TREES_MAX,
};
use crate::log::listing;
use crate::record;
use crate::record::key;
use crate::record::log::QueueRecord;
use crate::record::sync::{RangeRecord, RangeTreeRecord};
use crate::step::Step;
use crate::store::snapshot::{Direction, Snapshot as _};
use crate::store::table::{Scope, Table};

/// A queue as one peer may see it: the entries from some counter on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    queue: QueueId,
    /// The first counter the peer may see; names the tree.
    since: u64,
    /// The first counter of these that is still there.
    from: u64,
    next: u64,
    /// How deep fingerprints are kept; 0 for none.
    levels: u8,
}

impl View {
    /// Opens the view and brings its tree up to date. `None` if other trees of the queue are in use and there is no room for this one.
    pub(crate) fn open(step: &mut Step<'_>, queue: QueueId, record: &QueueRecord, since: u64) -> Outcome<Option<Self>> {
        let from = listing::first(step, &queue, since)?.unwrap_or(record.next);
        let levels = levels(record.next.saturating_sub(from));
        let view = Self { queue, since, from, next: record.next, levels };
        Ok((levels == 0 || bring_up_to_date(step, &view)?).then_some(view))
    }

    /// How many entries it has.
    pub(crate) fn count(&self) -> u64 {
        self.next.saturating_sub(self.from)
    }

    fn row(&self, prefix: Prefix) -> Vec<u8> {
        let tree = key::counted(self.queue.as_bytes(), self.since);
        key::join(&[&tree, &[prefix.nibbles()], prefix.bytes()])
    }
}

/// So deep that a range at the lowest level kept has about 64 ids at most.
fn levels(count: u64) -> u8 {
    if count < RANGE_TREE_ENTRIES_MIN {
        return 0;
    }
    (1..RANGE_LEVELS_MAX).find(|level| count >> (4 * u32::from(*level)) <= 64).unwrap_or(RANGE_LEVELS_MAX)
}

/// Fingerprint and number of the ids in a range.
pub(crate) fn node(step: &mut Step<'_>, view: &View, prefix: Prefix) -> Outcome<RangeRecord> {
    let kept = view.levels > 0 && prefix.nibbles() <= view.levels;
    if kept && let Some(record) = step.rows.get(Scope::Node, Table::RangeNode, &view.row(prefix))? {
        return Ok(record);
    }
    let parts = if prefix.nibbles() < view.levels { Some(children(step, view, prefix)?) } else { None };
    let record = match parts {
        Some(parts) if total(&parts) > RANGE_LEAF_IDS as u64 => joined(&parts),
        Some(_) | None => of_ids(&all_ids(step, view, prefix)?, prefix),
    };
    if kept && record.count > RANGE_LEAF_IDS as u64 {
        step.rows.put(Scope::Node, Table::RangeNode, &view.row(prefix), &record);
    }
    Ok(record)
}

/// The same for its sixteen parts.
pub(crate) fn children(step: &mut Step<'_>, view: &View, prefix: Prefix) -> Outcome<Vec<RangeRecord>> {
    if prefix.nibbles() < view.levels {
        return (0..16).map(|nibble| node(step, view, prefix.child(nibble))).collect();
    }
    Ok(parts(&all_ids(step, view, prefix)?, prefix))
}

/// The ids in a range with their counters, ascending; at most `limit` rows are read. Returns whether that was all.
pub(crate) fn ids(step: &Step<'_>, view: &View, prefix: Prefix, limit: usize) -> Outcome<(Vec<(OuterId, u64)>, bool)> {
    let (start, end) = prefix.keys(&view.queue);
    let rows = step.rows.range(Scope::Node, Table::OuterIndex, &start, &end, limit, Direction::Forward)?;
    let complete = rows.len() < limit;
    let mut ids = Vec::with_capacity(rows.len());
    for (row, value) in rows {
        let counter = key::counter_of(&value).ok_or(Fault::Damaged("outer index"))?;
        if counter >= view.from {
            let id = row.get(view.queue.as_bytes().len()..).and_then(|id| OuterId::try_from(id).ok());
            ids.push((id.ok_or(Fault::Damaged("outer index key"))?, counter));
        }
    }
    Ok((ids, complete))
}

fn all_ids(step: &Step<'_>, view: &View, prefix: Prefix) -> Outcome<Vec<OuterId>> {
    Ok(ids(step, view, prefix, usize::MAX)?.0.into_iter().map(|(id, _)| id).collect())
}

/// The one definition of a fingerprint; what is kept only saves computing it.
fn of_ids(ids: &[OuterId], prefix: Prefix) -> RangeRecord {
    if ids.is_empty() {
        return RangeRecord::default();
    }
    if ids.len() > RANGE_LEAF_IDS && prefix.can_split() {
        return joined(&parts(ids, prefix));
    }
    let bytes: Vec<&[u8]> = ids.iter().map(|id| id.as_bytes().as_slice()).collect();
    RangeRecord { fingerprint: derive("tidings/1/reconcile-leaf", &bytes), count: ids.len() as u64 }
}

fn parts(ids: &[OuterId], prefix: Prefix) -> Vec<RangeRecord> {
    let mut groups = ids.chunk_by(|a, b| prefix.next_nibble(a.as_bytes()) == prefix.next_nibble(b.as_bytes()));
    let mut group = groups.next();
    let mut parts = Vec::with_capacity(16);
    for nibble in 0..16 {
        match group {
            Some(ids) if ids.first().is_some_and(|id| prefix.next_nibble(id.as_bytes()) == nibble) => {
                parts.push(of_ids(ids, prefix.child(nibble)));
                group = groups.next();
            }
            Some(_) | None => parts.push(RangeRecord::default()),
        }
    }
    parts
}

fn joined(parts: &[RangeRecord]) -> RangeRecord {
    let fingerprints: Vec<&[u8]> = parts.iter().map(|part| part.fingerprint.as_slice()).collect();
    RangeRecord { fingerprint: derive("tidings/1/reconcile-node", &fingerprints), count: total(parts) }
}

fn total(parts: &[RangeRecord]) -> u64 {
    parts.iter().map(|part| part.count).sum()
}

fn bring_up_to_date(step: &mut Step<'_>, view: &View) -> Outcome<bool> {
    let row = key::counted(view.queue.as_bytes(), view.since);
    let known: Option<RangeTreeRecord> = step.rows.get(Scope::Node, Table::RangeTree, &row)?;
    match known {
        None => {
            if !make_room(step, &view.queue)? {
                return Ok(false);
            }
        }
        // Entries were trimmed, or so many are new that most of the tree is void.
        Some(tree) if tree.first != view.from || view.next.saturating_sub(tree.next) > view.count() / 8 => {
            drop_nodes(step, &row)?;
        }
        Some(tree) => forget_paths(step, view, tree.next)?,
    }
    let tree = RangeTreeRecord { next: view.next, first: view.from, used: step.now.wall.0 };
    let is_recent = |known: RangeTreeRecord| {
        (known.next, known.first) == (tree.next, tree.first)
            && tree.used.saturating_sub(known.used) < RANGE_TREE_IDLE_MS / 8
    };
    if !known.is_some_and(is_recent) {
        step.rows.put(Scope::Node, Table::RangeTree, &row, &tree);
    }
    Ok(true)
}

/// Drops what is kept of every range that got an entry from the counter `next` on.
fn forget_paths(step: &mut Step<'_>, view: &View, next: u64) -> Outcome<()> {
    let mut after = next.saturating_sub(1);
    loop {
        let (entries, more) = listing::after(step, &view.queue, after, LIST_ENTRIES_MAX)?;
        for entry in &entries {
            for nibbles in 0..=RANGE_LEVELS_MAX {
                let row = view.row(Prefix::of(entry.id.as_bytes(), nibbles));
                step.rows.delete(Scope::Node, Table::RangeNode, &row);
            }
            after = entry.counter;
        }
        if !more {
            return Ok(());
        }
    }
}

/// Makes room for one more tree of a queue, in place of the one that was not used for longest, unless all are in use.
fn make_room(step: &mut Step<'_>, queue: &QueueId) -> Outcome<bool> {
    let mut trees = Vec::new();
    for (row, value) in step.rows.scan(Scope::Node, Table::RangeTree, queue.as_bytes(), usize::MAX)? {
        let tree: RangeTreeRecord = record::decode(&value, "range tree")?;
        trees.push((tree.used, row));
    }
    if trees.len() < RANGE_TREES_MAX {
        return Ok(true);
    }
    let Some((used, row)) = trees.into_iter().min() else { return Ok(true) };
    if step.now.wall.0.saturating_sub(used) < RANGE_TREE_IDLE_MS {
        return Ok(false);
    }
    drop_nodes(step, &row)?;
    step.rows.delete(Scope::Node, Table::RangeTree, &row);
    Ok(true)
}

fn drop_nodes(step: &mut Step<'_>, tree: &[u8]) -> Outcome<()> {
    for (row, _) in step.rows.scan(Scope::Node, Table::RangeNode, tree, usize::MAX)? {
        step.rows.delete(Scope::Node, Table::RangeNode, &row);
    }
    Ok(())
}
