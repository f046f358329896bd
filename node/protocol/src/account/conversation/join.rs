//! Joining by a welcome: everything it claims is checked before a row is kept (PROTOCOL A6.6).

use tidings_crypto::id::AccountId;
use tidings_crypto::identity::BoxKeyRecord;
use tidings_crypto::mls::{Group, MemberView};

use super::{admin_chain, epoch, publish, refresh, state, successor, tip, told, tree};
use crate::account::message::{receipt, resend};
use crate::account::policy::Policy;
use crate::account::{catch_up, contact, event, identity, join_link, key_supply, profile};
use crate::error::{Outcome, Rejection};
use crate::limits::{MEMBERS_MAX, NAME_BYTES_MAX, PAST_TAGS_MAX, TOLD_EPOCHS_MAX};
use crate::record::contact::{ContactRecord, ContactState};
use crate::record::conversation::{ConversationKind, ConversationRecord, Membership, generation_among};
use crate::record::epoch::Standing;
use crate::record::event::EventKind;
use crate::step::Step;
use crate::wire;
use crate::wire::inbox::{SignedSlip, Slip, WelcomeBundle};

const fn refused(reason: &'static str) -> Rejection {
    Rejection::Refused { reason }
}

/// Enters a conversation by what the bundle of a slip holds. Whoever is no contact invites nobody but into a group whose link this account
/// follows: [`Rejection::NotFound`].
pub(crate) fn welcomed(
    step: &mut Step<'_>,
    account: AccountId,
    (signed, slip): (&SignedSlip, &Slip),
    bundle: &WelcomeBundle,
) -> Outcome<()> {
    if !is_bounded(bundle) {
        return Err(refused("welcome").into());
    }
    let profile = profile::load(step, account)?;
    let (reference, rows) = own_key_package(step, account, bundle)?;
    let old = state::get(step, account, &slip.conversation)?;
    let asked = old.as_ref().is_some_and(|old| old.asked_package == reference);
    let kind = bundle.creation.kind()?;
    let known = contact::get(step, account, &slip.inviter)?;
    let accepted = known.as_ref().is_some_and(|known| known.state == ContactState::Accepted);
    let by_link =
        kind == ConversationKind::Group && join_link::awaits(step, account, &slip.conversation, &slip.inviter)?;
    if !asked && !accepted && !by_link && (kind != ConversationKind::Direct || known.is_none()) {
        return Err(Rejection::NotFound.into());
    }
    step.wear(bundle.members.len());
    let (keys, mls) = (profile.device_keys(account), &step.verified.mls);
    let group =
        Group::join_knowing(&keys, rows, bundle.welcome.as_slice(), step.rng, mls).map_err(|_| refused("welcome"))?;
    let id = group.conversation();
    let inviter = check(step, account, bundle, &group, asked)?;
    if (id, inviter.account(), inviter.device()) != (slip.conversation, slip.inviter, slip.device) {
        return Err(refused("welcome of another inviter or conversation than its slip").into());
    }
    let signer = identity::log(step, account, &slip.inviter)?.ok_or(refused("welcome"))?;
    let device = signer.device(slip.device).ok_or(refused("welcome"))?;
    signed.verify(&account, &device.device_key)?;
    let was_in = old.as_ref().is_some_and(|old| old.membership.is_in());
    let mut record = match old {
        Some(old) => old,
        None => ConversationRecord::blank(id, kind, bundle.creation.creator, bundle.epoch, step.now.wall.0),
    };
    if !asked {
        // Another member may grant the same request at the same time.
        key_supply::forget(step, account, &reference)?;
    }
    enter(step, account, &mut record, bundle, &group, asked)?;
    join_link::joined(step, account, &id, &slip.inviter)?;
    successor::joined(step, account, &id, &slip.inviter)?;
    match (kind, known) {
        (ConversationKind::Direct, Some(known)) => befriend(step, account, bundle, known, &record),
        (ConversationKind::Direct, None) => Ok(()),
        (ConversationKind::Group, _) if was_in => Ok(()),
        (ConversationKind::Group, _) => event::emit(step, account, Some(id), EventKind::GroupCreated),
    }
}

/// Whether a bundle holds no more than there can be, so that what follows is bounded too.
fn is_bounded(bundle: &WelcomeBundle) -> bool {
    bundle.members.len() <= MEMBERS_MAX
        && bundle.past_tags.len() <= PAST_TAGS_MAX
        && bundle.told.len() <= TOLD_EPOCHS_MAX
}

/// Puts the epoch of a welcome into the tree, with what is told of those before it, and goes where the rule says.
fn enter(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    bundle: &WelcomeBundle,
    group: &Group,
    asked: bool,
) -> Outcome<()> {
    if epoch::get(step, account, &record.id, &bundle.epoch)?.is_some_and(|known| known.standing == Standing::Kept) {
        return Err(Rejection::Already.into());
    }
    (record.doubt_at, record.base_before) = (None, None);
    let origin = told::plant(step, account, record, bundle, record.is_stranded() && asked)?;
    let room = PAST_TAGS_MAX.saturating_sub(bundle.past_tags.len());
    record.past_tags.drain(..record.past_tags.len().saturating_sub(room));
    record.past_tags.extend(bundle.past_tags.iter().map(|tag| minicbor::bytes::ByteArray::from(*tag)));
    tree::plant(step, account, record, (bundle.epoch, origin), group)?;
    let there = epoch::named(step, account, &record.id, &bundle.epoch)?;
    let generation = generation_among(&there.generations, &profile::load(step, account)?.device);
    if generation > record.generation {
        if asked {
            resend::later(step, account, record, record.asked_sequence, None)?;
        }
        publish::begin_log(record, generation);
    }
    // The own log goes on, but nobody is to wait for what was written while out.
    record.own_tag = [0; 8];
    record.heads.clear();
    record.welcomed_at = Some(step.now.wall.0);
    if record.stranded_since.take().is_some() {
        // What came last could not be receipted any more.
        receipt::owe(step, account, record);
    }
    refresh::plan_first(step, account, record);
    if matches!(record.membership, Membership::Left | Membership::Removed) {
        // Somebody added this account again: the wish to leave is over.
        record.membership = Membership::Removed;
    }
    // What was passed over while out may be of the new time. Entries already processed are skipped.
    catch_up::read_from_the_start(step, account, record);
    tip::settle(step, account, record)?;
    catch_up::retry_pending(step, account, &record.id)
}

type OwnKeyPackage = (Vec<u8>, tidings_crypto::mls::Rows);

fn own_key_package(step: &Step<'_>, account: AccountId, bundle: &WelcomeBundle) -> Outcome<OwnKeyPackage> {
    let references = Group::welcome_references(bundle.welcome.as_slice()).map_err(|_| refused("welcome"))?;
    for reference in references {
        if let Some(rows) = key_supply::private_rows(step, account, &reference)? {
            return Ok((reference, rows));
        }
    }
    Err(refused("welcome to a key package that is used or unknown").into())
}

/// Checks conversation id, policy, the inviter's right, and every member's credential. Returns the inviter. A device that has asked to be let
/// back in is let in by any member.
fn check(
    step: &mut Step<'_>,
    account: AccountId,
    bundle: &WelcomeBundle,
    group: &Group,
    asked: bool,
) -> Outcome<MemberView> {
    let policy = Policy::parse(&group.policy().map_err(|_| refused("welcome"))?)?;
    if policy.creation != bundle.creation || policy.creation.conversation() != group.conversation() {
        return Err(refused("conversation id that is not the hash of its creation").into());
    }
    let members = group.members();
    let inviter = group.welcome_sender().and_then(|leaf| group.member(leaf)).ok_or(refused("welcome"))?;
    let is_in = |account: &AccountId| members.iter().any(|member| member.account() == *account);
    let named = policy.roles.holders().iter().map(|holder| &holder.account).chain(policy.readonly());
    if (!asked && !policy.may_add(&inviter.account())) || !named.into_iter().all(is_in) {
        return Err(refused("welcome from a member without that right").into());
    }
    if members.iter().any(|member| policy.bans.contains(&member.account())) {
        return Err(refused("welcome to where somebody is in who is banned").into());
    }
    if members.len() > MEMBERS_MAX || (policy.creation.kind()? == ConversationKind::Direct && members.len() != 2) {
        return Err(refused("welcome").into());
    }
    for introduction in &bundle.members {
        identity::introduced(step, account, introduction)?;
    }
    admin_chain::verify(step, account, &policy, bundle)?;
    let mut keys: Vec<&[u8]> = members.iter().map(|member| member.signature_key.as_slice()).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() != members.len() {
        return Err(refused("two leaves with one signature key").into());
    }
    for member in &members {
        let log = identity::log(step, account, &member.account())?.ok_or(refused("member without an identity"))?;
        step.verified.leaf(group.conversation(), &log, member).map_err(|_| refused("credential of a member"))?;
    }
    Ok(inviter)
}

/// A direct conversation exists now: the contact is accepted, and what was written meanwhile goes out.
fn befriend(
    step: &mut Step<'_>,
    account: AccountId,
    bundle: &WelcomeBundle,
    known: ContactRecord,
    record: &ConversationRecord,
) -> Outcome<()> {
    let name = bundle.members.iter().find_map(|introduction| {
        let log = tidings_crypto::IdentityLog::parse(introduction.log.as_slice()).ok()?;
        (log.account_id() == known.account).then(|| wire::text(&introduction.name, NAME_BYTES_MAX, "name"))
    });
    let log = identity::log(step, account, &known.account)?.ok_or(refused("member without an identity"))?;
    let box_key = BoxKeyRecord::parse(bundle.box_key.as_slice()).map_err(|_| refused("box key record"))?;
    box_key.verify(&log).map_err(|_| refused("box key record"))?;
    // If both sides founded one at once, the lower id wins; both are read.
    let conversation = known.conversation.map_or(record.id, |other| other.min(record.id));
    let accepted = ContactRecord {
        state: ContactState::Accepted,
        name: name.transpose()?.unwrap_or(known.name),
        display_name: wire::text(&bundle.display_name, NAME_BYTES_MAX, "display name")?,
        box_key: bundle.box_key.as_slice().to_vec(),
        key_token: Some(bundle.key_token.into()),
        conversation: Some(conversation),
        link: None,
        ..known
    };
    contact::put(step, account, &accepted);
    event::emit(step, account, Some(record.id), EventKind::ContactAccepted { account: accepted.account })?;
    crate::account::message::send::send_waiting(step, account, &accepted)
}
