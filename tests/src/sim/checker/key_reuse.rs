//! No key encrypts two messages: neither an outer key with its nonce, nor a ratchet key of MLS, nor a place in a device's log.
//!
//! The generation of an MLS message cannot be seen from outside. So for each epoch the checker keeps a witness: the fresh state of an
//! account, which nobody else touches. A witness reads each message of the other members once; a generation used twice is a replay to it.
//! Besides, an own message must be committed together with the moved ratchet, or a crash would let the key be used again.

use std::collections::{BTreeMap, BTreeSet};

use tidings_crypto::id::{AccountId, ConversationId, DeviceId, EpochId, OuterId};
use tidings_crypto::mls::{Group, MlsError};
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::wire::inner::{Inner, Kind};

use super::{Checker, NewEpoch, Seen, Verdict};
use crate::sim::view::EntryFact;

/// So many accounts are witnesses of an epoch; two are needed, since nobody can read its own messages.
const WITNESSES: usize = 2;

struct Witness {
    account: AccountId,
    group: Group,
}

/// All keys seen in use.
#[derive(Default)]
pub(super) struct KeyReuse {
    entries: BTreeSet<OuterId>,
    nonces: BTreeMap<([u8; 8], Vec<u8>), OuterId>,
    places: BTreeMap<(ConversationId, DeviceId, u64), OuterId>,
    messages: BTreeMap<Vec<u8>, OuterId>,
    witnesses: BTreeMap<EpochId, Vec<Witness>>,
}

/// Where the nonce stands in an outer entry: after version, queue and epoch tag.
const NONCE: std::ops::Range<usize> = 41..65;

impl KeyReuse {
    fn check(&mut self, seen: &Seen<'_>, entry: &EntryFact) -> Verdict {
        let nonce = entry.outer.to_bytes().get(NONCE).unwrap_or_default().to_vec();
        if self.nonces.insert((entry.outer.epoch_tag(), nonce), entry.id).is_some() {
            return Err("two outer entries have the same key and nonce".into());
        }
        let Some(inner) = &entry.inner else {
            return Ok(());
        };
        let author = seen.view.devices.get(&inner.device).copied();
        if author.is_some() && author == seen.view.cheat {
            return Ok(());
        }
        if inner.kind().is_some_and(Kind::stands_beside) {
            // It stands outside its log.
            return Ok(());
        }
        if self.places.insert((inner.conversation, inner.device, inner.sequence), entry.id).is_some() {
            return Err(format!("two entries stand at place {} of the log of {:?}", inner.sequence, inner.device));
        }
        if inner.kind() != Some(Kind::App) {
            return Ok(());
        }
        if self.messages.insert(inner.body.as_slice().to_vec(), entry.id).is_some() {
            return Err(format!("one MLS message of {:?} stands in two entries", inner.device));
        }
        author.map_or(Ok(()), |author| {
            Self::moved_ratchet(seen, author, inner)?;
            self.ask_witnesses(author, inner)
        })
    }

    /// In the step that made the entry, the author's ratchet must have been written too.
    fn moved_ratchet(seen: &Seen<'_>, author: AccountId, inner: &Inner) -> Verdict {
        let own = |table: Table| {
            seen.writes.iter().filter(move |write| write.scope == Scope::Account(author) && write.table == table)
        };
        let made_here = own(Table::OwnSequence).any(|write| {
            write.key.starts_with(inner.conversation.as_bytes()) && write.key.ends_with(&inner.sequence.to_be_bytes())
        });
        let prefix = [inner.conversation.as_bytes().as_slice(), inner.epoch.as_bytes()].concat();
        if made_here && !own(Table::Mls).any(|write| write.key.starts_with(&prefix) && write.value.is_some()) {
            return Err(format!("{author:?} encrypted a message and did not store the moved ratchet with it"));
        }
        Ok(())
    }

    fn ask_witnesses(&mut self, author: AccountId, inner: &Inner) -> Verdict {
        let Some(witnesses) = self.witnesses.get_mut(&inner.epoch) else {
            return Ok(());
        };
        for witness in witnesses.iter_mut().filter(|witness| witness.account != author) {
            if witness.group.decrypt(inner.body.as_slice()) == Err(MlsError::Replayed) {
                return Err(format!("{author:?} used a ratchet key twice, at place {}", inner.sequence));
            }
        }
        Ok(())
    }
}

impl Checker for KeyReuse {
    fn name(&self) -> &'static str {
        "key-reuse"
    }

    fn new_epoch(&mut self, seen: &NewEpoch<'_>) -> Verdict {
        let witnesses = self.witnesses.entry(seen.epoch).or_default();
        if seen.used || witnesses.len() >= WITNESSES || witnesses.iter().any(|witness| witness.account == seen.account)
        {
            return Ok(());
        }
        let group = Group::load(seen.conversation, seen.rows.clone());
        let group = group
            .map_err(|error| format!("the state of a new epoch of {:?} cannot be loaded: {error}", seen.account))?;
        witnesses.push(Witness { account: seen.account, group });
        Ok(())
    }

    fn committed(&mut self, seen: &Seen<'_>) -> Verdict {
        for entry in &seen.facts.entries {
            // Every node that keeps a queue stores the same entry once.
            if self.entries.insert(entry.id) {
                self.check(seen, entry)?;
            }
        }
        Ok(())
    }
}
