//! Bounds of the driver, each with its reason and what happens past it.

use std::time::Duration;

/// Inputs that wait for the driver. At four thousand steps a second it is a quarter of a second of work, about as long as a person takes a
/// click to be answered at once. Past it a command is answered `Busy` (503 with Retry-After) and a peer's request is dropped, which its
/// outbox or sync repairs.
pub const INBOX_MAX: usize = 1024;

/// How many of them may be requests of peers: half, so that a flood from the network leaves room for the people of this node.
pub const INBOX_PEER_REQUESTS_MAX: usize = 512;

/// Inputs that share one commit. Past a few hundred the fsync is a small part of the batch's time and the first of them waits for the last.
pub const BATCH_MAX: usize = 256;

/// How often, and with which pause, an effect is offered to a network task whose queue is full. The task empties its queue within
/// microseconds; 20 ms in all is more than it ever needs, and short enough for the driver to wait. Past it a request fails as timed out, a
/// response is dropped (the peer asks again), and so is a dial (the core dials again).
pub(super) const NETWORK_OFFERS_MAX: usize = 20;
/// See [`NETWORK_OFFERS_MAX`].
pub(super) const NETWORK_OFFER_PAUSE: Duration = Duration::from_millis(1);

/// Pause between two looks at a full inbox by somebody whose order must not be lost (stop).
pub(super) const INBOX_RETRY_PAUSE: Duration = Duration::from_millis(5);

/// Transient events of one account that wait for a client. Typing of fifty people in a moment is fewer; a client that takes none of them misses
/// the oldest, which is over by then.
pub(super) const TRANSIENT_EVENTS_MAX: usize = 64;
