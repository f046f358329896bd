//! Joining groups by link: what an account has asked for, and who asks it.

use tidings_crypto::derive;
use tidings_crypto::id::{AccountId, ConversationId};

use super::{all, conversations, one};
use crate::error::Outcome;
use crate::record::join::{JoinRecord, JoinRequestRecord, JoinState};
use crate::record::key;
use crate::store::snapshot::Snapshot;
use crate::store::table::Table;

/// Links into groups that the account follows and that have not led in: waiting, or refused.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`crate::error::Fault`] if the store fails.
pub fn own(store: &dyn Snapshot, account: AccountId) -> Outcome<Vec<JoinRecord>> {
    let mut waiting = Vec::new();
    for (_, join) in all::<JoinRecord>(store, account, Table::Join, &[])? {
        // Another member may have been faster.
        let is_in = conversations::with(store, account, join.conversation)?.is_some_and(|here| here.membership.is_in());
        if join.state != JoinState::Joined && !is_in {
            waiting.push(join);
        }
    }
    Ok(waiting)
}

/// The link of `inviter` into a group that the account follows.
///
/// # Errors
/// As [`own`].
pub fn with(
    store: &dyn Snapshot,
    account: AccountId,
    conversation: ConversationId,
    inviter: AccountId,
) -> Outcome<Option<JoinRecord>> {
    one(store, account, Table::Join, &key::join(&[conversation.as_bytes(), inviter.as_bytes()]))
}

/// Those who ask to be let into groups by links of the account and wait for its word.
///
/// # Errors
/// As [`own`].
pub fn requests(store: &dyn Snapshot, account: AccountId) -> Outcome<Vec<JoinRequestRecord>> {
    let requests = all::<JoinRequestRecord>(store, account, Table::JoinRequest, &[])?;
    Ok(requests.into_iter().map(|(_, request)| request).filter(|request| !request.accepted).collect())
}

/// The name of a request: short, since people type it.
#[must_use]
pub fn request_id(request: &JoinRequestRecord) -> [u8; 8] {
    let parts: [&[u8]; 2] = [request.conversation.as_bytes(), request.account.as_bytes()];
    let mut id = [0; 8];
    id.copy_from_slice(derive("tidings/1/join-request-id", &parts).split_at(8).0);
    id
}
