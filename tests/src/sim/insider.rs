//! A member that cheats: with the real keys of its account it writes what its node never would, and pushes it to the other members' nodes.
//!
//! Commits that it may not make, entries in others' names, a second entry at a place of its own log, receipts for everything. Nobody may
//! follow it; what honest members owe each other still holds. It owns no state: it takes keys from its account's rows, as a thief would.

use tidings_crypto::id::{AccountId, DeviceId};
use tidings_crypto::mls::{CommitPlan, Group};
use tidings_crypto::outer::{LogKey, Outer, TopicKey};
use tidings_crypto::sign::SigningKey;
use tidings_protocol::account::conversation::rule::Class;
use tidings_protocol::input::{Input, Protocol};
use tidings_protocol::record;
use tidings_protocol::record::conversation::{ConversationKind, ConversationRecord, Membership};
use tidings_protocol::record::profile::ProfileRecord;
use tidings_protocol::store::snapshot::Snapshot as _;
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::wire;
use tidings_protocol::wire::commit_body::{CommitBody, ReceiptBody, Span};
use tidings_protocol::wire::inner::{Draft, Inner, Kind, Place, Signed};
use tidings_protocol::wire::log::{LogRequest, PushItem};

use super::dice::Dice;
use super::schedule::Event;
use super::step::mls_rows;
use super::world::World;

impl World {
    /// The cheat does something.
    pub(crate) fn cheat(&mut self) {
        let Some(account) = self.view.cheat.filter(|_| !self.healed) else { return };
        let pause = self.fault_dice.between(2_000, 40_000);
        self.schedule.after(pause, Event::Cheat);
        let of_cheat = self.view.conversations.iter().filter(|((owner, _), _)| *owner == account);
        let foreign = of_cheat.map(|(_, record)| record).filter(|record| {
            record.kind == ConversationKind::Group
                && record.membership == Membership::Member
                && record.creator != account
        });
        let foreign: Vec<ConversationRecord> = foreign.cloned().collect();
        let Some(record) = self.fault_dice.pick(&foreign).cloned() else { return };
        let Some(frame) = self.forge(account, &record) else { return };
        self.say(|| format!("{account:?} cheats in {:?}", record.id));
        self.stats.cheats += 1;
        for node in 0..self.hosts.len() {
            if record.homes.contains(&self.names[node]) && self.fault_dice.chance(800) {
                let peer = self.hostile.node;
                let token = self.network.token();
                self.push(node, Input::PeerConnected(peer));
                self.push(node, Input::Request { peer, token, protocol: Protocol::Log, bytes: frame.clone() });
                self.push(node, Input::PeerDisconnected(peer));
            }
        }
    }

    /// A push of one entry that ought not to exist; none if the account is locked.
    fn forge(&mut self, account: AccountId, record: &ConversationRecord) -> Option<Vec<u8>> {
        let host = self.people.iter().find(|person| person.account == account)?.host;
        let store = &self.hosts[host].store;
        let profile = store.get(Scope::Account(account), Table::Profile, b"").ok()??;
        let profile: ProfileRecord = record::decode(&profile, "profile").ok()?;
        let rows = mls_rows(store, account, record.id, record.tip);
        let mut group = Group::load(record.id, rows).ok()?;
        let devices: Vec<DeviceId> = group.members().iter().map(|member| member.device()).collect();
        let mut device = profile.device;
        let (kind, body) = match self.fault_dice.below(5) {
            0 | 1 => (Kind::Commit, forbidden_commit(&mut self.fault_dice, &mut group)?),
            2 => {
                device = *self.fault_dice.pick(&devices)?;
                (Kind::App, self.fault_dice.junk(300))
            }
            3 => (Kind::App, self.fault_dice.junk(300)),
            _ => {
                let all = devices.iter().map(|device| Span { device: *device, first: 1, last: 1_000_000 }).collect();
                (Kind::Receipt, wire::encode(&ReceiptBody { delivered: all, unreadable: Vec::new(), read: Vec::new() }))
            }
        };
        let draft = Draft { conversation: record.id, kind, epoch: record.tip, commitment: [0; 32], body };
        let place = Place {
            device,
            sequence: record.own_sequence + 1,
            prev: record.own_head,
            prev_tag: record.own_tag,
            clock: record.clock + 1,
            dependencies: Vec::new(),
        };
        let signed = Signed::sign(Inner::new(draft, place), &SigningKey::from_seed(&profile.device_seed));
        let topic = TopicKey::derive(&record.topic_secret);
        let log_key = LogKey::from_bytes(record.log_key);
        let outer = Outer::seal(&topic, &log_key, self.fault_dice.bytes(), &signed.to_bytes()).ok()?;
        let item = PushItem {
            topic: *topic.public().as_bytes(),
            outer: wire::field(outer.to_bytes()),
            voucher: wire::field(Vec::new()),
        };
        Some(wire::encode(&LogRequest::Push(vec![item])))
    }
}

/// A commit by somebody who has no right to it: a removal, or a policy of the cheat's own.
fn forbidden_commit(dice: &mut Dice, group: &mut Group) -> Option<Vec<u8>> {
    let own = group.own_leaf();
    let others: Vec<u32> = group.members().iter().map(|member| member.leaf).filter(|leaf| *leaf != own).collect();
    let remove = dice.pick(&others).copied().filter(|_| dice.chance(700));
    let policy = if remove.is_none() { Some(dice.junk(100)) } else { None };
    let plan = CommitPlan { adds: Vec::new(), remove, self_removes: Vec::new(), policy };
    let built = group.commit(plan, dice.rng()).ok()?;
    let class = *dice.pick(&Class::ALL)?;
    let body = CommitBody::new(built.commit, class);
    Some(wire::encode(&body))
}
