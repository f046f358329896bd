//! Receiving a commit: judged at the epoch it builds on, whether or not that is the tip, and added to the tree beside its rivals.

use tidings_crypto::id::{AccountId, EpochId};
use tidings_crypto::mls::{CommitView, Group};

use super::commit::{self, Made};
use super::group_log::{self, Followed};
use super::{admin_chain, epoch, late, state, tip, tree, valid, void};
use crate::account::identity;
use crate::error::{Outcome, Rejection};
use crate::limits::{CLOCK_MAX, STEP_COMMIT_SHARE};
use crate::record::conversation::ConversationRecord;
use crate::record::epoch::{CutRecord, Standing};
use crate::record::log::DeviceLogRecord;
use crate::step::Step;
use crate::wire;
use crate::wire::commit_body::CommitBody;
use crate::wire::inner::Signed;

const fn refused(reason: &'static str) -> Rejection {
    Rejection::Refused { reason }
}

/// Takes a commit entry of the device whose log is `log`. `record` is where the rule says afterwards, and stored.
pub(crate) fn received(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    entry: &Signed,
    log: &DeviceLogRecord,
) -> Outcome<()> {
    let parent = entry.inner.epoch;
    let at = epoch::get(step, account, &record.id, &parent)?.ok_or(refused("commit to an epoch that is forgotten"))?;
    if at.children.contains(&EpochId::next(&record.id, &parent, &entry.id())) {
        return Err(Rejection::Already.into());
    }
    let body: CommitBody = wire::decode(entry.inner.body.as_slice(), "commit entry")?;
    match at.standing {
        Standing::Kept => {}
        Standing::Forgotten => return late::commit(step, account, record, (entry, log), (at, &body)),
        Standing::Out | Standing::Told => return Err(refused("commit to an epoch of others").into()),
    }
    let group = state::load_group(step, account, &record.id, &parent)?;
    step.wear(at.members.len() / STEP_COMMIT_SHARE);
    for introduction in &body.added {
        identity::introduced(step, account, introduction)?;
    }
    let self_removes: Vec<Vec<u8>> = body.self_removes.iter().map(|proposal| proposal.as_slice().to_vec()).collect();
    let mls = |_| Rejection::Refused { reason: "MLS commit" };
    let received = group.receive(body.commit.as_slice(), &self_removes, &step.verified.mls).map_err(mls)?;
    let view = received.view().clone();
    let committer = group.member(view.committer).ok_or(Rejection::Refused { reason: "committer" })?;
    if committer.account() != log.account || committer.device() != entry.inner.device {
        return Err(Rejection::Refused { reason: "commit of another device than its entry" }.into());
    }
    let made = Made { view: &view, rejoins: &body.rejoins, link: body.link.as_ref() };
    let class = commit::judge(step, account, record, (parent, &at, &group), &made)?;
    if class.number() != body.class {
        return Err(refused("commit of another class than it says").into());
    }
    let rank = state::rank(&at.policy, &log.account)?;
    let commit = epoch::commit_of(step, account, record, (entry, log), (class, rank))?;
    valid::keeps_spacing(step, account, record, &at, &commit)?;
    let next = received.apply().map_err(mls)?;
    let cuts = cuts(step, account, record, (&group, &view), &body)?;
    if let Some(link) = &body.link {
        admin_chain::keep(step, account, &record.id, link);
    }
    let epoch = tree::grow(step, account, record, (parent, commit), (cuts, &body.rejoins), &next)?;
    let before = state::policy_of(&at.policy)?;
    let followed = Followed {
        before: &before,
        members: &group.members(),
        view: &view,
        link: body.link.as_ref(),
        by: log.account,
        clock: entry.inner.clock.min(CLOCK_MAX),
    };
    group_log::note(step, account, record, (parent, epoch), &followed);
    tip::settle(step, account, record)?;
    if record.tip == epoch { Ok(()) } else { void::look(step, account, record, &epoch) }
}

/// Where the logs of the removed devices end: where the commit says, and for one it does not name at what was seen here.
fn cuts(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (group, view): (&Group, &CommitView),
    body: &CommitBody,
) -> Outcome<Vec<CutRecord>> {
    let mut cuts = Vec::new();
    for removed in view.removes.iter().chain(&view.self_removes).filter_map(|leaf| group.member(*leaf)) {
        let named = body.cuts.iter().find(|cut| cut.device == removed.device());
        cuts.push(match named {
            Some(cut) => CutRecord { device: cut.device, sequence: cut.sequence },
            None => commit::seen(step, account, record, &removed)?,
        });
    }
    Ok(cuts)
}
