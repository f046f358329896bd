//! Typing, in one world in five: people say that they type, and whether they want it shown. It draws from a stream of its own, so that the
//! other worlds stay what they were.

use tidings_crypto::id::ConversationId;
use tidings_protocol::command::{ChatAct, Command};
use tidings_protocol::record::chat::Shown;

use super::dice::Dice;
use super::workload::{Purpose, Wish};
use super::world::World;

/// The stream, if people type in the world of `seed`.
pub(crate) fn draw(seed: u64) -> Option<Dice> {
    let mut dice = Dice::new(seed, "typing");
    dice.chance(200).then_some(dice)
}

impl World {
    /// Somebody says that they type, or no longer, or what they want shown.
    pub(crate) fn type_something(&mut self) {
        let Some(dice) = &mut self.typing_dice else { return };
        let person = dice.index(self.people.len());
        let account = self.people[person].account;
        let own = self.view.conversations.keys().filter(|(owner, _)| *owner == account).map(|(_, id)| *id);
        let Some(conversation) = dice.pick(&own.collect::<Vec<ConversationId>>()).copied() else { return };
        let act = if dice.chance(400) {
            let conversation = dice.chance(300).then_some(conversation);
            ChatAct::Show { what: Shown::Typing, conversation, shown: Some(dice.chance(850)) }
        } else {
            ChatAct::Typing { conversation, typing: dice.chance(700) }
        };
        self.issue(Wish { person, command: Command::Chat { account, act }, purpose: Purpose::Try });
    }
}
