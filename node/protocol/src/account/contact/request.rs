//! A contact request that came in: a valid, unused secret accepts it at once, and the direct conversation is founded (DECISIONS 21).

use tidings_crypto::id::AccountId;

use super::claims;
use crate::directory;
use crate::error::{Outcome, Rejection};
use crate::record::contact::{ContactRecord, ContactState};
use crate::record::event::EventKind;
use crate::step::Step;
use crate::wire::inbox::ContactRequest;

/// Judges a request and, if its invite holds, makes the contact and founds the conversation.
pub(crate) fn received(step: &mut Step<'_>, account: AccountId, request: &ContactRequest) -> Outcome<()> {
    let (link, invite) = super::invite::find(step, account, &request.invite)?;
    if link.group.is_some() {
        return Err(Rejection::Refused { reason: "invite into a group" }.into());
    }
    let claimant = claims::check(step, account, &link, request)?;
    let (contact, claims) = (claimant.account, &claimant.claims);
    if super::get(step, account, &contact)?.is_some_and(|known| known.state == ContactState::Accepted) {
        // They know us already; the invite is not spent.
        return Err(Rejection::Already.into());
    }
    if let Some(reason) = super::invite::refusal(step, &invite) {
        directory::remember_homes(step, &claimant.log)?;
        super::super::identity::introduced(step, account, &claims.introduction)?;
        return super::refuse::send(step, &link, (contact, claimant.home), claims.box_key.as_slice(), reason);
    }
    super::super::identity::remember(step, account, claims.introduction.log.as_slice(), &claimant.name)?;
    super::super::reach::hear(step, account, claims.introduction.reach.as_slice())?;
    super::invite::spend(step, account, &request.invite, invite);
    let known = ContactRecord {
        account: contact,
        state: ContactState::Accepted,
        name: claimant.name.clone(),
        display_name: claimant.display_name.clone(),
        alias: None,
        home: claimant.home,
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
