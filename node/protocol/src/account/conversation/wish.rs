//! Wishes: what a person asked of a group, kept until a commit that everybody takes has done it (PROTOCOL A5.3, A5.9).
//!
//! A commit is made only when the device is fresh, and is wished for again when its branch loses. Removals come first. Adds wait in their
//! own rows (`member_add`), since they also wait for key packages.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId, DeviceId, EpochId, QueueId};

use super::commit::{Plan, commit};
use super::{
    late, leave, member_add, member_ban, outsider, readmit, recovery, refresh, rejoin, state, successor, void,
};
use crate::account::message::resend;
use crate::account::policy::Policy;
use crate::account::{join_link, unlock};
use crate::error::Outcome;
use crate::peer::Purpose;
use crate::record;
use crate::record::conversation::{ConversationRecord, Membership};
use crate::record::epoch::EpochRecord;
use crate::record::key;
use crate::step::{Step, refused};
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::rejoin::SignedRejoin;

/// One wish.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Wish {
    /// Remove a member.
    #[n(0)]
    Remove {
        /// Whom.
        #[n(0)]
        member: AccountId,
    },
    /// Change the policy: whatever differs between the two.
    #[n(1)]
    Policy {
        /// The policy it was when it was wished for.
        #[cbor(n(0), with = "minicbor::bytes")]
        before: Vec<u8>,
        /// The policy it shall be.
        #[cbor(n(1), with = "minicbor::bytes")]
        wanted: Vec<u8>,
    },
    /// Carry out another's wish to leave.
    #[n(2)]
    Leaver {
        /// The SelfRemove, which holds at one epoch only.
        #[cbor(n(0), with = "minicbor::bytes")]
        proposal: Vec<u8>,
        /// That epoch.
        #[n(1)]
        epoch: EpochId,
        /// When it is this device's turn, unix milliseconds.
        #[n(2)]
        due: u64,
    },
    /// Leave, once the own role is given up.
    #[n(4)]
    Depart,
    /// Let a device back in.
    #[n(3)]
    Readmit {
        /// Its request.
        #[cbor(n(0), with = "minicbor::bytes")]
        request: Vec<u8>,
        /// When it is this device's turn, unix milliseconds.
        #[n(1)]
        due: u64,
    },
    /// Write messages anew that were written on a branch that has lost, and that not all have by then.
    #[n(6)]
    Resend {
        /// The place in the own log of the first that may have been.
        #[n(0)]
        first: u64,
        /// The last place.
        #[n(1)]
        last: u64,
        /// When, unix milliseconds.
        #[n(2)]
        due: u64,
        /// Only for this one, if named.
        #[n(3)]
        member: Option<AccountId>,
    },
    /// Write messages anew that somebody could not read.
    #[n(7)]
    Reseal {
        /// The place in the own log of the first of them.
        #[n(0)]
        first: u64,
        /// The place of the last.
        #[n(1)]
        last: u64,
        /// When, unix milliseconds: others may say the same meanwhile.
        #[n(2)]
        due: u64,
    },
    /// Tell somebody who asked to be let back in that it is out.
    #[n(8)]
    Gone {
        /// Under which epoch it asked.
        #[n(0)]
        epoch: EpochId,
        /// Who.
        #[n(1)]
        member: AccountId,
        /// When it is this device's turn, unix milliseconds.
        #[n(2)]
        due: u64,
    },
    /// Ban somebody, and remove them if they are in.
    #[n(9)]
    Ban {
        /// Whom.
        #[n(0)]
        member: AccountId,
    },
    /// Lift the ban of somebody.
    #[n(10)]
    Lift {
        /// Of whom.
        #[n(0)]
        member: AccountId,
    },
    /// Tell those whom an epoch added that it has lost.
    #[n(5)]
    Void {
        /// That epoch.
        #[n(0)]
        epoch: EpochId,
        /// When it is this device's turn, unix milliseconds.
        #[n(1)]
        due: u64,
    },
}

impl Wish {
    /// Removals first (PROTOCOL A5.9).
    const fn order(&self) -> u8 {
        match self {
            Self::Remove { .. } | Self::Ban { .. } => 0,
            Self::Policy { .. } | Self::Lift { .. } => 1,
            Self::Leaver { .. } => 2,
            Self::Readmit { .. } => 3,
            Self::Depart => 4,
            Self::Void { .. } => 5,
            Self::Resend { .. } => 6,
            Self::Reseal { .. } => 7,
            Self::Gone { .. } => 8,
        }
    }

    const fn due(&self) -> u64 {
        match self {
            Self::Remove { .. } | Self::Ban { .. } | Self::Lift { .. } | Self::Policy { .. } | Self::Depart => 0,
            Self::Leaver { due, .. }
            | Self::Readmit { due, .. }
            | Self::Void { due, .. }
            | Self::Gone { due, .. }
            | Self::Resend { due, .. }
            | Self::Reseal { due, .. } => *due,
        }
    }
}

/// Keeps a wish, behind those of its kind that wait already. The same wish is kept once.
pub(crate) fn keep(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId, wish: &Wish) -> Outcome<()> {
    step.to_act.insert((account, *conversation));
    let waiting = of_its_kind(step, account, conversation, wish)?;
    let bytes = record::encode(wish);
    if waiting.iter().all(|(_, other)| *other != bytes) {
        let last = waiting.last().and_then(|(row, _)| key::counter_of(row)).unwrap_or(0);
        let row = key::counted(&kind(conversation, wish), last.saturating_add(1));
        step.rows.put_bytes(Scope::Account(account), Table::Wish, &row, bytes);
    }
    Ok(())
}

fn kind(conversation: &ConversationId, wish: &Wish) -> Vec<u8> {
    key::join(&[conversation.as_bytes(), &[wish.order()]])
}

/// The wishes of that kind that wait, in their order.
fn of_its_kind(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    wish: &Wish,
) -> Outcome<Vec<(Vec<u8>, Vec<u8>)>> {
    Ok(step.rows.scan(Scope::Account(account), Table::Wish, &kind(conversation, wish), usize::MAX)?)
}

/// The requests of a device to be let back in that wait to be granted: the row of each and its generation.
pub(crate) fn readmissions(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    device: &DeviceId,
) -> Outcome<Vec<(Vec<u8>, u16)>> {
    let mut all = Vec::new();
    for (row, value) in of_its_kind(step, account, conversation, &Wish::Readmit { request: Vec::new(), due: 0 })? {
        let Wish::Readmit { request, .. } = record::decode(&value, "wish")? else { continue };
        let request = wire::decode::<SignedRejoin>(&request, "rejoin request")?.parse()?;
        if request.device == *device {
            all.push((row, request.generation));
        }
    }
    Ok(all)
}

/// Drops the wish in a row.
pub(crate) fn drop_row(step: &mut Step<'_>, account: AccountId, row: &[u8]) {
    step.rows.delete(Scope::Account(account), Table::Wish, row);
}

/// The row of a wish, if the same is wished for already.
fn row_of(step: &Step<'_>, account: AccountId, conversation: &ConversationId, wish: &Wish) -> Outcome<Option<Vec<u8>>> {
    let bytes = record::encode(wish);
    let waiting = of_its_kind(step, account, conversation, wish)?.into_iter().find(|(_, other)| *other == bytes);
    Ok(waiting.map(|(row, _)| row))
}

/// Whether the same is wished for already.
fn waits(step: &Step<'_>, account: AccountId, conversation: &ConversationId, wish: &Wish) -> Outcome<bool> {
    Ok(row_of(step, account, conversation, wish)?.is_some())
}

/// Drops a wish. Returns whether it was there.
pub(crate) fn cancel(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    wish: &Wish,
) -> Outcome<bool> {
    let waiting = row_of(step, account, conversation, wish)?;
    waiting.iter().for_each(|row| drop_row(step, account, row));
    Ok(waiting.is_some())
}

/// Wishes for another policy, and has it at once if this device may commit.
pub(crate) fn change(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    wanted: &Policy,
) -> Outcome<()> {
    let wish = Wish::Policy { before: record.policy.clone(), wanted: wanted.to_bytes() };
    keep(step, account, &record.id, &wish)?;
    act(step, account, &record.id)
}

/// Somebody has said already that an epoch is void.
pub(crate) fn drop_void(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    epoch: &EpochId,
) -> Outcome<()> {
    for (row, value) in of_its_kind(step, account, &record.id, &Wish::Void { epoch: *epoch, due: 0 })? {
        if matches!(record::decode(&value, "wish")?, Wish::Void { epoch: other, .. } if other == *epoch) {
            step.rows.delete(Scope::Account(account), Table::Wish, &row);
        }
    }
    Ok(())
}

/// A commit of this device on a branch that has lost.
pub(crate) struct Lost {
    pub(crate) parent: EpochRecord,
    pub(crate) epoch: EpochRecord,
}

impl Lost {
    fn added(&self) -> impl Iterator<Item = &AccountId> {
        self.epoch.members.iter().filter(|member| !self.parent.members.contains(member))
    }

    fn removed(&self) -> impl Iterator<Item = &AccountId> {
        // Who wanted to leave says so again.
        let removal = self.epoch.commit.is_some_and(|commit| commit.class == super::rule::Class::Removal);
        self.parent.members.iter().filter(move |member| removal && !self.epoch.members.contains(member))
    }
}

/// Wishes again for what commits of this device did on a branch that has lost, the oldest first: for what came of them together.
pub(crate) fn again(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    commits: &[Lost],
) -> Outcome<()> {
    let Some(first) = commits.first() else { return Ok(()) };
    let mut inside = BTreeMap::new();
    for lost in commits {
        inside.extend(lost.added().map(|member| (*member, true)));
        inside.extend(lost.removed().map(|member| (*member, false)));
        for back in &lost.epoch.readmitted {
            keep(step, account, &record.id, &Wish::Readmit { request: back.request.clone(), due: 0 })?;
        }
    }
    let (before, mut wanted) = policies(first, commits)?;
    // Bans are wishes of their own: whoever is in again by then has to go as well. What was wished for since is the last word.
    let turned = std::mem::replace(&mut wanted.bans, before.bans.clone());
    // No policy gives a role to somebody who is banned.
    before.bans.accounts().iter().for_each(|banned| wanted.forget(banned));
    for member in turned.since(&before.bans).copied() {
        if !waits(step, account, &record.id, &Wish::Lift { member })? {
            keep(step, account, &record.id, &Wish::Ban { member })?;
        }
    }
    for member in before.bans.since(&turned).copied() {
        if !waits(step, account, &record.id, &Wish::Ban { member })? {
            keep(step, account, &record.id, &Wish::Lift { member })?;
        }
    }
    for (member, inside) in inside {
        if inside {
            if waits(step, account, &record.id, &Wish::Remove { member })? {
                // A later wish.
                continue;
            }
            refused(step.attempt(|step| member_add::wait(step, account, &record.id, &member)))?.unwrap_or_default();
        } else {
            keep(step, account, &record.id, &Wish::Remove { member })?;
        }
    }
    let (before, wanted) = (before.to_bytes(), wanted.to_bytes());
    if before == wanted { Ok(()) } else { keep(step, account, &record.id, &Wish::Policy { before, wanted }) }
}

/// The policy before the first of these commits, and what came of it by all of them together.
fn policies(first: &Lost, commits: &[Lost]) -> Outcome<(Policy, Policy)> {
    let before = state::policy_of(&first.parent.policy)?;
    let mut wanted = before.clone();
    for lost in commits {
        wanted = wanted.rebased(&state::policy_of(&lost.parent.policy)?, &state::policy_of(&lost.epoch.policy)?);
    }
    Ok((before, wanted))
}

/// Whether this device may commit now: it has heard of what others did, as far as anybody can be reached (PROTOCOL A5.3).
///
/// A mailbox tells it as well as a home does. But where all members live here nobody else can have done anything, and a mailbox
/// that can't be reached must not be waited for.
pub(crate) fn is_fresh(step: &Step<'_>, record: &ConversationRecord) -> Outcome<bool> {
    if record.is_stranded() {
        return Ok(false);
    }
    let Some(queue) = crate::log::queue::get(step, &record.queue)? else { return Ok(true) };
    if queue.followers.iter().all(|follower| follower.mailbox) {
        return Ok(true);
    }
    let reading = |purpose: &Purpose| purpose.reads().iter().any(|queue| record.queues.contains(queue));
    let reachable = queue.followers.iter().any(|follower| step.peers.is_connected(follower.node));
    // One who does not answer is not waited for: what is put off does not count.
    let heard = !step.peers.any_under_way(reading) && !step.peers.waits_to_reconcile(&record.queues);
    Ok(reachable && heard)
}

/// Does what was wished for, one commit at a time, as far as it can be done now.
pub(crate) fn act(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<()> {
    if !step.rows.is_unlocked(account)? {
        return Ok(());
    }
    super::welcome::release_due(step, account, conversation)?;
    join_link::request::look_again(step, account, conversation)?;
    let mut record = state::get(step, account, conversation)?;
    if let Some(doubtful) = record.take_if(|record| record.doubt_at.is_some()) {
        late::resolve(step, account, doubtful)?;
        record = state::get(step, account, conversation)?;
    }
    let Some(record) = record else { return Ok(()) };
    let goes_on = !successor::act(step, account, &record)?;
    if record.is_stranded() {
        return if goes_on { rejoin::again(step, account, record) } else { Ok(()) };
    }
    if goes_on && record.membership == Membership::Member {
        crate::account::message::send::send_held(step, account, conversation)?;
    }
    for (row, value) in step.rows.scan(Scope::Account(account), Table::Wish, conversation.as_bytes(), usize::MAX)? {
        let wish: Wish = record::decode(&value, "wish")?;
        let record = match state::get(step, account, conversation)? {
            Some(record) if record.membership == Membership::Member => record,
            // The one who is to be let in may be the only one who can let this account go.
            Some(record) if record.membership == Membership::Leaving && matches!(wish, Wish::Readmit { .. }) => record,
            Some(record) if record.membership == Membership::Leaving => continue,
            Some(_) | None => return Ok(()),
        };
        if !is_fresh(step, &record)? {
            return Ok(());
        }
        let wait = wish.due().saturating_sub(step.now.wall.0);
        if wait > 0 {
            step.set_timer(TimerKind::Act(account, *conversation), wait);
            continue;
        }
        if wish == Wish::Depart && state::policy(&record)?.roles.of(&account).is_some() && !leave::is_alone(&record) {
            continue;
        }
        step.rows.delete(Scope::Account(account), Table::Wish, &row);
        // What is no longer possible, or no longer needed, is over.
        drop(refused(step.attempt(|step| grant(step, account, record, wish)))?);
    }
    member_add::resume_in(step, account, conversation)?;
    if let Ok(record) = refused(state::of_member(step, account, conversation))? {
        recovery::act::act(step, account, record)?;
    }
    match refused(state::of_member(step, account, conversation))? {
        Ok(record) => refresh::act(step, account, record),
        Err(_) => Ok(()),
    }
}

fn grant(step: &mut Step<'_>, account: AccountId, mut record: ConversationRecord, wish: Wish) -> Outcome<()> {
    let plan = match wish {
        Wish::Remove { member } => super::member_remove::plan(step, account, &record, &member)?,
        Wish::Ban { member } => member_ban::plan(step, account, &record, &member)?,
        Wish::Lift { member } => member_ban::lifting(&record, &member)?,
        Wish::Policy { before, wanted } => {
            let (before, wanted) = (Policy::parse(&before)?, Policy::parse(&wanted)?);
            let policy = state::policy(&record)?.rebased(&before, &wanted);
            if policy.to_bytes() == record.policy {
                return Ok(());
            }
            Plan { policy: Some(policy), ..Plan::default() }
        }
        Wish::Leaver { proposal, epoch, .. } => {
            if epoch != record.tip {
                return Ok(());
            }
            leave::plan(step, account, &record, proposal)?
        }
        Wish::Readmit { request, .. } => readmit::plan(step, account, &record, &request)?,
        Wish::Depart => return leave::depart(step, account, &mut record),
        Wish::Gone { epoch, member, .. } => return outsider::tell(step, account, &record, (&epoch, member)),
        Wish::Void { epoch, .. } => return void::tell(step, account, &record, &epoch),
        Wish::Resend { first, last, member, .. } => {
            return resend::missed(step, account, record, (first, last), member);
        }
        Wish::Reseal { first, last, .. } => return resend::reseal(step, account, record, (first, last)),
    };
    commit(step, account, &mut record, plan)
}

/// A follower has said what is new in a queue: whoever waited to be fresh may be so now.
pub(crate) fn heard(step: &mut Step<'_>, queue: &QueueId) -> Outcome<()> {
    let Some(kept) = crate::log::queue::get(step, queue)? else { return Ok(()) };
    for account in kept.subscribers {
        if step.rows.is_unlocked(account)?
            && let Some(conversation) = unlock::conversation_of(step, account, queue)?
        {
            step.to_act.insert((account, conversation));
        }
    }
    Ok(())
}
