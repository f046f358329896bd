//! An account of this node.

use tidings_api::Account;
use tidings_crypto::id::AccountId;
use tidings_protocol::record::directory::DirectoryRecord;

/// The account as the API shows it.
pub(in crate::http) fn account(id: AccountId, record: &DirectoryRecord, peer_id: &str) -> Account {
    Account {
        id: id.to_string(),
        handle: format!("{}@{peer_id}", record.name),
        name: record.name.clone(),
        display_name: record.display_name.clone(),
    }
}
