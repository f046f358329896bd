//! One world: its machines, people and network, and what happens next. The loop, and what each event does.

use tidings_crypto::id::{AccountId, NodeId};
use tidings_protocol::input::{Input, RequestFailure};
use tidings_protocol::time::Monotonic;

use super::bans::Bans;
use super::checker::{self, Checker, Verdict};
use super::clock::Clock;
use super::dice::Dice;
use super::host::Host;
use super::hostile::Hostile;
use super::network::{Delivery, Network};
use super::people::Person;
use super::plan::{Options, Plan, draw_crowd};
use super::report::{Stats, Violation};
use super::sabotage::Saboteur;
use super::schedule::{Event, Schedule};
use super::trace::Digest;
use super::typing;
use super::view::View;
use super::workload::{Purpose, Wish, Workload};

/// More steps than any world needs: a core that never rests.
const STEPS_MAX: u64 = 400_000;

/// One world.
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) plan: Plan,
    pub(crate) schedule: Schedule,
    pub(crate) hosts: Vec<Host>,
    pub(crate) names: Vec<NodeId>,
    pub(crate) people: Vec<Person>,
    pub(crate) network: Network,
    /// Chance for the network, for faults, for people, and for the seeds of nodes.
    pub(crate) network_dice: Dice,
    pub(crate) fault_dice: Dice,
    pub(crate) people_dice: Dice,
    pub(crate) seed_dice: Dice,
    /// Chance for those who type, where people do.
    pub(crate) typing_dice: Option<Dice>,
    pub(crate) view: View,
    pub(crate) checkers: Vec<Box<dyn Checker>>,
    pub(crate) saboteur: Saboteur,
    pub(crate) workload: Workload,
    pub(crate) bans: Bans,
    pub(crate) hostile: Hostile,
    pub(crate) digest: Digest,
    pub(crate) stats: Stats,
    /// How many acts are still to come.
    pub(crate) acts_left: usize,
    /// Whether some machine lied: then nobody can promise that all arrives.
    pub(crate) lying: bool,
    /// Whether all faults have ended.
    pub(crate) healed: bool,
}

impl World {
    /// The world of `seed`, with all machines off.
    pub(crate) fn new(seed: u64, options: Options) -> Self {
        let nodes = options.nodes.or_else(|| draw_crowd(&mut Dice::new(seed, "crowd")));
        let options = Options { nodes, ..options };
        let plan = Plan::draw(&mut Dice::new(seed, "plan"), &options);
        let canary = format!("kanarie{:08x}q", Dice::new(seed, "canary").below(1 << 32));
        let mut dice = Dice::new(seed, "people and machines");
        let hosts: Vec<Host> = (0..plan.accounts.len())
            .map(|_| {
                let mut clock = Clock::new(dice.either_side(plan.drift));
                clock.step(dice.either_side(plan.clock_offset));
                Host::new(&mut dice, clock, plan.anchors)
            })
            .collect();
        let names: Vec<NodeId> = hosts.iter().map(|host| host.node).collect();
        let mut people = Vec::new();
        for (host, count) in plan.accounts.iter().enumerate() {
            for place in 0..*count {
                people.push(Person::new(&mut dice, &canary, people.len(), host, names[host], place == 0));
            }
        }
        let lying = plan.liar.is_some();
        let mut view = View::default();
        view.devices = people.iter().map(|person| (person.device, person.account)).collect();
        view.keys = people.iter().map(|person| (person.device, person.device_key)).collect();
        view.cheat = people.last().filter(|_| plan.cheat).map(|person| person.account);
        let mut checkers = checker::all(&canary);
        checkers.retain(|checker| options.only.is_none_or(|only| only == checker.name()));
        Self {
            schedule: Schedule::default(),
            network: Network::default(),
            network_dice: Dice::new(seed, "network"),
            fault_dice: Dice::new(seed, "faults"),
            people_dice: Dice::new(seed, "acts"),
            seed_dice: Dice::new(seed, "seeds"),
            typing_dice: typing::draw(seed),
            view,
            checkers,
            saboteur: Saboteur::new(options.bug),
            workload: Workload::new(&canary),
            bans: Bans::draw(seed),
            hostile: Hostile::new(seed),
            digest: Digest::default(),
            stats: Stats::default(),
            acts_left: plan.acts,
            lying,
            healed: false,
            options,
            plan,
            hosts,
            names,
            people,
        }
    }

    /// The failure of a checker as a violation of this moment.
    pub(crate) fn violation(&self, checker: &'static str, text: String) -> Violation {
        Violation { checker, text, at: self.schedule.now }
    }

    /// Asks every checker.
    pub(crate) fn ask(
        &mut self,
        mut question: impl FnMut(&mut dyn Checker, &View) -> Verdict,
    ) -> Result<(), Violation> {
        for checker in &mut self.checkers {
            if let Err(text) = question(checker.as_mut(), &self.view) {
                return Err(Violation { checker: checker.name(), text, at: self.schedule.now });
            }
        }
        Ok(())
    }

    /// Runs all events up to world time `limit`, or until `done` says so after one of them.
    pub(crate) fn run_until(&mut self, limit: u64, mut done: impl FnMut(&Self) -> bool) -> Result<(), Violation> {
        while let Some(event) = self.schedule.next(limit) {
            self.stats.events += 1;
            if self.stats.steps > STEPS_MAX {
                return Err(self.violation("rest", "the nodes never rest: too many steps".into()));
            }
            self.happen(event)?;
            if done(self) {
                break;
            }
        }
        Ok(())
    }

    /// Prints a line if the run is verbose.
    pub(crate) fn say(&self, line: impl FnOnce() -> String) {
        if self.options.verbose {
            eprintln!("{:>9} {}", self.schedule.now, line());
        }
    }

    fn happen(&mut self, event: Event) -> Result<(), Violation> {
        match event {
            Event::Run { node } => self.run_inbox(node)?,
            Event::Wake { node, life } => self.wake(node, life),
            Event::Restart { node, life } => self.start(node, life)?,
            Event::Unlock { node, life, account } => self.unlock(node, life, account),
            Event::LinkUp { from, to } => {
                let up: Vec<bool> = self.hosts.iter().map(Host::is_up).collect();
                let deliveries = self.network.link_up(&self.names, |node| up[node], from, to);
                self.deliver(deliveries);
            }
            Event::LinkDown { a, b, generation } => {
                // One that was planned while faults existed does not happen after them.
                if !self.healed {
                    let deliveries = self.network.link_down(&self.names, a, b, generation);
                    self.deliver(deliveries);
                }
            }
            Event::PeerGone { node, peer } => {
                let deliveries = self.network.peer_gone(&self.names, node, peer);
                self.deliver(deliveries);
            }
            Event::Arrive { from, life, to, generation, id, protocol, bytes } => {
                if let Some(token) = self.network.arrive(from, life, to, generation, id) {
                    self.deliver(vec![(to, Input::Request { peer: self.names[from], token, protocol, bytes })]);
                }
            }
            Event::Answer { from, to, life, generation, id, mut bytes } => {
                if self.hosts[to].life == life {
                    if self.plan.liar == Some(from) {
                        self.hostile.twist(&mut bytes);
                    }
                    let delivery = self.network.answer(&self.names, from, to, generation, id, bytes);
                    self.deliver(delivery.into_iter().collect());
                }
            }
            Event::Timeout { node, life, id } => {
                if self.hosts[node].life == life {
                    let delivery = self.network.timeout(&self.names, node, id);
                    self.deliver(delivery.into_iter().collect());
                }
            }
            Event::Mend { from, to } => self.network.mend(from, to),
            Event::Act => self.act(),
            Event::Command { person, command, purpose } => self.command(Wish { person, command: *command, purpose }),
            Event::Fault => self.fault(),
            Event::Attack => self.attack(),
            Event::Cheat => self.cheat(),
        }
        Ok(())
    }

    /// Puts inputs into inboxes of machines that are up.
    pub(crate) fn deliver(&mut self, deliveries: Vec<Delivery>) {
        for (node, input) in deliveries {
            self.push(node, input);
        }
    }

    /// Puts one input into a machine's inbox.
    pub(crate) fn push(&mut self, node: usize, input: Input) {
        let host = &mut self.hosts[node];
        if !host.is_up() {
            return;
        }
        host.inbox.push_back(input);
        if !host.run_due {
            host.run_due = true;
            let delay = self.network_dice.between(0, self.plan.batching);
            self.schedule.after(delay, Event::Run { node });
        }
    }

    /// Gives an asker the failure of a request that could not even be sent.
    pub(crate) fn fail(&mut self, node: usize, peer: NodeId, id: u64, failure: RequestFailure) {
        self.push(node, Input::Response { peer, id, result: Err(failure) });
    }

    fn wake(&mut self, node: usize, life: u64) {
        let host = &mut self.hosts[node];
        if host.life != life || host.wake_due != Some(self.schedule.now) {
            return;
        }
        host.wake_due = None;
        let due = host.core.as_ref().and_then(tidings_protocol::node::Node::next_wake);
        if due.is_some_and(|due| host.clock.now(self.schedule.now).monotonic >= due) {
            self.push(node, Input::Tick);
        } else {
            self.set_wake(node, due);
        }
    }

    /// Schedules the core's timer.
    pub(crate) fn set_wake(&mut self, node: usize, due: Option<Monotonic>) {
        let host = &mut self.hosts[node];
        let Some(due) = due else { return };
        let time = host.clock.when(due).max(self.schedule.now + 1);
        if host.wake_due.is_none_or(|earlier| time < earlier) {
            host.wake_due = Some(time);
            let life = host.life;
            self.schedule.at(time, Event::Wake { node, life });
        }
    }

    fn start(&mut self, node: usize, life: u64) -> Result<(), Violation> {
        if self.hosts[node].is_up() || self.hosts[node].life != life {
            return Ok(());
        }
        let seed = self.seed_dice.bytes();
        self.say(|| format!("n{node} starts"));
        self.stats.starts += 1;
        self.hosts[node].start(self.schedule.now, seed);
        self.hosts[node].run_due = true;
        self.schedule.after(0, Event::Run { node });
        let accounts: Vec<AccountId> =
            self.people.iter().filter(|person| person.host == node).map(|person| person.account).collect();
        for account in accounts {
            self.plan_unlock(node, account);
        }
        self.ask(|checker, view| checker.restarted(view))
    }

    /// Somebody will unlock the account after a while.
    pub(crate) fn plan_unlock(&mut self, node: usize, account: AccountId) {
        let delay = self.people_dice.between(self.plan.unlock_after.0, self.plan.unlock_after.1);
        let life = self.hosts[node].life;
        self.schedule.after(delay, Event::Unlock { node, life, account });
    }

    fn unlock(&mut self, node: usize, life: u64, account: AccountId) {
        let host = &mut self.hosts[node];
        let exists = host.signed_up.contains(&account);
        if host.life == life && host.is_up() && exists && !host.unlocked.contains(&account) {
            self.push(node, Input::Unlocked(account));
        }
    }

    /// Ends a machine's process and plans its return.
    pub(crate) fn crash(&mut self, node: usize) {
        self.say(|| format!("n{node} crashes"));
        self.stats.crashes += 1;
        self.hosts[node].stop();
        self.network.crash(&mut self.schedule, &mut self.network_dice, node);
        let life = self.hosts[node].life;
        let down = self.fault_dice.between(self.plan.down.0, self.plan.down.1);
        self.schedule.after(down, Event::Restart { node, life });
        for wish in self.workload.forget(node) {
            if wish.purpose == Purpose::Insist {
                self.later(wish, 500);
            }
        }
    }

    /// A person tries again later.
    pub(crate) fn later(&mut self, wish: Wish, at_least: u64) {
        let delay = self.people_dice.between(at_least, at_least + 5_000);
        let Wish { person, command, purpose } = wish;
        self.schedule.after(delay, Event::Command { person, command: Box::new(command), purpose });
    }
}
