//! Rows of the tree of epochs, and what they note of a commit.

use tidings_crypto::id::{AccountId, ConversationId, EpochId, QueueId};

use super::passage;
use super::rule::Class;
use crate::error::{Fault, Outcome};
use crate::record::conversation::ConversationRecord;
use crate::record::epoch::{CommitRecord, EpochRecord, Standing};
use crate::record::key;
use crate::record::log::DeviceLogRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire::inner::Signed;

/// The commit of `entry`, a place in the log that `log` describes.
pub(crate) fn commit_of(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (entry, log): (&Signed, &DeviceLogRecord),
    (class, rank): (Class, u16),
) -> Outcome<CommitRecord> {
    let passage = passage::of(step, account, record, (&entry.inner.epoch, &entry.inner.device))?;
    Ok(CommitRecord {
        id: entry.id(),
        author: log.account,
        device: entry.inner.device,
        sequence: entry.inner.sequence,
        class,
        rank,
        demoted: log.is_forked(entry.inner.sequence) || passage.demotes(entry.inner.sequence),
    })
}

/// Lowers the commit that leads to an epoch if it is `such`. Returns whether it stood higher before.
pub(crate) fn demote_if(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    epoch: &EpochId,
    such: impl Fn(&CommitRecord) -> bool,
) -> Outcome<bool> {
    let mut known = named(step, account, &record.id, epoch)?;
    match known.commit.as_mut().filter(|commit| !commit.demoted && such(commit)) {
        Some(commit) => commit.demoted = true,
        None => return Ok(false),
    }
    put(step, account, &record.id, epoch, &known);
    Ok(true)
}

/// An epoch of which nothing is known but what leads to it. `now` is in unix milliseconds.
pub(crate) fn heard_of(queue: QueueId, now: u64) -> EpochRecord {
    EpochRecord {
        number: 0,
        parent: None,
        commit: None,
        standing: Standing::Told,
        members: Vec::new(),
        homes: Vec::new(),
        policy: Vec::new(),
        log_key: [0; 32],
        topic_secret: [0; 32],
        queue,
        entered: now,
        counter: 0,
        children: Vec::new(),
        cuts: Vec::new(),
        added: Vec::new(),
        readmitted: Vec::new(),
        votes: Vec::new(),
        own_sequence: None,
        generations: Vec::new(),
        words: Vec::new(),
        gone: Vec::new(),
    }
}

fn row(conversation: &ConversationId, epoch: &EpochId) -> Vec<u8> {
    key::join(&[conversation.as_bytes(), epoch.as_bytes()])
}

pub(crate) fn get(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    epoch: &EpochId,
) -> Outcome<Option<EpochRecord>> {
    step.rows.get(Scope::Account(account), Table::Epoch, &row(conversation, epoch))
}

/// An epoch that must be there: one that the record or another epoch names.
pub(crate) fn named(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    epoch: &EpochId,
) -> Outcome<EpochRecord> {
    Ok(get(step, account, conversation, epoch)?.ok_or(Fault::Damaged("tree of epochs"))?)
}

pub(crate) fn put(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    epoch: &EpochId,
    record: &EpochRecord,
) {
    step.rows.put(Scope::Account(account), Table::Epoch, &row(conversation, epoch), record);
}

pub(crate) fn delete(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    epoch: &EpochId,
) -> Outcome<()> {
    step.rows.delete(Scope::Account(account), Table::Epoch, &row(conversation, epoch));
    passage::forget(step, account, conversation, epoch)
}

/// `epoch` and everything that builds on it, as far as it is known.
pub(crate) fn subtree(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    epoch: &EpochId,
) -> Outcome<Vec<EpochId>> {
    let mut all = vec![*epoch];
    let mut at = 0;
    while let Some(next) = all.get(at).copied() {
        all.extend(named(step, account, conversation, &next)?.children);
        at += 1;
    }
    Ok(all)
}
