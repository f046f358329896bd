//! `/tidings/log/1`: how nodes hand each other outer entries.

use super::mailbox::{MailboxRequest, MailboxResponse};
use tidings_crypto::id::{OuterId, QueueId};
use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize, VLByteVec};

use super::reconcile::{ReconcileRequest, Reconciled};

/// One entry with the public topic key of its queue.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct PushItem {
    /// The queue id is its hash.
    pub topic: [u8; 32],
    /// The outer entry.
    pub outer: VLByteVec,
    /// Why a node that does not know the queue shall keep it, a [`super::mailbox::QueueVoucher`]; empty if there is no reason.
    pub voucher: VLByteVec,
}

/// Where a reader stands in one queue of the store it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Position {
    /// The queue.
    pub queue: QueueId,
    /// The last counter it has seen; 0 for none.
    pub after: u64,
    /// The generation which the store named for that counter.
    pub generation: [u8; 16],
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum LogRequest {
    /// Keep these entries and say so once they are durable.
    #[tls_codec(discriminant = 1)]
    Push(Vec<PushItem>),
    /// What do you keep after these positions?
    List(Vec<Position>),
    /// Give me these entries of one queue.
    Fetch(FetchRequest),
    /// What only mailboxes are asked.
    #[tls_codec(discriminant = 10)]
    Mailbox(MailboxRequest),
    /// In which ranges do you have what I have not?
    #[tls_codec(discriminant = 20)]
    Reconcile(ReconcileRequest),
}

/// Entries wanted.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct FetchRequest {
    /// The queue.
    pub queue: QueueId,
    /// Counters at the store asked.
    pub counters: Vec<u64>,
}

/// What became of one pushed entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum PushStatus {
    /// Durable here, now or before.
    Kept = 1,
    /// Not an entry, or its signature does not hold: do not send it again.
    Refused = 2,
    /// No room: try later.
    NoRoom = 3,
    /// A queue that nobody here has asked for yet: try later, if somebody here is to.
    Unasked = 4,
}

/// One entry's place in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Listed {
    /// Its counter there.
    pub counter: u64,
    /// Which entry.
    pub id: OuterId,
}

/// What stands behind a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum Rest {
    /// Nothing.
    Nothing = 0,
    /// More: ask again from the last counter.
    More = 1,
    /// The position is not one of this store: it lost its counters, or they were never its own. The page is empty.
    UnknownPosition = 2,
}

/// What a store keeps of one queue after a position.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
pub struct Page {
    /// The queue.
    pub queue: QueueId,
    /// The generation of the last counter in it, for the asker's next position.
    pub generation: [u8; 16],
    /// In the order of counters.
    pub entries: Vec<Listed>,
    /// What stands behind them.
    pub rest: Rest,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserialize, TlsSize)]
#[repr(u8)]
pub enum LogResponse {
    /// One status for each pushed entry, in order.
    #[tls_codec(discriminant = 1)]
    Pushed(Vec<PushStatus>),
    /// One page for each queue the asker may read.
    Listed(Vec<Page>),
    /// Entries; those that did not fit are left out.
    Fetched(Vec<VLByteVec>),
    /// The request is not one.
    Malformed,
    /// A mailbox answers.
    #[tls_codec(discriminant = 10)]
    Mailbox(MailboxResponse),
    /// Where the ranges differ.
    #[tls_codec(discriminant = 20)]
    Reconciled(Reconciled),
}
