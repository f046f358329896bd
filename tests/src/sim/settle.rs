//! The three parts of a world's life, and the peace at its end.

use std::collections::BTreeMap;

use tidings_crypto::id::AccountId;
use tidings_protocol::command::{Command, Recipient};
use tidings_protocol::record;
use tidings_protocol::record::message::MessageRecord;
use tidings_protocol::store::table::{Scope, Table};

use super::checker::unsettled;
use super::report::{Stats, Violation};
use super::schedule::Event;
use super::workload::{Purpose, Wish};
use super::world::World;

/// How long after the end of all faults everything must be settled, in virtual milliseconds.
const SETTLE_LIMIT: u64 = 30 * 60 * 1000;
/// How often it is asked whether it is.
const SETTLE_TICK: u64 = 2_000;
/// What may still be under way when all is settled: receipts that wait for company.
const LAST_WORDS: u64 = 30_000;
/// How long nobody may say anything then.
const QUIET: u64 = 300_000;
/// In so many such stretches in a row somebody says something only if it never ends.
const STRETCHES: usize = 40;
/// The longest a world is in trouble, in virtual milliseconds.
const TROUBLE_LIMIT: u64 = 60 * 60 * 1000;

impl World {
    /// The whole life of the world.
    pub(crate) fn live(&mut self) -> Result<(), Violation> {
        self.sign_up()?;
        if self.plan.crowd {
            self.gather()?;
        }
        self.begin_trouble();
        let limit = self.schedule.now + TROUBLE_LIMIT;
        self.run_until(limit, |world| world.acts_left == 0)?;
        self.heal();
        let healed = self.schedule.now;
        self.settle()?;
        self.stats.settling = self.schedule.now - healed;
        self.probe();
        self.settle()?;
        self.falls_quiet()?;
        self.ask(|checker, view| checker.restarted(view))?;
        self.compare_stores()
    }

    /// All machines start and all people sign up, in peace.
    fn sign_up(&mut self) -> Result<(), Violation> {
        let troubled = self.plan.clone();
        self.plan.heal();
        for node in 0..self.hosts.len() {
            self.schedule.after(node as u64, Event::Restart { node, life: 0 });
        }
        // One begins after the other; most worlds are small.
        let all_begun = 1_000.max(self.hosts.len() as u64);
        self.run_until(all_begun, |_| false)?;
        for person in 0..self.people.len() {
            let (host, account) = (self.people[person].host, self.people[person].account);
            // As the shell does: the data key is in the store before the core hears of the account.
            self.hosts[host].store.unlock(account);
            self.hosts[host].unlocked.insert(account);
            let command = Command::CreateAccount(self.people[person].new_account.clone());
            self.issue(Wish { person, command, purpose: Purpose::Try });
        }
        self.run_until(all_begun + 2_000, |_| false)?;
        let signed_up: usize = self.hosts.iter().map(|host| host.signed_up.len()).sum();
        self.plan = troubled;
        if signed_up == self.people.len() {
            return Ok(());
        }
        Err(self.violation("sign-up", format!("{signed_up} of {} people could sign up", self.people.len())))
    }

    /// All faults end, all machines run, all accounts will be unlocked.
    fn heal(&mut self) {
        self.say(|| "all faults end".into());
        self.plan.heal();
        self.healed = true;
        self.acts_left = 0;
        self.network.mend_all();
        for node in 0..self.hosts.len() {
            if !self.hosts[node].is_up() {
                let life = self.hosts[node].life;
                self.schedule.after(self.fault_dice.below(2_000), Event::Restart { node, life });
            }
        }
        let people: Vec<(usize, AccountId)> = self.people.iter().map(|person| (person.host, person.account)).collect();
        for (host, account) in people {
            if self.hosts[host].is_up() {
                self.plan_unlock(host, account);
            }
        }
    }

    /// Waits until nothing is missing any more.
    fn settle(&mut self) -> Result<(), Violation> {
        let limit = self.schedule.now + SETTLE_LIMIT;
        loop {
            let next = self.schedule.now + SETTLE_TICK;
            self.run_until(next, |_| false)?;
            match self.missing() {
                None => return Ok(()),
                Some(violation) if self.schedule.now >= limit => return Err(violation),
                Some(_) => {}
            }
        }
    }

    /// What keeps the world from being settled.
    fn missing(&self) -> Option<Violation> {
        let open = self.workload.open_count();
        if open > 0 {
            return Some(self.violation("replies", format!("{open} commands are not answered")));
        }
        let asks = |name| !self.lying && self.options.only.is_none_or(|only| only == name);
        if asks("delivery")
            && let Err(text) = unsettled(&self.view, &self.workload.acquainted)
        {
            return Some(self.violation("delivery", text));
        }
        if asks("wishes")
            && let Err(text) = self.workload.wishes.broken(&self.view)
        {
            return Some(self.violation("wishes", text));
        }
        None
    }

    /// When all is settled, nobody has anything more to say: no receipts of receipts, no lists asked again and again. Where a
    /// member cheated, somebody may go on asking for what only others have seen of its log.
    fn falls_quiet(&mut self) -> Result<(), Violation> {
        self.run_until(self.schedule.now + LAST_WORDS, |_| false)?;
        let mut more = 0;
        for _ in 0..STRETCHES {
            let Stats { frames, tended, commits, kept, .. } = self.stats;
            self.run_until(self.schedule.now + QUIET, |_| false)?;
            // In large groups everybody looks after some other follower now and then, as often as it may and with nothing to say.
            let tended = self.stats.tended - tended;
            more = self.stats.frames - frames - tended.min(self.tending_in(QUIET));
            // In large groups a machine may find what passing on has missed, though nobody there is to read it.
            let found = self.plan.crowd && self.stats.kept > kept;
            // Leaves are renewed now and then; and what never can be read is asked for a few times.
            let excused = found || self.stats.commits > commits || self.view.waits_for_an_entry();
            if more == 0 || !excused {
                break;
            }
        }
        if more == 0 || self.lying || self.view.cheat.is_some() || self.options.only.is_some_and(|only| only != "quiet")
        {
            return Ok(());
        }
        Err(self.violation("quiet", format!("{more} frames were sent after everything was settled")))
    }

    /// In each conversation one member writes once more: what has settled must also still work.
    fn probe(&mut self) {
        for conversation in self.view.all_conversations() {
            let members = self.view.reference(conversation).map(|record| record.members.clone()).unwrap_or_default();
            let Some(account) = self.people_dice.pick(&members).copied() else { continue };
            let Some(person) = self.people.iter().position(|person| person.account == account) else { continue };
            let wish =
                self.workload.text(&mut self.people_dice, person, account, Recipient::Conversation(conversation));
            self.issue(Wish { purpose: Purpose::Insist, ..wish });
        }
    }

    /// What the observer believes must be what the disks hold.
    fn compare_stores(&self) -> Result<(), Violation> {
        let mut stored = BTreeMap::new();
        for host in &self.hosts {
            for ((scope, table), key, value) in host.store.rows() {
                if let (Scope::Account(account), Table::Message) = (scope, table) {
                    let record: MessageRecord = record::decode(value, "message").expect("a message row");
                    stored.insert((*account, key.clone()), record);
                }
            }
        }
        if stored == self.view.messages {
            return Ok(());
        }
        Err(self.violation(
            "observer",
            format!("disks hold {} messages, {} were seen", stored.len(), self.view.messages.len()),
        ))
    }
}
