//! What must hold in every world. One property a file; each is proved by a planted bug in `tests/sim_planted_bugs.rs`.

mod delivery;
mod durability;
mod epochs;
mod key_reuse;
mod once;
mod order;
mod passing;
mod plaintext;
mod rejections;
mod secrecy;
mod states;

use tidings_crypto::id::{AccountId, ConversationId, EpochId};
use tidings_crypto::mls::Rows;
use tidings_protocol::command::{Answer, Command};
use tidings_protocol::error::Rejection;
use tidings_protocol::input::Input;
use tidings_protocol::store::write_set::Write;

use super::view::{Facts, View};

pub(crate) use delivery::unsettled;
pub(crate) use rejections::{Expected, acts, expect, name};

/// A committed step as checkers see it; the view already holds it.
pub(crate) struct Seen<'a> {
    pub(crate) input: &'a Input,
    pub(crate) writes: &'a [Write],
    pub(crate) facts: &'a Facts,
    pub(crate) view: &'a View,
}

/// The MLS rows of an epoch that an account has just come to.
pub(crate) struct NewEpoch<'a> {
    pub(crate) account: AccountId,
    pub(crate) conversation: ConversationId,
    pub(crate) epoch: EpochId,
    pub(crate) rows: &'a Rows,
    /// Whether the same step also read messages of the conversation.
    pub(crate) used: bool,
}

/// An answered command.
pub(crate) struct Answered<'a> {
    pub(crate) command: &'a Command,
    pub(crate) result: &'a Result<Answer, Rejection>,
    /// What the model says, where it is clear.
    pub(crate) expected: Option<Expected>,
}

/// What a checker says when its property is broken.
pub(crate) type Verdict = Result<(), String>;

/// One property.
pub(crate) trait Checker {
    /// Its name in reports.
    fn name(&self) -> &'static str;

    /// An account came to a new epoch; comes before [`Checker::committed`] of the same step.
    fn new_epoch(&mut self, _: &NewEpoch<'_>) -> Verdict {
        Ok(())
    }

    /// A step was committed.
    fn committed(&mut self, _: &Seen<'_>) -> Verdict {
        Ok(())
    }

    /// A frame goes from one machine to another.
    fn frame(&mut self, _: &[u8]) -> Verdict {
        Ok(())
    }

    /// A person got an answer.
    fn answered(&mut self, _: &Answered<'_>) -> Verdict {
        Ok(())
    }

    /// A machine came back, or the world ends.
    fn restarted(&mut self, _: &View) -> Verdict {
        Ok(())
    }
}

/// All checkers of a world whose names and texts carry `canary`.
pub(crate) fn all(canary: &str) -> Vec<Box<dyn Checker>> {
    vec![
        Box::new(plaintext::Plaintext::new(canary)),
        Box::new(key_reuse::KeyReuse::default()),
        Box::new(once::Once),
        Box::new(order::Order::default()),
        Box::new(passing::Passing),
        Box::new(secrecy::Secrecy),
        Box::new(durability::Durability::default()),
        Box::new(epochs::Epochs::default()),
        Box::new(states::States),
        Box::new(rejections::Rejections),
    ]
}
