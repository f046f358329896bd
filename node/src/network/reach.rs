//! How others reach this node, as far as we know: what `up` and `status` say, and what invites and records carry.
//!
//! Keeps apart how it is known: addresses the operator configured (nobody checks them), addresses at which an AutoNAT server has
//! reached us, circuits at relays, and public addresses of the machine itself. Does not dial.

use std::collections::VecDeque;

use libp2p::Multiaddr;

use super::limits::CONFIRMED_ADDRESSES_MAX;
use super::relays::Relays;
use super::{NodeId, address, node_id_of};

/// What there is to say about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Reach {
    /// Another node has reached us at these addresses.
    Direct(Vec<Multiaddr>),
    /// The configuration, or the machine itself, has these public addresses; nobody has checked them.
    Unchecked(Vec<Multiaddr>),
    /// Through these relays.
    Relayed(Vec<NodeId>),
    /// Only in the network the node is in.
    #[default]
    Local,
}

/// A relay that a person named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayState {
    /// Who it is.
    pub node: NodeId,
    /// Whether we can be reached through it now.
    pub reserved: bool,
}

/// Our own addresses as others see them.
#[derive(Debug, Default)]
pub(super) struct OwnAddresses {
    configured: Vec<Multiaddr>,
    /// Oldest first.
    confirmed: VecDeque<Multiaddr>,
}

impl OwnAddresses {
    pub(super) fn new(configured: Vec<Multiaddr>) -> Self {
        Self { configured, confirmed: VecDeque::new() }
    }

    /// Notes that another node has reached us there. In a private network that says nothing about the world outside it.
    pub(super) fn confirm(&mut self, address: Multiaddr) {
        let address = address::without_peer(address);
        if address::is_private(&address) || address::is_circuit(&address) || self.confirmed.contains(&address) {
            return;
        }
        if self.confirmed.len() >= CONFIRMED_ADDRESSES_MAX {
            self.confirmed.pop_front();
        }
        self.confirmed.push_back(address);
    }

    /// Notes that another node could not reach us there.
    pub(super) fn refute(&mut self, address: &Multiaddr) {
        self.confirmed.retain(|confirmed| confirmed != address);
    }

    /// Forgets what others have found: the machine's network has changed.
    pub(super) fn forget(&mut self) {
        self.confirmed.clear();
    }

    /// What can be said of a node that listens there.
    pub(super) fn reach(&self, relays: &Relays, listening: &[Multiaddr]) -> Reach {
        if !self.confirmed.is_empty() {
            return Reach::Direct(self.confirmed.iter().cloned().collect());
        }
        if !self.configured.is_empty() {
            return Reach::Unchecked(self.configured.clone());
        }
        let mut through: Vec<NodeId> =
            relays.states().filter(|(_, _, reserved)| *reserved).filter_map(|(peer, _, _)| node_id_of(&peer)).collect();
        through.dedup();
        if !through.is_empty() {
            return Reach::Relayed(through);
        }
        let public: Vec<Multiaddr> = listening.iter().filter(|own| !address::is_private(own)).cloned().collect();
        if public.is_empty() { Reach::Local } else { Reach::Unchecked(public) }
    }

    /// The addresses to give to others, the best first: configured ones, confirmed ones, circuits, public ones of the machine.
    pub(super) fn announced(&self, relays: &Relays, listening: &[Multiaddr]) -> Vec<Multiaddr> {
        let public = listening.iter().filter(|own| !address::is_private(own));
        let circuits = relays.states().filter(|(_, _, reserved)| *reserved).map(|(_, circuit, _)| circuit);
        let mut all: Vec<Multiaddr> = Vec::new();
        for address in self.configured.iter().chain(&self.confirmed).chain(circuits).chain(public) {
            if !all.contains(address) {
                all.push(address.clone());
            }
        }
        all
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::time::Instant;

    use super::*;

    fn at(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_said_is_the_best_that_is_known() {
        let relay = super::super::identity::keypair_of([9; 32]).unwrap().public().to_peer_id();
        let circuit = at(&format!("/ip4/192.0.2.9/tcp/1/p2p/{relay}/p2p-circuit"));
        let mut relays = Relays::new(vec![(relay, circuit.clone())], Instant::now());
        let mut own = OwnAddresses::default();
        let (home, open) = ([at("/ip4/192.168.0.2/tcp/1")], [at("/ip6/2001:db8::1/tcp/1")]);
        assert_eq!(own.reach(&relays, &home), Reach::Local);
        assert_eq!(own.reach(&relays, &open), Reach::Unchecked(open.to_vec()));
        assert_eq!(own.announced(&relays, &[home, open.clone()].concat()), open);
        relays.accepted(&relay);
        assert_eq!(own.reach(&relays, &open), Reach::Relayed(vec![node_id_of(&relay).unwrap()]));
        own.confirm(at("/ip4/10.0.0.1/tcp/1"));
        assert_eq!(own.announced(&relays, &[]), std::slice::from_ref(&circuit), "a neighbour is not the world");
        let public = at("/ip4/192.0.2.1/tcp/1");
        own.confirm(public.clone());
        own.confirm(public.clone());
        assert_eq!(own.reach(&relays, &open), Reach::Direct(vec![public.clone()]));
        assert_eq!(own.announced(&relays, &[]), [public.clone(), circuit]);
        own.refute(&public);
        assert!(matches!(own.reach(&relays, &open), Reach::Relayed(_)));
        let named = OwnAddresses::new(vec![public.clone()]);
        assert_eq!(named.reach(&relays, &[]), Reach::Unchecked(vec![public]));
    }
}
