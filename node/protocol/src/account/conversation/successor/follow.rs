//! Going on in a successor.
//!
//! By itself a device goes only where an owner or admin leads, and only if it has waited for as long as they: so nobody leads away who is
//! let back in. Of several successors all go to the one with the least id, also those who went to another before.

use tidings_crypto::id::{AccountId, ConversationId};
use tidings_crypto::invite::InviteLink;

use super::{has_stopped, of, predecessors, put};
use crate::account::conversation::state;
use crate::account::policy::{Policy, Role};
use crate::account::{event, join_link};
use crate::error::{Outcome, Rejection};
use crate::limits::SUCCESSORS_MAX;
use crate::record::conversation::ConversationRecord;
use crate::record::event::EventKind;
use crate::record::successor::SuccessorRecord;
use crate::step::{Step, refused};
use crate::wire::inner::Signed;

/// A member says that it has opened a successor. Of two of one member the one with the lesser id counts.
pub(crate) fn received(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    entry: &Signed,
    author: AccountId,
) -> Outcome<()> {
    if !record.membership.is_in() {
        return Err(Rejection::NotMember.into());
    }
    let malformed = Rejection::Malformed { what: "successor" };
    let link = std::str::from_utf8(entry.inner.body.as_slice()).map_err(|_| malformed.clone())?;
    let parsed = InviteLink::parse(link).map_err(|_| malformed.clone())?;
    let conversation = parsed.group.filter(|group| *group != record.id).ok_or(malformed)?;
    if parsed.account != author || !record.members.contains(&author) {
        return Err(
            Rejection::Refused { reason: "successor of somebody who is no member, or by the link of another" }.into()
        );
    }
    let known = of(step, account, &record.id)?;
    match known.iter().find(|known| known.account == author) {
        Some(before) if before.conversation <= conversation => return Err(Rejection::Already.into()),
        None if known.len() >= SUCCESSORS_MAX => return Err(Rejection::Quota { what: "successors of a group" }.into()),
        Some(_) | None => {}
    }
    put(step, account, &record.id, &SuccessorRecord { account: author, conversation, link: link.to_owned() });
    step.to_act.insert((account, record.id));
    event::emit(step, account, Some(record.id), EventKind::SuccessorOpened { account: author, conversation })
}

/// The less, the sooner everybody goes there.
fn weight(policy: &Policy, successor: &SuccessorRecord) -> (bool, ConversationId) {
    (policy.role(&successor.account) > Role::Admin, successor.conversation)
}

/// Goes where an owner or admin leads, if the group has come to a halt. Returns whether it goes on elsewhere.
pub(crate) fn act(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<bool> {
    let gone = record.succeeded_by.is_some();
    if !record.membership.is_in() || !(gone || has_stopped(step, record)) {
        return Ok(false);
    }
    let policy = state::policy(record)?;
    let known = of(step, account, &record.id)?;
    let led = known.into_iter().filter(|successor| policy.role(&successor.account) <= Role::Admin);
    let Some(best) = led.min_by_key(|successor| successor.conversation) else { return Ok(gone) };
    if record.succeeded_by == Some(best.conversation) {
        return Ok(true);
    }
    if state::get(step, account, &best.conversation)?.is_some_and(|there| there.membership.is_in()) {
        enter(step, account, record.clone(), &best.conversation)?;
        return Ok(true);
    }
    if !join_link::is_refused(step, account, &best.conversation, &best.account)? {
        let link = InviteLink::parse(&best.link).map_err(|_| Rejection::Malformed { what: "successor" })?;
        drop(refused(step.attempt(|step| join_link::follow::follow(step, account, &link)))?);
    }
    Ok(gone)
}

/// This account is in a group now: if that succeeds another, the other one goes on there.
pub(crate) fn joined(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<()> {
    for (old, _) in predecessors(step, account, conversation)? {
        if let Some(record) = state::get(step, account, &old)? {
            enter(step, account, record, conversation)?;
        }
    }
    Ok(())
}

/// The group goes on in a successor in which this account is. If it is in another already, one of the two goes on in the other.
pub(super) fn enter(
    step: &mut Step<'_>,
    account: AccountId,
    mut old: ConversationRecord,
    conversation: &ConversationId,
) -> Outcome<()> {
    let (policy, known) = (state::policy(&old)?, of(step, account, &old.id)?);
    let weight = |id: &ConversationId| {
        known.iter().find(|one| one.conversation == *id).map_or((true, *id), |one| weight(&policy, one))
    };
    let before = old.succeeded_by.filter(|before| before != conversation);
    let best = before.filter(|before| weight(before) < weight(conversation)).unwrap_or(*conversation);
    let other = if best == *conversation { before } else { Some(*conversation) };
    if let Some(mut other) = other.map(|other| state::get(step, account, &other)).transpose()?.flatten() {
        other.succeeded_by = Some(best);
        state::put(step, account, &other);
    }
    if old.succeeded_by != Some(best) {
        old.succeeded_by = Some(best);
        state::put(step, account, &old);
        event::emit(step, account, Some(old.id), EventKind::GroupSucceeded { conversation: best })?;
    }
    Ok(())
}
