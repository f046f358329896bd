//! Leaving: a SelfRemove which another member commits. Until then it is repeated in every new epoch.

use tidings_crypto::id::{AccountId, ConversationId};

use super::commit::Plan;
use super::wish::{self, Wish};
use super::{publish, readmit, state, tip};
use crate::account::policy::Role;
use crate::account::{join_link, profile};
use crate::error::{Outcome, Rejection};
use crate::record::conversation::{ConversationRecord, Membership};
use crate::step::Step;
use crate::wire::inner::{Draft, Kind, Signed};

/// Starts to leave a group. Who holds a role gives it up first, by a commit, and the last owner to `successor`.
pub(crate) fn leave(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    successor: Option<AccountId>,
) -> Outcome<()> {
    let (mut record, policy) = state::of_group(step, account, conversation)?;
    let mut next = policy.clone();
    if let Some(successor) = successor {
        if successor == account || !record.members.contains(&successor) {
            return Err(Rejection::NotFound.into());
        }
        if policy.role(&account) != Role::Owner {
            return Err(Rejection::NotAdmin.into());
        }
        if policy.role(&successor) != Role::Owner {
            next.set_role(successor, Role::Owner);
        }
    }
    if policy.roles.of(&account).is_none() || is_alone(&record) {
        return depart(step, account, &mut record);
    }
    next.forget(&account);
    if next.roles.owners() == 0 {
        return Err(Rejection::LastAdmin.into());
    }
    wish::keep(step, account, conversation, &Wish::Depart)?;
    wish::change(step, account, &record, &next)
}

/// Whether nobody else is in.
pub(crate) const fn is_alone(record: &ConversationRecord) -> bool {
    record.members.len() == 1
}

/// Leaves, holding no role, or as the last one.
pub(crate) fn depart(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord) -> Outcome<()> {
    record.membership = Membership::Leaving;
    join_link::left(step, account, &record.id)?;
    if is_alone(record) {
        tip::out(step, account, record, account)?;
        state::put(step, account, record);
        return Ok(());
    }
    state::put(step, account, record);
    if record.is_stranded() {
        // It is proposed once this device is back.
        return Ok(());
    }
    propose(step, account, record)
}

/// At another epoch the wish to leave is said again. Whoever was given a role meanwhile gives it up first.
pub(crate) fn persist(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord) -> Outcome<()> {
    let mut next = state::policy(record)?;
    if next.roles.of(&account).is_none() {
        return propose(step, account, record);
    }
    record.membership = Membership::Member;
    wish::keep(step, account, &record.id, &Wish::Depart)?;
    next.forget(&account);
    if next.roles.owners() > 0 {
        let wanted = next.to_bytes();
        wish::keep(step, account, &record.id, &Wish::Policy { before: record.policy.clone(), wanted })?;
    }
    Ok(())
}

/// Publishes the proposal at the tip and stores `record`.
pub(crate) fn propose(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord) -> Outcome<()> {
    let profile = profile::load(step, account)?;
    let mut group = state::load_group(step, account, &record.id, &record.tip)?;
    let proposal = group.propose_self_remove(step.rng).map_err(|_| Rejection::Refused { reason: "self-remove" })?;
    let draft = Draft {
        conversation: record.id,
        kind: Kind::SelfRemove,
        epoch: record.tip,
        commitment: [0; 32],
        body: proposal,
    };
    publish::publish(step, account, &profile, record, draft)?;
    state::put(step, account, record);
    Ok(())
}

/// Receives a proposal of `author`. Whose turn it is commits it: each member in the order of a hash, five seconds apart.
pub(crate) fn received(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    entry: &Signed,
    author: AccountId,
) -> Outcome<()> {
    // One for an older epoch is repeated by its author once they have followed.
    if entry.inner.epoch != record.tip || record.membership != Membership::Member {
        return Ok(());
    }
    let group = state::load_group(step, account, &record.id, &record.tip)?;
    let proposal = entry.inner.body.as_slice().to_vec();
    let leaf = group.inspect_self_remove(&proposal).map_err(|_| Rejection::Refused { reason: "self-remove" })?;
    let leaver = group.member(leaf).ok_or(Rejection::Refused { reason: "self-remove" })?;
    if leaver.account() != author || leaver.device() != entry.inner.device {
        return Err(Rejection::Refused { reason: "self-remove of another device than its entry" }.into());
    }
    let due = step.now.wall.0.saturating_add(readmit::turn(record, account, &author));
    wish::keep(step, account, &record.id, &Wish::Leaver { proposal, epoch: record.tip, due })?;
    Ok(())
}

/// The commit that carries out a proposal.
pub(crate) fn plan(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    proposal: Vec<u8>,
) -> Outcome<Plan> {
    let group = state::load_group(step, account, &record.id, &record.tip)?;
    let leaf = group.inspect_self_remove(&proposal).map_err(|_| Rejection::Refused { reason: "self-remove" })?;
    let leaver = group.member(leaf).ok_or(Rejection::Refused { reason: "self-remove" })?;
    let mut policy = state::policy(record)?;
    policy.forget(&leaver.account());
    Ok(Plan { self_removes: vec![proposal], policy: Some(policy), ..Plan::default() })
}
