//! Each account has each message at most once, and reports it as new at most once.

use tidings_protocol::record;
use tidings_protocol::record::event::{EventKind, EventRecord};
use tidings_protocol::store::table::Table;

use super::{Checker, Seen, Verdict};

/// See the module.
pub(super) struct Once;

impl Checker for Once {
    fn name(&self) -> &'static str {
        "once"
    }

    fn committed(&mut self, seen: &Seen<'_>) -> Verdict {
        for fact in &seen.facts.messages {
            let copies = seen.view.copies.get(&(fact.account, fact.record.id)).copied().unwrap_or(0);
            if copies > 1 {
                return Err(format!("{:?} has {copies} rows of one message of {:?}", fact.account, fact.record.sender));
            }
        }
        let events = seen.writes.iter().filter(|write| write.table == Table::Event);
        for (write, value) in events.filter_map(|write| write.value.as_ref().map(|value| (write, value))) {
            let event: EventRecord = record::decode(value, "event").map_err(|fault| fault.to_string())?;
            if let EventKind::MessageNew { id, order } = event.kind {
                let told = seen.view.told.get(&(write.scope, id, order.is_empty())).copied().unwrap_or(0);
                if told > 1 {
                    return Err(format!("{:?} was told {told} times of one message", write.scope));
                }
            }
        }
        Ok(())
    }
}
