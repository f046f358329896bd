//! The invites an account has made.

use tidings_crypto::id::AccountId;

use super::all;
use crate::error::{Fault, Outcome};
use crate::record::invite::InviteRecord;
use crate::store::snapshot::Snapshot;
use crate::store::table::Table;

/// All invites with their ids, in the order of the ids.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`crate::error::Fault`] if the store fails.
pub fn list(store: &dyn Snapshot, account: AccountId) -> Outcome<Vec<([u8; 16], InviteRecord)>> {
    let rows: Vec<(Vec<u8>, InviteRecord)> = all(store, account, Table::Invite, &[])?;
    rows.into_iter()
        .map(|(key, invite)| Ok((key.as_slice().try_into().map_err(|_| Fault::Damaged(Table::Invite.name()))?, invite)))
        .collect()
}
