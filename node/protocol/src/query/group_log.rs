//! What was done in a group, newest first: from the tip back along its branch.

use tidings_crypto::id::{AccountId, EpochId};

use super::one;
use crate::error::Outcome;
use crate::record::conversation::ConversationRecord;
use crate::record::group_log::GroupLogRecord;
use crate::record::key::join;
use crate::store::snapshot::Snapshot;
use crate::store::table::Table;

/// Most commits that are looked at for one page: those that only renewed keys are passed over.
const COMMITS_MAX: usize = 2000;

/// A place in the log: the number of an epoch, and the epoch.
pub type LogPlace = (u64, EpochId);

/// One page of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// Commits that did something, newest first, each with the number of the epoch it led to.
    pub commits: Vec<(u64, GroupLogRecord)>,
    /// Where the next page starts, if there is more.
    pub next: Option<LogPlace>,
}

/// Up to `limit` commits that did something, from `from` back, or from the tip. The log begins when the account came in.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`crate::error::Fault`] if the store fails.
pub fn page(
    store: &dyn Snapshot,
    account: AccountId,
    record: &ConversationRecord,
    from: Option<LogPlace>,
    limit: usize,
) -> Outcome<LogPage> {
    let mut place = from.unwrap_or((record.epoch, record.tip));
    let mut commits = Vec::new();
    for _ in 0..COMMITS_MAX {
        let key = join(&[record.id.as_bytes(), &place.0.to_be_bytes(), place.1.as_bytes()]);
        let Some(row) = one::<GroupLogRecord>(store, account, Table::GroupLog, &key)? else {
            return Ok(LogPage { commits, next: None });
        };
        if commits.len() == limit {
            break;
        }
        let number = place.0;
        place = (number.saturating_sub(1), row.parent);
        if !row.acts.is_empty() {
            commits.push((number, row));
        }
    }
    Ok(LogPage { commits, next: Some(place) })
}
