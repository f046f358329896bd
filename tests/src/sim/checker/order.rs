//! The messages of one sender in one conversation appear at each reader in the order in which they were sent, both in time and in place.

use std::collections::BTreeMap;

use tidings_crypto::id::{AccountId, ConversationId};

use super::{Checker, Seen, Verdict};

/// For each reader, conversation and sender: the place of each message by its number at the sender.
#[derive(Default)]
pub(super) struct Order {
    places: BTreeMap<(AccountId, ConversationId, AccountId), BTreeMap<u64, Vec<u8>>>,
}

impl Checker for Order {
    fn name(&self) -> &'static str {
        "order"
    }

    fn committed(&mut self, seen: &Seen<'_>) -> Verdict {
        let mut fresh: Vec<_> =
            seen.facts.messages.iter().filter_map(|fact| Some((fact, seen.view.sent.get(&fact.record.id)?))).collect();
        // Rows of one step come in the order of keys, not in that of processing.
        fresh.sort_by_key(|(_, sent)| sent.index);
        for (fact, sent) in fresh {
            let places = self.places.entry((fact.account, sent.conversation, sent.sender)).or_default();
            let is_late = !places.contains_key(&sent.index) && places.range(sent.index..).next().is_some();
            // What was on its way when its author was removed comes when the author is in again.
            let stayed = seen.view.was_in_since(sent.conversation, sent.epoch, sent.sender);
            if fact.before.is_none() && is_late && stayed {
                return Err(format!(
                    "{:?} got message {} of {:?} after a later one",
                    fact.account, sent.index, sent.sender
                ));
            }
            places.insert(sent.index, fact.key.clone());
            let earlier = places.range(..sent.index).next_back().map(|(_, key)| key);
            let later = places.range(sent.index + 1..).next().map(|(_, key)| key);
            if earlier.is_some_and(|key| *key >= fact.key) || later.is_some_and(|key| *key <= fact.key) {
                return Err(format!(
                    "{:?} shows message {} of {:?} out of its place",
                    fact.account, sent.index, sent.sender
                ));
            }
        }
        Ok(())
    }
}
