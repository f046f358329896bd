//! Carries network events into the driver's inbox.

use std::io;

use libp2p::Multiaddr;
use tidings_protocol::input::Input;
use tokio::sync::{mpsc, watch};

use super::handle::DriverHandle;
use crate::network::NetworkEvent;

/// Forwards events until the network or the driver ends, on a thread of its own: an inbox without room must hold up the network task, and
/// through it the peers, and nothing else. Yields the addresses we listen at, as they change.
///
/// # Errors
/// The system gives no thread.
pub fn forward(
    mut events: mpsc::Receiver<NetworkEvent>,
    driver: DriverHandle,
) -> io::Result<watch::Receiver<Vec<Multiaddr>>> {
    let (listening, addresses) = watch::channel(Vec::new());
    std::thread::Builder::new().name("tidings-events".to_owned()).spawn(move || {
        while let Some(event) = events.blocking_recv() {
            let input = match event {
                NetworkEvent::Listening(addresses) => {
                    listening.send_replace(addresses);
                    continue;
                }
                NetworkEvent::Connected(peer) => Input::PeerConnected(peer),
                NetworkEvent::Disconnected(peer) => Input::PeerDisconnected(peer),
                NetworkEvent::Request { peer, token, protocol, bytes } => {
                    Input::Request { peer, token, protocol, bytes }
                }
                NetworkEvent::Response { peer, id, result } => Input::Response { peer, id, result },
            };
            if !driver.feed(input) {
                return;
            }
        }
    })?;
    Ok(addresses)
}
