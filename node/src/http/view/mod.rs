//! Records in the shapes of the API, one resource a file. Reads, changes nothing.

pub(super) mod account;
pub(super) mod chat;
pub(super) mod contact;
pub(super) mod event;
pub(super) mod group;
pub(super) mod invite;
pub(super) mod join;
pub(super) mod mailbox;
pub(super) mod message;
pub(super) mod recovery;

use tidings_crypto::id::AccountId;
use tidings_protocol::store::snapshot::Snapshot;

/// Whose eyes the records are seen with.
#[derive(Clone, Copy)]
pub(super) struct Viewer<'a> {
    /// The store as it stands.
    pub(super) store: &'a dyn Snapshot,
    /// The account that looks.
    pub(super) account: AccountId,
    /// This node's peer id.
    pub(super) peer_id: &'a str,
}
