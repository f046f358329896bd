//! openmls's crypto trait over our crates, suite 0x0003 only. Owns no key but the one that seeds seals.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{
    AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig, HpkeKeyPair, KemOutput,
    SignatureScheme,
};
use sha2::{Digest as _, Sha256};
use tls_codec::SecretVLBytes;
use zeroize::Zeroizing;

use super::hpke;
use crate::mls::Known;
use crate::sign::{Signature, SigningKey, VerifyingKey};

/// The primitives of suite 0x0003.
pub struct Crypto {
    /// Seeds the randomness of seals; `None` where sealing would be a mistake.
    seal_key: Option<Zeroizing<[u8; 32]>>,
    /// Signatures that were verified before.
    known: Known,
}

impl std::fmt::Debug for Crypto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Crypto(…)")
    }
}

impl Crypto {
    pub(super) fn with_seal_key(seal_key: Zeroizing<[u8; 32]>) -> Self {
        Self { seal_key: Some(seal_key), known: Known::default() }
    }

    /// Primitives that verify, open and derive, and refuse to seal.
    #[must_use]
    pub fn without_sealing() -> Self {
        Self { seal_key: None, known: Known::default() }
    }

    /// The same, with what is known already.
    pub(super) fn knowing(self, known: &Known) -> Self {
        Self { known: known.clone(), ..self }
    }

    fn seal_key(&self) -> Result<&[u8; 32], CryptoError> {
        self.seal_key.as_deref().ok_or(CryptoError::InsufficientRandomness)
    }
}

fn check_hash(hash: HashType) -> Result<(), CryptoError> {
    if hash == HashType::Sha2_256 { Ok(()) } else { Err(CryptoError::UnsupportedHashAlgorithm) }
}

fn check_scheme(scheme: SignatureScheme) -> Result<(), CryptoError> {
    if scheme == SignatureScheme::ED25519 { Ok(()) } else { Err(CryptoError::UnsupportedSignatureScheme) }
}

fn cipher(alg: AeadType, key: &[u8], nonce: &[u8]) -> Result<(ChaCha20Poly1305, Nonce), CryptoError> {
    if alg != AeadType::ChaCha20Poly1305 {
        return Err(CryptoError::UnsupportedAeadAlgorithm);
    }
    let key = Key::try_from(key).map_err(|_| CryptoError::InvalidLength)?;
    let nonce = Nonce::try_from(nonce).map_err(|_| CryptoError::InvalidLength)?;
    Ok((ChaCha20Poly1305::new(&key), nonce))
}

fn extract(salt: &[u8], ikm: &[u8]) -> SecretVLBytes {
    let (prk, _) = Hkdf::<Sha256>::extract(Some(salt), ikm);
    prk.to_vec().into()
}

impl OpenMlsCrypto for Crypto {
    fn supports(&self, ciphersuite: Ciphersuite) -> Result<(), CryptoError> {
        if ciphersuite == Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519 {
            Ok(())
        } else {
            Err(CryptoError::UnsupportedCiphersuite)
        }
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        vec![Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519]
    }

    fn hkdf_extract(&self, hash: HashType, salt: &[u8], ikm: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        check_hash(hash)?;
        Ok(extract(salt, ikm))
    }

    fn hmac(&self, hash: HashType, key: &[u8], message: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        check_hash(hash)?;
        // HKDF-Extract(salt, ikm) is HMAC(salt, ikm) by definition (RFC 5869 §2.2).
        Ok(extract(key, message))
    }

    fn hkdf_expand(
        &self,
        hash: HashType,
        prk: &[u8],
        info: &[u8],
        okm_len: usize,
    ) -> Result<SecretVLBytes, CryptoError> {
        check_hash(hash)?;
        let hkdf = Hkdf::<Sha256>::from_prk(prk).map_err(|_| CryptoError::HkdfOutputLengthInvalid)?;
        let mut okm = vec![0; okm_len];
        hkdf.expand(info, &mut okm).map_err(|_| CryptoError::HkdfOutputLengthInvalid)?;
        Ok(okm.into())
    }

    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        check_hash(hash)?;
        Ok(Sha256::digest(data).to_vec())
    }

    fn aead_encrypt(
        &self,
        alg: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let (cipher, nonce) = cipher(alg, key, nonce)?;
        cipher.encrypt(&nonce, Payload { msg: data, aad }).map_err(|_| CryptoError::CryptoLibraryError)
    }

    fn aead_decrypt(
        &self,
        alg: AeadType,
        key: &[u8],
        ct_tag: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let (cipher, nonce) = cipher(alg, key, nonce)?;
        cipher.decrypt(&nonce, Payload { msg: ct_tag, aad }).map_err(|_| CryptoError::AeadDecryptionError)
    }

    fn signature_key_gen(&self, _alg: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        // Leaf keys are drawn from the caller's generator in `key_package` and `group`; openmls has no need to.
        Err(CryptoError::InsufficientRandomness)
    }

    fn verify_signature(
        &self,
        alg: SignatureScheme,
        data: &[u8],
        pk: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        check_scheme(alg)?;
        let key = VerifyingKey::try_from(pk).map_err(|_| CryptoError::InvalidPublicKey)?;
        let parsed = Signature::try_from(signature).map_err(|_| CryptoError::InvalidSignature)?;
        let verify = || key.verify_raw(data, &parsed);
        self.known.signature((pk, data, signature), verify).map_err(|_| CryptoError::InvalidSignature)
    }

    fn sign(&self, alg: SignatureScheme, data: &[u8], key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        check_scheme(alg)?;
        let seed = Zeroizing::new(<[u8; 32]>::try_from(key).map_err(|_| CryptoError::InvalidLength)?);
        Ok(SigningKey::from_seed(&seed).sign_raw(data).as_bytes().to_vec())
    }

    fn hpke_seal(
        &self,
        config: HpkeConfig,
        pk_r: &[u8],
        info: &[u8],
        aad: &[u8],
        ptxt: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        hpke::check(&config)?;
        hpke::seal(self.seal_key()?, pk_r, info, aad, ptxt)
    }

    fn hpke_open(
        &self,
        config: HpkeConfig,
        input: &HpkeCiphertext,
        sk_r: &[u8],
        info: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        hpke::check(&config)?;
        hpke::open(input, sk_r, info, aad)
    }

    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        pk_r: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        hpke::check(&config)?;
        let (kem_output, secret) = hpke::export_to(self.seal_key()?, pk_r, info, exporter_context, exporter_length)?;
        Ok((kem_output, secret.into()))
    }

    fn hpke_setup_receiver_and_export(
        &self,
        config: HpkeConfig,
        enc: &[u8],
        sk_r: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        hpke::check(&config)?;
        Ok(hpke::export_from(enc, sk_r, info, exporter_context, exporter_length)?.into())
    }

    fn derive_hpke_keypair(&self, config: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        hpke::check(&config)?;
        Ok(hpke::derive_key_pair(ikm))
    }
}
