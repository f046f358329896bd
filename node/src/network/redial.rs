//! Peers we want to stay connected to by ourselves: configured ones always, those found by mDNS for some attempts.
//!
//! Peers the core wants are the core's to dial again. Owns the pauses between dials; does not dial.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use libp2p::PeerId;

use super::limits::{MDNS_ATTEMPTS_MAX, MDNS_PEERS_MAX, REDIAL_PAUSE_MAX, REDIAL_PAUSE_MIN};

#[derive(Debug)]
struct Wanted {
    configured: bool,
    failures: u32,
    /// When to dial; `None` while the peer is connected.
    due: Option<Instant>,
}

/// Wanted peers and when to dial each of them.
#[derive(Debug, Default)]
pub(super) struct Redial {
    wanted: HashMap<PeerId, Wanted>,
}

impl Redial {
    /// Wants a configured peer, from now on and for ever.
    pub(super) fn configure(&mut self, peer: PeerId, now: Instant) {
        self.wanted.insert(peer, Wanted { configured: true, failures: 0, due: Some(now) });
    }

    /// Wants a peer that was discovered. Beyond the limit it is ignored: whoever floods the local network with peer ids
    /// must not displace the ones we know.
    pub(super) fn discover(&mut self, peer: PeerId, now: Instant) {
        let discovered = self.wanted.values().filter(|wanted| !wanted.configured).count();
        if let Some(wanted) = self.wanted.get_mut(&peer) {
            // New addresses: the failures were those of old ones.
            wanted.failures = 0;
            wanted.due = wanted.due.map(|_| now);
        } else if discovered < MDNS_PEERS_MAX {
            self.wanted.insert(peer, Wanted { configured: false, failures: 0, due: Some(now) });
        }
    }

    /// Makes a wanted peer due now if it is not connected: it has told where it is.
    pub(super) fn hasten(&mut self, peer: &PeerId, now: Instant) {
        if let Some(wanted) = self.wanted.get_mut(peer) {
            wanted.failures = 0;
            wanted.due = wanted.due.map(|_| now);
        }
    }

    /// Notes that the peer is connected.
    pub(super) fn connected(&mut self, peer: &PeerId) {
        if let Some(wanted) = self.wanted.get_mut(peer) {
            wanted.failures = 0;
            wanted.due = None;
        }
    }

    /// Notes that a dial failed or that the last connection is closed.
    pub(super) fn lost(&mut self, peer: &PeerId, now: Instant) {
        let Some(wanted) = self.wanted.get_mut(peer) else { return };
        wanted.failures = wanted.failures.saturating_add(1);
        if !wanted.configured && wanted.failures >= MDNS_ATTEMPTS_MAX {
            self.wanted.remove(peer);
        } else {
            wanted.due = Some(now + pause(wanted.failures));
        }
    }

    /// Peers to dial now. Each of them is due again after a pause, in case the swarm has no news of the dial.
    pub(super) fn due(&mut self, now: Instant) -> Vec<PeerId> {
        let mut peers = Vec::new();
        for (peer, wanted) in &mut self.wanted {
            if wanted.due.is_some_and(|due| due <= now) {
                wanted.due = Some(now + REDIAL_PAUSE_MAX);
                peers.push(*peer);
            }
        }
        peers
    }
}

/// The pause after so many failures in a row.
pub(super) fn pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    REDIAL_PAUSE_MIN.saturating_mul(1 << doublings).min(REDIAL_PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_twenty_seconds() {
        let seconds: Vec<u64> = (1..=7).map(|failures| pause(failures).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(pause(u32::MAX), REDIAL_PAUSE_MAX);
    }

    #[test]
    fn a_configured_peer_is_dialed_for_ever_and_a_discovered_one_is_not() {
        let (friend, stranger) = (PeerId::random(), PeerId::random());
        let mut now = Instant::now();
        let mut redial = Redial::default();
        redial.configure(friend, now);
        redial.discover(stranger, now);
        for _ in 0..MDNS_ATTEMPTS_MAX {
            now += REDIAL_PAUSE_MAX;
            assert_eq!(redial.due(now).len(), 2);
            redial.lost(&friend, now);
            redial.lost(&stranger, now);
        }
        assert_eq!(redial.due(now + REDIAL_PAUSE_MAX), [friend]);
    }

    #[test]
    fn a_connected_peer_is_not_due_until_it_is_lost() {
        let peer = PeerId::random();
        let now = Instant::now();
        let mut redial = Redial::default();
        redial.configure(peer, now);
        redial.connected(&peer);
        redial.discover(peer, now);
        assert!(redial.due(now + REDIAL_PAUSE_MAX).is_empty());
        redial.lost(&peer, now);
        assert_eq!(redial.due(now + REDIAL_PAUSE_MIN), [peer]);
    }

    #[test]
    fn a_flood_of_announcements_is_bounded() {
        let now = Instant::now();
        let mut redial = Redial::default();
        for _ in 0..MDNS_PEERS_MAX * 2 {
            redial.discover(PeerId::random(), now);
        }
        assert_eq!(redial.due(now).len(), MDNS_PEERS_MAX);
    }
}
