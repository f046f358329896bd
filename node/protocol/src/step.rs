//! One step under way: its rows, its effects, and what it still has to look at before it ends.

use std::collections::BTreeSet;

use rand_chacha::ChaCha20Rng;
use rand_core::Rng;
use tidings_crypto::id::{AccountId, ConversationId, NodeId, QueueId};

use crate::account::ephemeral::Ephemerals;
use crate::effect::Effect;
use crate::error::{Error, Outcome};
use crate::input::Protocol;
use crate::limits::STEP_MEMBERS_MAX;
use crate::node::NodeConfig;
use crate::peer::{Peers, Purpose};
use crate::time::Now;
use crate::timer::{TimerKind, Timers};
use crate::transaction::Transaction;
use crate::verified::Verified;

/// One step under way.
pub(crate) struct Step<'a> {
    pub(crate) now: Now,
    pub(crate) config: &'a NodeConfig,
    pub(crate) rows: Transaction<'a>,
    pub(crate) rng: &'a mut ChaCha20Rng,
    pub(crate) peers: &'a mut Peers,
    pub(crate) timers: &'a mut Timers,
    pub(crate) verified: &'a Verified,
    pub(crate) ephemerals: &'a mut Ephemerals,
    pub(crate) effects: Vec<Effect>,
    /// Queues that have something new for an account.
    pub(crate) to_catch_up: BTreeSet<(AccountId, QueueId)>,
    /// Accounts with new inbox items.
    pub(crate) to_open_inbox: BTreeSet<AccountId>,
    /// Peers from which an account wants to know something.
    pub(crate) to_ask: BTreeSet<NodeId>,
    /// Conversations in which something was wished for.
    pub(crate) to_act: BTreeSet<(AccountId, ConversationId)>,
    /// Peers that something now waits for.
    pub(crate) to_serve: BTreeSet<NodeId>,
    /// Members of the groups that were joined or followed in this step.
    pub(crate) worn: usize,
}

impl Step<'_> {
    /// Runs `operation`; on a rejection what it wrote and asked for is dropped.
    pub(crate) fn attempt<T>(&mut self, operation: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        self.rows.set_savepoint();
        let effects = self.effects.len();
        let result = operation(self);
        self.rows.end_savepoint(result.is_ok());
        if result.is_err() {
            self.effects.truncate(effects);
        }
        result
    }

    /// Counts something that takes as long as a group has members.
    pub(crate) fn wear(&mut self, members: usize) {
        self.worn = self.worn.saturating_add(members);
    }

    /// Whether this step has done enough of that: the rest is left to the next ([`STEP_MEMBERS_MAX`]).
    pub(crate) fn is_worn(&self) -> bool {
        self.worn >= STEP_MEMBERS_MAX
    }

    /// Asks a peer something; the answer comes back with `purpose`.
    pub(crate) fn request(&mut self, peer: NodeId, protocol: Protocol, bytes: Vec<u8>, purpose: Purpose) {
        let id = self.peers.begin(peer, purpose);
        self.effects.push(Effect::Request { peer, id, protocol, bytes });
    }

    /// Sets a timer `milliseconds` from now.
    pub(crate) fn set_timer(&mut self, kind: TimerKind, milliseconds: u64) {
        self.timers.set(kind, self.now.monotonic.after(milliseconds));
    }

    /// Fresh random bytes.
    pub(crate) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }
}

/// What became of an input that may be refused: a rejection is an answer, a fault is not.
pub(crate) fn refused<T>(result: Outcome<T>) -> Result<Result<T, crate::error::Rejection>, crate::error::Fault> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Rejection(rejection)) => Ok(Err(rejection)),
        Err(Error::Fault(fault)) => Err(fault),
    }
}
