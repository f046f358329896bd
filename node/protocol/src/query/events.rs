//! An account's events, for clients that resume from a cursor.

use tidings_crypto::id::AccountId;

use crate::error::{Fault, Outcome};
use crate::record;
use crate::record::event::EventRecord;
use crate::record::key::{counter_of, prefix_end};
use crate::store::snapshot::{Direction, Snapshot};
use crate::store::table::{Scope, Table};

/// Which cursors can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The cursor of the oldest event that is still there.
    pub oldest: u64,
    /// The cursor of the newest one.
    pub newest: u64,
}

impl Kept {
    /// Whether a client that has seen everything up to `cursor` has missed events that are gone, or comes from another
    /// history.
    #[must_use]
    pub const fn misses(self, cursor: u64) -> bool {
        cursor.saturating_add(1) < self.oldest || cursor > self.newest
    }
}

/// The oldest and the newest event; `None` if there was never one.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`crate::error::Fault`] if the store fails.
pub fn kept(store: &dyn Snapshot, account: AccountId) -> Outcome<Option<Kept>> {
    let end = |direction| -> Outcome<Option<u64>> {
        let rows = store.range(Scope::Account(account), Table::Event, &[], &prefix_end(&[]), 1, direction)?;
        rows.first().map(|(key, _)| cursor_of(key)).transpose()
    };
    Ok(match (end(Direction::Forward)?, end(Direction::Backward)?) {
        (Some(oldest), Some(newest)) => Some(Kept { oldest, newest }),
        (_, _) => None,
    })
}

/// Up to `limit` events after `cursor`, oldest first, each with its own cursor.
///
/// # Errors
/// As [`kept`].
pub fn after(store: &dyn Snapshot, account: AccountId, cursor: u64, limit: usize) -> Outcome<Vec<(u64, EventRecord)>> {
    let Some(first) = cursor.checked_add(1) else {
        return Ok(Vec::new());
    };
    let rows = store.range(
        Scope::Account(account),
        Table::Event,
        &first.to_be_bytes(),
        &prefix_end(&[]),
        limit,
        Direction::Forward,
    )?;
    rows.into_iter().map(|(key, value)| Ok((cursor_of(&key)?, record::decode(&value, Table::Event.name())?))).collect()
}

fn cursor_of(key: &[u8]) -> Outcome<u64> {
    Ok(counter_of(key).ok_or(Fault::Damaged(Table::Event.name()))?)
}
