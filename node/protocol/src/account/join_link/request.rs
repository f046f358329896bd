//! A request to be let into a group that came in: judged by what holds now, not by what held when the link was made.
//!
//! Nothing of whoever asks is told to the group before they are let in. A request takes a use of its link whatever becomes of it, so that a
//! link brings no more requests than it has uses.

use tidings_crypto::id::{AccountId, ConversationId};

use super::decide;
use crate::account::contact::claims::{self, Claimant};
use crate::account::contact::{invite, refuse};
use crate::account::conversation::{group_log, member_add, state, successor};
use crate::account::policy::JoinRule;
use crate::account::{event, identity, reach};
use crate::directory;
use crate::error::{Outcome, Rejection};
use crate::limits::MEMBERS_MAX;
use crate::record;
use crate::record::event::EventKind;
use crate::record::invite::GroupInvite;
use crate::record::join::JoinRequestRecord;
use crate::step::{Step, refused};
use crate::store::table::{Scope, Table};
use crate::wire::inbox::{JoinRequest, RefusalReason};

/// Judges a request: whoever asks is let in, waits for somebody's word, or is told why not.
///
/// # Errors
/// [`Rejection::Refused`] or [`Rejection::Malformed`] for what no follower of a link of this account into that group says.
pub(crate) fn received(step: &mut Step<'_>, account: AccountId, join: &JoinRequest) -> Outcome<()> {
    let (link, invite) = invite::find(step, account, &join.request.invite)?;
    let group = invite.group.filter(|group| group.conversation == join.group);
    let group = group.ok_or(Rejection::Refused { reason: "invite into another group" })?;
    let claimant = claims::check(step, account, &link, &join.request)?;
    let (who, conversation) = (claimant.account, group.conversation);
    let known = super::request_of(step, account, &conversation, &who)?;
    if let Some(known) = known
        && (!known.accepted || member_add::waits(step, account, &conversation, &who)?)
    {
        // They ask once more, perhaps from a node that was put back: what they say now counts.
        let renewed = JoinRequestRecord { accepted: known.accepted, ..claimant.request(step, join) };
        super::put_request(step, account, &renewed);
        return Ok(());
    }
    let refusal = match invite::refusal(step, &invite) {
        Some(reason) => Some(reason),
        None => why_not(step, account, &group, &who)?,
    };
    if let Some(reason) = refusal {
        directory::remember_homes(step, &claimant.log)?;
        identity::introduced(step, account, &claimant.claims.introduction)?;
        let to = (who, claimant.home);
        return refuse::send(step, &link, to, claimant.claims.box_key.as_slice(), reason);
    }
    identity::remember(step, account, claimant.claims.introduction.log.as_slice(), &claimant.name)?;
    reach::hear(step, account, claimant.claims.introduction.reach.as_slice())?;
    let asks = group.approval || asks_for_approval(step, account, &group, &who)?;
    invite::spend(step, account, &join.request.invite, invite);
    let request = claimant.request(step, join);
    super::put_request(step, account, &request);
    if asks {
        return event::emit(step, account, Some(conversation), EventKind::JoinRequested { account: who });
    }
    decide::let_in(step, account, request)
}

impl Claimant {
    fn request(&self, step: &Step<'_>, join: &JoinRequest) -> JoinRequestRecord {
        JoinRequestRecord {
            conversation: join.group,
            account: self.account,
            accepted: false,
            invite: join.request.invite,
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            home: self.home,
            box_key: self.claims.box_key.as_slice().to_vec(),
            key_packages: self.claims.key_packages.iter().map(|package| package.as_slice().to_vec().into()).collect(),
            key_token: self.claims.key_token.into(),
            created_at: step.now.wall.0,
        }
    }
}

/// Why somebody who waits can't be let in any more.
pub(crate) fn bar(step: &Step<'_>, account: AccountId, request: &JoinRequestRecord) -> Outcome<Option<RefusalReason>> {
    let (_, invite) = invite::find(step, account, &request.invite)?;
    match invite.group {
        Some(group) => why_not(step, account, &group, &request.account),
        None => Ok(Some(RefusalReason::Gone)),
    }
}

/// Why nobody, or not this one, is let in by a link of this account now. Into a successor a link leads whatever the rules say of links, and
/// from the old group alone. Who is banned is declined and told no more (REQ-BAN-4).
fn why_not(
    step: &Step<'_>,
    account: AccountId,
    group: &GroupInvite,
    who: &AccountId,
) -> Outcome<Option<RefusalReason>> {
    if let Some(old) = group.succeeds
        && !successor::was_in(step, account, &old, who)?
    {
        return Ok(Some(RefusalReason::Declined));
    }
    let (record, policy) = match refused(state::of_group(step, account, &group.conversation))? {
        Ok(found) => found,
        Err(Rejection::Locked) => return Err(Rejection::Locked.into()),
        Err(_) => return Ok(Some(RefusalReason::Gone)),
    };
    let by_link = group.succeeds.is_some() || policy.rules.join != JoinRule::Invited;
    Ok(if !policy.may_add(&account) || !by_link {
        Some(RefusalReason::NotAllowed)
    } else if record.members.contains(who) {
        Some(RefusalReason::AlreadyIn)
    } else if policy.bans.contains(who) {
        Some(RefusalReason::Declined)
    } else if record.members.len() >= MEMBERS_MAX {
        Some(RefusalReason::Full)
    } else {
        None
    })
}

/// Whether the owners want somebody to be asked, or who asks was put out of the group before: no link undoes that.
fn asks_for_approval(step: &Step<'_>, account: AccountId, group: &GroupInvite, who: &AccountId) -> Outcome<bool> {
    if group_log::was_removed(step, account, &group.conversation, who)? {
        return Ok(true);
    }
    match group.succeeds {
        Some(old) => successor::is_to_be_asked_about(step, account, &old, who),
        None => Ok(state::of_group(step, account, &group.conversation)?.1.rules.join == JoinRule::Approved),
    }
}

/// Tells somebody who waits that it comes to nothing, and forgets that they have asked; nothing if they have not.
pub(crate) fn refuse(
    step: &mut Step<'_>,
    account: AccountId,
    (conversation, who): (&ConversationId, &AccountId),
    reason: RefusalReason,
) -> Outcome<()> {
    let Some(request) = super::request_of(step, account, conversation, who)? else { return Ok(()) };
    let (link, _) = invite::find(step, account, &request.invite)?;
    super::forget(step, account, conversation, who);
    refuse::send(step, &link, (*who, request.home), &request.box_key, reason)
}

/// Looks at the requests that wait for somebody's word: what can't be granted any more is answered. A group that is full may have room later.
pub(crate) fn look_again(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<()> {
    for request in of_group(step, account, conversation)?.into_iter().filter(|request| !request.accepted) {
        match bar(step, account, &request)? {
            None | Some(RefusalReason::Full) => {}
            // Somebody else has added them.
            Some(RefusalReason::AlreadyIn) => super::forget(step, account, conversation, &request.account),
            Some(reason) => refuse(step, account, (conversation, &request.account), reason)?,
        }
    }
    Ok(())
}

/// This account is out of the group: whoever still waits is told.
pub(crate) fn close(step: &mut Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<()> {
    for request in of_group(step, account, conversation)?.into_iter().filter(|request| !request.accepted) {
        refuse(step, account, (conversation, &request.account), RefusalReason::Gone)?;
    }
    Ok(())
}

fn of_group(step: &Step<'_>, account: AccountId, conversation: &ConversationId) -> Outcome<Vec<JoinRequestRecord>> {
    let rows = step.rows.scan(Scope::Account(account), Table::JoinRequest, conversation.as_bytes(), usize::MAX)?;
    let mut requests = Vec::with_capacity(rows.len());
    for (_, value) in rows {
        requests.push(record::decode(&value, "join request")?);
    }
    Ok(requests)
}
