//! What a node refuses and what it does, where a simple model can tell: roles, membership, the last owner, own invites, sizes.
//!
//! The model says nothing where two rules apply at once, or where the answer depends on what the view does not hold.

use tidings_crypto::id::{AccountId, ConversationId};
use tidings_protocol::account::policy::{Policy, Role};
use tidings_protocol::command::{Command, Recipient};
use tidings_protocol::error::Rejection;
use tidings_protocol::limits::{MEMBERS_MAX, TEXT_BYTES_MAX};
use tidings_protocol::record::contact::ContactState;
use tidings_protocol::record::conversation::{ConversationKind, ConversationRecord, Membership};

use super::{Answered, Checker, Verdict};
use crate::sim::view::View;

/// What the model says of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It must succeed.
    Success,
    /// It must be refused with this reason.
    Refusal(Rejection),
}

/// See the module.
pub(super) struct Rejections;

/// What the model says of `command`; `None` where it is not clear.
pub(crate) fn expect(view: &View, unlocked: bool, command: &Command) -> Option<Expected> {
    let refuse = |rejection| Some(Expected::Refusal(rejection));
    if !unlocked {
        return acts(command).filter(|_| !is_bad_in_itself(command)).and_then(|_| refuse(Rejection::Locked));
    }
    if matches!(command, Command::Send { account, client_id, .. } if view.copies.get(&(*account, *client_id)).is_some_and(|count| *count > 0))
    {
        // The same client id again: the first message is the answer, whatever has become of the conversation.
        return Some(Expected::Success);
    }
    if acts(command).is_some() && acts(command) == view.cheat {
        // Its own entries come back to it as those of a copy.
        return None;
    }
    match command {
        Command::Send { text, .. } if text.len() > TEXT_BYTES_MAX => {
            refuse(Rejection::TooLarge { limit: TEXT_BYTES_MAX })
        }
        Command::Send { account, to: Recipient::Account(other), .. } if account != other => {
            let contact = view.contacts.get(&(*account, *other));
            if contact.is_none() { refuse(Rejection::NotFound) } else { Some(Expected::Success) }
        }
        Command::Send { account, to: Recipient::Conversation(conversation), .. } => send(view, *account, *conversation),
        Command::AddMember { account, conversation, member } => add(view, *account, *conversation, *member),
        Command::RemoveMember { account, conversation, member } => remove(view, *account, *conversation, *member),
        Command::Ban { account, conversation, who, banned } => ban(view, *account, *conversation, (*who, *banned)),
        Command::Leave { account, conversation } => leave(view, *account, *conversation),
        Command::AddContact { account, link } if *account == link.account => refuse(Rejection::OwnInvite),
        Command::CreateInvite { .. } => Some(Expected::Success),
        Command::CreateGroup { account, members, .. } => {
            if members.len() >= MEMBERS_MAX {
                return refuse(Rejection::Quota { what: "members of a group" });
            }
            let known = members.iter().all(|member| accepted(view, *account, *member));
            known.then_some(Expected::Success)
        }
        Command::Send { .. }
        | Command::AddContact { .. }
        | Command::Join { .. }
        | Command::CreateAccount(_)
        | Command::RevokeInvite { .. }
        | Command::HandOver { .. }
        | Command::SetRole { .. }
        | Command::SetGroup { .. }
        | Command::MarkRead { .. }
        | Command::Recover { .. }
        | Command::Succeed { .. }
        | Command::Chat { .. }
        | Command::Write(_)
        | Command::AddMailbox { .. }
        | Command::RemoveMailbox { .. }
        | Command::CreateVoucher { .. }
        | Command::RememberAddresses { .. } => None,
    }
}

/// Whether a command would be refused for what it says, whoever gives it and when.
fn is_bad_in_itself(command: &Command) -> bool {
    match command {
        Command::Send { text, .. } => text.len() > TEXT_BYTES_MAX,
        Command::AddContact { account, link } => *account == link.account,
        Command::CreateAccount(_)
        | Command::CreateInvite { .. }
        | Command::RevokeInvite { .. }
        | Command::Join { .. }
        | Command::CreateGroup { .. }
        | Command::AddMember { .. }
        | Command::RemoveMember { .. }
        | Command::Ban { .. }
        | Command::Leave { .. }
        | Command::HandOver { .. }
        | Command::SetRole { .. }
        | Command::SetGroup { .. }
        | Command::MarkRead { .. }
        | Command::Recover { .. }
        | Command::Succeed { .. }
        | Command::Chat { .. }
        | Command::Write(_)
        | Command::AddMailbox { .. }
        | Command::RemoveMailbox { .. }
        | Command::CreateVoucher { .. }
        | Command::RememberAddresses { .. } => false,
    }
}

/// Whose act a command is, if it is a person's.
pub(crate) fn acts(command: &Command) -> Option<AccountId> {
    match command {
        Command::CreateInvite { account, .. }
        | Command::RevokeInvite { account, .. }
        | Command::AddContact { account, .. }
        | Command::Join { account, .. }
        | Command::Send { account, .. }
        | Command::CreateGroup { account, .. }
        | Command::AddMember { account, .. }
        | Command::RemoveMember { account, .. }
        | Command::Ban { account, .. }
        | Command::MarkRead { account, .. }
        | Command::Recover { account, .. }
        | Command::Succeed { account, .. }
        | Command::Chat { account, .. }
        | Command::HandOver { account, .. }
        | Command::SetRole { account, .. }
        | Command::SetGroup { account, .. }
        | Command::AddMailbox { account, .. }
        | Command::RemoveMailbox { account, .. }
        | Command::Leave { account, .. } => Some(*account),
        Command::CreateAccount(_)
        | Command::Write(_)
        | Command::CreateVoucher { .. }
        | Command::RememberAddresses { .. } => None,
    }
}

fn accepted(view: &View, account: AccountId, other: AccountId) -> bool {
    view.contacts.get(&(account, other)).is_some_and(|contact| contact.state == ContactState::Accepted)
}

fn send(view: &View, account: AccountId, conversation: ConversationId) -> Option<Expected> {
    match view.conversations.get(&(account, conversation)).map(|record| record.membership) {
        None => Some(Expected::Refusal(Rejection::NotFound)),
        Some(Membership::Member) => Some(Expected::Success),
        Some(Membership::Left | Membership::Removed) => Some(Expected::Refusal(Rejection::NotMember)),
        Some(Membership::Leaving) => None,
    }
}

/// The group, if the account is a full member of it; else what the model says.
fn group(
    view: &View,
    account: AccountId,
    conversation: ConversationId,
) -> Result<&ConversationRecord, Option<Expected>> {
    let refuse = |rejection| Err(Some(Expected::Refusal(rejection)));
    match view.conversations.get(&(account, conversation)) {
        None => refuse(Rejection::NotFound),
        Some(record) if record.kind == ConversationKind::Direct => refuse(Rejection::DirectConversation),
        Some(record) => match record.membership {
            Membership::Member => Ok(record),
            Membership::Left | Membership::Removed => refuse(Rejection::NotMember),
            Membership::Leaving => Err(None),
        },
    }
}

fn policy(record: &ConversationRecord) -> Policy {
    Policy::parse(&record.policy).expect("a policy")
}

fn add(view: &View, account: AccountId, conversation: ConversationId, member: AccountId) -> Option<Expected> {
    let record = match group(view, account, conversation) {
        Ok(record) => record,
        Err(expected) => return expected,
    };
    let present = record.members.contains(&member);
    if !policy(record).may_add(&account) {
        return Some(Expected::Refusal(Rejection::NotAdmin));
    }
    if present {
        return Some(Expected::Refusal(Rejection::Already));
    }
    if policy(record).bans.contains(&member) {
        return Some(Expected::Refusal(Rejection::Banned));
    }
    accepted(view, account, member).then_some(Expected::Success)
}

fn remove(view: &View, account: AccountId, conversation: ConversationId, member: AccountId) -> Option<Expected> {
    let record = match group(view, account, conversation) {
        Ok(record) => record,
        Err(expected) => return expected,
    };
    let present = record.members.contains(&member);
    if account == member {
        return None;
    }
    match (policy(record).may_remove(&account, &member), present) {
        (true, true) => Some(Expected::Success),
        (false, true) => Some(Expected::Refusal(Rejection::NotAdmin)),
        (_, false) => None,
    }
}

/// A ban that is not carried out yet is lifted without one that stands, and the end of one that waits is taken back by banning again: of these
/// the model says nothing.
fn ban(
    view: &View,
    account: AccountId,
    conversation: ConversationId,
    (who, banned): (AccountId, bool),
) -> Option<Expected> {
    let record = match group(view, account, conversation) {
        Ok(record) => record,
        Err(expected) => return expected,
    };
    let policy = policy(record);
    if !policy.may_remove(&account, &who) {
        return Some(Expected::Refusal(Rejection::NotAdmin));
    }
    match (policy.bans.contains(&who), banned) {
        (false, true) | (true, false) => Some(Expected::Success),
        (true, true) | (false, false) => None,
    }
}

fn leave(view: &View, account: AccountId, conversation: ConversationId) -> Option<Expected> {
    match group(view, account, conversation) {
        // The last one may always go.
        Ok(record) if record.members.len() == 1 => Some(Expected::Success),
        Ok(record) => match policy(record).role(&account) {
            Role::Owner if policy(record).roles.owners() == 1 => Some(Expected::Refusal(Rejection::LastAdmin)),
            Role::Owner | Role::Admin | Role::Moderator => None,
            Role::Member | Role::Readonly => Some(Expected::Success),
        },
        Err(expected) => expected,
    }
}

impl Checker for Rejections {
    fn name(&self) -> &'static str {
        "rejections"
    }

    fn answered(&mut self, seen: &Answered<'_>) -> Verdict {
        let act = || format!("{:?}", acts(seen.command));
        match (&seen.expected, seen.result) {
            (Some(Expected::Success), Err(rejection)) => {
                Err(format!("{} by {} was refused ({rejection}), though it is allowed", name(seen.command), act()))
            }
            (Some(Expected::Refusal(wanted)), Ok(_)) => {
                Err(format!("{} by {} was done, though it had to be refused ({wanted})", name(seen.command), act()))
            }
            (Some(Expected::Refusal(wanted)), Err(given)) if wanted != given => Err(format!(
                "{} by {} was refused for another reason ({given}) than the one that holds ({wanted})",
                name(seen.command),
                act()
            )),
            (Some(_) | None, Ok(_) | Err(_)) => Ok(()),
        }
    }
}

/// The name of a command in reports.
pub(crate) fn name(command: &Command) -> &'static str {
    match command {
        Command::CreateAccount(_) => "sign-up",
        Command::CreateInvite { .. } => "an invite",
        Command::RevokeInvite { .. } => "taking back an invite",
        Command::AddContact { .. } => "following a link",
        Command::Join { .. } => "an act about a link into a group",
        Command::Send { .. } => "a message",
        Command::CreateGroup { .. } => "founding a group",
        Command::AddMember { .. } => "adding a member",
        Command::RemoveMember { .. } => "removing a member",
        Command::Ban { banned: true, .. } => "a ban",
        Command::Ban { .. } => "lifting a ban",
        Command::Leave { .. } => "leaving a group",
        Command::HandOver { .. } => "handing a group over",
        Command::SetRole { .. } => "giving a role",
        Command::SetGroup { .. } => "changing a group",
        Command::MarkRead { .. } => "marking as read",
        Command::Recover { .. } => "a word on who shall own a group",
        Command::Succeed { .. } => "opening a successor",
        Command::Chat { .. } => "a change of a message or a conversation",
        Command::AddMailbox { .. } => "naming a mailbox",
        Command::RemoveMailbox { .. } => "giving a mailbox up",
        Command::CreateVoucher { .. } => "making a voucher",
        Command::Write(_) => "a write of the shell",
        Command::RememberAddresses { .. } => "remembering addresses",
    }
}
