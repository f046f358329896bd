//! A contact request that came in: a valid, unused secret accepts it at once, and the direct conversation is founded (DECISIONS 21).

use tidings_crypto::id::AccountId;
use tidings_crypto::identity::BoxKeyRecord;
use tidings_crypto::sign::Label;

use crate::directory;
use crate::error::{Outcome, Rejection};
use crate::limits::{KEY_PACKAGES_WITH_REQUEST, NAME_BYTES_MAX};
use crate::record::contact::{ContactRecord, ContactState};
use crate::record::event::EventKind;
use crate::step::Step;
use crate::wire;
use crate::wire::inbox::{Claims, ContactRequest};

/// Judges a request and, if its invite holds, makes the contact and founds the conversation.
pub(crate) fn received(step: &mut Step<'_>, account: AccountId, request: &ContactRequest) -> Outcome<()> {
    let (link, invite) = super::invite::find(step, account, &request.invite)?;
    if !link.verify_mac(&ContactRequest::mac_input(&account, request.claims.as_slice()), &request.mac) {
        return Err(Rejection::Refused { reason: "secret of an invite" }.into());
    }
    let claims: Claims = wire::decode(request.claims.as_slice(), "contact request")?;
    let log = super::super::identity::read(step, claims.introduction.log.as_slice())?;
    let contact = log.account_id();
    let home =
        log.homes().first().map(|home| home.node).ok_or(Rejection::Refused { reason: "account without a home" })?;
    let record =
        BoxKeyRecord::parse(claims.box_key.as_slice()).map_err(|_| Rejection::Malformed { what: "box key record" })?;
    record.verify(&log).map_err(|_| Rejection::Refused { reason: "box key record" })?;
    let device = log.device(record.device()).ok_or(Rejection::Refused { reason: "device of a contact request" })?;
    device
        .device_key
        .verify(Label::ContactRequest, &request.signed_bytes(&account), &request.signature)
        .map_err(|_| Rejection::Refused { reason: "signature of a contact request" })?;
    if contact == account || record.account() != contact || claims.key_packages.len() > KEY_PACKAGES_WITH_REQUEST {
        return Err(Rejection::Refused { reason: "contact request" }.into());
    }
    if super::get(step, account, &contact)?.is_some_and(|known| known.state == ContactState::Accepted) {
        // They know us already; the invite is not spent.
        return Err(Rejection::Already.into());
    }
    if let Some(reason) = super::invite::refusal(step, &invite) {
        directory::remember_homes(step, &log)?;
        super::super::identity::introduced(step, account, &claims.introduction)?;
        return super::refuse::send(step, &link, (contact, home), claims.box_key.as_slice(), reason);
    }
    let name = wire::text(&claims.introduction.name, NAME_BYTES_MAX, "name")?;
    super::super::identity::remember(step, account, claims.introduction.log.as_slice(), &name)?;
    super::super::reach::hear(step, account, claims.introduction.reach.as_slice())?;
    super::invite::spend(step, account, &request.invite, invite);
    let known = ContactRecord {
        account: contact,
        state: ContactState::Accepted,
        name,
        display_name: wire::text(&claims.display_name, NAME_BYTES_MAX, "display name")?,
        alias: None,
        home,
        conversation: None,
        box_key: claims.box_key.as_slice().to_vec(),
        key_packages: claims.key_packages.iter().map(|package| package.as_slice().to_vec().into()).collect(),
        key_token: Some(claims.key_token.into()),
        link: None,
        created_at: step.now.wall.0,
        refusal: String::new(),
    };
    super::put(step, account, &known);
    super::super::conversation::found::direct(step, account, &contact)?;
    if let Some(known) = super::get(step, account, &contact)? {
        // We may have been about to ask them, and have written already.
        super::super::message::send::send_waiting(step, account, &known)?;
    }
    super::super::event::emit(step, account, None, EventKind::ContactAccepted { account: contact })
}
