//! Where people can be reached beside their homes: reach records, the newest of each account, and who therefore follows a conversation.

use tidings_crypto::TopicKey;
use tidings_crypto::id::{AccountId, ConversationId, NodeId};
use tidings_crypto::identity::{Mailbox, ReachRecord};

use super::conversation::{epoch, state as conversation_state};
use super::{addable, identity};
use crate::directory;
use crate::error::{Error, Fault, Outcome, Rejection};
use crate::limits::CONVERSATION_MAILBOXES_MAX;
use crate::log::queue::Follower;
use crate::record;
use crate::record::conversation::{ConversationRecord, Membership};
use crate::step::{Step, refused};
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::inner::Signed;
use crate::wire::mailbox::{ContactVoucher, QueueVoucher};

/// Takes a reach record of somebody whose identity log is known. One that is not newer than the known one changes nothing; returns whether it
/// was. An empty one is that of an account which has never had a mailbox.
pub(crate) fn remember(step: &mut Step<'_>, account: AccountId, bytes: &[u8]) -> Outcome<bool> {
    if bytes.is_empty() {
        return Ok(false);
    }
    let record = ReachRecord::parse(bytes).map_err(|_| Rejection::Malformed { what: "reach record" })?;
    let somebody = record.account();
    let log = identity::log(step, account, &somebody)?.ok_or(Rejection::NotFound)?;
    record.verify(&log).map_err(|_| Rejection::Refused { reason: "reach record" })?;
    if known(step, account, &somebody)?.is_some_and(|known| !record.is_newer_than(&known)) {
        return Ok(false);
    }
    step.rows.put_bytes(Scope::Account(account), Table::Reach, somebody.as_bytes(), bytes.to_vec());
    for mailbox in record.mailboxes() {
        directory::remember(step, mailbox.node, &mailbox.addresses)?;
    }
    refresh(step, account, &somebody)?;
    Ok(true)
}

/// As [`remember`], for what somebody else says of a third: what does not hold is left out, and does not spoil the rest.
pub(crate) fn hear(step: &mut Step<'_>, account: AccountId, bytes: &[u8]) -> Outcome<()> {
    drop(refused(step.attempt(|step| remember(step, account, bytes))).map_err(Error::Fault)?);
    Ok(())
}

/// Takes what a member says in a conversation of itself.
pub(crate) fn received(step: &mut Step<'_>, account: AccountId, entry: &Signed, author: AccountId) -> Outcome<()> {
    let bytes = entry.inner.body.as_slice();
    let record = ReachRecord::parse(bytes).map_err(|_| Rejection::Malformed { what: "reach record" })?;
    if record.account() != author || record.device() != entry.inner.device {
        return Err(Rejection::Refused { reason: "reach record of somebody else" }.into());
    }
    remember(step, account, bytes).map(drop)
}

/// The newest reach record of somebody, as bytes; empty if there is none.
pub(crate) fn bytes_of(step: &Step<'_>, account: AccountId, somebody: &AccountId) -> Outcome<Vec<u8>> {
    Ok(step.rows.get_bytes(Scope::Account(account), Table::Reach, somebody.as_bytes())?.unwrap_or_default())
}

fn known(step: &Step<'_>, account: AccountId, somebody: &AccountId) -> Outcome<Option<ReachRecord>> {
    let bytes = bytes_of(step, account, somebody)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    Ok(Some(ReachRecord::parse(&bytes).map_err(|_| Fault::Damaged("reach record"))?))
}

/// The mailboxes of somebody.
pub(crate) fn mailboxes(step: &Step<'_>, account: AccountId, somebody: &AccountId) -> Outcome<Vec<Mailbox>> {
    Ok(known(step, account, somebody)?.map(|record| record.mailboxes().to_vec()).unwrap_or_default())
}

/// Their nodes.
pub(crate) fn nodes(step: &Step<'_>, account: AccountId, somebody: &AccountId) -> Outcome<Vec<NodeId>> {
    Ok(mailboxes(step, account, somebody)?.into_iter().map(|mailbox| mailbox.node).collect())
}

/// The nodes that keep a conversation: homes of members, and mailboxes of members up to a bound.
pub(crate) fn followers(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    (members, homes): (&[AccountId], &[NodeId]),
) -> Outcome<Vec<Follower>> {
    let mut followers = Vec::new();
    let mut mailboxes = Vec::new();
    for (member, home) in members.iter().zip(homes) {
        let voucher = voucher(step, account, conversation, member)?;
        followers.push(Follower { node: *home, mailbox: false, voucher: voucher.clone() });
        for node in nodes(step, account, member)? {
            mailboxes.push(Follower { node, mailbox: true, voucher: voucher.clone() });
        }
    }
    // The same for all members, so that writers and readers meet.
    mailboxes.sort_by_key(|follower| follower.node);
    mailboxes.dedup_by_key(|follower| follower.node);
    mailboxes.truncate(CONVERSATION_MAILBOXES_MAX);
    followers.extend(mailboxes);
    Ok(followers)
}

/// What makes a member's node or mailbox keep a queue for them; nothing for somebody who is no contact and was not let in here.
fn voucher(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    somebody: &AccountId,
) -> Outcome<Vec<u8>> {
    let token = addable::get(step, account, conversation, somebody)?.and_then(|known| known.key_token);
    Ok(token
        .map_or(Vec::new(), |token| wire::encode(&QueueVoucher::Contact(ContactVoucher { account: *somebody, token }))))
}

/// Tells the log who follows the conversations that somebody is in.
pub(crate) fn refresh(step: &mut Step<'_>, account: AccountId, somebody: &AccountId) -> Outcome<()> {
    for (_, value) in step.rows.scan(Scope::Account(account), Table::Conversation, b"", usize::MAX)? {
        let record: ConversationRecord = record::decode(&value, "conversation")?;
        if record.membership.is_in() && record.members.contains(somebody) {
            let followers = followers(step, account, &record.id, (&record.members, &record.homes))?;
            crate::log::queue::set_followers(step, &record.queue, &followers, record.epoch)?;
        }
    }
    Ok(())
}

/// Sends a sealed item to somebody: to their home and, if that can't be reached, to their mailboxes.
pub(crate) fn send_item(
    step: &mut Step<'_>,
    account: AccountId,
    (recipient, home): (AccountId, NodeId),
    item: Vec<u8>,
) -> Outcome<()> {
    let mailboxes = nodes(step, account, &recipient)?;
    crate::log::parcel::send(step, home, recipient, item, mailboxes)
}

/// The queues that carry the account's conversations: topic key, whether the account is out, and the home nodes that read.
pub(crate) fn queues(step: &Step<'_>, account: AccountId) -> Outcome<Vec<(TopicKey, bool, Vec<NodeId>)>> {
    let mut queues = Vec::new();
    for (_, value) in step.rows.scan(Scope::Account(account), Table::Conversation, b"", usize::MAX)? {
        let record: ConversationRecord = record::decode(&value, "conversation")?;
        let out = !record.membership.is_in();
        for topic in topics(step, account, &record)? {
            queues.push((topic, out, record.homes.clone()));
        }
    }
    // Those that still carry something come first: there may be more than a mailbox takes.
    queues.sort_by_key(|(_, out, _)| *out);
    Ok(queues)
}

/// The topic keys of the queues from which a conversation is read: that of its tip, and those of epochs to which a rival may still come.
fn topics(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<Vec<TopicKey>> {
    let mut topics = vec![TopicKey::derive(&record.topic_secret)];
    for id in record.kept.iter().chain(&record.past) {
        let Some(known) = epoch::get(step, account, &record.id, id)? else { continue };
        let topic = TopicKey::derive(&known.topic_secret);
        // Of an epoch that was never entered here the secret is not known.
        if topic.queue() == known.queue
            && record.queues.contains(&known.queue)
            && topics.iter().all(|seen| seen.queue() != known.queue)
        {
            topics.push(topic);
        }
    }
    Ok(topics)
}

/// The conversations in which the account may write.
pub(crate) fn open_conversations(step: &Step<'_>, account: AccountId) -> Outcome<Vec<ConversationRecord>> {
    let mut open = Vec::new();
    for (_, value) in step.rows.scan(Scope::Account(account), Table::Conversation, b"", usize::MAX)? {
        let record: ConversationRecord = record::decode(&value, "conversation")?;
        if record.membership == Membership::Member && !record.is_stranded() {
            open.push(conversation_state::get(step, account, &record.id)?.unwrap_or(record));
        }
    }
    Ok(open)
}
