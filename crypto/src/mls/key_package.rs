//! Key packages: how a device can be added while it is away. Owns making, signing and verifying them (DECISIONS 11, 23).
//! Does not judge age: the inviter compares `issued_at` with its own clock.

use openmls::prelude::{KeyPackage, KeyPackageIn, OpenMlsProvider as _, ProtocolVersion};
use rand_core::CryptoRng;
use tls_codec::{Deserialize as _, Serialize as _, TlsByteVecU16, TlsDeserialize, TlsSerialize, TlsSize};

use super::provider::{Crypto, LeafSigner, StepProvider};
use super::storage::RowStore;
use super::{
    Changes, DeviceKeys, KEY_PACKAGE_CONTEXT, KeyPackageError, LeafCredential, MlsError, Rows, config, group,
    keys_check, step,
};
use crate::id::{AccountId, DeviceId};
use crate::identity::IdentityLog;
use crate::sign::{Label, Signature, SigningKey};

/// A key package with our device's signature beside it. Its MLS signatures and key lengths were checked when parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedKeyPackage {
    frame: Frame,
    package: KeyPackage,
    credential: LeafCredential,
    reference: Vec<u8>,
}

/// The bytes that travel.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Frame {
    signed: SignedPart,
    /// By the device key, [`Label::KeyPackage`].
    signature: Signature,
}

#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct SignedPart {
    package: TlsByteVecU16,
    device: DeviceId,
    issued_at: u64,
}

/// Makes a key package with a fresh leaf key, certified by the device key. Returns the private rows to keep (they open
/// the welcome) and the public package. `issued_at` is in unix seconds.
///
/// # Errors
/// [`MlsError::Library`] if openmls fails.
pub fn create(
    keys: &DeviceKeys,
    issued_at: u64,
    rng: &mut dyn CryptoRng,
) -> Result<(Rows, SignedKeyPackage), MlsError> {
    let leaf_key = SigningKey::generate(rng);
    let credential = LeafCredential::certify(keys, leaf_key.verifying_key().as_bytes(), KEY_PACKAGE_CONTEXT)?;
    let with_key = group::credential_with_key(&credential, &leaf_key)?;
    let nothing = Rows::new();
    let provider = StepProvider::for_step(rng, RowStore::over(&nothing));
    step::keep_leaf_key(provider.storage(), &leaf_key)?;
    let bundle = KeyPackage::builder()
        .key_package_lifetime(config::lifetime())
        .leaf_node_capabilities(config::capabilities())
        .build(config::CIPHERSUITE, &provider, &LeafSigner(leaf_key), with_key)
        .map_err(|error| MlsError::Library(error.to_string()))?;
    let library = |error: tls_codec::Error| MlsError::Library(error.to_string());
    let package = bundle.key_package().tls_serialize_detached().map_err(library)?.into();
    let signed = SignedPart { package, device: keys.device, issued_at };
    let signature = keys.device_key.sign(Label::KeyPackage, &signed.tls_serialize_detached().map_err(library)?);
    let signed = SignedKeyPackage::from_frame(Frame { signed, signature })
        .map_err(|error| MlsError::Library(error.to_string()))?;
    let mut rows = Rows::new();
    let changes: Changes = provider.into_store().into_changes();
    changes.apply_to(&mut rows);
    Ok((rows, signed))
}

impl SignedKeyPackage {
    /// Reads a signed key package and checks all that needs no identity log: suite, MLS signatures, key lengths, lifetime
    /// form, capabilities, credential form, `issued_at`'s place. Trailing bytes are refused.
    ///
    /// # Errors
    /// [`KeyPackageError`] by cause, except those of [`SignedKeyPackage::verify`].
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyPackageError> {
        Self::from_frame(Frame::tls_deserialize_exact(bytes).map_err(|_| KeyPackageError::Malformed)?)
    }

    fn from_frame(frame: Frame) -> Result<Self, KeyPackageError> {
        let unverified = KeyPackageIn::tls_deserialize_exact(frame.signed.package.as_slice())
            .map_err(|_| KeyPackageError::Malformed)?;
        let crypto = Crypto::without_sealing();
        let package = unverified.validate(&crypto, ProtocolVersion::Mls10).map_err(|_| KeyPackageError::Invalid)?;
        if package.ciphersuite() != config::CIPHERSUITE {
            return Err(KeyPackageError::Suite);
        }
        keys_check::check_key_package(&package).map_err(|_| KeyPackageError::KeyLength)?;
        if *package.life_time() != config::lifetime() {
            return Err(KeyPackageError::Lifetime);
        }
        let leaf = package.leaf_node();
        let bare = leaf.extensions().iter().next().is_none() && package.extensions().iter().next().is_none();
        if !bare || !config::has_capabilities(leaf.capabilities()) {
            return Err(KeyPackageError::Capabilities);
        }
        let credential = LeafCredential::of(leaf.credential()).map_err(|_| KeyPackageError::Credential)?;
        if credential.device != frame.signed.device {
            return Err(KeyPackageError::Credential);
        }
        let reference = package.hash_ref(&crypto).map_err(|_| KeyPackageError::Library)?.as_slice().to_vec();
        Ok(Self { frame, package, credential, reference })
    }

    /// The MLS key package inside.
    pub(super) fn package(&self) -> &KeyPackage {
        &self.package
    }

    /// MLS signature key of the leaf.
    #[must_use]
    pub fn signature_key(&self) -> Vec<u8> {
        self.package.leaf_node().signature_key().as_slice().to_vec()
    }

    /// The bytes as made.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Encoding fails only for vectors longer than their length field, and these were parsed or encoded before.
        self.frame.tls_serialize_detached().unwrap_or_default()
    }

    /// Verifies the package against the identity log of its account.
    ///
    /// # Errors
    /// [`KeyPackageError::Credential`] for another account or a wrong leaf certificate, [`KeyPackageError::UnknownDevice`],
    /// [`KeyPackageError::Signature`], [`KeyPackageError::LeafKeyIsDeviceKey`].
    pub fn verify(&self, log: &IdentityLog) -> Result<(), KeyPackageError> {
        if log.account_id() != self.credential.account {
            return Err(KeyPackageError::Credential);
        }
        let device = log.device(self.credential.device).ok_or(KeyPackageError::UnknownDevice)?;
        let signed = self.frame.signed.tls_serialize_detached().map_err(|_| KeyPackageError::Malformed)?;
        device
            .device_key
            .verify(Label::KeyPackage, &signed, &self.frame.signature)
            .map_err(|_| KeyPackageError::Signature)?;
        let leaf_key = self.signature_key();
        if leaf_key == device.device_key.as_bytes() {
            return Err(KeyPackageError::LeafKeyIsDeviceKey);
        }
        self.credential
            .verify(&leaf_key, KEY_PACKAGE_CONTEXT, &device.device_key)
            .map_err(|_| KeyPackageError::Credential)
    }

    /// Account named in the leaf credential.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.credential.account
    }

    /// Device named in the leaf credential.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.credential.device
    }

    /// When the package was made, unix seconds, as its device says.
    #[must_use]
    pub fn issued_at(&self) -> u64 {
        self.frame.signed.issued_at
    }

    /// The leaf credential.
    #[must_use]
    pub fn credential(&self) -> &LeafCredential {
        &self.credential
    }

    /// MLS reference (RFC 9420 §5.2) by which a welcome names this package.
    #[must_use]
    pub fn reference(&self) -> Vec<u8> {
        self.reference.clone()
    }
}
