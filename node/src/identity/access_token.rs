//! Access tokens: a compact JWS (RFC 7515) with EdDSA (RFC 8037), and nothing else.
//!
//! There is no choice of algorithm: the header must be, byte for byte, the one we write. So `none`, HS256, `kid`, `jku`
//! and `jwk` are not refused by a rule each; they are simply not our header. The key is none of the labelled keys of
//! `tidings_crypto::sign`: a JWS brings its own form of what is signed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::IdentityError;

/// How long a token counts: 15 minutes. A session that ends ends its tokens at once; this bounds what a copied token is
/// worth.
pub const ACCESS_SECONDS: u64 = 15 * 60;

const HEADER: &str = r#"{"alg":"EdDSA","typ":"JWT"}"#;
const AUDIENCE: &str = "tidings";
/// Ours are about 400 characters; nothing longer is even decoded.
const TOKEN_LENGTH_MAX: usize = 1024;
/// How far a token may come from the future, in seconds: the clock may have been set back since.
const SKEW_SECONDS: u64 = 60;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The node that issued it: its peer id.
    pub iss: String,
    /// For whom it is meant.
    pub aud: String,
    /// The account id.
    pub sub: String,
    /// The session, in hexadecimal.
    pub sid: String,
    /// Issued at, unix seconds.
    pub iat: u64,
    /// No longer valid at, unix seconds.
    pub exp: u64,
}

/// Signs and checks tokens of this node.
pub struct AccessKey {
    key: SigningKey,
    public: VerifyingKey,
    issuer: String,
}

impl AccessKey {
    /// The key with this seed; tokens name `issuer`.
    #[must_use]
    pub fn new(seed: &Zeroizing<[u8; 32]>, issuer: String) -> Self {
        let key = SigningKey::from_bytes(seed);
        Self { public: key.verifying_key(), key, issuer }
    }

    /// A token for a session, from now on.
    #[must_use]
    pub fn issue(&self, account: &str, session: &str, now_seconds: u64) -> String {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: account.to_owned(),
            sid: session.to_owned(),
            iat: now_seconds,
            exp: now_seconds.saturating_add(ACCESS_SECONDS),
        };
        // Strings and numbers always serialize.
        let claims = serde_json::to_vec(&claims).unwrap_or_default();
        compact(&self.key, HEADER.as_bytes(), &claims)
    }

    /// What a token says, if this node issued it and it counts now. Whether its session still stands is for the caller
    /// to check.
    ///
    /// # Errors
    /// [`IdentityError::Unauthenticated`] for every cause alike.
    pub fn check(&self, token: &str, now_seconds: u64) -> Result<Claims, IdentityError> {
        self.read(token, now_seconds).ok_or(IdentityError::Unauthenticated)
    }

    fn read(&self, token: &str, now: u64) -> Option<Claims> {
        if token.len() > TOKEN_LENGTH_MAX {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        if header != URL_SAFE_NO_PAD.encode(HEADER) {
            return None;
        }
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        self.public.verify_strict(signed.as_bytes(), &signature).ok()?;
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        let ours = claims.iss == self.issuer && claims.aud == AUDIENCE;
        let in_time = claims.iat <= now.saturating_add(SKEW_SECONDS)
            && now < claims.exp
            && claims.exp.checked_sub(claims.iat)? <= ACCESS_SECONDS;
        (ours && in_time).then_some(claims)
    }
}

/// The compact serialization (RFC 7515 §3.1) of a payload signed with EdDSA.
fn compact(key: &SigningKey, header: &[u8], payload: &[u8]) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = key.sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[cfg(test)]
#[path = "access_token_tests.rs"]
mod tests;
