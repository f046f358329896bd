//! Bundles on their way: what many newcomers need alike, sealed once, in parts that stay below the limits of a frame (DECISIONS 10).
//!
//! A bundle is named by the hash of the hashes of its parts, and each part brings these hashes along. So a part proves by itself where it
//! belongs: nobody can put a wrong one in its place, and parts may come in any order, twice, and from anybody.

use tidings_crypto::id::{AccountId, BundleId};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

use crate::limits::{BUNDLE_PART_BYTES_MAX, BUNDLE_PARTS_MAX, MEMBERS_MAX};

type Digest = [u8; 32];

/// One part of a sealed bundle.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct BundlePart {
    /// Accounts of the receiving node for whom the bundle is: it is kept until they have taken it.
    pub guests: Vec<AccountId>,
    /// The hashes of all parts, in order.
    pub digests: Vec<Digest>,
    /// Which of them this is.
    pub index: u8,
    /// A piece of the ciphertext.
    pub bytes: VLByteVec,
}

impl BundlePart {
    /// The bundle that the part says it belongs to.
    #[must_use]
    pub fn bundle(&self) -> BundleId {
        name(&self.digests)
    }

    /// Whether it does belong there, and keeps the limits.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let named = self.digests.get(usize::from(self.index));
        self.digests.len() <= BUNDLE_PARTS_MAX
            && self.guests.len() <= MEMBERS_MAX
            && self.bytes.as_slice().len() <= BUNDLE_PART_BYTES_MAX
            && named == Some(&digest(self.bytes.as_slice()))
    }
}

/// The parts of a sealed bundle, in order.
#[must_use]
pub fn cut(sealed: &[u8]) -> Vec<&[u8]> {
    sealed.chunks(BUNDLE_PART_BYTES_MAX).collect()
}

/// The hashes of parts.
#[must_use]
pub fn digests(parts: &[&[u8]]) -> Vec<Digest> {
    parts.iter().map(|part| digest(part)).collect()
}

fn digest(part: &[u8]) -> Digest {
    tidings_crypto::derive("tidings/1/bundle-part", &[part])
}

/// The id of a sealed bundle.
#[must_use]
pub fn id(sealed: &[u8]) -> BundleId {
    name(&digests(&cut(sealed)))
}

/// The id of the bundle whose parts have these hashes.
#[must_use]
pub fn name(digests: &[Digest]) -> BundleId {
    let all: Vec<&[u8]> = digests.iter().map(<[u8; 32]>::as_slice).collect();
    BundleId::from_bytes(tidings_crypto::derive("tidings/1/bundle", &all))
}
