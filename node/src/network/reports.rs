//! What the swarm reports, turned into events for the driver and into what the task knows about peers.

use std::time::Instant;

use libp2p::core::ConnectedPoint;
use libp2p::request_response::{self, Message};
use libp2p::swarm::{ConnectionId, SwarmEvent};
use libp2p::{Multiaddr, PeerId, identify, mdns, ping};

use super::behaviour::BehaviourEvent;
use super::codec::Frame;
use super::reach_reports::PROBE_PROTOCOL;
use super::swarm::Report;
use super::task::Task;
use super::{Connection, NetworkEvent, NodeId, Protocol, RequestFailure, address, node_id_of, outbound};

impl Task {
    #[allow(clippy::wildcard_enum_match_arm, reason = "a foreign, non-exhaustive enum")]
    pub(super) fn on_report(&mut self, report: Report) {
        match report {
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, num_established, .. } => {
                self.on_opened(peer_id, connection_id, &endpoint, num_established.get() == 1);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, num_established, .. } => {
                self.connections.remove(&connection_id);
                self.returning.remove(&connection_id);
                if num_established == 0 {
                    self.on_lost(peer_id);
                }
            }
            SwarmEvent::OutgoingConnectionError { peer_id: Some(peer), error, .. } => {
                tracing::debug!(%error, "a dial failed");
                if !self.swarm.is_connected(&peer) {
                    self.redial.lost(&peer, Instant::now());
                }
            }
            SwarmEvent::NewListenAddr { .. } => self.report_listening(),
            SwarmEvent::ExpiredListenAddr { address, .. } => self.on_listen_address_gone(&address),
            SwarmEvent::ListenerClosed { listener_id, reason, .. } => self.on_listener_closed(listener_id, reason),
            SwarmEvent::ListenerError { error, .. } => tracing::debug!(%error, "a listener had an error"),
            _ => {}
        }
    }

    fn on_opened(&mut self, peer: PeerId, id: ConnectionId, endpoint: &ConnectedPoint, first: bool) {
        let Some(node) = node_id_of(&peer) else {
            // Only Ed25519 is compiled in, so the handshake has refused every other key already.
            if self.swarm.disconnect_peer_id(peer).is_err() {
                tracing::debug!("a peer without a node id was gone already");
            }
            return;
        };
        let address = address::without_peer(remote_address(endpoint).clone());
        if endpoint.is_dialer() {
            self.book.learn(peer, address.clone());
        }
        let now = Instant::now();
        let came_back = !first && endpoint.is_listener() && self.has_come_back(node, peer, id, &address, now);
        let outgoing = endpoint.is_dialer();
        let link = Connection { peer: node, address, outgoing, opened: now, round_trip: None, score: None };
        self.connections.insert(id, link);
        if came_back {
            self.give_up_requests(node);
            self.tell(NetworkEvent::Disconnected(node));
        }
        if first || came_back {
            self.redial.connected(&peer);
            self.tell(NetworkEvent::Connected(node));
        }
    }

    fn on_lost(&mut self, peer: PeerId) {
        let Some(node) = node_id_of(&peer) else { return };
        self.give_up_requests(node);
        self.probers.remove(&peer);
        self.records.disconnected(&peer);
        self.redial.lost(&peer, Instant::now());
        self.tell(NetworkEvent::Disconnected(node));
    }

    /// Forgets what was asked from both sides: no answer can come.
    pub(super) fn give_up_requests(&mut self, node: NodeId) {
        self.inbound.forget(node);
        for id in self.outbound.forget(node) {
            self.tell(NetworkEvent::Response { peer: node, id, result: Err(RequestFailure::Disconnected) });
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Log(event) => self.on_frame(Protocol::Log, event),
            BehaviourEvent::Inbox(event) => self.on_frame(Protocol::Inbox, event),
            BehaviourEvent::Keys(event) => self.on_frame(Protocol::Keys, event),
            BehaviourEvent::Id(event) => self.on_frame(Protocol::Id, event),
            BehaviourEvent::Ephemeral(event) => self.on_frame(Protocol::Ephemeral, event),
            BehaviourEvent::Identify(event) => self.on_identify(event),
            BehaviourEvent::Ping(event) => self.on_ping(&event),
            BehaviourEvent::Mdns(mdns::Event::Discovered(found)) => self.on_discovered(found),
            // A node that stopped announcing may still be there; the dial finds out.
            BehaviourEvent::Mdns(mdns::Event::Expired(_)) => {}
            BehaviourEvent::RelayClient(event) => self.on_relay(&event),
            // What a relay does for others is told by its limits; nobody acts on it here.
            BehaviourEvent::RelayServer(event) => tracing::debug!(?event, "as a relay"),
            BehaviourEvent::Dcutr(event) => tracing::debug!(succeeded = event.result.is_ok(), "a hole was punched"),
            BehaviourEvent::ProbeClient(event) => self.on_probed(event),
            BehaviourEvent::ProbeServer(event) => self.on_dialed_back(&event),
            BehaviourEvent::Gossip(event) => self.on_gossip(event),
            BehaviourEvent::Connections(never) | BehaviourEvent::Memory(never) => match never {},
        }
    }

    fn on_frame(&mut self, protocol: Protocol, event: request_response::Event<Frame, Frame>) {
        match event {
            request_response::Event::Message { peer, message, .. } => match message {
                Message::Request { request_id, request, channel } => {
                    let Some(node) = node_id_of(&peer) else { return };
                    let Frame { bytes, permit } = request;
                    if let Some(token) = self.inbound.accept(node, (protocol, request_id), permit, channel) {
                        self.tell(NetworkEvent::Request { peer: node, token, protocol, bytes });
                    }
                }
                Message::Response { request_id, response } => {
                    self.on_outcome(protocol, request_id, Ok(response.bytes));
                }
            },
            request_response::Event::OutboundFailure { request_id, error, .. } => {
                tracing::debug!(%error, "a request failed");
                self.on_outcome(protocol, request_id, Err(outbound::failure_of(&error)));
            }
            request_response::Event::InboundFailure { request_id, error, .. } => {
                tracing::debug!(%error, "a request could not be answered");
                self.inbound.finished((protocol, request_id));
            }
            request_response::Event::ResponseSent { request_id, .. } => {
                self.inbound.finished((protocol, request_id));
            }
        }
    }

    fn on_outcome(
        &mut self,
        protocol: Protocol,
        name: request_response::OutboundRequestId,
        result: Result<Vec<u8>, RequestFailure>,
    ) {
        // A request of a peer that is gone was reported when it went.
        if let Some((peer, id)) = self.outbound.finished(protocol, name) {
            self.tell(NetworkEvent::Response { peer, id, result });
            self.send_waiting(peer);
        }
    }

    fn on_identify(&mut self, event: identify::Event) {
        let identify::Event::Received { peer_id: peer, info, .. } = event else { return };
        if info.protocols.iter().any(|protocol| protocol.as_ref() == PROBE_PROTOCOL) {
            self.probers.insert(peer);
        }
        // What the peer says about itself is kept for itself only. An address inside its machine means our own machine
        // to us, unless we have met it there.
        let inside = node_id_of(&peer).is_some_and(|node| {
            self.connections.values().any(|link| link.peer == node && address::is_loopback(&link.address))
        });
        for address in address::claimed(info.listen_addrs, &peer, inside) {
            self.book.learn(peer, address);
        }
    }

    fn on_ping(&mut self, event: &ping::Event) {
        match &event.result {
            Ok(round_trip) => {
                if let Some(link) = self.connections.get_mut(&event.connection) {
                    link.round_trip = Some(*round_trip);
                }
            }
            Err(ping::Failure::Timeout) => {
                // libp2p leaves it to us to give up on a peer that went silent.
                if self.swarm.close_connection(event.connection) {
                    tracing::debug!("a connection is closed: no answer to a ping");
                }
            }
            Err(ping::Failure::Unsupported | ping::Failure::Other { .. }) => {}
        }
    }

    fn on_discovered(&mut self, found: Vec<(PeerId, Multiaddr)>) {
        let now = Instant::now();
        for (peer, address) in found {
            if peer == *self.swarm.local_peer_id() {
                continue;
            }
            // Anybody in the local network can announce anything, but our own machine is not in it.
            for address in address::claimed(vec![address], &peer, false) {
                self.book.learn(peer, address);
                self.redial.discover(peer, now);
            }
        }
        self.dial_due(now);
    }
}

/// Where a connection leads. Of one that came in through a relay libp2p tells the peer alone, and the circuit as our own address.
fn remote_address(endpoint: &ConnectedPoint) -> &Multiaddr {
    match endpoint {
        ConnectedPoint::Listener { local_addr, .. } if address::is_circuit(local_addr) => local_addr,
        ConnectedPoint::Listener { .. } | ConnectedPoint::Dialer { .. } => endpoint.get_remote_address(),
    }
}
