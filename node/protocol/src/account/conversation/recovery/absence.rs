//! Who has been silent, and since when: what a petition for another owner is judged by (PROTOCOL A6.5). Each account judges for itself, by what
//! it has heard; whether a commit is valid does not depend on it.

use std::collections::BTreeMap;

use tidings_crypto::id::AccountId;

use crate::account::policy::Policy;
use crate::error::Outcome;
use crate::limits::RECOVERY_SILENCE_MS;
use crate::record;
use crate::record::conversation::ConversationRecord;
use crate::record::key::prefix_end;
use crate::record::log::DeviceLogRecord;
use crate::store::snapshot::{Direction, Snapshot};
use crate::store::table::{Scope, Table};

/// When something of each other member was last heard, unix milliseconds: of whom nothing was heard, when this account came in.
pub(crate) fn heard(
    store: &dyn Snapshot,
    account: AccountId,
    record: &ConversationRecord,
) -> Outcome<BTreeMap<AccountId, u64>> {
    let came_in = record.welcomed_at.unwrap_or(record.created_at);
    let mut heard: BTreeMap<AccountId, u64> = record.members.iter().map(|member| (*member, came_in)).collect();
    heard.remove(&account);
    let (from, end) = (record.id.as_bytes().as_slice(), prefix_end(record.id.as_bytes()));
    let logs = store.range(Scope::Account(account), Table::DeviceLog, from, &end, usize::MAX, Direction::Forward)?;
    for (_, value) in logs {
        let log: DeviceLogRecord = record::decode(&value, "device log")?;
        if let Some(at) = heard.get_mut(&log.account) {
            *at = (*at).max(log.heard.unwrap_or(0));
        }
    }
    Ok(heard)
}

/// Owners and admins who would be passed over if `owner` came before everybody else, the most senior first.
pub(crate) fn passed_over(policy: &Policy, owner: &AccountId) -> Vec<AccountId> {
    policy.admins().into_iter().take_while(|admin| admin != owner).collect()
}

/// Whether somebody last heard then has been silent for long enough.
pub(crate) const fn is_absent(heard_at: u64, now: u64) -> bool {
    now.saturating_sub(heard_at) >= RECOVERY_SILENCE_MS
}

/// Those of them who have not been silent for long enough, with when they were heard. The account itself is never silent.
pub(crate) fn present(
    store: &dyn Snapshot,
    account: AccountId,
    record: &ConversationRecord,
    (policy, owner): (&Policy, &AccountId),
    now: u64,
) -> Outcome<Vec<(AccountId, u64)>> {
    let heard = heard(store, account, record)?;
    let last = |admin: &AccountId| heard.get(admin).copied().unwrap_or(now);
    let present = passed_over(policy, owner).into_iter().map(|admin| (admin, last(&admin)));
    Ok(present.filter(|(_, at)| !is_absent(*at, now)).collect())
}
