//! HKDF-SHA256 and HMAC-SHA256 as the vault, the recovery key and invites use them.
//!
//! Thin on purpose: these are the calls that run, and the test vectors run through them. Which label is used where is said there.

use hkdf::Hkdf;
use hkdf::hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// `N` bytes of HKDF-SHA256 over `secret`, with `salt` (may be empty) and `info`.
pub(crate) fn hkdf_sha256<const N: usize>(salt: &[u8], secret: &[u8], info: &[u8]) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0; N]);
    fill(salt, secret, info, out.as_mut_slice()).expect("every caller asks for less than 255 blocks");
    out
}

/// Fills `out` with HKDF-SHA256; an error if it is longer than 255 blocks of 32 bytes.
pub(crate) fn fill(salt: &[u8], secret: &[u8], info: &[u8], out: &mut [u8]) -> Result<(), hkdf::InvalidLength> {
    Hkdf::<Sha256>::new(Some(salt), secret).expand(info, out)
}

/// HMAC-SHA256 of `bytes`.
pub(crate) fn hmac_sha256(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

/// Compares two MACs or verifiers in constant time; different lengths are unequal.
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}
