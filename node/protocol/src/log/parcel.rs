//! Parcels: items on their way to inboxes of other nodes, kept until the node there has them durably.

use tidings_crypto::id::{AccountId, NodeId};

use crate::error::{Outcome, Rejection};
use crate::input::{Protocol, RequestFailure};
use crate::limits::{INBOX_BYTES_MAX, INBOX_ITEM_BYTES_MAX, INBOX_ITEMS_MAX, OUTBOX_LIFETIME_MS, SOMETHING_CAME_MS};
use crate::peer::Purpose;
use crate::record;
use crate::record::key;
use crate::record::log::{Obstacle, ParcelRecord, PartRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::inbox::{InboxRequest, InboxResponse, Item};

/// Sends a sealed item to an account; if it is hosted here, straight into its inbox. If its home can't be reached, the mailboxes get it as well.
pub(crate) fn send(
    step: &mut Step<'_>,
    home: NodeId,
    recipient: AccountId,
    item: Vec<u8>,
    mailboxes: Vec<NodeId>,
) -> Outcome<()> {
    if home == step.config.node {
        return match receive(step, home, recipient, &item)? {
            InboxResponse::Kept => Ok(()),
            InboxResponse::Unknown => Err(Rejection::NotFound.into()),
            InboxResponse::Refused => Err(Rejection::TooLarge { limit: INBOX_ITEM_BYTES_MAX }.into()),
            InboxResponse::NoRoom => Err(Rejection::Quota { what: "inbox items" }.into()),
        };
    }
    put(step, home, &ParcelRecord { recipient, item, since: step.now.wall.0, mailboxes, part: None })
}

/// Sends a part of a bundle to another node. The account that it is addressed to is one of those there who need it.
pub(crate) fn send_part(step: &mut Step<'_>, home: NodeId, part: PartRecord, mailboxes: Vec<NodeId>) -> Outcome<()> {
    let recipient = part.guests.first().copied().ok_or(Rejection::NotFound)?;
    put(step, home, &ParcelRecord { recipient, item: Vec::new(), since: step.now.wall.0, mailboxes, part: Some(part) })
}

fn put(step: &mut Step<'_>, node: NodeId, parcel: &ParcelRecord) -> Outcome<()> {
    let row = key::counted(node.as_bytes(), step.rows.next_count("parcel")?);
    step.rows.put(Scope::Node, Table::Parcel, &row, parcel);
    step.to_serve.insert(node);
    Ok(())
}

/// What a parcel carries, as it travels.
fn item_of(step: &Step<'_>, parcel: &ParcelRecord) -> Outcome<Vec<u8>> {
    match &parcel.part {
        Some(part) => Ok(wire::encode(&Item::Part(super::bundle::part(step, part)?))),
        None => Ok(parcel.item.clone()),
    }
}

/// What waits for a node that can't be reached goes to the mailboxes of its recipients as well.
pub(crate) fn spread(step: &mut Step<'_>, node: NodeId) -> Outcome<()> {
    for (row, value) in step.rows.scan(Scope::Node, Table::Parcel, node.as_bytes(), usize::MAX)? {
        let parcel: ParcelRecord = record::decode(&value, "parcel")?;
        if parcel.mailboxes.is_empty() {
            continue;
        }
        for mailbox in &parcel.mailboxes {
            if *mailbox == step.config.node {
                let item = item_of(step, &parcel)?;
                receive(step, node, parcel.recipient, &item)?;
            } else {
                if let Some(part) = &parcel.part {
                    super::bundle::errand(step, &part.bundle)?;
                }
                put(step, *mailbox, &ParcelRecord { mailboxes: Vec::new(), ..parcel.clone() })?;
            }
        }
        step.rows.put(Scope::Node, Table::Parcel, &row, &ParcelRecord { mailboxes: Vec::new(), ..parcel });
    }
    Ok(())
}

/// Takes an item that `peer` brings for an account of this node. One that is here already is kept once.
pub(crate) fn receive(step: &mut Step<'_>, peer: NodeId, recipient: AccountId, item: &[u8]) -> Outcome<InboxResponse> {
    if item.len() > INBOX_ITEM_BYTES_MAX {
        return Ok(InboxResponse::Refused);
    }
    match wire::decode::<Item>(item, "inbox item") {
        // As a mailbox this node keeps parts as they are.
        Ok(Item::Part(part)) if super::quota::sponsor(step, &recipient)?.is_none() => {
            super::bundle::receive(step, peer, recipient, &part)
        }
        Ok(Item::Sealed(_) | Item::Part(_)) => keep(step, recipient, item),
        Err(_) => Ok(InboxResponse::Refused),
    }
}

fn keep(step: &mut Step<'_>, recipient: AccountId, item: &[u8]) -> Outcome<InboxResponse> {
    let sponsor = super::quota::sponsor(step, &recipient)?;
    if step.rows.get_bytes(Scope::Node, Table::Directory, recipient.as_bytes())?.is_none() && sponsor.is_none() {
        return Ok(InboxResponse::Unknown);
    }
    let seen = seen_key(&recipient, item);
    if step.rows.get_bytes(Scope::Node, Table::InboxSeen, &seen)?.is_some() {
        return Ok(InboxResponse::Kept);
    }
    let load = load_key(&recipient);
    let (items, bytes): (u64, u64) = step.rows.get(Scope::Node, Table::Counter, &load)?.unwrap_or_default();
    let bytes = bytes.saturating_add(item.len() as u64);
    if items >= INBOX_ITEMS_MAX || bytes > INBOX_BYTES_MAX {
        return Ok(InboxResponse::NoRoom);
    }
    step.rows.put(Scope::Node, Table::Counter, &load, &(items + 1, bytes));
    let row = key::counted(recipient.as_bytes(), step.rows.next_count("inbox")?);
    step.rows.put_bytes(Scope::Node, Table::Inbox, &row, item.to_vec());
    step.rows.put_bytes(Scope::Node, Table::InboxSeen, &seen, Vec::new());
    match sponsor {
        Some(sponsor) => step.set_timer(TimerKind::SomethingCame(sponsor.home), SOMETHING_CAME_MS),
        None => {
            step.to_open_inbox.insert(recipient);
        }
    }
    Ok(InboxResponse::Kept)
}

/// Deletes an item that the recipient's home has collected.
pub(crate) fn collected(step: &mut Step<'_>, recipient: AccountId, row: &[u8], item: &[u8]) -> Outcome<()> {
    step.rows.delete(Scope::Node, Table::Inbox, row);
    step.rows.delete(Scope::Node, Table::InboxSeen, &seen_key(&recipient, item));
    let load = load_key(&recipient);
    let (items, bytes): (u64, u64) = step.rows.get(Scope::Node, Table::Counter, &load)?.unwrap_or_default();
    let left = (items.saturating_sub(1), bytes.saturating_sub(item.len() as u64));
    step.rows.put(Scope::Node, Table::Counter, &load, &left);
    Ok(())
}

fn seen_key(recipient: &AccountId, item: &[u8]) -> Vec<u8> {
    key::join(&[recipient.as_bytes(), &tidings_crypto::derive("tidings/1/inbox-item", &[item])])
}

/// Forgets how much waits in an inbox all of whose items were deleted.
pub(crate) fn forget_load(step: &mut Step<'_>, recipient: AccountId) {
    step.rows.delete(Scope::Node, Table::Counter, &load_key(&recipient));
}

/// The counter of what waits in an account's inbox: items and bytes.
fn load_key(recipient: &AccountId) -> Vec<u8> {
    key::join(&[b"inbox/", recipient.as_bytes()])
}

/// Takes an opened item out of the inbox. One that was refused is forgotten: strangers could fill the disk with its hashes.
pub(crate) fn opened(step: &mut Step<'_>, recipient: AccountId, row: &[u8], item: &[u8], accepted: bool) {
    step.rows.delete(Scope::Node, Table::Inbox, row);
    step.rows.delete(Scope::Node, Table::Counter, &load_key(&recipient));
    if !accepted {
        step.rows.delete(Scope::Node, Table::InboxSeen, &seen_key(&recipient, item));
    }
}

/// Sends the next parcel to a connected peer, if one waits and none is under way.
pub(crate) fn pump(step: &mut Step<'_>, peer: NodeId) -> Outcome<()> {
    if step.peers.peer(peer).parcel_under_way {
        return Ok(());
    }
    let Some((row, value)) = step.rows.scan(Scope::Node, Table::Parcel, peer.as_bytes(), 1)?.into_iter().next() else {
        return Ok(());
    };
    let parcel: ParcelRecord = record::decode(&value, "parcel")?;
    if step.now.wall.0.saturating_sub(parcel.since) > OUTBOX_LIFETIME_MS {
        step.to_serve.insert(peer);
        return over(step, &row);
    }
    step.peers.peer(peer).parcel_under_way = true;
    let item = item_of(step, &parcel)?;
    let request = InboxRequest { recipient: parcel.recipient, item: wire::field(item) };
    step.request(peer, Protocol::Inbox, wire::encode(&request), Purpose::Parcel(row));
    Ok(())
}

/// To the end: what it has no room for must not stand before what it has.
fn put_off(step: &mut Step<'_>, peer: NodeId, row: &[u8]) -> Outcome<()> {
    if let Some(value) = step.rows.get_bytes(Scope::Node, Table::Parcel, row)? {
        step.rows.delete(Scope::Node, Table::Parcel, row);
        let last = key::counted(peer.as_bytes(), step.rows.next_count("parcel")?);
        step.rows.put_bytes(Scope::Node, Table::Parcel, &last, value);
    }
    Ok(())
}

/// Forgets a parcel that has arrived or was given up.
fn over(step: &mut Step<'_>, row: &[u8]) -> Outcome<()> {
    let parcel = step.rows.get::<ParcelRecord>(Scope::Node, Table::Parcel, row)?;
    step.rows.delete(Scope::Node, Table::Parcel, row);
    match parcel.and_then(|parcel| parcel.part) {
        Some(part) => super::bundle::carried(step, &part.bundle),
        None => Ok(()),
    }
}

/// Whether anything waits for this peer.
pub(crate) fn is_waiting(step: &Step<'_>, peer: NodeId) -> Outcome<bool> {
    Ok(!step.rows.scan(Scope::Node, Table::Parcel, peer.as_bytes(), 1)?.is_empty())
}

/// Handles the answer to a parcel.
pub(crate) fn answered(
    step: &mut Step<'_>,
    peer: NodeId,
    row: &[u8],
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    step.peers.peer(peer).parcel_under_way = false;
    match result.map(|bytes| wire::decode::<InboxResponse>(&bytes, "answer to a parcel")) {
        // Refused for good: trying again cannot help.
        Ok(Ok(InboxResponse::Kept | InboxResponse::Unknown | InboxResponse::Refused)) => {
            over(step, row)?;
            step.peers.peer(peer).failures = 0;
            step.to_serve.insert(peer);
        }
        Ok(Ok(InboxResponse::NoRoom)) => {
            spread(step, peer)?;
            put_off(step, peer, row)?;
            super::peer_wait::try_again(step, peer, Obstacle::NoRoom)?;
        }
        Ok(Err(_)) | Err(_) => {
            spread(step, peer)?;
            super::peer_wait::try_again(step, peer, Obstacle::NoAnswer)?;
        }
    }
    Ok(())
}
