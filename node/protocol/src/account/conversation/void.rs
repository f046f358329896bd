//! Void epochs: whoever was welcomed to an epoch that has lost cannot see that, since the rival stands in an epoch before its own. Those who
//! see it say so under the epoch that lost; and if it wins after all, for a rival was lowered, they say that (PROTOCOL 14, NEGATIVE_TESTS 61).
//!
//! A newcomer believes who has welcomed it, and whoever might have removed it there: that gives nobody more power than they had. The last word
//! by its clock stands. Whoever may say one and sees it otherwise says so in turn.

use tidings_crypto::id::{AccountId, EpochId};

use super::wish::{self, Wish};
use super::{epoch, outsider, publish, readmit, state, tip};
use crate::account::profile;
use crate::error::{Outcome, Rejection};
use crate::limits::{CLOCK_AHEAD_MS_MAX, WORD_PAUSE_MS, WORDS_MAX};
use crate::record::conversation::{ConversationRecord, Membership};
use crate::record::epoch::{EpochRecord, Standing, WordRecord};
use crate::step::Step;
use crate::wire;
use crate::wire::inbox::Told;
use crate::wire::inner::{Draft, Kind, Signed};
use crate::wire::rejoin::SignedRejoin;
use crate::wire::standing::Word;

const fn refused(reason: &'static str) -> Rejection {
    Rejection::Refused { reason }
}

/// Sees to it that those hear of it who were welcomed to an epoch and last heard otherwise: from its author at once, from the others in turn,
/// until one has said it.
pub(crate) fn look(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord, id: &EpochId) -> Outcome<()> {
    look_after(step, account, record, id, 0)
}

/// As [`look`], but after a pause: whoever said otherwise may know more.
fn look_after(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    id: &EpochId,
    pause: u64,
) -> Outcome<()> {
    let here = epoch::named(step, account, &record.id, id)?;
    let Some(commit) = here.commit else { return Ok(()) };
    if !sees_otherwise(step, account, record, (id, &here))? {
        return Ok(());
    }
    let guests = guests(step, account, record, &here)?;
    if guests.is_empty() {
        return Ok(());
    }
    if pause == 0 && commit.author == account && commit.device == profile::load(step, account)?.device {
        return tell(step, account, record, id);
    }
    // Whoever is in on the other branch too is welcomed there.
    let unaware = guests.iter().find(|guest| here.is_void() || !record.members.contains(guest));
    if record.membership == Membership::Member
        && let Some(guest) = unaware
        && may_say(&here, &account, guest)
    {
        let due = step.now.wall.0.saturating_add(pause).saturating_add(readmit::turn(record, account, guest));
        wish::keep(step, account, &record.id, &Wish::Void { epoch: *id, due })?;
    }
    Ok(())
}

/// Says how it is, if the last word was another.
pub(crate) fn tell(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord, id: &EpochId) -> Outcome<()> {
    let Some(mut here) = epoch::get(step, account, &record.id, id)? else { return Ok(()) };
    if !sees_otherwise(step, account, record, (id, &here))? {
        return Ok(());
    }
    let void = !here.is_void();
    let body = wire::encode(&if void { Word::Void } else { Word::Holds });
    let draft = Draft { conversation: record.id, kind: Kind::Void, epoch: *id, commitment: [0; 32], body };
    // It stands behind those before it, also where this node's clock went back.
    let after = ConversationRecord { clock: here.last_word().map_or(0, |last| last.clock), ..record.clone() };
    let (said, clock) = publish::beside(step, account, &after, &here, draft)?;
    here.words.push(WordRecord { author: account, id: said, clock, void });
    epoch::put(step, account, &record.id, id, &here);
    Ok(())
}

/// Whoever is welcomed above an epoch is told that it holds, whatever was said before.
pub(crate) fn overrule(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    id: &EpochId,
    welcome: &Told,
) -> Outcome<()> {
    let Some(mut here) = epoch::get(step, account, &record.id, id)? else { return Ok(()) };
    if let Some(last) = here.last_word().filter(|last| last.void)
        && let Some(commit) = welcome.commit.first()
    {
        let (author, clock) = (commit.author, last.clock.saturating_add(1));
        here.words.push(WordRecord { author, id: commit.id, clock, void: false });
        epoch::put(step, account, &record.id, id, &here);
    }
    Ok(())
}

/// Whether the last word on an epoch is not what this account sees. Where the others are elsewhere it sees nothing.
fn sees_otherwise(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (id, here): (&EpochId, &EpochRecord),
) -> Outcome<bool> {
    let sees = !record.is_stranded() && words_of(here, &account) < WORDS_MAX;
    Ok(sees && here.is_void() != is_void(step, account, record, id)?)
}

fn words_of(here: &EpochRecord, author: &AccountId) -> usize {
    here.words.iter().filter(|word| word.author == *author).count()
}

/// Takes the word of `author` on the epoch under which it stands.
pub(crate) fn received(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    entry: &Signed,
    author: &AccountId,
) -> Outcome<()> {
    let id = entry.inner.epoch;
    let void = match wire::decode(entry.inner.body.as_slice(), "word on an epoch")? {
        Word::Void => true,
        Word::Holds => false,
        Word::Gone(member) => return outsider::told(step, account, record, (&id, member), author),
    };
    let mut here = epoch::get(step, account, &record.id, &id)?.ok_or(refused("word on an unknown epoch"))?;
    let is_guest = is_guest(step, account, record, &here)?;
    let guests = if is_guest { vec![account] } else { guests(step, account, record, &here)? };
    if !guests.iter().any(|guest| may_say(&here, author, guest)) {
        return Err(refused("word on an epoch of others").into());
    }
    // A clock that runs ahead does not speak for later.
    let clock = entry.inner.clock.min(step.now.wall.0.saturating_add(CLOCK_AHEAD_MS_MAX) << 16);
    if here.words.iter().any(|known| known.id == entry.id()) || words_of(&here, author) >= WORDS_MAX {
        return Err(Rejection::Already.into());
    }
    here.words.push(WordRecord { author: *author, id: entry.id(), clock, void });
    epoch::put(step, account, &record.id, &id, &here);
    wish::drop_void(step, account, record, &id)?;
    if is_guest {
        return tip::settle(step, account, record);
    }
    if record.membership.is_in() { look_after(step, account, record, &id, WORD_PAUSE_MS) } else { Ok(()) }
}

/// Whether this account was welcomed to an epoch of which the last word is that it is void.
pub(crate) fn shuts_out(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    here: &EpochRecord,
) -> Outcome<bool> {
    Ok(here.is_void() && is_guest(step, account, record, here)?)
}

/// The children of an epoch among which the rule chooses. Where this account was not in, it sees nothing of what decides there but what it was
/// told: a child that leads only to what is void for it is no choice while another leads on.
pub(crate) fn open_children(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    parent: &EpochRecord,
) -> Outcome<Vec<EpochId>> {
    let sees = !matches!(parent.standing, Standing::Told | Standing::Out);
    let (mut open, mut any_void) = (Vec::new(), false);
    for child in parent.children.iter().filter(|_| !sees && parent.children.len() > 1) {
        let ends = ends(step, account, record, child)?;
        any_void |= ends.void;
        if ends.kept {
            open.push(*child);
        }
    }
    Ok(if any_void && !open.is_empty() { open } else { parent.children.clone() })
}

/// What an epoch and those above it are to this account.
#[derive(Default)]
struct Ends {
    /// One at least can be entered.
    kept: bool,
    /// One at least is void for it.
    void: bool,
}

fn ends(step: &Step<'_>, account: AccountId, record: &ConversationRecord, from: &EpochId) -> Outcome<Ends> {
    let (mut ends, mut open) = (Ends::default(), vec![*from]);
    while let Some(id) = open.pop() {
        let here = epoch::named(step, account, &record.id, &id)?;
        if shuts_out(step, account, record, &here)? {
            ends.void = true;
        } else {
            ends.kept |= here.standing == Standing::Kept;
            open.extend(here.children);
        }
    }
    Ok(ends)
}

/// Whether an epoch is not on the way to where this account is.
fn is_void(step: &Step<'_>, account: AccountId, record: &ConversationRecord, id: &EpochId) -> Outcome<bool> {
    if !record.membership.is_in() || record.tip == *id {
        return Ok(!record.membership.is_in());
    }
    Ok(!epoch::subtree(step, account, &record.id, id)?.contains(&record.tip))
}

/// Whether somebody may say it to `guest`.
fn may_say(here: &EpochRecord, author: &AccountId, guest: &AccountId) -> bool {
    let is_its_own = here.commit.is_some_and(|commit| commit.author == *author);
    is_its_own || state::may_remove(&here.policy, author, guest)
}

/// Whom the commit to an epoch has welcomed there: who was added, and whose device was let back in.
fn guests(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    here: &EpochRecord,
) -> Outcome<Vec<AccountId>> {
    let Some(parent) = here.parent else { return Ok(Vec::new()) };
    let Some(parent) = epoch::get(step, account, &record.id, &parent)? else { return Ok(Vec::new()) };
    let mut guests: Vec<AccountId> =
        here.members.iter().filter(|member| !parent.members.contains(member)).copied().collect();
    for back in &here.readmitted {
        guests.push(wire::decode::<SignedRejoin>(&back.request, "rejoin request")?.parse()?.account);
    }
    Ok(guests)
}

/// Whether this account was welcomed to that epoch: the one before it knows by hearsay only, or as one in which it is not.
fn is_guest(step: &Step<'_>, account: AccountId, record: &ConversationRecord, here: &EpochRecord) -> Outcome<bool> {
    let was_in = matches!(here.standing, Standing::Kept | Standing::Forgotten);
    let Some(parent) = here.parent.filter(|_| was_in) else { return Ok(false) };
    let parent = epoch::get(step, account, &record.id, &parent)?;
    Ok(parent.is_none_or(|parent| matches!(parent.standing, Standing::Told | Standing::Out)))
}
