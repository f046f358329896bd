//! gossipsub for node records: one topic, everything bounded, every message judged by us before it goes on.
//!
//! Messages carry neither author nor sequence number of gossipsub's own: the record names its node and is signed by it, and its
//! hash is the message's id. The protocol has a name of its own, so that no node of another network meshes with ours. Does not
//! judge records (see `records`).

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use libp2p::gossipsub::{
    self, ConfigBuilder, IdentTopic, IdentityTransform, MaxCountSubscriptionFilter, MessageAuthenticity, MessageId,
    PeerScoreParams, PeerScoreThresholds, TopicScoreParams, ValidationMode, WhitelistSubscriptionFilter,
};

use super::NetworkError;
use super::limits::{GOSSIP_CONTROL_BYTES_MAX, GOSSIP_RPC_BYTES_MAX};

/// The one topic.
pub const RECORDS_TOPIC: &str = "/tidings/nodes/1";
/// The name of the protocol, before gossipsub's own version.
pub const GOSSIP_PROTOCOL: &str = "/tidings/meshsub";

/// Below it a peer's gossip is not listened to and none is sent to it.
const GOSSIP_SCORE_MIN: f64 = -10.0;
/// Below it our records are not published to a peer.
const PUBLISH_SCORE_MIN: f64 = -40.0;
/// Below it a peer's messages are not read at all. Three forgeries in a row are enough (-10 for the square of their number).
const GRAYLIST_SCORE: f64 = -80.0;
/// Subscriptions in one request: to the topic and away from it, twice.
const SUBSCRIPTIONS_PER_REQUEST_MAX: usize = 4;

type Filter = MaxCountSubscriptionFilter<WhitelistSubscriptionFilter>;
/// gossipsub that knows no other topic than ours.
pub(super) type Gossip = gossipsub::Behaviour<IdentityTransform, Filter>;

/// The topic of node records.
pub(super) fn topic() -> IdentTopic {
    IdentTopic::new(RECORDS_TOPIC)
}

/// The behaviour, subscribed to the topic.
pub(super) fn behaviour() -> Result<Gossip, NetworkError> {
    let failed = |reason: &dyn std::fmt::Display| NetworkError::Transport(format!("gossipsub: {reason}"));
    let config = ConfigBuilder::default()
        .protocol_id_prefix(GOSSIP_PROTOCOL)
        .max_transmit_size(GOSSIP_RPC_BYTES_MAX)
        .max_control_message_size(GOSSIP_CONTROL_BYTES_MAX)
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message| MessageId::from(blake3::hash(&message.data).as_bytes().to_vec()))
        // A record is news for its whole age; five minutes cover what still travels, and what is older is known as old by its date.
        .duplicate_cache_time(Duration::from_secs(5 * 60))
        // Records can wait: at most one in seconds, from anybody.
        .flood_publish(false)
        .build()
        .map_err(|error| failed(&error))?;
    let filter = MaxCountSubscriptionFilter {
        filter: WhitelistSubscriptionFilter(HashSet::from([topic().hash()])),
        max_subscribed_topics: 1,
        max_subscriptions_per_request: SUBSCRIPTIONS_PER_REQUEST_MAX,
    };
    let mut gossip = Gossip::new_with_subscription_filter(MessageAuthenticity::Anonymous, config, filter)
        .map_err(|error| failed(&error))?;
    gossip.with_peer_score(scores(), thresholds()).map_err(|error| failed(&error))?;
    gossip.subscribe(&topic()).map_err(|error| failed(&error))?;
    Ok(gossip)
}

fn thresholds() -> PeerScoreThresholds {
    PeerScoreThresholds {
        gossip_threshold: GOSSIP_SCORE_MIN,
        publish_threshold: PUBLISH_SCORE_MIN,
        graylist_threshold: GRAYLIST_SCORE,
        ..PeerScoreThresholds::default()
    }
}

fn scores() -> PeerScoreParams {
    let records = TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.01,
        time_in_mesh_cap: 300.0,
        first_message_deliveries_weight: 0.5,
        first_message_deliveries_cap: 20.0,
        // A mesh that is silent for an hour is a healthy one here, so nobody is punished for delivering little.
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        invalid_message_deliveries_weight: -10.0,
        invalid_message_deliveries_decay: 0.97,
        ..TopicScoreParams::default()
    };
    PeerScoreParams {
        topics: HashMap::from([(topic().hash(), records)]),
        // What a peer sends beyond its allowance counts one for one (`records`).
        app_specific_weight: 1.0,
        // Nodes on our own machine share an address by nature.
        ip_colocation_factor_whitelist: HashSet::from([
            IpAddr::from(Ipv4Addr::LOCALHOST),
            IpAddr::from(Ipv6Addr::LOCALHOST),
        ]),
        ..PeerScoreParams::default()
    }
}
