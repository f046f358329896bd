//! What passes is not stored: neither where it is said nor where it is heard, whoever sends it.

use tidings_protocol::command::{ChatAct, Command};
use tidings_protocol::input::{Input, Protocol};

use super::{Checker, Seen, Verdict};

/// See the module.
pub(super) struct Passing;

impl Checker for Passing {
    fn name(&self) -> &'static str {
        "passing"
    }

    fn committed(&mut self, seen: &Seen<'_>) -> Verdict {
        match seen.writes.first() {
            Some(write) if passes(seen.input) => Err(format!("a row of {:?} for what passes", write.table)),
            Some(_) | None => Ok(()),
        }
    }
}

fn passes(input: &Input) -> bool {
    match input {
        Input::Request { protocol, .. } => *protocol == Protocol::Ephemeral,
        Input::Command { command, .. } => {
            matches!(command.as_ref(), Command::Chat { act: ChatAct::Typing { .. }, .. })
        }
        Input::Start
        | Input::Tick
        | Input::PeerConnected(_)
        | Input::PeerDisconnected(_)
        | Input::Response { .. }
        | Input::Unlocked(_)
        | Input::Locked(_) => false,
    }
}
