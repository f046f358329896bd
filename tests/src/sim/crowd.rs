//! Worlds with so many machines that they pass entries on along rings: how such a group comes about, and what goes round in it.

use tidings_crypto::{Outer, decode_exact};
use tidings_protocol::input::Protocol;
use tidings_protocol::limits::RING_TEND_MS;
use tidings_protocol::log::ring::is_ring;
use tidings_protocol::record;
use tidings_protocol::record::conversation::{ConversationRecord, Membership};
use tidings_protocol::record::log::QueueRecord;
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::wire::log::{LogRequest, LogResponse};
use tidings_protocol::wire::reconcile::RangeAnswer;

use super::report::Violation;
use super::workload::accepted;
use super::world::World;

/// How long it may take until all know the first one, or are in the group, in virtual milliseconds.
const GATHER_LIMIT: u64 = 5 * 60 * 1000;

impl World {
    /// In peace, the first of the people gets to know everybody and founds a group of all.
    pub(crate) fn gather(&mut self) -> Result<(), Violation> {
        let troubled = self.plan.clone();
        self.plan.heal();
        let (everybody, first) = (self.people.len(), self.people[0].account);
        for guest in 1..everybody {
            let wish = self.workload.invite_for(&self.people, 0, guest);
            self.issue(wish);
        }
        self.wait_for("all know the first", |world| accepted(&world.view, first).len() == everybody - 1)?;
        let members = accepted(&self.view, first);
        let wish = self.workload.group_of(&self.people, 0, members);
        self.issue(wish);
        self.wait_for("all are in one group", |world| {
            let all = |of: &ConversationRecord| of.membership == Membership::Member && of.members.len() == everybody;
            world.view.conversations.values().filter(|record| all(record)).count() == everybody
        })?;
        self.plan = troubled;
        Ok(())
    }

    fn wait_for(&mut self, what: &str, mut holds: impl FnMut(&Self) -> bool) -> Result<(), Violation> {
        let limit = self.schedule.now + GATHER_LIMIT;
        self.run_until(limit, |world| holds(world))?;
        if holds(self) { Ok(()) } else { Err(self.violation("gather", format!("it does not come so far that {what}"))) }
    }

    /// Counts entries that a machine passes on, and requests by which it looks after a large group.
    pub(crate) fn note_request(&mut self, node: usize, protocol: Protocol, bytes: &[u8]) {
        if !self.plan.crowd || protocol != Protocol::Log {
            return;
        }
        match decode_exact(bytes) {
            Ok(LogRequest::Push(items)) => {
                let ids = items.iter().filter_map(|item| Outer::parse(item.outer.as_slice()).ok());
                let foreign =
                    ids.filter(|outer| self.view.origins.get(&outer.id()).is_some_and(|origin| *origin != node));
                self.stats.passed_on += foreign.count() as u64;
            }
            Ok(LogRequest::List(positions)) => self.stats.tended += u64::from(positions.len() == 1),
            Ok(LogRequest::Reconcile(request)) => self.stats.tended += u64::from(request.ranges.len() == 1),
            Ok(_) | Err(_) => {}
        }
    }

    /// Counts answers to such lists, which name what came by pushes as long as the position does not say so, and to questions for what differs
    /// where nothing does.
    pub(crate) fn note_answer(&mut self, bytes: &[u8]) {
        if !self.plan.crowd {
            return;
        }
        let same = |range: &RangeAnswer| match range {
            RangeAnswer::Differ(parts) => parts.is_empty(),
            RangeAnswer::Lacking(lacking) => lacking.entries.is_empty(),
        };
        self.stats.tended += u64::from(match decode_exact(bytes) {
            Ok(LogResponse::Listed(pages)) => pages.len() <= 1,
            Ok(LogResponse::Reconciled(answer)) => answer.answers.iter().all(same),
            Ok(_) | Err(_) => false,
        });
    }

    /// How many such frames there are at the most in so many milliseconds: one look a minute for each large queue of each machine, with a list
    /// and its answer, and before it, where the position is void, a question for what differs and its answer.
    pub(crate) fn tending_in(&self, milliseconds: u64) -> u64 {
        let queues = self.hosts.iter().flat_map(|host| host.store.rows()).filter(|((scope, table), _, value)| {
            let queue = || record::decode::<QueueRecord>(value, "queue").expect("a queue row");
            *scope == Scope::Node && *table == Table::Queue && is_ring(&queue())
        });
        queues.count() as u64 * (milliseconds / RING_TEND_MS + 1) * 4
    }
}
