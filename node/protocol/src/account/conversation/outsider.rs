//! Outsiders: a device that cannot follow the others asks to be let back in, and its account is no member any more where they are. Nobody can
//! let it in, and it cannot see that it was removed; so it is told under the epoch under which it asked (REQ-FORK-22).
//!
//! It believes who might have removed it there, and only while it waits to be let in.

use tidings_crypto::id::{AccountId, EpochId};

use super::wish::{self, Wish};
use super::{epoch, late, publish, readmit, state};
use crate::error::{Outcome, Rejection};
use crate::record::conversation::{ConversationRecord, Membership};
use crate::record::epoch::EpochRecord;
use crate::step::Step;
use crate::wire;
use crate::wire::inner::{Draft, Kind};
use crate::wire::standing::Word;

const fn refused(reason: &'static str) -> Rejection {
    Rejection::Refused { reason }
}

/// Whether somebody could have removed `member` at an epoch.
fn may_say(under: &EpochRecord, author: &AccountId, member: &AccountId) -> bool {
    let are_in = under.members.contains(author) && under.members.contains(member);
    are_in && state::may_remove(&under.policy, author, member)
}

/// Sees to it that somebody who asked under that epoch hears of it: from who may say it, in turn, until one has.
pub(crate) fn asked(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (under, member): (&EpochId, &AccountId),
) -> Outcome<()> {
    let here = epoch::get(step, account, &record.id, under)?.ok_or(refused("rejoin request under an unknown epoch"))?;
    let sees = record.membership == Membership::Member && !record.is_stranded();
    if sees && !here.gone.contains(member) && may_say(&here, &account, member) {
        let due = step.now.wall.0.saturating_add(readmit::turn(record, account, member));
        wish::keep(step, account, &record.id, &Wish::Gone { epoch: *under, member: *member, due })?;
    }
    Ok(())
}

/// Says it, if it is so still and nobody has said it.
pub(crate) fn tell(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (under, member): (&EpochId, AccountId),
) -> Outcome<()> {
    let Some(mut here) = epoch::get(step, account, &record.id, under)? else { return Ok(()) };
    if record.is_stranded() || record.members.contains(&member) || here.gone.contains(&member) {
        return Ok(());
    }
    let body = wire::encode(&Word::Gone(member));
    let draft = Draft { conversation: record.id, kind: Kind::Void, epoch: *under, commitment: [0; 32], body };
    publish::beside(step, account, record, &here, draft)?;
    here.gone.push(member);
    epoch::put(step, account, &record.id, under, &here);
    Ok(())
}

/// Takes the word of `author` that `member` is out.
pub(crate) fn told(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    (under, member): (&EpochId, AccountId),
    author: &AccountId,
) -> Outcome<()> {
    let mut here = epoch::get(step, account, &record.id, under)?.ok_or(refused("word on an unknown epoch"))?;
    if !may_say(&here, author, &member) {
        return Err(refused("word of somebody without that right").into());
    }
    if here.gone.contains(&member) {
        return Err(Rejection::Already.into());
    }
    let waits = record.membership.is_in() && (record.is_stranded() || record.asked_at > record.heard_at);
    if member == account && !waits {
        return Err(refused("word to somebody who has not asked").into());
    }
    here.gone.push(member);
    epoch::put(step, account, &record.id, under, &here);
    if member == account { late::put_out(step, account, record, *author) } else { Ok(()) }
}
