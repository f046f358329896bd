//! The AdminChain as an account keeps it: each link under its hash, so that links of any branch stand side by side and the policy says which
//! of them count. What a link may say is in `account::policy`.

use std::sync::Arc;

use tidings_crypto::id::{AccountId, ConversationId};

use crate::account::identity;
use crate::account::policy::{Authority, Link, Petition, Place, Policy, Signer};
use crate::error::{Fault, Outcome, Rejection};
use crate::record::conversation::ConversationRecord;
use crate::record::key;
use crate::record::profile::ProfileRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::commit_body::Introduction;
use crate::wire::inbox::WelcomeBundle;

fn row(conversation: &ConversationId, hash: &[u8; 32]) -> Vec<u8> {
    key::join(&[conversation.as_bytes(), hash])
}

/// Signs the change from the policy at the tip to `policy`, which then names the link; `None` if nothing that a link is for has changed.
pub(crate) fn extend(
    record: &ConversationRecord,
    (account, profile): (AccountId, &ProfileRecord),
    policy: &mut Policy,
    petitions: Vec<Petition>,
) -> Outcome<Option<Link>> {
    let before = super::state::policy(record)?.authority();
    if policy.roles == before.roles && policy.rules.add == before.add {
        policy.chain_head = before.head;
        return Ok(None);
    }
    let device_key = profile.device_key();
    let signer = Signer {
        conversation: record.id,
        parent: record.tip,
        account,
        device: profile.device,
        device_key: &device_key,
        users: record.members.len(),
    };
    let link = Link::sign(&before, &policy.roles, policy.rules.add, petitions, &signer);
    policy.chain_head = link.hash();
    Ok(Some(link))
}

/// Keeps the link of a commit.
pub(crate) fn keep(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId, link: &Link) {
    let row = row(conversation, &link.hash());
    step.rows.put_bytes(Scope::Account(account), Table::AdminChain, &row, wire::encode(link));
}

/// All links up to a policy, the oldest first, and those who signed them but are not among `members` any more.
pub(crate) fn whole(
    step: &Step<'_>,
    account: AccountId,
    conversation: &ConversationId,
    policy: &Policy,
    members: &[AccountId],
) -> Outcome<(Vec<Link>, Vec<Introduction>)> {
    let first = Authority::founded(&policy.creation).head;
    let (mut head, mut links) = (policy.chain_head, Vec::new());
    while head != first {
        let row = row(conversation, &head);
        let bytes = step.rows.get_bytes(Scope::Account(account), Table::AdminChain, &row)?;
        let link: Link = wire::decode(&bytes.ok_or(Fault::Damaged("admin chain"))?, "admin chain")
            .map_err(|_| Fault::Damaged("admin chain"))?;
        head = *link.previous();
        links.push(link);
    }
    links.reverse();
    let mut signers: Vec<AccountId> = links.iter().flat_map(Link::signers).collect();
    signers.sort_unstable();
    signers.dedup();
    signers.retain(|signer| !members.contains(signer));
    let signers = signers.iter().map(|signer| identity::introduce(step, account, signer)).collect::<Outcome<_>>()?;
    Ok((links, signers))
}

/// Checks that the roles in a policy came about by the chain that a welcome brings, and keeps it (NEGATIVE_TESTS 39).
pub(crate) fn verify(step: &mut Step<'_>, account: AccountId, policy: &Policy, bundle: &WelcomeBundle) -> Outcome<()> {
    for introduction in &bundle.signers {
        identity::introduced(step, account, introduction)?;
    }
    let conversation = policy.creation.conversation();
    let log = |somebody: &AccountId| identity::log(step, account, somebody).ok().flatten().map(Arc::unwrap_or_clone);
    let place = Place { conversation, identity: &log, users: None };
    let authority = Authority::founded(&policy.creation).after(&bundle.chain, &place);
    if authority != Some(policy.authority()) {
        return Err(Rejection::Refused { reason: "roles that no chain bears out" }.into());
    }
    for link in &bundle.chain {
        keep(step, account, &conversation, link);
    }
    Ok(())
}
