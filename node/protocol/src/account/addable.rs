//! Whoever can be added to a conversation: contacts, and those whose request to be let into it by link was accepted. Says where they live, how
//! to seal to them, and which key packages of theirs are at hand. Does not say who may add them.

use tidings_crypto::id::{AccountId, ConversationId, NodeId};

use super::{contact, join_link};
use crate::error::{Outcome, Rejection};
use crate::step::Step;

/// What is known of somebody who can be added.
pub(crate) struct Addable {
    /// The node that hosts them.
    pub(crate) home: NodeId,
    /// Their box key record.
    pub(crate) box_key: Vec<u8>,
    /// The token against which their node hands out key packages.
    pub(crate) key_token: Option<[u8; 16]>,
    /// Whether a key package of theirs is at hand.
    pub(crate) has_package: bool,
}

/// Somebody who can be added to `conversation`. What they said when they asked to be let in is newer than what a contact once said.
pub(crate) fn get(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
) -> Outcome<Option<Addable>> {
    if let Some(asked) = join_link::accepted(step, account, conversation, member)? {
        return Ok(Some(Addable {
            home: asked.home,
            box_key: asked.box_key,
            key_token: Some(*asked.key_token),
            has_package: !asked.key_packages.is_empty(),
        }));
    }
    let known = contact::get(step, account, member)?;
    Ok(known.map(|known| Addable {
        home: known.home,
        box_key: known.box_key,
        key_token: known.key_token.map(|token| *token),
        has_package: !known.key_packages.is_empty(),
    }))
}

/// Takes a key package of somebody who can be added, if one is at hand.
pub(crate) fn take_package(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
) -> Outcome<Option<Vec<u8>>> {
    if let Some(mut asked) = join_link::accepted(step, account, conversation, member)? {
        let package = asked.key_packages.pop();
        join_link::put_request(step, account, &asked);
        return Ok(package.map(Into::into));
    }
    let mut known = contact::get(step, account, member)?.ok_or(Rejection::NotFound)?;
    let package = known.key_packages.pop();
    contact::put(step, account, &known);
    Ok(package.map(Into::into))
}

/// Keeps a key package that their node has handed out.
pub(crate) fn keep_package(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    member: &AccountId,
    bytes: &[u8],
) -> Outcome<()> {
    if let Some(mut asked) = join_link::accepted(step, account, conversation, member)? {
        asked.key_packages.push(bytes.to_vec().into());
        join_link::put_request(step, account, &asked);
        return Ok(());
    }
    let mut known = contact::get(step, account, member)?.ok_or(Rejection::NotFound)?;
    known.key_packages.push(bytes.to_vec().into());
    contact::put(step, account, &known);
    Ok(())
}
