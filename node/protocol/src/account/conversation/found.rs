//! Founding: a conversation with oneself as the only member, then adding the others.

use tidings_crypto::id::{AccountId, ConversationId, EpochId};
use tidings_crypto::mls::Group;

use super::tree::{self, Origin};
use super::{epoch, member_add, refresh, state, tip, wish};
use crate::account::policy::{Creation, Policy};
use crate::account::{contact, event, profile};
use crate::error::{Outcome, Rejection};
use crate::limits::{DESCRIPTION_BYTES_MAX, MEMBERS_MAX, NAME_BYTES_MAX};
use crate::record::contact::ContactState;
use crate::record::conversation::{ConversationKind, ConversationRecord};
use crate::record::event::EventKind;
use crate::step::Step;

/// Founds the direct conversation with a contact and adds them.
pub(crate) fn direct(step: &mut Step<'_>, account: AccountId, other: &AccountId) -> Outcome<ConversationId> {
    let record = alone(step, account, ConversationKind::Direct, "", "")?;
    let id = record.id;
    if let Some(mut known) = contact::get(step, account, other)? {
        known.conversation = Some(id);
        contact::put(step, account, &known);
    }
    member_add::now_or_later(step, account, &id, other)?;
    Ok(id)
}

/// Founds a group and adds contacts to it. Those whose key package is not at hand follow as soon as their node answers.
pub(crate) fn group(
    step: &mut Step<'_>,
    account: AccountId,
    name: &str,
    description: &str,
    members: &[AccountId],
) -> Outcome<ConversationId> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || description.len() > DESCRIPTION_BYTES_MAX {
        return Err(Rejection::TooLarge { limit: NAME_BYTES_MAX }.into());
    }
    if members.len() >= MEMBERS_MAX {
        return Err(Rejection::Quota { what: "members of a group" }.into());
    }
    for member in members {
        let known = contact::get(step, account, member)?.ok_or(Rejection::NotFound)?;
        if known.state != ContactState::Accepted {
            return Err(Rejection::NotFound.into());
        }
    }
    let record = alone(step, account, ConversationKind::Group, name, description)?;
    event::emit(step, account, Some(record.id), EventKind::GroupCreated)?;
    member_add::all_now_or_later(step, account, &record.id, members)?;
    Ok(record.id)
}

/// Founds a group with the name, rules, timer and bans of another, and nobody in it yet.
pub(crate) fn again(step: &mut Step<'_>, account: AccountId, old: &Policy) -> Outcome<ConversationId> {
    let record = alone(step, account, ConversationKind::Group, &old.name(), &old.description())?;
    event::emit(step, account, Some(record.id), EventKind::GroupCreated)?;
    let mut wanted = state::policy(&record)?;
    (wanted.rules, wanted.disappearing_seconds) = (old.rules, old.disappearing_seconds);
    wanted.bans = old.bans.clone();
    if wanted.to_bytes() != record.policy {
        wish::change(step, account, &record, &wanted)?;
    }
    Ok(record.id)
}

fn alone(
    step: &mut Step<'_>,
    account: AccountId,
    kind: ConversationKind,
    name: &str,
    description: &str,
) -> Outcome<ConversationRecord> {
    let profile = profile::load(step, account)?;
    let creation = Creation::new(kind, account, profile.device, step.random());
    let id = creation.conversation();
    let policy = Policy::new(creation, name, description).to_bytes();
    let mls = |_| Rejection::Refused { reason: "new group" };
    let group = Group::create(&profile.device_keys(account), id, &policy, step.rng).map_err(mls)?;
    let first = EpochId::first(&id);
    let mut record = ConversationRecord::blank(id, kind, account, first, step.now.wall.0);
    tree::plant(step, account, &mut record, (first, Origin::default()), &group)?;
    let planted = epoch::named(step, account, &id, &first)?;
    tip::enter(step, account, &mut record, (first, &planted))?;
    refresh::plan_first(step, account, &mut record);
    state::put(step, account, &record);
    Ok(record)
}
