//! One device: what it has received, which states it keeps, and where that leads it. The rules it follows are the real ones.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use tidings_crypto::id::{EntryId, EpochId};
use tidings_protocol::account::conversation::rule::{
    Ancestor, Child, Class, Fork, Passage, Vote, effective_class, forked_at, select, within_spacing,
};

use super::tree::{Act, Body, NO_ROLE, Tree, number_of, user_id};

/// By which rule rivals are chosen. All but the first are weaker, to show that the tests can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Full,
    NoVotes,
    /// Without a way back for who cannot follow.
    SmallestHash,
    /// The same.
    LongestBranch,
}

impl Rule {
    pub(crate) const fn has_way_back(self) -> bool {
        match self {
            Self::Full | Self::NoVotes => true,
            Self::SmallestHash | Self::LongestBranch => false,
        }
    }
}

/// Where a device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Never came in.
    Outside,
    /// At its tip.
    Follows,
    /// The chosen branch is beyond its keys.
    Stranded,
    /// The chosen branch is without it.
    Out,
}

/// What a newcomer is told with its welcome.
#[derive(Debug, Clone)]
pub(crate) struct Skeleton {
    pub(crate) epoch: usize,
    pub(crate) known: Vec<usize>,
    pub(crate) votes: Vec<(usize, usize)>,
}

pub(crate) struct Device {
    pub(crate) number: usize,
    pub(crate) rule: Rule,
    /// How many epochs behind the tip are kept.
    pub(crate) window: u64,
    /// Entries received, opened or not.
    pub(crate) store: BTreeSet<usize>,
    pub(crate) waiting: Vec<usize>,
    /// Entries that were read.
    read: BTreeSet<usize>,
    /// The way of each device through each epoch.
    passages: BTreeMap<(usize, usize), Passage>,
    entries_of: BTreeMap<usize, Vec<(u64, EntryId)>>,
    pub(crate) forked: BTreeMap<usize, u64>,
    /// Log keys.
    pub(crate) keys: BTreeSet<usize>,
    /// Whole states.
    pub(crate) kept: BTreeSet<usize>,
    pub(crate) known: BTreeSet<usize>,
    pub(crate) children: BTreeMap<usize, Vec<usize>>,
    /// (user, epoch).
    pub(crate) votes: BTreeSet<(usize, usize)>,
    /// What was chosen where the state was given up.
    pub(crate) last_words: BTreeMap<usize, usize>,
    pub(crate) voted: BTreeSet<usize>,
    pub(crate) root: usize,
    /// Oldest epochs of what welcomes told, where that did not join what was known.
    roots: Vec<usize>,
    pub(crate) path: Vec<usize>,
    pub(crate) tip: usize,
    pub(crate) standing: Standing,
    pub(crate) requests: BTreeSet<usize>,
    /// Own log.
    pub(crate) head: Option<usize>,
    pub(crate) switches: usize,
}

impl Device {
    pub(crate) fn new(number: usize, rule: Rule, window: u64, member: bool) -> Self {
        let first = if member { BTreeSet::from([0]) } else { BTreeSet::new() };
        Self {
            number,
            rule,
            window,
            store: BTreeSet::new(),
            waiting: Vec::new(),
            read: BTreeSet::new(),
            passages: BTreeMap::new(),
            entries_of: BTreeMap::new(),
            forked: BTreeMap::new(),
            keys: first.clone(),
            kept: first.clone(),
            known: first,
            children: BTreeMap::new(),
            votes: BTreeSet::new(),
            last_words: BTreeMap::new(),
            voted: BTreeSet::new(),
            root: 0,
            roots: vec![0],
            path: vec![0],
            tip: 0,
            standing: if member { Standing::Follows } else { Standing::Outside },
            requests: BTreeSet::new(),
            head: None,
            switches: 0,
        }
    }

    pub(crate) fn receive(&mut self, entry: usize) {
        if self.store.insert(entry) {
            self.waiting.push(entry);
        }
    }

    /// Reads what can be read. True if something was.
    pub(crate) fn read(&mut self, tree: &Tree) -> bool {
        let mut any = false;
        loop {
            let (ready, waiting): (Vec<usize>, Vec<usize>) =
                self.waiting.iter().partition(|entry| self.is_ready(tree, **entry));
            self.waiting = waiting;
            if ready.is_empty() {
                return any;
            }
            any = true;
            for entry in ready {
                self.read_one(tree, entry);
            }
        }
    }

    /// Whether the entry can be opened. What came before it in its log is not waited for: nothing hangs on the order.
    fn is_ready(&self, tree: &Tree, entry: usize) -> bool {
        self.keys.contains(&tree.entries[entry].epoch)
    }

    /// Whether a commit leads this device to the next epoch: it is in it, and was not taken out and in again.
    fn is_led_to(&self, tree: &Tree, child: usize) -> bool {
        let swapped =
            matches!(tree.epochs[child].commit, Some((_, Act::Readmit { device, .. })) if device == self.number);
        tree.is_member(child, self.number) && !swapped
    }

    fn read_one(&mut self, tree: &Tree, entry: usize) {
        let here = &tree.entries[entry];
        let log = self.entries_of.entry(here.device).or_default();
        let twice = log.iter().any(|(sequence, _)| *sequence == here.sequence);
        log.push((here.sequence, here.id));
        if twice && let Some(at) = forked_at(log.iter().copied()) {
            self.forked.insert(here.device, at);
        }
        self.pass(tree, here.device, here.epoch, (here.sequence, matches!(here.body, Body::Commit(_))));
        match &here.body {
            Body::Ack => {}
            Body::Commit(child) => {
                if self.is_valid(tree, entry, *child) {
                    self.learn(tree, *child);
                    self.follow(tree, *child);
                }
            }
            Body::Vote(child) => {
                self.votes.insert((tree.user[here.device], *child));
            }
            Body::Rejoin => {
                self.requests.insert(entry);
            }
            Body::Told(originals) => {
                for original in originals {
                    match &tree.entries[*original].body {
                        Body::Commit(child) => self.learn(tree, *child),
                        Body::Vote(child) => {
                            self.votes.insert((tree.user[tree.entries[*original].device], *child));
                        }
                        Body::Ack | Body::Rejoin | Body::Told(_) => {}
                    }
                }
            }
        }
        self.read.insert(entry);
    }

    /// Takes in what an entry says of the way of its author's log.
    fn pass(&mut self, tree: &Tree, device: usize, epoch: usize, (sequence, commit): (u64, bool)) {
        let here = self.passages.entry((device, epoch)).or_default();
        here.enter(sequence);
        if commit {
            here.commit(sequence);
        }
        for below in tree.branch(epoch).skip(1) {
            self.passages.entry((device, below)).or_default().leave(sequence);
        }
    }

    fn is_valid(&self, tree: &Tree, entry: usize, child: usize) -> bool {
        let here = &tree.entries[entry];
        let (_, act) = tree.epochs[child].commit.unwrap();
        tree.may(here.epoch, here.device, act) && self.is_spaced(tree, here.epoch, here.device, act)
    }

    /// The flood bound.
    pub(crate) fn is_spaced(&self, tree: &Tree, parent: usize, device: usize, act: Act) -> bool {
        let (user, users) = (tree.user[device], tree.users(parent).len());
        if tree.rank(parent, user) < NO_ROLE || act.class() == Class::Readmit || users == 2 {
            return true;
        }
        let below = tree.branch(parent).filter_map(|at| tree.epochs[at].commit).map(|(entry, act)| {
            let author = user_id(tree.user[tree.entries[entry].device]);
            Ok::<_, Infallible>(Ancestor { author, class: act.class() })
        });
        let Ok(allowed) = within_spacing(&user_id(user), users, below);
        allowed
    }

    pub(crate) fn learn(&mut self, tree: &Tree, child: usize) {
        let Some(parent) = tree.epochs[child].parent else { return };
        self.known.insert(child);
        let children = self.children.entry(parent).or_default();
        if !children.contains(&child) {
            children.push(child);
        }
    }

    /// Applies a commit, beside its rivals, if the parent's state is there and this device is in the next.
    fn follow(&mut self, tree: &Tree, child: usize) {
        let parent = tree.epochs[child].parent;
        if parent.is_some_and(|parent| self.kept.contains(&parent)) && self.is_led_to(tree, child) {
            self.kept.insert(child);
            self.keys.insert(child);
        }
    }

    /// Comes in, or in again. A welcome only ever adds a state: whether it is the tip is for the choice to say.
    pub(crate) fn welcome(&mut self, tree: &Tree, skeleton: &Skeleton) {
        self.kept.insert(skeleton.epoch);
        self.keys.insert(skeleton.epoch);
        let joins = skeleton.known.iter().any(|told| self.known.contains(told));
        for told in &skeleton.known {
            self.known.insert(*told);
            self.learn(tree, *told);
        }
        let oldest = skeleton.known.iter().copied().min_by_key(|told| tree.epochs[*told].number).unwrap();
        if self.standing == Standing::Outside {
            (self.root, self.roots) = (oldest, vec![oldest]);
        } else if !joins {
            self.roots.push(oldest);
        }
        self.votes.extend(skeleton.votes.iter().copied());
        if self.standing == Standing::Outside {
            self.standing = Standing::Stranded;
            self.tip = skeleton.epoch;
        }
    }

    pub(crate) fn fork(&self, tree: &Tree, at: usize) -> Fork {
        let no_children = Vec::new();
        let children = self.children.get(&at).unwrap_or(&no_children);
        let child = |epoch: &usize| {
            let child = &tree.epochs[*epoch];
            let (entry, act) = child.commit.unwrap();
            let entry = &tree.entries[entry];
            let plain = self.rule == Rule::SmallestHash;
            let passage = self.passages.get(&(entry.device, at)).copied().unwrap_or_default();
            let forked_at = self.forked.get(&entry.device).copied();
            let class = effective_class(act.class(), entry.sequence, forked_at, &passage);
            Child {
                epoch: child.id,
                author: user_id(tree.user[entry.device]),
                class: if plain { Class::Update } else { class },
                rank: if plain { 0 } else { child.rank },
                commit: entry.id,
            }
        };
        let votes = self.votes.iter().filter(|(_, child)| self.rule == Rule::Full && children.contains(child));
        Fork {
            children: children.iter().map(child).collect(),
            users: if children.len() > 1 { tree.users(at).into_iter().map(user_id).collect() } else { Vec::new() },
            admins: tree.epochs[at].admins.iter().copied().map(user_id).collect(),
            votes: votes.map(|(user, child)| Vote { voter: user_id(*user), child: tree.epochs[*child].id }).collect(),
        }
    }

    pub(crate) fn selection(&self, tree: &Tree) -> Vec<usize> {
        let Ok(path) = select(tree.epochs[self.root].id, |epoch: &EpochId| {
            let mut fork = self.fork(tree, number_of(epoch));
            if self.rule == Rule::LongestBranch {
                fork.children.sort_by_key(|child| {
                    (std::cmp::Reverse(self.height(number_of(&child.epoch))), child.class, child.rank, child.commit)
                });
                fork.children.truncate(1);
            }
            Ok::<_, Infallible>(fork)
        });
        path.iter().map(number_of).collect()
    }

    fn height(&self, epoch: usize) -> usize {
        let children = self.children.get(&epoch).map_or(&[][..], Vec::as_slice);
        children.iter().map(|child| 1 + self.height(*child)).max().unwrap_or(0)
    }

    /// Goes where the choice leads, as far as it can, and gives up what lies too far behind.
    pub(crate) fn settle(&mut self, tree: &Tree) {
        if self.standing == Standing::Outside {
            return;
        }
        self.go(tree);
        if self.standing == Standing::Follows {
            return;
        }
        // Perhaps a welcome led elsewhere, and what lies between is not known here. The newest that leads to a state counts.
        let usual = self.root;
        for root in self.roots.clone().into_iter().rev() {
            self.root = root;
            self.go(tree);
            if self.standing == Standing::Follows {
                return;
            }
        }
        self.root = usual;
        self.go(tree);
    }

    fn go(&mut self, tree: &Tree) {
        let path = self.selection(tree);
        let tip = *path.last().unwrap();
        if self.kept.contains(&tip) {
            if !path.contains(&self.tip) {
                self.switches += 1;
            }
            self.tip = tip;
            self.standing = Standing::Follows;
            let floor = tree.epochs[tip].number.saturating_sub(self.window);
            self.path = path;
            self.give_up(|epoch| tree.epochs[epoch].number < floor);
        } else if !tree.is_member(tip, self.number) {
            self.standing = Standing::Out;
        } else if self.rule.has_way_back() {
            self.standing = Standing::Stranded;
        }
    }

    /// Gives up states, and notes for each what was chosen there.
    pub(crate) fn give_up(&mut self, which: impl Fn(usize) -> bool) {
        for pair in self.path.windows(2) {
            if which(pair[0]) && self.kept.contains(&pair[0]) {
                self.last_words.insert(pair[0], pair[1]);
            }
        }
        self.kept.retain(|epoch| !which(*epoch));
    }

    /// Where this device has to say what it made final: it has no state there any more, and there are rivals. Once for each epoch.
    pub(crate) fn votes_due(&self) -> Vec<usize> {
        let forks = self.last_words.iter().filter(|(at, _)| {
            !self.voted.contains(*at)
                && self.keys.contains(*at)
                && self.children.get(*at).is_some_and(|all| all.len() > 1)
        });
        forks.map(|(_, child)| *child).collect()
    }

    /// What a newcomer at `epoch` is told: sixteen ancestors with their children, and the votes about them.
    pub(crate) fn skeleton(&self, tree: &Tree, epoch: usize) -> Skeleton {
        let mut known = vec![epoch];
        for ancestor in tree.branch(epoch).skip(1).take(16).filter(|ancestor| self.known.contains(ancestor)) {
            known.push(ancestor);
            known.extend(self.children.get(&ancestor).into_iter().flatten());
        }
        known.sort_unstable();
        known.dedup();
        let votes = self.votes.iter().filter(|(_, child)| known.contains(child)).copied().collect();
        Skeleton { epoch, known, votes }
    }
}

impl Device {
    /// The entries that say what stands at a fork: its commits and the votes for them.
    pub(crate) fn about(&self, tree: &Tree, fork: usize) -> Vec<usize> {
        let children = self.children.get(&fork).map_or(&[][..], Vec::as_slice);
        let commits = children.iter().filter_map(|child| tree.epochs[*child].commit).map(|(entry, _)| entry);
        let votes = self.store.iter().copied().filter(|entry| {
            matches!(tree.entries[*entry].body, Body::Vote(child) if children.contains(&child))
                && self.read.contains(entry)
        });
        commits.chain(votes).collect()
    }

    /// Whether the log went on after an entry, other than by votes and requests.
    pub(crate) fn went_on(&self, tree: &Tree, entry: usize) -> bool {
        let asked = &tree.entries[entry];
        self.read.iter().map(|entry| &tree.entries[*entry]).any(|later| {
            let goes_on = matches!(later.body, Body::Ack | Body::Commit(_));
            later.device == asked.device && later.sequence > asked.sequence && goes_on
        })
    }

    /// Whether somebody has said all that under one of these epochs already.
    pub(crate) fn was_told(&self, tree: &Tree, epochs: &[usize], originals: &[usize]) -> bool {
        let mut said = BTreeSet::new();
        for entry in self.read.iter().map(|entry| &tree.entries[*entry]).filter(|entry| epochs.contains(&entry.epoch)) {
            if let Body::Told(told) = &entry.body {
                said.extend(told.iter().copied());
            }
        }
        originals.iter().all(|original| said.contains(original))
    }
}
