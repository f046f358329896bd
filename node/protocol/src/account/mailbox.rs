//! The account's own mailboxes: named, told what to keep, read from, and made known to others (PROTOCOL A8).
//!
//! A mailbox is made known once it has said that it keeps. What it is told is one registration with everything, sent again when something in it
//! changed; what is read from it comes through the same cursors as from any follower, and inbox items by their numbers.

use tidings_crypto::id::{AccountId, NodeId};
use tidings_crypto::identity::{Mailbox, ReachRecord};

use super::conversation::{publish, state as conversation_state};
use super::{key_supply, mailbox_reading, profile, reach};
use crate::directory;
use crate::error::{Fault, Outcome, Rejection};
use crate::input::RequestFailure;
use crate::limits::{
    CLAIM_READERS_ALL, CLAIM_READERS_MAX, CLAIMS_MAX, KEY_PACKAGES_KEPT, KEY_PACKAGES_LOW, REGISTER_AGAIN_MS,
    REGISTER_DELAY_MS, RETRY_MS_MAX,
};
use crate::log::mailbox as served;
use crate::peer::Purpose;
use crate::record;
use crate::record::mailbox::{MailboxState, OwnMailboxRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::inner::{Draft, Kind};
use crate::wire::mailbox::{
    MailboxRequest, MailboxResponse, QueueClaim, Reader, RefusalCause, Registration, SignedRegistration, Standing,
};

/// Names a mailbox. It counts, and is made known, once it has answered that it keeps.
pub(crate) fn add(
    step: &mut Step<'_>,
    account: AccountId,
    node: NodeId,
    addresses: Vec<Vec<u8>>,
    voucher: Vec<u8>,
) -> Outcome<OwnMailboxRecord> {
    profile::load(step, account)?;
    let all = list(step, account)?;
    if node == step.config.node {
        return Err(Rejection::Malformed { what: "mailbox: it is the account's own node" }.into());
    }
    let known = all.iter().find(|known| known.node == node);
    if known.is_none() && all.len() >= tidings_crypto::identity::MAX_MAILBOXES {
        return Err(Rejection::Quota { what: "mailboxes of an account" }.into());
    }
    // The form of addresses is judged where others would judge it.
    Mailbox { node, addresses: addresses.clone() }.check().map_err(|_| Rejection::Malformed { what: "mailbox" })?;
    directory::remember(step, node, &addresses)?;
    let record = OwnMailboxRecord {
        node,
        addresses: addresses.into_iter().map(Into::into).collect(),
        voucher,
        state: known.map_or(MailboxState::Waiting, |known| match known.state {
            MailboxState::Registered => MailboxState::Registered,
            MailboxState::Waiting | MailboxState::Refused => MailboxState::Waiting,
        }),
        refusal: String::new(),
        quota: known.map_or(0, |known| known.quota),
        used: known.map_or(0, |known| known.used),
        key_packages: known.map_or(0, |known| known.key_packages),
        told: Vec::new(),
        seen_at: 0,
        last_resort_due: true,
    };
    put(step, account, &record);
    step.peers.peer(node).wanted = true;
    step.to_serve.insert(node);
    step.set_timer(TimerKind::Register(account), 0);
    Ok(record)
}

/// Gives a mailbox up: it is told so if it can be reached now, else what it keeps ends by its age.
pub(crate) fn remove(step: &mut Step<'_>, account: AccountId, node: NodeId) -> Outcome<()> {
    let known = get(step, account, node)?.ok_or(Rejection::NotFound)?;
    step.rows.delete(Scope::Account(account), Table::OwnMailbox, node.as_bytes());
    publish(step, account)?;
    if step.peers.is_connected(node) {
        let mut registration = wanted(step, account, &known)?;
        registration.queues.clear();
        registration.tokens.clear();
        tell(step, account, node, &registration, Purpose::Mailbox)?;
    }
    Ok(())
}

/// All mailboxes of the account.
pub(crate) fn list(step: &Step<'_>, account: AccountId) -> Outcome<Vec<OwnMailboxRecord>> {
    let rows = step.rows.scan(Scope::Account(account), Table::OwnMailbox, b"", usize::MAX)?;
    let all: Result<Vec<OwnMailboxRecord>, Fault> =
        rows.iter().map(|(_, value)| record::decode(value, "mailbox")).collect();
    Ok(all?)
}

pub(crate) fn get(step: &Step<'_>, account: AccountId, node: NodeId) -> Outcome<Option<OwnMailboxRecord>> {
    step.rows.get(Scope::Account(account), Table::OwnMailbox, node.as_bytes())
}

fn put(step: &mut Step<'_>, account: AccountId, record: &OwnMailboxRecord) {
    step.rows.put(Scope::Account(account), Table::OwnMailbox, record.node.as_bytes(), record);
}

/// After an unlock: mailboxes are to be reached and told what changed.
pub(crate) fn resume(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    for mailbox in list(step, account)? {
        step.peers.peer(mailbox.node).wanted = true;
        step.to_serve.insert(mailbox.node);
    }
    step.set_timer(TimerKind::Register(account), REGISTER_DELAY_MS);
    Ok(())
}

/// Tells each mailbox that is connected what to keep, if it was told something else before.
pub(crate) fn register(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    if !step.rows.is_unlocked(account)? {
        return Ok(());
    }
    let all = list(step, account)?;
    if !all.is_empty() {
        step.set_timer(TimerKind::Register(account), REGISTER_AGAIN_MS);
    }
    for mailbox in all {
        if !step.peers.is_connected(mailbox.node) {
            continue;
        }
        let mut registration = wanted(step, account, &mailbox)?;
        let told = digest(&registration);
        let refill = mailbox.key_packages < u32::try_from(KEY_PACKAGES_LOW).unwrap_or(u32::MAX);
        let fresh = step.now.wall.0 < mailbox.seen_at.saturating_add(REGISTER_AGAIN_MS / 2);
        let same = |purpose: &Purpose| matches!(purpose, Purpose::Register { account: a, mailbox: m, .. } if *a == account && *m == mailbox.node);
        if (mailbox.told == told && fresh && !refill && !mailbox.last_resort_due) || step.peers.any_under_way(same) {
            continue;
        }
        if refill {
            let profile = profile::load(step, account)?;
            for _ in 0..KEY_PACKAGES_KEPT {
                registration.key_packages.push(wire::field(key_supply::make(step, account, &profile)?.to_bytes()));
            }
        }
        if mailbox.last_resort_due {
            registration.last_resort = wire::field(key_supply::make_last_resort(step, account)?);
        }
        let purpose = Purpose::Register { account, mailbox: mailbox.node, told };
        tell(step, account, mailbox.node, &registration, purpose)?;
    }
    Ok(())
}

fn tell(
    step: &mut Step<'_>,
    account: AccountId,
    node: NodeId,
    registration: &Registration,
    purpose: Purpose,
) -> Outcome<()> {
    let signed = SignedRegistration::sign(registration, &profile::load(step, account)?.device_key());
    served::ask(step, node, MailboxRequest::Register(signed), purpose);
    Ok(())
}

/// What differs between two registrations: neither their time nor the key packages that come along.
fn digest(registration: &Registration) -> Vec<u8> {
    let plain = Registration {
        issued_at: 0,
        key_packages: Vec::new(),
        last_resort: wire::field(Vec::new()),
        ..registration.clone()
    };
    tidings_crypto::derive("tidings/1/registration-told", &[&wire::encode(&plain)]).to_vec()
}

fn wanted(step: &Step<'_>, account: AccountId, mailbox: &OwnMailboxRecord) -> Outcome<Registration> {
    let own = directory::account(step, &account)?.ok_or(Rejection::NotFound)?;
    let (here, there) = (step.config.node, mailbox.node);
    let mut room = CLAIM_READERS_ALL;
    let mut queues = Vec::new();
    for (topic, closing, mut homes) in reach::queues(step, account)?.into_iter().take(CLAIMS_MAX) {
        homes.sort_unstable();
        homes.dedup();
        homes.retain(|home| *home != here && *home != there);
        // The own home first: without it the claim does not hold.
        homes.insert(0, here);
        homes.truncate(CLAIM_READERS_MAX.min(room.max(1)));
        room = room.saturating_sub(homes.len());
        let readers = homes.iter().map(|home| Reader { node: *home, signature: topic.allow_reading(&there, home) });
        let claim =
            QueueClaim { topic: *topic.public().as_bytes(), closing: u8::from(closing), readers: readers.collect() };
        queues.push(claim);
    }
    Ok(Registration {
        version: wire::VERSION,
        account,
        mailbox: there,
        home: here,
        issued_at: step.now.wall.0,
        voucher: wire::field(mailbox.voucher.clone()),
        identity_log: wire::field(own.identity_log),
        box_key: wire::field(own.box_key),
        reach: wire::field(reach::bytes_of(step, account, &account)?),
        queues,
        tokens: key_supply::tokens(step, account)?,
        key_packages: Vec::new(),
        last_resort: wire::field(Vec::new()),
    })
}

/// Handles a mailbox's answer to a registration.
pub(crate) fn registered(
    step: &mut Step<'_>,
    peer: NodeId,
    account: AccountId,
    told: Vec<u8>,
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    let Some(mut known) = get(step, account, peer)? else { return Ok(()) };
    let before = known.state;
    match mailbox_reading::answer(result) {
        Some(MailboxResponse::Registered(standing)) => {
            stands(&mut known, standing, told, step.now.wall.0);
            put(step, account, &known);
            if standing.last_resort_used == 1 {
                key_supply::replace_last_resort(step, account)?;
                known.last_resort_due = true;
            }
            // What it had no room for before may find room now.
            step.peers.peer(peer).failures = 0;
            step.timers.cancel(TimerKind::Peer(peer));
            step.to_serve.insert(peer);
        }
        Some(MailboxResponse::Refused(cause)) => {
            known.state = MailboxState::Refused;
            known.refusal = text(cause).to_owned();
            known.seen_at = step.now.wall.0;
            step.set_timer(TimerKind::Register(account), RETRY_MS_MAX);
        }
        Some(MailboxResponse::Collected(_) | MailboxResponse::Done) | None => {
            step.set_timer(TimerKind::Register(account), RETRY_MS_MAX);
            return Ok(());
        }
    }
    put(step, account, &known);
    if before != known.state {
        publish(step, account)?;
    }
    mailbox_reading::read_from(step, peer)
}

fn stands(known: &mut OwnMailboxRecord, standing: Standing, told: Vec<u8>, now: u64) {
    known.state = MailboxState::Registered;
    known.refusal.clear();
    known.quota = standing.quota;
    known.used = standing.used;
    known.key_packages = standing.key_packages;
    known.last_resort_due = false;
    known.told = told;
    known.seen_at = now;
}

const fn text(cause: RefusalCause) -> &'static str {
    match cause {
        RefusalCause::NoMailbox => "this node is no mailbox for others",
        RefusalCause::VoucherNeeded => "it keeps against a voucher only",
        RefusalCause::Voucher => "the voucher does not hold",
        RefusalCause::Registration => "it did not accept the registration",
        RefusalCause::Full => "it keeps for as many people as it may",
    }
}

/// Makes the mailboxes that keep known: in the directory, and in every conversation.
fn publish(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    let profile = profile::load(step, account)?;
    let all = list(step, account)?.into_iter().filter(|mailbox| mailbox.state == MailboxState::Registered);
    let mailboxes = all
        .map(|mailbox| Mailbox {
            node: mailbox.node,
            addresses: mailbox.addresses.into_iter().map(Vec::from).collect(),
        })
        .collect();
    let last = ReachRecord::parse(&reach::bytes_of(step, account, &account)?).map_or(0, |last| last.issued_at());
    let issued_at = step.now.wall.0.max(last.saturating_add(1));
    let record = ReachRecord::create(account, &profile.device_key(), mailboxes, issued_at)
        .map_err(|_| Rejection::Malformed { what: "mailboxes" })?;
    let bytes = record.to_bytes();
    if let Some(mut own) = directory::account(step, &account)? {
        own.reach.clone_from(&bytes);
        step.rows.put(Scope::Node, Table::Directory, account.as_bytes(), &own);
    }
    // Also tells the log that they follow the account's conversations.
    reach::remember(step, account, &bytes)?;
    for mut conversation in reach::open_conversations(step, account)? {
        let draft = Draft {
            conversation: conversation.id,
            kind: Kind::Reach,
            epoch: conversation.tip,
            commitment: [0; 32],
            body: bytes.clone(),
        };
        publish::publish(step, account, &profile, &mut conversation, draft)?;
        conversation_state::put(step, account, &conversation);
    }
    step.set_timer(TimerKind::Register(account), REGISTER_DELAY_MS);
    Ok(())
}
