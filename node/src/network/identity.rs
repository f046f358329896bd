//! Who a node is on the wire: its Ed25519 key, as [`NodeId`] in the core and as `PeerId` in libp2p.
//!
//! A libp2p peer id of an Ed25519 key holds the key itself (identity multihash), so both ways are exact. Does not
//! store the key.

use libp2p::PeerId;
use libp2p::identity::{Keypair, PublicKey, ed25519};

use super::{NetworkError, NodeId};

/// Multihash code of "no hash": the digest is the encoded public key (libp2p peer id specification).
const IDENTITY_MULTIHASH: u64 = 0;

/// The node id a peer id stands for; `None` if the peer's key is not Ed25519.
#[must_use]
pub fn node_id_of(peer: &PeerId) -> Option<NodeId> {
    let hash: &libp2p::multihash::Multihash<64> = peer.as_ref();
    if hash.code() != IDENTITY_MULTIHASH {
        return None;
    }
    let key = PublicKey::try_decode_protobuf(hash.digest()).ok()?;
    Some(NodeId::from_bytes(key.try_into_ed25519().ok()?.to_bytes()))
}

/// The peer id of a node; `None` if the 32 bytes are not an Ed25519 public key.
#[must_use]
pub fn peer_id_of(node: &NodeId) -> Option<PeerId> {
    let key = ed25519::PublicKey::try_from_bytes(node.as_bytes()).ok()?;
    Some(PublicKey::from(key).to_peer_id())
}

/// The libp2p key pair of a node key's seed.
pub(super) fn keypair_of(mut seed: [u8; 32]) -> Result<Keypair, NetworkError> {
    // libp2p clears `seed` as it reads it.
    Keypair::ed25519_from_bytes(&mut seed).map_err(|_| NetworkError::Key)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_node_id_and_its_peer_id_name_each_other() {
        for seed in 1..=50_u8 {
            let peer = keypair_of([seed; 32]).unwrap().public().to_peer_id();
            let node = node_id_of(&peer).unwrap();
            assert_eq!(peer_id_of(&node), Some(peer));
        }
    }

    #[test]
    fn a_peer_id_that_is_only_a_hash_names_no_node() {
        let hash = libp2p::multihash::Multihash::wrap(0x12, &[7; 32]).unwrap();
        assert_eq!(node_id_of(&PeerId::from_multihash(hash).unwrap()), None);
    }
}
