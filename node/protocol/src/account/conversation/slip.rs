//! Slips: what tells an account that it was added, sealed to it alone. The bundle that a slip names comes by itself, once for all accounts of a
//! node; a slip waits for it here. Who may invite is found out before anything large is opened (PROTOCOL A8, docs/adr/0012).

use minicbor::{Decode, Encode};
use tidings_crypto::bundle;
use tidings_crypto::id::AccountId;

use super::{join, state};
use crate::account::{contact, identity, join_link};
use crate::error::{Fault, Outcome, Rejection};
use crate::limits::{OUTBOX_LIFETIME_MS, SLIPS_MAX, SLIPS_OF_ONE_MAX};
use crate::record;
use crate::record::key;
use crate::step::{Step, refused};
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;
use crate::wire;
use crate::wire::inbox::{SignedSlip, Slip, WelcomeBundle};

/// A slip whose bundle is not here yet, or was not opened yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct SlipRecord {
    /// As it was signed.
    #[cbor(n(0), with = "minicbor::bytes")]
    signed: Vec<u8>,
    /// When it came, unix milliseconds.
    #[n(1)]
    since: u64,
    /// Whose it is.
    #[n(2)]
    inviter: AccountId,
}

const fn not_taken(reason: &'static str) -> Rejection {
    Rejection::Refused { reason }
}

/// Takes a slip out of the inbox; [`take_up`] looks whether its bundle is here.
pub(crate) fn received(step: &mut Step<'_>, account: AccountId, signed: &SignedSlip) -> Outcome<()> {
    let slip = signed.parse()?;
    check(step, account, signed, &slip)?;
    if crate::log::bundle::has_taken(step, &slip.bundle, &account)? {
        return Err(Rejection::Already.into());
    }
    let record = SlipRecord { signed: wire::encode(signed), since: step.now.wall.0, inviter: slip.inviter };
    let waiting = waiting(step, account)?;
    if waiting.iter().any(|(_, other)| other.signed == record.signed) {
        return Err(Rejection::Already.into());
    }
    let of_one = waiting.iter().filter(|(_, other)| other.inviter == slip.inviter).count();
    if of_one >= SLIPS_OF_ONE_MAX || waiting.len() >= SLIPS_MAX {
        return Err(Rejection::Quota { what: "welcomes that wait" }.into());
    }
    let row = key::counted(b"", step.rows.next_count("slip")?);
    step.rows.put(Scope::Account(account), Table::Slip, &row, &record);
    Ok(())
}

/// The slips that wait, in the order in which they came.
fn waiting(step: &Step<'_>, account: AccountId) -> Outcome<Vec<(Vec<u8>, SlipRecord)>> {
    let rows = step.rows.scan(Scope::Account(account), Table::Slip, b"", usize::MAX)?;
    let slips: Result<_, Fault> =
        rows.into_iter().map(|(row, value)| Ok((row, record::decode(&value, "slip")?))).collect();
    Ok(slips?)
}

/// A slip counts from a contact, from whoever made a link into that group which this account follows, and from anybody for a device that has asked to be let back in: whoever does it need not be known here
/// before the bundle says who is a member. The signature of whom we know is checked at once, that of others by [`join`].
fn check(step: &Step<'_>, account: AccountId, signed: &SignedSlip, slip: &Slip) -> Outcome<()> {
    let asked = state::get(step, account, &slip.conversation)?.is_some_and(|record| !record.asked_package.is_empty());
    let awaited = join_link::awaits(step, account, &slip.conversation, &slip.inviter)?;
    if !asked && !awaited && contact::get(step, account, &slip.inviter)?.is_none() {
        return Err(not_taken("welcome from a stranger").into());
    }
    match identity::log(step, account, &slip.inviter)? {
        Some(log) => {
            let device = log.device(slip.device).ok_or(not_taken("device of a welcome"))?;
            Ok(signed.verify(&account, &device.device_key)?)
        }
        None if asked => Ok(()),
        None => Err(not_taken("welcome from a stranger").into()),
    }
}

/// Joins by every slip whose bundle is here, and gives up those that have waited for too long. One that does not lead in is dropped, unless
/// its inviter may yet become a contact: by the slip before it, whose bundle comes later.
pub(crate) fn take_up(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    for (row, record) in waiting(step, account)? {
        if step.is_worn() {
            step.set_timer(TimerKind::OpenInbox(account), 0);
            return Ok(());
        }
        let signed: SignedSlip = wire::decode(&record.signed, "welcome")?;
        let slip = signed.parse()?;
        let joined = match crate::log::bundle::whole(step, &slip.bundle)? {
            Some(sealed) => {
                refused(step.attempt(|step| join::welcomed(step, account, (&signed, &slip), &open(&slip, &sealed)?)))?
            }
            None => Err(Rejection::NotFound),
        };
        match joined {
            Ok(()) => {
                crate::log::bundle::taken(step, &slip.bundle, account)?;
                // Others may lead in now.
                step.to_open_inbox.insert(account);
            }
            Err(Rejection::NotFound) if step.now.wall.0.saturating_sub(record.since) <= OUTBOX_LIFETIME_MS => continue,
            // By a wrong slip nobody shall make the bundle go before the right one comes.
            Err(_) => {}
        }
        step.rows.delete(Scope::Account(account), Table::Slip, &row);
    }
    Ok(())
}

fn open(slip: &Slip, sealed: &[u8]) -> Outcome<WelcomeBundle> {
    let plain = bundle::open(&slip.key, sealed).map_err(|_| not_taken("seal of a welcome"))?;
    Ok(wire::decode(&plain, "welcome")?)
}
