//! What is said to those who are there and kept by nobody: sealed under the tip's log key, signed by the device, sent to the home nodes of
//! contacts in the conversation (PROTOCOL A4, `eph`). Its first content is [`typing`].
//!
//! Nothing here writes a row. Whoever hears it has to be at the same epoch: what passes is not worth keeping old keys at hand for.

mod memory;
pub(crate) mod typing;

use tidings_crypto::ephemeral::Ephemeral;
use tidings_crypto::id::{AccountId, NodeId};
use tidings_crypto::outer::LogKey;
use tidings_crypto::sign::VerifyingKey;

pub(crate) use self::memory::Ephemerals;
use super::conversation::state as conversation_state;
use super::{contact, device_log, profile, unlock};
use crate::error::{Outcome, Rejection};
use crate::log;
use crate::record::contact::ContactState;
use crate::record::conversation::{ConversationRecord, Membership};
use crate::step::Step;
use crate::wire;
use crate::wire::ephemeral::{EphemeralBody, EphemeralKind, SignedEphemeral};

const fn refused(reason: &'static str) -> Rejection {
    Rejection::Refused { reason }
}

/// Whether an account says anything in a conversation, and hears it: as a member who can follow the others.
fn takes_part(record: &ConversationRecord) -> bool {
    record.membership == Membership::Member && !record.is_stranded() && record.succeeded_by.is_none()
}

/// Whether somebody may know what passes: contacts only, also among the members of a group.
fn is_acquainted(step: &Step<'_>, account: AccountId, member: &AccountId) -> Outcome<bool> {
    Ok(contact::get(step, account, member)?.is_some_and(|contact| contact.state == ContactState::Accepted))
}

/// Says something in a conversation to the contacts in it whose nodes are connected.
fn say(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord, kind: EphemeralKind) -> Outcome<()> {
    let mut nodes = Vec::new();
    for (member, home) in record.members.iter().zip(&record.homes) {
        if !nodes.contains(home) && is_acquainted(step, account, member)? {
            nodes.push(*home);
        }
    }
    let profile = profile::load(step, account)?;
    let clock = step.ephemerals.next_clock(account, step.now.wall.0);
    let body = EphemeralBody::new((record.id, record.tip), profile.device, clock, kind);
    let signed = wire::encode(&body.sign(&profile.device_key()));
    let frame = Ephemeral::seal(record.queue, &LogKey::from_bytes(record.log_key), step.random(), &signed)
        .map_err(|_| Rejection::TooLarge { limit: tidings_crypto::ephemeral::MAX_EPHEMERAL })?;
    Ok(log::ephemeral::send(step, &frame, &nodes)?)
}

/// Hears a frame that came from a node, for one account.
///
/// # Errors
/// [`Rejection`] where it has no effect: cheap checks come first, the signature last.
pub(crate) fn hear(step: &mut Step<'_>, account: AccountId, from: NodeId, frame: &Ephemeral) -> Outcome<()> {
    if !step.rows.is_unlocked(account)? {
        return Err(Rejection::Locked.into());
    }
    let id = unlock::conversation_of(step, account, &frame.queue())?.ok_or(Rejection::NotFound)?;
    let record = conversation_state::get(step, account, &id)?.ok_or(Rejection::NotFound)?;
    if !takes_part(&record) || record.queue != frame.queue() || !record.homes.contains(&from) {
        return Err(refused("ephemeral from a node without a member").into());
    }
    if !typing::is_shown(step, account, &record)? {
        return Err(refused("ephemeral that is not wanted").into());
    }
    let plain = frame.open(&LogKey::from_bytes(record.log_key)).map_err(|_| refused("seal of an ephemeral"))?;
    let signed: SignedEphemeral = wire::decode(&plain, "ephemeral")?;
    let body = signed.parse()?;
    if body.conversation != record.id || body.epoch != record.tip {
        return Err(refused("ephemeral of another conversation or epoch").into());
    }
    let author = author(step, account, &record, (&body, from))?;
    let place = (account, record.id, body.device);
    if !step.ephemerals.is_news(&place, body.clock, step.now.wall.0) {
        return Err(refused("ephemeral that is old or came before").into());
    }
    signed.verify(&VerifyingKey::from_bytes(author.key))?;
    step.ephemerals.note(place, body.clock);
    match body.kind {
        EphemeralKind::Typing => typing::heard(step, place, author.account),
        EphemeralKind::TypingStopped => typing::stopped(step, place),
    }
    Ok(())
}

/// Who says it.
struct Author {
    account: AccountId,
    key: [u8; 32],
}

/// A device that is in now, lives at the node from which the frame came, and may write; its account is a contact, so never one's own.
fn author(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (body, from): (&EphemeralBody, NodeId),
) -> Outcome<Author> {
    let log = device_log::get(step, account, &record.id, &body.device)?.filter(|log| log.cut.is_none());
    let log = log.ok_or(refused("ephemeral of a device that is no member"))?;
    let lives_there = |(member, home): (&AccountId, &NodeId)| *member == log.account && *home == from;
    if !record.members.iter().zip(&record.homes).any(lives_there) {
        return Err(refused("ephemeral of somebody else").into());
    }
    if !is_acquainted(step, account, &log.account)? {
        return Err(refused("ephemeral of somebody who is no contact").into());
    }
    if !conversation_state::policy(record)?.may_post(&log.account) {
        return Err(Rejection::MayNotPost.into());
    }
    Ok(Author { account: log.account, key: log.key })
}
