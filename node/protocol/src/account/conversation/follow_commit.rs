//! Receiving a commit: only at the tip, only if it may be, then follow it.

use tidings_crypto::id::{AccountId, EpochId};
use tidings_crypto::mls::{CommitView, Group};

use super::group_log::{self, Followed};
use super::publish::clamp_clock;
use super::{admin_chain, adopt, commit, leave, state};
use crate::account::identity;
use crate::error::{Outcome, Rejection};
use crate::record::conversation::{ConversationRecord, Membership};
use crate::record::key;
use crate::record::log::DeviceLogRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::commit_body::{CommitBody, Cut};
use crate::wire::inner::Signed;

/// Follows a commit entry of `author`. `record` is at the new epoch afterwards, and stored.
pub(crate) fn received(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    entry: &Signed,
    author: AccountId,
) -> Outcome<()> {
    if entry.inner.epoch != record.tip {
        // There is one committer and its log is processed in order, so a commit elsewhere is a rival one.
        return Err(Rejection::Refused { reason: "commit to another epoch than the tip" }.into());
    }
    let body: CommitBody = wire::decode(entry.inner.body.as_slice(), "commit entry")?;
    let group = state::load_group(step, account, &record.id, &record.tip)?;
    for introduction in &body.added {
        identity::introduced(step, account, introduction)?;
    }
    let self_removes: Vec<Vec<u8>> = body.self_removes.iter().map(|proposal| proposal.as_slice().to_vec()).collect();
    let mls = |_| Rejection::Refused { reason: "MLS commit" };
    let view = group.inspect(body.commit.as_slice(), &self_removes).map_err(mls)?;
    let committer = group.member(view.committer).ok_or(Rejection::Refused { reason: "committer" })?;
    if committer.account() != author || committer.device() != entry.inner.device {
        return Err(Rejection::Refused { reason: "commit of another device than its entry" }.into());
    }
    commit::judge(step, account, record, &group, (&view, body.link.as_ref()))?;
    if let Some(link) = &body.link {
        admin_chain::keep(step, account, &record.id, link);
    }
    let next = group.apply(body.commit.as_slice(), &self_removes).map_err(mls)?;
    let cuts = cuts(step, account, record, (&group, &view), &body)?;
    commit::apply_cuts(step, account, record, &cuts)?;
    let epoch = EpochId::next(&record.id, &record.tip, &entry.id());
    record.active_at = step.now.wall.0;
    let followed = Followed {
        before: &state::policy(record)?,
        members: &group.members(),
        view: &view,
        link: body.link.as_ref(),
        by: author,
        clock: clamp_clock(entry.inner.clock, step.now.wall.0),
    };
    group_log::note(step, account, record, (record.tip, epoch), &followed);
    adopt::follow(step, account, record, &next, epoch, author)?;
    group_log::announce(step, account, record)?;
    if record.membership == Membership::Leaving {
        leave::propose(step, account, record)?;
    }
    Ok(())
}

/// Where the logs of the removed devices end: where the commit says, and for one it does not name at what was seen here.
fn cuts(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (group, view): (&Group, &CommitView),
    body: &CommitBody,
) -> Outcome<Vec<Cut>> {
    let mut cuts = Vec::new();
    for removed in view.removes.iter().chain(&view.self_removes).filter_map(|leaf| group.member(*leaf)) {
        let device = removed.device();
        let row = key::join(&[record.id.as_bytes(), device.as_bytes()]);
        let log: Option<DeviceLogRecord> = step.rows.get(Scope::Account(account), Table::DeviceLog, &row)?;
        let seen = Cut { device, sequence: log.map_or(0, |log| log.sequence) };
        cuts.push(body.cuts.iter().find(|cut| cut.device == device).copied().unwrap_or(seen));
    }
    Ok(cuts)
}
