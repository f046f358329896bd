//! The rows of sessions and of invites for accounts, in [`Table::Session`] under the node's key.
//!
//! The first byte of a key says which kind of row it is.

use minicbor::{Decode, Encode};
use tidings_crypto::id::AccountId;
use tidings_protocol::record;
use tidings_protocol::record::key::{join, prefix_end};
use tidings_protocol::store::snapshot::{Direction, Snapshot};
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::WriteSet;

use super::IdentityError;

/// Sessions: `s ‖ account ‖ session id`.
const SESSION: u8 = b's';
/// Invites for accounts: `a ‖ invite id`.
const ACCOUNT_INVITE: u8 = b'a';
/// Most rows read for one list.
const ROWS_MAX: usize = 10_000;

/// One session: a family of refresh tokens, of which one counts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct SessionRow {
    /// Hash of the token that counts.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) current: [u8; 32],
    /// Hash of the token before it.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) previous: [u8; 32],
    /// When it was last refreshed, unix milliseconds.
    #[n(2)]
    pub(super) refreshed_at: u64,
    /// When it began, unix milliseconds.
    #[n(3)]
    pub(super) created_at: u64,
}

/// One invite for an account.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct AccountInviteRow {
    /// Unix milliseconds after which it is refused.
    #[n(0)]
    pub(super) expires_at: u64,
    /// How often it can be used in all.
    #[n(1)]
    pub(super) uses: u32,
    /// How often it was used.
    #[n(2)]
    pub(super) used: u32,
    /// A note for oneself.
    #[n(3)]
    pub(super) note: String,
    /// Unix milliseconds.
    #[n(4)]
    pub(super) created_at: u64,
}

pub(super) fn session_key(account: AccountId, session: &[u8; 16]) -> Vec<u8> {
    join(&[&[SESSION], account.as_bytes(), session])
}

pub(super) fn invite_key(invite: &[u8; 16]) -> Vec<u8> {
    join(&[&[ACCOUNT_INVITE], invite])
}

pub(super) fn session(
    store: &dyn Snapshot,
    account: AccountId,
    session: &[u8; 16],
) -> Result<Option<SessionRow>, IdentityError> {
    one(store, &session_key(account, session))
}

/// All sessions of an account with the keys of their rows.
pub(super) fn sessions_of(
    store: &dyn Snapshot,
    account: AccountId,
) -> Result<Vec<(Vec<u8>, SessionRow)>, IdentityError> {
    all(store, &join(&[&[SESSION], account.as_bytes()]))
}

pub(super) fn invite(store: &dyn Snapshot, invite: &[u8; 16]) -> Result<Option<AccountInviteRow>, IdentityError> {
    one(store, &invite_key(invite))
}

/// All invites for accounts with their ids.
pub(super) fn invites(store: &dyn Snapshot) -> Result<Vec<([u8; 16], AccountInviteRow)>, IdentityError> {
    let rows: Vec<(Vec<u8>, AccountInviteRow)> = all(store, &[ACCOUNT_INVITE])?;
    Ok(rows.into_iter().filter_map(|(key, row)| Some((key.get(1..)?.try_into().ok()?, row))).collect())
}

pub(super) fn put<T: Encode<()>>(writes: &mut WriteSet, key: Vec<u8>, row: &T) {
    writes.put(Scope::Node, Table::Session, key, record::encode(row));
}

pub(super) fn delete(writes: &mut WriteSet, key: Vec<u8>) {
    writes.delete(Scope::Node, Table::Session, key);
}

fn one<T: for<'b> Decode<'b, ()>>(store: &dyn Snapshot, key: &[u8]) -> Result<Option<T>, IdentityError> {
    let bytes = store.get(Scope::Node, Table::Session, key).map_err(tidings_protocol::error::Error::from)?;
    bytes.map(|bytes| Ok(record::decode(&bytes, Table::Session.name())?)).transpose()
}

fn all<T: for<'b> Decode<'b, ()>>(store: &dyn Snapshot, prefix: &[u8]) -> Result<Vec<(Vec<u8>, T)>, IdentityError> {
    let rows = store
        .range(Scope::Node, Table::Session, prefix, &prefix_end(prefix), ROWS_MAX, Direction::Forward)
        .map_err(tidings_protocol::error::Error::from)?;
    rows.into_iter().map(|(key, value)| Ok((key, record::decode(&value, Table::Session.name())?))).collect()
}
