//! A registration: what an account wants its mailbox to keep, checked and put into force (PROTOCOL A8).
//!
//! It comes from the account's home, under a device of the account. For each queue it brings the topic key's word for every node that may read
//! it here, so that this node can tell readers without knowing members.

use std::collections::BTreeSet;

use tidings_crypto::id::{AccountId, NodeId, QueueId};
use tidings_crypto::identity::{BoxKeyRecord, IdentityLog, ReachRecord};
use tidings_crypto::mls::SignedKeyPackage;
use tidings_crypto::outer::may_read;
use tidings_crypto::sign::VerifyingKey;

use super::mailbox::MailboxPolicy;
use super::{quota, retention, voucher};
use crate::account::key_supply;
use crate::error::{Fault, Outcome};
use crate::limits::{
    CLAIM_READERS_MAX, CLAIMS_MAX, KEY_PACKAGES_KEPT, SPONSOR_ABSENT_MS, SPONSOR_BYTES_OPEN, SPONSORS_OPEN_MAX,
};
use crate::record;
use crate::record::log::QueueRecord;
use crate::record::mailbox::{SponsorRecord, SponsoredRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::mailbox::{
    MailboxResponse, QueueClaim, RefusalCause, Registration, SignedRegistration, Standing, claimed,
};

/// Judges a registration and puts it into force.
pub(crate) fn register(step: &mut Step<'_>, peer: NodeId, signed: &SignedRegistration) -> Outcome<MailboxResponse> {
    let Some((registration, log)) = checked(step, peer, signed)? else {
        return Ok(MailboxResponse::Refused(RefusalCause::Registration));
    };
    let account = registration.account;
    let known = quota::sponsor(step, &account)?;
    if known.as_ref().is_some_and(|known| !is_newer(&registration, &log, known)) {
        return Ok(MailboxResponse::Refused(RefusalCause::Registration));
    }
    let (quota, by_voucher) = match admit(step, &registration, known.as_ref())? {
        Ok(admitted) => admitted,
        Err(cause) => return Ok(MailboxResponse::Refused(cause)),
    };
    let sponsor = SponsorRecord {
        home: peer,
        quota,
        used: known.as_ref().map_or(0, |known| known.used),
        unclaimed: known.as_ref().map_or(0, |known| known.unclaimed),
        issued_at: registration.issued_at,
        seen_at: step.now.wall.0,
        by_voucher,
        last_resort_used: known.is_some_and(|known| known.last_resort_used)
            && registration.last_resort.as_slice().is_empty(),
        identity_log: registration.identity_log.as_slice().to_vec(),
        box_key: registration.box_key.as_slice().to_vec(),
        reach: registration.reach.as_slice().to_vec(),
    };
    quota::put_sponsor(step, &account, &sponsor);
    queues(step, peer, &registration)?;
    key_supply::set_tokens(step, account, &registration.tokens)?;
    deposit(step, &registration, &log)?;
    standing(step, account)
}

/// The registration, if its account's device signed it for this node and this peer.
fn checked(step: &Step<'_>, peer: NodeId, signed: &SignedRegistration) -> Outcome<Option<(Registration, IdentityLog)>> {
    let Ok(registration) = signed.parse() else { return Ok(None) };
    let Ok(log) = IdentityLog::parse(registration.identity_log.as_slice()) else { return Ok(None) };
    let device = log.devices().iter().any(|(_, device)| signed.verify(&device.device_key).is_ok());
    let named = registration.account == log.account_id()
        && registration.mailbox == step.config.node
        && registration.home == peer;
    let box_key = BoxKeyRecord::parse(registration.box_key.as_slice()).is_ok_and(|record| record.verify(&log).is_ok());
    let reach = registration.reach.as_slice();
    let reach = reach.is_empty() || ReachRecord::parse(reach).is_ok_and(|record| record.verify(&log).is_ok());
    let hosted = step.rows.get_bytes(Scope::Node, Table::Directory, registration.account.as_bytes())?.is_some();
    Ok((device && named && box_key && reach && !hosted).then_some((registration, log)))
}

fn is_newer(registration: &Registration, log: &IdentityLog, known: &SponsorRecord) -> bool {
    let extends = IdentityLog::parse(&known.identity_log).is_ok_and(|old| log.extends(&old));
    registration.issued_at > known.issued_at && extends
}

/// How many bytes the policy lets this account have, and whether by a voucher.
fn admit(
    step: &mut Step<'_>,
    registration: &Registration,
    known: Option<&SponsorRecord>,
) -> Outcome<Result<(u64, bool), RefusalCause>> {
    let voucher = registration.voucher.as_slice();
    match step.config.mailbox {
        MailboxPolicy::Off => return Ok(Err(RefusalCause::NoMailbox)),
        MailboxPolicy::Vouchers | MailboxPolicy::Open => {}
    }
    if !voucher.is_empty() {
        let redeemed = voucher::redeem(step, voucher, registration.account)?;
        return Ok(redeemed.map(|quota| (quota, true)).ok_or(RefusalCause::Voucher));
    }
    if let Some(known) = known {
        return Ok(Ok((known.quota, known.by_voucher)));
    }
    match step.config.mailbox {
        MailboxPolicy::Off | MailboxPolicy::Vouchers => Ok(Err(RefusalCause::VoucherNeeded)),
        MailboxPolicy::Open => {
            let mut open = 0;
            for (_, value) in step.rows.scan(Scope::Node, Table::Sponsor, b"", usize::MAX)? {
                open += usize::from(!record::decode::<SponsorRecord>(&value, "sponsor")?.by_voucher);
            }
            Ok(if open < SPONSORS_OPEN_MAX { Ok((SPONSOR_BYTES_OPEN, false)) } else { Err(RefusalCause::Full) })
        }
    }
}

/// Keeps the queues that are named and gives up those that are not any more.
fn queues(step: &mut Step<'_>, home: NodeId, registration: &Registration) -> Outcome<()> {
    let account = registration.account;
    let mut named: BTreeSet<QueueId> = BTreeSet::new();
    for claim in registration.queues.iter().take(CLAIMS_MAX) {
        if claim_one(step, home, account, claim)? {
            named.insert(claimed(claim));
        }
    }
    for (queue, was_claimed) in super::mailbox::queues_of(step, &account)? {
        if was_claimed && !named.contains(&queue) {
            give_up(step, account, &queue)?;
        }
    }
    Ok(())
}

/// Returns whether the claim holds.
fn claim_one(step: &mut Step<'_>, home: NodeId, account: AccountId, claim: &QueueClaim) -> Outcome<bool> {
    let queue = claimed(claim);
    let mut record = super::queue::get(step, &queue)?.unwrap_or(QueueRecord::new(claim.topic, step.now.wall.0));
    if record.ended {
        return Ok(false);
    }
    let known = record.sponsors.iter().find(|sponsor| sponsor.account == account).cloned();
    let verified = known.as_ref().map(|known| known.readers.clone()).unwrap_or_default();
    let (topic, here) = (VerifyingKey::from_bytes(claim.topic), step.config.node);
    let readers: Vec<NodeId> = claim
        .readers
        .iter()
        .take(CLAIM_READERS_MAX)
        .filter(|one| verified.contains(&one.node) || may_read(&topic, &here, &one.node, &one.signature).is_ok())
        .map(|one| one.node)
        .collect();
    // Who can't let its own home read has not got the topic key.
    if !readers.contains(&home) {
        return Ok(false);
    }
    let mut sponsored =
        known.unwrap_or(SponsoredRecord { account, claimed: false, charged: 0, closing: false, readers: Vec::new() });
    if !sponsored.claimed
        && let Some(mut sponsor) = quota::sponsor(step, &account)?
    {
        sponsor.unclaimed = sponsor.unclaimed.saturating_sub(sponsored.charged);
        quota::put_sponsor(step, &account, &sponsor);
    }
    (sponsored.claimed, sponsored.closing, sponsored.readers) = (true, claim.closing == 1, readers);
    record.sponsors.retain(|sponsor| sponsor.account != account);
    record.sponsors.push(sponsored);
    if record.provisional.take().is_some() {
        quota::give_back(step, queue.as_bytes())?;
    }
    let over = record.subscribers.is_empty() && record.sponsors.iter().all(|sponsor| sponsor.closing);
    if over && record.closed_at == 0 {
        record.closed_at = step.now.wall.0.max(1);
    } else if !over && record.subscribers.is_empty() {
        // A sponsor who was out is in again.
        record.closed_at = 0;
    }
    super::queue::put(step, &queue, &record);
    voucher::note(step, &queue, account, true);
    Ok(true)
}

/// A sponsor does not want a queue any more. If nobody else does, it ends; where others may come late, in its time.
pub(crate) fn give_up(step: &mut Step<'_>, account: AccountId, queue: &QueueId) -> Outcome<()> {
    let row = crate::record::key::join(&[account.as_bytes(), queue.as_bytes()]);
    step.rows.delete(Scope::Node, Table::Sponsored, &row);
    let Some(mut record) = super::queue::get(step, queue)? else { return Ok(()) };
    let Some(place) = record.sponsors.iter().position(|sponsor| sponsor.account == account) else { return Ok(()) };
    let gone = record.sponsors.swap_remove(place);
    if let Some(mut sponsor) = quota::sponsor(step, &account)? {
        sponsor.used = sponsor.used.saturating_sub(gone.charged);
        quota::put_sponsor(step, &account, &sponsor);
    }
    if record.is_unwanted() && record.latecomers.is_empty() {
        return retention::end(step, queue, record);
    }
    if record.is_unwanted() && record.closed_at == 0 {
        record.closed_at = step.now.wall.0.max(1);
    }
    super::queue::put(step, queue, &record);
    Ok(())
}

/// Forgets sponsors that have not been heard of for long, and everything kept for them.
pub(crate) fn forget_absent(step: &mut Step<'_>) -> Outcome<()> {
    for (row, value) in step.rows.scan(Scope::Node, Table::Sponsor, b"", usize::MAX)? {
        let sponsor: SponsorRecord = record::decode(&value, "sponsor")?;
        if step.now.wall.0 < sponsor.seen_at.saturating_add(SPONSOR_ABSENT_MS) {
            continue;
        }
        let account = AccountId::try_from(row.as_slice()).map_err(|_| Fault::Damaged("sponsor key"))?;
        for (queue, _) in super::mailbox::queues_of(step, &account)? {
            give_up(step, account, &queue)?;
        }
        for table in [Table::Inbox, Table::InboxSeen, Table::KeyPackagePool, Table::KeyToken, Table::Sponsor] {
            for (row, _) in step.rows.scan(Scope::Node, table, account.as_bytes(), usize::MAX)? {
                step.rows.delete(Scope::Node, table, &row);
            }
        }
        super::parcel::forget_load(step, account);
    }
    Ok(())
}

/// Takes key packages into the account's pool here.
fn deposit(step: &mut Step<'_>, registration: &Registration, log: &IdentityLog) -> Outcome<()> {
    let good = |bytes: &[u8]| {
        SignedKeyPackage::parse(bytes)
            .is_ok_and(|package| package.account() == registration.account && package.verify(log).is_ok())
    };
    let packages = registration.key_packages.iter().map(tls_codec::VLByteVec::as_slice);
    let room = usize::try_from(KEY_PACKAGES_KEPT).unwrap_or(usize::MAX);
    for package in packages.take(room).filter(|package| good(package)) {
        key_supply::keep_deposited(step, registration.account, package)?;
    }
    let last = registration.last_resort.as_slice();
    if good(last) {
        key_supply::keep_last_resort(step, registration.account, last);
    }
    Ok(())
}

fn standing(step: &Step<'_>, account: AccountId) -> Outcome<MailboxResponse> {
    let sponsor = quota::sponsor(step, &account)?;
    let (quota, used) = sponsor.as_ref().map_or((0, 0), |sponsor| (sponsor.quota, sponsor.used));
    Ok(MailboxResponse::Registered(Standing {
        quota,
        used,
        key_packages: key_supply::pooled(step, account)?,
        last_resort_used: u8::from(sponsor.is_some_and(|sponsor| sponsor.last_resort_used)),
    }))
}
