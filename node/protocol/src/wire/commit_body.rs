//! The body of a commit entry: the MLS commit and what receivers need to judge and follow it.

use crate::account::policy::Link;
use tidings_crypto::id::DeviceId;
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

use super::rejoin::SignedRejoin;
use crate::account::conversation::rule::Class;

/// An identity log and the name under which the sender knows the account.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Introduction {
    /// The whole identity log.
    pub log: VLByteVec,
    /// UTF-8; a hint, not verified.
    pub name: VLByteVec,
    /// The newest reach record; empty if the account has never had a mailbox.
    pub reach: VLByteVec,
}

/// Where a removed device's log ends: later entries are refused (PROTOCOL A5.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Cut {
    /// The removed device.
    pub device: DeviceId,
    /// The last entry that counts.
    pub sequence: u64,
}

/// A commit entry's body.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct CommitBody {
    /// MLS PublicMessage.
    pub commit: VLByteVec,
    /// The SelfRemove proposals it refers to.
    pub self_removes: Vec<VLByteVec>,
    /// Accounts it adds.
    pub added: Vec<Introduction>,
    /// Logs it ends.
    pub cuts: Vec<Cut>,
    /// What it does, as its class: for those who can no longer look into it. Who can compares.
    pub class: u8,
    /// The requests it grants: devices that it removes and adds again.
    pub rejoins: Vec<SignedRejoin>,
    /// What bears out a change of roles, or of who may add people.
    pub link: Option<Link>,
}

impl CommitBody {
    /// The body of a commit that brings nobody, ends no log, grants no request.
    #[must_use]
    pub fn new(commit: Vec<u8>, class: Class) -> Self {
        Self {
            commit: VLByteVec::from(commit),
            self_removes: Vec::new(),
            added: Vec::new(),
            cuts: Vec::new(),
            class: class.number(),
            rejoins: Vec::new(),
            link: None,
        }
    }
}

/// A stretch of one device's log, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Span {
    /// Whose log.
    pub device: DeviceId,
    /// The first entry.
    pub first: u64,
    /// The last entry.
    pub last: u64,
}

/// The body of a receipt entry: what was received here since the receipt before.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct ReceiptBody {
    /// Several rows a device where its log has gaps.
    pub delivered: Vec<Span>,
    /// Entries within them that could not be decrypted.
    pub unreadable: Vec<Cut>,
    /// How far logs were read: looked at by a person, who lets others see that. At most one row a device.
    pub read: Vec<Cut>,
}
