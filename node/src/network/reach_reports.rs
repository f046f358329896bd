//! What the swarm reports about relays, probes and second connections to one peer.

use std::io;
use std::time::Instant;

use libp2p::core::transport::ListenerId;
use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId, autonat, relay};

use super::limits::{DIAL_BACK_MAX, RELAYED_BESIDE_DIRECT_MAX, SIMULTANEOUS_DIAL_MAX};
use super::task::Task;
use super::{NetworkEvent, NodeId, address, node_id_of, peer_id_of};

/// Whoever speaks it tries for others whether they can be reached (AutoNAT v2 specification).
pub(super) const PROBE_PROTOCOL: &str = "/libp2p/autonat/2/dial-request";

impl Task {
    /// Listens at the relays where we have no reservation and whose time has come.
    pub(super) fn listen_at_relays(&mut self, now: Instant) {
        for circuit in self.relays.due(now) {
            match self.swarm.listen_on(circuit.clone()) {
                Ok(listener) => self.relays.listening(&circuit, listener),
                Err(error) => {
                    tracing::debug!(%error, "could not listen at a relay");
                    self.relays.failed(&circuit, now);
                }
            }
        }
    }

    pub(super) fn on_relay(&mut self, event: &relay::client::Event) {
        match event {
            relay::client::Event::ReservationReqAccepted { relay_peer_id, .. } => self.relays.accepted(relay_peer_id),
            relay::client::Event::OutboundCircuitEstablished { .. }
            | relay::client::Event::InboundCircuitEstablished { .. } => {}
        }
    }

    pub(super) fn on_listener_closed(&mut self, listener: ListenerId, reason: io::Result<()>) {
        if self.relays.closed(listener, Instant::now()) {
            tracing::info!(?reason, "a relay no longer takes connections for this node; it is asked again");
        } else {
            tracing::warn!(?reason, "a listener closed");
        }
        self.report_listening();
    }

    pub(super) fn on_listen_address_gone(&mut self, gone: &Multiaddr) {
        if !address::is_circuit(gone) {
            self.addresses.forget();
        }
        self.report_listening();
    }

    /// An AutoNAT server has tried to reach us.
    pub(super) fn on_probed(&mut self, event: autonat::v2::client::Event) {
        match event.result {
            Ok(()) => self.addresses.confirm(event.tested_addr),
            Err(_) => self.addresses.refute(&event.tested_addr),
        }
    }

    /// We have tried to reach another node: the connection has served, and would look to it as if we had come back.
    pub(super) fn on_dialed_back(&mut self, event: &autonat::v2::server::Event) {
        let Some(node) = node_id_of(&event.client) else { return };
        let tested = address::without_peer(event.tested_addr.clone());
        let links = self.connections.iter().filter(|(_, link)| link.peer == node);
        let (probes, others): (Vec<_>, Vec<_>) = links
            .partition(|(_, link)| link.outgoing && link.address == tested && link.opened.elapsed() < DIAL_BACK_MAX);
        let probe = if others.is_empty() { None } else { probes.first().map(|(id, _)| **id) };
        if probe.is_some_and(|id| !self.swarm.close_connection(id)) {
            tracing::debug!("a dial-back was closed already");
        }
    }

    /// Whether a peer that has dialed us although we have a connection does not know of it any more: it was killed and started
    /// again, and over QUIC nothing else tells us for ten seconds, in which half of our requests would go nowhere. Then what we
    /// had is closed. Not so where the peer only tries whether we can be reached, or has punched a hole beside its circuit.
    pub(super) fn has_come_back(
        &mut self,
        node: NodeId,
        peer: PeerId,
        id: ConnectionId,
        address: &Multiaddr,
        now: Instant,
    ) -> bool {
        if self.probers.contains(&peer) || self.relays.contains(&peer) {
            self.returning.insert(id, node);
            return false;
        }
        self.close_older(node, !address::is_circuit(address), now)
    }

    /// Closes connections to a peer that are older than one just opened; whether there were any.
    fn close_older(&mut self, node: NodeId, newer_is_direct: bool, newer_opened: Instant) -> bool {
        let links = self.connections.iter().filter(|(_, link)| link.peer == node);
        let older = links.filter(|(_, link)| {
            newer_opened.saturating_duration_since(link.opened) >= SIMULTANEOUS_DIAL_MAX
                && !(newer_is_direct && link.is_relayed())
        });
        let older: Vec<ConnectionId> = older.map(|(id, _)| *id).collect();
        for id in &older {
            if !self.swarm.close_connection(*id) {
                tracing::debug!("an older connection was closed already");
            }
        }
        !older.is_empty()
    }

    /// Closes what is left over beside better connections.
    pub(super) fn sort_out_connections(&mut self, now: Instant) {
        let late = self.returning.iter().filter_map(|(id, node)| Some((*id, *node, self.connections.get(id)?)));
        let late = late.filter(|(_, _, link)| now.saturating_duration_since(link.opened) >= DIAL_BACK_MAX);
        let late: Vec<_> = late.map(|(id, node, link)| (id, node, link.opened, !link.is_relayed())).collect();
        for (id, node, opened, is_direct) in late {
            self.returning.remove(&id);
            if self.close_older(node, is_direct, opened) {
                self.give_up_requests(node);
                self.tell(NetworkEvent::Disconnected(node));
                self.tell(NetworkEvent::Connected(node));
            }
        }
        self.close_relayed_beside_direct(now);
    }

    /// Requests go out on any connection to a peer, so a circuit that has become a direct connection must go, or half of them would
    /// still load the relay.
    fn close_relayed_beside_direct(&mut self, now: Instant) {
        let relayed = self.connections.iter().filter(|(_, link)| link.is_relayed());
        let superseded = relayed.filter(|(_, link)| {
            let direct = self.connections.values().filter(|other| other.peer == link.peer && !other.is_relayed());
            let age = direct.map(|other| now.saturating_duration_since(other.opened)).max();
            let quiet = self.outbound.is_quiet(link.peer) && self.inbound.is_quiet(link.peer);
            age.is_some_and(|age| age >= RELAYED_BESIDE_DIRECT_MAX || (quiet && age >= SIMULTANEOUS_DIAL_MAX))
        });
        for id in superseded.map(|(id, _)| *id).collect::<Vec<ConnectionId>>() {
            if !self.swarm.close_connection(id) {
                tracing::debug!("a circuit was closed already");
            }
        }
    }

    /// What a node has said in its record about where it is.
    pub(super) fn learn_from_record(&mut self, peer: PeerId) {
        let Some(node) = node_id_of(&peer) else { return };
        for address in self.records.addresses(&node).to_vec().into_iter().rev() {
            if !self.book.addresses(&peer).contains(&address) {
                self.book.learn(peer, address);
            }
        }
    }

    /// The peer of a node, unless it is connected.
    pub(super) fn absent(&self, node: NodeId) -> Option<PeerId> {
        peer_id_of(&node).filter(|peer| !self.swarm.is_connected(peer))
    }
}
