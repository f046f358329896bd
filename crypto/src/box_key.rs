//! X-Wing boxes: something sealed for the holder of a box key (contact requests, wrapped welcomes).
//!
//! Spec: `DECISIONS.md` 10, `PROTOCOL.md` A2, A8. HPKE base mode (RFC 9180, draft-ietf-hpke-pq) with X-Wing (X25519 and ML-KEM-768),
//! SHAKE256 and ChaCha20-Poly1305. The sender is not authenticated by the box; what is inside says and signs who it is from.

use crate::seal::OpenError;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::KdfShake256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use rand_core::CryptoRng;
use x25519_dalek::{PublicKey as X25519Public, StaticSecret};
use zeroize::Zeroizing;

type SecretKey = <XWing as Kem>::PrivateKey;
type PublicKey = <XWing as Kem>::PublicKey;
type Encapsulated = <XWing as Kem>::EncappedKey;

/// Length of the encapsulated key in front of every box, in bytes.
const ENCAPSULATED: usize = 1120;
/// What the `info` of all boxes begins with.
const INFO: &[u8] = b"tidings/1/box";

/// The bytes are no X-Wing public key: wrong length or not a valid encapsulation key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the box key is not valid")]
pub struct BadBoxKey;

/// The public half of a box key, checked when made.
#[derive(Clone, PartialEq, Eq)]
pub struct BoxPublicKey(Vec<u8>);

impl BoxPublicKey {
    /// Length in bytes.
    pub const LEN: usize = 1216;

    /// The key with these bytes.
    ///
    /// # Errors
    /// [`BadBoxKey`] if the length is not 1216, the ML-KEM part is not reduced, or the X25519 part is a point of small order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadBoxKey> {
        PublicKey::from_bytes(bytes).map_err(|_| BadBoxKey)?;
        if contributes(bytes) { Ok(Self(bytes.to_vec())) } else { Err(BadBoxKey) }
    }

    /// The bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for BoxPublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BoxPublicKey(…)")
    }
}

/// The private half of a box key: a 32-byte seed. Overwritten when dropped, never printed.
#[derive(Clone)]
pub struct BoxSecretKey(Zeroizing<[u8; 32]>);

impl BoxSecretKey {
    /// A new key from 32 bytes of `rng`.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        Self(seed)
    }

    /// The key with this seed (X-Wing decapsulation key).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*seed))
    }

    /// The seed, to be stored sealed.
    #[must_use]
    pub fn to_seed(&self) -> Zeroizing<[u8; 32]> {
        self.0.clone()
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> BoxPublicKey {
        BoxPublicKey(XWing::sk_to_pk(&self.key()).to_bytes().to_vec())
    }

    fn key(&self) -> SecretKey {
        SecretKey::from_bytes(self.0.as_slice()).expect("every 32 bytes are an X-Wing private key")
    }
}

impl std::fmt::Debug for BoxSecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BoxSecretKey(…)")
    }
}

/// Whether the X25519 part (the last 32 bytes of a public key and of an encapsulated key) gives a shared secret other than zero.
///
/// X-Wing itself lets zero pass, as ML-KEM still protects; we refuse it as everywhere else (`PROTOCOL.md` A2). Every private key is a
/// multiple of 8, so one scalar answers for all.
fn contributes(bytes: &[u8]) -> bool {
    let Some(point) = bytes.last_chunk::<32>() else { return false };
    StaticSecret::from([1; 32]).diffie_hellman(&X25519Public::from(*point)).was_contributory()
}

fn labelled(info: &[u8]) -> Vec<u8> {
    // Hashed, so that callers may pass contexts of any length: hpke panics above 64 KiB.
    crate::id::derive("tidings/1/box-info", &[INFO, info]).to_vec()
}

/// Seals `plaintext` for the holder of `to`. `info` names the purpose and both parties, `aad` what must not be changed beside it.
///
/// The result is the encapsulated key (1120 bytes), the ciphertext and a 16-byte tag. Same arguments and same random bytes give the
/// same box.
///
/// # Panics
/// Never for keys that [`BoxPublicKey`] let in.
#[must_use]
pub fn seal(to: &BoxPublicKey, info: &[u8], aad: &[u8], plaintext: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
    let mut rng = rng;
    let key = PublicKey::from_bytes(&to.0).expect("checked when the key was made");
    let (encapsulated, ciphertext) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, KdfShake256, XWing>(
        &OpModeS::Base,
        &key,
        &labelled(info),
        plaintext,
        aad,
        &mut rng,
    )
    .expect("X-Wing encapsulation does not fail, and one text is below every limit");
    let mut sealed = encapsulated.to_bytes().to_vec();
    sealed.extend_from_slice(&ciphertext);
    sealed
}

/// Opens a box made by [`seal`] with the same `info` and `aad`.
///
/// # Errors
/// [`OpenError`] for every cause alike: too short, another key, another context, changed bytes.
pub fn open(key: &BoxSecretKey, info: &[u8], aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (encapsulated, ciphertext) = sealed.split_at_checked(ENCAPSULATED).ok_or(OpenError)?;
    if !contributes(encapsulated) {
        return Err(OpenError);
    }
    let encapsulated = Encapsulated::from_bytes(encapsulated).map_err(|_| OpenError)?;
    hpke::single_shot_open::<ChaCha20Poly1305, KdfShake256, XWing>(
        &OpModeR::Base,
        &key.key(),
        &encapsulated,
        &labelled(info),
        ciphertext,
        aad,
    )
    .map(Zeroizing::new)
    .map_err(|_| OpenError)
}

#[cfg(test)]
#[path = "box_key_tests.rs"]
mod tests;
