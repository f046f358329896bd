//! Late rivals: commits at an epoch whose state was given up, and the votes of those who cannot follow them (PROTOCOL A5.6).
//!
//! Nothing of a late commit can be checked but its author, its place in its author's log, and that its author may do what it says it does. So
//! it is chosen only where no majority has made another commit final; and then this device asks to be let back in.

use tidings_crypto::id::{AccountId, EpochId};

use super::rule::Class;
use super::{epoch, publish, rejoin, state, tip, valid};
use crate::account::policy::RANK_NONE;
use crate::account::profile;
use crate::error::{Outcome, Rejection};
use crate::limits::DOUBT_MS;
use crate::record::conversation::ConversationRecord;
use crate::record::epoch::{CutRecord, EpochRecord, Standing, VoteRecord};
use crate::record::log::DeviceLogRecord;
use crate::step::Step;
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::commit_body::CommitBody;
use crate::wire::fork_vote::ForkVote;
use crate::wire::inner::{Draft, Kind, Signed};
use crate::wire::rejoin::Reason;

/// Notes a commit at `at`, which is no longer kept: votes for the one that was made final, once, and looks whether the choice holds.
pub(crate) fn commit(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    (entry, log): (&Signed, &DeviceLogRecord),
    (mut at, body): (EpochRecord, &CommitBody),
) -> Outcome<()> {
    let parent = entry.inner.epoch;
    let rank = state::rank(&at.policy, &log.account)?;
    let made = (claimed(body.class, rank)?, rank);
    let commit = epoch::commit_of(step, account, record, (entry, log), made)?;
    if !record.past.contains(&parent) && !epoch::subtree(step, account, &record.id, &record.base)?.contains(&parent) {
        return Err(Rejection::Refused { reason: "late commit on a branch that has lost" }.into());
    }
    if !at.members.contains(&log.account) {
        return Err(Rejection::Refused { reason: "commit of somebody who was no member" }.into());
    }
    valid::keeps_spacing(step, account, record, &at, &commit)?;
    let child = EpochId::next(&record.id, &parent, &commit.id);
    let own = profile::load(step, account)?.device;
    let ends_own = commit.class == Class::Removal && body.cuts.iter().any(|cut| cut.device == own);
    let beside = EpochRecord {
        number: at.number.saturating_add(1),
        parent: Some(parent),
        commit: Some(commit),
        standing: if ends_own { Standing::Out } else { Standing::Forgotten },
        cuts: body.cuts.iter().map(|cut| CutRecord { device: cut.device, sequence: cut.sequence }).collect(),
        ..epoch::heard_of(at.queue, step.now.wall.0)
    };
    epoch::put(step, account, &record.id, &child, &beside);
    at.children.push(child);
    vote(step, account, record, (&parent, &mut at))?;
    epoch::put(step, account, &record.id, &parent, &at);
    doubt(step, account, record);
    state::put(step, account, record);
    Ok(())
}

/// What somebody of that rank may claim a commit to be.
fn claimed(class: u8, rank: u16) -> Outcome<Class> {
    let class = Class::from_number(class).ok_or(Rejection::Malformed { what: "commit entry" })?;
    let takes_a_role = matches!(class, Class::Removal | Class::Admin);
    Ok(if takes_a_role && rank == RANK_NONE { Class::Update } else { class })
}

/// The child of `at` on the way to the tip.
fn made_final(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    at: &EpochRecord,
) -> Outcome<Option<EpochId>> {
    let on_the_way = |child: &&EpochId| record.past.contains(child) || record.base == **child;
    if let Some(child) = at.children.iter().find(on_the_way) {
        return Ok(Some(*child));
    }
    tip::chosen(step, account, record, at)
}

/// Votes once, for good.
fn vote(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    (parent, at): (&EpochId, &mut EpochRecord),
) -> Outcome<()> {
    let voted = at.votes.iter().any(|vote| vote.voter == account);
    let Some(child) = made_final(step, account, record, at)?.filter(|_| !voted && at.members.contains(&account)) else {
        return Ok(());
    };
    at.votes.push(VoteRecord { voter: account, child });
    let body = wire::encode(&ForkVote { parent: *parent, child });
    let draft = Draft { conversation: record.id, kind: Kind::ForkVote, epoch: *parent, commitment: [0; 32], body };
    publish::beside(step, account, record, at, draft)?;
    Ok(())
}

/// Takes a vote of a member of the epoch it is about.
pub(crate) fn voted(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    entry: &Signed,
    voter: AccountId,
) -> Outcome<()> {
    let vote: ForkVote = wire::decode(entry.inner.body.as_slice(), "vote")?;
    let mut at = epoch::get(step, account, &record.id, &vote.parent)?.ok_or(Rejection::NotFound)?;
    let cast = VoteRecord { voter, child: vote.child };
    // Whoever votes for two counts for both; for more there is no honest reason.
    let before = at.votes.iter().filter(|vote| vote.voter == voter).count();
    if entry.inner.epoch != vote.parent || !at.members.contains(&voter) || at.votes.contains(&cast) || before > 1 {
        return Err(Rejection::Refused { reason: "vote" }.into());
    }
    at.votes.push(cast);
    epoch::put(step, account, &record.id, &vote.parent, &at);
    match at.standing {
        Standing::Kept => tip::settle(step, account, record),
        Standing::Forgotten => {
            doubt(step, account, record);
            state::put(step, account, record);
            Ok(())
        }
        Standing::Out | Standing::Told => Ok(()),
    }
}

/// Has it looked at soon whether what is final here is so for the others. Not at once: their votes are under way (PROTOCOL 14, haste). Changes
/// `record`; the caller stores it.
pub(crate) fn doubt(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord) {
    record.doubt_at.get_or_insert(step.now.wall.0.saturating_add(DOUBT_MS));
    step.set_timer(TimerKind::Act(account, record.id), DOUBT_MS);
}

/// Looks at it if it is time: where the choice at an epoch that is final here is no longer what this device has made of it the others are
/// elsewhere, and this account may be in there no more. If votes have come meanwhile by which it is again, so is everything else.
pub(crate) fn resolve(step: &mut Step<'_>, account: AccountId, mut record: ConversationRecord) -> Outcome<()> {
    let Some(at) = record.doubt_at else { return Ok(()) };
    if step.now.wall.0 < at {
        step.set_timer(TimerKind::Act(account, record.id), (at - step.now.wall.0).min(DOUBT_MS));
        return Ok(());
    }
    record.doubt_at = None;
    if let Some(base) = record.base_before.take() {
        record.base = base;
    }
    match elsewhere(step, account, &record)? {
        Some(chosen) => part(step, account, &mut record, chosen)?,
        None => {
            let another = tip::writes_another_log(step, account, &record)?;
            record.set_stranded(another, step.now.wall.0);
            tip::settle(step, account, &mut record)?;
        }
    }
    state::put(step, account, &record);
    Ok(())
}

/// The first epoch that is chosen beside one that is final here.
pub(crate) fn elsewhere(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<Option<EpochId>> {
    for past in &record.past {
        let Some(at) = epoch::get(step, account, &record.id, past)?.filter(|at| at.children.len() > 1) else {
            continue;
        };
        let here = made_final(step, account, record, &at)?;
        let chosen = tip::chosen(step, account, record, &at)?;
        if chosen.is_some() && chosen != here {
            return Ok(chosen);
        }
    }
    Ok(None)
}

/// This account is out where the others are, and cannot see it. A vote may yet bring it back.
pub(crate) fn put_out(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    by: AccountId,
) -> Outcome<()> {
    if let Some(chosen) = elsewhere(step, account, record)? {
        record.base_before = Some(std::mem::replace(&mut record.base, chosen));
    }
    tip::out(step, account, record, by)?;
    state::put(step, account, record);
    Ok(())
}

/// The others are at `chosen` or above it.
fn part(step: &mut Step<'_>, account: AccountId, record: &mut ConversationRecord, chosen: EpochId) -> Outcome<()> {
    let there = epoch::named(step, account, &record.id, &chosen)?;
    let removed = there.standing == Standing::Out || !record.membership.is_in();
    let Some(removal) = there.commit.filter(|_| removed) else {
        return rejoin::ask(step, account, record, Reason::Stranded);
    };
    record.base_before = Some(std::mem::replace(&mut record.base, chosen));
    if record.membership.is_in() { tip::out(step, account, record, removal.author) } else { Ok(()) }
}
