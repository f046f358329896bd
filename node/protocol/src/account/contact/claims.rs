//! What whoever follows a link says of themselves, and the proof of it: of the link, and of the account.

use std::sync::Arc;

use tidings_crypto::id::{AccountId, NodeId};
use tidings_crypto::identity::{BoxKeyRecord, IdentityLog};
use tidings_crypto::invite::InviteLink;

use crate::account::identity;
use crate::error::{Outcome, Rejection};
use crate::limits::{KEY_PACKAGES_WITH_REQUEST, NAME_BYTES_MAX};
use crate::step::Step;
use crate::wire;
use crate::wire::inbox::{Claims, ContactRequest};

/// Somebody who has the link and is who they say.
pub(crate) struct Claimant {
    pub(crate) account: AccountId,
    /// Where they live.
    pub(crate) home: NodeId,
    pub(crate) log: Arc<IdentityLog>,
    /// Their login name, as they say.
    pub(crate) name: String,
    /// What they call themselves.
    pub(crate) display_name: String,
    pub(crate) claims: Claims,
}

/// Checks a request against the link by which it was made.
///
/// # Errors
/// [`Rejection::Refused`] for a wrong secret, identity, box key or signature, [`Rejection::Malformed`] for what can't be read.
pub(crate) fn check(
    step: &Step<'_>,
    account: AccountId,
    link: &InviteLink,
    request: &ContactRequest,
) -> Outcome<Claimant> {
    if !link.verify_mac(&ContactRequest::mac_input(&account, request.claims.as_slice()), &request.mac) {
        return Err(Rejection::Refused { reason: "secret of an invite" }.into());
    }
    let claims: Claims = wire::decode(request.claims.as_slice(), "contact request")?;
    let log = identity::read(step, claims.introduction.log.as_slice())?;
    let contact = log.account_id();
    let home =
        log.homes().first().map(|home| home.node).ok_or(Rejection::Refused { reason: "account without a home" })?;
    let record =
        BoxKeyRecord::parse(claims.box_key.as_slice()).map_err(|_| Rejection::Malformed { what: "box key record" })?;
    record.verify(&log).map_err(|_| Rejection::Refused { reason: "box key record" })?;
    let device = log.device(record.device()).ok_or(Rejection::Refused { reason: "device of a contact request" })?;
    let group = link.group.as_ref();
    device
        .device_key
        .verify(ContactRequest::label(group), &request.signed_bytes(&account, group), &request.signature)
        .map_err(|_| Rejection::Refused { reason: "signature of a contact request" })?;
    if contact == account || record.account() != contact || claims.key_packages.len() > KEY_PACKAGES_WITH_REQUEST {
        return Err(Rejection::Refused { reason: "contact request" }.into());
    }
    let name = wire::text(&claims.introduction.name, NAME_BYTES_MAX, "name")?;
    let display_name = wire::text(&claims.display_name, NAME_BYTES_MAX, "display name")?;
    Ok(Claimant { account: contact, home, log, name, display_name, claims })
}
