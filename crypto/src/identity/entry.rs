//! Entries of the identity log: their byte form, their bodies, the hash that chains them.
//!
//! An entry is `u8 kind ‖ 32 previous hash ‖ body<V> ‖ 64 signature`; the signature covers everything before it. Does not know which
//! entries may follow which; `read` does.

use super::{IdentityError, MAX_ADDRESS, MAX_HOME_ADDRESSES, MAX_HOMES};
use crate::codec::{decode_exact, encode};
use crate::id::{AccountId, NodeId, derive};
use crate::sign::{Label, Signature, SigningKey, VerifyingKey};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

const KIND_GENESIS: u8 = 1;
const KIND_ADD_DEVICE: u8 = 2;
const KIND_SET_HOME: u8 = 3;

/// A device of the account. A later record with the same key replaces `not_after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct DeviceRecord {
    /// The key the device signs with.
    pub device_key: VerifyingKey,
    /// Unix seconds after which the device must not be added to conversations.
    pub not_after: u64,
}

/// A node the account lives on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The node.
    pub node: NodeId,
    /// Where it may be reached: binary multiaddrs.
    pub addresses: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub(super) struct Genesis {
    pub(super) root: VerifyingKey,
    pub(super) nonce: [u8; 32],
}

#[derive(Debug, TlsSerialize, TlsDeserialize, TlsSize)]
struct HomeFrame {
    node: NodeId,
    addresses: Vec<VLByteVec>,
}

/// What an entry says.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Body {
    Genesis(Genesis),
    AddDevice(DeviceRecord),
    SetHome(Vec<Home>),
}

impl Body {
    fn kind(&self) -> u8 {
        match self {
            Body::Genesis(_) => KIND_GENESIS,
            Body::AddDevice(_) => KIND_ADD_DEVICE,
            Body::SetHome(_) => KIND_SET_HOME,
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Body::Genesis(genesis) => encode(genesis),
            Body::AddDevice(device) => encode(device),
            Body::SetHome(homes) => encode(&homes.iter().map(home_frame).collect::<Vec<_>>()),
        }
    }

    fn parse(kind: u8, bytes: &[u8]) -> Result<Self, IdentityError> {
        match kind {
            KIND_GENESIS => Ok(Body::Genesis(decode_exact(bytes)?)),
            KIND_ADD_DEVICE => Ok(Body::AddDevice(decode_exact(bytes)?)),
            KIND_SET_HOME => {
                let frames: Vec<HomeFrame> = decode_exact(bytes)?;
                let homes: Vec<Home> = frames.into_iter().map(home_of).collect();
                check_homes(&homes)?;
                Ok(Body::SetHome(homes))
            }
            _ => Err(IdentityError::UnknownKind),
        }
    }
}

fn home_frame(home: &Home) -> HomeFrame {
    let addresses = home.addresses.iter().map(|address| VLByteVec::from(address.clone())).collect();
    HomeFrame { node: home.node, addresses }
}

fn home_of(frame: HomeFrame) -> Home {
    Home { node: frame.node, addresses: frame.addresses.into_iter().map(Into::into).collect() }
}

/// Whether the homes are few and small enough.
pub(super) fn check_homes(homes: &[Home]) -> Result<(), IdentityError> {
    let fits = homes.len() <= MAX_HOMES
        && homes.iter().all(|home| {
            home.addresses.len() <= MAX_HOME_ADDRESSES
                && home.addresses.iter().all(|a| !a.is_empty() && a.len() <= MAX_ADDRESS)
        });
    if fits { Ok(()) } else { Err(IdentityError::Homes) }
}

#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Content {
    kind: u8,
    previous: [u8; 32],
    body: VLByteVec,
}

/// An entry with its signature, as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub(super) struct SignedEntry {
    content: Content,
    signature: Signature,
}

impl SignedEntry {
    /// Makes and signs the entry that follows the entry with hash `previous` (zeros for the genesis).
    pub(super) fn sign(root: &SigningKey, previous: [u8; 32], body: &Body) -> Self {
        let content = Content { kind: body.kind(), previous, body: VLByteVec::from(body.to_bytes()) };
        let signature = root.sign(Label::IdentityLog, &encode(&content));
        Self { content, signature }
    }

    /// Checks the signature.
    pub(super) fn verify(&self, root: &VerifyingKey) -> Result<(), IdentityError> {
        Ok(root.verify(Label::IdentityLog, &encode(&self.content), &self.signature)?)
    }

    /// What the entry says, read but not judged.
    pub(super) fn body(&self) -> Result<Body, IdentityError> {
        Body::parse(self.content.kind, self.content.body.as_slice())
    }

    /// The hash of the entry before this one.
    pub(super) fn previous(&self) -> &[u8; 32] {
        &self.content.previous
    }

    /// The hash the next entry names; covers the signature too.
    pub(super) fn hash(&self) -> [u8; 32] {
        derive("tidings/1/idlog-hash", &[&encode(self)])
    }

    /// The account a genesis entry founds: derived from the entry without its signature.
    pub(super) fn account(&self) -> AccountId {
        AccountId::from_bytes(derive("tidings/1/account-id", &[&encode(&self.content)]))
    }
}
