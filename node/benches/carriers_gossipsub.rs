//! What one message costs when gossipsub carries it to N nodes: copies, bytes, time to the last, under stalled links and churn.
//!
//! N swarms in one process over memory transport with Noise and yamux, one topic, every node subscribed. Bytes are counted under
//! Noise, copies where gossipsub looks at a message's id. A *stalled* link takes bytes and delivers none, and nobody is told. *Churn*
//! closes all links of some nodes just before each message and opens them two seconds later. Latency is that of this machine: no
//! network is between. `cargo bench -p tidings-node --bench carriers_gossipsub -- 10 100 1000`.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a benchmark")]

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::{AsyncRead, AsyncWrite, StreamExt};
use libp2p::core::transport::{MemoryTransport, Transport};
use libp2p::core::upgrade::Version;
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity, MessageId, ValidationMode};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Swarm, SwarmBuilder, noise, yamux};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// Bytes of one message: an outer entry of a short text in its padding bucket, with the frame around it.
const MESSAGE_BYTES: usize = 1024;
const MESSAGES: u64 = 20;
const PAUSE: Duration = Duration::from_millis(500);
/// Links each node opens beside the one to its successor, so that the graph is connected.
const LINKS: usize = 5;
const SETTLE: Duration = Duration::from_secs(10);
const STRAGGLERS: Duration = Duration::from_secs(20);
const AWAY: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Counts {
    bytes: AtomicU64,
    copies: AtomicU64,
    links: Mutex<Vec<Arc<AtomicBool>>>,
}

/// One end of a link.
struct Counted<T> {
    io: T,
    counts: Arc<Counts>,
    stalled: Arc<AtomicBool>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Counted<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.stalled.load(Relaxed) { Poll::Pending } else { Pin::new(&mut self.io).poll_read(cx, buffer) }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Counted<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let written = if self.stalled.load(Relaxed) {
            Poll::Ready(Ok(buffer.len()))
        } else {
            Pin::new(&mut self.io).poll_write(cx, buffer)
        };
        if let Poll::Ready(Ok(bytes)) = &written {
            self.counts.bytes.fetch_add(*bytes as u64, Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.stalled.load(Relaxed) { Poll::Ready(Ok(())) } else { Pin::new(&mut self.io).poll_flush(cx) }
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_close(cx)
    }
}

enum Order {
    Publish(Vec<u8>),
    /// Closes all links, and opens its own again after a while.
    Leave,
    Dial,
}

struct Node {
    orders: mpsc::UnboundedSender<Order>,
    task: tokio::task::JoinHandle<()>,
}

fn swarm(counts: &Arc<Counts>) -> Swarm<gossipsub::Behaviour> {
    let (under, ids) = (Arc::clone(counts), Arc::clone(counts));
    SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_other_transport(move |key| {
            let counts = Arc::clone(&under);
            MemoryTransport::default()
                .map(move |io, point| {
                    let stalled = Arc::new(AtomicBool::new(false));
                    if point.is_dialer() {
                        counts.links.lock().unwrap().push(Arc::clone(&stalled));
                    }
                    Counted { io, counts: Arc::clone(&counts), stalled }
                })
                .upgrade(Version::V1Lazy)
                .authenticate(noise::Config::new(key).unwrap())
                .multiplex(yamux::Config::default())
        })
        .unwrap()
        .with_behaviour(|_| {
            let config = gossipsub::ConfigBuilder::default()
                .validation_mode(ValidationMode::Anonymous)
                .heartbeat_initial_delay(Duration::from_secs(1))
                .message_id_fn(move |message| {
                    ids.copies.fetch_add(1, Relaxed);
                    MessageId::from(blake3::hash(&message.data).as_bytes().to_vec())
                })
                .build()
                .unwrap();
            gossipsub::Behaviour::new(MessageAuthenticity::Anonymous, config).unwrap()
        })
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
        .build()
}

/// Publishes, or gives the message back: gossipsub keeps nothing for a node that has nobody to send it to.
fn publish(
    swarm: &mut Swarm<gossipsub::Behaviour>,
    topic: &IdentTopic,
    bytes: Vec<u8>,
    counts: &Counts,
) -> Option<Vec<u8>> {
    // gossipsub asks for the id of its own message too, which is no copy.
    counts.copies.fetch_sub(1, Relaxed);
    let refused = swarm.behaviour_mut().publish(topic.clone(), bytes.clone()).err()?;
    assert!(matches!(refused, gossipsub::PublishError::NoPeersSubscribedToTopic), "{refused}");
    Some(bytes)
}

fn node(
    counts: &Arc<Counts>,
    port: u64,
    neighbours: Vec<Multiaddr>,
    topic: IdentTopic,
    arrivals: mpsc::UnboundedSender<(u64, Instant)>,
) -> Node {
    let mut swarm = swarm(counts);
    swarm.behaviour_mut().subscribe(&topic).unwrap();
    swarm.listen_on(format!("/memory/{port}").parse().unwrap()).unwrap();
    let (orders, mut taken) = mpsc::unbounded_channel();
    let (own, counts) = (orders.clone(), Arc::clone(counts));
    let mut waiting: Vec<Vec<u8>> = Vec::new();
    let task = tokio::spawn(async move {
        loop {
            tokio::select! {
                order = taken.recv() => match order {
                    None => return,
                    Some(Order::Publish(bytes)) => waiting.extend(publish(&mut swarm, &topic, bytes, &counts)),
                    Some(Order::Dial) => neighbours.iter().for_each(|to| {
                        swarm.dial(to.clone()).ok();
                    }),
                    Some(Order::Leave) => {
                        for peer in swarm.connected_peers().copied().collect::<Vec<_>>() {
                            swarm.disconnect_peer_id(peer).ok();
                        }
                        let own = own.clone();
                        tokio::spawn(async move {
                            sleep(AWAY).await;
                            own.send(Order::Dial).ok();
                        });
                    }
                },
                event = swarm.select_next_some() => {
                    if let SwarmEvent::Behaviour(gossipsub::Event::Subscribed { .. }) = event {
                        for bytes in std::mem::take(&mut waiting) {
                            waiting.extend(publish(&mut swarm, &topic, bytes, &counts));
                        }
                    } else if let SwarmEvent::Behaviour(gossipsub::Event::Message { message, .. }) = event {
                        let number = u64::from_be_bytes(*message.data.first_chunk().unwrap());
                        arrivals.send((number, Instant::now())).ok();
                    }
                }
            }
        }
    });
    Node { orders, task }
}

#[derive(Clone, Copy)]
struct Faults {
    stalled_percent: u64,
    churn_percent: u64,
}

fn below(rng: &mut ChaCha20Rng, bound: usize) -> usize {
    usize::try_from(rng.next_u64() % bound as u64).unwrap()
}

fn start(count: usize, base: u64, counts: &Arc<Counts>, rng: &mut ChaCha20Rng) -> (Vec<Node>, Arrivals) {
    let address = |index: usize| -> Multiaddr { format!("/memory/{}", base + index as u64).parse().unwrap() };
    let topic = IdentTopic::new("carriers");
    let (arrivals, taken) = mpsc::unbounded_channel();
    let nodes = (0..count).map(|index| {
        let mut others = BTreeSet::from([(index + 1) % count]);
        while others.len() < (LINKS + 1).min(count - 1) {
            let other = below(rng, count);
            if other != index {
                others.insert(other);
            }
        }
        let neighbours = others.into_iter().map(address).collect();
        node(counts, base + index as u64, neighbours, topic.clone(), arrivals.clone())
    });
    (nodes.collect(), taken)
}

type Arrivals = mpsc::UnboundedReceiver<(u64, Instant)>;

/// One row of the table.
async fn run(count: usize, base: u64, faults: Faults) -> String {
    let counts = Arc::new(Counts::default());
    let mut rng = ChaCha20Rng::seed_from_u64(base);
    let (nodes, mut arrivals) = start(count, base, &counts, &mut rng);
    for node in &nodes {
        node.orders.send(Order::Dial).ok().unwrap();
        sleep(Duration::from_millis(2)).await;
    }
    sleep(SETTLE).await;
    let before = counts.bytes.load(Relaxed);
    sleep(Duration::from_secs(5)).await;
    let idle_per_second = (counts.bytes.load(Relaxed) - before) as f64 / 5.0;
    for link in counts.links.lock().unwrap().iter() {
        link.store(rng.next_u64() % 100 < faults.stalled_percent, Relaxed);
    }
    let (bytes, copies, begun) = (counts.bytes.load(Relaxed), counts.copies.load(Relaxed), Instant::now());
    let mut sent = Vec::new();
    for number in 0..MESSAGES {
        let publisher = below(&mut rng, count);
        for (index, node) in nodes.iter().enumerate() {
            if index != publisher && rng.next_u64() % 100 < faults.churn_percent {
                node.orders.send(Order::Leave).ok().unwrap();
            }
        }
        if faults.churn_percent > 0 {
            sleep(Duration::from_millis(50)).await;
        }
        let mut message = number.to_be_bytes().to_vec();
        message.resize(MESSAGE_BYTES, 7);
        sent.push(Instant::now());
        nodes[publisher].orders.send(Order::Publish(message)).ok().unwrap();
        sleep(PAUSE).await;
    }
    let (arrived, last) = collect(&mut arrivals, &sent, count).await;
    let seconds = begun.elapsed().as_secs_f64();
    let total = (counts.bytes.load(Relaxed) - bytes) as f64;
    let copies = (counts.copies.load(Relaxed) - copies) as f64;
    for node in nodes {
        node.task.abort();
    }
    let expected = MESSAGES * (count as u64 - 1);
    let spread = |at: usize| last.get(last.len() * at / 100).copied().unwrap_or(f64::NAN);
    format!(
        "| {count} | {} % | {} % | {:.2} % | {:.2} | {:.0} | {:.0} | {:.1} | {:.1} | {:.1} |",
        faults.stalled_percent,
        faults.churn_percent,
        100.0 * arrived as f64 / expected as f64,
        copies / arrived as f64,
        total / arrived as f64,
        (total - idle_per_second * seconds).max(0.0) / arrived as f64,
        spread(50),
        spread(95),
        idle_per_second / count as f64,
    )
}

/// Deliveries, and for each message the milliseconds to its last, sorted.
async fn collect(arrivals: &mut Arrivals, sent: &[Instant], count: usize) -> (u64, Vec<f64>) {
    let (mut arrived, mut last) = (0, BTreeMap::new());
    let deadline = Instant::now() + STRAGGLERS;
    while arrived < MESSAGES * (count as u64 - 1) {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(Some((number, at))) = timeout(left, arrivals.recv()).await else { break };
        arrived += 1;
        let after = at.duration_since(sent[usize::try_from(number).unwrap()]).as_secs_f64() * 1000.0;
        last.entry(number).and_modify(|late: &mut f64| *late = late.max(after)).or_insert(after);
    }
    let mut last: Vec<f64> = last.into_values().collect();
    last.sort_by(f64::total_cmp);
    (arrived, last)
}

fn main() {
    let mut counts: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if counts.is_empty() {
        counts = vec![10, 100];
    }
    println!(
        "| nodes | stalled links | churn a message | delivered | copies a delivery | bytes a delivery, all | without idle traffic | ms to the last, p50 | p95 | idle bytes/s a node |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut base = 1;
    for count in counts {
        for (stalled_percent, churn_percent) in [(0, 0), (5, 0), (20, 0), (0, 5), (0, 20)] {
            let row = runtime.block_on(run(count, base, Faults { stalled_percent, churn_percent }));
            println!("{row}");
            base += count as u64;
        }
    }
}
