//! Contacts: by invite link only (DECISIONS 21–22).

pub(crate) mod add;
pub(crate) mod claims;
pub(crate) mod invite;
pub(crate) mod refuse;
pub(crate) mod request;
pub(crate) mod resolve;

use tidings_crypto::id::{AccountId, NodeId};

use crate::error::{Fault, Outcome};
use crate::record::contact::ContactRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};

pub(crate) fn get(step: &Step<'_>, account: AccountId, contact: &AccountId) -> Outcome<Option<ContactRecord>> {
    step.rows.get(Scope::Account(account), Table::Contact, contact.as_bytes())
}

pub(crate) fn put(step: &mut Step<'_>, account: AccountId, contact: &ContactRecord) {
    step.rows.put(Scope::Account(account), Table::Contact, contact.account.as_bytes(), contact);
}

/// Takes up what waits for other nodes after an unlock.
pub(crate) fn resume(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    let nodes = resolve::unresolved(step, account)?.into_iter().map(|(_, node)| node);
    step.to_ask.extend(nodes);
    super::conversation::member_add::resume(step, account)
}

/// Asks a connected peer what accounts of this node want to know from it.
pub(crate) fn serve_peer(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    for account in unlocked_accounts(step)? {
        for (contact, node) in resolve::unresolved(step, account)? {
            if node == peer {
                resolve::ask(step, account, contact, node);
            }
        }
        super::conversation::member_add::serve_peer(step, account, peer)?;
    }
    Ok(())
}

/// Whether an account of this node wants to know something from this peer.
pub(crate) fn is_waiting(step: &Step<'_>, peer: NodeId) -> Outcome<bool> {
    for account in unlocked_accounts(step)? {
        if resolve::unresolved(step, account)?.iter().any(|(_, node)| *node == peer) {
            return Ok(true);
        }
        if super::conversation::member_add::is_waiting(step, account, peer)? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(crate) fn unlocked_accounts(step: &Step<'_>) -> Outcome<Vec<AccountId>> {
    let mut accounts = Vec::new();
    for (row, _) in step.rows.scan(Scope::Node, Table::Directory, b"", usize::MAX)? {
        let account = AccountId::try_from(row.as_slice()).map_err(|_| Fault::Damaged("directory key"))?;
        if step.rows.is_unlocked(account)? {
            accounts.push(account);
        }
    }
    Ok(accounts)
}
