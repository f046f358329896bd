//! An account has a message only if it was a member at the epoch under which the message was encrypted: nothing newer for those who were
//! removed or left, nothing older for those who came later.

use super::{Checker, Seen, Verdict};

/// See the module.
pub(super) struct Secrecy;

impl Checker for Secrecy {
    fn name(&self) -> &'static str {
        "secrecy"
    }

    fn committed(&mut self, seen: &Seen<'_>) -> Verdict {
        for fact in &seen.facts.messages {
            let Some(sent) = seen.view.sent.get(&fact.record.id) else {
                return Err(format!(
                    "{:?} has a message of {:?} that was never sent",
                    fact.account, fact.record.sender
                ));
            };
            if sent.sender != fact.record.sender || Some(sent.conversation) != fact.record.conversation {
                return Err(format!("{:?} has a message under a wrong sender or conversation", fact.account));
            }
            let roster = seen.view.tree.get(&sent.epoch);
            if roster.is_none_or(|roster| !roster.members.contains(&fact.account)) {
                return Err(format!(
                    "{:?} has a message of epoch {} in which it was no member",
                    fact.account, sent.number
                ));
            }
        }
        Ok(())
    }
}
