//! Identity logs of people an account meets: kept whole, only ever extended.

use std::sync::Arc;

use tidings_crypto::id::AccountId;
use tidings_crypto::identity::IdentityLog;

use crate::directory;
use crate::error::{Fault, Outcome, Rejection};
use crate::limits::NAME_BYTES_MAX;
use crate::record::contact::IdentityRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::commit_body::Introduction;

/// Takes an identity log for `account`'s use: verified, and an extension of the one known.
pub(crate) fn remember(step: &mut Step<'_>, account: AccountId, bytes: &[u8], name: &str) -> Outcome<Arc<IdentityLog>> {
    let log = read(step, bytes)?;
    let known = record(step, account, &log.account_id())?;
    if let Some(known) = &known {
        let old = stored(step, known)?;
        if !log.extends(&old) {
            // An older copy of the same log is no news; anything else is a fork.
            return if old.extends(&log) {
                Ok(old)
            } else {
                Err(Rejection::Refused { reason: "identity log forks" }.into())
            };
        }
        if old.head() == log.head() && (known.name == name || name.is_empty()) {
            return Ok(old);
        }
    }
    directory::remember_homes(step, &log)?;
    let name = if name.is_empty() { known.map(|known| known.name).unwrap_or_default() } else { name.to_owned() };
    let record = IdentityRecord { log: bytes.to_vec(), name };
    step.rows.put(Scope::Account(account), Table::Identity, log.account_id().as_bytes(), &record);
    Ok(log)
}

/// Takes what another member says of somebody. The name is theirs to give only as long as nobody gave one: else any inviter could rename
/// those one knows, oneself included.
pub(crate) fn introduced(
    step: &mut Step<'_>,
    account: AccountId,
    introduction: &Introduction,
) -> Outcome<Arc<IdentityLog>> {
    let name = wire::text(&introduction.name, NAME_BYTES_MAX, "name")?;
    let log = read(step, introduction.log.as_slice())?;
    let named = record(step, account, &log.account_id())?.is_some_and(|known| !known.name.is_empty());
    let log = remember(step, account, introduction.log.as_slice(), if named { "" } else { &name })?;
    super::reach::hear(step, account, introduction.reach.as_slice())?;
    Ok(log)
}

/// How `account` would introduce somebody to others.
pub(crate) fn introduce(step: &Step<'_>, account: AccountId, somebody: &AccountId) -> Outcome<Introduction> {
    let record = record(step, account, somebody)?.ok_or(Rejection::NotFound)?;
    Ok(Introduction {
        log: wire::field(record.log),
        name: wire::field(record.name.into_bytes()),
        reach: wire::field(super::reach::bytes_of(step, account, somebody)?),
    })
}

/// The identity log of somebody the account has met.
pub(crate) fn log(step: &Step<'_>, account: AccountId, somebody: &AccountId) -> Outcome<Option<Arc<IdentityLog>>> {
    record(step, account, somebody)?.map(|record| stored(step, &record)).transpose()
}

/// Verifies what somebody says is an identity log.
pub(crate) fn read(step: &Step<'_>, bytes: &[u8]) -> Outcome<Arc<IdentityLog>> {
    Ok(step.verified.log(bytes).map_err(|_| Rejection::Refused { reason: "identity log" })?)
}

/// A log that was verified before it was stored.
fn stored(step: &Step<'_>, record: &IdentityRecord) -> Outcome<Arc<IdentityLog>> {
    Ok(step.verified.log(&record.log).map_err(|_| Fault::Damaged("identity log"))?)
}

fn record(step: &Step<'_>, account: AccountId, somebody: &AccountId) -> Outcome<Option<IdentityRecord>> {
    step.rows.get(Scope::Account(account), Table::Identity, somebody.as_bytes())
}
