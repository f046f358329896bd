//! The network task: owns the swarm, carries out commands, keeps events for a slow driver.
//!
//! Neither side can stop the other for good: while the driver doesn't read, events wait here, and past a limit the
//! swarm is no longer polled (transport flow control then slows the peers), but commands are still taken.
//! What the swarm reports is treated in `reports`.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;

use futures::StreamExt;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError};
use libp2p::{Multiaddr, PeerId, Swarm};
use tidings_crypto::sign::SigningKey;
use tokio::sync::mpsc;
use tokio::time::{interval, timeout};

use crate::clock::Clock;

use super::address_book::AddressBook;
use super::behaviour::Behaviour;
use super::codec::Frame;
use super::inbound::Inbound;
use super::limits::{
    ADDRESSES_PER_PEER_MAX, EVENTS_KEPT_MAX, EVENTS_KEPT_WITH_COMMANDS_MAX, SHUTDOWN_TIMEOUT, STATUS_PEERS_MAX,
    SWEEP_INTERVAL,
};
use super::outbound::Outbound;
use super::reach::{OwnAddresses, RelayState};
use super::records::{OwnRecord, Records};
use super::redial::Redial;
use super::relays::Relays;
use super::swarm::Report;
use super::{
    Connection, NetworkCommand, NetworkEvent, NodeId, Protocol, RequestFailure, Status, address, node_id_of, peer_id_of,
};

/// The state of the task.
pub(super) struct Task {
    pub(super) swarm: Swarm<Behaviour>,
    events: mpsc::Sender<NetworkEvent>,
    kept: VecDeque<NetworkEvent>,
    pub(super) book: AddressBook,
    pub(super) redial: Redial,
    pub(super) inbound: Inbound,
    pub(super) outbound: Outbound,
    pub(super) connections: HashMap<ConnectionId, Connection>,
    pub(super) relays: Relays,
    pub(super) addresses: OwnAddresses,
    /// Peers that try for others whether they can be reached, and therefore dial us while they know us connected.
    pub(super) probers: HashSet<PeerId>,
    /// Connections of such peers that may be more than a dial-back.
    pub(super) returning: HashMap<ConnectionId, NodeId>,
    pub(super) records: Records,
    pub(super) own_record: OwnRecord,
    pub(super) own: Own,
    pub(super) clock: Clock,
    pub(super) forgiven: Instant,
}

/// What the node says of itself.
pub(super) struct Own {
    /// Signs its record.
    pub(super) record_key: SigningKey,
    /// Its name, or nothing.
    pub(super) name: String,
    /// Addresses others reach it at, from the configuration.
    pub(super) external: Vec<Multiaddr>,
    /// Whether it exchanges records.
    pub(super) gossip: bool,
}

/// Whether the task goes on after a command.
#[derive(PartialEq, Eq)]
enum Next {
    Run,
    Stop,
}

impl Task {
    /// A task for a swarm that listens, with the configured peers.
    pub(super) fn new(
        swarm: Swarm<Behaviour>,
        events: mpsc::Sender<NetworkEvent>,
        peers: Vec<(PeerId, Multiaddr)>,
        relays: Vec<(PeerId, Multiaddr)>,
        own: Own,
    ) -> Self {
        let mut book = AddressBook::default();
        let mut redial = Redial::default();
        for (peer, address) in peers {
            if peer != *swarm.local_peer_id() {
                book.configure(peer, address);
                redial.configure(peer, Instant::now());
            }
        }
        Self {
            swarm,
            events,
            kept: VecDeque::new(),
            book,
            redial,
            inbound: Inbound::default(),
            outbound: Outbound::default(),
            connections: HashMap::new(),
            relays: Relays::new(relays, Instant::now()),
            addresses: OwnAddresses::new(own.external.clone()),
            probers: HashSet::new(),
            returning: HashMap::new(),
            records: Records::default(),
            own_record: OwnRecord::default(),
            own,
            clock: Clock::start(),
            forgiven: Instant::now(),
        }
    }

    /// Runs until `Shutdown`, or until nobody is at the other end of one of the channels.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<NetworkCommand>, early: Vec<Report>) {
        self.report_listening();
        for report in early {
            self.on_report(report);
        }
        let mut sweep = interval(SWEEP_INTERVAL);
        // Its own sender: a place in the channel borrows it, and the rest of the task must stay free.
        let events = self.events.clone();
        loop {
            let kept = self.kept.len();
            tokio::select! {
                place = events.reserve(), if kept > 0 => {
                    let Ok(place) = place else { break };
                    if let Some(event) = self.kept.pop_front() {
                        place.send(event);
                    }
                }
                () = events.closed() => break,
                command = commands.recv(), if kept < EVENTS_KEPT_WITH_COMMANDS_MAX => {
                    let Some(command) = command else { break };
                    if self.on_command(command) == Next::Stop {
                        break;
                    }
                }
                report = self.swarm.select_next_some(), if kept < EVENTS_KEPT_MAX => self.on_report(report),
                _ = sweep.tick() => self.sweep(),
            }
        }
        self.close().await;
    }

    fn on_command(&mut self, command: NetworkCommand) -> Next {
        match command {
            NetworkCommand::Dial { node, addresses } => self.dial_node(node, addresses),
            NetworkCommand::Request { peer, id, protocol, bytes } => self.request(peer, id, protocol, bytes),
            NetworkCommand::Respond { token, bytes } => self.respond(token, bytes),
            NetworkCommand::Status { reply } => {
                if reply.send(self.status()).is_err() {
                    tracing::debug!("nobody waits for the status any more");
                }
            }
            NetworkCommand::Shutdown => return Next::Stop,
        }
        Next::Run
    }

    fn dial_node(&mut self, node: NodeId, addresses: Vec<Vec<u8>>) {
        let Some(peer) = peer_id_of(&node) else { return };
        // The book has the newest first, and the caller its best.
        for bytes in addresses.into_iter().take(ADDRESSES_PER_PEER_MAX).rev() {
            let address = Multiaddr::try_from(bytes).ok().and_then(|address| address::dialable(address, &peer));
            if let Some(address) = address {
                self.book.learn(peer, address);
            }
        }
        self.dial(peer);
    }

    /// Dials a peer at all its known addresses, unless it is connected or being dialed.
    pub(super) fn dial(&mut self, peer: PeerId) {
        if peer == *self.swarm.local_peer_id() || self.swarm.is_connected(&peer) {
            return;
        }
        self.learn_from_record(peer);
        let addresses = self.book.addresses(&peer);
        if addresses.is_empty() {
            return;
        }
        let dial = DialOpts::peer_id(peer).condition(PeerCondition::DisconnectedAndNotDialing).addresses(addresses);
        // From a new port: two nodes that dial each other from their listening ports at once can get one TCP
        // connection which both believe to have opened, and on which no handshake succeeds. Not to a relay, which never
        // dials us and has to see the port that the router gives to our listener.
        let dial = if self.relays.contains(&peer) { dial.build() } else { dial.allocate_new_port().build() };
        match self.swarm.dial(dial) {
            Ok(()) | Err(DialError::DialPeerConditionFalse(_)) => {}
            Err(error) => {
                tracing::debug!(%error, "could not dial a peer");
                self.redial.lost(&peer, Instant::now());
            }
        }
    }

    fn request(&mut self, peer: NodeId, id: u64, protocol: Protocol, bytes: Vec<u8>) {
        let connected = peer_id_of(&peer).filter(|peer| self.swarm.is_connected(peer));
        let queued = match connected {
            Some(_) => self.outbound.queue(peer, id, protocol, bytes, Instant::now()),
            None => Err(RequestFailure::NotConnected),
        };
        match queued {
            Ok(()) => self.send_waiting(peer),
            Err(failure) => self.tell(NetworkEvent::Response { peer, id, result: Err(failure) }),
        }
    }

    /// Sends queued requests to a peer as far as its window goes.
    pub(super) fn send_waiting(&mut self, node: NodeId) {
        let Some(peer) = peer_id_of(&node) else { return };
        while let Some(waiting) = self.outbound.next(node) {
            let frames = self.swarm.behaviour_mut().frames(waiting.protocol);
            let name = frames.send_request(&peer, Frame::outgoing(waiting.bytes));
            self.outbound.sent(node, waiting.id, waiting.protocol, name);
        }
    }

    fn respond(&mut self, token: u64, bytes: Vec<u8>) {
        let Some((name, channel)) = self.inbound.answer(token, bytes.len()) else { return };
        let frames = self.swarm.behaviour_mut().frames(name.0);
        if frames.send_response(channel, Frame::outgoing(bytes)).is_err() {
            self.inbound.finished(name);
        }
    }

    fn status(&self) -> Status {
        let relays = self.relays.states();
        let state =
            |(peer, _, reserved): (PeerId, &Multiaddr, bool)| Some(RelayState { node: node_id_of(&peer)?, reserved });
        let listen = self.listening();
        Status {
            external: self.addresses.announced(&self.relays, &listen),
            reach: self.addresses.reach(&self.relays, &listen),
            listen,
            relays: relays.filter_map(state).collect(),
            connections: self.connections.values().take(STATUS_PEERS_MAX).map(|link| self.scored(link)).collect(),
            records: self.records.counts,
            records_known: self.records.len(),
        }
    }

    /// The addresses of our own listeners, without those at relays.
    pub(super) fn listening(&self) -> Vec<Multiaddr> {
        self.swarm.listeners().filter(|address| !address::is_circuit(address)).cloned().collect()
    }

    fn sweep(&mut self) {
        let now = Instant::now();
        for (peer, id) in self.outbound.expire(now) {
            self.tell(NetworkEvent::Response { peer, id, result: Err(RequestFailure::Timeout) });
        }
        self.inbound.sweep();
        self.dial_due(now);
        self.listen_at_relays(now);
        self.sort_out_connections(now);
        self.sweep_records(now);
    }

    /// Dials the wanted peers whose time has come.
    pub(super) fn dial_due(&mut self, now: Instant) {
        for peer in self.redial.due(now) {
            self.dial(peer);
        }
    }

    /// Keeps an event until the driver takes it.
    pub(super) fn tell(&mut self, event: NetworkEvent) {
        self.kept.push_back(event);
    }

    pub(super) fn report_listening(&mut self) {
        let addresses = self.listening();
        self.tell(NetworkEvent::Listening(addresses));
    }

    async fn close(mut self) {
        let peers: Vec<PeerId> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            if self.swarm.disconnect_peer_id(peer).is_err() {
                tracing::debug!("a peer was gone before it was disconnected");
            }
        }
        let closed = async {
            while self.swarm.connected_peers().next().is_some() {
                drop(self.swarm.select_next_some().await);
            }
        };
        if timeout(SHUTDOWN_TIMEOUT, closed).await.is_err() {
            tracing::debug!("connections were cut: a peer did not close in time");
        }
    }
}
