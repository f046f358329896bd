//! Who made a link: asks the node that it names, and checks the answer against the account in the link. Then whatever follows a link of theirs
//! goes on: becoming a contact (`add`), or joining a group (`join_link::follow`).

use tidings_crypto::id::{AccountId, NodeId};
use tidings_crypto::identity::BoxKeyRecord;
use tidings_crypto::invite::InviteLink;

use super::add;
use crate::account::{identity, join_link, reach};
use crate::directory;
use crate::error::{Outcome, Rejection};
use crate::input::{Protocol, RequestFailure};
use crate::peer::Purpose;
use crate::record;
use crate::record::contact::{ContactRecord, ContactState};
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::id::{IdRequest, IdResponse};

/// Identity log, box key record and reach record, as a node gave them.
type Found<'a> = (&'a [u8], &'a [u8], &'a [u8]);

/// Finds out who made a link that is being followed: at once if they live here.
pub(crate) fn start(step: &mut Step<'_>, account: AccountId, link: &InviteLink) -> Outcome<()> {
    directory::remember(step, link.node, &link.addresses)?;
    if link.node != step.config.node {
        step.to_ask.insert(link.node);
        return Ok(());
    }
    let found = directory::account(step, &link.account)?.ok_or(Rejection::NotFound)?;
    identified(step, account, &link.account, (&found.identity_log, &found.box_key, &found.reach))
}

/// Those who made links that this account follows and are not known yet, each with the node to ask.
pub(crate) fn unresolved(step: &Step<'_>, account: AccountId) -> Outcome<Vec<(AccountId, NodeId)>> {
    let mut makers = join_link::unresolved(step, account)?;
    for (_, value) in step.rows.scan(Scope::Account(account), Table::Contact, b"", usize::MAX)? {
        let contact: ContactRecord = record::decode(&value, "contact")?;
        if contact.state == ContactState::Resolving {
            makers.push((contact.account, contact.home));
        }
    }
    Ok(makers)
}

/// Asks a node who the maker of a link is, unless that question is under way.
pub(crate) fn ask(step: &mut Step<'_>, account: AccountId, contact: AccountId, node: NodeId) {
    let asked = |purpose: &Purpose| {
        matches!(purpose, Purpose::Identity { account: a, contact: c, node: n }
            if *a == account && *c == contact && *n == node)
    };
    if step.peers.any_under_way(asked) {
        return;
    }
    let request = wire::encode(&IdRequest { account: contact });
    step.request(node, Protocol::Id, request, Purpose::Identity { account, contact, node });
}

/// Handles the answer.
pub(crate) fn answered(
    step: &mut Step<'_>,
    (account, contact, node): (AccountId, AccountId, NodeId),
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    if !unresolved(step, account)?.contains(&(contact, node)) {
        return Ok(());
    }
    let answer = result.map(|bytes| wire::decode::<IdResponse>(&bytes, "id answer"));
    let done = match answer {
        Ok(Ok(found)) => {
            let found = (found.log.as_slice(), found.box_key.as_slice(), found.reach.as_slice());
            step.attempt(|step| identified(step, account, &contact, found))
        }
        Ok(Err(rejection)) => Err(rejection.into()),
        Err(_) => Err(Rejection::NotFound.into()),
    };
    if crate::step::refused(done)?.is_err() {
        let pause = step.peers.back_off(node);
        step.set_timer(TimerKind::Peer(node), pause);
    }
    Ok(())
}

/// The node has said who it is: check it against the link, and go on.
fn identified(
    step: &mut Step<'_>,
    account: AccountId,
    contact: &AccountId,
    (log, box_key, reach): Found<'_>,
) -> Outcome<()> {
    let log = identity::read(step, log)?;
    if log.account_id() != *contact {
        return Err(Rejection::Refused { reason: "identity of another account" }.into());
    }
    let record = BoxKeyRecord::parse(box_key).map_err(|_| Rejection::Refused { reason: "box key record" })?;
    record.verify(&log).map_err(|_| Rejection::Refused { reason: "box key record" })?;
    if record.account() != *contact {
        return Err(Rejection::Refused { reason: "box key of another account" }.into());
    }
    identity::remember(step, account, &log.to_bytes(), "")?;
    reach::hear(step, account, reach)?;
    let home = log.homes().first().map(|home| home.node);
    add::identified(step, account, (*contact, home), box_key)?;
    join_link::follow::identified(step, account, (*contact, home), box_key)
}
