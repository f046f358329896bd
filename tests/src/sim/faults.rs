//! What breaks and who acts: fault ticks, the stranger's frames, and the acts of people.

use tidings_protocol::command::{Answer, Command};
use tidings_protocol::error::Rejection;
use tidings_protocol::input::Input;

use super::checker::acts;
use super::report::Violation;
use super::schedule::Event;
use super::workload::{Purpose, Wish};
use super::world::World;

/// Between two looks for something to break, in virtual milliseconds.
const FAULT_TICK: u64 = 5_000;

impl World {
    /// Breaks something, perhaps.
    pub(crate) fn fault(&mut self) {
        let count = self.hosts.len();
        self.schedule.after(FAULT_TICK, Event::Fault);
        if self.fault_dice.chance(self.plan.partitions) && count > 1 {
            self.partition();
        }
        for (a, b, generation) in self.network.standing() {
            if self.fault_dice.chance(self.plan.disconnects) {
                self.stats.cuts += 1;
                self.schedule.after(self.fault_dice.below(FAULT_TICK), Event::LinkDown { a, b, generation });
            }
        }
        if self.plan.clock_step > 0 && self.fault_dice.chance(100) {
            let node = self.fault_dice.index(count);
            let by = self.fault_dice.either_side(self.plan.clock_step);
            self.stats.clock_steps += 1;
            self.say(|| format!("n{node} clock jumps by {by} ms"));
            self.hosts[node].clock.step(by);
        }
        if self.fault_dice.chance(self.plan.locks) {
            let person = self.fault_dice.index(self.people.len());
            let (host, account) = (self.people[person].host, self.people[person].account);
            if self.hosts[host].unlocked.contains(&account) {
                self.stats.locks += 1;
                self.push(host, Input::Locked(account));
            }
        }
        if self.plan.crashes > 0 && self.fault_dice.chance(30) {
            let node = self.fault_dice.index(count);
            if self.hosts[node].is_up() {
                self.crash(node);
            }
        }
    }

    /// Cuts one machine, or one pair, off; in both directions or in one.
    fn partition(&mut self) {
        let count = self.hosts.len();
        let one = self.fault_dice.index(count);
        let other = self.fault_dice.index(count);
        let whole = self.fault_dice.chance(500);
        let one_way = self.plan.one_way && self.fault_dice.chance(500);
        let lasts = self.fault_dice.between(500, 90_000);
        self.stats.partitions += 1;
        self.say(|| format!("partition of n{one}, {lasts} ms"));
        for peer in (0..count).filter(|peer| *peer != one && (whole || *peer == other)) {
            let directions = if one_way { vec![(one, peer)] } else { vec![(one, peer), (peer, one)] };
            for (from, to) in directions {
                self.network.block(from, to);
                self.schedule.after(lasts, Event::Mend { from, to });
            }
        }
        for (a, b, generation) in self.network.standing() {
            // Silence is noticed by the transport after a while, and sometimes only by requests that time out.
            if (a == one || b == one) && self.fault_dice.chance(600) {
                self.schedule.after(self.fault_dice.between(100, 30_000), Event::LinkDown { a, b, generation });
            }
        }
    }

    /// The stranger does something.
    pub(crate) fn attack(&mut self) {
        if !self.plan.hostile {
            return;
        }
        let victim = self.hostile.victim(self.hosts.len());
        let peer = self.hostile.node;
        self.stats.attacks += 1;
        if self.hosts[victim].is_up() {
            self.push(victim, Input::PeerConnected(peer));
            let (protocol, bytes) = self.hostile.frame();
            let token = self.network.token();
            self.push(victim, Input::Request { peer, token, protocol, bytes });
            self.push(victim, Input::PeerDisconnected(peer));
        }
        let pause = self.hostile.pause();
        self.schedule.after(pause, Event::Attack);
    }

    /// Somebody does something, if acts are left.
    pub(crate) fn act(&mut self) {
        if self.acts_left == 0 {
            return;
        }
        self.acts_left -= 1;
        let person = self.people_dice.index(self.people.len());
        let wish = self.workload.act(&mut self.people_dice, &self.view, &self.people, person, &self.plan);
        if let Some(wish) = wish.map(|wish| self.bans.turn(&self.view, wish)) {
            let rival = self.rival(&wish);
            self.first_try(wish);
            if let Some(rival) = rival {
                // Before the first can be known there.
                let delay = self.people_dice.between(0, self.plan.latency.0);
                let Wish { person, command, purpose } = rival;
                self.schedule.after(delay, Event::Command { person, command: Box::new(command), purpose });
            }
        }
        self.type_something();
        let gap = self.people_dice.between(self.plan.gap.0, self.plan.gap.1);
        self.schedule.after(gap, Event::Act);
    }

    /// What somebody else wants of the same group at the same moment, in a world where people do that.
    fn rival(&mut self, wish: &Wish) -> Option<Wish> {
        if self.plan.rivals == 0 || !self.people_dice.chance(self.plan.rivals) {
            return None;
        }
        let rival = self.workload.rival(&mut self.people_dice, &self.view, &self.people, wish);
        rival.map(|rival| self.bans.turn(&self.view, rival))
    }

    fn first_try(&mut self, wish: Wish) {
        let person = &self.people[wish.person];
        let open = self.hosts[person.host].unlocked.contains(&person.account);
        // Most people see that they must unlock first; some do not.
        if open || self.people_dice.chance(200) {
            self.issue(wish);
        } else if wish.purpose == Purpose::Insist {
            self.later(wish, 1_000);
        }
    }

    /// A command that somebody insists on, tried again.
    pub(crate) fn command(&mut self, wish: Wish) {
        let person = &self.people[wish.person];
        if self.hosts[person.host].unlocked.contains(&person.account) {
            self.issue(wish);
        } else {
            self.later(wish, 1_000);
        }
    }

    /// Hands a command to the person's node.
    pub(crate) fn issue(&mut self, wish: Wish) {
        let host = self.people[wish.person].host;
        if !self.hosts[host].is_up() {
            if wish.purpose == Purpose::Insist {
                self.later(wish, 1_000);
            }
            return;
        }
        let command = Box::new(wish.command.clone());
        let id = self.workload.begin(host, wish);
        self.push(host, Input::Command { id, command });
    }

    /// Notes an account that exists from now on.
    pub(crate) fn signed_up(
        &mut self,
        node: usize,
        wish: &Wish,
        result: &Result<Answer, Rejection>,
    ) -> Result<(), Violation> {
        let Command::CreateAccount(_) = &wish.command else { return Ok(()) };
        let account = self.people[wish.person].account;
        match result {
            Ok(Answer::Account(given)) if *given == account => {
                self.hosts[node].signed_up.insert(account);
                Ok(())
            }
            Ok(_) | Err(_) => {
                let text = format!(
                    "sign-up at node {node} by {:?} failed: {}",
                    acts(&wish.command),
                    super::trace::answer_name(result)
                );
                Err(self.violation("sign-up", text))
            }
        }
    }

    /// Starts the ticks of faults, attacks and acts.
    pub(crate) fn begin_trouble(&mut self) {
        self.schedule.after(FAULT_TICK, Event::Fault);
        self.schedule.after(1_000, Event::Attack);
        self.schedule.after(2_000, Event::Cheat);
        self.schedule.after(0, Event::Act);
    }
}
