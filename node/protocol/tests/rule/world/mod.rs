//! Devices, a network between them, and what honest ones do. Rounds, not seconds: in each a device hears from some others, goes where the
//! rule leads it, and may act.

pub(crate) mod device;
pub(crate) mod tree;

use std::collections::BTreeSet;

use self::device::{Device, Rule, Skeleton, Standing};
use self::tree::{Act, Body, Tree, entry_id};
use crate::dice::Dice;

/// A world before it begins.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) members: usize,
    pub(crate) admins: usize,
    /// Devices that can be added.
    pub(crate) outside: usize,
    /// Further devices of the last member.
    pub(crate) puppets: usize,
    /// From this device on members are not honest.
    pub(crate) insiders: usize,
    pub(crate) window: u64,
    pub(crate) rule: Rule,
    /// In percent a round: how often a device loses the states behind its tip.
    pub(crate) loss: usize,
    /// Whether a newcomer on a losing branch is told what won.
    pub(crate) tells: bool,
    /// Whether a device goes on reading the queues of states it has given up.
    pub(crate) keeps_queues: bool,
    /// In percent a round: how often somebody commits, and how often an admin's commit is about membership.
    pub(crate) commits: usize,
    pub(crate) changes: usize,
}

impl Plan {
    pub(crate) const fn new(members: usize, admins: usize) -> Self {
        Self {
            members,
            admins,
            outside: 2,
            puppets: 0,
            insiders: 0,
            window: 16,
            rule: Rule::Full,
            loss: 0,
            tells: true,
            keeps_queues: true,
            commits: 6,
            changes: 40,
        }
    }

    const fn devices(&self) -> usize {
        self.members + self.puppets + self.outside
    }
}

struct Mail {
    from: usize,
    to: usize,
    due: usize,
    skeleton: Skeleton,
}

pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) tree: Tree,
    pub(crate) devices: Vec<Device>,
    pub(crate) dice: Dice,
    pub(crate) round: usize,
    /// Which part of the divided network each device is in; none while it is away.
    pub(crate) side: Vec<Option<usize>>,
    mail: Vec<Mail>,
    wishes: Vec<Vec<Act>>,
    made: Vec<Vec<(Act, usize)>>,
    asked: Vec<usize>,
    /// For how many rounds each has been stranded.
    stranded: Vec<usize>,
    /// Whether honest devices act by themselves.
    pub(crate) busy: bool,
    pub(crate) readmissions: usize,
    pub(crate) tellings: usize,
}

impl World {
    pub(crate) fn new(seed: u64, plan: &Plan) -> Self {
        let mut user: Vec<usize> = (0..plan.members).collect();
        user.extend(std::iter::repeat_n(plan.members.saturating_sub(1), plan.puppets));
        user.extend((plan.members..plan.members + plan.outside).map(|user| user + 1000));
        let count = plan.devices();
        let members = plan.members + plan.puppets;
        let devices = (0..count).map(|number| Device::new(number, plan.rule, plan.window, number < members));
        Self {
            plan: plan.clone(),
            devices: devices.collect(),
            tree: Tree::new(user, members, plan.admins),
            dice: Dice::new(seed),
            round: 0,
            side: vec![Some(0); count],
            mail: Vec::new(),
            wishes: vec![Vec::new(); count],
            made: vec![Vec::new(); count],
            asked: vec![0; count],
            stranded: vec![0; count],
            busy: true,
            readmissions: 0,
            tellings: 0,
        }
    }

    pub(crate) fn is_honest(&self, device: usize) -> bool {
        let members = self.plan.members + self.plan.puppets;
        !(self.plan.members - self.plan.insiders..members).contains(&device)
    }

    fn honest(&self) -> impl Iterator<Item = &Device> {
        self.devices.iter().filter(|device| self.is_honest(device.number))
    }

    fn connected(&self, a: usize, b: usize) -> bool {
        a != b && self.side[a].is_some() && self.side[a] == self.side[b]
    }

    /// Divides the network at random into up to three parts.
    pub(crate) fn divide(&mut self) {
        let parts = 1 + self.dice.below(3);
        for side in &mut self.side {
            *side = Some(self.dice.below(parts));
        }
    }

    pub(crate) fn unite(&mut self) {
        self.side.fill(Some(0));
    }

    /// One round. `arrives`: of what another has, in percent.
    pub(crate) fn round(&mut self, arrives: usize) {
        self.round += 1;
        self.exchange(arrives);
        self.deliver_mail();
        for device in 0..self.devices.len() {
            if self.plan.loss > 0 && self.dice.chance(self.plan.loss) {
                let tip = self.devices[device].tip;
                self.devices[device].give_up(|epoch| epoch != tip);
            }
            self.advance(device);
            if self.is_honest(device) && self.side[device].is_some() {
                self.act(device);
            }
        }
    }

    fn exchange(&mut self, arrives: usize) {
        for to in 0..self.devices.len() {
            let peers: Vec<usize> = (0..self.devices.len()).filter(|from| self.connected(*from, to)).collect();
            for _ in 0..peers.len().min(2) {
                let from = peers[self.dice.below(peers.len())];
                let new: Vec<usize> = self.devices[from].store.difference(&self.devices[to].store).copied().collect();
                for entry in new {
                    if self.dice.chance(arrives) && self.listens(to, entry) {
                        self.devices[to].receive(entry);
                    }
                }
            }
        }
    }

    fn listens(&self, device: usize, entry: usize) -> bool {
        let topic = |epoch: usize| self.tree.epochs[epoch].topic;
        let queue = topic(self.tree.entries[entry].epoch);
        let kept = &self.devices[device].kept;
        self.plan.keeps_queues || kept.is_empty() || kept.iter().any(|epoch| topic(*epoch) == queue)
    }

    fn deliver_mail(&mut self) {
        for mail in std::mem::take(&mut self.mail) {
            if mail.due > self.round || !(self.connected(mail.from, mail.to) || mail.from == mail.to) {
                self.mail.push(mail);
            } else {
                self.devices[mail.to].welcome(&self.tree, &mail.skeleton);
            }
        }
    }

    /// Reads and goes where that leads, votes included.
    pub(crate) fn advance(&mut self, device: usize) {
        loop {
            self.devices[device].read(&self.tree);
            self.devices[device].settle(&self.tree);
            let due = self.devices[device].votes_due();
            if due.is_empty() || self.plan.rule != Rule::Full || !self.is_honest(device) {
                return;
            }
            for child in due {
                let parent = self.tree.epochs[child].parent.unwrap();
                self.devices[device].voted.insert(parent);
                self.write(device, parent, Body::Vote(child));
            }
        }
    }

    /// Writes the next entry of an honest log.
    fn write(&mut self, device: usize, epoch: usize, body: Body) -> usize {
        let id = entry_id(&mut self.dice, 1);
        let entry = self.tree.write(device, self.devices[device].head, epoch, body, id);
        self.append(device, entry);
        entry
    }

    /// The next entry of a log, whoever writes it.
    pub(crate) fn say(&mut self, device: usize, epoch: usize, body: Body) {
        self.write(device, epoch, body);
    }

    /// Gives an entry to everybody.
    pub(crate) fn spread(&mut self, entry: usize) {
        for device in &mut self.devices {
            device.receive(entry);
        }
    }

    fn append(&mut self, device: usize, entry: usize) {
        self.devices[device].head = Some(entry);
        self.devices[device].receive(entry);
    }

    /// A commit at the own tip; a welcome for whoever it brings in. Nothing if the device may not.
    pub(crate) fn commit(&mut self, device: usize, act: Act) -> Option<usize> {
        let tip = self.devices[device].tip;
        let allowed = self.devices[device].standing == Standing::Follows
            && self.tree.may(tip, device, act)
            && self.devices[device].is_spaced(&self.tree, tip, device, act);
        if !allowed {
            return None;
        }
        let id = entry_id(&mut self.dice, 1);
        let entry = self.tree.commit(device, self.devices[device].head, tip, act, id);
        let Body::Commit(epoch) = self.tree.entries[entry].body else { unreachable!() };
        self.append(device, entry);
        self.made[device].push((act, epoch));
        self.advance(device);
        if let Act::Add(to) | Act::Readmit { device: to, .. } = act {
            let skeleton = self.devices[device].skeleton(&self.tree, epoch);
            // Held until another has the commit.
            let due = self.round + 1 + self.dice.below(3);
            self.mail.push(Mail { from: device, to, due, skeleton });
        }
        Some(epoch)
    }

    fn act(&mut self, device: usize) {
        match self.devices[device].standing {
            Standing::Outside => return,
            Standing::Stranded => {
                self.stranded[device] += 1;
                self.ask(device);
            }
            Standing::Out | Standing::Follows => self.stranded[device] = 0,
        }
        if self.plan.tells && self.dice.chance(30) {
            self.tell(device);
        }
        if self.devices[device].standing != Standing::Follows {
            return;
        }
        if self.asked[device] > 0 {
            // Back: nobody need let it in any more.
            self.asked[device] = 0;
            self.write(device, self.devices[device].tip, Body::Ack);
        }
        self.wish_again(device);
        if self.plan.rule.has_way_back() && self.dice.chance(100 / self.plan.members) {
            self.grant(device);
        }
        if self.dice.chance(50)
            && let Some(act) = self.wishes[device].pop()
        {
            self.commit(device, act);
        } else if self.busy && self.dice.chance(self.plan.commits) {
            let act = self.whim(device);
            self.commit(device, act);
        } else if self.busy && self.dice.chance(30) {
            self.write(device, self.devices[device].tip, Body::Ack);
        }
    }

    fn whim(&mut self, device: usize) -> Act {
        let tip = self.devices[device].tip;
        let user = self.tree.user[device];
        if self.tree.rank(tip, user) == tree::NO_ROLE || !self.dice.chance(self.plan.changes) {
            return Act::Update;
        }
        let users = self.tree.users(tip);
        let other = users[self.dice.below(users.len())];
        match self.dice.below(6) {
            0 => Act::Remove(other),
            1 => Act::Demote(other),
            2 => Act::Promote(other),
            3 => Act::Policy,
            _ => Act::Add(self.dice.below(self.devices.len())),
        }
    }

    /// What this device did on a branch that lost is wished for again, removals first. Updates are not.
    fn wish_again(&mut self, device: usize) {
        let tip = self.devices[device].tip;
        let (stand, lost): (Vec<_>, Vec<_>) =
            self.made[device].iter().partition(|(_, epoch)| self.tree.is_below(*epoch, tip));
        self.made[device] = stand;
        let again =
            lost.into_iter().map(|(act, _)| act).filter(|act| !matches!(act, Act::Update | Act::Readmit { .. }));
        self.wishes[device].extend(again);
        self.wishes[device].sort_by_key(|act| std::cmp::Reverse(act.class()));
    }

    /// Asks to be let back in, under the newest epoch that this device can seal for and the others may have.
    fn ask(&mut self, device: usize) {
        // Votes on their way may spare it.
        if self.stranded[device] < 4 || (self.asked[device] > 0 && self.round < self.asked[device] + 6) {
            return;
        }
        self.asked[device] = self.round;
        let path = self.devices[device].selection(&self.tree);
        let keys = &self.devices[device].keys;
        let under = path.iter().rev().find(|epoch| keys.contains(epoch)).copied();
        let under = under.unwrap_or(self.devices[device].tip);
        self.write(device, under, Body::Rejoin);
    }

    fn grant(&mut self, device: usize) {
        let here = &self.devices[device];
        let tip = here.tip;
        let request = here.requests.iter().rev().copied().find(|request| {
            let asks = self.tree.entries[*request].device;
            let newest = here.requests.iter().rev().find(|other| self.tree.entries[**other].device == asks);
            newest == Some(request)
                && !here.went_on(&self.tree, *request)
                && self.tree.may(tip, device, Act::Readmit { device: asks, request: *request })
        });
        if let Some(request) = request {
            let act = Act::Readmit { device: self.tree.entries[request].device, request };
            self.readmissions += usize::from(self.commit(device, act).is_some());
        }
    }

    /// Tells those who came in above a fork, and so cannot open the epoch where it is, what stands there: under the last epochs of branches
    /// that lost there, and under the tip.
    fn tell(&mut self, device: usize) {
        let here = &self.devices[device];
        let path = here.selection(&self.tree);
        let is_last = |epoch: usize| {
            !here.children.get(&epoch).is_some_and(|children| children.iter().any(|child| here.kept.contains(child)))
        };
        let lost = here.kept.iter().copied().filter(|epoch| !path.contains(epoch) && is_last(*epoch));
        let mut due: Vec<(usize, usize)> =
            lost.filter_map(|epoch| Some((epoch, self.tree.branch(epoch).find(|at| path.contains(at))?))).collect();
        if here.standing == Standing::Follows {
            let forks = path.iter().filter(|at| here.children.get(at).is_some_and(|children| children.len() > 1));
            due.extend(forks.map(|fork| (here.tip, *fork)));
        }
        for (epoch, fork) in due {
            let came_in =
                |at: usize| matches!(self.tree.epochs[at].commit, Some((_, Act::Add(_) | Act::Readmit { .. })));
            let above: Vec<usize> = self.tree.branch(epoch).take_while(|at| *at != fork).collect();
            let Some(newest) = above.iter().position(|at| came_in(*at)) else { continue };
            // What was said further down the newest of them cannot open.
            let open = &above[..=newest];
            let originals = self.devices[device].about(&self.tree, fork);
            if !self.devices[device].was_told(&self.tree, open, &originals) {
                self.tellings += 1;
                self.write(device, epoch, Body::Told(originals));
            }
        }
    }

    /// Lets everything arrive, nobody starting anything new, until nothing moves or `rounds` are over.
    pub(crate) fn heal(&mut self, rounds: usize) {
        self.unite();
        self.busy = false;
        self.plan.loss = 0;
        let mut quiet = 0;
        for _ in 0..rounds {
            let before = (self.tree.entries.len(), self.mail.len());
            self.round(100);
            let whole = self.devices.iter().all(|device| device.store.len() == self.tree.entries.len());
            let still = whole && before == (self.tree.entries.len(), self.mail.len()) && self.quarrel().is_none();
            quiet = if still { quiet + 1 } else { 0 };
            if quiet > 8 {
                return;
            }
        }
    }

    /// Whether nobody honest is where the choice leads, so that a successor conversation has to begin.
    pub(crate) fn is_dead(&self) -> bool {
        self.honest().all(|device| device.standing != Standing::Follows)
    }

    /// Why honest devices do not agree; `None` if they do: all who are in the group are at one epoch, and who is not knows it.
    pub(crate) fn quarrel(&self) -> Option<String> {
        let tips: BTreeSet<usize> =
            self.honest().filter(|device| device.standing == Standing::Follows).map(|device| device.tip).collect();
        let Some(tip) = tips.first().copied().filter(|_| tips.len() == 1) else {
            return Some(format!("tips {tips:?}"));
        };
        for device in self.honest() {
            let is_in = self.tree.is_member(tip, device.number);
            let fine = match device.standing {
                Standing::Follows => is_in,
                Standing::Outside | Standing::Stranded | Standing::Out => !is_in,
            };
            if !fine {
                return Some(format!(
                    "device {} is {:?} while the others are at {tip}",
                    device.number, device.standing
                ));
            }
        }
        None
    }
}

impl World {
    /// What each device makes of the epoch where honest tips part.
    pub(crate) fn explain(&self) -> String {
        use std::fmt::Write as _;
        let mut text = format!("{:?}\n", self.plan);
        let tips: Vec<usize> = self.honest().filter(|d| d.standing != Standing::Outside).map(|d| d.tip).collect();
        let fork =
            self.tree.branch(tips[0]).find(|at| tips.iter().all(|tip| self.tree.is_below(*at, *tip))).unwrap_or(0);
        writeln!(text, "fork {fork}").unwrap();
        for device in &self.devices {
            let fork = if device.children.contains_key(&fork) { fork } else { device.root };
            let children = device.children.get(&fork).cloned().unwrap_or_default();
            let votes: Vec<_> = device.votes.iter().filter(|(_, child)| children.contains(child)).collect();
            let lines: Vec<_> = children
                .iter()
                .map(|child| {
                    let (entry, act) = self.tree.epochs[*child].commit.unwrap();
                    (*child, act, self.tree.epochs[*child].rank, self.tree.entries[entry].device)
                })
                .collect();
            writeln!(
                text,
                "device {} {:?} tip {} root {} path-end {:?} honest {} unread {:?} fork {fork} children {lines:?} votes {votes:?} kept {:?} key {} forked {:?}",
                device.number,
                device.standing,
                device.tip,
                device.root,
                device.selection(&self.tree).last(),
                self.is_honest(device.number),
                device.waiting.len(),
                device.kept,
                device.keys.contains(&fork),
                device.forked,
            )
            .unwrap();
        }
        text
    }
}
