//! Bans, in one world of four: some of what people would do to a group becomes a ban, or the end of one.
//!
//! Chance has a stream of its own here, so that the other worlds stay what they were.

use tidings_crypto::id::{AccountId, ConversationId};
use tidings_protocol::account::policy::Policy;
use tidings_protocol::command::Command;

use super::dice::Dice;
use super::view::View;
use super::workload::{Wish, accepted};

/// Whether and when people ban each other.
pub(crate) struct Bans(Option<Dice>);

impl Bans {
    /// Draws whether anybody bans in the world of `seed`.
    pub(crate) fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed, "bans");
        Self(dice.chance(250).then_some(dice))
    }

    /// What somebody does in place of `wish`, or `wish`.
    pub(crate) fn turn(&mut self, view: &View, wish: Wish) -> Wish {
        let Some(dice) = &mut self.0 else { return wish };
        let instead = if let Command::RemoveMember { account, conversation, member } = &wish.command
            && dice.chance(500)
        {
            Some((*account, *conversation, *member, true))
        } else if let Command::SetGroup { account, conversation, .. } = &wish.command
            && dice.chance(700)
        {
            of_the_list(dice, view, *account, *conversation)
        } else {
            None
        };
        match instead {
            Some((account, conversation, who, banned)) => {
                Wish { command: Command::Ban { account, conversation, who, banned }, ..wish }
            }
            None => wish,
        }
    }
}

/// A ban is lifted; where there is none, a contact is banned, who may be in or not.
fn of_the_list(
    dice: &mut Dice,
    view: &View,
    account: AccountId,
    conversation: ConversationId,
) -> Option<(AccountId, ConversationId, AccountId, bool)> {
    let record = view.conversations.get(&(account, conversation))?;
    let policy = Policy::parse(&record.policy).ok()?;
    match dice.pick(policy.bans.accounts()) {
        Some(who) => Some((account, conversation, *who, false)),
        None => dice.pick(&accepted(view, account)).map(|who| (account, conversation, *who, true)),
    }
}
