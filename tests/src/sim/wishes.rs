//! What people asked of groups and were promised: who shall be in, and who not. Compared with who is in at the end.
//!
//! Where the outcome is open it says nothing: after a command whose answer was lost in a crash, and where somebody left and was added again.

use std::collections::{BTreeMap, BTreeSet};

use tidings_crypto::id::{AccountId, ConversationId};
use tidings_protocol::account::policy::Policy;
use tidings_protocol::command::{Answer, Command};
use tidings_protocol::error::Rejection;
use tidings_protocol::record::conversation::ConversationRecord;

use super::view::View;

type Place = (ConversationId, AccountId);

/// Promises about groups.
#[derive(Default)]
pub(crate) struct Wishes {
    /// Who wished what, in the order in which it was promised.
    shall_be_in: BTreeMap<Place, Vec<(AccountId, bool)>>,
    added: BTreeMap<Place, u32>,
    left: BTreeSet<Place>,
    open: BTreeSet<Place>,
}

impl Wishes {
    /// Notes what an answer promises.
    pub(crate) fn answered(&mut self, command: &Command, result: &Result<Answer, Rejection>) {
        let Ok(answer) = result else { return };
        match (command, answer) {
            (Command::CreateGroup { account, members, .. }, Answer::Conversation(id)) => {
                members.iter().for_each(|member| self.promise(*account, (*id, *member), true));
            }
            (Command::AddMember { account, conversation, member, .. }, _) => {
                self.promise(*account, (*conversation, *member), true);
            }
            (Command::RemoveMember { account, conversation, member }, _) => {
                self.promise(*account, (*conversation, *member), false);
            }
            (Command::Leave { account, conversation }, _) => {
                self.left.insert((*conversation, *account));
                self.promise(*account, (*conversation, *account), false);
            }
            _ => {}
        }
    }

    /// Notes that nobody knows whether a command was obeyed.
    pub(crate) fn lost(&mut self, command: &Command) {
        if let Some(place) = place(command) {
            self.open.insert(place);
        }
    }

    /// A promise that was not kept.
    pub(crate) fn broken(&self, view: &View) -> Result<(), String> {
        for (place, promises) in &self.shall_be_in {
            let (conversation, member) = place;
            let Some((_, wanted)) = promises.last() else { continue };
            let ambiguous = self.left.contains(place) && self.added.get(place).copied().unwrap_or(0) > 1;
            let contested = promises.iter().any(|(_, other)| other != wanted)
                && promises.iter().any(|(by, _)| Some(by) != promises.first().map(|(first, _)| first));
            let Some(now) = view.reference(*conversation) else { continue };
            // Who has no right any more cannot have it done; what others decided counts.
            let powerless = promises.iter().any(|(by, inside)| by != member && !may(now, by, member, *inside));
            let cheated = promises.iter().any(|(by, _)| view.cheat == Some(*by));
            if cheated
                || ambiguous
                || contested
                || powerless
                || self.open.contains(place)
                || view.cheat == Some(place.1)
            {
                continue;
            }
            let is_in = now.members.contains(member);
            if is_in != *wanted {
                let (is, shall) = if is_in { ("in", "not") } else { ("not in", "") };
                return Err(format!("{member:?} is {is} {conversation:?} and shall {shall} be"));
            }
        }
        Ok(())
    }

    fn promise(&mut self, by: AccountId, place: Place, inside: bool) {
        *self.added.entry(place).or_default() += u32::from(inside);
        self.shall_be_in.entry(place).or_default().push((by, inside));
    }
}

/// Whether `by` may have `member` in the group, or out of it, as it is now.
fn may(now: &ConversationRecord, by: &AccountId, member: &AccountId, inside: bool) -> bool {
    let allows = |policy: Policy| if inside { policy.may_add(by) } else { policy.may_remove(by, member) };
    now.members.contains(by) && Policy::parse(&now.policy).is_ok_and(allows)
}

fn place(command: &Command) -> Option<Place> {
    match command {
        Command::AddMember { conversation, member, .. } | Command::RemoveMember { conversation, member, .. } => {
            Some((*conversation, *member))
        }
        Command::Leave { account, conversation } | Command::HandOver { account, conversation, .. } => {
            Some((*conversation, *account))
        }
        Command::CreateAccount(_)
        | Command::CreateInvite { .. }
        | Command::RevokeInvite { .. }
        | Command::AddContact { .. }
        | Command::Join { .. }
        | Command::Send { .. }
        | Command::CreateGroup { .. }
        | Command::SetRole { .. }
        | Command::SetGroup { .. }
        | Command::MarkRead { .. }
        | Command::Recover { .. }
        | Command::Chat { .. }
        | Command::Write(_)
        | Command::AddMailbox { .. }
        | Command::RemoveMailbox { .. }
        | Command::CreateVoucher { .. }
        | Command::RememberAddresses { .. } => None,
    }
}
