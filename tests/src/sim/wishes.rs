//! What people asked of groups and were promised: who shall be in, and who not. Compared with who is in at the end.
//!
//! Where the outcome is open it says nothing: after a command whose answer was lost in a crash, where somebody left and was added again, and
//! where whoever wished had no right to it for a while, for a node drops a wish that it may not carry out (PROTOCOL A5.9).

use std::collections::{BTreeMap, BTreeSet};

use tidings_crypto::id::{AccountId, ConversationId};
use tidings_protocol::account::policy::Policy;
use tidings_protocol::command::{Answer, Command};
use tidings_protocol::error::Rejection;
use tidings_protocol::record::conversation::ConversationRecord;

use super::checker::acts;
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
    /// Wishes whose author had lost the right before it was done. Rights at the end say nothing of that: they may be back by then.
    lapsed: BTreeSet<Place>,
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
            (Command::Ban { account, conversation, who, banned: true }, _) => {
                self.promise(*account, (*conversation, *who), false);
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

    /// Takes in to what state of a group one of its members has come: what that member wished and may not do now is over.
    pub(crate) fn saw(&mut self, by: &AccountId, now: &ConversationRecord) {
        for (place, promises) in &self.shall_be_in {
            let (conversation, member) = place;
            let lapses = |(author, inside): &(AccountId, bool)| {
                let open = author == by && by != member && now.members.contains(member) != *inside;
                open && !(now.membership.is_in() && may(now, by, member, *inside))
            };
            if *conversation == now.id && promises.iter().any(lapses) {
                self.lapsed.insert(*place);
            }
        }
    }

    /// Takes in the state of the group at an answer: the step after that of the command may have changed it before the answer was given.
    pub(crate) fn saw_when_answered(&mut self, command: &Command, view: &View) {
        let (Some((conversation, _)), Some(by)) = (place(command), acts(command)) else { return };
        if let Some(now) = view.conversations.get(&(by, conversation)) {
            self.saw(&by, now);
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
                || self.lapsed.contains(place)
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
        Command::Ban { conversation, who, .. } => Some((*conversation, *who)),
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
        | Command::Succeed { .. }
        | Command::Chat { .. }
        | Command::Write(_)
        | Command::AddMailbox { .. }
        | Command::RemoveMailbox { .. }
        | Command::CreateVoucher { .. }
        | Command::RememberAddresses { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use tidings_crypto::id::{DeviceId, EpochId};
    use tidings_protocol::account::policy::{Creation, Role};
    use tidings_protocol::record::conversation::ConversationKind;

    use super::*;

    const FOUNDER: AccountId = AccountId::from_bytes([1; 32]);
    const ADMIN: AccountId = AccountId::from_bytes([2; 32]);
    const MEMBER: AccountId = AccountId::from_bytes([3; 32]);

    /// The group of the three as one of them has it.
    fn group(role: Role) -> ConversationRecord {
        let creation = Creation::new(ConversationKind::Group, FOUNDER, DeviceId::from_bytes([1; 16]), [0; 32]);
        let (id, base) = (creation.conversation(), EpochId::from_bytes([0; 32]));
        let mut policy = Policy::new(creation, "", "");
        policy.set_role(ADMIN, role);
        let blank = ConversationRecord::blank(id, ConversationKind::Group, FOUNDER, base, 0);
        ConversationRecord { members: vec![FOUNDER, ADMIN, MEMBER], policy: policy.to_bytes(), ..blank }
    }

    /// What is said at the end of a removal that the admin was promised and that did not happen, after these states of the admin's group.
    fn verdict(states: &[ConversationRecord]) -> Result<(), String> {
        let (end, mut wishes, mut view) = (group(Role::Admin), Wishes::default(), View::default());
        let command = Command::RemoveMember { account: ADMIN, conversation: end.id, member: MEMBER };
        wishes.answered(&command, &Ok(Answer::Conversation(end.id)));
        states.iter().for_each(|state| wishes.saw(&ADMIN, state));
        view.conversations.insert((FOUNDER, end.id), end);
        wishes.broken(&view)
    }

    #[test]
    fn a_wish_is_over_only_if_its_author_had_no_right_to_it_before_it_was_done() {
        let done = ConversationRecord { members: vec![FOUNDER, ADMIN], ..group(Role::Member) };
        assert!(verdict(&[]).is_err());
        assert!(verdict(&[group(Role::Admin)]).is_err());
        assert!(verdict(&[done]).is_err(), "it was done, and then undone by nobody");
        assert!(verdict(&[group(Role::Member), group(Role::Admin)]).is_ok());
    }
}
