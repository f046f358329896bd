//! MLS groups (RFC 9420) over openmls, suite 0x0003 only: MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519.
//!
//! Owns: our openmls crypto provider and row store, leaf credentials, key packages, groups, and the facts of a commit.
//! Spec: DECISIONS 9, 10, 11 and PROTOCOL A2, A3, A4, A6, A14.
//! Does not: decide who may do what (that is `authorize` in the protocol crate), keep rows, read a clock or the system's
//! randomness. openmls reads the wall clock when it judges lifetimes and stamps past secrets; both are made harmless
//! here: lifetimes span all time, and the stamp is written as nil.
//!
//! Suite 0x0001 (AES-128-GCM) is not offered: it would cost a second AEAD crate for no user.

mod apply;
mod commit;
mod config;
mod credential;
mod decrypt;
mod device_keys;
mod encrypt;
mod error;
mod facts;
mod group;
mod inspect;
mod join;
pub mod key_package;
mod keys_check;
mod known;
pub mod provider;
mod rows;
mod self_remove;
mod step;
pub mod storage;
mod wire;

pub use apply::Received;
pub use commit::{Built, CommitPlan};
pub use credential::LeafCredential;
pub use decrypt::Decrypted;
pub use device_keys::DeviceKeys;
pub use error::{KeyPackageError, MlsError};
pub use facts::{CommitView, LeafFacts, MemberView};
pub use group::{Group, GroupState};
pub use key_package::SignedKeyPackage;
pub use known::Known;
pub use rows::{Changes, RowSource, Rows};

/// The only suite: MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519 (RFC 9420 §17.1).
pub const SUITE: u16 = 0x0003;
/// GroupContext extension that carries the policy of a conversation (PROTOCOL A6.1; private use range).
pub const POLICY_EXTENSION: u16 = 0xF3A1;
/// Credential type of our leaves (DESIGN; private use range).
pub const CREDENTIAL_TYPE: u16 = 0xF1A1;
/// Context under which the leaf of a key package is certified; the creator's leaf is certified under the conversation id.
pub const KEY_PACKAGE_CONTEXT: &[u8] = b"kp";
/// Most leaves of a tree that a joiner accepts.
pub const MAX_LEAVES: usize = 1_100;
/// Most bytes of a welcome that a joiner accepts: 1 MiB.
pub const MAX_WELCOME: usize = 1 << 20;
/// Most bytes of a commit, proposal or application message: 1 MiB, the size of an entry (DECISIONS 7).
pub const MAX_MESSAGE: usize = 1 << 20;
/// Most bytes of the policy extension: 48 KiB. PROTOCOL A6.1 says 16; a thousand bans take 31.
pub const MAX_POLICY: usize = 48 << 10;
