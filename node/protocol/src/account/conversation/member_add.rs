//! Adding members: at once where a key package is at hand, else as an act that waits until their node hands one out (DECISIONS 23).

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use tidings_crypto::id::{AccountId, ConversationId, NodeId};
use tidings_crypto::mls::SignedKeyPackage;

use super::commit::{Plan, commit};
use super::{member_ban, state, successor, valid, wish};
use crate::account::{addable, contact, identity, join_link, key_supply, reach};
use crate::error::{Fault, Outcome, Rejection};
use crate::input::{Protocol, RequestFailure};
use crate::limits::{COMMIT_ADDS_BYTES_MAX, KEY_PACKAGE_AGE_MAX_SECONDS, MEMBERS_MAX};
use crate::peer::Purpose;
use crate::record;
use crate::record::contact::ContactState;
use crate::record::conversation::ConversationRecord;
use crate::record::key;
use crate::step::{Step, refused};
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::inbox::RefusalReason;
use crate::wire::keys::{KeysRequest, KeysResponse};

/// An add that waits for a key package.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct IntentRecord {
    /// Where.
    #[n(0)]
    pub(crate) conversation: ConversationId,
    /// Whom.
    #[n(1)]
    pub(crate) member: AccountId,
    /// The node to ask.
    #[n(2)]
    pub(crate) home: NodeId,
}

/// Adds a contact to a group in which `account` may add people.
pub(crate) fn add(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
) -> Outcome<()> {
    let (record, policy) = state::of_group(step, account, conversation)?;
    if !policy.may_add(&account) {
        return Err(Rejection::NotAdmin.into());
    }
    if record.members.contains(member) {
        return Err(Rejection::Already.into());
    }
    if policy.bans.contains(member) {
        return Err(Rejection::Banned.into());
    }
    if record.members.len() >= MEMBERS_MAX {
        return Err(Rejection::Quota { what: "members of a group" }.into());
    }
    let known = contact::get(step, account, member)?.ok_or(Rejection::NotFound)?;
    if known.state != ContactState::Accepted {
        return Err(Rejection::NotFound.into());
    }
    // What they once said by a link is older, and so is that one wanted them banned.
    member_ban::withdraw(step, account, conversation, member)?;
    join_link::forget(step, account, conversation, member);
    now_or_later(step, account, conversation, member)
}

pub(crate) fn now_or_later(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
) -> Outcome<()> {
    all_now_or_later(step, account, conversation, &[*member])
}

/// Adds in one commit those whose key package is at hand, as many as fit into it, and leaves an intent for each other.
pub(crate) fn all_now_or_later(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    members: &[AccountId],
) -> Outcome<()> {
    let mut record = state::of_member(step, account, conversation)?;
    let fresh = wish::is_fresh(step, &record)?;
    let policy = state::policy(&record)?;
    let mut adds: Vec<SignedKeyPackage> = Vec::new();
    let mut bytes = 0;
    for member in members {
        if adds.iter().any(|package| package.account() == *member) || record.members.contains(member) {
            cancel(step, account, conversation, member)?;
            continue;
        }
        if policy.bans.contains(member) {
            // Banned since it was wished for, unless that is about to be undone by what is on its way.
            if fresh {
                give_up(step, account, (conversation, member), RefusalReason::Declined)?;
            }
            continue;
        }
        match at_hand(step, account, (conversation, member), fresh && bytes < COMMIT_ADDS_BYTES_MAX)? {
            Some(package) => {
                cancel(step, account, conversation, member)?;
                bytes += entry_bytes(step, account, &record, &package)?;
                adds.push(package);
            }
            None => wait(step, account, conversation, member)?,
        }
    }
    if adds.is_empty() {
        return Ok(());
    }
    if bytes >= COMMIT_ADDS_BYTES_MAX {
        step.to_act.insert((account, *conversation));
    }
    let newcomers: Vec<AccountId> = adds.iter().map(SignedKeyPackage::account).collect();
    let policy = successor::with_roles(step, account, (conversation, &policy), &newcomers)?;
    commit(step, account, &mut record, Plan { adds, policy, ..Plan::default() })
}

/// What somebody takes in the entry of the commit that adds them. While one is alone nobody is introduced in it.
fn entry_bytes(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    package: &SignedKeyPackage,
) -> Outcome<usize> {
    let introduction = match record.members.len() {
        1 => 0,
        _ => wire::encode(&identity::introduce(step, account, &package.account())?).len(),
    };
    Ok(package.to_bytes().len() + introduction)
}

/// A usable key package that is stored with whoever is to be added or, if they live here, in the pool; none while nothing may be committed.
fn at_hand(
    step: &mut Step<'_>,
    account: AccountId,
    (conversation, member): (&ConversationId, &AccountId),
    fresh: bool,
) -> Outcome<Option<SignedKeyPackage>> {
    if !fresh {
        return Ok(None);
    }
    while let Some(bytes) = addable::take_package(step, account, conversation, member)? {
        if let Ok(package) = usable(step, account, member, &bytes) {
            return Ok(Some(package));
        }
    }
    let known = addable::get(step, account, conversation, member)?.ok_or(Rejection::NotFound)?;
    let (true, Some(token)) = (known.home == step.config.node, known.key_token) else { return Ok(None) };
    match key_supply::take(step, *member, &token)? {
        Some(bytes) => Ok(usable(step, account, member, &bytes).ok()),
        None => Ok(None),
    }
}

/// Checks a key package as an inviter must: signed by a device of that account, fresh, whole (NEGATIVE_TESTS 42).
fn usable(step: &Step<'_>, account: AccountId, member: &AccountId, bytes: &[u8]) -> Outcome<SignedKeyPackage> {
    let package = key_supply::parse(bytes)?;
    let log = identity::log(step, account, member)?.ok_or(Rejection::NotFound)?;
    package.verify(&log).map_err(|_| Rejection::Refused { reason: "key package" })?;
    let now = step.now.wall.seconds();
    // One from far ahead would never grow old.
    let fresh = now.abs_diff(package.issued_at()) <= KEY_PACKAGE_AGE_MAX_SECONDS;
    if package.account() != *member || !fresh || package.credential().not_after < now {
        return Err(Rejection::Refused { reason: "key package" }.into());
    }
    Ok(package)
}

fn row(conversation: &ConversationId, member: &AccountId) -> Vec<u8> {
    key::join(&[conversation.as_bytes(), member.as_bytes()])
}

/// Leaves the wish to add somebody.
pub(crate) fn wait(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
) -> Outcome<()> {
    let home = addable::get(step, account, conversation, member)?.ok_or(Rejection::NotFound)?.home;
    let intent = IntentRecord { conversation: *conversation, member: *member, home };
    step.rows.put(Scope::Account(account), Table::Intent, &row(conversation, member), &intent);
    ask_soon(step, account, member, home)
}

/// Their home has key packages, and their mailboxes have some while it can't be reached.
fn ask_soon(step: &mut Step<'_>, account: AccountId, member: &AccountId, home: NodeId) -> Outcome<()> {
    step.to_ask.insert(home);
    if !step.peers.is_connected(home) {
        step.to_ask.extend(reach::nodes(step, account, member)?);
    }
    Ok(())
}

/// Whether a peer is the one to ask about an intent: the member's home, and a mailbox only while that can't be reached.
fn is_to_be_asked(step: &Step<'_>, account: AccountId, intent: &IntentRecord, peer: NodeId) -> Outcome<bool> {
    let elsewhere = || Ok::<_, crate::error::Error>(reach::nodes(step, account, &intent.member)?.contains(&peer));
    Ok(intent.home == peer || (!step.peers.is_connected(intent.home) && elsewhere()?))
}

/// Drops the wish to add somebody.
pub(crate) fn cancel(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
) -> Outcome<bool> {
    let waited = waits(step, account, conversation, member)?;
    step.rows.delete(Scope::Account(account), Table::Intent, &row(conversation, member));
    Ok(waited)
}

/// Whether somebody is wished for who is not in yet.
pub(crate) fn waits(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
) -> Outcome<bool> {
    Ok(step.rows.get_bytes(Scope::Account(account), Table::Intent, &row(conversation, member))?.is_some())
}

/// Drops the wish to add somebody, which can't come true any more; whoever asked for it by link is told why.
pub(crate) fn give_up(
    step: &mut Step<'_>,
    account: AccountId,
    (conversation, member): (&ConversationId, &AccountId),
    reason: RefusalReason,
) -> Outcome<()> {
    cancel(step, account, conversation, member)?;
    join_link::request::refuse(step, account, (conversation, member), reason)
}

fn intents(step: &Step<'_>, account: AccountId) -> Outcome<Vec<IntentRecord>> {
    let rows = step.rows.scan(Scope::Account(account), Table::Intent, b"", usize::MAX)?;
    let intents: Result<Vec<IntentRecord>, Fault> =
        rows.iter().map(|(_, value)| record::decode(value, "intent")).collect();
    Ok(intents?)
}

/// Adds to one conversation whoever can be added now.
pub(crate) fn resume_in(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<()> {
    let rows = step.rows.scan(Scope::Account(account), Table::Intent, conversation.as_bytes(), usize::MAX)?;
    let mut members = Vec::with_capacity(rows.len());
    for (_, value) in rows {
        members.push(record::decode::<IntentRecord>(&value, "intent")?.member);
    }
    if members.is_empty() {
        return Ok(());
    }
    let reason = match refused(state::of_member(step, account, conversation))? {
        Ok(record) if state::policy(&record)?.may_add(&account) => {
            return those_who_fit(step, account, &record, &members);
        }
        // The right was taken since it was wished for.
        Ok(_) => RefusalReason::NotAllowed,
        Err(Rejection::NotMember) => RefusalReason::Gone,
        Err(rejection) => return Err(rejection.into()),
    };
    members.iter().try_for_each(|member| give_up(step, account, (conversation, member), reason))
}

/// Adds people of whom some may be strangers: one whose key package nobody would take keeps nobody else out.
fn those_who_fit(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    members: &[AccountId],
) -> Outcome<()> {
    let conversation = &record.id;
    let (inside, newcomers): (Vec<AccountId>, Vec<AccountId>) =
        members.iter().partition(|member| record.members.contains(member));
    for member in &inside {
        cancel(step, account, conversation, member)?;
    }
    let room = MEMBERS_MAX.saturating_sub(record.members.len()).min(newcomers.len());
    let (newcomers, beyond) = newcomers.split_at(room);
    if wish::is_fresh(step, record)? {
        for member in beyond {
            give_up(step, account, (conversation, member), RefusalReason::Full)?;
        }
    }
    if newcomers.is_empty() || !valid::may_commit_ordinarily(step, account, record)? {
        // They wait until others have committed.
        return Ok(());
    }
    if refused(step.attempt(|step| all_now_or_later(step, account, conversation, newcomers)))?.is_ok() {
        return Ok(());
    }
    for member in newcomers {
        let alone = refused(step.attempt(|step| all_now_or_later(step, account, conversation, &[*member])))?;
        if alone.is_err() {
            // It was theirs, and no other one is at fault.
            addable::take_package(step, account, conversation, member)?;
        }
    }
    Ok(())
}

/// Asks again after an unlock.
pub(crate) fn resume(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    for intent in intents(step, account)? {
        if intent.home == step.config.node {
            now_or_later(step, account, &intent.conversation, &intent.member)?;
        } else {
            ask_soon(step, account, &intent.member, intent.home)?;
        }
    }
    Ok(())
}

/// Whether something waits for this peer.
pub(crate) fn is_waiting(step: &Step<'_>, account: AccountId, peer: NodeId) -> Outcome<bool> {
    for intent in intents(step, account)? {
        if is_to_be_asked(step, account, &intent, peer)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Asks a connected peer for the key packages that are waited for.
pub(crate) fn serve_peer(step: &mut Step<'_>, account: AccountId, peer: NodeId) -> Outcome<()> {
    let mut at_hand = BTreeSet::new();
    for intent in intents(step, account)? {
        if !is_to_be_asked(step, account, &intent, peer)? {
            continue;
        }
        let Some(known) = addable::get(step, account, &intent.conversation, &intent.member)? else { continue };
        if known.has_package {
            at_hand.insert(intent.conversation);
            continue;
        }
        let Some(token) = known.key_token else { continue };
        let purpose = Purpose::Keys { account, conversation: intent.conversation, contact: intent.member };
        let same = |other: &Purpose| {
            matches!(other, Purpose::Keys { account: a, conversation: c, contact: m }
                if *a == account && *c == intent.conversation && *m == intent.member)
        };
        if !step.peers.any_under_way(same) {
            let request = KeysRequest { account: intent.member, token };
            step.request(peer, Protocol::Keys, wire::encode(&request), purpose);
        }
    }
    // One at hand waits until this device may commit: perhaps in another group only, for which it was given.
    for conversation in at_hand {
        if let Some(record) = state::get(step, account, &conversation)?
            && wish::is_fresh(step, &record)?
        {
            step.to_act.insert((account, conversation));
        }
    }
    Ok(())
}

/// Handles the answer: adds the member, or tries again later.
pub(crate) fn answered(
    step: &mut Step<'_>,
    peer: NodeId,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    let package = result.ok().and_then(|bytes| wire::decode::<KeysResponse>(&bytes, "keys answer").ok());
    let added = match package {
        Some(answer) => {
            refused(step.attempt(|step| add_with(step, account, conversation, member, answer.key_package.as_slice())))?
                .is_ok()
        }
        None => false,
    };
    if !added && cancel_if_void(step, account, conversation, member)? {
        let pause = step.peers.back_off(peer);
        step.set_timer(TimerKind::Peer(peer), pause);
    }
    Ok(())
}

fn add_with(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
    bytes: &[u8],
) -> Outcome<()> {
    usable(step, account, member, bytes)?;
    addable::keep_package(step, account, conversation, member, bytes)?;
    resume_in(step, account, conversation)
}

/// Drops an intent whose group is gone or whose target is in already. Returns whether the intent still stands.
fn cancel_if_void(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
) -> Outcome<bool> {
    let void = match refused(state::of_member(step, account, conversation))? {
        Ok(record) => record.members.contains(member),
        Err(Rejection::Locked) => return Ok(true),
        Err(_) => true,
    };
    if void {
        cancel(step, account, conversation, member)?;
    }
    Ok(!void)
}
