//! Which multiaddrs we dial, and in which order.
//!
//! Exactly `ip4|ip6|dns…/tcp` and `ip4|ip6|dns…/udp/quic-v1` have a transport here, and circuits through a relay at such
//! an address (`…/p2p/RELAY/p2p-circuit`). Everything else (websockets, circuits through circuits) is refused instead of
//! failing later.

use libp2p::multiaddr::{Multiaddr, Protocol};
use libp2p::{PeerId, multiaddr};
use tidings_crypto::id::NodeId;

use super::identity::node_id_of;
use super::limits::{ADDRESS_BYTES_MAX, ADDRESSES_PER_PEER_MAX};

/// The address without the peer's own `/p2p/…`; `None` if it can't be dialed, or names somebody else.
pub(super) fn dialable(mut address: Multiaddr, peer: &PeerId) -> Option<Multiaddr> {
    if address.len() > ADDRESS_BYTES_MAX {
        return None;
    }
    if let Some(Protocol::P2p(named)) = address.iter().last() {
        if named != *peer {
            return None;
        }
        address.pop();
    }
    // Nobody is their own relay.
    (has_transport(&address) && relay_of(&address) != Some(*peer)).then_some(address)
}

/// The relay of a circuit address; `None` if the address is a direct one.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum of forty protocols")]
pub(super) fn relay_of(address: &Multiaddr) -> Option<PeerId> {
    let mut relay = None;
    for part in address.iter() {
        match part {
            Protocol::P2p(peer) => relay = Some(peer),
            Protocol::P2pCircuit => return relay,
            _ => {}
        }
    }
    None
}

/// Whether bytes sent there go through a relay.
pub(super) fn is_circuit(address: &Multiaddr) -> bool {
    address.iter().any(|part| part == Protocol::P2pCircuit)
}

/// Splits the address of a relay that a person named into its peer and the circuit address to listen at.
pub(super) fn circuit_at(relay: &Multiaddr) -> Option<(PeerId, Multiaddr)> {
    let (peer, direct) = with_peer(relay)?;
    (!is_circuit(&direct)).then(|| (peer, direct.with(Protocol::P2p(peer)).with(Protocol::P2pCircuit)))
}

/// The address without a `/p2p/…` at its end.
pub(super) fn without_peer(mut address: Multiaddr) -> Multiaddr {
    if matches!(address.iter().last(), Some(Protocol::P2p(_))) {
        address.pop();
    }
    address
}

/// Of the addresses a peer claims for itself, those worth dialing. Loopback ones mean the peer's own machine, so they
/// count only if we have met it on ours (`inside`).
pub(super) fn claimed(addresses: Vec<Multiaddr>, peer: &PeerId, inside: bool) -> Vec<Multiaddr> {
    addresses
        .into_iter()
        .take(ADDRESSES_PER_PEER_MAX)
        .filter_map(|address| dialable(address, peer))
        .filter(|address| inside || !is_loopback(address))
        .collect()
}

/// Splits a configured address into its peer and what to dial.
pub(super) fn with_peer(address: &Multiaddr) -> Option<(PeerId, Multiaddr)> {
    let Some(Protocol::P2p(peer)) = address.iter().last() else {
        return None;
    };
    dialable(address.clone(), &peer).map(|address| (peer, address))
}

/// The node that a multiaddr ending in `/p2p/…` names, and the address in binary; `None` if it can't be dialed.
#[must_use]
pub fn named_node(text: &str) -> Option<(NodeId, Vec<u8>)> {
    let (peer, address) = with_peer(&text.trim().parse().ok()?)?;
    Some((node_id_of(&peer)?, address.to_vec()))
}

#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum of forty protocols")]
fn has_transport(address: &Multiaddr) -> bool {
    let mut parts = address.iter();
    if !parts.next().is_some_and(|host| is_host(&host)) {
        return false;
    }
    let carried = match parts.next() {
        Some(Protocol::Tcp(port)) => port != 0,
        Some(Protocol::Udp(port)) => port != 0 && parts.next() == Some(Protocol::QuicV1),
        _ => false,
    };
    let relayed = match parts.next() {
        None => return carried,
        Some(Protocol::P2p(_)) => parts.next() == Some(Protocol::P2pCircuit),
        Some(_) => false,
    };
    carried && relayed && parts.next().is_none()
}

#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum of forty protocols")]
fn is_host(part: &multiaddr::Protocol<'_>) -> bool {
    match part {
        Protocol::Ip4(ip) => !ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast(),
        Protocol::Ip6(ip) => !ip.is_unspecified() && !ip.is_multicast(),
        Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => !name.is_empty(),
        _ => false,
    }
}

/// Whether the address never leaves the machine. A DNS name counts only if it is `localhost`.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum of forty protocols")]
pub(super) fn is_loopback(address: &Multiaddr) -> bool {
    match address.iter().next() {
        Some(Protocol::Ip4(ip)) => ip.is_loopback(),
        Some(Protocol::Ip6(ip)) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback()),
        Some(Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        _ => false,
    }
}

/// Whether the address means something inside one network only: loopback, link-local, and what RFC 1918, RFC 4193 and RFC 6598
/// (carrier NAT) set apart. A DNS name does not count as such unless it is `localhost`.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum of forty protocols")]
pub(super) fn is_private(address: &Multiaddr) -> bool {
    let inside = match address.iter().next() {
        Some(Protocol::Ip4(ip)) => {
            let [first, second, ..] = ip.octets();
            ip.is_private() || ip.is_link_local() || (first == 100 && (64..128).contains(&second))
        }
        Some(Protocol::Ip6(ip)) => ip.is_unique_local() || ip.is_unicast_link_local(),
        _ => false,
    };
    inside || is_loopback(address)
}

/// In which kind of order addresses are dialed: direct before relayed, QUIC before TCP.
pub(super) fn rank(address: &Multiaddr) -> (bool, bool) {
    (is_circuit(address), !address.iter().any(|part| part == Protocol::QuicV1))
}

/// Whether a listener at this address names its interfaces one by one.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum of forty protocols")]
pub(super) fn is_unspecified(address: &Multiaddr) -> bool {
    match address.iter().next() {
        Some(Protocol::Ip4(ip)) => ip.is_unspecified(),
        Some(Protocol::Ip6(ip)) => ip.is_unspecified(),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn peer(seed: u8) -> PeerId {
        super::super::identity::keypair_of([seed; 32]).unwrap().public().to_peer_id()
    }

    #[test]
    fn only_addresses_with_a_transport_are_dialed() {
        let me = peer(1);
        for good in ["/ip4/192.0.2.1/tcp/1", "/ip6/2001:db8::1/udp/9/quic-v1", "/dns4/node.example/tcp/4001"] {
            assert!(dialable(good.parse().unwrap(), &me).is_some(), "{good}");
        }
        for bad in [
            "/ip4/0.0.0.0/tcp/1",
            "/ip4/192.0.2.1/tcp/0",
            "/ip4/192.0.2.1/udp/1",
            "/ip4/192.0.2.1/tcp/1/ws",
            "/ip4/224.0.0.1/udp/1/quic-v1",
            "/memory/1",
            "/unix/tmp",
            "/p2p-circuit",
            "/ip4/192.0.2.1/tcp/1/p2p-circuit",
        ] {
            assert!(dialable(bad.parse().unwrap(), &me).is_none(), "{bad}");
        }
        assert!(dialable(Multiaddr::empty(), &me).is_none());
    }

    #[test]
    fn an_address_that_names_another_peer_is_refused() {
        let address: Multiaddr = "/ip4/192.0.2.1/tcp/1".parse().unwrap();
        let named = address.clone().with(Protocol::P2p(peer(2)));
        assert_eq!(dialable(named.clone(), &peer(1)), None);
        assert_eq!(dialable(named.clone(), &peer(2)), Some(address.clone()));
        assert_eq!(with_peer(&named), Some((peer(2), address.clone())));
        assert_eq!(with_peer(&address), None);
    }

    #[test]
    fn a_circuit_goes_through_one_relay_that_is_not_the_peer_itself() {
        let (me, relay, other) = (peer(1), peer(2), peer(3));
        let at = |text: String| text.parse::<Multiaddr>().unwrap();
        let circuit = at(format!("/ip4/192.0.2.1/tcp/1/p2p/{relay}/p2p-circuit"));
        assert_eq!(dialable(circuit.clone().with(Protocol::P2p(me)), &me), Some(circuit.clone()));
        assert_eq!((relay_of(&circuit), is_circuit(&circuit)), (Some(relay), true));
        let named = at(format!("/ip4/192.0.2.1/tcp/1/p2p/{relay}"));
        assert_eq!(circuit_at(&named), Some((relay, circuit.clone())));
        assert_eq!(circuit_at(&circuit.clone().with(Protocol::P2p(other))), None, "a relay behind a relay");
        for bad in [
            circuit.clone().with(Protocol::P2p(other)),
            circuit.clone().with(Protocol::P2p(other)).with(Protocol::P2pCircuit),
            at(format!("/ip4/192.0.2.1/tcp/1/p2p/{me}/p2p-circuit")),
            at(format!("/ip4/192.0.2.1/tcp/1/p2p/{relay}/p2p-circuit/tcp/9")),
        ] {
            assert_eq!(dialable(bad.clone(), &me), None, "{bad}");
        }
    }

    #[test]
    fn private_addresses_are_known() {
        for inside in ["/ip4/10.1.2.3/tcp/1", "/ip4/100.64.0.1/tcp/1", "/ip6/fd00::1/tcp/1", "/ip4/127.0.0.1/tcp/1"] {
            assert!(is_private(&inside.parse().unwrap()), "{inside}");
        }
        for outside in
            ["/ip4/198.18.0.1/tcp/1", "/ip4/100.128.0.1/tcp/1", "/dns4/node.example/tcp/1", "/ip6/2001:db8::1/tcp/1"]
        {
            assert!(!is_private(&outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn a_peer_may_claim_loopback_only_if_we_met_it_there() {
        let (inner, outer): (Multiaddr, Multiaddr) =
            ("/ip4/127.0.0.1/tcp/1".parse().unwrap(), "/ip4/10.0.0.1/tcp/1".parse().unwrap());
        let all = vec![inner.clone(), outer.clone()];
        assert_eq!(claimed(all.clone(), &peer(1), true), all);
        assert_eq!(claimed(all, &peer(1), false), std::slice::from_ref(&outer));
        assert_eq!(claimed(vec![outer; 1000], &peer(1), false).len(), ADDRESSES_PER_PEER_MAX);
    }

    #[test]
    fn loopback_is_known_in_all_its_spellings() {
        for inside in ["/ip4/127.9.9.9/tcp/1", "/ip6/::1/tcp/1", "/ip6/::ffff:127.0.0.1/tcp/1", "/dns/LocalHost/tcp/1"]
        {
            assert!(is_loopback(&inside.parse().unwrap()), "{inside}");
        }
        for outside in ["/ip4/10.0.0.1/tcp/1", "/dns4/node.example/tcp/1"] {
            assert!(!is_loopback(&outside.parse().unwrap()), "{outside}");
        }
    }
}
