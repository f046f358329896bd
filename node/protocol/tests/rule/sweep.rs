//! Convergence under partitions, lost states and voters who vote for everything.

use crate::dice::Dice;
use crate::world::device::Rule;
use crate::world::tree::Body;
use crate::world::{Plan, World};

/// 120 rounds of divided work, then peace.
pub(crate) fn run(seed: u64, plan: &Plan) -> World {
    let mut world = World::new(seed, plan);
    for round in 0..120 {
        if round % 15 == 0 {
            world.divide();
        }
        vote_for_everything(&mut world);
        world.round(70);
    }
    world.heal(300);
    world
}

/// Insiders who do nothing worse than voting for all sides.
fn vote_for_everything(world: &mut World) {
    for device in (0..world.devices.len()).filter(|device| !world.is_honest(*device)).collect::<Vec<_>>() {
        let here = &world.devices[device];
        let forks: Vec<Vec<usize>> = here
            .children
            .iter()
            .filter(|(at, children)| children.len() > 1 && here.keys.contains(*at))
            .map(|(_, children)| children.clone())
            .collect();
        if forks.is_empty() || !world.dice.chance(30) {
            continue;
        }
        let which = world.dice.below(forks.len());
        for child in &forks[which] {
            let parent = world.tree.epochs[*child].parent.unwrap();
            world.say(device, parent, Body::Vote(*child));
        }
    }
}

#[derive(Default, Debug)]
pub(crate) struct Tally {
    pub(crate) runs: usize,
    pub(crate) diverged: Vec<(u64, String)>,
    /// Runs in which nobody honest was left where the choice leads: these need a successor conversation.
    pub(crate) dead: usize,
    pub(crate) switches: usize,
    pub(crate) readmissions: usize,
    pub(crate) epochs: usize,
}

pub(crate) fn tally(seeds: std::ops::Range<u64>, plan: impl Fn(u64) -> Plan) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let world = run(seed, &plan(seed));
        tally.runs += 1;
        tally.switches += world.devices.iter().map(|device| device.switches).sum::<usize>();
        tally.readmissions += world.readmissions;
        tally.epochs += world.tree.epochs.len();
        tally.dead += usize::from(world.is_dead());
        if let Some(why) = world.quarrel().filter(|_| !world.is_dead()) {
            tally.diverged.push((seed, format!("{why}\n{}", world.explain())));
        }
    }
    tally
}

/// A world of 2 to 20 devices with 1 to all of them admins.
fn any_plan(seed: u64) -> Plan {
    let mut dice = Dice::new(seed ^ 0xA5);
    let members = 2 + if dice.chance(15) { dice.below(19) } else { dice.below(7) };
    let admins = 1 + dice.below(members);
    Plan {
        window: [2, 4, 8, 16][dice.below(4)],
        insiders: if members > 3 { dice.below(2) } else { 0 },
        loss: [0, 0, 2][dice.below(3)],
        ..Plan::new(members, admins)
    }
}

/// How many seeds a test runs: `RULE_SEEDS` for a long run.
pub(crate) fn seeds(usual: u64) -> std::ops::Range<u64> {
    let first = std::env::var("RULE_FIRST").ok().and_then(|first| first.parse().ok()).unwrap_or(0);
    let count = std::env::var("RULE_SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(usual);
    first..first + count
}

/// REQ-FORK-9.
#[test]
fn devices_converge_after_partitions_lost_states_and_double_votes() {
    let tally = tally(seeds(150), any_plan);
    println!(
        "{} runs: {} diverged, {} dead, {} switches, {} let back in, {} epochs",
        tally.runs,
        tally.diverged.len(),
        tally.dead,
        tally.switches,
        tally.readmissions,
        tally.epochs
    );
    assert!(tally.diverged.is_empty(), "{:?}", &tally.diverged);
    assert!(tally.dead * 100 <= tally.runs, "{} of {}", tally.dead, tally.runs);
}

/// REQ-FORK-9: the same network leaves weaker rules split, so the test above can fail.
#[test]
fn weaker_rules_stay_split() {
    for rule in [Rule::SmallestHash, Rule::LongestBranch] {
        let plan = Plan { rule, window: 3, outside: 0, changes: 0, ..Plan::new(8, 3) };
        let tally = tally(0..40, |_| plan.clone());
        println!("{rule:?}: {} of {}", tally.diverged.len(), tally.runs);
        assert!(tally.diverged.len() > 10, "{rule:?}: {}", tally.diverged.len());
        let whole = self::tally(0..40, |_| Plan { rule: Rule::Full, ..plan.clone() });
        assert!(whole.diverged.is_empty(), "{:?}", whole.diverged);
    }
}

/// REQ-FORK-11: newcomers who are not told what won below them stay behind on branches that everybody else has left.
#[test]
fn newcomers_who_are_told_nothing_stay_behind() {
    let tally = tally(0..100, |seed| Plan { tells: false, ..any_plan(seed) });
    println!("nothing told: {} of {}", tally.diverged.len(), tally.runs);
    assert!(tally.diverged.len() > 3, "{}", tally.diverged.len());
}

/// REQ-FORK-9: votes are not what makes devices converge; they spare most of the way back.
#[test]
fn without_votes_devices_converge_too() {
    let with = tally(0..60, |seed| Plan { insiders: 0, ..any_plan(seed) });
    let without = tally(0..60, |seed| Plan { insiders: 0, rule: Rule::NoVotes, ..any_plan(seed) });
    println!("let back in: {} with votes, {} without", with.readmissions, without.readmissions);
    assert!(without.diverged.is_empty(), "{:?}", without.diverged);
}
