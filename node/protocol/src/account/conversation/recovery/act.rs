//! What a device does about petitions, whenever something has changed in a group: answers those against its own account, signs what its person
//! has consented to, and commits what enough have signed.

use tidings_crypto::id::AccountId;

use super::{absence, petition};
use crate::account::conversation::commit::{Plan, commit};
use crate::account::conversation::{readmit, state, wish};
use crate::account::policy::{Petition, Policy, RecoveryRule};
use crate::error::{Outcome, Rejection};
use crate::limits::{ANSWER_PAUSE_MS, CONSENT_LIFETIME_MS, ELECTION_STEP_MS};
use crate::record::conversation::ConversationRecord;
use crate::record::key;
use crate::record::recovery::{ConsentRecord, PetitionRecord};
use crate::step::{Step, refused};
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire;

/// Looks at a group of which this account is a member.
pub(crate) fn act(step: &mut Step<'_>, account: AccountId, mut record: ConversationRecord) -> Outcome<()> {
    forget_old(step, account, &record)?;
    if !wish::is_fresh(step, &record)? {
        return Ok(());
    }
    let policy = state::policy(&record)?;
    let signed = super::at_tip(&step.rows, account, &record)?;
    if is_challenged(account, &record, &policy, &signed) {
        return answer(step, account, record, &policy);
    }
    let Some(consent) = super::consent_of(step, account, &record.id)? else { return Ok(()) };
    if is_void(step, account, &record, &policy, &consent)? {
        step.rows.delete(Scope::Account(account), Table::Consent, record.id.as_bytes());
        return Ok(());
    }
    if !signed.iter().any(|(signer, signed)| *signer == account && signed.owner == consent.owner) {
        petition::publish(step, account, &mut record, consent.owner)?;
    }
    carry_out(step, account, record, policy, consent.owner)
}

/// Whether so many want somebody before this account that more could soon be enough. One alone shall not make anybody commit.
fn is_challenged(
    account: AccountId,
    record: &ConversationRecord,
    policy: &Policy,
    signed: &[(AccountId, PetitionRecord)],
) -> bool {
    let against =
        |(_, signed): &&(AccountId, PetitionRecord)| absence::passed_over(policy, &signed.owner).contains(&account);
    signed.iter().filter(against).count() * 3 > record.members.len()
}

/// Whoever is here keeps the group: another topic, and what was signed so far is void. At the same parent it wins by rank. It is said once in a
/// while: who has heard it and signs all the same shall not make this device commit without end.
fn answer(step: &mut Step<'_>, account: AccountId, mut record: ConversationRecord, policy: &Policy) -> Outcome<()> {
    let now = step.now.wall.0;
    let wait = record.answered_at.map_or(0, |at| at.saturating_add(ANSWER_PAUSE_MS).saturating_sub(now));
    if wait > 0 {
        step.set_timer(TimerKind::Act(account, record.id), wait);
        return Ok(());
    }
    record.answered_at = Some(now);
    make(step, account, record, Plan { policy: Some(policy.rotated()), ..Plan::default() })
}

/// Whether a consent is over: by time, because it has come true or can't, or because somebody who would be passed over has been heard of.
fn is_void(
    step: &Step<'_>,
    account: AccountId,
    record: &ConversationRecord,
    policy: &Policy,
    consent: &ConsentRecord,
) -> Outcome<bool> {
    let now = step.now.wall.0;
    let over = now.saturating_sub(consent.since) > CONSENT_LIFETIME_MS
        || policy.rules.recovery == RecoveryRule::Never
        || policy.rank(&consent.owner) == 0
        || !record.members.contains(&consent.owner);
    Ok(over || !absence::present(&step.rows, account, record, (policy, &consent.owner), now)?.is_empty())
}

/// Makes the owner, once enough have signed and it is this device's turn: theirs first, then each in the order of a hash, five seconds apart.
fn carry_out(
    step: &mut Step<'_>,
    account: AccountId,
    record: ConversationRecord,
    mut policy: Policy,
    owner: AccountId,
) -> Outcome<()> {
    let counts =
        |(signer, signed): &(AccountId, PetitionRecord)| signed.owner == owner && record.members.contains(signer);
    let signed = super::at_tip(&step.rows, account, &record)?.into_iter().filter(counts);
    let (mut petitions, mut since) = (Vec::new(), 0);
    for (_, signed) in signed {
        since = signed.heard_at.max(since);
        petitions.push(wire::decode::<Petition>(&signed.petition, "petition")?);
    }
    if petitions.len() < Petition::needed(record.members.len()) {
        return Ok(());
    }
    let others = readmit::turn(&record, account, &owner).saturating_add(ELECTION_STEP_MS);
    let turn = if owner == account { 0 } else { others };
    let wait = since.saturating_add(turn).saturating_sub(step.now.wall.0);
    if wait > 0 {
        step.set_timer(TimerKind::Act(account, record.id), wait);
        return Ok(());
    }
    policy.roles = policy.roles.recovered(owner);
    make(step, account, record, Plan { policy: Some(policy), petitions, ..Plan::default() })
}

/// One who has committed just before leaves it to the next, or comes to it when others have committed (REQ-FORK-5).
fn make(step: &mut Step<'_>, account: AccountId, mut record: ConversationRecord, plan: Plan) -> Outcome<()> {
    match refused(step.attempt(|step| commit(step, account, &mut record, plan)))? {
        Ok(()) | Err(Rejection::Refused { .. }) => Ok(()),
        Err(rejection) => Err(rejection.into()),
    }
}

/// Forgets what was signed at epochs that no commit can build on any more.
fn forget_old(step: &mut Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<()> {
    for (row, _) in step.rows.scan(Scope::Account(account), Table::Petition, record.id.as_bytes(), usize::MAX)? {
        let is_kept = |epoch: &&tidings_crypto::id::EpochId| {
            row.starts_with(&key::join(&[record.id.as_bytes(), epoch.as_bytes()]))
        };
        if record.kept.iter().find(is_kept).is_none() {
            step.rows.delete(Scope::Account(account), Table::Petition, &row);
        }
    }
    Ok(())
}
