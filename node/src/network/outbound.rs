//! Requests to peers: how many run at once, which wait, and which id each one has.
//!
//! Owns the window and the queue of each peer. Does not touch the swarm: the task sends what [`Outbound::next`] hands
//! out.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::time::Instant;

use libp2p::request_response::{OutboundFailure, OutboundRequestId};

use super::codec::NO_FRAME;
use super::limits::{
    REQUEST_BYTES_MAX, REQUEST_BYTES_QUEUED_PER_PEER_MAX, REQUEST_TIMEOUT, REQUESTS_IN_FLIGHT_PER_PEER_MAX,
    REQUESTS_QUEUED_PER_PEER_MAX,
};
use super::{NodeId, Protocol, RequestFailure};

/// A request which is not sent yet.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) id: u64,
    pub(super) protocol: Protocol,
    pub(super) bytes: Vec<u8>,
    since: Instant,
}

#[derive(Debug, Default)]
struct Window {
    in_flight: usize,
    queue: VecDeque<Waiting>,
    queued_bytes: usize,
}

/// All requests to peers.
#[derive(Debug, Default)]
pub(super) struct Outbound {
    windows: HashMap<NodeId, Window>,
    in_flight: HashMap<(Protocol, OutboundRequestId), (NodeId, u64)>,
}

impl Outbound {
    /// Queues a request to a connected peer, or says why not.
    pub(super) fn queue(
        &mut self,
        peer: NodeId,
        id: u64,
        protocol: Protocol,
        bytes: Vec<u8>,
        now: Instant,
    ) -> Result<(), RequestFailure> {
        if bytes.len() > REQUEST_BYTES_MAX {
            return Err(RequestFailure::BadFrame);
        }
        let window = self.windows.entry(peer).or_default();
        let queued_bytes = window.queued_bytes + bytes.len();
        if window.queue.len() >= REQUESTS_QUEUED_PER_PEER_MAX || queued_bytes > REQUEST_BYTES_QUEUED_PER_PEER_MAX {
            // The peer is slower than we ask, which is what a timeout says, only sooner.
            return Err(RequestFailure::Timeout);
        }
        window.queued_bytes = queued_bytes;
        window.queue.push_back(Waiting { id, protocol, bytes, since: now });
        Ok(())
    }

    /// The next request to send to this peer, if its window has room. The caller sends it and calls
    /// [`Self::sent`].
    pub(super) fn next(&mut self, peer: NodeId) -> Option<Waiting> {
        let window = self.windows.get_mut(&peer)?;
        if window.in_flight >= REQUESTS_IN_FLIGHT_PER_PEER_MAX {
            return None;
        }
        let waiting = window.queue.pop_front()?;
        window.queued_bytes = window.queued_bytes.saturating_sub(waiting.bytes.len());
        window.in_flight += 1;
        Some(waiting)
    }

    /// Notes under which name the swarm knows a request.
    pub(super) fn sent(&mut self, peer: NodeId, id: u64, protocol: Protocol, name: OutboundRequestId) {
        self.in_flight.insert((protocol, name), (peer, id));
    }

    /// Whose request this was, and its id; `None` if the peer is gone and its requests with it.
    pub(super) fn finished(&mut self, protocol: Protocol, name: OutboundRequestId) -> Option<(NodeId, u64)> {
        let (peer, id) = self.in_flight.remove(&(protocol, name))?;
        if let Some(window) = self.windows.get_mut(&peer) {
            window.in_flight = window.in_flight.saturating_sub(1);
        }
        Some((peer, id))
    }

    /// Whether nothing is asked of this peer and nothing waits to be.
    pub(super) fn is_quiet(&self, peer: NodeId) -> bool {
        self.windows.get(&peer).is_none_or(|window| window.in_flight == 0 && window.queue.is_empty())
    }

    /// Forgets a peer; its unanswered requests by id.
    pub(super) fn forget(&mut self, peer: NodeId) -> Vec<u64> {
        let mut ids: Vec<u64> = self.in_flight.extract_if(|_, (of, _)| *of == peer).map(|(_, (_, id))| id).collect();
        ids.sort_unstable();
        if let Some(window) = self.windows.remove(&peer) {
            ids.extend(window.queue.iter().map(|waiting| waiting.id));
        }
        ids
    }

    /// Takes out requests that have waited too long to be sent.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<(NodeId, u64)> {
        let mut late = Vec::new();
        for (peer, window) in &mut self.windows {
            // First come, first served, so that late ones stand in front.
            while let Some(first) = window.queue.front()
                && now.saturating_duration_since(first.since) >= REQUEST_TIMEOUT
                && let Some(first) = window.queue.pop_front()
            {
                window.queued_bytes = window.queued_bytes.saturating_sub(first.bytes.len());
                late.push((*peer, first.id));
            }
        }
        late
    }
}

/// What a failure of the swarm means to the core.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign, non-exhaustive enum")]
pub(super) fn failure_of(failure: &OutboundFailure) -> RequestFailure {
    match failure {
        OutboundFailure::DialFailure => RequestFailure::NotConnected,
        OutboundFailure::Timeout => RequestFailure::Timeout,
        OutboundFailure::ConnectionClosed => RequestFailure::Disconnected,
        OutboundFailure::UnsupportedProtocols => RequestFailure::Unsupported,
        OutboundFailure::Io(error) => match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => RequestFailure::BadFrame,
            // The peer, or we, had no room: there will be no answer, as after a timeout.
            NO_FRAME | io::ErrorKind::OutOfMemory | io::ErrorKind::Other => RequestFailure::Timeout,
            _ => RequestFailure::Disconnected,
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const PEER: NodeId = NodeId::from_bytes([1; 32]);
    const OTHER: NodeId = NodeId::from_bytes([2; 32]);

    fn filled(count: u64, now: Instant) -> Outbound {
        let mut outbound = Outbound::default();
        for id in 0..count {
            outbound.queue(PEER, id, Protocol::Log, vec![0; 10], now).unwrap();
        }
        outbound
    }

    #[test]
    fn a_window_hands_out_so_many_and_no_more() {
        let mut outbound = filled(100, Instant::now());
        let handed: Vec<u64> = std::iter::from_fn(|| outbound.next(PEER)).map(|waiting| waiting.id).collect();
        assert_eq!(handed, (0..64).collect::<Vec<u64>>());
        assert!(outbound.next(OTHER).is_none());
        assert_eq!(outbound.forget(PEER), (64..100).collect::<Vec<u64>>());
    }

    #[test]
    fn a_full_queue_refuses_by_count_and_by_bytes() {
        let now = Instant::now();
        let mut outbound = filled(1024, now);
        assert_eq!(outbound.queue(PEER, 1, Protocol::Log, vec![], now), Err(RequestFailure::Timeout));
        assert_eq!(outbound.queue(OTHER, 1, Protocol::Log, vec![], now), Ok(()));
        let mut outbound = Outbound::default();
        let accepted = (0..100)
            .take_while(|id| outbound.queue(PEER, *id, Protocol::Id, vec![0; REQUEST_BYTES_MAX], now).is_ok())
            .count();
        assert_eq!(accepted, REQUEST_BYTES_QUEUED_PER_PEER_MAX / REQUEST_BYTES_MAX);
        let long = vec![0; REQUEST_BYTES_MAX + 1];
        assert_eq!(outbound.queue(OTHER, 2, Protocol::Id, long, now), Err(RequestFailure::BadFrame));
    }

    #[test]
    fn what_waits_too_long_is_taken_out() {
        let start = Instant::now();
        let mut outbound = filled(2, start);
        let later = start + REQUEST_TIMEOUT;
        outbound.queue(PEER, 2, Protocol::Log, vec![], later).unwrap();
        assert_eq!(outbound.expire(later), [(PEER, 0), (PEER, 1)]);
        assert_eq!(outbound.next(PEER).unwrap().id, 2);
    }
}
