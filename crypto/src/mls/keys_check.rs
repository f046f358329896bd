//! Checks of HPKE public keys before they can reach a seal (DECISIONS 9). Owns no rule but length and order of the point.
//!
//! A key of wrong length, or one of small order (every X25519 result all zero), would make the commits of everybody who has
//! to seal to it fail. openmls compares path keys only above the receiver, so the others are looked at here.

use std::collections::BTreeSet;

use openmls::prelude::{KeyPackage, LeafNode};
use openmls::treesync::RatchetTree;
use tls_codec::{Deserialize as _, Serialize, VLBytes};
use x25519_dalek::{PublicKey, StaticSecret};

use super::provider::KEY;
use super::{Known, MlsError};

/// Bytes of the key that stands first in the encoding of an encryption key or a parent node (RFC 9420 §7.1, §7.2).
pub(super) fn leading_key(value: &impl Serialize) -> Result<Vec<u8>, MlsError> {
    let bytes = value.tls_serialize_detached().map_err(|error| MlsError::Library(error.to_string()))?;
    let key = VLBytes::tls_deserialize(&mut bytes.as_slice()).map_err(|_| MlsError::Malformed)?;
    Ok(key.into())
}

/// Refuses keys that no one could seal to.
pub(super) fn check_key(key: &[u8]) -> Result<(), MlsError> {
    let key: [u8; KEY] = key.try_into().map_err(|_| MlsError::KeyLength)?;
    // Any scalar tells: it is clamped to a multiple of eight, which takes every small-order point to zero.
    let probe = StaticSecret::from([0x55; KEY]).diffie_hellman(&PublicKey::from(key));
    if probe.was_contributory() { Ok(()) } else { Err(MlsError::KeyLength) }
}

pub(super) fn check_leaf(leaf: &LeafNode) -> Result<(), MlsError> {
    check_key(&leading_key(leaf.encryption_key())?)?;
    if leaf.signature_key().as_slice().len() == KEY { Ok(()) } else { Err(MlsError::KeyLength) }
}

pub(super) fn check_key_package(package: &KeyPackage) -> Result<(), MlsError> {
    check_key(package.hpke_init_key().as_slice())?;
    check_leaf(package.leaf_node())
}

fn parent_keys(tree: &RatchetTree) -> Result<BTreeSet<Vec<u8>>, MlsError> {
    tree.parents().map(leading_key).collect()
}

/// Checks every parent node of `tree` that the tree `before` does not have.
pub(super) fn check_parents(tree: &RatchetTree, before: Option<&RatchetTree>, known: &Known) -> Result<(), MlsError> {
    let before = before.map(parent_keys).transpose()?.unwrap_or_default();
    parent_keys(tree)?.difference(&before).try_for_each(|key| known.check_key(key))
}

#[cfg(test)]
mod tests {
    use super::{check_key, leading_key};
    use crate::mls::MlsError;
    use tls_codec::VLBytes;

    #[test]
    fn keys_of_other_lengths_are_refused() {
        assert_eq!(check_key(&[9; 32]), Ok(()));
        for length in [0, 1, 31, 33, 64] {
            assert_eq!(check_key(&vec![9; length]), Err(MlsError::KeyLength), "{length}");
        }
    }

    #[test]
    fn points_of_small_order_are_refused() {
        // The u coordinates 0, 1, p - 1, p and p + 1 (p = 2^255 - 19), little-endian.
        let near_p = |low: u8| {
            let mut point = [0xff; 32];
            (point[0], point[31]) = (low, 0x7f);
            point
        };
        let small = |low: u8| {
            let mut point = [0; 32];
            point[0] = low;
            point
        };
        for point in [small(0), small(1), near_p(0xec), near_p(0xed), near_p(0xee)] {
            assert_eq!(check_key(&point), Err(MlsError::KeyLength));
        }
    }

    #[test]
    fn the_key_that_leads_an_encoding_is_read() {
        let value = (VLBytes::new(vec![7; 40]), 5_u16);
        assert_eq!(leading_key(&value), Ok(vec![7; 40]));
    }
}
