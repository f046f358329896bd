//! The digest of a world: equal for two runs of one seed, or something reads a clock, a foreign random number or a hash map's order.
//!
//! It covers decisions, effects and epoch authenticators. Values of MLS rows are left out, their keys are in (DECISIONS 11).

use tidings_crypto::derive;
use tidings_protocol::effect::{Effect, Output};
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::Write;

/// A chain of hashes over all that happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Takes in a named fact.
    pub(crate) fn fact(&mut self, name: &str, parts: &[&[u8]]) {
        let mut all: Vec<&[u8]> = vec![&self.0, name.as_bytes()];
        all.extend_from_slice(parts);
        self.0 = derive("tidings/1/sim-trace", &all);
    }

    /// Takes in what a node decided.
    pub(crate) fn output(&mut self, time: u64, node: usize, input: &str, output: &Output) {
        let mut bytes = Vec::new();
        for write in &output.writes.0 {
            put_write(&mut bytes, write);
        }
        for effect in &output.effects {
            put_effect(&mut bytes, effect);
        }
        self.fact("step", &[&time.to_be_bytes(), &node.to_be_bytes(), input.as_bytes(), &bytes]);
    }

    /// The digest as text.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
    bytes.extend_from_slice(part);
}

fn put_write(bytes: &mut Vec<u8>, write: &Write) {
    match write.scope {
        Scope::Node => bytes.push(0),
        Scope::Account(account) => put(bytes, account.as_bytes()),
    }
    bytes.push(write.table.number());
    put(bytes, &write.key);
    let hidden = matches!(write.table, Table::Mls | Table::KeyPackage);
    match &write.value {
        Some(value) if !hidden => put(bytes, value),
        Some(_) => bytes.push(1),
        None => bytes.push(2),
    }
}

fn put_effect(bytes: &mut Vec<u8>, effect: &Effect) {
    match effect {
        Effect::Respond { token, bytes: frame } => {
            bytes.push(10);
            bytes.extend_from_slice(&token.to_be_bytes());
            put(bytes, frame);
        }
        Effect::Request { peer, id, protocol, bytes: frame } => {
            bytes.push(11);
            put(bytes, peer.as_bytes());
            bytes.extend_from_slice(&id.to_be_bytes());
            put(bytes, format!("{protocol:?}").as_bytes());
            put(bytes, frame);
        }
        Effect::Dial { node, addresses } => {
            bytes.push(12);
            put(bytes, node.as_bytes());
            addresses.iter().for_each(|address| put(bytes, address));
        }
        Effect::Reply { id, result } => {
            bytes.push(13);
            bytes.extend_from_slice(&id.to_be_bytes());
            put(bytes, answer_name(result).as_bytes());
        }
        Effect::Notify { account, cursor } => {
            bytes.push(14);
            put(bytes, account.as_bytes());
            bytes.extend_from_slice(&cursor.to_be_bytes());
        }
        Effect::Tell { account, event } => {
            bytes.push(15);
            put(bytes, account.as_bytes());
            put(bytes, format!("{event:?}").as_bytes());
        }
    }
}

/// What a reply says, without its content.
pub(crate) fn answer_name(
    result: &Result<tidings_protocol::command::Answer, tidings_protocol::error::Rejection>,
) -> String {
    use tidings_protocol::command::Answer;
    match result {
        Ok(Answer::Done) => "done".into(),
        Ok(Answer::Account(_)) => "account".into(),
        Ok(Answer::Invite(_)) => "invite".into(),
        Ok(Answer::Contact(contact)) => format!("contact {:?}", contact.state),
        Ok(Answer::Join(join)) => format!("join {:?}", join.state),
        Ok(Answer::Message(message)) => format!("message {:?}", message.state()),
        Ok(Answer::Conversation(_)) => "conversation".into(),
        Ok(Answer::Mailbox(mailbox)) => format!("mailbox {:?}", mailbox.state),
        Ok(Answer::Voucher(_)) => "voucher".into(),
        Err(rejection) => format!("rejected: {rejection}"),
    }
}
