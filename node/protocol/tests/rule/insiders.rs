//! Members without a role who sign different logs for different members, grind, and put rivals wherever they can.

use crate::sweep::seeds;
use crate::world::device::Standing;
use crate::world::tree::{Act, Body, entry_id};
use crate::world::{Plan, World};

/// What came of one attack.
struct Outcome {
    world: World,
    gone: bool,
}

/// 90 rounds in which `insiders` attack; the admins come after 30 and remove whom they can prove something.
fn attack(seed: u64, insiders: usize) -> Outcome {
    let plan = Plan { insiders, outside: 0, window: 8, changes: 0, ..Plan::new(7 + insiders, 2) };
    let mut world = World::new(seed, &plan);
    let first = plan.members - insiders;
    for round in 0..90 {
        world.side[0] = (round >= 30).then_some(0);
        world.side[1] = (round >= 30).then_some(0);
        for insider in first..plan.members {
            fork_log(&mut world, insider);
        }
        world.round(70);
        punish(&mut world, 0);
        punish(&mut world, 1);
    }
    world.heal(300);
    let tip = world.devices[0].tip;
    let gone = (first..plan.members).all(|insider| !world.tree.is_member(tip, insider));
    Outcome { world, gone }
}

/// A ground commit without anything before it in its log, at an epoch of late, given to half of the others.
fn fork_log(world: &mut World, insider: usize) {
    if !world.dice.chance(50) {
        return;
    }
    let path = world.devices[2].path.clone();
    let behind = world.dice.below(path.len().min(8));
    let parent = path[path.len() - 1 - behind];
    if !world.tree.may(parent, insider, Act::Update) {
        return;
    }
    let id = entry_id(&mut world.dice, 64);
    let entry = world.tree.commit(insider, None, parent, Act::Update, id);
    let Body::Commit(child) = world.tree.entries[entry].body else { unreachable!() };
    let vote = world.tree.write(insider, Some(entry), parent, Body::Vote(child), entry_id(&mut world.dice, 1));
    for to in 0..world.devices.len() {
        if world.dice.chance(50) {
            world.devices[to].receive(entry);
            world.devices[to].receive(vote);
        }
    }
}

fn punish(world: &mut World, admin: usize) {
    let here = &world.devices[admin];
    let proven: Vec<usize> = here.forked.keys().copied().collect();
    for device in proven {
        let user = world.tree.user[device];
        if world.side[admin].is_some() && world.tree.is_member(world.devices[admin].tip, device) {
            world.commit(admin, Act::Remove(user));
        }
    }
}

/// REQ-FORK-8 and REQ-FORK-9 (negative tests 57, 58 and 67): the honest end together, without those who lied, and are not moved about
/// without end.
#[test]
fn members_who_fork_their_logs_are_removed_and_split_nobody() {
    let (mut switches, mut back, mut runs) = (0, 0, 0);
    for seed in seeds(40) {
        let insiders = 1 + usize::try_from(seed % 3).unwrap();
        let Outcome { world, gone } = attack(seed, insiders);
        assert_eq!(world.quarrel(), None, "seed {seed} {}", world.explain());
        assert!(gone, "seed {seed}");
        let honest = world.devices.iter().filter(|device| world.is_honest(device.number));
        let most = honest.map(|device| device.switches).max().unwrap();
        assert!(most < 60, "seed {seed}: {most} switches");
        switches += most;
        back += world.readmissions;
        runs += 1;
    }
    println!("{runs} attacks: at most {} switches a device in the mean, {back} let back in", switches / runs);
}

/// REQ-FORK-5 (negative test 67): two who commit as often as they can, by turns, leave room for the others.
#[test]
fn a_flood_of_updates_ends_by_itself() {
    let plan = Plan { insiders: 2, outside: 0, commits: 0, ..Plan::new(9, 1) };
    let mut world = World::new(11, &plan);
    let mut made = 0;
    for _ in 0..50 {
        for insider in [7, 8] {
            made += usize::from(world.commit(insider, Act::Update).is_some());
            for _ in 0..4 {
                world.round(100);
            }
        }
    }
    assert_eq!(made, 2, "nine users: three commits lie between, and two cannot give each other that many");
    assert!(world.commit(1, Act::Update).is_some());
    assert!(world.devices[1].standing == Standing::Follows);
}
