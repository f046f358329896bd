//! Builds the swarm and opens its listeners.
//!
//! QUIC, and TCP and relayed circuits with TLS before Noise: TLS negotiates X25519MLKEM768, Noise knows no post-quantum exchange
//! (`STACK` §1, §3).

use std::collections::HashMap;

use futures::StreamExt;
use libp2p::core::transport::ListenerId;
use libp2p::identity::Keypair;
use libp2p::swarm::{self, SwarmEvent};
use libp2p::{Multiaddr, Swarm, SwarmBuilder, noise, tcp, tls, yamux};
use tokio::time::{Instant, timeout, timeout_at};

use super::behaviour::{Behaviour, BehaviourEvent, Parts};
use super::limits::{IDLE_TIMEOUT, LISTEN_SETTLE, LISTEN_TIMEOUT};
use super::{NetworkError, address};

/// What the swarm reports.
pub(super) type Report = SwarmEvent<BehaviourEvent>;

macro_rules! with_transports {
    ($key:expr) => {
        SwarmBuilder::with_existing_identity($key)
            .with_tokio()
            .with_tcp(tcp::Config::default(), (tls::Config::new, noise::Config::new), yamux::Config::default)
            .map_err(not_started)?
            .with_quic()
    };
}

macro_rules! with_parts {
    ($builder:expr, $parts:expr) => {
        $builder
            .with_relay_client((tls::Config::new, noise::Config::new), yamux::Config::default)
            .map_err(not_started)?
            .with_behaviour(|key, relay_client| {
                Behaviour::new(key, $parts, relay_client)
                    .map_err(|error| Box::new(error) as Box<dyn std::error::Error + Send + Sync>)
            })
            .map_err(not_started)?
            .with_swarm_config(|config: swarm::Config| {
                config.with_idle_connection_timeout(IDLE_TIMEOUT).with_smart_dial()
            })
            .build()
    };
}

fn not_started(error: impl std::fmt::Display) -> NetworkError {
    NetworkError::Transport(error.to_string())
}

/// A swarm with this key, not listening yet. A machine without a resolver configuration can't dial names but
/// everything else.
pub(super) fn build(key: &Keypair, parts: Parts) -> Result<Swarm<Behaviour>, NetworkError> {
    match with_transports!(key.clone()).with_dns() {
        Ok(builder) => Ok(with_parts!(builder, parts)),
        Err(error) => {
            tracing::warn!(%error, "names can't be resolved: no resolver configuration");
            Ok(with_parts!(with_transports!(key.clone()), parts))
        }
    }
}

/// Opens all listeners and waits until each has its address. Reports that are not about listeners are handed back,
/// since a peer may connect before the last listener is open.
pub(super) async fn listen(swarm: &mut Swarm<Behaviour>, addresses: &[Multiaddr]) -> Result<Vec<Report>, NetworkError> {
    let mut waiting = HashMap::new();
    for address in addresses {
        let listener = swarm.listen_on(address.clone()).map_err(|error| refused(address, &error))?;
        waiting.insert(listener, address.clone());
    }
    let mut early = Vec::new();
    let deadline = Instant::now() + LISTEN_TIMEOUT;
    while let Some(unready) = waiting.values().next().cloned() {
        let Ok(report) = timeout_at(deadline, swarm.select_next_some()).await else {
            return Err(refused(&unready, &"the listener got no address"));
        };
        note(report, &mut waiting, &mut early)?;
    }
    if addresses.iter().any(address::is_unspecified) {
        while let Ok(report) = timeout(LISTEN_SETTLE, swarm.select_next_some()).await {
            note(report, &mut waiting, &mut early)?;
            if Instant::now() >= deadline {
                break;
            }
        }
    }
    Ok(early)
}

fn note(
    report: Report,
    waiting: &mut HashMap<ListenerId, Multiaddr>,
    early: &mut Vec<Report>,
) -> Result<(), NetworkError> {
    if let SwarmEvent::NewListenAddr { listener_id, .. } = &report {
        waiting.remove(listener_id);
    } else if let SwarmEvent::ListenerClosed { listener_id, reason, .. } = &report
        && let Some(address) = waiting.get(listener_id)
    {
        let reason = reason.as_ref().err().map_or_else(|| "the listener closed".to_owned(), ToString::to_string);
        return Err(refused(address, &reason));
    } else {
        early.push(report);
    }
    Ok(())
}

fn refused(address: &Multiaddr, reason: &dyn std::fmt::Display) -> NetworkError {
    NetworkError::Listen { address: address.clone(), reason: reason.to_string() }
}
