//! A message whose sending was answered with success is in the sender's store from then on, whatever crashes.

use std::collections::BTreeMap;

use tidings_crypto::id::AccountId;
use tidings_protocol::command::{Answer, Command};

use super::{Answered, Checker, Seen, Verdict};
use crate::sim::view::{MessageName, View};

/// All acknowledged messages.
#[derive(Default)]
pub(super) struct Durability {
    acknowledged: BTreeMap<(AccountId, MessageName), String>,
}

impl Durability {
    fn check(view: &View, account: AccountId, name: MessageName) -> Verdict {
        if view.copies.get(&(account, name)).copied().unwrap_or(0) > 0 {
            return Ok(());
        }
        Err(format!("{account:?} lost a message whose sending was acknowledged"))
    }
}

impl Checker for Durability {
    fn name(&self) -> &'static str {
        "durability"
    }

    fn committed(&mut self, seen: &Seen<'_>) -> Verdict {
        let dropped = seen.facts.dropped.iter().filter(|lost| self.acknowledged.contains_key(*lost));
        dropped.clone().try_for_each(|(account, name)| Self::check(seen.view, *account, *name))?;
        for fact in &seen.facts.messages {
            let text = self.acknowledged.get(&(fact.account, fact.record.id));
            if text.is_some_and(|text| *text != fact.record.text) {
                return Err(format!("{:?} changed the text of an acknowledged message", fact.account));
            }
        }
        Ok(())
    }

    fn answered(&mut self, seen: &Answered<'_>) -> Verdict {
        let Command::Send { account, text, client_id, .. } = seen.command else {
            return Ok(());
        };
        match seen.result {
            Ok(Answer::Message(message)) if message.id == *client_id && message.text == *text => {
                self.acknowledged.insert((*account, *client_id), text.clone());
                Ok(())
            }
            Ok(_) => Err("the answer to a sent message does not show that message".into()),
            Err(_) => Ok(()),
        }
    }

    fn restarted(&mut self, view: &View) -> Verdict {
        self.acknowledged.keys().try_for_each(|(account, name)| Self::check(view, *account, *name))
    }
}
