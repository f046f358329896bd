//! Runs effects, after the writes of their step are durable.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use tidings_protocol::effect::Effect;
use tidings_protocol::error::Rejection;
use tidings_protocol::input::{Input, RequestFailure};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::counters::Counters;
use super::handle::{DriverError, Reply};
use super::limits::{NETWORK_OFFER_PAUSE, NETWORK_OFFERS_MAX};
use super::notify::Notifier;
use crate::network::NetworkCommand;

/// Where effects go.
pub(super) struct Outlet {
    pub(super) network: mpsc::Sender<NetworkCommand>,
    pub(super) notifier: Arc<Notifier>,
    pub(super) counters: Arc<Counters>,
    /// Who waits for a command's answer.
    replies: BTreeMap<u64, Reply>,
    /// Requests on the wire by our number for them, with the core's. A rebuilt core may use its numbers again, so answers to its
    /// predecessor must not reach it.
    requests: BTreeMap<u64, u64>,
    /// Requests that failed before they left: inputs of the next batch.
    failed: VecDeque<Input>,
    last: u64,
}

impl Outlet {
    pub(super) fn new(network: mpsc::Sender<NetworkCommand>, notifier: Arc<Notifier>, counters: Arc<Counters>) -> Self {
        let (replies, requests) = (BTreeMap::new(), BTreeMap::new());
        Self { network, notifier, counters, replies, requests, failed: VecDeque::new(), last: 0 }
    }

    /// A number for a command, under which its reply is found.
    pub(super) fn await_reply(&mut self, reply: Reply) -> u64 {
        self.last += 1;
        self.replies.insert(self.last, reply);
        self.last
    }

    /// Failures that have come up since the last call.
    pub(super) fn take_failed(&mut self) -> VecDeque<Input> {
        std::mem::take(&mut self.failed)
    }

    /// Gives an answer from the network the number the core knows; `None` if nobody waits for it any more.
    pub(super) fn translate(&mut self, input: Input) -> Option<Input> {
        match input {
            Input::Response { peer, id, result } => {
                let id = self.requests.remove(&id)?;
                Some(Input::Response { peer, id, result })
            }
            other @ (Input::Start
            | Input::Tick
            | Input::PeerConnected(_)
            | Input::PeerDisconnected(_)
            | Input::Request { .. }
            | Input::Unlocked(_)
            | Input::Locked(_)
            | Input::Command { .. }) => Some(other),
        }
    }

    /// Forgets what the last core had begun, except the commands in `kept`, which its successor gets again.
    pub(super) fn forget(&mut self, kept: &BTreeSet<u64>) {
        self.requests.clear();
        self.failed.clear();
        let replies = std::mem::take(&mut self.replies);
        for (id, reply) in replies {
            if kept.contains(&id) {
                self.replies.insert(id, reply);
            } else {
                answer(reply, Err(DriverError::Busy));
            }
        }
    }

    /// Answers a command over which the core panicked.
    pub(super) fn reject(&mut self, id: u64) {
        if let Some(reply) = self.replies.remove(&id) {
            answer(reply, Err(Rejection::Refused { reason: "the node failed on this request" }.into()));
        }
    }

    /// Runs one effect.
    pub(super) fn run(&mut self, effect: Effect) {
        match effect {
            Effect::Respond { token, bytes } => self.offer(NetworkCommand::Respond { token, bytes }),
            Effect::Dial { node, addresses } => self.offer(NetworkCommand::Dial { node, addresses }),
            Effect::Request { peer, id, protocol, bytes } => {
                self.last += 1;
                let wire = self.last;
                if self.try_offer(NetworkCommand::Request { peer, id: wire, protocol, bytes }) {
                    self.requests.insert(wire, id);
                } else {
                    self.failed.push_back(Input::Response { peer, id, result: Err(RequestFailure::Timeout) });
                }
            }
            Effect::Reply { id, result } => {
                if let Some(reply) = self.replies.remove(&id) {
                    answer(reply, result.map_err(DriverError::Rejected));
                }
            }
            Effect::Notify { account, cursor } => self.notifier.announce(account, cursor),
            Effect::Tell { account, event } => self.notifier.tell(account, event),
        }
    }

    fn offer(&self, command: NetworkCommand) {
        if !self.try_offer(command) {
            self.counters.dropped_effects.add(1);
        }
    }

    fn try_offer(&self, mut command: NetworkCommand) -> bool {
        for _ in 0..NETWORK_OFFERS_MAX {
            match self.network.try_send(command) {
                Ok(()) => return true,
                Err(TrySendError::Closed(_)) => return false,
                Err(TrySendError::Full(back)) => command = back,
            }
            std::thread::sleep(NETWORK_OFFER_PAUSE);
        }
        false
    }
}

/// Whoever asked may have gone away meanwhile, which changes nothing.
pub(super) fn answer(reply: Reply, result: Result<tidings_protocol::command::Answer, DriverError>) {
    drop(reply.send(result));
}
