//! Whom a person means by a name: an id, an alias, a handle, or enough of one of them (`TO` of INTERFACES §4).
//!
//! An exact match of a stronger kind wins over weaker ones; two matches of the same kind are ambiguous, and the
//! candidates are named.

use tidings_crypto::id::{AccountId, NodeId};

use super::{contacts, conversations, groups};
use crate::error::Outcome;
use crate::record::contact::ContactRecord;
use crate::record::conversation::ConversationRecord;
use crate::store::snapshot::Snapshot;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named<T> {
    /// Exactly one.
    One(T),
    /// Nothing here.
    Nobody,
    /// More than one: how each could be named without doubt.
    Several(Vec<String>),
}

/// One way in which a text can name a group, by the group's name and id.
type GroupKind<'a> = &'a dyn Fn(&str, &str) -> bool;

/// The shortest text that may stand for an account id by its beginning: `acc1` and four characters.
const ID_PREFIX_MIN: usize = 8;

/// The contact whom `text` names. `node_text` writes a node as it stands in handles.
///
/// # Errors
/// [`crate::error::Rejection::Locked`]; [`crate::error::Fault`] if the store fails.
pub fn contact(
    store: &dyn Snapshot,
    account: AccountId,
    text: &str,
    node_text: &dyn Fn(&NodeId) -> String,
) -> Outcome<Named<ContactRecord>> {
    let text = text.strip_prefix('@').unwrap_or(text);
    if let Ok(id) = text.parse::<AccountId>() {
        return Ok(contacts::with(store, account, id)?.map_or(Named::Nobody, Named::One));
    }
    let wanted = text.to_lowercase();
    if wanted.is_empty() {
        return Ok(Named::Nobody);
    }
    let all = contacts::list(store, account)?;
    let names: Vec<Names> = all.iter().map(|contact| Names::of(contact, node_text)).collect();
    let kinds: [&dyn Fn(&Names) -> bool; 5] = [
        &|names| names.alias == wanted,
        &|names| names.handle == wanted,
        &|names| names.name == wanted,
        &|names| names.display_name == wanted,
        &|names| names.starts_with(&wanted),
    ];
    for kind in kinds {
        let found: Vec<(&ContactRecord, &Names)> = all.iter().zip(&names).filter(|(_, names)| kind(names)).collect();
        match found.as_slice() {
            [] => {}
            [(contact, _)] => return Ok(Named::One((*contact).clone())),
            several => return Ok(Named::Several(several.iter().map(|(_, names)| names.unmistakable()).collect())),
        }
    }
    Ok(Named::Nobody)
}

/// The group that `text` names: its id, its name with or without `#`, or the beginning of one of them.
///
/// # Errors
/// As [`contact`].
pub fn group(store: &dyn Snapshot, account: AccountId, text: &str) -> Outcome<Named<ConversationRecord>> {
    let text = text.strip_prefix('#').unwrap_or(text);
    if let Ok(id) = text.parse() {
        return Ok(groups::with(store, account, id)?.map_or(Named::Nobody, |group| Named::One(group.record)));
    }
    let wanted = text.to_lowercase();
    if wanted.is_empty() {
        return Ok(Named::Nobody);
    }
    let all: Vec<(ConversationRecord, String, String)> = conversations::groups(store, account)?
        .into_iter()
        .map(|record| {
            let (name, id) = (groups::policy_view(&record).name.to_lowercase(), record.id.to_string());
            (record, name, id)
        })
        .collect();
    let kinds: [GroupKind<'_>; 2] = [&|name, _| name == wanted, &|name, id| {
        name.starts_with(&wanted) || (wanted.len() >= ID_PREFIX_MIN && id.starts_with(&wanted))
    }];
    for kind in kinds {
        let found: Vec<&(ConversationRecord, String, String)> =
            all.iter().filter(|(_, name, id)| kind(name, id)).collect();
        match found.as_slice() {
            [] => {}
            [(record, _, _)] => return Ok(Named::One(record.clone())),
            several => return Ok(Named::Several(several.iter().map(|(_, _, id)| id.clone()).collect())),
        }
    }
    Ok(Named::Nobody)
}

/// All texts that name a contact, in lower case; empty where there is none.
struct Names {
    id: String,
    alias: String,
    handle: String,
    name: String,
    display_name: String,
}

impl Names {
    fn of(contact: &ContactRecord, node_text: &dyn Fn(&NodeId) -> String) -> Self {
        let name = contact.name.to_lowercase();
        let handle =
            if name.is_empty() { String::new() } else { format!("{name}@{}", node_text(&contact.home).to_lowercase()) };
        Self {
            id: contact.account.to_string(),
            alias: contact.alias.as_deref().unwrap_or_default().to_lowercase(),
            handle,
            name,
            display_name: contact.display_name.to_lowercase(),
        }
    }

    fn starts_with(&self, wanted: &str) -> bool {
        let by_name = [&self.alias, &self.handle, &self.display_name].into_iter().any(|name| name.starts_with(wanted));
        by_name || (wanted.len() >= ID_PREFIX_MIN && self.id.starts_with(wanted))
    }

    fn unmistakable(&self) -> String {
        if self.handle.is_empty() { self.id.clone() } else { format!("{} ({})", self.handle, self.id) }
    }
}
