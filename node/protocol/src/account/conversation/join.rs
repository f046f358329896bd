//! Joining by a welcome: everything it claims is checked before a row is kept (PROTOCOL A6.6).

use tidings_crypto::id::AccountId;
use tidings_crypto::identity::BoxKeyRecord;
use tidings_crypto::mls::{Group, MemberView};

use super::{adopt, authorize, found, state};
use crate::account::policy::{Policy, Role};
use crate::account::{contact, event, identity, key_supply, profile};
use crate::error::{Outcome, Rejection};
use crate::limits::{MEMBERS_MAX, NAME_BYTES_MAX, PAST_TAGS_MAX};
use crate::record::contact::{ContactRecord, ContactState};
use crate::record::conversation::{ConversationKind, ConversationRecord, Membership};
use crate::record::event::EventKind;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::inbox::{SignedWelcome, WelcomeBundle};

const fn refused(reason: &'static str) -> Rejection {
    Rejection::Refused { reason }
}

/// Takes a welcome from a contact.
pub(crate) fn welcomed(step: &mut Step<'_>, account: AccountId, welcome: &SignedWelcome) -> Outcome<()> {
    let bundle = &welcome.parse()?;
    let profile = profile::load(step, account)?;
    let (reference, rows) = own_key_package(step, account, bundle)?;
    let group = Group::join(&profile.device_keys(account), rows, bundle.welcome.as_slice(), step.rng)
        .map_err(|_| refused("welcome"))?;
    let inviter = check(step, account, bundle, &group)?;
    let signer = identity::log(step, account, &inviter.account())?.ok_or(refused("welcome"))?;
    let device = signer.device(inviter.device()).ok_or(refused("welcome"))?;
    welcome.verify(&account, &device.device_key)?;
    let known = contact::get(step, account, &inviter.account())?.ok_or(refused("welcome from a stranger"))?;
    let kind = bundle.creation.kind()?;
    if known.state != ContactState::Accepted && kind != ConversationKind::Direct {
        return Err(refused("welcome from a stranger").into());
    }
    key_supply::forget(step, account, &reference)?;
    let id = group.conversation();
    let fresh = found::blank(step, id, kind, bundle.creation.creator, bundle.topic_secret, bundle.epoch);
    let fresh = ConversationRecord { past_tags: bundle.past_tags.iter().map(|tag| (*tag).into()).collect(), ..fresh };
    let mut record = match state::get(step, account, &id)? {
        Some(old) if is_in(&old) && group.epoch() <= old.epoch => return Err(Rejection::Already.into()),
        // Removed and added again, and the removal has not come yet (PROTOCOL A5.3: a replacement welcome). What was written under the
        // states we had can still be read.
        Some(mut old) if is_in(&old) => {
            old.anchors.push(old.tip);
            ConversationRecord {
                own_sequence: old.own_sequence,
                own_head: old.own_head,
                clock: old.clock,
                anchors: old.anchors,
                pending: old.pending,
                ..fresh
            }
        }
        // The own log goes on, but nobody is to wait for what was written while out.
        Some(old) => {
            // What waited was dropped with the removal; part of it may be of the new time. Entries already processed are skipped.
            step.rows.delete(Scope::Account(account), Table::Cursor, old.queue.as_bytes());
            ConversationRecord { own_sequence: old.own_sequence, own_head: old.own_head, clock: old.clock, ..fresh }
        }
        None => fresh,
    };
    adopt::enter(step, account, &mut record, &group, bundle.epoch)?;
    found::open_queue(step, account, &record)?;
    state::put(step, account, &record);
    match kind {
        ConversationKind::Direct => befriend(step, account, bundle, known, &record),
        ConversationKind::Group => event::emit(step, account, Some(id), EventKind::GroupCreated),
    }
}

const fn is_in(record: &ConversationRecord) -> bool {
    matches!(record.membership, Membership::Member | Membership::Leaving)
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

/// Checks conversation id, policy, the inviter's right, and every member's credential. Returns the inviter.
fn check(step: &mut Step<'_>, account: AccountId, bundle: &WelcomeBundle, group: &Group) -> Outcome<MemberView> {
    let policy = Policy::parse(&group.policy().map_err(|_| refused("welcome"))?)?;
    if policy.creation != bundle.creation || policy.creation.conversation() != group.conversation() {
        return Err(refused("conversation id that is not the hash of its creation").into());
    }
    let members = group.members();
    let inviter = group.welcome_sender().and_then(|leaf| group.member(leaf)).ok_or(refused("welcome"))?;
    if policy.role(&inviter.account()) != Role::Owner
        || !members.iter().any(|member| policy.owners.contains(&member.account()))
    {
        return Err(refused("welcome from a member without that right").into());
    }
    if members.len() > MEMBERS_MAX
        || bundle.past_tags.len() > PAST_TAGS_MAX
        || (policy.creation.kind()? == ConversationKind::Direct && members.len() != 2)
    {
        return Err(refused("welcome").into());
    }
    for introduction in &bundle.members {
        identity::introduced(step, account, introduction)?;
    }
    let mut keys: Vec<&[u8]> = members.iter().map(|member| member.signature_key.as_slice()).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() != members.len() {
        return Err(refused("two leaves with one signature key").into());
    }
    for member in &members {
        let log = identity::log(step, account, &member.account())?.ok_or(refused("member without an identity"))?;
        authorize::credential(group.conversation(), &log, &member.credential, &member.signature_key)
            .map_err(|_| refused("credential of a member"))?;
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
