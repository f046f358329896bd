//! Where peers were last known to be.
//!
//! Bounded in peers and in addresses a peer. Lives in memory only: the core keeps what must outlast a restart and
//! hands it over with each dial. Does not check addresses (see `address`).

use std::collections::{HashMap, VecDeque};

use libp2p::{Multiaddr, PeerId};

use super::address;
use super::limits::{ADDRESSES_PER_PEER_MAX, BOOK_PEERS_MAX};

/// Addresses by peer.
#[derive(Debug, Default)]
pub(super) struct AddressBook {
    configured: HashMap<PeerId, Vec<Multiaddr>>,
    learnt: HashMap<PeerId, VecDeque<Multiaddr>>,
    /// Peers of `learnt`, first added first.
    order: VecDeque<PeerId>,
}

impl AddressBook {
    /// Keeps an address from the configuration; it is never forgotten.
    pub(super) fn configure(&mut self, peer: PeerId, address: Multiaddr) {
        self.configured.entry(peer).or_default().push(address);
    }

    /// Keeps an address that somebody told us, as the peer's newest.
    pub(super) fn learn(&mut self, peer: PeerId, address: Multiaddr) {
        if !self.learnt.contains_key(&peer) {
            if self.order.len() >= BOOK_PEERS_MAX
                && let Some(first) = self.order.pop_front()
            {
                self.learnt.remove(&first);
            }
            self.order.push_back(peer);
        }
        let known = self.learnt.entry(peer).or_default();
        known.retain(|old| *old != address);
        known.push_front(address);
        known.truncate(ADDRESSES_PER_PEER_MAX);
    }

    /// Whether there is any address of this peer.
    pub(super) fn knows(&self, peer: &PeerId) -> bool {
        self.configured.contains_key(peer) || self.learnt.contains_key(peer)
    }

    /// All addresses of a peer, direct before relayed, QUIC before TCP, then configured before learnt, newest first.
    pub(super) fn addresses(&self, peer: &PeerId) -> Vec<Multiaddr> {
        let configured = self.configured.get(peer).into_iter().flatten();
        let learnt = self.learnt.get(peer).into_iter().flatten();
        let mut all: Vec<Multiaddr> = Vec::new();
        for address in configured.chain(learnt) {
            if !all.contains(address) {
                all.push(address.clone());
            }
        }
        // A stable sort, so that the order within each kind stays.
        all.sort_by_key(address::rank);
        all
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn tcp(port: usize) -> Multiaddr {
        format!("/ip4/192.0.2.1/tcp/{port}").parse().unwrap()
    }

    #[test]
    fn a_peer_keeps_its_newest_addresses_only() {
        let mut book = AddressBook::default();
        let peer = PeerId::random();
        for port in 1..=ADDRESSES_PER_PEER_MAX + 5 {
            book.learn(peer, tcp(port));
        }
        book.learn(peer, tcp(10));
        let known = book.addresses(&peer);
        assert_eq!(known.len(), ADDRESSES_PER_PEER_MAX);
        assert_eq!(known.first(), Some(&tcp(10)));
        assert!(!known.contains(&tcp(1)));
    }

    #[test]
    fn a_flood_of_peers_leaves_the_configured_ones() {
        let mut book = AddressBook::default();
        let (friend, early) = (PeerId::random(), PeerId::random());
        book.configure(friend, tcp(1));
        book.learn(early, tcp(2));
        for _ in 0..BOOK_PEERS_MAX {
            book.learn(PeerId::random(), tcp(3));
        }
        assert_eq!(book.addresses(&friend), [tcp(1)]);
        assert!(book.addresses(&early).is_empty());
        assert_eq!(book.learnt.len(), BOOK_PEERS_MAX);
    }

    #[test]
    fn a_relay_comes_last() {
        let mut book = AddressBook::default();
        let (peer, relay) = (PeerId::random(), PeerId::random());
        let circuit: Multiaddr = format!("/ip4/192.0.2.9/udp/1/quic-v1/p2p/{relay}/p2p-circuit").parse().unwrap();
        book.learn(peer, tcp(1));
        book.learn(peer, circuit.clone());
        assert_eq!(book.addresses(&peer), [tcp(1), circuit]);
    }

    #[test]
    fn quic_comes_before_tcp() {
        let mut book = AddressBook::default();
        let peer = PeerId::random();
        let quic: Multiaddr = "/ip4/192.0.2.1/udp/9/quic-v1".parse().unwrap();
        book.learn(peer, quic.clone());
        book.learn(peer, tcp(1));
        book.configure(peer, tcp(2));
        assert_eq!(book.addresses(&peer), [quic, tcp(2), tcp(1)]);
    }
}
