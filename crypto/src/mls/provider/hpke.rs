//! HPKE of suite 0x0003: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305 (RFC 9180), over the crate `hpke`.
//!
//! Owns the checks in front of it: key lengths before use. All-zero X25519 results are refused by the crate. The randomness
//! of a seal is a function of the step's key and all inputs of the seal, since openmls seals the nodes of a path in
//! parallel: a shared stream would give other bytes in every run (DECISIONS 9).

use hpke::Kem as _;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256 as Kem;
use hpke::{Deserializable as _, OpModeR, OpModeS, Serializable as _};
use openmls_traits::types::{
    CryptoError, HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKdfType, HpkeKemType, HpkeKeyPair,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use zeroize::Zeroizing;

use crate::id::derive;

type PublicKey = <Kem as hpke::Kem>::PublicKey;
type PrivateKey = <Kem as hpke::Kem>::PrivateKey;
type Encapsulated = <Kem as hpke::Kem>::EncappedKey;

/// Bytes of an X25519 key.
pub(in crate::mls) const KEY: usize = 32;
const SEAL_LABEL: &str = "tidings/1/mls/hpke-seal";
const EXPORT_LABEL: &str = "tidings/1/mls/hpke-export";

/// Refuses every HPKE suite but ours.
pub(super) fn check(config: &HpkeConfig) -> Result<(), CryptoError> {
    match config {
        HpkeConfig(HpkeKemType::DhKem25519, HpkeKdfType::HkdfSha256, HpkeAeadType::ChaCha20Poly1305) => Ok(()),
        HpkeConfig(..) => Err(CryptoError::UnsupportedCiphersuite),
    }
}

fn public(bytes: &[u8]) -> Result<PublicKey, CryptoError> {
    if bytes.len() != KEY {
        return Err(CryptoError::InvalidPublicKey);
    }
    PublicKey::from_bytes(bytes).map_err(|_| CryptoError::InvalidPublicKey)
}

fn private(bytes: &[u8]) -> Result<PrivateKey, CryptoError> {
    if bytes.len() != KEY {
        return Err(CryptoError::InvalidLength);
    }
    PrivateKey::from_bytes(bytes).map_err(|_| CryptoError::InvalidLength)
}

fn encapsulated(bytes: &[u8]) -> Result<Encapsulated, CryptoError> {
    if bytes.len() != KEY {
        return Err(CryptoError::InvalidLength);
    }
    Encapsulated::from_bytes(bytes).map_err(|_| CryptoError::InvalidLength)
}

pub(super) fn seal(
    seal_key: &[u8; 32],
    pk: &[u8],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<HpkeCiphertext, CryptoError> {
    let receiver = public(pk)?;
    let seed = Zeroizing::new(derive(SEAL_LABEL, &[seal_key, pk, info, aad, plaintext]));
    let mut rng = ChaCha20Rng::from_seed(*seed);
    let (kem_output, mut context) =
        hpke::setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(&OpModeS::Base, &receiver, info, &mut rng)
            .map_err(|_| CryptoError::SenderSetupError)?;
    let ciphertext = context.seal(plaintext, aad).map_err(|_| CryptoError::HpkeEncryptionError)?;
    Ok(HpkeCiphertext { kem_output: kem_output.to_bytes().to_vec().into(), ciphertext: ciphertext.into() })
}

pub(super) fn open(input: &HpkeCiphertext, sk: &[u8], info: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let kem_output = encapsulated(input.kem_output.as_slice()).map_err(|_| CryptoError::HpkeDecryptionError)?;
    let mut context =
        hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, Kem>(&OpModeR::Base, &private(sk)?, &kem_output, info)
            .map_err(|_| CryptoError::HpkeDecryptionError)?;
    context.open(input.ciphertext.as_slice(), aad).map_err(|_| CryptoError::HpkeDecryptionError)
}

pub(super) fn export_to(
    seal_key: &[u8; 32],
    pk: &[u8],
    info: &[u8],
    exporter_context: &[u8],
    length: usize,
) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
    let receiver = public(pk)?;
    let seed = Zeroizing::new(derive(EXPORT_LABEL, &[seal_key, pk, info, exporter_context]));
    let mut rng = ChaCha20Rng::from_seed(*seed);
    let (kem_output, context) =
        hpke::setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(&OpModeS::Base, &receiver, info, &mut rng)
            .map_err(|_| CryptoError::SenderSetupError)?;
    let mut secret = vec![0; length];
    context.export(exporter_context, &mut secret).map_err(|_| CryptoError::ExporterError)?;
    Ok((kem_output.to_bytes().to_vec(), secret))
}

pub(super) fn export_from(
    kem_output: &[u8],
    sk: &[u8],
    info: &[u8],
    exporter_context: &[u8],
    length: usize,
) -> Result<Vec<u8>, CryptoError> {
    let kem_output = encapsulated(kem_output)?;
    let context =
        hpke::setup_receiver::<ChaCha20Poly1305, HkdfSha256, Kem>(&OpModeR::Base, &private(sk)?, &kem_output, info)
            .map_err(|_| CryptoError::ReceiverSetupError)?;
    let mut secret = vec![0; length];
    context.export(exporter_context, &mut secret).map_err(|_| CryptoError::ExporterError)?;
    Ok(secret)
}

pub(super) fn derive_key_pair(ikm: &[u8]) -> HpkeKeyPair {
    let (private, public) = Kem::derive_keypair(ikm);
    HpkeKeyPair { private: private.to_bytes().to_vec().into(), public: public.to_bytes().to_vec() }
}
