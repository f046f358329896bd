//! The ids of Tidings: fixed-length byte strings with a type each, and the one function that derives bytes from bytes.
//!
//! Spec: `DECISIONS.md` 5. Ids are public values, so they may be compared, hashed, printed (shortened in `Debug`). Text form: prefix
//! (`acc1`, `dev1`, …) and lower-case base32 of the bytes and a four-byte checksum, so that a mistyped id is refused.

use crate::sign::VerifyingKey;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

const CHECKSUM: usize = 4;
const CHECKSUM_LABEL: &str = "tidings/1/id-checksum";

/// Why text or bytes are no id of the expected type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Wrong number of bytes.
    #[error("an id of this kind has another length")]
    Length,
    /// The text does not begin with the prefix of this kind of id.
    #[error("this is not an id of the expected kind")]
    Prefix,
    /// Characters outside lower-case base32, or left-over bits.
    #[error("an id consists of lower-case letters and the digits 2 to 7")]
    Character,
    /// The checksum does not fit: most likely a typing error.
    #[error("the id is mistyped: its checksum does not fit")]
    Checksum,
}

/// 32 bytes derived from `parts` under `label` (BLAKE3 `derive_key`).
///
/// Each part is hashed with its length (u64, big-endian) in front, so that moving bytes from one part to the next changes the result.
/// Labels are constants of the form `tidings/1/…`, one for each use.
#[must_use]
pub fn derive(label: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(label);
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

fn checksum(prefix: &str, bytes: &[u8]) -> [u8; CHECKSUM] {
    let [a, b, c, d, ..] = derive(CHECKSUM_LABEL, &[prefix.as_bytes(), bytes]);
    [a, b, c, d]
}

fn to_text(prefix: &str, bytes: &[u8]) -> String {
    let mut all = bytes.to_vec();
    all.extend_from_slice(&checksum(prefix, bytes));
    let mut text = data_encoding::BASE32_NOPAD.encode(&all);
    text.make_ascii_lowercase();
    format!("{prefix}{text}")
}

fn from_text(prefix: &str, text: &str) -> Result<Vec<u8>, IdError> {
    let body = text.strip_prefix(prefix).ok_or(IdError::Prefix)?;
    if body.bytes().any(|c| c.is_ascii_uppercase()) {
        return Err(IdError::Character);
    }
    let mut all =
        data_encoding::BASE32_NOPAD.decode(body.to_ascii_uppercase().as_bytes()).map_err(|_| IdError::Character)?;
    let split = all.len().checked_sub(CHECKSUM).ok_or(IdError::Length)?;
    let tail = all.split_off(split);
    if tail == checksum(prefix, &all) { Ok(all) } else { Err(IdError::Checksum) }
}

fn write_short(f: &mut std::fmt::Formatter<'_>, prefix: &str, bytes: &[u8]) -> std::fmt::Result {
    f.write_str(prefix)?;
    f.write_str(":")?;
    for byte in bytes.iter().take(4) {
        write!(f, "{byte:02x}")?;
    }
    f.write_str("…")
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, TlsSerialize, TlsDeserialize, TlsSize)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// The id with these bytes. Any bytes are an id; whether it names something is for the caller to know.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The bytes of the id.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = IdError;
            fn try_from(bytes: &[u8]) -> Result<Self, IdError> {
                bytes.try_into().map(Self).map_err(|_| IdError::Length)
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write_short(f, $prefix, &self.0)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&to_text($prefix, &self.0))
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                from_text($prefix, text)?.as_slice().try_into()
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                d.bytes()?.try_into().map_err(|_| minicbor::decode::Error::message("an id has another length"))
            }
        }
    };
}

id!(
    /// An account: derived from the first entry of its identity log, kept for life.
    AccountId, 32, "acc1"
);
id!(
    /// A device of one account ([`DeviceId::derive`]).
    DeviceId, 16, "dev1"
);
id!(
    /// A conversation, also its MLS group id ([`ConversationId::derive`]).
    ConversationId, 32, "cnv1"
);
id!(
    /// A signed entry of a device's log in one conversation, derived from the inner entry without its signature.
    EntryId, 32, "ent1"
);
id!(
    /// The sealed form of an entry as stores see it.
    OuterId, 32, "out1"
);
id!(
    /// One MLS state of one conversation. Epoch numbers never identify a state; this does.
    EpochId, 32, "epo1"
);
id!(
    /// A queue at a store, derived from the topic's public key.
    QueueId, 32, "que1"
);
id!(
    /// A sealed bundle, derived from its parts.
    BundleId, 32, "bun1"
);
id!(
    /// A message as people see it; stays the same when the message is sealed again.
    MessageId, 32, "msg1"
);
id!(
    /// A node: its raw Ed25519 public key. It speaks for the transport only, never for an account.
    NodeId, 32, "nod1"
);

impl DeviceId {
    /// The id of the device with this key in this account: the first 16 bytes of a derivation over both.
    #[must_use]
    pub fn derive(account: &AccountId, device_key: &VerifyingKey) -> Self {
        let all = derive("tidings/1/device-id", &[account.as_bytes(), device_key.as_bytes()]);
        let (head, _) = all.split_at(Self::LEN);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(head);
        Self(bytes)
    }
}

impl ConversationId {
    /// The id of a conversation of `suite` (MLS number) and `kind`, founded by `account` on `device` with a random `nonce`.
    #[must_use]
    pub fn derive(suite: u16, kind: u8, account: &AccountId, device: &DeviceId, nonce: &[u8; 32]) -> Self {
        Self(derive(
            "tidings/1/conversation-id",
            &[&suite.to_be_bytes(), &[kind], account.as_bytes(), device.as_bytes(), nonce],
        ))
    }
}

impl EpochId {
    /// The state a conversation begins in.
    #[must_use]
    pub fn first(conversation: &ConversationId) -> Self {
        Self(derive("tidings/1/epoch-id-first", &[conversation.as_bytes()]))
    }

    /// The state `parent` leads to by the commit in entry `commit`.
    #[must_use]
    pub fn next(conversation: &ConversationId, parent: &EpochId, commit: &EntryId) -> Self {
        Self(derive("tidings/1/epoch-id", &[conversation.as_bytes(), parent.as_bytes(), commit.as_bytes()]))
    }
}

impl EntryId {
    /// The id of the inner entry with these bytes (without its signature).
    #[must_use]
    pub fn of(inner_without_signature: &[u8]) -> Self {
        Self(derive("tidings/1/entry-id", &[inner_without_signature]))
    }
}

#[cfg(test)]
#[path = "id_tests.rs"]
mod tests;
