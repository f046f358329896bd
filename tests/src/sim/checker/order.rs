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
            let earlier = places.range(..sent.index).next_back().map(|(_, key)| key);
            let later = places.range(sent.index + 1..).next().map(|(_, key)| key);
            let misplaced = earlier.is_some_and(|key| *key >= fact.key) || later.is_some_and(|key| *key <= fact.key);
            // What was on its way when its author or its reader was removed comes when they are in again.
            let stayed = [sent.sender, fact.account]
                .into_iter()
                .all(|account| seen.view.was_in_since(sent.conversation, sent.epoch, account));
            let is_anew = seen.view.own_message(sent, &fact.record.id).is_some_and(|own| own.anew);
            // Who has read it sees it where it was.
            let is_new = !places.contains_key(&sent.index);
            let is_chosen = seen.view.is_on_chosen_branch(sent.conversation, sent.epoch);
            if (is_late || misplaced) && (!is_chosen || is_new && (is_anew || !stayed)) {
                // Written anew where others had gone on: it stands where it was written anew.
                continue;
            }
            if fact.before.is_none() && is_late {
                return Err(format!(
                    "{:?} got message {} of {:?} after a later one",
                    fact.account, sent.index, sent.sender
                ));
            }
            if misplaced {
                return Err(format!(
                    "{:?} shows message {} of {:?} out of its place",
                    fact.account, sent.index, sent.sender
                ));
            }
            places.insert(sent.index, fact.key.clone());
        }
        Ok(())
    }
}
