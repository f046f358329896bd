//! Events: what clients of an account are told, in order, with a cursor.

use tidings_crypto::id::{AccountId, ConversationId};

use crate::effect::Effect;
use crate::error::Outcome;
use crate::limits::EVENTS_KEPT;
use crate::record::event::{EventKind, EventRecord};
use crate::step::Step;
use crate::store::table::{Scope, Table};

/// Appends an event and drops the oldest beyond the number kept.
pub(crate) fn emit(
    step: &mut Step<'_>,
    account: AccountId,
    conversation: Option<ConversationId>,
    kind: EventKind,
) -> Outcome<()> {
    let mut profile = super::profile::load(step, account)?;
    profile.event_cursor = profile.event_cursor.saturating_add(1);
    let cursor = profile.event_cursor;
    super::profile::store(step, account, &profile);
    let scope = Scope::Account(account);
    step.rows.put(
        scope,
        Table::Event,
        &cursor.to_be_bytes(),
        &EventRecord { time: step.now.wall.0, conversation, kind },
    );
    if let Some(old) = cursor.checked_sub(EVENTS_KEPT) {
        step.rows.delete(scope, Table::Event, &old.to_be_bytes());
    }
    step.effects.push(Effect::Notify { account, cursor });
    Ok(())
}
