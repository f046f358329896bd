//! When an account unlocks: everything that waited for its keys.

use tidings_crypto::id::{AccountId, ConversationId, QueueId};

use crate::error::{Fault, Outcome};
use crate::limits::{RECEIPT_DELAY_DIRECT_MS, SYNC_DELAY_MS};
use crate::record;
use crate::record::conversation::ConversationRecord;
use crate::step::Step;
use crate::store::table::{Scope, Table};
use crate::timer::TimerKind;

/// Takes up what waited: inbox, queues, acceptances, receipts owed, contacts being resolved, acts that wait.
pub(crate) fn unlocked(step: &mut Step<'_>, account: AccountId) -> Outcome<()> {
    if !step.rows.is_unlocked(account)? {
        return Ok(());
    }
    super::key_supply::refill(step, account)?;
    step.to_open_inbox.insert(account);
    crate::log::bundle::drop_forgotten(step)?;
    for (row, value) in step.rows.scan(Scope::Account(account), Table::Conversation, b"", usize::MAX)? {
        let conversation: ConversationRecord = record::decode(&value, "conversation")?;
        let id = ConversationId::try_from(row.as_slice()).map_err(|_| Fault::Damaged("conversation key"))?;
        step.to_catch_up.extend(conversation.queues.iter().map(|queue| (account, *queue)));
        step.to_act.insert((account, id));
        if conversation.pending > 0 {
            step.set_timer(TimerKind::Missing(account, id), SYNC_DELAY_MS);
        }
        if conversation.receipt_due != 0 {
            step.set_timer(TimerKind::Receipt(account, id), RECEIPT_DELAY_DIRECT_MS);
        }
    }
    super::message::state::reconcile(step, account)?;
    super::message::expire::due(step, account)?;
    super::mailbox::resume(step, account)?;
    super::contact::resume(step, account)
}

/// A queue that a conversation of this account uses, if the account knows it.
pub(crate) fn conversation_of(step: &Step<'_>, account: AccountId, queue: &QueueId) -> Outcome<Option<ConversationId>> {
    step.rows.get(Scope::Account(account), Table::ConversationQueue, queue.as_bytes())
}
