//! Following a link: who is it, then ask to be their contact.

use tidings_crypto::id::AccountId;
use tidings_crypto::identity::BoxKeyRecord;
use tidings_crypto::invite::InviteLink;

use crate::directory;
use crate::error::{Outcome, Rejection};
use crate::input::{Protocol, RequestFailure};
use crate::limits::KEY_PACKAGES_WITH_REQUEST;
use crate::peer::Purpose;
use crate::record::contact::{ContactRecord, ContactState};
use crate::step::Step;
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::id::{IdRequest, IdResponse};
use crate::wire::inbox::{Claims, ContactRequest, InboxItem};

/// Starts to follow a link. A contact that exists already is returned as it is.
pub(crate) fn add(step: &mut Step<'_>, account: AccountId, link: &InviteLink) -> Outcome<ContactRecord> {
    if link.account == account {
        return Err(Rejection::OwnInvite.into());
    }
    super::super::profile::load(step, account)?;
    let known = super::get(step, account, &link.account)?;
    if let Some(known) = known.filter(|known| known.state == ContactState::Accepted) {
        return Ok(known);
    }
    let text = link.to_url("").map_err(|_| Rejection::Malformed { what: "invite link" })?;
    let again = |known: &ContactRecord| known.state != ContactState::Refused && known.link.as_ref() == Some(&text);
    if let Some(known) = super::get(step, account, &link.account)?.filter(again) {
        // The same link once more: the first request is on its way.
        return Ok(known);
    }
    if step.now.wall.seconds() > u64::from(link.expires) {
        return Err(Rejection::InviteExpired.into());
    }
    let contact = ContactRecord {
        account: link.account,
        state: ContactState::Resolving,
        name: String::new(),
        display_name: String::new(),
        alias: None,
        home: link.node,
        conversation: None,
        box_key: Vec::new(),
        key_packages: Vec::new(),
        key_token: None,
        link: Some(text),
        created_at: step.now.wall.0,
        refusal: String::new(),
    };
    super::put(step, account, &contact);
    directory::remember(step, link.node, &link.addresses)?;
    if link.node == step.config.node {
        let found = directory::account(step, &link.account)?.ok_or(Rejection::NotFound)?;
        identified(step, account, &link.account, (&found.identity_log, &found.box_key, &found.reach))?;
    } else {
        step.to_ask.insert(link.node);
    }
    Ok(super::get(step, account, &link.account)?.unwrap_or(contact))
}

/// Asks the node in the link who the account is, unless that question is under way.
pub(crate) fn ask(step: &mut Step<'_>, account: AccountId, contact: &ContactRecord) {
    let asked = |purpose: &Purpose| matches!(purpose, Purpose::Identity { account: a, contact: c } if *a == account && *c == contact.account);
    if step.peers.any_under_way(asked) {
        return;
    }
    let request = wire::encode(&IdRequest { account: contact.account });
    step.request(contact.home, Protocol::Id, request, Purpose::Identity { account, contact: contact.account });
}

/// Handles the answer.
pub(crate) fn answered(
    step: &mut Step<'_>,
    account: AccountId,
    contact: &AccountId,
    result: Result<Vec<u8>, RequestFailure>,
) -> Outcome<()> {
    let Some(known) = super::get(step, account, contact)? else { return Ok(()) };
    let answer = result.map(|bytes| wire::decode::<IdResponse>(&bytes, "id answer"));
    let done = match answer {
        Ok(Ok(found)) => {
            let found = (found.log.as_slice(), found.box_key.as_slice(), found.reach.as_slice());
            step.attempt(|step| identified(step, account, contact, found))
        }
        Ok(Err(rejection)) => Err(rejection.into()),
        Err(_) => Err(Rejection::NotFound.into()),
    };
    if crate::step::refused(done)?.is_err() {
        let pause = step.peers.back_off(known.home);
        step.set_timer(TimerKind::Peer(known.home), pause);
    }
    Ok(())
}

/// The node has said who it is: check it against the link and send the request.
fn identified(
    step: &mut Step<'_>,
    account: AccountId,
    contact: &AccountId,
    (log, box_key, reach): (&[u8], &[u8], &[u8]),
) -> Outcome<()> {
    let Some(mut known) = super::get(step, account, contact)?.filter(|known| known.state == ContactState::Resolving)
    else {
        return Ok(());
    };
    let log = super::super::identity::read(step, log)?;
    if log.account_id() != *contact {
        return Err(Rejection::Refused { reason: "identity of another account" }.into());
    }
    let record = BoxKeyRecord::parse(box_key).map_err(|_| Rejection::Refused { reason: "box key record" })?;
    record.verify(&log).map_err(|_| Rejection::Refused { reason: "box key record" })?;
    if record.account() != *contact {
        return Err(Rejection::Refused { reason: "box key of another account" }.into());
    }
    super::super::identity::remember(step, account, &log.to_bytes(), "")?;
    super::super::reach::hear(step, account, reach)?;
    // The link may name a mailbox.
    known.home = log.homes().first().map_or(known.home, |home| home.node);
    let link = known
        .link
        .as_deref()
        .and_then(|text| InviteLink::parse(text).ok())
        .ok_or(Rejection::Malformed { what: "invite link" })?;
    known.box_key = box_key.to_vec();
    known.state = ContactState::Requested;
    super::put(step, account, &known);
    let item = InboxItem::ContactRequest(request(step, account, &link)?);
    let sealed = super::super::inbox::seal(step, *contact, box_key, &item)?;
    super::super::reach::send_item(step, account, (*contact, known.home), sealed)
}

fn request(step: &mut Step<'_>, account: AccountId, link: &InviteLink) -> Outcome<ContactRequest> {
    let profile = super::super::profile::load(step, account)?;
    let own = directory::account(step, &account)?.ok_or(Rejection::NotFound)?;
    let mut key_packages = Vec::new();
    for _ in 0..KEY_PACKAGES_WITH_REQUEST {
        key_packages.push(wire::field(super::super::key_supply::make(step, account, &profile)?.to_bytes()));
    }
    let claims = Claims {
        introduction: super::super::identity::introduce(step, account, &account)?,
        display_name: wire::field(own.display_name.into_bytes()),
        box_key: wire::field(own.box_key),
        key_packages,
        key_token: super::super::key_supply::make_token(step, account),
    };
    Ok(ContactRequest::new(link, &link.account, &claims, &profile.device_key()))
}
