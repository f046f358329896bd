//! What a welcome tells of the epochs before its own: enough to choose among rivals as everybody does, not to read anything.

use std::collections::BTreeSet;

use tidings_crypto::id::{AccountId, EpochId};
use tidings_crypto::outer::TopicKey;

use super::rule::Class;
use super::tree::Origin;
use super::{epoch, void};
use crate::error::{Outcome, Rejection};
use crate::limits::MEMBERS_MAX;
use crate::record::conversation::{ConversationRecord, GenerationRecord};
use crate::record::epoch::{CommitRecord, EpochRecord};
use crate::step::Step;
use crate::wire::inbox::{Told, ToldCommit, WelcomeBundle};

const FIRST: [u8; 32] = [0; 32];

/// Adds what is told to the tree, and says where the welcome's own epoch comes from. With `instead`, what was known of rivals is given up for
/// it: this device was where nobody else is.
pub(crate) fn plant(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    bundle: &WelcomeBundle,
    instead: bool,
) -> Outcome<Origin> {
    let (own, before) = bundle.told.split_last().ok_or(Rejection::Malformed { what: "welcome" })?;
    if own.epoch != bundle.epoch || !bundle.told.iter().all(|told| is_named_rightly(record, told)) {
        return Err(Rejection::Malformed { what: "welcome" }.into());
    }
    let known = known(step, account, record)?;
    for told in before {
        note(step, account, record, bundle, told, instead)?;
    }
    let lineage = lineage(&bundle.told, own);
    for earlier in &lineage {
        // Whoever is welcomed above an epoch is told that it holds.
        void::overrule(step, account, record, &earlier.epoch, own)?;
    }
    let joins = lineage.iter().any(|told| known.contains(&told.epoch) || known.contains(&told.parent));
    if !joins && let Some(oldest) = lineage.last() {
        // It begins after everything that is known here, or beside what was final here.
        record.base = oldest.epoch;
        if !record.past.contains(&oldest.parent) {
            record.past.clear();
        }
    }
    // Of what was final here the part counts on which the tree builds: a late rival may have won beside the rest.
    let below = match epoch::get(step, account, &record.id, &record.base)? {
        Some(base) => base.parent,
        None => lineage.last().map(|oldest| oldest.parent),
    };
    if let Some(fork) = record.past.iter().position(|past| Some(*past) == below) {
        record.past.truncate(fork + 1);
    }
    let commit = own.commit.first().map(commit).transpose()?;
    let parent = (own.parent != EpochId::from_bytes(FIRST)).then_some(own.parent);
    let generations = bundle.generations.iter().take(MEMBERS_MAX);
    let generations =
        generations.map(|told| GenerationRecord { device: told.device, generation: told.generation }).collect();
    Ok(Origin {
        parent,
        commit,
        topic_secret: Some(bundle.topic_secret),
        generations: Some(generations),
        ..Origin::default()
    })
}

/// Whether an epoch has the name that follows from what leads to it: else somebody could name two each other's parents.
fn is_named_rightly(record: &ConversationRecord, told: &Told) -> bool {
    match told.commit.first() {
        Some(commit) => told.epoch == EpochId::next(&record.id, &told.parent, &commit.id),
        None => told.parent == EpochId::from_bytes(FIRST) && told.epoch == EpochId::first(&record.id),
    }
}

/// The epoch of a welcome and those before it, as far as they are told, the newest first. Parents stand before their children.
fn lineage<'a>(told: &'a [Told], own: &'a Told) -> Vec<&'a Told> {
    let mut lineage = vec![own];
    for earlier in told.iter().rev() {
        if lineage.last().is_some_and(|at| at.parent == earlier.epoch) {
            lineage.push(earlier);
        }
    }
    lineage
}

/// The epochs of the tree before the welcome.
fn known(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<BTreeSet<EpochId>> {
    match epoch::get(step, account, &record.id, &record.base)? {
        Some(_) => Ok(epoch::subtree(step, account, &record.id, &record.base)?.into_iter().collect()),
        None => Ok(BTreeSet::new()),
    }
}

fn note(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    bundle: &WelcomeBundle,
    told: &Told,
    instead: bool,
) -> Outcome<()> {
    let mut here = match epoch::get(step, account, &record.id, &told.epoch)? {
        Some(known) => known,
        None => blank(step, bundle, told)?,
    };
    if instead {
        here.children.clear();
    }
    epoch::put(step, account, &record.id, &told.epoch, &here);
    if let Some(mut parent) = epoch::get(step, account, &record.id, &told.parent)?
        && !parent.children.contains(&told.epoch)
    {
        parent.children.push(told.epoch);
        epoch::put(step, account, &record.id, &told.parent, &parent);
    }
    Ok(())
}

fn blank(step: &Step<'_>, bundle: &WelcomeBundle, told: &Told) -> Outcome<EpochRecord> {
    Ok(EpochRecord {
        number: told.number,
        parent: (told.parent != EpochId::from_bytes(FIRST)).then_some(told.parent),
        commit: told.commit.first().map(commit).transpose()?,
        ..epoch::heard_of(TopicKey::derive(&bundle.topic_secret).queue(), step.now.wall.0)
    })
}

fn commit(told: &ToldCommit) -> Outcome<CommitRecord> {
    let class = Class::from_number(told.class).ok_or(Rejection::Malformed { what: "welcome" })?;
    Ok(CommitRecord {
        id: told.id,
        author: told.author,
        device: told.device,
        sequence: told.sequence,
        class,
        rank: told.rank,
        demoted: told.demoted != 0,
    })
}
