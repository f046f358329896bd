//! Node records of others: which are taken, forwarded, and kept; and when our own goes out.
//!
//! Pure: time comes in. Does not touch the swarm. A record that is taken is kept for its node until a later one comes; the table is
//! bounded, and nothing of it outlasts the process.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use libp2p::{Multiaddr, PeerId};

use super::NodeId;
use super::limits::{
    RECORD_AGE_MAX, RECORD_CLOCK_OFF_MAX, RECORD_CLOCK_WRONG, RECORD_INTERVAL, RECORD_PAUSE_MIN, RECORDS_BURST_MAX,
    RECORDS_MAX, RECORDS_PER_SECOND,
};
use super::record::NodeRecord;

/// What becomes of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Forward it and use it.
    Take(NodeRecord),
    /// Do not forward it. Nobody is to blame.
    Ignore,
    /// Do not forward it; the peer that sent it sends too much.
    Flood,
    /// Do not forward it; the peer that sent it should have refused it.
    Reject,
}

/// What came in since the start, by what became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecordCounts {
    /// Taken and forwarded.
    pub taken: u64,
    /// Old news.
    pub ignored: u64,
    /// More than one peer may send.
    pub flooded: u64,
    /// Forged, malformed, too long or out of time.
    pub rejected: u64,
}

#[derive(Debug)]
struct Allowance {
    left: u32,
    since: Instant,
    /// Records beyond it, halved now and then.
    excess: u32,
}

/// All records of others.
#[derive(Debug, Default)]
pub(super) struct Records {
    kept: HashMap<NodeId, NodeRecord>,
    /// Nodes of `kept`, first heard first.
    order: VecDeque<NodeId>,
    allowances: HashMap<PeerId, Allowance>,
    pub(super) counts: RecordCounts,
}

impl Records {
    /// Judges what a peer has forwarded.
    pub(super) fn consider(
        &mut self,
        local: NodeId,
        from: PeerId,
        bytes: &[u8],
        wall_ms: u64,
        now: Instant,
    ) -> Verdict {
        let verdict = if self.is_allowed(from, now) { self.judge(local, bytes, wall_ms) } else { Verdict::Flood };
        match &verdict {
            Verdict::Take(record) => {
                self.counts.taken += 1;
                self.keep(record.clone());
            }
            Verdict::Ignore => self.counts.ignored += 1,
            Verdict::Flood => self.counts.flooded += 1,
            Verdict::Reject => self.counts.rejected += 1,
        }
        verdict
    }

    fn judge(&self, local: NodeId, bytes: &[u8], wall_ms: u64) -> Verdict {
        let Ok(record) = NodeRecord::verify(bytes) else { return Verdict::Reject };
        let ahead = Duration::from_millis(record.issued_ms.saturating_sub(wall_ms));
        let age = Duration::from_millis(wall_ms.saturating_sub(record.issued_ms));
        if ahead > RECORD_CLOCK_WRONG || age > RECORD_AGE_MAX + RECORD_CLOCK_WRONG {
            return Verdict::Reject;
        }
        if ahead > RECORD_CLOCK_OFF_MAX || age > RECORD_AGE_MAX || record.node == local {
            return Verdict::Ignore;
        }
        let pause = u64::try_from(RECORD_PAUSE_MIN.as_millis()).unwrap_or(u64::MAX);
        match self.kept.get(&record.node) {
            Some(last) if record.issued_ms < last.issued_ms.saturating_add(pause) => Verdict::Ignore,
            Some(_) | None => Verdict::Take(record),
        }
    }

    fn keep(&mut self, record: NodeRecord) {
        if !self.kept.contains_key(&record.node) {
            if self.order.len() >= RECORDS_MAX
                && let Some(first) = self.order.pop_front()
            {
                self.kept.remove(&first);
            }
            self.order.push_back(record.node);
        }
        self.kept.insert(record.node, record);
    }

    fn is_allowed(&mut self, from: PeerId, now: Instant) -> bool {
        let fresh = Allowance { left: RECORDS_BURST_MAX, since: now, excess: 0 };
        let allowance = self.allowances.entry(from).or_insert(fresh);
        let seconds = u32::try_from(now.saturating_duration_since(allowance.since).as_secs()).unwrap_or(u32::MAX);
        if seconds > 0 {
            let more = seconds.saturating_mul(RECORDS_PER_SECOND);
            allowance.left = allowance.left.saturating_add(more).min(RECORDS_BURST_MAX);
            allowance.since += Duration::from_secs(seconds.into());
        }
        match allowance.left.checked_sub(1) {
            Some(left) => {
                allowance.left = left;
                true
            }
            None => {
                allowance.excess = allowance.excess.saturating_add(1);
                false
            }
        }
    }

    /// How much a peer has sent beyond its allowance lately.
    pub(super) fn excess(&self, peer: &PeerId) -> u32 {
        self.allowances.get(peer).map_or(0, |allowance| allowance.excess)
    }

    /// Forgives half of what each peer has sent too much; whoever had something to be forgiven, with what is left.
    pub(super) fn forgive(&mut self) -> Vec<(PeerId, u32)> {
        let guilty = self.allowances.iter_mut().filter(|(_, allowance)| allowance.excess > 0);
        let left: Vec<(PeerId, u32)> = guilty
            .map(|(peer, allowance)| {
                allowance.excess /= 2;
                (*peer, allowance.excess)
            })
            .collect();
        // Forgotten with their guilt, so that peers who are gone leave nothing behind.
        for (peer, _) in left.iter().filter(|(_, excess)| *excess == 0) {
            self.allowances.remove(peer);
        }
        left
    }

    /// Forgets what a peer may send. Its guilt stays until it is forgiven, or it would only have to connect again.
    pub(super) fn disconnected(&mut self, peer: &PeerId) {
        if self.excess(peer) == 0 {
            self.allowances.remove(peer);
        }
    }

    /// Where a node says it is.
    pub(super) fn addresses(&self, node: &NodeId) -> &[Multiaddr] {
        self.kept.get(node).map_or(&[], |record| &record.addresses)
    }

    /// How many nodes' records are kept.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }
}

/// When our own record is to go out.
#[derive(Debug, Default)]
pub(super) struct OwnRecord {
    last: Option<(Instant, u64, Vec<Multiaddr>)>,
}

impl OwnRecord {
    /// Whether it is time to say these addresses.
    pub(super) fn is_due(&self, addresses: &[Multiaddr], now: Instant) -> bool {
        if addresses.is_empty() {
            return false;
        }
        let Some((at, _, said)) = &self.last else { return true };
        let age = now.saturating_duration_since(*at);
        // Others drop what comes sooner, by its date, so there is a second between that and what we send.
        age >= RECORD_INTERVAL || (said != addresses && age > RECORD_PAUSE_MIN + Duration::from_secs(1))
    }

    /// The date for the next record: later than the last one's, whatever the clock says.
    pub(super) fn date(&self, wall_ms: u64) -> u64 {
        let pause = u64::try_from(RECORD_PAUSE_MIN.as_millis()).unwrap_or(u64::MAX);
        self.last.as_ref().map_or(wall_ms, |(_, date, _)| wall_ms.max(date.saturating_add(pause)))
    }

    /// Notes that it has gone out.
    pub(super) fn said(&mut self, now: Instant, date: u64, addresses: Vec<Multiaddr>) {
        self.last = Some((now, date, addresses));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use tidings_crypto::sign::SigningKey;

    use super::*;

    const NOW_MS: u64 = 1_800_000_000_000;
    const LOCAL: NodeId = NodeId::from_bytes([0; 32]);

    fn record(seed: u64, issued_ms: u64) -> Vec<u8> {
        let mut bytes = [0; 32];
        bytes.first_chunk_mut().map(|first| *first = seed.to_be_bytes()).unwrap();
        let key = SigningKey::from_seed(&bytes);
        let addresses = vec!["/ip4/192.0.2.1/tcp/9".parse().unwrap()];
        NodeRecord { node: key.verifying_key().into(), issued_ms, name: String::new(), addresses }.sign(&key).unwrap()
    }

    #[test]
    fn the_newest_record_counts_and_old_or_future_ones_do_not() {
        let (from, now) = (PeerId::random(), Instant::now());
        let mut records = Records::default();
        let mut consider = |issued| records.consider(LOCAL, from, &record(1, issued), NOW_MS, now);
        let hours = |hours: u64| hours * 3_600_000;
        assert!(matches!(consider(NOW_MS - hours(1)), Verdict::Take(_)));
        assert_eq!(consider(NOW_MS - hours(1)), Verdict::Ignore, "the same again");
        assert_eq!(consider(NOW_MS - hours(1) + 9_999), Verdict::Ignore, "too soon after the last");
        assert!(matches!(consider(NOW_MS - hours(1) + 10_000), Verdict::Take(_)));
        assert_eq!(consider(NOW_MS - hours(2)), Verdict::Ignore, "older than the last");
        assert_eq!(consider(NOW_MS + 601_000), Verdict::Ignore);
        assert_eq!(consider(NOW_MS + hours(2)), Verdict::Reject);
        assert_eq!(consider(NOW_MS - hours(24) - 1), Verdict::Ignore);
        assert_eq!(consider(NOW_MS - hours(26)), Verdict::Reject);
        assert_eq!(records.counts, RecordCounts { taken: 2, ignored: 5, flooded: 0, rejected: 2 });
    }

    #[test]
    fn one_peer_sends_so_many_records_and_no_more() {
        let (from, now) = (PeerId::random(), Instant::now());
        let mut records = Records::default();
        let mut flooded = 0;
        for seed in 0..100 {
            flooded += u64::from(records.consider(LOCAL, from, &record(seed, NOW_MS), NOW_MS, now) == Verdict::Flood);
        }
        assert_eq!(flooded, 100 - u64::from(RECORDS_BURST_MAX));
        assert_eq!(u64::from(records.excess(&from)), flooded);
        let other = records.consider(LOCAL, PeerId::random(), &record(200, NOW_MS), NOW_MS, now);
        assert!(matches!(other, Verdict::Take(_)), "others are not held up");
        let later = now + Duration::from_secs(1);
        let verdicts = [201, 202, 203].map(|seed| records.consider(LOCAL, from, &record(seed, NOW_MS), NOW_MS, later));
        assert!(matches!(verdicts, [Verdict::Take(_), Verdict::Take(_), Verdict::Flood]));
        records.disconnected(&from);
        assert!(records.excess(&from) > 0, "to connect again forgives nothing");
        assert_eq!(records.forgive().len(), 1);
    }

    #[test]
    fn the_table_is_bounded() {
        let mut records = Records::default();
        for seed in 0..u64::try_from(RECORDS_MAX).unwrap() + 5 {
            records.consider(LOCAL, PeerId::random(), &record(seed, NOW_MS), NOW_MS, Instant::now());
        }
        assert_eq!((records.len(), records.order.len()), (RECORDS_MAX, RECORDS_MAX));
    }

    #[test]
    fn our_own_record_goes_out_when_it_changes_and_each_hour() {
        let (mut own, now) = (OwnRecord::default(), Instant::now());
        let (here, there): (Vec<Multiaddr>, Vec<Multiaddr>) =
            (vec!["/ip4/192.0.2.1/tcp/1".parse().unwrap()], vec!["/ip4/192.0.2.2/tcp/1".parse().unwrap()]);
        assert!(!own.is_due(&[], now) && own.is_due(&here, now));
        own.said(now, 5, here.clone());
        assert!(!own.is_due(&here, now) && !own.is_due(&there, now));
        assert!(own.is_due(&there, now + RECORD_PAUSE_MIN * 2) && !own.is_due(&here, now + RECORD_PAUSE_MIN * 2));
        assert!(own.is_due(&here, now + RECORD_INTERVAL));
        assert_eq!((own.date(3), own.date(1_000_000)), (10_005, 1_000_000));
    }
}
