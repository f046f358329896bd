//! Signs for one leaf. Owns the leaf's signature key while a step runs.

use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;

use crate::sign::SigningKey;

/// Signs MLS content with a leaf key. MLS puts its own labels into what it signs (RFC 9420 §5.1.2), so this signs raw; the
/// key is never used elsewhere.
#[derive(Debug)]
pub struct LeafSigner(pub SigningKey);

impl Signer for LeafSigner {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign_raw(payload).as_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}
