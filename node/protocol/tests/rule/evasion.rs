//! A removed member who does everything to stay: ground hashes, long branches, many devices.

use crate::world::device::{Rule, Standing};
use crate::world::tree::{Act, Body, entry_id};
use crate::world::{Plan, World};

/// Six members with one admin, who has removed the last, and built on that. Members 3 and 4 are in league with the last, who has eight more
/// devices. Returns the epoch after the removal.
fn removed(world: &mut World) -> usize {
    let removal = world.commit(0, Act::Remove(5)).unwrap();
    for round in 0..10 {
        world.round(100);
        if round % 2 == 0 {
            world.commit(0, Act::Update);
        }
    }
    removal
}

fn plan(rule: Rule) -> Plan {
    Plan { puppets: 8, insiders: 3, outside: 0, commits: 0, rule, ..Plan::new(6, 1) }
}

/// Rivals to the removal, `across` of them, and on the best of them a branch of `along` commits by all who are in league.
fn answer(world: &mut World, across: usize, along: usize) {
    let mut best: Option<usize> = None;
    for _ in 0..across {
        let id = entry_id(&mut world.dice, 64);
        let entry = world.tree.commit(5, None, 0, Act::Update, id);
        if best.is_none_or(|best| world.tree.entries[entry].id < world.tree.entries[best].id) {
            best = Some(entry);
        }
        world.spread(entry);
    }
    let best = child(world, best.unwrap());
    let (mut tip, mut heads) = (best, vec![None; world.devices.len()]);
    for step in 0..along {
        // No user twice in three commits, so that the flood bound does not end it.
        let device = [3, 4, 6 + step / 3 % 8][step % 3];
        let id = entry_id(&mut world.dice, 1);
        let entry = world.tree.commit(device, heads[device], tip, Act::Update, id);
        tip = child(world, entry);
        let id = entry_id(&mut world.dice, 1);
        let vote = world.tree.write(device, Some(entry), 0, Body::Vote(best), id);
        heads[device] = Some(vote);
        world.spread(entry);
        world.spread(vote);
    }
}

fn child(world: &World, entry: usize) -> usize {
    let Body::Commit(epoch) = world.tree.entries[entry].body else { unreachable!() };
    epoch
}

/// How many of the honest are at an epoch with the removed member in it.
fn fooled(rule: Rule, across: usize, along: usize) -> usize {
    let mut world = World::new(7, &plan(rule));
    let removal = removed(&mut world);
    answer(&mut world, across, along);
    for _ in 0..10 {
        world.round(100);
    }
    let honest = world.devices.iter().filter(|device| world.is_honest(device.number));
    honest.filter(|device| !world.tree.is_below(removal, device.tip)).count()
}

/// REQ-FORK-4 (negative tests 51 to 53).
#[test]
fn a_removed_member_does_not_come_back_by_hashes_branches_or_devices() {
    for (across, along) in [(1, 0), (400, 0), (1, 2), (1, 60), (20, 30)] {
        assert_eq!(fooled(Rule::Full, across, along), 0, "{across} rivals, branch of {along}");
        assert_eq!(fooled(Rule::NoVotes, across, along), 0, "{across} rivals, branch of {along}");
    }
}

/// REQ-FORK-4: the weaker rules let him, so the test above can fail.
#[test]
fn by_hash_or_length_alone_a_removed_member_comes_back() {
    assert_eq!(fooled(Rule::SmallestHash, 400, 0), 3);
    assert_eq!(fooled(Rule::LongestBranch, 1, 60), 3);
}

/// Ten commits after everybody gave up the state of the third epoch a member puts a ground rival there, while the only admin is away. How
/// many of the four others are thrown out.
fn thrown_out(rule: Rule) -> usize {
    let plan = Plan { insiders: 1, outside: 0, window: 4, commits: 0, rule, ..Plan::new(6, 1) };
    let mut world = World::new(3, &plan);
    world.side[0] = None;
    for number in 0..10 {
        world.commit(1 + number % 4, Act::Update).unwrap();
        for _ in 0..4 {
            world.round(100);
        }
    }
    let path = world.devices[1].path.clone();
    assert!(path.len() > 9);
    let id = entry_id(&mut world.dice, 4096);
    let entry = world.tree.commit(5, None, path[2], Act::Update, id);
    world.spread(entry);
    for _ in 0..30 {
        world.round(100);
    }
    world.devices[1..5].iter().filter(|device| device.standing == Standing::Stranded).count()
}

/// REQ-FORK-10 (negative test 54).
#[test]
fn a_late_rival_throws_nobody_out_because_they_vote() {
    assert_eq!(thrown_out(Rule::Full), 0);
    assert_eq!(thrown_out(Rule::NoVotes), 4, "so the test can fail");
}
