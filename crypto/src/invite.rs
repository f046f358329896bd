//! The invite link and what its secret proves.
//!
//! Spec: `DECISIONS.md` 21, 22. The link holds all in the fragment after `#v1.`, which browsers do not send: version 1, secret 16,
//! account 32, node 32, expiry u32 (unix seconds), up to three binary multiaddrs, as base64url. What stands before `#` is ignored.
//! A link into a group begins with `#g1.` and ends with the group's id, so that whoever follows it knows what it leads to, and joins
//! nothing else by it. Whether a link has expired or been used is for the caller to judge.

use crate::codec::{decode_exact, encode};
use crate::id::{AccountId, ConversationId, NodeId, derive};
use crate::kdf::{equal, hmac_sha256};
use tls_codec::{TlsByteVecU8, TlsDeserialize, TlsSerialize, TlsSize};
use zeroize::{Zeroize, Zeroizing};

/// The most addresses a link holds.
pub const MAX_ADDRESSES: usize = 3;
/// The longest address, in bytes.
pub const MAX_ADDRESS: usize = 128;

const VERSION: u8 = 1;
const MARK: &str = "v1.";
const GROUP_MARK: &str = "g1.";

/// Why a text is no invite link, or a link can't be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// No `#`, or nothing behind it that looks like an invite.
    #[error("this is not an invite link")]
    NotALink,
    /// An invite of a version this program does not know.
    #[error("the invite link is of another version")]
    WrongVersion,
    /// Truncated, mistyped, or with more or longer addresses than allowed.
    #[error("the invite link is damaged or incomplete")]
    Malformed,
}

#[derive(TlsSerialize, TlsDeserialize, TlsSize)]
struct Frame {
    version: u8,
    secret: [u8; 16],
    account: AccountId,
    node: NodeId,
    expires: u32,
    addresses: Vec<TlsByteVecU8>,
}

#[derive(TlsSerialize, TlsDeserialize, TlsSize)]
struct GroupFrame {
    frame: Frame,
    group: ConversationId,
}

/// An invite: whoever holds it may ask `account` for contact, or to be let into a group.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteLink {
    /// Random; proves possession of the link. Never sent, never printed.
    pub secret: [u8; 16],
    /// Who invites.
    pub account: AccountId,
    /// The inviter's node.
    pub node: NodeId,
    /// Unix seconds after which the inviter refuses it.
    pub expires: u32,
    /// Where the node may be reached: at most [`MAX_ADDRESSES`] binary multiaddrs of at most [`MAX_ADDRESS`] bytes.
    pub addresses: Vec<Vec<u8>>,
    /// The group that it leads into; none if it makes a contact.
    pub group: Option<ConversationId>,
}

impl InviteLink {
    /// The link as people pass it on: `base` (with or without a slash at its end), `/i#v1.` or `/i#g1.`, and the content.
    ///
    /// # Errors
    /// [`InviteError::Malformed`] if there are too many or too long addresses.
    pub fn to_url(&self, base: &str) -> Result<String, InviteError> {
        if !addresses_fit(&self.addresses) {
            return Err(InviteError::Malformed);
        }
        let frame = Frame {
            version: VERSION,
            secret: self.secret,
            account: self.account,
            node: self.node,
            expires: self.expires,
            addresses: self.addresses.iter().map(|address| TlsByteVecU8::new(address.clone())).collect(),
        };
        let (mark, bytes) = match self.group {
            None => (MARK, encode(&frame)),
            Some(group) => (GROUP_MARK, encode(&GroupFrame { frame, group })),
        };
        let bytes = Zeroizing::new(bytes);
        let content = Zeroizing::new(data_encoding::BASE64URL_NOPAD.encode(&bytes));
        Ok(format!("{}/i#{mark}{}", base.trim_end_matches('/'), content.as_str()))
    }

    /// Reads a link. Spaces around it and everything before the first `#` are ignored.
    ///
    /// # Errors
    /// [`InviteError`] by cause.
    pub fn parse(text: &str) -> Result<Self, InviteError> {
        let (_, fragment) = text.trim().split_once('#').ok_or(InviteError::NotALink)?;
        let (content, into_group) = match (fragment.strip_prefix(MARK), fragment.strip_prefix(GROUP_MARK)) {
            (Some(content), _) => (content, false),
            (None, Some(content)) => (content, true),
            (None, None) if is_other_version(fragment) => return Err(InviteError::WrongVersion),
            (None, None) => return Err(InviteError::NotALink),
        };
        let bytes = data_encoding::BASE64URL_NOPAD.decode(content.as_bytes()).map_err(|_| InviteError::Malformed)?;
        let bytes = Zeroizing::new(bytes);
        if bytes.first().is_some_and(|version| *version != VERSION) {
            return Err(InviteError::WrongVersion);
        }
        let (frame, group) = read(&bytes, into_group)?;
        let addresses: Vec<Vec<u8>> = frame.addresses.into_iter().map(Into::into).collect();
        if !addresses_fit(&addresses) {
            return Err(InviteError::Malformed);
        }
        let Frame { secret, account, node, expires, .. } = frame;
        Ok(Self { secret, account, node, expires, addresses, group })
    }

    /// The public name of the invite, derived from its secret.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        let mut id = [0; 16];
        id.copy_from_slice(derive("tidings/1/invite-id", &[&self.secret]).split_at(16).0);
        id
    }

    /// Proof over `bytes` (a request) that its maker holds the link: HMAC-SHA256 under a key derived from the secret and from what the link
    /// leads to.
    #[must_use]
    pub fn mac(&self, bytes: &[u8]) -> [u8; 32] {
        let parts: [&[u8]; 3] = [&self.secret, self.account.as_bytes(), self.node.as_bytes()];
        let key = Zeroizing::new(match &self.group {
            None => derive("tidings/1/invite-mac", &parts),
            Some(group) => derive("tidings/1/group-invite-mac", &[parts.as_slice(), &[group.as_bytes()]].concat()),
        });
        hmac_sha256(key.as_slice(), bytes)
    }

    /// Whether `mac` is the proof over `bytes`; compared in constant time, truncated ones are refused.
    #[must_use]
    pub fn verify_mac(&self, bytes: &[u8], mac: &[u8]) -> bool {
        equal(&self.mac(bytes), mac)
    }
}

impl Drop for InviteLink {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl std::fmt::Debug for InviteLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InviteLink")
            .field("account", &self.account)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

fn addresses_fit(addresses: &[Vec<u8>]) -> bool {
    addresses.len() <= MAX_ADDRESSES && addresses.iter().all(|a| !a.is_empty() && a.len() <= MAX_ADDRESS)
}

fn read(bytes: &[u8], into_group: bool) -> Result<(Frame, Option<ConversationId>), InviteError> {
    if into_group {
        let GroupFrame { frame, group } = decode_exact(bytes).map_err(|_| InviteError::Malformed)?;
        Ok((frame, Some(group)))
    } else {
        Ok((decode_exact(bytes).map_err(|_| InviteError::Malformed)?, None))
    }
}

fn is_other_version(fragment: &str) -> bool {
    let digits = fragment.strip_prefix(['v', 'g']).and_then(|rest| rest.split_once('.')).map(|(number, _)| number);
    digits.is_some_and(|number| !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
#[path = "invite_tests.rs"]
mod tests;
