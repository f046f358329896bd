//! Bounds of the network task, each with its reason and what happens past it.
//!
//! Source: `DECISIONS` 7 (sizes), `ARCHITECTURE` §5 ("all channels are bounded").

use std::time::Duration;

/// Most bytes in one request frame.
/// An entry is at most 1 MiB; 1.25 MiB leaves room for the frame around it (`DECISIONS` 7). A longer one fails its
/// stream, before any of it is read.
pub const REQUEST_BYTES_MAX: usize = 1_310_720;

/// Most bytes in one response frame: a page of 4 MiB and 64 KiB for what stands around it (`DECISIONS` 7). A longer
/// one fails its stream, before any of it is read.
pub const RESPONSE_BYTES_MAX: usize = 4 * 1024 * 1024 + 64 * 1024;

/// Bytes read from a stream in one step. Memory for a frame grows by this much as its bytes arrive, so that a peer
/// pays in traffic for every byte it makes us hold.
pub(super) const READ_STEP_BYTES: usize = 64 * 1024;

/// Bytes of all request frames which are being read or wait for the driver's answer. 64 MiB is 51 of the largest
/// frames, on a machine with 512 MiB. Past it the stream fails and the peer's outbox or sync repairs it.
pub(super) const REQUEST_BUDGET_BYTES: u32 = 64 * 1024 * 1024;

/// Bytes of all response frames which are being read. We asked for each of them, so this only meets a node that asks
/// thirty peers for full pages at once. Past it the request fails, and is asked again later.
pub(super) const RESPONSE_BUDGET_BYTES: u32 = 128 * 1024 * 1024;

/// Time for one request, from its start to its response, on both sides. A durable commit costs milliseconds and
/// 4 MiB take 17 s at 2 Mbit/s; past it the request counts as lost.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Streams of one protocol open at once on one connection, both directions together. Twice
/// [`REQUESTS_IN_FLIGHT_PER_PEER_MAX`], because either side may fill its window. Past it a stream is dropped.
pub(super) const STREAMS_PER_PROTOCOL_MAX: usize = 2 * REQUESTS_IN_FLIGHT_PER_PEER_MAX;

/// Requests to one peer which run at once. Well below the 128 inbound streams libp2p lets a connection negotiate,
/// where it would drop streams without a word. More wait in the peer's queue.
pub(super) const REQUESTS_IN_FLIGHT_PER_PEER_MAX: usize = 64;

/// Requests to one peer which wait for a free place. The driver hands over what a whole batch produced; 1,024 is a
/// long outbox after a partition. Past it a request fails at once as busy.
pub(super) const REQUESTS_QUEUED_PER_PEER_MAX: usize = 1024;

/// Bytes of the requests to one peer which wait for a free place. Past it a request fails at once as busy.
pub(super) const REQUEST_BYTES_QUEUED_PER_PEER_MAX: usize = 32 * 1024 * 1024;

/// Requests of one peer which wait for the driver's answer. Twice what a well-behaved peer sends at once, which leaves
/// room while old ones time out. Past it a request is dropped without an answer.
pub(super) const REQUESTS_UNANSWERED_PER_PEER_MAX: usize = 128;

/// Requests of all peers which wait for the driver's answer. Past it a request is dropped without an answer.
pub(super) const REQUESTS_UNANSWERED_MAX: usize = 1024;

/// Response bytes on their way to one peer: a peer that asks and doesn't read must not fill our memory. Eight full
/// pages at once, or one page and many acknowledgements. Past it the answer is dropped and the peer asks again.
pub(super) const ANSWER_BYTES_PER_PEER_MAX: usize = 8 * RESPONSE_BYTES_MAX;

/// Response bytes on their way to all peers. Past it the answer is dropped and the peer asks again.
pub(super) const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Commands between driver and network task. A batch of the driver yields tens of effects; past it the driver waits.
pub const COMMANDS_WAITING_MAX: usize = 256;

/// Events between network task and driver. Each may hold a frame, so it is short; past it they wait in the task.
pub const EVENTS_WAITING_MAX: usize = 64;

/// Events kept inside the task while the driver is slow. Past it the task stops reading the network, so that
/// transport flow control slows the peers down.
pub(super) const EVENTS_KEPT_MAX: usize = 256;

/// Events kept inside the task before it stops taking commands too. Commands must be taken while the driver is not
/// reading, or both would wait for each other; a command yields at most one small failure event, so this bounds
/// memory at a few MiB. Reached only by a driver that sends this many requests in vain without reading one event.
pub(super) const EVENTS_KEPT_WITH_COMMANDS_MAX: usize = 65_536;

/// How often deadlines are looked at (queued requests, redials).
pub(super) const SWEEP_INTERVAL: Duration = Duration::from_millis(500);

/// A connection without any stream for this long is closed. Followers push at any time, so a connection is worth
/// more than the few KiB it holds; an hour frees what strangers left behind.
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Time between two pings on a connection, so that a peer that vanished is noticed.
pub(super) const PING_INTERVAL: Duration = Duration::from_secs(15);

/// Time for the answer to a ping; past it the connection is closed. Twenty seconds outlast a machine under full load.
pub(super) const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Time until a listener must have its address, after which the start fails.
pub(super) const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Quiet time after which a listener on an unspecified address has named all its interfaces.
pub(super) const LISTEN_SETTLE: Duration = Duration::from_millis(50);

/// Time for connections to close when the node shuts down; past it they are cut.
pub(super) const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(500);

/// Connections of the whole node. One holds tens of KiB and a file descriptor; 512 stays under the usual limit of
/// 1,024 descriptors. Past it a connection is refused.
pub(super) const CONNECTIONS_MAX: u32 = 512;

/// Connections others opened to us: a quarter stays free for the ones we open.
pub(super) const CONNECTIONS_INCOMING_MAX: u32 = 384;

/// Handshakes running at once in each direction, since each costs CPU before we know the peer.
pub(super) const CONNECTIONS_PENDING_MAX: u32 = 64;

/// Connections to one peer, relayed ones included: both dialed at once, and once more after a change of network whose old
/// connections have not timed out yet. A relay that is full of circuits to us cannot take more of them either.
pub(super) const CONNECTIONS_PER_PEER_MAX: u32 = 4;

/// Share of the machine's memory in our process above which no further connection is opened.
pub(super) const MEMORY_SHARE_MAX: f64 = 0.75;

/// Peers in the address book. Past it the one added first is forgotten; configured peers stay.
pub(super) const BOOK_PEERS_MAX: usize = 1024;

/// Addresses kept for one peer, newest first. Past it the oldest is forgotten.
pub(super) const ADDRESSES_PER_PEER_MAX: usize = 16;

/// Length of one binary multiaddr. A DNS name of 253 bytes and its ports fit; a longer one is ignored.
pub(super) const ADDRESS_BYTES_MAX: usize = 300;

/// Peers found by mDNS which we keep trying to reach. Anybody in the local network may announce peer ids.
pub(super) const MDNS_PEERS_MAX: usize = 64;

/// Dials to a peer found by mDNS, without success, before we wait for its next announcement.
pub(super) const MDNS_ATTEMPTS_MAX: u32 = 10;

/// First and longest pause between two dials to a configured or discovered peer; each failure doubles it. As long as the core's own
/// ([`tidings_protocol::limits::RETRY_MS_MAX`]).
pub(super) const REDIAL_PAUSE_MIN: Duration = Duration::from_secs(1);
/// See [`REDIAL_PAUSE_MIN`].
pub(super) const REDIAL_PAUSE_MAX: Duration = Duration::from_millis(tidings_protocol::limits::RETRY_MS_MAX);

/// Two nodes which dial each other at the same moment get two connections that are both good. One that comes later than this shows that
/// the peer does not know of the earlier one any more.
pub(super) const SIMULTANEOUS_DIAL_MAX: Duration = Duration::from_secs(3);

/// Most peers in the answer to a status query; more are counted by nobody who reads a list.
pub(super) const STATUS_PEERS_MAX: usize = 512;

/// Reservations a relay gives at once: one a node that lives behind a router. Each costs it one connection, which is bounded
/// anyway; 128 leaves most connections to others. Past it a node is refused and tries again.
pub(super) const RELAY_RESERVATIONS_MAX: usize = 128;

/// Circuits through a relay at once, since each is paid with the relay's bandwidth. Past it the caller is refused.
pub(super) const RELAY_CIRCUITS_MAX: usize = 128;

/// Circuits of one node that asks for them. Somebody with more contacts behind the same relay at once waits.
pub(super) const RELAY_CIRCUITS_PER_PEER_MAX: usize = 16;

/// Bytes through one circuit, each way. Twelve of the largest frames: libp2p's own 128 KiB would cut the first long message. Past
/// it the relay cuts the circuit, and whoever still has something to say dials again.
pub(super) const RELAY_CIRCUIT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Time of one circuit. Long enough for a conversation, short enough that strangers do not keep a place. Past it as above.
pub(super) const RELAY_CIRCUIT_TIME_MAX: Duration = Duration::from_secs(30 * 60);

/// Relays one node listens at. A second one covers the failure of the first; each costs a reservation there.
pub(super) const RELAYS_MAX: usize = 4;

/// Time after which a connection that an AutoNAT server has opened to us is taken for a real one: its dial-back is over by then.
pub(super) const DIAL_BACK_MAX: Duration = Duration::from_secs(15);

/// Longest life of a relayed connection beside a direct one to the same peer. It is closed as soon as nothing is under way on
/// it; past this time whatever is.
pub(super) const RELAYED_BESIDE_DIRECT_MAX: Duration = REQUEST_TIMEOUT;

/// Addresses we have been told are ours and others reached us at. A node has a few networks; past it the oldest is forgotten.
pub(super) const CONFIRMED_ADDRESSES_MAX: usize = 8;

/// Bytes of one gossip RPC, envelope included. Ours are below 3.3 KiB, but libp2p-gossipsub 0.50.1 holds this limit against all that it
/// has read at once, which is up to 8 KiB and the beginning of an RPC before: with less, a burst of small RPCs ends the stream. A longer
/// RPC ends its stream too.
pub(super) const GOSSIP_RPC_BYTES_MAX: usize = 16 * 1024;

/// Bytes of control messages (IHAVE, IWANT, GRAFT, PRUNE) in one RPC: ids are 32 bytes. A larger RPC is refused.
pub(super) const GOSSIP_CONTROL_BYTES_MAX: usize = 2048;

/// Bytes of one node record with its signature: eight addresses of the longest kind and a name. Past it the record is refused and the peer
/// that forwarded it pays.
pub(super) const RECORD_BYTES_MAX: usize = 3072;

/// Addresses in one record: two transports on a few networks and two relays. Past it the record is refused.
pub(super) const RECORD_ADDRESSES_MAX: usize = 8;

/// Bytes of a node's name in its record, which is one label of a DNS name.
pub(super) const RECORD_NAME_BYTES_MAX: usize = 63;

/// Age of a record beyond which it is news to nobody: nodes say anew where they are each [`RECORD_INTERVAL`].
pub(super) const RECORD_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How far another node's clock may be off before its record counts as wrong. Between this and an hour the record is only not
/// forwarded, as the clock that is off may be ours.
pub(super) const RECORD_CLOCK_OFF_MAX: Duration = Duration::from_secs(10 * 60);

/// Wrong by more than this is no matter of clocks: the peer that forwarded the record should have refused it.
pub(super) const RECORD_CLOCK_WRONG: Duration = Duration::from_secs(60 * 60);

/// Least time, by their own dates, between two records of one node that are both forwarded.
pub(super) const RECORD_PAUSE_MIN: Duration = Duration::from_secs(10);

/// Time after which a node says anew where it is, so that those who were off meanwhile hear of it.
pub(super) const RECORD_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Records kept of nodes we have not met. Half a MiB; past it the one heard first is forgotten.
pub(super) const RECORDS_MAX: usize = 1024;

/// Records looked at from one peer at once, and each second after that. A network of a thousand nodes makes one record in three
/// seconds. Past it they are dropped unread, and the peer pays for each.
pub(super) const RECORDS_BURST_MAX: u32 = 64;
/// See [`RECORDS_BURST_MAX`].
pub(super) const RECORDS_PER_SECOND: u32 = 2;
