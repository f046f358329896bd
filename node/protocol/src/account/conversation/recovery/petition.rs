//! Petitions on their way: each is an entry under the epoch that it is signed for, so that all who are in that epoch read it.

use std::sync::Arc;

use tidings_crypto::id::{AccountId, EpochId};

use crate::account::conversation::{publish, state};
use crate::account::policy::Petition;
use crate::account::{event, identity, profile};
use crate::error::{Outcome, Rejection};
use crate::record::conversation::{ConversationKind, ConversationRecord};
use crate::record::event::EventKind;
use crate::record::recovery::PetitionRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::inner::{Draft, Kind, Signed};
use crate::wire::petition::PetitionBody;

/// Signs at the tip that `owner` shall own the group, and tells all members.
pub(crate) fn publish(
    step: &mut Step<'_>,
    account: AccountId,
    record: &mut ConversationRecord,
    owner: AccountId,
) -> Outcome<()> {
    let profile = profile::load(step, account)?;
    let petition = Petition::sign((account, profile.device), &profile.device_key(), record.id, record.tip, owner);
    let body = wire::encode(&PetitionBody { owner, petition: petition.clone() });
    let draft = Draft { conversation: record.id, kind: Kind::Petition, epoch: record.tip, commitment: [0; 32], body };
    publish::publish(step, account, &profile, record, draft)?;
    state::put(step, account, record);
    let tip = record.tip;
    keep(step, account, record, (tip, owner), &petition)
}

/// Takes what a member says it has signed.
///
/// # Errors
/// [`Rejection::Refused`] unless its author has signed it, for the epoch that it stands under.
pub(crate) fn received(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    entry: &Signed,
    author: AccountId,
) -> Outcome<()> {
    let PetitionBody { owner, petition } = wire::decode(entry.inner.body.as_slice(), "petition")?;
    let epoch = entry.inner.epoch;
    let log = |somebody: &AccountId| identity::log(step, account, somebody).ok().flatten().map(Arc::unwrap_or_clone);
    let holds = petition.account == author
        && petition.device == entry.inner.device
        && petition.holds(record.id, epoch, owner, &log);
    if record.kind == ConversationKind::Direct || !holds {
        return Err(Rejection::Refused { reason: "petition" }.into());
    }
    step.to_act.insert((account, record.id));
    if record.kept.contains(&epoch) { keep(step, account, record, (epoch, owner), &petition) } else { Ok(()) }
}

fn keep(
    step: &mut Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    (epoch, owner): (EpochId, AccountId),
    petition: &Petition,
) -> Outcome<()> {
    let signer = petition.account;
    // Signing anew at another epoch is no news to people.
    let mut known = false;
    for kept in &record.kept {
        let row = super::petition_row(&record.id, kept, &signer);
        let before: Option<PetitionRecord> = step.rows.get(Scope::Account(account), Table::Petition, &row)?;
        known |= before.is_some_and(|before| before.owner == owner);
    }
    let row = super::petition_row(&record.id, &epoch, &signer);
    let heard = PetitionRecord { owner, petition: wire::encode(petition), heard_at: step.now.wall.0 };
    step.rows.put(Scope::Account(account), Table::Petition, &row, &heard);
    if known {
        return Ok(());
    }
    event::emit(step, account, Some(record.id), EventKind::Petition { account: signer, owner })
}
