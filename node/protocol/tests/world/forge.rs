//! What an attacker makes with real keys: entries, commits, inbox items. Every part of them can be chosen.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tidings_crypto::id::{AccountId, ConversationId, DeviceId, EntryId, EpochId, NodeId};
use tidings_crypto::mls::{DeviceKeys, Group, Rows};
use tidings_crypto::outer::{LogKey, Outer, TopicKey};
use tidings_crypto::sign::{Label, Signature, SigningKey};
use tidings_crypto::{box_key, encode};
use tidings_protocol::account::conversation::rule::Class;
use tidings_protocol::input::Protocol;
use tidings_protocol::limits::BUNDLE_PART_BYTES_MAX;
use tidings_protocol::record;
use tidings_protocol::record::conversation::ConversationRecord;
use tidings_protocol::record::directory::DirectoryRecord;
use tidings_protocol::record::log::DeviceLogRecord;
use tidings_protocol::record::profile::ProfileRecord;
use tidings_protocol::store::snapshot::Snapshot;
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::wire;
use tidings_protocol::wire::bundle::{BundlePart, digests};
use tidings_protocol::wire::content::Content;
use tidings_protocol::wire::inbox::{INFO, InboxItem, InboxRequest, InboxResponse, Item, Told, ToldCommit};
use tidings_protocol::wire::inner::Dependency;
use tidings_protocol::wire::log::{LogRequest, LogResponse, PushItem, PushStatus};
use tls_codec::{TlsSerialize, TlsSize, VLByteVec};

use super::{Person, World};

pub(crate) const APP: u8 = 1;
pub(crate) const COMMIT: u8 = 2;
pub(crate) const SELF_REMOVE: u8 = 3;
pub(crate) const RECEIPT: u8 = 4;
pub(crate) const FORK_VOTE: u8 = 6;
pub(crate) const VOID: u8 = 7;

/// The inner entry, field by field as it is signed.
#[derive(Clone, TlsSerialize, TlsSize)]
pub(crate) struct RawInner {
    pub(crate) version: u8,
    pub(crate) conversation: ConversationId,
    pub(crate) device: DeviceId,
    pub(crate) generation: u16,
    pub(crate) sequence: u64,
    pub(crate) prev: [u8; 32],
    pub(crate) prev_tag: [u8; 8],
    pub(crate) clock: u64,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) kind: u8,
    pub(crate) epoch: EpochId,
    pub(crate) commitment: [u8; 32],
    pub(crate) body: VLByteVec,
}

#[derive(TlsSerialize, TlsSize)]
struct RawSigned {
    inner: VLByteVec,
    signature: Signature,
}

/// An entry about to be forged: as its author's next one would be, until changed.
#[derive(Clone)]
pub(crate) struct Forgery {
    pub(crate) inner: RawInner,
    pub(crate) signer: SigningKey,
    pub(crate) label: Label,
    pub(crate) log_key: [u8; 32],
    pub(crate) topic_secret: [u8; 32],
    pub(crate) nonce: [u8; 24],
}

impl Forgery {
    pub(crate) fn body(mut self, kind: u8, body: Vec<u8>) -> Self {
        (self.inner.kind, self.inner.body) = (kind, body.into());
        self
    }

    /// Makes it an application message with `text`, encrypted by `group`.
    pub(crate) fn message(self, group: &mut Group, text: &str) -> Self {
        let content = Content::text(*self.nonce.first_chunk().unwrap(), self.inner.clock >> 16, text.to_owned());
        self.content(group, &content)
    }

    /// Makes it an application message with any content, encrypted by `group`.
    pub(crate) fn content(mut self, group: &mut Group, content: &Content) -> Self {
        self.inner.commitment = content.commitment();
        let body = group.encrypt(&content.to_bytes(), &mut ChaCha20Rng::from_seed([5; 32])).unwrap();
        self.body(APP, body)
    }

    pub(crate) fn outer(&self) -> Outer {
        let inner = encode(&self.inner);
        let signature = self.signer.sign(self.label, &inner);
        let signed = encode(&RawSigned { inner: inner.into(), signature });
        Outer::seal(&TopicKey::derive(&self.topic_secret), &LogKey::from_bytes(self.log_key), self.nonce, &signed)
            .unwrap()
    }

    /// The entry that follows this one in the same log.
    pub(crate) fn successor(&self) -> Self {
        let mut next = self.clone();
        next.inner.sequence += 1;
        next.inner.prev = *tidings_crypto::EntryId::of(&encode(&self.inner)).as_bytes();
        next.inner.prev_tag = LogKey::from_bytes(self.log_key).tag();
        next.inner.clock += 1;
        let number = u16::from_le_bytes([next.nonce[0], next.nonce[1]]).wrapping_add(1);
        next.nonce[..2].copy_from_slice(&number.to_le_bytes());
        next
    }
}

/// What a welcome tells of the second epoch of a conversation, to which a commit of `author` leads that nobody has seen.
pub(crate) fn second_epoch(conversation: ConversationId, author: AccountId) -> Told {
    let (parent, id) = (EpochId::first(&conversation), EntryId::from_bytes([4; 32]));
    let device = DeviceId::from_bytes([4; 16]);
    let commit = ToldCommit { id, author, device, sequence: 1, class: Class::Admin.number(), rank: 0, demoted: 0 };
    Told { epoch: EpochId::next(&conversation, &parent, &id), parent, number: 1, commit: vec![commit] }
}

impl World {
    pub(crate) fn profile(&self, person: Person) -> ProfileRecord {
        record::decode(&self.rows(person, Table::Profile)[0].1, "test").unwrap()
    }

    pub(crate) fn device_keys(&self, person: Person) -> DeviceKeys {
        let profile = self.profile(person);
        DeviceKeys {
            account: person.account,
            device: profile.device,
            device_key: SigningKey::from_seed(&profile.device_seed),
            identity_head: profile.identity_head,
            not_after: profile.not_after,
        }
    }

    pub(crate) fn directory(&self, person: Person) -> DirectoryRecord {
        let store = &self.hosts[person.host].store;
        let bytes = store.get(Scope::Node, Table::Directory, person.account.as_bytes()).unwrap().unwrap();
        record::decode(&bytes, "test").unwrap()
    }

    /// The MLS group of `person` at one epoch, out of its rows.
    pub(crate) fn mls(&self, person: Person, conversation: ConversationId, epoch: EpochId) -> Group {
        let prefix = [conversation.as_bytes().as_slice(), epoch.as_bytes()].concat();
        let all = self.rows(person, Table::Mls).into_iter();
        let rows: Rows = all
            .filter(|(row, _)| row.starts_with(&prefix))
            .map(|(row, value)| (row[prefix.len()..].to_vec(), value))
            .collect();
        Group::load(conversation, rows).unwrap()
    }

    pub(crate) fn tip(&self, person: Person, conversation: ConversationId) -> Group {
        self.mls(person, conversation, self.conversation(person, conversation).tip)
    }

    /// What `reader` keeps of the log of `author`'s device.
    pub(crate) fn device_log(&self, reader: Person, id: ConversationId, author: Person) -> DeviceLogRecord {
        let row = [id.as_bytes().as_slice(), self.profile(author).device.as_bytes()].concat();
        let rows = self.rows(reader, Table::DeviceLog);
        record::decode(&rows.iter().find(|(key, _)| *key == row).unwrap().1, "test").unwrap()
    }

    /// The next entry of `author`, an empty receipt, for the attacker to change.
    pub(crate) fn forgery(&mut self, author: Person, id: ConversationId) -> Forgery {
        let (profile, record) = (self.profile(author), self.conversation(author, id));
        self.forgery_from(&profile, &record)
    }

    /// As [`World::forgery`], from rows that were kept from earlier.
    pub(crate) fn forgery_from(&mut self, profile: &ProfileRecord, record: &ConversationRecord) -> Forgery {
        let inner = RawInner {
            version: 1,
            conversation: record.id,
            device: profile.device,
            generation: 0,
            sequence: record.own_sequence + 1,
            prev: record.own_head,
            prev_tag: record.own_tag,
            clock: record.clock.max(self.now << 16) + 1,
            dependencies: Vec::new(),
            kind: RECEIPT,
            epoch: record.tip,
            commitment: [0; 32],
            body: vec![0, 0].into(),
        };
        let signer = SigningKey::from_seed(&profile.device_seed);
        let nonce = self.seed()[..24].try_into().unwrap();
        let (log_key, topic_secret) = (record.log_key, record.topic_secret);
        Forgery { inner, signer, label: Label::Entry, log_key, topic_secret, nonce }
    }

    /// A stranger's node pushes an entry with this topic key.
    pub(crate) fn push_raw(&mut self, host: usize, topic: [u8; 32], outer: Vec<u8>) -> PushStatus {
        self.push_as(NodeId::from_bytes([0xee; 32]), host, topic, outer)
    }

    pub(crate) fn push_as(&mut self, peer: NodeId, host: usize, topic: [u8; 32], outer: Vec<u8>) -> PushStatus {
        let request = LogRequest::Push(vec![PushItem { topic, outer: outer.into(), voucher: vec![].into() }]);
        let answer = self.ask_as(peer, host, Protocol::Log, wire::encode(&request));
        match wire::decode::<LogResponse>(&answer, "test").unwrap() {
            LogResponse::Pushed(statuses) => statuses[0],
            other => panic!("{other:?}"),
        }
    }

    /// Pushes a forged entry to the nodes of `victims`; everything that follows happens.
    pub(crate) fn publish(&mut self, forgery: &Forgery, victims: &[Person]) {
        let topic = *TopicKey::derive(&forgery.topic_secret).public().as_bytes();
        let mut hosts: Vec<usize> = victims.iter().map(|victim| victim.host).collect();
        hosts.dedup();
        for host in hosts {
            assert_eq!(self.push_raw(host, topic, forgery.outer().to_bytes()), PushStatus::Kept);
        }
        self.advance(3_000);
    }

    /// Seals an item to the box key of `to` and drops it into its inbox.
    pub(crate) fn post(&mut self, to: Person, item: &InboxItem) -> InboxResponse {
        let sealed = self.seal_item(to, &wire::encode(item));
        self.post_raw(to.host, to.account, sealed)
    }

    pub(crate) fn seal_item(&mut self, to: Person, item: &[u8]) -> Vec<u8> {
        let box_key = tidings_crypto::BoxKeyRecord::parse(&self.directory(to).box_key).unwrap();
        let mut rng = ChaCha20Rng::from_seed(self.seed());
        box_key::seal(box_key.key(), INFO, to.account.as_bytes(), item, &mut rng)
    }

    pub(crate) fn post_raw(&mut self, host: usize, recipient: AccountId, sealed: Vec<u8>) -> InboxResponse {
        self.post_item(host, recipient, &Item::Sealed(sealed.into()))
    }

    /// A peer that is not one of ours leaves an item for an account.
    pub(crate) fn post_item(&mut self, host: usize, recipient: AccountId, item: &Item) -> InboxResponse {
        let request = InboxRequest { recipient, item: wire::encode(item).into() };
        let answer = self.ask(host, Protocol::Inbox, wire::encode(&request));
        self.advance(3_000);
        wire::decode(&answer, "test").unwrap()
    }

    /// Leaves a whole bundle for `to`.
    pub(crate) fn post_bundle(&mut self, to: Person, sealed: &[u8]) {
        for part in parts(&[to.account], sealed, BUNDLE_PART_BYTES_MAX) {
            assert_eq!(self.post_item(to.host, to.account, &Item::Part(part)), InboxResponse::Kept);
        }
    }

    /// Every sealed item that went to an inbox over the wire, opened with the recipient's key.
    pub(crate) fn items_for(&self, person: Person) -> Vec<InboxItem> {
        let secret = tidings_crypto::BoxSecretKey::from_seed(&self.profile(person).box_seed);
        let open = |frame: &Vec<u8>| {
            let request = wire::decode::<InboxRequest>(frame, "test").ok()?;
            let Ok(Item::Sealed(sealed)) = wire::decode(request.item.as_slice(), "test") else { return None };
            let plain = box_key::open(&secret, INFO, person.account.as_bytes(), sealed.as_slice()).ok()?;
            wire::decode::<InboxItem>(&plain, "test").ok()
        };
        self.frames.iter().filter_map(open).collect()
    }
}

/// A sealed bundle for `guests` in parts of `bytes`.
pub(crate) fn parts(guests: &[AccountId], sealed: &[u8], bytes: usize) -> Vec<BundlePart> {
    let pieces: Vec<&[u8]> = sealed.chunks(bytes).collect();
    let digests = digests(&pieces);
    let part = |(index, piece): (u8, &&[u8])| BundlePart {
        guests: guests.to_vec(),
        digests: digests.clone(),
        index,
        bytes: piece.to_vec().into(),
    };
    (0..).zip(&pieces).map(part).collect()
}
