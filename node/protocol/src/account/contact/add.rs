//! Following a link: who is it, then ask to be their contact.

use tidings_crypto::id::{AccountId, NodeId};
use tidings_crypto::invite::InviteLink;

use crate::directory;
use crate::error::{Outcome, Rejection};
use crate::limits::KEY_PACKAGES_WITH_REQUEST;
use crate::record::contact::{ContactRecord, ContactState};
use crate::step::Step;
use crate::wire;
use crate::wire::inbox::{Claims, ContactRequest, InboxItem};

/// Starts to follow a link. A contact that exists already is returned as it is.
pub(crate) fn add(step: &mut Step<'_>, account: AccountId, link: &InviteLink) -> Outcome<ContactRecord> {
    if link.group.is_some() {
        return Err(Rejection::NotPossible { reason: "this link leads into a group and makes no contact" }.into());
    }
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
    super::resolve::start(step, account, link)?;
    Ok(super::get(step, account, &link.account)?.unwrap_or(contact))
}

/// It is known who made the link: sends them the request.
pub(crate) fn identified(
    step: &mut Step<'_>,
    account: AccountId,
    (contact, home): (AccountId, Option<NodeId>),
    box_key: &[u8],
) -> Outcome<()> {
    let known = super::get(step, account, &contact)?.filter(|known| known.state == ContactState::Resolving);
    let Some(mut known) = known else { return Ok(()) };
    // The link may name a mailbox.
    known.home = home.unwrap_or(known.home);
    let link = known
        .link
        .as_deref()
        .and_then(|text| InviteLink::parse(text).ok())
        .ok_or(Rejection::Malformed { what: "invite link" })?;
    known.box_key = box_key.to_vec();
    known.state = ContactState::Requested;
    super::put(step, account, &known);
    let item = InboxItem::ContactRequest(request(step, account, &link)?);
    let sealed = super::super::inbox::seal(step, contact, box_key, &item)?;
    super::super::reach::send_item(step, account, (contact, known.home), sealed)
}

/// What this account says of itself to whoever made a link, with proof that it has the link.
pub(crate) fn request(step: &mut Step<'_>, account: AccountId, link: &InviteLink) -> Outcome<ContactRequest> {
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
