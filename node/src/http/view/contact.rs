//! A contact, and how anybody is called.

use tidings_api::{Contact, ContactState};
use tidings_crypto::id::{AccountId, NodeId};
use tidings_protocol::error::Outcome;
use tidings_protocol::query::{contacts, directory};
use tidings_protocol::record::contact::{ContactRecord, ContactState as Kept};

use super::Viewer;
use crate::http::state::node_text;
use crate::http::time_text::rfc3339;

/// How somebody is called.
pub(super) struct Naming {
    /// `name@peer id`, or nothing.
    pub(super) handle: String,
    /// What to show; never empty.
    pub(super) display_name: String,
}

/// The contact as the API shows it. `online` is absent where nobody asked the network.
pub(in crate::http) fn contact(record: &ContactRecord, online: Option<bool>) -> Contact {
    let naming = naming_of(record);
    Contact {
        account: record.account.to_string(),
        handle: naming.handle,
        display_name: naming.display_name,
        alias: record.alias.clone(),
        state: state(record.state),
        reason: Some(record.refusal.clone()).filter(|reason| !reason.is_empty()),
        conversation: record.conversation.map(|conversation| conversation.to_string()),
        online,
        created_at: rfc3339(record.created_at),
    }
}

/// How far it has come, as the API shows it.
pub(in crate::http) fn state(state: Kept) -> ContactState {
    match state {
        Kept::Resolving | Kept::Requested => ContactState::Requested,
        Kept::Accepted => ContactState::Accepted,
        Kept::Refused => ContactState::Refused,
    }
}

/// How the viewer knows somebody: as a contact, as an account of this node, or by what others call them.
pub(super) fn naming(viewer: Viewer<'_>, account: AccountId) -> Outcome<Naming> {
    if let Some(contact) = contacts::with(viewer.store, viewer.account, account)? {
        return Ok(naming_of(&contact));
    }
    if let Some(record) = directory::record_of(viewer.store, account)? {
        let handle = format!("{}@{}", record.name, viewer.peer_id);
        return Ok(Naming { handle, display_name: record.display_name });
    }
    let name = contacts::name_by_others(viewer.store, viewer.account, account)?;
    Ok(Naming { handle: String::new(), display_name: first_of([name, account.to_string()]) })
}

/// `name@peer id`; empty without a name.
pub(super) fn handle(name: &str, home: &NodeId) -> String {
    if name.is_empty() { String::new() } else { format!("{name}@{}", node_text(home)) }
}

fn naming_of(record: &ContactRecord) -> Naming {
    let handle = handle(&record.name, &record.home);
    let alias = record.alias.clone().unwrap_or_default();
    let display_name = first_of([alias, record.display_name.clone(), record.name.clone(), record.account.to_string()]);
    Naming { handle, display_name }
}

fn first_of<const N: usize>(names: [String; N]) -> String {
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
}
