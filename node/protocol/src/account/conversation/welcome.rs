//! Welcomes: made with the commit that adds somebody, held until another follower has taken that commit (PROTOCOL A5.3), and as long as its
//! branch has lost. What all guests of the commit need is sealed once; each gets a slip with its name and key (docs/adr/0012).

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId, EpochId, NodeId, QueueId};
use tidings_crypto::outer::LogKey;

use super::{admin_chain, epoch, state, tip};
use crate::account::{identity, inbox, key_supply, profile, reach};
use crate::error::{Outcome, Rejection};
use crate::limits::{BUNDLE_BYTES_MAX, TOLD_EPOCHS_MAX, WELCOME_HELD_MS_MAX};
use crate::log::bundle::BundleGuest;
use crate::record;
use crate::record::conversation::{ConversationKind, ConversationRecord};
use crate::record::epoch::EpochRecord;
use crate::record::key;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::inbox::{Generation, InboxItem, Slip, Told, WelcomeBundle};

/// For whom a welcome is.
pub(crate) struct Guest {
    pub(crate) account: AccountId,
    pub(crate) home: NodeId,
    /// Their box key record.
    pub(crate) box_key: Vec<u8>,
}

/// One sealed slip.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct SealedSlip {
    #[n(0)]
    home: NodeId,
    #[n(1)]
    recipient: AccountId,
    #[cbor(n(2), with = "minicbor::bytes")]
    item: Vec<u8>,
}

/// A welcome that waits for its commit to be taken by somebody else. The row's key is the place of the commit's entry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct HeldRecord {
    #[n(0)]
    conversation: ConversationId,
    #[n(1)]
    epoch: EpochId,
    /// Unix milliseconds.
    #[n(2)]
    since: u64,
    #[n(3)]
    slips: Vec<SealedSlip>,
    /// The sealed bundle for all of them.
    #[cbor(n(4), with = "minicbor::bytes")]
    bundle: Vec<u8>,
}

/// Seals the bundle for all guests and a slip for each. They leave at once if `alone`, that is if no other node keeps the conversation
/// (DECISIONS 18), else when the commit at `place` is taken.
pub(crate) fn prepare(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (epoch, place, alone): (EpochId, (QueueId, u64), bool),
    welcome: &[u8],
    guests: Vec<Guest>,
) -> Outcome<()> {
    let plain = wire::encode(&bundle(step, account, record, epoch, welcome)?);
    if plain.len() > BUNDLE_BYTES_MAX {
        return Err(Rejection::TooLarge { limit: BUNDLE_BYTES_MAX }.into());
    }
    let (key, sealed) = tidings_crypto::bundle::seal(&plain, step.rng);
    let profile = profile::load(step, account)?;
    let slip = Slip {
        conversation: record.id,
        inviter: account,
        device: profile.device,
        bundle: wire::bundle::id(&sealed),
        key: *key,
    };
    let mut slips = Vec::with_capacity(guests.len());
    for guest in guests {
        let signed = slip.signed(&guest.account, &profile.device_key());
        let item = inbox::seal(step, guest.account, &guest.box_key, &InboxItem::Welcome(signed))?;
        slips.push(SealedSlip { home: guest.home, recipient: guest.account, item });
    }
    let held = HeldRecord { conversation: record.id, epoch, since: step.now.wall.0, slips, bundle: sealed };
    if alone {
        return release(step, account, held);
    }
    let row = key::counted(place.0.as_bytes(), place.1);
    step.rows.put(Scope::Account(account), Table::HeldWelcome, &row, &held);
    step.set_timer(TimerKind::Act(account, record.id), WELCOME_HELD_MS_MAX);
    Ok(())
}

/// The bundle goes first, so that no slip waits for it.
fn release(step: &mut Step<'_>, account: AccountId, held: HeldRecord) -> Outcome<()> {
    let mut guests = Vec::with_capacity(held.slips.len());
    for slip in &held.slips {
        let mailboxes = reach::nodes(step, account, &slip.recipient)?;
        guests.push(BundleGuest { account: slip.recipient, home: slip.home, mailboxes });
    }
    crate::log::bundle::send(step, &held.bundle, guests)?;
    for slip in held.slips {
        reach::send_item(step, account, (slip.recipient, slip.home), slip.item)?;
    }
    Ok(())
}

/// Another node has the commit at `place` durably.
pub(crate) fn accepted(step: &mut Step<'_>, account: AccountId, place: &[u8]) -> Outcome<()> {
    match step.rows.get::<HeldRecord>(Scope::Account(account), Table::HeldWelcome, place)? {
        Some(held) if leads_on(step, account, &held)? => {
            step.rows.delete(Scope::Account(account), Table::HeldWelcome, place);
            release(step, account, held)
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether the epoch of a welcome is on the way that is chosen, though this account may be out further on. One on a branch that has lost is held:
/// it may win after all.
fn leads_on(step: &Step<'_>, account: AccountId, held: &HeldRecord) -> Outcome<bool> {
    let Some(record) = state::get(step, account, &held.conversation)? else { return Ok(false) };
    Ok(record.past.contains(&held.epoch) || tip::path(step, account, &record)?.contains(&held.epoch))
}

/// Lets go what has been held long enough: if nobody answers, nobody contradicts.
pub(crate) fn release_due(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<()> {
    for (row, held) in held(step, account, conversation)? {
        if !leads_on(step, account, &held)? {
            if epoch::get(step, account, conversation, &held.epoch)?.is_none() {
                step.rows.delete(Scope::Account(account), Table::HeldWelcome, &row);
            }
            continue;
        }
        let waited = step.now.wall.0.saturating_sub(held.since);
        if waited >= WELCOME_HELD_MS_MAX {
            step.rows.delete(Scope::Account(account), Table::HeldWelcome, &row);
            release(step, account, held)?;
        } else {
            step.set_timer(TimerKind::Act(account, *conversation), WELCOME_HELD_MS_MAX - waited);
        }
    }
    Ok(())
}

/// Whether the welcomes to an epoch have not gone out yet.
pub(crate) fn is_held(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    epoch: &EpochId,
) -> Outcome<bool> {
    Ok(held(step, account, conversation)?.iter().any(|(_, held)| held.epoch == *epoch))
}

fn held(step: &Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<Vec<(Vec<u8>, HeldRecord)>> {
    let mut all = Vec::new();
    for (row, value) in step.rows.scan(Scope::Account(account), Table::HeldWelcome, b"", usize::MAX)? {
        let held: HeldRecord = record::decode(&value, "held welcome")?;
        if held.conversation == *conversation {
            all.push((row, held));
        }
    }
    Ok(all)
}

/// What all guests of one commit are given. (A direct conversation, whose welcome bears a token, has one.)
fn bundle(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    epoch: EpochId,
    welcome: &[u8],
) -> Outcome<WelcomeBundle> {
    let own = crate::directory::account(step, &account)?.ok_or(Rejection::NotFound)?;
    let key_token = match record.kind {
        ConversationKind::Direct => key_supply::make_token(step, account),
        ConversationKind::Group => [0; 16],
    };
    let at = epoch::named(step, account, &record.id, &epoch)?;
    let own_tag = LogKey::from_bytes(at.log_key).tag();
    let introductions = at.members.iter().map(|member| identity::introduce(step, account, member));
    let (chain, signers) = admin_chain::whole(step, account, &record.id, &state::policy_of(&at.policy)?, &at.members)?;
    Ok(WelcomeBundle {
        welcome: wire::field(welcome.to_vec()),
        creation: state::policy(record)?.creation,
        epoch,
        topic_secret: at.topic_secret,
        past_tags: record.past_tags.iter().map(|tag| **tag).filter(|tag| *tag != own_tag).collect(),
        told: tell(step, account, record, &epoch)?,
        members: introductions.collect::<Outcome<_>>()?,
        generations: generations(&at),
        display_name: wire::field(own.display_name.into_bytes()),
        box_key: wire::field(own.box_key),
        key_token,
        chain,
        signers,
    })
}

/// The logs that are not their devices' first.
fn generations(at: &EpochRecord) -> Vec<Generation> {
    at.generations.iter().map(|log| Generation { device: log.device, generation: log.generation }).collect()
}

/// What a newcomer must know of the tree to choose as everybody does: the ancestors of its epoch, and their other children.
fn tell(step: &Step<'_>, account: AccountId, record: &ConversationRecord, epoch: &EpochId) -> Outcome<Vec<Told>> {
    let mut lineage = vec![*epoch];
    while let Some(at) = lineage.last().filter(|at| **at != record.base).copied() {
        match epoch::named(step, account, &record.id, &at)?.parent {
            Some(parent) => lineage.push(parent),
            None => break,
        }
    }
    let mut told = vec![Told::of(*epoch, &epoch::named(step, account, &record.id, epoch)?)];
    for ancestor in lineage.iter().skip(1) {
        let known = epoch::named(step, account, &record.id, ancestor)?;
        for child in &known.children {
            if !lineage.contains(child) {
                told.push(Told::of(*child, &epoch::named(step, account, &record.id, child)?));
            }
        }
        told.push(Told::of(*ancestor, &known));
        if told.len() > TOLD_EPOCHS_MAX {
            break;
        }
    }
    told.truncate(TOLD_EPOCHS_MAX);
    // Parents first.
    told.reverse();
    Ok(told)
}
