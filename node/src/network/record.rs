//! A node's own word about where it is: the only thing that goes over gossipsub (`DECISIONS` 3).
//!
//! TLS presentation language, signed by the node's key under its own label. It names the node, its addresses, when it was said,
//! and a name if the operator gave one; no account, no handle, nothing of what the node holds.

use std::str;

use libp2p::{Multiaddr, PeerId};
use tidings_crypto::sign::{Label, Signature, SigningKey, VerifyingKey};
use tls_codec::{DeserializeBytes, Serialize, TlsDeserializeBytes, TlsSerialize, TlsSize, VLByteVec};

use super::limits::{RECORD_ADDRESSES_MAX, RECORD_BYTES_MAX, RECORD_NAME_BYTES_MAX};
use super::{NodeId, address, peer_id_of};

#[derive(TlsSerialize, TlsDeserializeBytes, TlsSize)]
struct Body {
    node: [u8; 32],
    issued_ms: u64,
    name: VLByteVec,
    addresses: Vec<VLByteVec>,
}

#[derive(TlsSerialize, TlsDeserializeBytes, TlsSize)]
struct Signed {
    body: VLByteVec,
    signature: [u8; 64],
}

/// Where a node says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NodeRecord {
    pub(super) node: NodeId,
    /// When it was said, in milliseconds since 1970 by the node's own clock; the later of two records counts.
    pub(super) issued_ms: u64,
    /// A name for people, or nothing.
    pub(super) name: String,
    /// At most eight, none of them loopback.
    pub(super) addresses: Vec<Multiaddr>,
}

/// The bytes are no record that its node has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

impl NodeRecord {
    /// The record as it goes out; `None` if it would be too long.
    pub(super) fn sign(&self, key: &SigningKey) -> Option<Vec<u8>> {
        let body = Body {
            node: *self.node.as_bytes(),
            issued_ms: self.issued_ms,
            name: self.name.as_bytes().to_vec().into(),
            addresses: self.addresses.iter().map(|address| address.to_vec().into()).collect(),
        };
        let body = body.tls_serialize_detached().ok()?;
        let signature = *key.sign(Label::NodeRecord, &body).as_bytes();
        let bytes = Signed { body: body.into(), signature }.tls_serialize_detached().ok()?;
        (bytes.len() <= RECORD_BYTES_MAX).then_some(bytes)
    }

    /// Reads a record and checks its signature.
    pub(super) fn verify(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(Malformed);
        }
        let signed = Signed::tls_deserialize_exact_bytes(bytes).map_err(|_| Malformed)?;
        let body = Body::tls_deserialize_exact_bytes(signed.body.as_slice()).map_err(|_| Malformed)?;
        let node = NodeId::from_bytes(body.node);
        VerifyingKey::from(node)
            .verify(Label::NodeRecord, signed.body.as_slice(), &Signature::from_bytes(signed.signature))
            .map_err(|_| Malformed)?;
        let peer = peer_id_of(&node).ok_or(Malformed)?;
        let name = read_name(body.name.as_slice()).ok_or(Malformed)?;
        if body.addresses.is_empty() || body.addresses.len() > RECORD_ADDRESSES_MAX {
            return Err(Malformed);
        }
        let addresses = body.addresses.iter().map(|bytes| read_address(bytes.as_slice(), &peer));
        let addresses = addresses.collect::<Option<Vec<Multiaddr>>>().ok_or(Malformed)?;
        Ok(Self { node, issued_ms: body.issued_ms, name, addresses })
    }
}

fn read_name(bytes: &[u8]) -> Option<String> {
    let name = str::from_utf8(bytes).ok().filter(|name| name.len() <= RECORD_NAME_BYTES_MAX)?;
    is_name(name).then(|| name.to_owned())
}

/// Whether a text may be a node's name: lower-case letters, digits and hyphens, as in a DNS label, or nothing. Whoever reads it sees
/// what is there.
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= RECORD_NAME_BYTES_MAX
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn read_address(bytes: &[u8], peer: &PeerId) -> Option<Multiaddr> {
    let address = Multiaddr::try_from(bytes.to_vec()).ok()?;
    address::dialable(address, peer)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    fn record(key: &SigningKey) -> NodeRecord {
        let addresses = vec!["/ip4/192.0.2.1/udp/9/quic-v1".parse().unwrap()];
        NodeRecord { node: key.verifying_key().into(), issued_ms: 7, name: "corner".to_owned(), addresses }
    }

    // REQ-NET-8
    #[test]
    fn a_record_is_read_as_it_was_signed_and_no_byte_may_change() {
        let key = SigningKey::from_seed(&[1; 32]);
        let bytes = record(&key).sign(&key).unwrap();
        assert_eq!(NodeRecord::verify(&bytes), Ok(record(&key)));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(NodeRecord::verify(&changed), Err(Malformed), "byte {at}");
            assert_eq!(NodeRecord::verify(&bytes[..at]), Err(Malformed), "cut at {at}");
        }
        assert_eq!(NodeRecord::verify(&[&bytes[..], b"\0"].concat()), Err(Malformed));
    }

    #[test]
    fn a_record_signed_by_another_node_is_none() {
        let (key, other) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
        assert_eq!(NodeRecord::verify(&record(&key).sign(&other).unwrap()), Err(Malformed));
    }

    #[test]
    fn names_and_addresses_keep_their_bounds() {
        let key = SigningKey::from_seed(&[1; 32]);
        let with = |change: &dyn Fn(&mut NodeRecord)| {
            let mut record = record(&key);
            change(&mut record);
            record.sign(&key).map(|bytes| NodeRecord::verify(&bytes).is_ok())
        };
        assert_eq!(with(&|record| record.name = "x".repeat(63)), Some(true));
        assert_eq!(with(&|record| record.name = "x".repeat(64)), Some(false));
        assert_eq!(with(&|record| record.name = "alice@node".to_owned()), Some(false), "a handle is no name");
        assert_eq!(with(&|record| record.name = "\u{202e}".to_owned()), Some(false));
        assert_eq!(with(&|record| record.addresses.clear()), Some(false));
        assert_eq!(with(&|record| record.addresses = vec![record.addresses[0].clone(); 9]), Some(false));
        assert_eq!(with(&|record| record.addresses = vec!["/memory/1".parse().unwrap()]), Some(false));
        assert_eq!(with(&|record| record.addresses = vec![record.addresses[0].clone(); 1000]), None, "too long");
    }
}
