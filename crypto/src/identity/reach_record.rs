//! The reach record: which mailboxes keep entries and items for an account, signed by its device key.
//!
//! Spec: `PROTOCOL.md` A8, `DECISIONS.md` 2, 17. It stands beside the identity log: the root key is not on the node, and mailboxes change more
//! often than homes. Of two records of one device the one issued later counts ([`ReachRecord::is_newer_than`]).

use super::{IdentityLog, MAX_ADDRESS, MAX_MAILBOX_ADDRESSES, MAX_MAILBOXES};
use crate::codec::{decode_exact, encode};
use crate::id::{AccountId, DeviceId, NodeId};
use crate::sign::{Label, Signature, SigningKey};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

/// Why a reach record is refused, or can't be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReachError {
    /// Not one well-formed record.
    #[error("the reach record is malformed")]
    Malformed,
    /// More mailboxes, or more or longer addresses, than allowed, or one node twice.
    #[error("the reach record names too many mailboxes or addresses")]
    Mailboxes,
    /// The record belongs to another account.
    #[error("the reach record belongs to another account")]
    Account,
    /// The account has no such device.
    #[error("the reach record is of a device the account does not have")]
    Device,
    /// The device key did not sign it.
    #[error("the reach record is not signed by its device")]
    Signature,
}

/// One mailbox: a node, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The node that keeps.
    pub node: NodeId,
    /// Binary multiaddrs.
    pub addresses: Vec<Vec<u8>>,
}

impl Mailbox {
    /// Checks that a record may name it.
    ///
    /// # Errors
    /// [`ReachError::Mailboxes`].
    pub fn check(&self) -> Result<(), ReachError> {
        check(std::slice::from_ref(self))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Named {
    node: NodeId,
    addresses: Vec<VLByteVec>,
}

#[derive(Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Content {
    version: u8,
    account: AccountId,
    device: DeviceId,
    mailboxes: Vec<Named>,
    issued_at: u64,
}

#[derive(Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
struct Frame {
    content: Content,
    signature: Signature,
}

const VERSION: u8 = 1;

/// A device's statement of where its account's mailboxes are. Well-formed once made; who signed it, [`ReachRecord::verify`] says.
#[derive(Clone, PartialEq, Eq)]
pub struct ReachRecord {
    frame: Frame,
    mailboxes: Vec<Mailbox>,
}

impl ReachRecord {
    /// Makes and signs the record of `device_key`'s device in `account`. `issued_at` is in unix milliseconds, so that two changes within a
    /// second have an order.
    ///
    /// # Errors
    /// [`ReachError::Mailboxes`].
    pub fn create(
        account: AccountId,
        device_key: &SigningKey,
        mailboxes: Vec<Mailbox>,
        issued_at: u64,
    ) -> Result<Self, ReachError> {
        check(&mailboxes)?;
        let named = |mailbox: &Mailbox| Named {
            node: mailbox.node,
            addresses: mailbox.addresses.iter().cloned().map(VLByteVec::from).collect(),
        };
        let device = DeviceId::derive(&account, &device_key.verifying_key());
        let content =
            Content { version: VERSION, account, device, mailboxes: mailboxes.iter().map(named).collect(), issued_at };
        let signature = device_key.sign(Label::Reach, &encode(&content));
        Ok(Self { frame: Frame { content, signature }, mailboxes })
    }

    /// Reads a record; its signature is not checked yet.
    ///
    /// # Errors
    /// [`ReachError::Malformed`], [`ReachError::Mailboxes`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReachError> {
        let frame: Frame = decode_exact(bytes).map_err(|_| ReachError::Malformed)?;
        if frame.content.version != VERSION {
            return Err(ReachError::Malformed);
        }
        let mailbox = |named: &Named| Mailbox {
            node: named.node,
            addresses: named.addresses.iter().map(|address| address.as_slice().to_vec()).collect(),
        };
        let mailboxes: Vec<Mailbox> = frame.content.mailboxes.iter().map(mailbox).collect();
        check(&mailboxes)?;
        Ok(Self { frame, mailboxes })
    }

    /// The record as sent and stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&self.frame)
    }

    /// Checks that a device of this identity log signed the record.
    ///
    /// # Errors
    /// [`ReachError::Account`], [`ReachError::Device`], [`ReachError::Signature`].
    pub fn verify(&self, log: &IdentityLog) -> Result<(), ReachError> {
        let Frame { content, signature } = &self.frame;
        if content.account != log.account_id() {
            return Err(ReachError::Account);
        }
        let device = log.device(content.device).ok_or(ReachError::Device)?;
        device.device_key.verify(Label::Reach, &encode(content), signature).map_err(|_| ReachError::Signature)
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.frame.content.account
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.frame.content.device
    }

    /// The mailboxes, at most [`MAX_MAILBOXES`]; none if the account has given up all of them.
    #[must_use]
    pub fn mailboxes(&self) -> &[Mailbox] {
        &self.mailboxes
    }

    /// When it was issued, unix milliseconds by the device's clock.
    #[must_use]
    pub fn issued_at(&self) -> u64 {
        self.frame.content.issued_at
    }

    /// Whether this record replaces `other`: same account, issued later.
    #[must_use]
    pub fn is_newer_than(&self, other: &ReachRecord) -> bool {
        self.account() == other.account() && self.issued_at() > other.issued_at()
    }
}

fn check(mailboxes: &[Mailbox]) -> Result<(), ReachError> {
    let twice = mailboxes
        .iter()
        .enumerate()
        .any(|(place, mailbox)| mailboxes.iter().take(place).any(|other| other.node == mailbox.node));
    let addresses = mailboxes.iter().any(|mailbox| {
        mailbox.addresses.len() > MAX_MAILBOX_ADDRESSES
            || mailbox.addresses.iter().any(|address| address.len() > MAX_ADDRESS)
    });
    if twice || addresses || mailboxes.len() > MAX_MAILBOXES { Err(ReachError::Mailboxes) } else { Ok(()) }
}

impl std::fmt::Debug for ReachRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReachRecord")
            .field("mailboxes", &self.mailboxes.len())
            .field("issued_at", &self.issued_at())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::identity::DeviceRecord;

    struct Person {
        log: IdentityLog,
        device: SigningKey,
    }

    fn person(seed: u8) -> Person {
        let root = SigningKey::from_seed(&[seed; 32]);
        let device = SigningKey::from_seed(&[seed + 1; 32]);
        let mut log = IdentityLog::create(&root, [seed; 32]);
        log.add_device(&root, DeviceRecord { device_key: device.verifying_key(), not_after: u64::MAX }).unwrap();
        Person { log, device }
    }

    fn mailbox(node: u8) -> Mailbox {
        Mailbox { node: NodeId::from_bytes([node; 32]), addresses: vec![vec![node; 8]] }
    }

    fn record(person: &Person, mailboxes: Vec<Mailbox>, issued_at: u64) -> ReachRecord {
        ReachRecord::create(person.log.account_id(), &person.device, mailboxes, issued_at).unwrap()
    }

    // REQ-MBOX-1
    #[test]
    fn a_record_counts_only_under_a_device_of_its_account() {
        let (alice, mallory) = (person(1), person(11));
        let made = record(&alice, vec![mailbox(7), mailbox(8)], 5);
        let read = ReachRecord::parse(&made.to_bytes()).unwrap();
        assert_eq!(read.mailboxes(), made.mailboxes());
        assert_eq!(read.verify(&alice.log), Ok(()));
        assert_eq!(read.verify(&mallory.log), Err(ReachError::Account));
        let forged = ReachRecord::create(alice.log.account_id(), &mallory.device, vec![mailbox(9)], 6).unwrap();
        assert_eq!(forged.verify(&alice.log), Err(ReachError::Device));
        let honest = made.to_bytes();
        for at in 1..honest.len() {
            let mut changed = honest.clone();
            changed[at] ^= 1;
            assert!(!ReachRecord::parse(&changed).is_ok_and(|record| record.verify(&alice.log).is_ok()), "byte {at}");
        }
    }

    // REQ-MBOX-1
    #[test]
    fn a_record_names_at_most_three_mailboxes_each_once() {
        let alice = person(1);
        let account = alice.log.account_id();
        let make = |mailboxes| ReachRecord::create(account, &alice.device, mailboxes, 1).map(drop);
        assert_eq!(make((1..=3).map(mailbox).collect()), Ok(()));
        assert_eq!(make((1..=4).map(mailbox).collect()), Err(ReachError::Mailboxes));
        assert_eq!(make(vec![mailbox(1), mailbox(1)]), Err(ReachError::Mailboxes));
        let long = Mailbox { addresses: vec![vec![0; MAX_ADDRESS + 1]], ..mailbox(1) };
        assert_eq!(make(vec![long]), Err(ReachError::Mailboxes));
    }

    // REQ-MBOX-1
    #[test]
    fn the_record_issued_later_counts() {
        let (alice, bob) = (person(1), person(11));
        let (old, new) = (record(&alice, vec![mailbox(1)], 5), record(&alice, vec![], 6));
        assert!(new.is_newer_than(&old));
        assert!(!old.is_newer_than(&new) && !old.is_newer_than(&old));
        assert!(!record(&bob, vec![], 9).is_newer_than(&old));
    }
}
