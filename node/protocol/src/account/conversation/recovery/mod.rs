//! Making an owner where all owners and admins are gone (PROTOCOL A6.5, docs/adr/0015).
//!
//! People consent, once; their devices sign, at each epoch anew, since a petition holds at one epoch only. When more than two thirds of the users
//! of the tip have signed for the same one, one of them commits it. Each device looks for itself whether those who would be passed over are still
//! silent, before each signature. What makes the commit valid stands in `account::policy`, and asks no clock.

pub(crate) mod absence;
pub(crate) mod act;
pub(crate) mod consent;
pub(crate) mod petition;

use tidings_crypto::id::{AccountId, ConversationId, EpochId};

use crate::command::{Answer, RecoverAct};
use crate::error::{Fault, Outcome};
use crate::record;
use crate::record::conversation::ConversationRecord;
use crate::record::key;
use crate::record::recovery::{ConsentRecord, PetitionRecord};
use crate::step::Step;
use crate::store::snapshot::{Direction, Snapshot};
use crate::store::table::{Scope, Table};

/// Does what a person asks for.
pub(crate) fn obey(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    act: RecoverAct,
) -> Outcome<Answer> {
    match act {
        RecoverAct::Sign(owner) => consent::give(step, account, conversation, owner)?,
        RecoverAct::Withdraw => consent::withdraw(step, account, conversation)?,
    }
    Ok(Answer::Done)
}

fn consent_of(step: &Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<Option<ConsentRecord>> {
    step.rows.get(Scope::Account(account), Table::Consent, conversation.as_bytes())
}

fn petition_row(conversation: &ConversationId, epoch: &EpochId, signer: &AccountId) -> Vec<u8> {
    key::join(&[conversation.as_bytes(), epoch.as_bytes(), signer.as_bytes()])
}

/// Who has signed what at the tip.
pub(crate) fn at_tip(
    store: &dyn Snapshot,
    account: AccountId,
    record: &ConversationRecord,
) -> Outcome<Vec<(AccountId, PetitionRecord)>> {
    let prefix = key::join(&[record.id.as_bytes(), record.tip.as_bytes()]);
    let (scope, end) = (Scope::Account(account), key::prefix_end(&prefix));
    let mut petitions = Vec::new();
    for (row, value) in store.range(scope, Table::Petition, &prefix, &end, usize::MAX, Direction::Forward)? {
        let signer = row.get(prefix.len()..).and_then(|signer| AccountId::try_from(signer).ok());
        petitions.push((signer.ok_or(Fault::Damaged("petition key"))?, record::decode(&value, "petition")?));
    }
    Ok(petitions)
}

/// Whether people are about to make another owner of this group, as this account sees it: whoever can leaves it as it is meanwhile, since each
/// commit asks all of them to sign anew.
pub(crate) fn is_under_way(step: &Step<'_>, account: AccountId, record: &ConversationRecord) -> Outcome<bool> {
    let policy = super::state::policy(record)?;
    for (_, signed) in at_tip(&step.rows, account, record)? {
        let for_whom = (&policy, &signed.owner);
        if absence::present(&step.rows, account, record, for_whom, step.now.wall.0)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
