//! What an all-knowing observer has seen of the stores: decoded rows of all accounts, kept up from each committed step.
//!
//! Checkers read it; nodes never do. It owns no judgement: it records, checkers compare.

use std::collections::{BTreeMap, BTreeSet};

use tidings_crypto::id::{AccountId, ConversationId, DeviceId, EpochId, OuterId};
use tidings_crypto::outer::{LogKey, Outer};
use tidings_crypto::sign::VerifyingKey;
use tidings_protocol::record;
use tidings_protocol::record::contact::ContactRecord;
use tidings_protocol::record::conversation::{ConversationRecord, LogKeyRecord, Membership};
use tidings_protocol::record::epoch::EpochRecord;
use tidings_protocol::record::event::{EventKind, EventRecord};
use tidings_protocol::record::message::MessageRecord;
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::Write;
use tidings_protocol::wire::inner::{Inner, Signed};

use super::tree::Tree;

/// A client id: the name of a message on all nodes.
pub(crate) type MessageName = [u8; 16];

/// A message at the moment its sender encrypted it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) sender: AccountId,
    pub(crate) conversation: ConversationId,
    /// The state it was encrypted under.
    pub(crate) epoch: EpochId,
    pub(crate) number: u64,
    /// Counts the sender's messages in the conversation.
    pub(crate) index: u64,
}

/// A message row that a step wrote.
#[derive(Debug, Clone)]
pub(crate) struct MessageFact {
    pub(crate) account: AccountId,
    pub(crate) key: Vec<u8>,
    pub(crate) record: MessageRecord,
    /// What stood there before.
    pub(crate) before: Option<MessageRecord>,
}

/// A conversation row that a step wrote.
#[derive(Debug, Clone)]
pub(crate) struct TipFact {
    pub(crate) account: AccountId,
    pub(crate) record: ConversationRecord,
    pub(crate) before: Option<ConversationRecord>,
    /// The epoch authenticator, if the state of a new tip could be loaded.
    pub(crate) authenticator: Option<Vec<u8>>,
}

impl TipFact {
    /// Whether the account came to this epoch with this step.
    pub(crate) fn is_new(&self) -> bool {
        self.before.as_ref().is_none_or(|before| before.tip != self.record.tip)
    }
}

/// An entry that a step put into a queue.
#[derive(Debug, Clone)]
pub(crate) struct EntryFact {
    pub(crate) outer: Outer,
    pub(crate) id: OuterId,
    /// What is inside, if any account of the world has the key.
    pub(crate) inner: Option<Inner>,
}

/// What one step changed, decoded.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) messages: Vec<MessageFact>,
    /// Names of messages that lost a row in this step.
    pub(crate) dropped: Vec<(AccountId, MessageName)>,
    pub(crate) tips: Vec<TipFact>,
    pub(crate) entries: Vec<EntryFact>,
}

/// Everything seen so far.
#[derive(Default)]
pub(crate) struct View {
    pub(crate) conversations: BTreeMap<(AccountId, ConversationId), ConversationRecord>,
    pub(crate) contacts: BTreeMap<(AccountId, AccountId), ContactRecord>,
    pub(crate) messages: BTreeMap<(AccountId, Vec<u8>), MessageRecord>,
    /// Messages that wait for their conversation.
    pub(crate) waiting: BTreeMap<(AccountId, Vec<u8>), MessageRecord>,
    /// How many rows an account has of a message.
    pub(crate) copies: BTreeMap<(AccountId, MessageName), u32>,
    /// All epochs and who is in at each.
    pub(crate) tree: Tree,
    pub(crate) sent: BTreeMap<MessageName, Sent>,
    /// How often an account was told of a new message, with or without its place.
    pub(crate) told: BTreeMap<(Scope, MessageName, bool), u32>,
    /// Under which key a sender keeps its own message.
    own: BTreeMap<MessageName, Vec<u8>>,
    sent_count: BTreeMap<(AccountId, ConversationId), u64>,
    /// Rows that must be gone when all is done: by machine, scope and table.
    pub(crate) residue: BTreeMap<(usize, Scope, Table), BTreeSet<Vec<u8>>>,
    /// The machine that had an entry first: its author's.
    pub(crate) origins: BTreeMap<OuterId, usize>,
    log_keys: BTreeMap<[u8; 8], LogKey>,
    /// The member that cheats: nothing is promised to it, and nothing by it.
    pub(crate) cheat: Option<AccountId>,
    /// The key of each device.
    pub(crate) keys: BTreeMap<DeviceId, VerifyingKey>,
    /// Whose device it is.
    pub(crate) devices: BTreeMap<DeviceId, AccountId>,
}

/// Tables whose rows mean that something is still to be done.
const RESIDUE: [Table; 8] = [
    Table::Outbox,
    Table::Parcel,
    Table::Intent,
    Table::Waiting,
    Table::Pending,
    Table::Awaiting,
    Table::Inbox,
    Table::Wish,
];

impl View {
    /// Takes in the writes of one committed step of machine `host`.
    pub(crate) fn apply(&mut self, host: usize, writes: &[Write]) -> Facts {
        let mut facts = Facts::default();
        for write in writes {
            self.note_residue(host, write);
            if let (Table::LogKey, Some(value)) = (write.table, &write.value) {
                self.note_log_key(value);
            }
        }
        for write in writes {
            match write.scope {
                Scope::Node => self.note_entry(host, write, &mut facts),
                Scope::Account(account) => self.note_account_row(account, write, &mut facts),
            }
        }
        // Only now, since the tip may stand behind the message in the set.
        for fact in &facts.messages {
            self.note_sent(fact);
        }
        facts
    }

    /// The state of a conversation at one honest member: with whom the others are compared. None if nobody is in it any more.
    pub(crate) fn reference(&self, conversation: ConversationId) -> Option<&ConversationRecord> {
        let all =
            self.conversations.iter().filter(|((account, id), _)| *id == conversation && self.cheat != Some(*account));
        let mut inside = all.filter(|(_, record)| record.membership == Membership::Member).map(|(_, record)| record);
        let first = inside.next()?;
        // Who founded it and is in still, if there is a choice.
        let founder = self.conversations.get(&(first.creator, conversation));
        founder
            .filter(|record| record.membership == Membership::Member && self.cheat != Some(first.creator))
            .or(Some(first))
    }

    /// All conversations anybody has.
    pub(crate) fn all_conversations(&self) -> BTreeSet<ConversationId> {
        self.conversations.keys().map(|(_, conversation)| *conversation).collect()
    }

    /// Whether the epoch is the newest or one before it.
    pub(crate) fn is_on_chosen_branch(&self, conversation: ConversationId, epoch: EpochId) -> bool {
        self.reference(conversation).is_some_and(|now| self.tree.leads_to(epoch, now.tip))
    }

    /// Whether `account` was in at every epoch from `first` until now.
    pub(crate) fn was_in_since(&self, conversation: ConversationId, first: EpochId, account: AccountId) -> bool {
        self.reference(conversation).is_some_and(|now| self.tree.was_in_between(first, now.tip, account))
    }

    /// Whether an account holds an entry back.
    pub(crate) fn waits_for_an_entry(&self) -> bool {
        self.residue.iter().any(|((_, _, table), rows)| *table == Table::Pending && !rows.is_empty())
    }

    fn note_residue(&mut self, host: usize, write: &Write) {
        if !RESIDUE.contains(&write.table) {
            return;
        }
        let rows = self.residue.entry((host, write.scope, write.table)).or_default();
        if write.value.is_some() {
            rows.insert(write.key.clone())
        } else {
            rows.remove(&write.key)
        };
    }

    fn note_log_key(&mut self, value: &[u8]) {
        let record: LogKeyRecord = record::decode(value, "log key").expect("a log key row");
        let key = LogKey::from_bytes(record.key);
        self.log_keys.insert(key.tag(), key);
    }

    fn note_entry(&mut self, host: usize, write: &Write, facts: &mut Facts) {
        let (Table::QueueEntry, Some(value)) = (write.table, &write.value) else {
            return;
        };
        if let Some(fact) = self.read_entry(value) {
            self.origins.entry(fact.id).or_insert(host);
            facts.entries.push(fact);
        }
    }

    /// Reads an outer entry with the keys seen so far.
    pub(crate) fn read_entry(&self, bytes: &[u8]) -> Option<EntryFact> {
        let outer = Outer::parse(bytes).ok()?;
        let inner = self.log_keys.get(&outer.epoch_tag()).and_then(|key| outer.open(key).ok());
        let inner = inner.and_then(|bytes| Signed::parse(&bytes).ok());
        let inner = inner.filter(|signed| self.is_genuine(signed)).map(|signed| signed.inner);
        Some(EntryFact { id: outer.id(), outer, inner })
    }

    /// Whether an entry is of the device it names. Asked only where somebody cheats: it costs a verification an entry.
    fn is_genuine(&self, signed: &Signed) -> bool {
        self.cheat.is_none() || self.keys.get(&signed.inner.device).is_some_and(|key| signed.verify(key).is_ok())
    }

    fn note_account_row(&mut self, account: AccountId, write: &Write, facts: &mut Facts) {
        match (write.table, &write.value) {
            (Table::Message | Table::Waiting, value) => self.note_message(account, write, value.as_deref(), facts),
            (Table::Conversation, Some(value)) => self.note_conversation(account, value, facts),
            (Table::Epoch, Some(value)) => self.note_epoch(write, value),
            (Table::Event, Some(value)) => self.note_event(write.scope, value),
            (Table::Contact, Some(value)) => {
                let contact: ContactRecord = record::decode(value, "contact").expect("a contact row");
                self.contacts.insert((account, contact.account), contact);
            }
            _ => {}
        }
    }

    fn note_event(&mut self, scope: Scope, value: &[u8]) {
        let event: EventRecord = record::decode(value, "event").expect("an event row");
        if let EventKind::MessageNew { id, order } = event.kind {
            *self.told.entry((scope, id, order.is_empty())).or_default() += 1;
        }
    }

    /// The sender's row of a message.
    pub(crate) fn own_message(&self, sent: &Sent, name: &MessageName) -> Option<&MessageRecord> {
        self.messages.get(&(sent.sender, self.own.get(name)?.clone()))
    }

    fn note_message(&mut self, account: AccountId, write: &Write, value: Option<&[u8]>, facts: &mut Facts) {
        let arrived = write.table == Table::Message;
        let rows = if arrived { &mut self.messages } else { &mut self.waiting };
        let place = (account, write.key.clone());
        let before = rows.remove(&place);
        if let Some(before) = &before {
            *self.copies.entry((account, before.id)).or_default() -= 1;
            facts.dropped.push((account, before.id));
        }
        let Some(value) = value else {
            return;
        };
        let record: MessageRecord = record::decode(value, "message").expect("a message row");
        *self.copies.entry((account, record.id)).or_default() += 1;
        rows.insert(place, record.clone());
        if arrived {
            facts.messages.push(MessageFact { account, key: write.key.clone(), record, before });
        }
    }

    fn note_conversation(&mut self, account: AccountId, value: &[u8], facts: &mut Facts) {
        let record: ConversationRecord = record::decode(value, "conversation").expect("a conversation row");
        let before = self.conversations.insert((account, record.id), record.clone());
        facts.tips.push(TipFact { account, record, before, authenticator: None });
    }

    fn note_epoch(&mut self, write: &Write, value: &[u8]) {
        let record: EpochRecord = record::decode(value, "epoch").expect("an epoch row");
        let (conversation, epoch) = write.key.split_at(32);
        let ids = (ConversationId::try_from(conversation).expect("an id"), EpochId::try_from(epoch).expect("an id"));
        self.tree.note(ids.0, ids.1, &record);
    }

    fn note_sent(&mut self, fact: &MessageFact) {
        let name = fact.record.id;
        let Some(conversation) = fact.record.conversation.filter(|_| fact.record.sender == fact.account) else {
            return;
        };
        self.own.insert(name, fact.key.clone());
        if self.sent.contains_key(&name) {
            return;
        }
        let Some(record) = self.conversations.get(&(fact.account, conversation)) else {
            return;
        };
        let index = self.sent_count.entry((fact.account, conversation)).or_default();
        *index += 1;
        let sent = Sent { sender: fact.account, conversation, epoch: record.tip, number: record.epoch, index: *index };
        self.sent.insert(name, sent);
    }
}
