//! Planted bugs: mistakes a shell could make. They prove that each checker sees what it is for.
//!
//! They live here and nowhere in the product. A world has at most one.

use std::collections::BTreeMap;

use tidings_crypto::id::AccountId;
use tidings_protocol::account::policy::Policy;
use tidings_protocol::command::{Answer, Command};
use tidings_protocol::effect::{Effect, Output};
use tidings_protocol::error::Rejection;
use tidings_protocol::input::{Input, Protocol};
use tidings_protocol::record;
use tidings_protocol::record::conversation::{ConversationRecord, Membership};
use tidings_protocol::record::message::{DeliveryState, MessageRecord};
use tidings_protocol::store::memory::MemoryStore;
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::Write;

use super::view::View;

/// One mistake of a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// It keeps a log of what was sent, in a row of the node.
    TextInNodeRow,
    /// It adds the sender's text to the next frame, "for tracing".
    TextOnTheWire,
    /// It loses the row of the ratchet when an own message is committed.
    RatchetNotStored,
    /// It writes the ratchet of before the message back, as a cache would that flushes late.
    RatchetWrittenBack,
    /// It runs effects before it commits, and then dies.
    EffectsBeforeCommit,
    /// It stores every third received message a second time.
    MessageStoredTwice,
    /// It files a received message under a wrong place.
    WrongPlace,
    /// It hands new messages to every account of the machine that ever was in the conversation.
    ForRemovedToo,
    /// It gives newcomers what others on the machine have of the conversation.
    HistoryForNewcomers,
    /// It keeps a conversation with one member less than there are.
    MemberHidden,
    /// It keeps a conversation in which one of its members is banned.
    MemberBanned,
    /// It sends nothing on the log protocol.
    NothingPushed,
    /// It never rings the core's timer.
    NoTimer,
    /// It shows messages as delivered when they are only queued.
    DeliveredTooSoon,
    /// It puts an old row of a delivered message back.
    StateGoesBack,
    /// It answers that a member is removed and forgets to do it.
    RemovalForgotten,
    /// It answers each receipt with a receipt: what it got from a peer it asks for again, for ever.
    EndlessTalk,
    /// It says "done" where the core refused for lack of a role.
    RefusalIgnored,
    /// It keeps a list of who was typing.
    TypingStored,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::TextInNodeRow,
        Self::TextOnTheWire,
        Self::RatchetNotStored,
        Self::RatchetWrittenBack,
        Self::EffectsBeforeCommit,
        Self::MessageStoredTwice,
        Self::WrongPlace,
        Self::ForRemovedToo,
        Self::HistoryForNewcomers,
        Self::MemberHidden,
        Self::MemberBanned,
        Self::NothingPushed,
        Self::NoTimer,
        Self::DeliveredTooSoon,
        Self::StateGoesBack,
        Self::RemovalForgotten,
        Self::EndlessTalk,
        Self::RefusalIgnored,
        Self::TypingStored,
    ];

    /// The checker that must see it.
    #[must_use]
    pub const fn seen_by(self) -> &'static str {
        match self {
            Self::TextInNodeRow | Self::TextOnTheWire => "plaintext",
            Self::RatchetNotStored | Self::RatchetWrittenBack => "key-reuse",
            Self::EffectsBeforeCommit => "durability",
            Self::MessageStoredTwice => "once",
            Self::WrongPlace => "order",
            Self::ForRemovedToo | Self::HistoryForNewcomers => "secrecy",
            Self::MemberHidden | Self::MemberBanned => "epochs",
            Self::NothingPushed | Self::NoTimer => "delivery",
            Self::DeliveredTooSoon | Self::StateGoesBack => "states",
            Self::RemovalForgotten => "wishes",
            Self::EndlessTalk => "quiet",
            Self::RefusalIgnored => "rejections",
            Self::TypingStored => "passing",
        }
    }
}

/// Makes the mistake, if the world has one.
#[derive(Default)]
pub(crate) struct Saboteur {
    bug: Option<Bug>,
    count: u64,
    text: Option<String>,
    /// Rows to be written back with the next step of their account.
    old_rows: BTreeMap<AccountId, Vec<Write>>,
}

/// What the saboteur may look at.
pub(crate) struct Scene<'a> {
    pub(crate) view: &'a View,
    pub(crate) store: &'a MemoryStore,
    /// Unlocked accounts of the machine.
    pub(crate) neighbours: &'a [AccountId],
}

impl Saboteur {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self { bug, ..Self::default() }
    }

    /// Whether effects are run before the commit, which then never comes.
    pub(crate) fn effects_first(&mut self, input: &Input) -> bool {
        self.bug == Some(Bug::EffectsBeforeCommit) && text_of(input).is_some() && self.every(3)
    }

    /// Spoils what the core asked for.
    pub(crate) fn spoil(&mut self, scene: &Scene<'_>, input: &Input, output: &mut Output) {
        match self.bug {
            Some(Bug::TextInNodeRow) => {
                if let Some(text) = text_of(input) {
                    output.writes.put(Scope::Node, Table::Session, b"log".to_vec(), text.as_bytes().to_vec());
                }
            }
            Some(Bug::TextOnTheWire) => self.leak_on_the_wire(input, output),
            Some(Bug::RatchetNotStored) => {
                if text_of(input).is_some() {
                    output.writes.0.retain(|write| write.table != Table::Mls);
                }
            }
            Some(Bug::RatchetWrittenBack) => self.write_ratchet_back(scene, input, output),
            Some(Bug::MessageStoredTwice) => self.store_twice(output),
            Some(Bug::WrongPlace) => self.misplace(output),
            Some(Bug::ForRemovedToo) => fan_out(scene, output),
            Some(Bug::HistoryForNewcomers) => give_history(scene, output),
            Some(Bug::NothingPushed) => output.effects.retain(|effect| !is_log_request(effect)),
            Some(Bug::NoTimer) => {
                if matches!(input, Input::Tick) {
                    *output = Output::default();
                }
            }
            Some(Bug::DeliveredTooSoon) => change_own_messages(output, |record| {
                record.states.iter_mut().for_each(|state| state.state = DeliveryState::Delivered);
            }),
            Some(Bug::StateGoesBack) => change_own_messages(output, |record| {
                let all = record.states.iter().all(|state| state.state == DeliveryState::Delivered);
                record.states.iter_mut().filter(|_| all).for_each(|state| state.state = DeliveryState::Queued);
            }),
            Some(Bug::RemovalForgotten) => forget_removal(input, output),
            Some(Bug::EndlessTalk) => talk_on(input, output),
            Some(Bug::RefusalIgnored) => pretend(output),
            Some(Bug::TypingStored) => list_who_types(output),
            Some(Bug::MemberHidden) => hide_a_member(output),
            Some(Bug::MemberBanned) => ban_a_member(output),
            Some(Bug::EffectsBeforeCommit) | None => {}
        }
    }

    fn every(&mut self, nth: u64) -> bool {
        self.count += 1;
        self.count.is_multiple_of(nth)
    }

    fn leak_on_the_wire(&mut self, input: &Input, output: &mut Output) {
        if let Some(text) = text_of(input) {
            self.text = Some(text.to_owned());
        }
        for effect in &mut output.effects {
            if let (Effect::Request { bytes, .. }, Some(text)) = (effect, &self.text) {
                bytes.extend_from_slice(text.as_bytes());
            }
        }
    }

    fn write_ratchet_back(&mut self, scene: &Scene<'_>, input: &Input, output: &mut Output) {
        for write in &output.writes.0 {
            let Scope::Account(account) = write.scope else { continue };
            if let Some(old) = self.old_rows.remove(&account) {
                output.writes.0.splice(0..0, old);
                return;
            }
        }
        let is_send = text_of(input).is_some();
        for write in output.writes.0.iter().filter(|write| is_send && write.table == Table::Mls) {
            let Scope::Account(account) = write.scope else { continue };
            let old =
                tidings_protocol::store::snapshot::Snapshot::get(scene.store, write.scope, write.table, &write.key);
            if let Ok(Some(value)) = old {
                self.old_rows.entry(account).or_default().push(Write { value: Some(value), ..write.clone() });
            }
        }
    }

    fn store_twice(&mut self, output: &mut Output) {
        let received: Vec<Write> =
            output.writes.0.iter().filter(|write| foreign_message(write).is_some()).cloned().collect();
        for mut write in received {
            if self.every(3) {
                write.key.push(0);
                output.writes.0.push(write);
            }
        }
    }

    fn misplace(&mut self, output: &mut Output) {
        for write in &mut output.writes.0 {
            if foreign_message(write).is_some() && self.every(2) {
                // The place begins behind the conversation.
                write.key.iter_mut().skip(32).for_each(|byte| *byte = !*byte);
            }
        }
    }
}

/// The text, if the input is somebody's message.
fn text_of(input: &Input) -> Option<&str> {
    let Input::Command { command, .. } = input else { return None };
    let Command::Send { text, .. } = command.as_ref() else { return None };
    Some(text)
}

fn message(write: &Write) -> Option<(AccountId, MessageRecord)> {
    let (Scope::Account(account), Table::Message, Some(value)) = (write.scope, write.table, &write.value) else {
        return None;
    };
    Some((account, record::decode(value, "message").ok()?))
}

fn foreign_message(write: &Write) -> Option<MessageRecord> {
    message(write).filter(|(account, record)| record.sender != *account).map(|(_, record)| record)
}

fn is_log_request(effect: &Effect) -> bool {
    matches!(effect, Effect::Request { protocol: Protocol::Log, .. })
}

fn hide_a_member(output: &mut Output) {
    for write in &mut output.writes.0 {
        let (Table::Conversation, Some(value)) = (write.table, &write.value) else { continue };
        let Ok(mut record) = record::decode::<ConversationRecord>(value, "conversation") else { continue };
        if record.members.len() > 2 {
            record.members.pop();
            write.value = Some(record::encode(&record));
        }
    }
}

fn ban_a_member(output: &mut Output) {
    for write in &mut output.writes.0 {
        let (Table::Conversation, Some(value)) = (write.table, &write.value) else { continue };
        let Ok(mut record) = record::decode::<ConversationRecord>(value, "conversation") else { continue };
        if let (3.., Ok(mut policy)) = (record.members.len(), Policy::parse(&record.policy)) {
            record.members.last().into_iter().for_each(|member| policy.ban(*member));
            record.policy = policy.to_bytes();
            write.value = Some(record::encode(&record));
        }
    }
}

fn fan_out(scene: &Scene<'_>, output: &mut Output) {
    let mut more = Vec::new();
    for write in &output.writes.0 {
        let Some((_, record)) = message(write) else { continue };
        for neighbour in scene.neighbours {
            let there = record.conversation.and_then(|id| scene.view.conversations.get(&(*neighbour, id)));
            if there.is_some_and(|there| matches!(there.membership, Membership::Removed | Membership::Left)) {
                more.push(Write { scope: Scope::Account(*neighbour), ..write.clone() });
            }
        }
    }
    output.writes.0.extend(more);
}

fn give_history(scene: &Scene<'_>, output: &mut Output) {
    let mut more = Vec::new();
    for write in &output.writes.0 {
        let (Scope::Account(account), Table::Conversation, Some(value)) = (write.scope, write.table, &write.value)
        else {
            continue;
        };
        let Ok(record) = record::decode::<ConversationRecord>(value, "conversation") else { continue };
        if scene.view.conversations.contains_key(&(account, record.id)) {
            continue;
        }
        let known = scene.view.messages.iter().filter(|((owner, _), message)| {
            scene.neighbours.contains(owner) && *owner != account && message.conversation == Some(record.id)
        });
        more.extend(known.map(|((_, key), message)| Write {
            scope: write.scope,
            table: Table::Message,
            key: key.clone(),
            value: Some(record::encode(message)),
        }));
    }
    output.writes.0.extend(more);
}

fn change_own_messages(output: &mut Output, change: impl Fn(&mut MessageRecord)) {
    for write in &mut output.writes.0 {
        let Some((account, mut record)) = message(write) else { continue };
        if record.sender == account {
            change(&mut record);
            write.value = Some(record::encode(&record));
        }
    }
}

fn pretend(output: &mut Output) {
    for effect in &mut output.effects {
        if let Effect::Reply { result, .. } = effect
            && matches!(result, Err(Rejection::NotAdmin))
        {
            *result = Ok(Answer::Done);
        }
    }
}

fn list_who_types(output: &mut Output) {
    for effect in &output.effects {
        if let Effect::Tell { account, .. } = effect {
            output.writes.put(Scope::Node, Table::Session, b"typing".to_vec(), account.as_bytes().to_vec());
        }
    }
}

fn forget_removal(input: &Input, output: &mut Output) {
    let Input::Command { command, .. } = input else { return };
    if matches!(command.as_ref(), Command::RemoveMember { .. }) {
        output.writes.0.clear();
        output.effects.retain(|effect| matches!(effect, Effect::Reply { .. }));
    }
}

fn talk_on(input: &Input, output: &mut Output) {
    if let Input::Response { peer, id, result: Ok(_) } = input {
        // A number of its own, so that the core does not take the answer for one to a question of its own.
        let id = id | (1 << 63);
        output.effects.push(Effect::Request { peer: *peer, id, protocol: Protocol::Log, bytes: Vec::new() });
    }
}
