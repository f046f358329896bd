//! The inbox: sealed items that came for this account, opened one by one while it is unlocked.
//!
//! A welcome comes in two: its slip here, its bundle with the node (`log::bundle`).

use tidings_crypto::box_key;
use tidings_crypto::id::AccountId;

use crate::error::{Error, Outcome, Rejection};
use crate::step::{Step, refused};
use crate::store::table::{Scope, Table};
use crate::wire;
use crate::wire::inbox::{INFO, InboxItem, Item};

/// Opens every item that waits. One that cannot be opened or is refused is dropped: its sender was told only that it is kept.
pub(crate) fn open_all(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    if !step.rows.is_unlocked(account)? {
        return Ok(());
    }
    for (row, item) in step.rows.scan(Scope::Node, Table::Inbox, account.as_bytes(), usize::MAX)? {
        let outcome = refused(step.attempt(|step| open(step, account, &item))).map_err(Error::Fault)?;
        crate::log::parcel::opened(step, account, &row, &item, outcome.is_ok());
    }
    super::conversation::slip::take_up(step, account)
}

fn open(step: &mut Step<'_>, account: AccountId, item: &[u8]) -> Outcome<()> {
    let profile = super::profile::load(step, account)?;
    let Item::Sealed(sealed) = wire::decode(item, "inbox item")? else {
        return Err(Rejection::Malformed { what: "inbox item" }.into());
    };
    let plaintext = box_key::open(&profile.box_key(), INFO, account.as_bytes(), sealed.as_slice())
        .map_err(|_| Rejection::Refused { reason: "seal of an inbox item" })?;
    match wire::decode::<InboxItem>(&plaintext, "inbox item")? {
        InboxItem::ContactRequest(request) => super::contact::request::received(step, account, &request),
        InboxItem::Refusal(refusal) => super::contact::refuse::received(step, account, &refusal),
        InboxItem::Welcome(slip) => super::conversation::slip::received(step, account, &slip),
        InboxItem::Join(request) => super::join_link::request::received(step, account, &request),
        InboxItem::Rejoin(request) => super::conversation::rejoin::received(step, account, &request),
    }
}

/// Seals an item to an account's box key record.
pub(crate) fn seal(
    step: &mut Step<'_>,
    recipient: AccountId,
    box_key_record: &[u8],
    item: &InboxItem,
) -> Outcome<Vec<u8>> {
    let record = tidings_crypto::BoxKeyRecord::parse(box_key_record)
        .map_err(|_| Rejection::Malformed { what: "box key record" })?;
    let sealed = box_key::seal(record.key(), INFO, recipient.as_bytes(), &wire::encode(item), step.rng);
    Ok(wire::encode(&Item::Sealed(wire::field(sealed))))
}
