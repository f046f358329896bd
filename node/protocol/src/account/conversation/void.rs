//! Void epochs: whoever was welcomed to an epoch that has lost cannot see that, since the rival stands in an epoch before its own. Those who
//! see it say so under the epoch that lost (PROTOCOL 14, NEGATIVE_TESTS 61).
//!
//! A newcomer believes who has welcomed it, and whoever might have removed it there: that gives nobody more power than they had.

use tidings_crypto::id::{AccountId, EpochId};

use super::wish::{self, Wish};
use super::{epoch, publish, readmit, state, tip};
use crate::account::profile;
use crate::error::{Outcome, Rejection};
use crate::record::conversation::{ConversationRecord, Membership};
use crate::record::epoch::{EpochRecord, Standing};
use crate::step::Step;
use crate::wire::inner::{Draft, Kind, Signed};

const fn refused(reason: &'static str) -> Rejection {
    Rejection::Refused { reason }
}

/// Sees to it that those hear of it whom an epoch added that has lost: from its author at once, from the others in turn, until one has said
/// it.
pub(crate) fn lost(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (id, lost): (&EpochId, &EpochRecord),
) -> Outcome<()> {
    let Some((parent, commit)) = lost.parent.zip(lost.commit) else { return Ok(()) };
    let Some(parent) = epoch::get(step, account, &record.id, &parent)? else { return Ok(()) };
    let mut guests = lost.members.iter().filter(|member| !parent.members.contains(member)).peekable();
    if guests.peek().is_none() {
        return Ok(());
    }
    if commit.author == account && commit.device == profile::load(step, account)?.device {
        return tell(step, account, record, id);
    }
    // Whoever is in on the other branch too is welcomed there.
    if record.membership == Membership::Member
        && let Some(guest) = guests.find(|guest| !record.members.contains(guest))
        && state::policy_of(&lost.policy)?.may_remove(&account, guest)
    {
        let due = step.now.wall.0.saturating_add(readmit::turn(record, account, guest));
        wish::keep(step, account, &record.id, &Wish::Void { epoch: *id, due })?;
    }
    Ok(())
}

/// Says it, if it is so still.
pub(crate) fn tell(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord, id: &EpochId) -> Outcome<()> {
    let Some(lost) = epoch::get(step, account, &record.id, id)? else { return Ok(()) };
    if record.membership.is_in() && epoch::subtree(step, account, &record.id, id)?.contains(&record.tip) {
        return Ok(());
    }
    let draft = Draft { conversation: record.id, kind: Kind::Void, epoch: *id, commitment: [0; 32], body: Vec::new() };
    publish::beside(step, account, record, &lost, draft)
}

/// Takes the word of `author`: that epoch leads nowhere, and neither does what builds on it.
pub(crate) fn received(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    entry: &Signed,
    author: &AccountId,
) -> Outcome<()> {
    let id = entry.inner.epoch;
    wish::drop_void(step, account, record, &id)?;
    let mut at = epoch::get(step, account, &record.id, &id)?.ok_or(refused("void epoch"))?;
    let commit = at.commit.ok_or(refused("void epoch"))?;
    let may = commit.author == *author || state::policy_of(&at.policy)?.may_remove(author, &account);
    let was_in = matches!(at.standing, Standing::Kept | Standing::Forgotten);
    if !was_in || !may || !is_a_guest(step, account, record, &at)? {
        return Err(refused("void epoch").into());
    }
    let gone = epoch::subtree(step, account, &record.id, &id)?;
    if !gone.contains(&record.tip) || !record.membership.is_in() {
        return Err(Rejection::Already.into());
    }
    for above in gone.iter().skip(1) {
        let known = epoch::named(step, account, &record.id, above)?;
        lost(step, account, record, (above, &known))?;
        epoch::delete(step, account, &record.id, above)?;
    }
    for one in &gone {
        state::forget_epoch(step, account, &record.id, one)?;
        record.kept.retain(|kept| kept != one);
        record.past.retain(|past| past != one);
    }
    if gone.contains(&record.base) {
        record.base = id;
    }
    at.standing = Standing::Out;
    at.children.clear();
    epoch::put(step, account, &record.id, &id, &at);
    record.tip = id;
    tip::out(step, account, record, commit.author)?;
    state::put(step, account, record);
    Ok(())
}

/// Whether this account was welcomed to that epoch: the one before it knows by hearsay only, or as one in which it is not.
fn is_a_guest(step: &Step<'_>, account: AccountId, record: &ConversationRecord, at: &EpochRecord) -> Outcome<bool> {
    let Some(parent) = at.parent else { return Ok(false) };
    let parent = epoch::get(step, account, &record.id, &parent)?;
    Ok(parent.is_none_or(|parent| matches!(parent.standing, Standing::Told | Standing::Out)))
}
