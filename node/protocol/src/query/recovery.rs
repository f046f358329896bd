//! Whether the members of a group can make an owner by petition, and how far that has come.

use std::collections::BTreeMap;

use tidings_crypto::id::AccountId;

use super::groups::{RoleView, role_view};
use crate::account::conversation::recovery::{absence, at_tip};
use crate::account::policy::{Petition, Policy, RecoveryRule};
use crate::error::{Fault, Outcome};
use crate::record::conversation::ConversationRecord;
use crate::record::recovery::ConsentRecord;
use crate::store::snapshot::Snapshot;
use crate::store::table::Table;

/// An owner or admin, as this account has heard of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminView {
    /// Who.
    pub account: AccountId,
    /// As what.
    pub role: RoleView,
    /// When something of them was last heard, or when this account came in if nothing was, unix milliseconds.
    pub heard_at: u64,
    /// Whether that is so long ago that others may take their place.
    pub absent: bool,
}

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryView {
    /// Whether the owners' rules allow it.
    pub allowed: bool,
    /// How many users the group has.
    pub users: usize,
    /// How many of them must have signed for the same one.
    pub needed: usize,
    /// Owners and admins, the most senior first.
    pub admins: Vec<AdminView>,
    /// Who has signed for whom, as things stand.
    pub petitions: BTreeMap<AccountId, Vec<AccountId>>,
    /// For whom this account signs.
    pub own: Option<AccountId>,
}

/// How it stands in a group; `now` in unix milliseconds.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`Fault`] if the store fails.
pub fn view(store: &dyn Snapshot, account: AccountId, record: &ConversationRecord, now: u64) -> Outcome<RecoveryView> {
    let policy = Policy::parse(&record.policy).map_err(|_| Fault::Damaged("policy"))?;
    let heard = absence::heard(store, account, record)?;
    let admin = |admin: AccountId| {
        let heard_at = heard.get(&admin).copied().unwrap_or(now);
        let absent = absence::is_absent(heard_at, now);
        AdminView { account: admin, role: role_view(policy.role(&admin)), heard_at, absent }
    };
    let mut petitions: BTreeMap<AccountId, Vec<AccountId>> = BTreeMap::new();
    for (signer, signed) in at_tip(store, account, record)? {
        petitions.entry(signed.owner).or_default().push(signer);
    }
    let own: Option<ConsentRecord> = super::one(store, account, Table::Consent, record.id.as_bytes())?;
    Ok(RecoveryView {
        allowed: policy.rules.recovery == RecoveryRule::TwoThirds,
        users: record.members.len(),
        needed: Petition::needed(record.members.len()),
        admins: policy.admins().into_iter().map(admin).collect(),
        petitions,
        own: own.map(|own| own.owner),
    })
}

/// How many have signed for `owner` as things stand, and how many are needed.
///
/// # Errors
/// As [`view`].
pub fn support(
    store: &dyn Snapshot,
    account: AccountId,
    record: &ConversationRecord,
    owner: AccountId,
) -> Outcome<(usize, usize)> {
    let signed = at_tip(store, account, record)?.iter().filter(|(_, signed)| signed.owner == owner).count();
    Ok((signed, Petition::needed(record.members.len())))
}
