//! Where a request comes from, as the listener saw it. Headers such as `X-Forwarded-For` are not believed: no proxy is
//! listed yet.

use std::net::SocketAddr;

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Over TCP.
    Tcp {
        /// Their address.
        remote: SocketAddr,
        /// Ours, as they reached it.
        local: SocketAddr,
    },
    /// Over the Unix socket in the data folder.
    Unix {
        /// Whether it is our own user or root, by the credentials the kernel gives.
        trusted: bool,
    },
}
