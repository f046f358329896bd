//! Bundles that this node keeps: what newcomers to one conversation need alike, each part once, until every account here that it is for has
//! taken it and every other node has it. The node cannot read them: their keys stand in slips.
//!
//! A stranger can send bundles too. Until somebody here has joined by one, its bytes are charged to the peer they came from, like those of
//! unconfirmed queues; and those go that nobody who is unlocked has taken in a month.

use std::collections::BTreeMap;

use tidings_crypto::id::{AccountId, BundleId, NodeId};

use super::{parcel, quota};
use crate::error::{Error, Fault, Outcome, Rejection};
use crate::limits::{BUNDLE_PARTS_MAX, OUTBOX_LIFETIME_MS};
use crate::record;
use crate::record::key;
use crate::record::log::{BundleRecord, PartRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::bundle::{self, BundlePart};
use crate::wire::inbox::InboxResponse;

fn get(step: &Step<'_>, id: &BundleId) -> Outcome<Option<BundleRecord>> {
    step.rows.get(Scope::Node, Table::Bundle, id.as_bytes())
}

fn part_row(id: &BundleId, index: u8) -> Vec<u8> {
    key::join(&[id.as_bytes(), &[index]])
}

/// For whom a bundle is.
pub(crate) struct BundleGuest {
    pub(crate) account: AccountId,
    pub(crate) home: NodeId,
    pub(crate) mailboxes: Vec<NodeId>,
}

/// Gives a sealed bundle to the nodes of `guests`, once each; for those who live here it is kept. Guests of one node who name different
/// mailboxes get it apart: if their home can't be reached, so do these.
pub(crate) fn send(step: &mut Step<'_>, sealed: &[u8], guests: Vec<BundleGuest>) -> Outcome<BundleId> {
    let mut here = Vec::new();
    let mut errands: BTreeMap<(NodeId, Vec<NodeId>), Vec<AccountId>> = BTreeMap::new();
    for BundleGuest { account, home, mailboxes } in guests {
        if home == step.config.node {
            here.push(account);
        } else {
            errands.entry((home, mailboxes)).or_default().push(account);
        }
    }
    let parts = bundle::cut(sealed);
    if parts.len() > BUNDLE_PARTS_MAX {
        return Err(Rejection::TooLarge { limit: BUNDLE_PARTS_MAX }.into());
    }
    let digests = bundle::digests(&parts);
    let id = bundle::name(&digests);
    for (index, bytes) in (0u8..).zip(&parts) {
        step.rows.put_bytes(Scope::Node, Table::BundlePart, &part_row(&id, index), bytes.to_vec());
    }
    let record = BundleRecord {
        digests: digests.into_iter().map(Into::into).collect(),
        missing: Vec::new(),
        guests: here,
        errands: u32::try_from(errands.len() * parts.len()).unwrap_or(u32::MAX),
        since: step.now.wall.0,
    };
    put_or_delete(step, &id, &record)?;
    for ((home, mailboxes), guests) in errands {
        for (index, _) in (0u8..).zip(&parts) {
            let part = PartRecord { bundle: id, index, guests: guests.clone() };
            parcel::send_part(step, home, part, mailboxes.clone())?;
        }
    }
    Ok(id)
}

/// One more node is to be given a part.
pub(crate) fn errand(step: &mut Step<'_>, id: &BundleId) -> Outcome<()> {
    if let Some(mut record) = get(step, id)? {
        record.errands = record.errands.saturating_add(1);
        put_or_delete(step, id, &record)?;
    }
    Ok(())
}

/// The part that a parcel carries, as it travels.
pub(crate) fn part(step: &Step<'_>, carried: &PartRecord) -> Outcome<BundlePart> {
    let record = get(step, &carried.bundle)?.ok_or(Fault::Damaged("bundle on its way"))?;
    let row = part_row(&carried.bundle, carried.index);
    let bytes = step.rows.get_bytes(Scope::Node, Table::BundlePart, &row)?.ok_or(Fault::Damaged("part of a bundle"))?;
    Ok(BundlePart {
        guests: carried.guests.clone(),
        digests: record.digests.iter().map(|digest| **digest).collect(),
        index: carried.index,
        bytes: wire::field(bytes),
    })
}

/// A parcel with a part has arrived, or was given up.
pub(crate) fn carried(step: &mut Step<'_>, id: &BundleId) -> Outcome<()> {
    if let Some(mut record) = get(step, id)? {
        record.errands = record.errands.saturating_sub(1);
        put_or_delete(step, id, &record)?;
    }
    Ok(())
}

/// Takes a part that came from `peer`.
pub(crate) fn receive(
    step: &mut Step<'_>,
    peer: NodeId,
    recipient: AccountId,
    part: &BundlePart,
) -> Outcome<InboxResponse> {
    if !part.is_sound() {
        return Ok(InboxResponse::Refused);
    }
    match step.attempt(|step| keep(step, peer, recipient, part)) {
        Ok(()) => Ok(InboxResponse::Kept),
        Err(Error::Rejection(Rejection::Quota { .. })) => Ok(InboxResponse::NoRoom),
        Err(Error::Rejection(_)) => Ok(InboxResponse::Unknown),
        Err(Error::Fault(fault)) => Err(fault.into()),
    }
}

fn keep(step: &mut Step<'_>, peer: NodeId, recipient: AccountId, part: &BundlePart) -> Outcome<()> {
    let id = part.bundle();
    let (mut lives_here, mut guests) = (false, Vec::new());
    for guest in part.guests.iter().chain([&recipient]) {
        let is_account = step.rows.get_bytes(Scope::Node, Table::Directory, guest.as_bytes())?.is_some();
        lives_here |= is_account;
        if is_account && !has_taken(step, &id, guest)? {
            guests.push(*guest);
        }
    }
    if guests.is_empty() {
        return if lives_here { Ok(()) } else { Err(Rejection::NotFound.into()) };
    }
    let mut record = match get(step, &id)? {
        Some(known) => known,
        None => BundleRecord {
            digests: part.digests.iter().map(|digest| (*digest).into()).collect(),
            missing: (0u8..).zip(&part.digests).map(|(index, _)| index).collect(),
            guests: Vec::new(),
            errands: 0,
            since: step.now.wall.0,
        },
    };
    record.guests.extend(guests);
    record.guests.sort_unstable();
    record.guests.dedup();
    if record.missing.contains(&part.index) {
        take_room(step, peer, &id, part.bytes.as_slice().len() as u64)?;
        let row = part_row(&id, part.index);
        step.rows.put_bytes(Scope::Node, Table::BundlePart, &row, part.bytes.as_slice().to_vec());
        record.missing.retain(|missing| *missing != part.index);
        if record.missing.is_empty() {
            step.to_open_inbox.extend(&record.guests);
        }
    }
    step.rows.put(Scope::Node, Table::Bundle, id.as_bytes(), &record);
    Ok(())
}

fn take_room(step: &mut Step<'_>, peer: NodeId, id: &BundleId, bytes: u64) -> Outcome<()> {
    match quota::take_provisional(step, peer, id.as_bytes(), bytes) {
        Err(Error::Rejection(Rejection::Quota { .. })) => {
            drop_forgotten(step)?;
            quota::take_provisional(step, peer, id.as_bytes(), bytes)
        }
        done => done,
    }
}

/// Drops what came a month ago and no account has taken, though all that could are unlocked: its sender has long given up.
pub(crate) fn drop_forgotten(step: &mut Step<'_>) -> Outcome<()> {
    for (row, value) in step.rows.scan(Scope::Node, Table::Bundle, b"", usize::MAX)? {
        let record: BundleRecord = record::decode(&value, "bundle")?;
        let id = BundleId::try_from(row.as_slice()).map_err(|_| Fault::Damaged("bundle key"))?;
        let old = step.now.wall.0.saturating_sub(record.since) > OUTBOX_LIFETIME_MS;
        let mut locked = false;
        for guest in &record.guests {
            locked |= !step.rows.is_unlocked(*guest)?;
        }
        if old && !locked && record.errands == 0 {
            put_or_delete(step, &id, &BundleRecord { guests: Vec::new(), ..record })?;
        }
    }
    Ok(())
}

/// The sealed bundle, once all of it is here.
pub(crate) fn whole(step: &Step<'_>, id: &BundleId) -> Outcome<Option<Vec<u8>>> {
    let Some(record) = get(step, id)?.filter(|record| record.missing.is_empty()) else { return Ok(None) };
    let parts = step.rows.scan(Scope::Node, Table::BundlePart, id.as_bytes(), record.digests.len())?;
    let parts: Vec<Vec<u8>> = parts.into_iter().map(|(_, bytes)| bytes).collect();
    Ok(Some(parts.concat()))
}

/// An account has joined by it: it needs it no more, and what others here may still need is charged to nobody.
pub(crate) fn taken(step: &mut Step<'_>, id: &BundleId, guest: AccountId) -> Outcome<()> {
    quota::give_back(step, id.as_bytes())?;
    step.rows.put_bytes(Scope::Node, Table::InboxSeen, &taken_row(id, &guest), Vec::new());
    if let Some(mut record) = get(step, id)? {
        record.guests.retain(|one| *one != guest);
        put_or_delete(step, id, &record)?;
    }
    Ok(())
}

/// Whether an account has joined by it already: what comes again of it is not kept.
pub(crate) fn has_taken(step: &Step<'_>, id: &BundleId, guest: &AccountId) -> Outcome<bool> {
    Ok(step.rows.get_bytes(Scope::Node, Table::InboxSeen, &taken_row(id, guest))?.is_some())
}

fn taken_row(id: &BundleId, guest: &AccountId) -> Vec<u8> {
    key::join(&[guest.as_bytes(), id.as_bytes()])
}

/// Keeps a bundle as long as anybody needs it.
fn put_or_delete(step: &mut Step<'_>, id: &BundleId, record: &BundleRecord) -> Outcome<()> {
    if record.errands > 0 || !record.guests.is_empty() {
        step.rows.put(Scope::Node, Table::Bundle, id.as_bytes(), record);
        return Ok(());
    }
    step.rows.delete(Scope::Node, Table::Bundle, id.as_bytes());
    for (index, _) in (0u8..).zip(&record.digests) {
        step.rows.delete(Scope::Node, Table::BundlePart, &part_row(id, index));
    }
    quota::give_back(step, id.as_bytes())
}
