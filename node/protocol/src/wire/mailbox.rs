//! What a node and a mailbox say to each other on `/tidings/log/1` beside pushing and reading (PROTOCOL A8).
//!
//! A mailbox is a node that keeps queues it cannot read. It knows its sponsors, the accounts for which it keeps them, by their identity logs,
//! and members of conversations not at all: whoever has a queue's topic key may write, and says with it which nodes may read.

use tidings_crypto::id::{AccountId, NodeId, QueueId};
use tidings_crypto::sign::{Label, Signature, SigningKey, VerifyingKey};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

use super::VERSION;
use super::log::Position;
use crate::error::Rejection;

/// Why a node shall keep a queue which it does not know.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum QueueVoucher {
    /// For one of its accounts, which has given the pusher a contact token.
    #[tls_codec(discriminant = 1)]
    Contact(ContactVoucher),
    /// For those for whom it keeps an earlier queue of the same conversation.
    Succession(SuccessionVoucher),
}

/// A contact token.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct ContactVoucher {
    /// Whose contact the pusher is.
    pub account: AccountId,
    /// The token.
    pub token: [u8; 16],
}

/// The word of a topic key for the queue after its own.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct SuccessionVoucher {
    /// The earlier queue's public topic key.
    pub topic: [u8; 32],
    /// By it, over the later queue's id.
    pub signature: Signature,
}

/// A question to a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum MailboxRequest {
    /// Keep these queues and items for an account.
    #[tls_codec(discriminant = 1)]
    Register(SignedRegistration),
    /// Give me what came into an account's inbox; what you gave me before is durable here.
    Collect(CollectRequest),
    /// These queues are durable here up to these counters of yours.
    HaveRead(Vec<Position>),
    /// From a mailbox to a reader that is connected: something came.
    SomethingCame,
}

/// Give me an account's inbox items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct CollectRequest {
    /// Whose.
    pub account: AccountId,
    /// The number of the last item that is durable at the asker; 0 for none.
    pub after: u64,
}

/// One item with its number at the mailbox.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Collected {
    /// Counts up.
    pub number: u64,
    /// Sealed.
    pub item: VLByteVec,
}

/// An answer of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum MailboxResponse {
    /// What it keeps for the account now.
    #[tls_codec(discriminant = 1)]
    Registered(Standing),
    /// It does not keep for this account.
    Refused(RefusalCause),
    /// Items in order; more may wait behind them.
    Collected(Vec<Collected>),
    /// Noted.
    Done,
}

/// Why a mailbox does not keep for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum RefusalCause {
    /// This node is no mailbox for others.
    NoMailbox = 1,
    /// It keeps against a voucher only.
    VoucherNeeded = 2,
    /// The voucher is unknown, used by another account, or too old.
    Voucher = 3,
    /// The registration does not hold, or is older than the one known.
    Registration = 4,
    /// It keeps for as many accounts as it may without vouchers.
    Full = 5,
}

/// How an account stands with a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Standing {
    /// Most bytes kept for it.
    pub quota: u64,
    /// Bytes kept for it.
    pub used: u64,
    /// Key packages left in its pool there, the last resort not counted.
    pub key_packages: u32,
    /// 1 if the last resort was handed out.
    pub last_resort_used: u8,
}

/// One queue to keep, with the right of some nodes to read it.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct QueueClaim {
    /// The public topic key.
    pub topic: [u8; 32],
    /// 1 if another queue carries the conversation by now.
    pub closing: u8,
    /// The home nodes of the members, each with the topic key's word that it may read here.
    pub readers: Vec<Reader>,
}

/// A node that may read a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Reader {
    /// Which.
    pub node: NodeId,
    /// By the topic key, over mailbox and reader.
    pub signature: Signature,
}

/// Everything a mailbox shall keep for an account.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Registration {
    /// Always 1.
    pub version: u8,
    /// For whom.
    pub account: AccountId,
    /// Which mailbox is meant.
    pub mailbox: NodeId,
    /// The node that collects.
    pub home: NodeId,
    /// Unix milliseconds; an older registration never replaces a newer one.
    pub issued_at: u64,
    /// What the operator gave the owner of the account; empty if nothing.
    pub voucher: VLByteVec,
    /// The identity log, to be shown to whoever asks for the account.
    pub identity_log: VLByteVec,
    /// The box key record; the same.
    pub box_key: VLByteVec,
    /// The reach record; the same.
    pub reach: VLByteVec,
    /// All queues; those that are not named any more are given up.
    pub queues: Vec<QueueClaim>,
    /// Hashes of all contact tokens.
    pub tokens: Vec<[u8; 32]>,
    /// Key packages to hand out to contacts, beside those that are there.
    pub key_packages: Vec<VLByteVec>,
    /// One to hand out when there is no other; empty if there is no new one.
    pub last_resort: VLByteVec,
}

/// A registration under a device of its account.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct SignedRegistration {
    registration: VLByteVec,
    signature: Signature,
}

impl SignedRegistration {
    /// Signs as a device of the account.
    #[must_use]
    pub fn sign(registration: &Registration, device_key: &SigningKey) -> Self {
        let bytes = super::encode(registration);
        let signature = device_key.sign(Label::Registration, &bytes);
        Self { registration: super::field(bytes), signature }
    }

    /// The registration, not yet verified.
    ///
    /// # Errors
    /// [`Rejection::Malformed`].
    pub fn parse(&self) -> Result<Registration, Rejection> {
        let registration: Registration = super::decode(self.registration.as_slice(), "registration")?;
        if registration.version == VERSION {
            Ok(registration)
        } else {
            Err(Rejection::Malformed { what: "registration" })
        }
    }

    /// Checks that this device signed it.
    ///
    /// # Errors
    /// [`Rejection::Refused`].
    pub fn verify(&self, device_key: &VerifyingKey) -> Result<(), Rejection> {
        device_key
            .verify(Label::Registration, self.registration.as_slice(), &self.signature)
            .map_err(|_| Rejection::Refused { reason: "signature of a registration" })
    }
}

/// The queue of a claim.
#[must_use]
pub fn claimed(claim: &QueueClaim) -> QueueId {
    tidings_crypto::outer::queue_of(&VerifyingKey::from_bytes(claim.topic))
}
