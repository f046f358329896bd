//! The log of what was done in a group: derived by every member from the commits it follows, never from messages (PROTOCOL A6.3).
//!
//! A row stands under (conversation, number of the epoch, epoch id) and names its parent, so that rows of rival branches stand side by side
//! and the tip says which of them count. Rows are read by `query::group_log`.

use tidings_crypto::id::{AccountId, ConversationId, EpochId};
use tidings_crypto::mls::{CommitView, MemberView};

use crate::account::event;
use crate::account::policy::{Link, Policy};
use crate::error::Outcome;
use crate::record;
use crate::record::conversation::{ConversationKind, ConversationRecord};
use crate::record::event::EventKind;
use crate::record::group_log::{Act, GroupLogRecord};
use crate::record::key;
use crate::step::Step;
use crate::store::table::{Scope, Table};

/// A commit as the log sees it.
pub(crate) struct Followed<'a> {
    /// The policy before it.
    pub(crate) before: &'a Policy,
    /// The members before it.
    pub(crate) members: &'a [MemberView],
    /// What it does.
    pub(crate) view: &'a CommitView,
    /// The link it came with.
    pub(crate) link: Option<&'a Link>,
    /// Who made it.
    pub(crate) by: AccountId,
    /// The clock of its entry.
    pub(crate) clock: u64,
}

/// Notes what a valid commit from `parent` to `epoch` does.
pub(crate) fn note(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (parent, epoch): (EpochId, EpochId),
    commit: &Followed<'_>,
) {
    if record.kind == ConversationKind::Direct {
        return;
    }
    let row = key::join(&[record.id.as_bytes(), &commit.view.epoch_after.to_be_bytes(), epoch.as_bytes()]);
    let noted = GroupLogRecord { parent, by: commit.by, time: commit.clock >> 16, acts: acts(commit) };
    step.rows.put(Scope::Account(account), Table::GroupLog, &row, &noted);
}

/// Tells the account's clients of roles and settings that have changed, once the epoch has been entered. Who came and went is told elsewhere.
pub(crate) fn announce(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<()> {
    let row = key::join(&[record.id.as_bytes(), &record.epoch.to_be_bytes(), record.tip.as_bytes()]);
    let Some(noted) = step.rows.get::<GroupLogRecord>(Scope::Account(account), Table::GroupLog, &row)? else {
        return Ok(());
    };
    let (by, mut settings) = (noted.by, false);
    for act in noted.acts {
        let (account_of, role) = match act {
            Act::Role { account, role } => (account, role),
            Act::Recovered { account } => (account, crate::account::policy::Role::Owner),
            Act::Named { .. }
            | Act::Described
            | Act::Timer { .. }
            | Act::Rules
            | Act::Banned { .. }
            | Act::Unbanned { .. } => {
                settings = true;
                continue;
            }
            Act::Added { .. } | Act::Removed { .. } | Act::Left { .. } | Act::Readmitted { .. } => continue,
        };
        event::emit(step, account, Some(record.id), EventKind::GroupRole { account: account_of, role, by })?;
    }
    if settings {
        event::emit(step, account, Some(record.id), EventKind::GroupSettings { by })?;
    }
    Ok(())
}

/// Whether somebody was ever put out of the group, or banned from it, by a commit that this account knows of, on any branch.
pub(crate) fn was_removed(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
) -> Outcome<bool> {
    let put_out = [Act::Removed { account: *member }, Act::Banned { account: *member }];
    for (_, value) in step.rows.scan(Scope::Account(account), Table::GroupLog, conversation.as_bytes(), usize::MAX)? {
        let noted: GroupLogRecord = record::decode(&value, "group log")?;
        if noted.acts.iter().any(|act| put_out.contains(act)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn acts(commit: &Followed<'_>) -> Vec<Act> {
    let view = commit.view;
    let account_of = |leaf: &u32| commit.members.iter().find(|member| member.leaf == *leaf).map(MemberView::account);
    let added: Vec<AccountId> = view.adds.iter().map(|leaf| leaf.credential.account).collect();
    let removed: Vec<AccountId> = view.removes.iter().filter_map(account_of).collect();
    let left = view.self_removes.iter().filter_map(account_of).map(|account| Act::Left { account });
    let out = removed.iter().map(|account| match added.contains(account) {
        true => Act::Readmitted { account: *account },
        false => Act::Removed { account: *account },
    });
    let new = added.iter().filter(|account| !removed.contains(account)).map(|account| Act::Added { account: *account });
    let mut acts: Vec<Act> = out.chain(left).chain(new).collect();
    let after = view.policy.as_ref().and_then(|bytes| Policy::parse(bytes).ok());
    if let Some(after) = after {
        let gone: Vec<AccountId> =
            removed.iter().copied().chain(view.self_removes.iter().filter_map(account_of)).collect();
        acts.extend(changes(commit, &after, &gone));
    }
    acts
}

/// What changed in the policy. What falls away with those who go is not told again.
fn changes(commit: &Followed<'_>, after: &Policy, gone: &[AccountId]) -> Vec<Act> {
    let before = commit.before;
    let mut named: Vec<AccountId> = [before, after].iter().flat_map(|policy| policy.named()).collect();
    named.sort_unstable();
    named.dedup();
    let recovers = commit.link.is_some_and(Link::is_recovery);
    let mut acts = Vec::new();
    for account in named.into_iter().filter(|account| !gone.contains(account)) {
        let role = after.role(&account);
        if recovers && after.rank(&account) == 0 {
            acts.push(Act::Recovered { account });
        } else if role != before.role(&account) {
            acts.push(Act::Role { account, role });
        }
    }
    acts.extend(after.bans.since(&before.bans).map(|account| Act::Banned { account: *account }));
    acts.extend(before.bans.since(&after.bans).map(|account| Act::Unbanned { account: *account }));
    if after.name() != before.name() {
        acts.push(Act::Named { name: after.name() });
    }
    if after.description() != before.description() {
        acts.push(Act::Described);
    }
    if after.disappearing_seconds != before.disappearing_seconds {
        acts.push(Act::Timer { seconds: after.disappearing_seconds });
    }
    if after.rules != before.rules {
        acts.push(Act::Rules);
    }
    acts
}
