//! Limits of the HTTP side, each with its reason and what happens past it.

use std::time::Duration;

/// Open connections. At most about 64 KiB each; further clients wait in the listen queue until one closes.
pub(super) const CONNECTIONS_MAX: usize = 1_024;
/// Open connections on the Unix socket, apart from the others: strangers who hold all of those must not keep the node's
/// own user out. Past it as above.
pub(super) const SOCKET_CONNECTIONS_MAX: usize = 128;
/// How long a client may take nothing of what is sent to it. Past it the connection is closed. Longer than
/// [`CLIENT_TIME_MAX`], so that a slow WebSocket is told why first.
pub(super) const STALL_TIME_MAX: Duration = Duration::from_secs(30);
/// Time for a request's head, and for an idle connection between requests. Past it the connection is closed (slow
/// loris).
pub(super) const HEAD_TIME_MAX: Duration = Duration::from_secs(15);
/// Bytes of a request's head. Past it hyper answers 431.
pub(super) const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Time for a request with its body up to the head of the answer. Past it 503 with Retry-After.
pub(super) const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
/// Bytes of a body that is too large which are still read, so that the client sees the 413 and not a broken pipe. Past
/// it the connection is closed.
pub(super) const DRAINED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Time for open requests to end when the node stops; the node has 20 s in all (INTERFACES §1).
pub(super) const DRAIN_TIME_MAX: Duration = Duration::from_secs(8);
/// Event streams of one account. Past it 429.
pub(super) const STREAMS_PER_ACCOUNT_MAX: usize = 64;
/// Events read from the store at once for one stream.
pub(super) const EVENTS_AT_ONCE: usize = 100;
/// Between signs of life on a stream (INTERFACES §3).
pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often a stream looks whether its session still stands: a stream ends within 5 s of it.
pub(super) const SESSION_CHECK: Duration = Duration::from_secs(2);
/// Time for a client to take one event. Past it the stream is closed and the client is told to resume.
pub(super) const CLIENT_TIME_MAX: Duration = Duration::from_secs(20);
/// Largest frame a client may send on the WebSocket; it has nothing to say there. Past it the connection is closed.
pub(super) const CLIENT_FRAME_MAX: usize = 4 * 1024;
/// Seconds after which a client should come back when the node is busy.
pub(super) const RETRY_SECONDS: u64 = 1;
/// Frames a client may send between two signs of life; it has nothing to say but to answer pings. Past it the socket is
/// closed.
pub(super) const CLIENT_FRAMES_MAX: u32 = 100;
