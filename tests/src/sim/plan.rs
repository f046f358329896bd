//! What one world is like: its size and which faults exist in it at all (swarm testing: a world with few kinds of faults reaches states
//! that a world with all of them never does).

use tidings_protocol::limits::{ANCHORS_MAX, DIRECT_FOLLOWERS_MAX, MEMBERS_MAX};

use super::dice::Dice;

/// A longest and a shortest time, in virtual milliseconds.
pub(crate) type Span = (u64, u64);

/// How a world is overridden from the command line or a test.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// So many nodes instead of what the seed draws.
    pub nodes: Option<usize>,
    /// So many acts of people instead of what the seed draws.
    pub acts: Option<usize>,
    /// Print each step to standard error.
    pub verbose: bool,
    /// A planted bug.
    pub bug: Option<super::sabotage::Bug>,
    /// Ask this checker alone.
    pub only: Option<&'static str>,
}

/// Where a crash may hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CrashPoint {
    /// The step's writes are lost with its effects.
    BeforeCommit,
    /// The writes are durable, no effect happened.
    BeforeEffects,
    /// The writes are durable, some effects happened.
    AmongEffects,
}

/// How likely each kind of act is, as shares.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mood {
    pub(crate) invite: u64,
    pub(crate) write: u64,
    pub(crate) found: u64,
    pub(crate) add: u64,
    pub(crate) remove: u64,
    pub(crate) leave: u64,
    pub(crate) govern: u64,
    pub(crate) repeat: u64,
    pub(crate) misbehave: u64,
}

impl Mood {
    fn draw(dice: &mut Dice) -> Self {
        let calm =
            Self { invite: 12, write: 50, found: 8, add: 8, remove: 6, leave: 4, govern: 8, repeat: 4, misbehave: 8 };
        match dice.below(5) {
            0 => Self { add: 30, remove: 25, leave: 10, govern: 25, write: 40, ..calm },
            1 => Self { write: 150, ..calm },
            2 => Self { invite: 40, misbehave: 20, repeat: 15, ..calm },
            _ => calm,
        }
    }
}

/// The drawn properties of one world.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// How many accounts each node hosts.
    pub(crate) accounts: Vec<usize>,
    /// How many acts people try.
    pub(crate) acts: usize,
    /// Between two acts.
    pub(crate) gap: Span,
    /// One way.
    pub(crate) latency: Span,
    /// Bytes a virtual millisecond carries.
    pub(crate) bandwidth: u64,
    /// Permille of frames and dials lost.
    pub(crate) loss: u64,
    /// Permille of requests that arrive twice.
    pub(crate) duplicates: u64,
    /// Permille chance of a partition at each fault tick.
    pub(crate) partitions: u64,
    /// Whether partitions may hold in one direction only.
    pub(crate) one_way: bool,
    /// Permille chance that a standing connection ends at a fault tick.
    pub(crate) disconnects: u64,
    /// Chance of a crash at each batch, in a hundred thousand.
    pub(crate) crashes: u64,
    /// Where crashes hit.
    pub(crate) crash_points: Vec<CrashPoint>,
    /// How long a crashed node stays down.
    pub(crate) down: Span,
    /// The most a clock is fast or slow, in parts per million.
    pub(crate) drift: u64,
    /// The furthest one step of a wall clock goes, in milliseconds; 0 if clocks never jump.
    pub(crate) clock_step: u64,
    /// How far wall clocks are off from the beginning, in milliseconds.
    pub(crate) clock_offset: u64,
    /// Permille chance that an account is locked at a fault tick.
    pub(crate) locks: u64,
    /// How long people take to unlock.
    pub(crate) unlock_after: Span,
    /// Whether a stranger attacks.
    pub(crate) hostile: bool,
    /// How long a shell gathers inputs before it runs them as one batch, in milliseconds; 0 for one at a time.
    pub(crate) batching: u64,
    /// Whether two people may invite each other at once.
    pub(crate) crossing_invites: bool,
    /// A machine whose answers are not to be trusted. Safety must hold all the same; liveness cannot be asked for.
    pub(crate) liar: Option<usize>,
    /// Whether one of the people cheats.
    pub(crate) cheat: bool,
    /// What people like to do.
    pub(crate) mood: Mood,
    /// How many epochs behind the tip each node keeps.
    pub(crate) anchors: usize,
    /// Permille chance that somebody else changes a group in the moment in which one does.
    pub(crate) rivals: u64,
    /// Whether there are so many machines that they pass entries on along rings; then one group of all exists from the beginning.
    pub(crate) crowd: bool,
}

/// The fewest machines of a crowd: one beside more than are pushed to directly.
const CROWD_MIN: usize = DIRECT_FOLLOWERS_MAX + 2;
/// The most machines that a seed draws for a crowd, and acts in one: each takes as long as many in a small world.
const CROWD_MAX: usize = 16;
const CROWD_ACTS_MAX: usize = 40;

/// How many machines a crowd has, if the seed of `dice` draws one: one in twenty. A stream of its own, so that the other nineteen worlds stay
/// what they were.
pub(crate) fn draw_crowd(dice: &mut Dice) -> Option<usize> {
    dice.chance(50).then(|| CROWD_MIN + dice.index(CROWD_MAX - CROWD_MIN + 1))
}

impl Plan {
    /// Draws a world.
    pub(crate) fn draw(dice: &mut Dice, options: &Options) -> Self {
        let drawn = if dice.chance(100) { dice.between(5, 8) } else { dice.between(2, 4) };
        let nodes = options.nodes.unwrap_or_else(|| usize::try_from(drawn).unwrap_or(2)).max(1);
        // More people than a group has room for cannot all be in one.
        let crowd = (CROWD_MIN..=MEMBERS_MAX).contains(&nodes);
        let crowded = dice.chance(300) && !crowd;
        let accounts = (0..nodes).map(|_| if crowded { 1 + dice.index(3) } else { 1 + dice.index(2) * dice.index(2) });
        let accounts: Vec<usize> = accounts.collect();
        let drawn_acts = usize::try_from(dice.between(20, 120)).unwrap_or(15);
        let slow = dice.chance(200);
        let points = [CrashPoint::BeforeCommit, CrashPoint::BeforeEffects, CrashPoint::AmongEffects];
        let crash_points: Vec<CrashPoint> = points.into_iter().filter(|_| dice.chance(700)).collect();
        let some = |dice: &mut Dice, permille: u64, low: u64, high: u64| {
            if dice.chance(permille) { dice.between(low, high) } else { 0 }
        };
        let mut plan = Self {
            acts: options.acts.unwrap_or(if crowd { drawn_acts.min(CROWD_ACTS_MAX) } else { drawn_acts }),
            gap: if dice.chance(300) { (1, 300) } else { (200, 12_000) },
            latency: if slow { (200, 4_000) } else { (1, 120) },
            bandwidth: if dice.chance(150) { 20 } else { 5_000 },
            loss: some(dice, 500, 5, 200),
            duplicates: some(dice, 400, 5, 200),
            partitions: some(dice, 500, 50, 400),
            one_way: dice.chance(400),
            disconnects: some(dice, 400, 20, 300),
            crashes: if crash_points.is_empty() { 0 } else { some(dice, 600, 100, 3_000) },
            crash_points,
            down: if dice.chance(800) { (100, 20_000) } else { (20_000, 200_000) },
            drift: some(dice, 400, 1, 300),
            clock_step: some(dice, 350, 1_000, 1_200_000),
            clock_offset: some(dice, 300, 1_000, 7_200_000),
            locks: some(dice, 400, 20, 200),
            unlock_after: if dice.chance(700) { (0, 5_000) } else { (5_000, 120_000) },
            hostile: dice.chance(300),
            batching: some(dice, 400, 1, 50),
            crossing_invites: dice.chance(150),
            liar: if nodes > 1 && dice.chance(60) { Some(dice.index(nodes)) } else { None },
            cheat: dice.chance(120),
            mood: Mood::draw(dice),
            anchors: if dice.chance(300) { 2 + dice.index(4) } else { ANCHORS_MAX },
            accounts,
            rivals: 0,
            crowd,
        };
        if dice.chance(600) {
            plan.rivals = dice.between(100, 1_000);
            // It takes two who may.
            plan.mood.govern += 15;
        }
        plan
    }

    /// The same world after all faults have ended.
    pub(crate) fn heal(&mut self) {
        self.loss = 0;
        self.duplicates = 0;
        self.partitions = 0;
        self.disconnects = 0;
        self.crashes = 0;
        self.clock_step = 0;
        self.liar = None;
        self.locks = 0;
        self.hostile = false;
        self.latency = (1, 120);
        self.bandwidth = 5_000;
        self.down = (100, 2_000);
        self.unlock_after = (0, 2_000);
    }
}
