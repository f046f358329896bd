//! The delivery states of an own message only go forward, and nobody counts as reached who has not got the message.

use tidings_protocol::record::message::{DeliveryState, MessageRecord};

use super::{Checker, Seen, Verdict};

/// See the module.
pub(super) struct States;

fn state_of(record: &MessageRecord, account: tidings_crypto::id::AccountId) -> Option<DeliveryState> {
    record.states.iter().find(|state| state.account == account).map(|state| state.state)
}

impl Checker for States {
    fn name(&self) -> &'static str {
        "states"
    }

    fn committed(&mut self, seen: &Seen<'_>) -> Verdict {
        for fact in seen.facts.messages.iter().filter(|fact| fact.record.sender == fact.account) {
            for state in &fact.record.states {
                let before = fact.before.as_ref().and_then(|before| state_of(before, state.account));
                // A failure is final only for people: a late receipt may still correct it.
                if before.is_some_and(|before| before > state.state && state.state != DeliveryState::Failed) {
                    return Err(format!(
                        "a message of {:?} went back from {before:?} to {:?}",
                        fact.account, state.state
                    ));
                }
                let reached = seen.view.copies.get(&(state.account, fact.record.id)).copied().unwrap_or(0) > 0;
                let honest = ![state.account, fact.account].map(Some).contains(&seen.view.cheat);
                if honest && state.state >= DeliveryState::Delivered && !reached {
                    return Err(format!(
                        "a message of {:?} counts as delivered to {:?}, who does not have it",
                        fact.account, state.account
                    ));
                }
            }
        }
        Ok(())
    }
}
