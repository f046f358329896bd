//! Requests of peers: which wait for the driver's answer, and how many answer bytes are on their way.
//!
//! Owns tokens and the bounds for each peer. A frame's memory permit is held here until the driver has answered.

use std::collections::HashMap;

use libp2p::request_response::{InboundRequestId, ResponseChannel};
use tokio::sync::OwnedSemaphorePermit;

use super::codec::Frame;
use super::limits::{
    ANSWER_BYTES_MAX, ANSWER_BYTES_PER_PEER_MAX, REQUESTS_UNANSWERED_MAX, REQUESTS_UNANSWERED_PER_PEER_MAX,
    RESPONSE_BYTES_MAX,
};
use super::{NodeId, Protocol};

/// The swarm's name of a request.
pub(super) type Name = (Protocol, InboundRequestId);

#[derive(Debug)]
struct Unanswered {
    name: Name,
    peer: NodeId,
    channel: ResponseChannel<Frame>,
    _permit: Option<OwnedSemaphorePermit>,
}

#[derive(Debug, Default)]
struct Load {
    unanswered: usize,
    answer_bytes: usize,
}

/// All requests of peers.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    last_token: u64,
    unanswered: HashMap<u64, Unanswered>,
    tokens: HashMap<Name, u64>,
    /// Answers handed to the swarm and not yet sent, with their size.
    answers: HashMap<Name, (NodeId, usize)>,
    answer_bytes: usize,
    loads: HashMap<NodeId, Load>,
}

impl Inbound {
    /// Takes a request in and names it by a token; `None` if the peer or all peers together have too many, in which
    /// case the channel is dropped and the peer's stream ends without a response.
    pub(super) fn accept(
        &mut self,
        peer: NodeId,
        name: Name,
        permit: Option<OwnedSemaphorePermit>,
        channel: ResponseChannel<Frame>,
    ) -> Option<u64> {
        let load = self.loads.entry(peer).or_default();
        if load.unanswered >= REQUESTS_UNANSWERED_PER_PEER_MAX || self.unanswered.len() >= REQUESTS_UNANSWERED_MAX {
            return None;
        }
        load.unanswered += 1;
        self.last_token += 1;
        self.unanswered.insert(self.last_token, Unanswered { name, peer, channel, _permit: permit });
        self.tokens.insert(name, self.last_token);
        Some(self.last_token)
    }

    /// Takes out the channel for an answer of `bytes` length; `None` if the token is forgotten or the answer is over a
    /// limit, in which case the request is given up.
    pub(super) fn answer(&mut self, token: u64, bytes: usize) -> Option<(Name, ResponseChannel<Frame>)> {
        let Unanswered { name, peer, channel, _permit } = self.remove(token)?;
        if bytes > RESPONSE_BYTES_MAX {
            tracing::error!(bytes, "an answer is longer than a response frame may be");
            return None;
        }
        let load = self.loads.entry(peer).or_default();
        if load.answer_bytes + bytes > ANSWER_BYTES_PER_PEER_MAX || self.answer_bytes + bytes > ANSWER_BYTES_MAX {
            return None;
        }
        load.answer_bytes += bytes;
        self.answer_bytes += bytes;
        self.answers.insert(name, (peer, bytes));
        Some((name, channel))
    }

    /// Forgets a request: its answer is sent, or there will be none.
    pub(super) fn finished(&mut self, name: Name) {
        if let Some(token) = self.tokens.get(&name).copied() {
            drop(self.remove(token));
        }
        if let Some((peer, bytes)) = self.answers.remove(&name) {
            self.answer_bytes = self.answer_bytes.saturating_sub(bytes);
            if let Some(load) = self.loads.get_mut(&peer) {
                load.answer_bytes = load.answer_bytes.saturating_sub(bytes);
            }
        }
    }

    /// Whether this peer waits for no answer.
    pub(super) fn is_quiet(&self, peer: NodeId) -> bool {
        self.loads.get(&peer).is_none_or(|load| load.unanswered == 0 && load.answer_bytes == 0)
    }

    /// Forgets all requests of a peer.
    pub(super) fn forget(&mut self, peer: NodeId) {
        let of_peer = self.unanswered.values().filter(|request| request.peer == peer).map(|request| request.name);
        let answered = self.answers.iter().filter(|(_, (of, _))| *of == peer).map(|(name, _)| *name);
        for name in of_peer.chain(answered).collect::<Vec<Name>>() {
            self.finished(name);
        }
        self.loads.remove(&peer);
    }

    /// Forgets requests whose stream has ended. libp2p reports a timeout, but not if it comes before the request did.
    pub(super) fn sweep(&mut self) {
        let ended = self.unanswered.values().filter(|request| !request.channel.is_open()).map(|request| request.name);
        for name in ended.collect::<Vec<Name>>() {
            self.finished(name);
        }
    }

    fn remove(&mut self, token: u64) -> Option<Unanswered> {
        let request = self.unanswered.remove(&token)?;
        self.tokens.remove(&request.name);
        if let Some(load) = self.loads.get_mut(&request.peer) {
            load.unanswered = load.unanswered.saturating_sub(1);
        }
        Some(request)
    }
}
