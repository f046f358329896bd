//! What gossipsub reports: records of other nodes, and peers to whom our own can go.

use std::time::{Duration, Instant};

use libp2p::PeerId;
use libp2p::gossipsub::{self, MessageAcceptance};

use super::gossip;
use super::limits::RECORD_ADDRESSES_MAX;
use super::record::NodeRecord;
use super::records::Verdict;
use super::task::Task;
use super::{Connection, NodeId, address, node_id_of, peer_id_of};

/// How often half of what peers have sent too much is forgiven.
const FORGIVE_INTERVAL: Duration = Duration::from_secs(30);

impl Task {
    pub(super) fn on_gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message { propagation_source, message_id, message } => {
                self.on_record(propagation_source, &message_id, &message.data);
            }
            gossipsub::Event::SlowPeer { .. } => tracing::debug!("a peer does not read its gossip"),
            // Whether there is anybody to tell our record to is looked at with each sweep.
            gossipsub::Event::Subscribed { .. }
            | gossipsub::Event::Unsubscribed { .. }
            | gossipsub::Event::GossipsubNotSupported { .. } => {}
        }
    }

    fn on_record(&mut self, from: PeerId, id: &gossipsub::MessageId, bytes: &[u8]) {
        let now = Instant::now();
        let Some(local) = node_id_of(self.swarm.local_peer_id()) else { return };
        let verdict = self.records.consider(local, from, bytes, self.clock.now().wall.0, now);
        let acceptance = match &verdict {
            Verdict::Take(_) => MessageAcceptance::Accept,
            Verdict::Ignore | Verdict::Flood => MessageAcceptance::Ignore,
            Verdict::Reject => MessageAcceptance::Reject,
        };
        let excess = self.records.excess(&from);
        if let Some(gossip) = self.swarm.behaviour_mut().gossip.as_mut() {
            gossip.report_message_validation_result(id, &from, acceptance);
            if verdict == Verdict::Flood {
                gossip.set_application_score(&from, -f64::from(excess));
            }
        }
        if let Verdict::Take(record) = verdict {
            self.on_moved(record.node, now);
        }
    }

    /// A node has said where it is. If we know it and it is not here, that is where it is dialed next.
    fn on_moved(&mut self, node: NodeId, now: Instant) {
        let Some(peer) = peer_id_of(&node) else { return };
        if !self.book.knows(&peer) {
            return;
        }
        self.learn_from_record(peer);
        if self.absent(node).is_some() {
            self.redial.hasten(&peer, now);
        }
    }

    /// Sends our own record if it is time, and forgives what was too much.
    pub(super) fn sweep_records(&mut self, now: Instant) {
        if now.saturating_duration_since(self.forgiven) >= FORGIVE_INTERVAL {
            self.forgiven = now;
            for (peer, excess) in self.records.forgive() {
                if let Some(gossip) = self.swarm.behaviour_mut().gossip.as_mut() {
                    gossip.set_application_score(&peer, -f64::from(excess));
                }
            }
        }
        if self.own.gossip {
            self.tell_where_we_are(now);
        }
    }

    fn tell_where_we_are(&mut self, now: Instant) {
        let mut addresses = self.addresses.announced(&self.relays, &self.listening());
        // An address inside this machine is news to a node that never leaves it, and to nobody else.
        let stays_inside = self.swarm.listeners().all(address::is_loopback);
        addresses.retain(|address| stays_inside || !address::is_loopback(address));
        addresses.truncate(RECORD_ADDRESSES_MAX);
        let Some(node) = node_id_of(self.swarm.local_peer_id()) else { return };
        let someone_listens = {
            let Some(gossip) = self.swarm.behaviour().gossip.as_ref() else { return };
            gossip.all_peers().any(|(_, topics)| !topics.is_empty())
        };
        if !someone_listens || !self.own_record.is_due(&addresses, now) {
            return;
        }
        let issued_ms = self.own_record.date(self.clock.now().wall.0);
        let record = NodeRecord { node, issued_ms, name: self.own.name.clone(), addresses: addresses.clone() };
        let Some(bytes) = record.sign(&self.own.record_key) else {
            tracing::warn!("the node's record is too long: it has too many long addresses");
            self.own_record.said(now, issued_ms, addresses);
            return;
        };
        let Some(gossip) = self.swarm.behaviour_mut().gossip.as_mut() else { return };
        match gossip.publish(gossip::topic(), bytes) {
            Ok(_) => self.own_record.said(now, issued_ms, addresses),
            Err(error) => tracing::debug!(%error, "nobody took the node's record; it is sent again"),
        }
    }

    /// A connection with what gossipsub thinks of its peer.
    pub(super) fn scored(&self, link: &Connection) -> Connection {
        let peer = peer_id_of(&link.peer);
        let gossip = self.swarm.behaviour().gossip.as_ref();
        let score = gossip.zip(peer).and_then(|(gossip, peer)| gossip.peer_score(&peer));
        #[allow(clippy::cast_possible_truncation, reason = "rounded for people; `as` saturates")]
        let score = score.map(|score| score.round() as i64);
        Connection { score, ..link.clone() }
    }
}
