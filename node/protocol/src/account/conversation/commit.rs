//! Making a commit as the owner: build, judge as everybody will, publish, follow, and welcome those it adds.

use tidings_crypto::id::{AccountId, EpochId};
use tidings_crypto::mls::{CommitPlan, CommitView, Group, MemberView, SignedKeyPackage};

use super::authorize::{Parent, authorize};
use super::{adopt, publish, state};
use crate::account::policy::Policy;
use crate::account::profile;
use crate::account::{identity, inbox, key_supply};
use crate::error::{Outcome, Rejection};
use crate::record::contact::ContactRecord;
use crate::record::conversation::{ConversationKind, ConversationRecord};
use crate::record::key;
use crate::record::log::DeviceLogRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::commit_body::{CommitBody, Cut};
use crate::wire::inbox::{InboxItem, WelcomeBundle};
use crate::wire::inner::{Draft, Kind};

/// What a commit shall do.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) adds: Vec<SignedKeyPackage>,
    pub(crate) remove: Option<u32>,
    /// SelfRemove proposals, as bytes.
    pub(crate) self_removes: Vec<Vec<u8>>,
}

/// Makes and follows one commit. `record` is at the new epoch afterwards, and stored.
pub(crate) fn commit(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    plan: Plan,
) -> Outcome<()> {
    let profile = profile::load(step, account)?;
    let mut group = state::load_group(step, account, &record.id, &record.tip)?;
    let added: Vec<AccountId> = plan.adds.iter().map(SignedKeyPackage::account).collect();
    let self_removes = plan.self_removes.clone();
    let mls = CommitPlan { adds: plan.adds, remove: plan.remove, self_removes: plan.self_removes, policy: None };
    let built = group.commit(mls, step.rng).map_err(|_| Rejection::Refused { reason: "commit" })?;
    judge(step, account, record, &group, &built.view)?;
    let cuts = cut_logs(step, account, record, &group.members(), &built.view)?;
    let body = CommitBody {
        commit: wire::field(built.commit),
        self_removes: self_removes.into_iter().map(wire::field).collect(),
        added: added.iter().map(|somebody| identity::introduce(step, account, somebody)).collect::<Outcome<_>>()?,
        cuts,
    };
    let draft = Draft {
        conversation: record.id,
        kind: Kind::Commit,
        epoch: record.tip,
        commitment: [0; 32],
        body: wire::encode(&body),
    };
    let entry = publish::publish(step, account, &profile, record, draft)?;
    let epoch = EpochId::next(&record.id, &record.tip, &entry.id);
    record.active_at = step.now.wall.0;
    adopt::follow(step, account, record, &built.next, epoch, account)?;
    if let Some(welcome) = built.welcome {
        for somebody in added {
            send_welcome(step, account, record, &welcome, &somebody)?;
        }
    }
    Ok(())
}

/// Asks [`authorize`] with what this account knows.
pub(crate) fn judge(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    parent: &Group,
    view: &CommitView,
) -> Outcome<()> {
    let policy: Policy = state::policy(record)?;
    let members = parent.members();
    let identity = |somebody: &AccountId| identity::log(step, account, somebody).ok().flatten();
    let parent = Parent { conversation: record.id, policy: &policy, members: &members, identity: &identity };
    authorize(&parent, view).map_err(|_| Rejection::Refused { reason: "commit that is not allowed" }.into())
}

/// Ends the logs of devices that a commit removes, at what this device has seen of them.
fn cut_logs(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    members: &[MemberView],
    view: &CommitView,
) -> Outcome<Vec<Cut>> {
    let removed = view.removes.iter().chain(&view.self_removes);
    let mut cuts = Vec::new();
    for member in removed.filter_map(|leaf| members.iter().find(|member| member.leaf == *leaf)) {
        let row = key::join(&[record.id.as_bytes(), member.device().as_bytes()]);
        let sequence = step
            .rows
            .get::<DeviceLogRecord>(Scope::Account(account), Table::DeviceLog, &row)?
            .map_or(0, |log| log.sequence);
        cuts.push(Cut { device: member.device(), sequence });
    }
    apply_cuts(step, account, record, &cuts)?;
    Ok(cuts)
}

/// Refuses entries of removed devices after their cut from now on.
pub(crate) fn apply_cuts(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    cuts: &[Cut],
) -> Outcome<()> {
    for cut in cuts {
        let row = key::join(&[record.id.as_bytes(), cut.device.as_bytes()]);
        if let Some(mut log) = step.rows.get::<DeviceLogRecord>(Scope::Account(account), Table::DeviceLog, &row)? {
            log.cut = Some(cut.sequence);
            step.rows.put(Scope::Account(account), Table::DeviceLog, &row, &log);
        }
    }
    Ok(())
}

fn send_welcome(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    welcome: &[u8],
    somebody: &AccountId,
) -> Outcome<()> {
    let contact: ContactRecord = crate::account::contact::get(step, account, somebody)?.ok_or(Rejection::NotFound)?;
    let own = crate::directory::account(step, &account)?.ok_or(Rejection::NotFound)?;
    let key_token = match record.kind {
        ConversationKind::Direct => key_supply::make_token(step, account),
        ConversationKind::Group => [0; 16],
    };
    let bundle = WelcomeBundle {
        welcome: wire::field(welcome.to_vec()),
        creation: state::policy(record)?.creation,
        epoch: record.tip,
        topic_secret: record.topic_secret,
        past_tags: record.past_tags.iter().map(|tag| **tag).collect(),
        members: record
            .members
            .iter()
            .map(|member| identity::introduce(step, account, member))
            .collect::<Outcome<_>>()?,
        display_name: wire::field(own.display_name.into_bytes()),
        box_key: wire::field(own.box_key),
        key_token,
    };
    let signed = bundle.signed(somebody, &profile::load(step, account)?.device_key());
    let item = inbox::seal(step, *somebody, &contact.box_key, &InboxItem::Welcome(signed))?;
    crate::account::reach::send_item(step, account, (*somebody, contact.home), item)
}
