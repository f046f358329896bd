//! Going on in a successor.
//!
//! By itself a device goes only where an owner or admin leads, and only if it has waited for as long as they: so nobody leads away who is
//! let back in. Of several successors all go to the one with the least id, also those who went to another before.

use tidings_crypto::id::{AccountId, ConversationId};
use tidings_crypto::invite::InviteLink;

use super::{has_stopped, is_to_be_asked_about, of, predecessors, put};
use crate::account::conversation::state;
use crate::account::policy::{Policy, Role};
use crate::account::{event, join_link};
use crate::error::{Outcome, Rejection};
use crate::limits::{SUCCESSOR_ANSWER_MS, SUCCESSORS_MAX};
use crate::record::conversation::{ConversationRecord, Membership};
use crate::record::event::EventKind;
use crate::record::join::JoinState;
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
    // For those who may lead there is always room.
    let leads = Policy::parse(&record.policy).is_ok_and(|policy| leads(&policy, &author));
    match known.iter().find(|known| known.account == author) {
        Some(before) if before.conversation <= conversation => return Err(Rejection::Already.into()),
        None if known.len() >= SUCCESSORS_MAX && !leads => {
            return Err(Rejection::Quota { what: "successors of a group" }.into());
        }
        Some(_) | None => {}
    }
    put(step, account, &record.id, &SuccessorRecord { account: author, conversation, link: link.to_owned() });
    step.to_act.insert((account, record.id));
    event::emit(step, account, Some(record.id), EventKind::SuccessorOpened { account: author, conversation })
}

/// Whether a member leads the others to what it has opened.
fn leads(policy: &Policy, member: &AccountId) -> bool {
    policy.role(member) <= Role::Admin
}

/// Goes where an owner or admin leads, if the group has come to a halt. Returns whether it goes on elsewhere.
pub(crate) fn act(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<bool> {
    let gone = record.succeeded_by.is_some();
    if record.membership != Membership::Member || !(gone || has_stopped(step, record)) {
        return Ok(gone);
    }
    let Ok(policy) = Policy::parse(&record.policy) else { return Ok(gone) };
    for successor in led(step, account, record, &policy)? {
        if record.succeeded_by == Some(successor.conversation) {
            return Ok(true);
        }
        let asked = join_link::get(step, account, &successor.conversation, &successor.account)?;
        match asked.map(|join| (join.state, step.now.wall.0.saturating_sub(join.created_at))) {
            Some((JoinState::Joined, _)) => {
                enter(step, account, record.clone(), &successor.conversation)?;
                return Ok(true);
            }
            Some((JoinState::Refused, _)) => {}
            // Nobody waits for one that leads nowhere: should an answer come later, all go there.
            Some((JoinState::Resolving | JoinState::Requested, waited)) if waited > SUCCESSOR_ANSWER_MS => {}
            Some(_) => return Ok(gone),
            None => {
                let link =
                    InviteLink::parse(&successor.link).map_err(|_| Rejection::Malformed { what: "successor" })?;
                if refused(step.attempt(|step| join_link::follow::follow(step, account, &link)))?.is_ok() {
                    return Ok(gone);
                }
            }
        }
    }
    Ok(gone)
}

/// The successors to which an owner or admin leads, the one with the least id first. Whom the chosen branch removes leads nobody.
fn led(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    policy: &Policy,
) -> Outcome<Vec<SuccessorRecord>> {
    let mut led = Vec::new();
    for successor in of(step, account, &record.id)? {
        if leads(policy, &successor.account) && !is_to_be_asked_about(step, account, &record.id, &successor.account)? {
            led.push(successor);
        }
    }
    led.sort_unstable_by_key(|successor| successor.conversation);
    Ok(led)
}

/// `inviter` has brought this account into a group: if they have opened it in place of one that has come to a halt, that goes on there.
pub(crate) fn joined(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    inviter: &AccountId,
) -> Outcome<()> {
    for (old, by) in predecessors(step, account, conversation)? {
        if let Some(record) = state::get(step, account, &old)?.filter(|_| by == *inviter)
            && (record.succeeded_by.is_some() || has_stopped(step, &record))
            && join_link::awaits(step, account, conversation, inviter)?
        {
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
    let (policy, known) = (Policy::parse(&old.policy).ok(), of(step, account, &old.id)?);
    // The less, the sooner everybody goes there.
    let weight = |id: &ConversationId| {
        let by = known.iter().find(|one| one.conversation == *id).map(|one| &one.account);
        (!policy.as_ref().zip(by).is_some_and(|(policy, by)| leads(policy, by)), *id)
    };
    let before = old.succeeded_by.filter(|before| before != conversation);
    let best = before.filter(|before| weight(before) < weight(conversation)).unwrap_or(*conversation);
    let other = if best == *conversation { before } else { Some(*conversation) };
    if let Some(mut other) = other.map(|other| state::get(step, account, &other)).transpose()?.flatten() {
        other.succeeded_by = Some(best);
        state::put(step, account, &other);
    }
    if let Some(mut best) = state::get(step, account, &best)?.filter(|best| best.succeeded_by.is_some()) {
        best.succeeded_by = None;
        state::put(step, account, &best);
    }
    if old.succeeded_by != Some(best) {
        old.succeeded_by = Some(best);
        state::put(step, account, &old);
        event::emit(step, account, Some(old.id), EventKind::GroupSucceeded { conversation: best })?;
    }
    Ok(())
}
