//! Founding: a conversation with oneself as the only member, then adding the others.

use tidings_crypto::id::{AccountId, ConversationId, EpochId};
use tidings_crypto::mls::Group;
use tidings_crypto::outer::TopicKey;

use super::{adopt, member_add, state};
use crate::account::policy::{Creation, Policy};
use crate::account::{contact, event, profile, reach};
use crate::error::{Outcome, Rejection};
use crate::limits::{DESCRIPTION_BYTES_MAX, MEMBERS_MAX, NAME_BYTES_MAX};
use crate::record::contact::ContactState;
use crate::record::conversation::{ConversationKind, ConversationRecord, Membership};
use crate::record::event::EventKind;
use crate::step::Step;
use crate::store::table::{Scope, Table};

/// The exporter label of the generation secret (PROTOCOL A2).
const TOPIC: &str = "tidings/1/topic";

/// Founds the direct conversation with a contact and adds them.
pub(crate) fn direct(step: &mut Step<'_>, account: AccountId, other: &AccountId) -> Outcome<ConversationId> {
    let record = alone(step, account, ConversationKind::Direct, "", "")?;
    let id = record.id;
    if let Some(mut known) = contact::get(step, account, other)? {
        known.conversation = Some(id);
        contact::put(step, account, &known);
    }
    member_add::now_or_later(step, account, &id, other)?;
    Ok(id)
}

/// Founds a group and adds contacts to it. Those whose key package is not at hand follow as soon as their node answers.
pub(crate) fn group(
    step: &mut Step<'_>,
    account: AccountId,
    name: &str,
    description: &str,
    members: &[AccountId],
) -> Outcome<ConversationId> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || description.len() > DESCRIPTION_BYTES_MAX {
        return Err(Rejection::TooLarge { limit: NAME_BYTES_MAX }.into());
    }
    if members.len() >= MEMBERS_MAX {
        return Err(Rejection::Quota { what: "members of a group" }.into());
    }
    for member in members {
        let known = contact::get(step, account, member)?.ok_or(Rejection::NotFound)?;
        if known.state != ContactState::Accepted {
            return Err(Rejection::NotFound.into());
        }
    }
    let record = alone(step, account, ConversationKind::Group, name, description)?;
    event::emit(step, account, Some(record.id), EventKind::GroupCreated)?;
    member_add::all_now_or_later(step, account, &record.id, members)?;
    Ok(record.id)
}

fn alone(
    step: &mut Step<'_>,
    account: AccountId,
    kind: ConversationKind,
    name: &str,
    description: &str,
) -> Outcome<ConversationRecord> {
    let profile = profile::load(step, account)?;
    let creation = Creation::new(kind, account, profile.device, step.random());
    let id = creation.conversation();
    let policy = Policy::new(creation, name, description).to_bytes();
    let mls = |_| Rejection::Refused { reason: "new group" };
    let group = Group::create(&profile.device_keys(account), id, &policy, step.rng).map_err(mls)?;
    let topic_secret = group.export(TOPIC, &[]).map_err(mls)?;
    let epoch = EpochId::first(&id);
    let mut record = blank(step, id, kind, account, topic_secret, epoch);
    open_queue(step, account, &record)?;
    adopt::enter(step, account, &mut record, &group, epoch)?;
    state::put(step, account, &record);
    Ok(record)
}

/// A conversation record before its first epoch was entered.
pub(crate) fn blank(
    step: &Step<'_>,
    id: ConversationId,
    kind: ConversationKind,
    creator: AccountId,
    topic_secret: [u8; 32],
    tip: EpochId,
) -> ConversationRecord {
    ConversationRecord {
        id,
        kind,
        membership: Membership::Member,
        queue: TopicKey::derive(&topic_secret).queue(),
        topic_secret,
        tip,
        epoch: 0,
        anchors: Vec::new(),
        policy: Vec::new(),
        own_sequence: 0,
        own_head: [0; 32],
        own_tag: [0; 8],
        clock: 0,
        pending: 0,
        members: Vec::new(),
        homes: Vec::new(),
        heads: Vec::new(),
        log_key: [0; 32],
        past_tags: Vec::new(),
        creator,
        created_at: step.now.wall.0,
        active_at: step.now.wall.0,
        unread: 0,
        receipt_due: 0,
        unreadable: 0,
    }
}

/// Makes this node keep the conversation's queue for the account.
pub(crate) fn open_queue(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<()> {
    step.rows.put(Scope::Account(account), Table::ConversationQueue, record.queue.as_bytes(), &record.id);
    let topic = *TopicKey::derive(&record.topic_secret).public().as_bytes();
    let followers = reach::followers(step, account, record)?;
    crate::log::queue::follow(step, topic, record.queue, account, &followers, record.epoch)
}
