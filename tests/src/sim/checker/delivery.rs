//! When all faults have ended: everybody is in the same state, has every message it may have, and nothing waits any more.
//!
//! This is the one property of liveness; it is asked again and again until it holds or time is over.

use tidings_crypto::id::{AccountId, ConversationId};
use tidings_protocol::record::contact::ContactState;
use tidings_protocol::record::conversation::{ConversationRecord, Membership};
use tidings_protocol::record::message::{DeliveryState, MessageRecord};
use tidings_protocol::store::table::{Scope, Table};

use crate::sim::view::{Sent, View};

/// What is still missing; `Ok` if nothing is. `acquainted` says which requests for contact must have been accepted.
pub(crate) fn unsettled(view: &View, acquainted: &[(AccountId, AccountId)]) -> Result<(), String> {
    contacts(view, acquainted)?;
    view.all_conversations().into_iter().try_for_each(|conversation| same_state(view, conversation))?;
    messages(view)?;
    residue(view)
}

fn contacts(view: &View, acquainted: &[(AccountId, AccountId)]) -> Result<(), String> {
    for (one, other) in acquainted {
        let contact = |a: &AccountId, b: &AccountId| view.contacts.get(&(*a, *b));
        let (Some(there), Some(here)) = (contact(one, other), contact(other, one)) else {
            return Err(format!("{one:?} and {other:?} are not both contacts of each other"));
        };
        for state in [there.state, here.state] {
            if state != ContactState::Accepted {
                return Err(format!("the contact of {one:?} and {other:?} stays {state:?}"));
            }
        }
        if there.conversation != here.conversation || there.conversation.is_none() {
            return Err(format!("{one:?} and {other:?} do not agree on their direct conversation"));
        }
    }
    Ok(())
}

fn same_state(view: &View, conversation: ConversationId) -> Result<(), String> {
    // Nobody is left in it, or only the one who cheats.
    let Some(founder) = view.reference(conversation) else { return Ok(()) };
    for account in founder.members.iter().filter(|account| view.cheat != Some(**account)) {
        let Some(record) = view.conversations.get(&(*account, conversation)) else {
            return Err(format!("{account:?} does not have {conversation:?}, of which it is a member"));
        };
        let inside = record.membership.is_in() && !record.is_stranded();
        let same = inside && record.tip == founder.tip && record.members == founder.members;
        if !same || record.policy != founder.policy {
            let ConversationRecord { membership, epoch, pending, .. } = record;
            let behind = format!("is {membership:?} at epoch {epoch} of {}, {pending} entries wait", founder.epoch);
            return Err(format!("{account:?} {behind} in {conversation:?}"));
        }
    }
    let strangers = view.conversations.iter().filter(|((account, id), _)| {
        *id == conversation && !founder.members.contains(account) && view.cheat != Some(*account)
    });
    for ((account, _), record) in strangers {
        if record.membership.is_in() {
            return Err(format!(
                "{account:?} takes itself for {:?} of {conversation:?} and is no member",
                record.membership
            ));
        }
    }
    Ok(())
}

/// Whether a message must have reached `account`: both were members from its epoch on until now.
fn must_reach(view: &View, sent: &Sent, account: AccountId) -> bool {
    let was_in = |account| view.was_in_since(sent.conversation, sent.epoch, account) && view.cheat != Some(account);
    was_in(sent.sender) && was_in(account)
}

/// Whether a message that `account` can't read for want of an old state may stay so: somebody is in by now who was not meant to read it, so that it
/// is not written anew (REQ-FORK-20), and its sender is shown that it failed.
fn is_withheld(view: &View, sent: &Sent, own: Option<&MessageRecord>, account: AccountId) -> bool {
    let (Some(roster), Some(now)) = (view.tree.get(&sent.epoch), view.reference(sent.conversation)) else {
        return false;
    };
    let is_told = own.is_some_and(|own| {
        own.states.iter().any(|state| state.account == account && state.state == DeliveryState::Failed)
    });
    is_told && now.members.iter().any(|member| !roster.members.contains(member))
}

fn messages(view: &View) -> Result<(), String> {
    for (name, sent) in &view.sent {
        let Some(roster) = view.tree.get(&sent.epoch) else {
            return Err("a message was sent at an epoch nobody has".into());
        };
        let own = view.own_message(sent, name);
        let readers = roster.members.iter().filter(|account| {
            **account != sent.sender && must_reach(view, sent, **account) && !is_withheld(view, sent, own, **account)
        });
        for account in readers.clone() {
            if view.copies.get(&(*account, *name)).copied().unwrap_or(0) == 0 {
                let Sent { sender, number, index, conversation, .. } = sent;
                return Err(format!(
                    "{account:?} lacks message {index} of {sender:?} in {conversation:?}, sent at epoch {number}"
                ));
            }
        }
        let Some(own) = own else {
            return Err(format!("{:?} lost an own message", sent.sender));
        };
        for account in readers {
            let state = own.states.iter().find(|state| state.account == *account).map(|state| state.state);
            if !matches!(state, Some(DeliveryState::Delivered | DeliveryState::Read)) {
                return Err(format!("message {} of {:?} to {account:?} is {state:?}", sent.index, sent.sender));
            }
        }
    }
    Ok(())
}

fn residue(view: &View) -> Result<(), String> {
    for ((host, scope, table), rows) in &view.residue {
        let waits = rows.iter().filter(|key| !may_stay(view, *scope, *table, key)).count();
        // Of a log that forks, some entries wait for what only others have seen; honest messages do not (see above).
        let cheats = view.cheat.is_some_and(|cheat| *scope == Scope::Account(cheat) || *table == Table::Pending);
        if waits > 0 && !cheats {
            return Err(format!("{waits} rows of {table:?} are left at node {host} in {scope:?}"));
        }
    }
    Ok(())
}

/// Kinds of wishes to write messages anew, as they stand in the key behind the conversation. Others may wait as long as the right or the turn does.
const WRITES_ANEW: std::ops::RangeInclusive<u8> = 6..=7;

fn conversation_of(key: &[u8]) -> Option<ConversationId> {
    key.first_chunk::<32>().map(|id| ConversationId::from_bytes(*id))
}

fn is_member(view: &View, account: AccountId, key: &[u8]) -> bool {
    let record = conversation_of(key).and_then(|id| view.conversations.get(&(account, id)));
    record.is_some_and(|record| record.membership == Membership::Member)
}

/// Messages to somebody who never accepted wait for ever, and that is right.
fn may_stay(view: &View, scope: Scope, table: Table, key: &[u8]) -> bool {
    let Scope::Account(account) = scope else { return false };
    if matches!(table, Table::Intent | Table::Pending) {
        // Of a group one is no longer in; or an entry of a branch one was never in.
        return !is_member(view, account, key)
            || (table == Table::Pending && conversation_of(key).is_some_and(|id| view.tree.forks(id) > 0));
    }
    if table == Table::Wish {
        return !key.get(32).is_some_and(|kind| WRITES_ANEW.contains(kind)) || !is_member(view, account, key);
    }
    if table != Table::Waiting {
        return false;
    }
    let contact =
        key.first_chunk::<32>().and_then(|other| view.contacts.get(&(account, AccountId::from_bytes(*other))));
    contact.is_some_and(|contact| contact.state != ContactState::Accepted)
}
