//! Making a commit: build, judge as everybody will, publish at the tip, add the epoch to the tree, and welcome those it adds.

use std::sync::Arc;

use tidings_crypto::id::{AccountId, ConversationId, EntryId, EpochId};
use tidings_crypto::mls::{CommitPlan, CommitView, Group, MemberView, SignedKeyPackage};

use super::authorize::{Parent, authorize, classify};
use super::group_log::{self, Followed};
use super::rule::Class;
use super::welcome::{self, Guest};
use super::{admin_chain, epoch, publish, readmit, state, tip, tree, valid};
use crate::account::device_log;
use crate::account::policy::{Link, Petition, Policy};
use crate::account::{addable, identity, profile};
use crate::error::{Outcome, Rejection};
use crate::limits::STEP_COMMIT_SHARE;
use crate::record::conversation::ConversationRecord;
use crate::record::epoch::{CommitRecord, CutRecord, EpochRecord};
use crate::record::profile::ProfileRecord;
use crate::step::Step;
use crate::wire;
use crate::wire::commit_body::{CommitBody, Cut};
use crate::wire::inner::{Draft, Kind};
use crate::wire::rejoin::SignedRejoin;

/// What a commit shall do.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) adds: Vec<SignedKeyPackage>,
    pub(crate) remove: Option<u32>,
    /// SelfRemove proposals, as bytes.
    pub(crate) self_removes: Vec<Vec<u8>>,
    /// The new policy, if it changes.
    pub(crate) policy: Option<Policy>,
    /// The request that a device which is removed and added again has made.
    pub(crate) rejoin: Option<SignedRejoin>,
    /// By which an owner is made who could not be made otherwise.
    pub(crate) petitions: Vec<Petition>,
}

/// Makes one commit at the tip. `record` is where the rule says afterwards, and stored.
pub(crate) fn commit(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    plan: Plan,
) -> Outcome<()> {
    let profile = profile::load(step, account)?;
    let (parent, before) = (record.tip, record.policy.clone());
    let mut group = state::load_group(step, account, &record.id, &parent)?;
    step.wear(group.members().len() / STEP_COMMIT_SHARE + plan.adds.len());
    let guests = guests(step, account, &record.id, &plan)?;
    let (self_removes, rejoin) = (plan.self_removes.clone(), plan.rejoin.clone());
    let (plan, link) = mls_plan(record, (account, &profile), plan)?;
    let built = group.commit(plan, step.rng).map_err(|_| Rejection::Refused { reason: "commit" })?;
    let rejoins: Vec<SignedRejoin> = rejoin.into_iter().collect();
    let made = Made { view: &built.view, rejoins: &rejoins, link: link.as_ref() };
    let at = epoch::named(step, account, &record.id, &parent)?;
    let class = judge(step, account, record, (parent, &at, &group), &made)?;
    let rank = state::rank(&record.policy, &account)?;
    let unnamed = EntryId::from_bytes([0; 32]);
    let device = profile.device;
    let own = CommitRecord { id: unnamed, author: account, device, sequence: 0, class, rank, demoted: false };
    valid::keeps_spacing(step, account, record, &at, &own)?;
    let cuts = cuts(step, account, record, &group.members(), &built.view)?;
    // Of an epoch in which one is alone nobody else ever reads anything.
    let readers = record.members.len() > 1;
    let added = built.view.adds.iter().filter(|_| readers).map(|leaf| &leaf.credential.account);
    let body = CommitBody {
        commit: wire::field(built.commit),
        self_removes: self_removes.into_iter().map(wire::field).collect(),
        added: added.map(|somebody| identity::introduce(step, account, somebody)).collect::<Outcome<_>>()?,
        cuts: cuts.iter().map(|cut| Cut { device: cut.device, sequence: cut.sequence }).collect(),
        class: class.number(),
        rejoins: rejoins.clone(),
        link: link.clone(),
    };
    let draft = Draft {
        conversation: record.id,
        kind: Kind::Commit,
        epoch: parent,
        commitment: [0; 32],
        body: wire::encode(&body),
    };
    let queue = record.queue;
    let alone = record.homes.iter().all(|home| *home == step.config.node);
    let entry = publish::publish(step, account, &profile, record, draft)?;
    let own = CommitRecord { id: entry.id, sequence: entry.sequence, ..own };
    if let Some(link) = &link {
        admin_chain::keep(step, account, &record.id, link);
    }
    let epoch = tree::grow(step, account, record, (parent, own), (cuts, &rejoins), &built.next)?;
    if let Some(welcome) = built.welcome {
        welcome::prepare(step, account, record, (epoch, (queue, entry.counter), alone), &welcome, guests)?;
    }
    let before = state::policy_of(&before)?;
    let followed = Followed {
        before: &before,
        members: &group.members(),
        view: &built.view,
        link: link.as_ref(),
        by: account,
        clock: entry.clock,
    };
    group_log::note(step, account, record, (parent, epoch), &followed);
    tip::settle(step, account, record)
}

/// The plan as MLS sees it, and the link of the AdminChain that bears out what it does to the roles.
fn mls_plan(
    record: &ConversationRecord,
    by: (AccountId, &ProfileRecord),
    plan: Plan,
) -> Outcome<(CommitPlan, Option<Link>)> {
    let policy = match plan.policy {
        Some(policy) => policy,
        None => state::policy(record)?,
    };
    // Whoever goes may write to the old topic: the others take a new one (DECISIONS 19).
    let leaves = plan.rejoin.is_none() && (plan.remove.is_some() || !plan.self_removes.is_empty());
    let mut policy = if leaves { policy.rotated() } else { policy };
    let link = admin_chain::extend(record, by, &mut policy, plan.petitions)?;
    let policy = policy.to_bytes();
    let plan = CommitPlan {
        adds: plan.adds,
        remove: plan.remove,
        self_removes: plan.self_removes,
        policy: (policy != record.policy).then_some(policy),
    };
    Ok((plan, link))
}

fn guests(step: &Step<'_>, account: AccountId, conversation: &ConversationId, plan: &Plan) -> Outcome<Vec<Guest>> {
    if let Some(request) = &plan.rejoin {
        return Ok(vec![readmit::guest(step, account, request)?]);
    }
    let mut guests = Vec::with_capacity(plan.adds.len());
    for package in &plan.adds {
        let guest = package.account();
        let known = addable::get(step, account, conversation, &guest)?.ok_or(Rejection::NotFound)?;
        guests.push(Guest { account: guest, home: known.home, box_key: known.box_key });
    }
    Ok(guests)
}

/// A commit as it is judged.
pub(crate) struct Made<'a> {
    pub(crate) view: &'a CommitView,
    pub(crate) rejoins: &'a [SignedRejoin],
    pub(crate) link: Option<&'a Link>,
}

/// Asks [`authorize`] with what this account knows of the parent (its id, row and group), and says what the commit does.
pub(crate) fn judge(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (epoch, at, group): (EpochId, &EpochRecord, &Group),
    made: &Made<'_>,
) -> Outcome<Class> {
    let policy = Policy::parse(&at.policy)?;
    let members = group.members();
    let identity =
        |somebody: &AccountId| identity::log(step, account, somebody).ok().flatten().map(Arc::unwrap_or_clone);
    let rejoins = readmit::verified(step, account, record, at, made.rejoins)?;
    let parent = Parent {
        conversation: record.id,
        policy: &policy,
        members: &members,
        identity: &identity,
        rejoins: &rejoins,
        epoch,
        link: made.link,
    };
    authorize(&parent, made.view).map_err(|_| Rejection::Refused { reason: "commit that is not allowed" })?;
    Ok(classify(&parent, made.view))
}

/// Where the logs of those end whom a commit removes: at what this device has seen of them.
fn cuts(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    members: &[MemberView],
    view: &CommitView,
) -> Outcome<Vec<CutRecord>> {
    let removed = view.removes.iter().chain(&view.self_removes);
    let mut cuts = Vec::new();
    for member in removed.filter_map(|leaf| members.iter().find(|member| member.leaf == *leaf)) {
        cuts.push(seen(step, account, record, member)?);
    }
    Ok(cuts)
}

/// How far a member's log was seen here.
pub(crate) fn seen(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    member: &MemberView,
) -> Outcome<CutRecord> {
    let log = device_log::get(step, account, &record.id, &member.device())?;
    Ok(CutRecord { device: member.device(), sequence: log.map_or(0, |log| log.sequence) })
}
