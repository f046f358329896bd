//! A month apart with changes of membership on both sides.

use crate::sweep::seeds;
use crate::world::device::Standing;
use crate::world::tree::Act;
use crate::world::{Plan, World};

const BOTH_ADD: usize = 9;
const ONE_ADDS: usize = 10;

/// Nine members, admins 0, 1 and 2. 2 is apart with 6, 7 and 8, for `commits` commits a side, many more than are kept. Both sides add 9; the
/// small side adds 10; the large side removes `victim`.
fn month(seed: u64, victim: usize, commits: usize, keeps_queues: bool) -> World {
    let plan = Plan { outside: 2, commits: 0, keeps_queues, ..Plan::new(9, 3) };
    let mut world = World::new(seed, &plan);
    for device in [2, 6, 7, 8, ONE_ADDS] {
        world.side[device] = Some(1);
    }
    work(&mut world, commits / 2);
    world.commit(0, Act::Add(BOTH_ADD)).unwrap();
    world.commit(2, Act::Add(BOTH_ADD)).unwrap();
    world.commit(2, Act::Add(ONE_ADDS)).unwrap();
    work(&mut world, commits / 2);
    world.commit(0, Act::Remove(victim)).unwrap();
    world.commit(2, Act::Remove(8)).unwrap();
    work(&mut world, commits);
    world.heal(400);
    world
}

fn work(world: &mut World, commits: usize) {
    for turn in 0..commits {
        for author in [[0, 3, 1, 4, 5][turn % 5], [6, 2, 7, 2][turn % 4]] {
            world.commit(author, Act::Update);
        }
        world.round(100);
    }
}

/// REQ-FORK-9 and REQ-FORK-12 (negative test 74).
#[test]
fn after_a_month_apart_with_changes_on_both_sides_all_are_at_one_epoch() {
    for seed in seeds(6) {
        let world = month(seed, 5, 40, true);
        assert_eq!(world.quarrel(), None, "seed {seed} {}", world.explain());
        let tip = world.devices[0].tip;
        assert!(!world.tree.is_member(tip, 5) && !world.tree.is_member(tip, 8), "removals of both sides hold");
        for device in [BOTH_ADD, ONE_ADDS] {
            assert!(world.tree.is_member(tip, device), "seed {seed}: adds of both sides hold");
            assert_eq!(world.devices[device].standing, Standing::Follows, "{device}");
        }
    }
}

/// REQ-FORK-11: whoever was added by somebody whom the other side removed is not in, and does not sit in a group of nobody.
#[test]
fn a_newcomer_whose_inviter_was_removed_is_told() {
    for seed in seeds(6) {
        let world = month(seed, 2, 40, true);
        assert_eq!(world.quarrel(), None, "seed {seed} {}", world.explain());
        let tip = world.devices[0].tip;
        assert!(!world.tree.is_member(tip, 2) && !world.tree.is_member(tip, ONE_ADDS));
        assert_ne!(world.devices[ONE_ADDS].standing, Standing::Follows, "seed {seed}");
    }
}

/// REQ-FORK-12: a removal gives the conversation another queue. If both sides stop to read the old one when its states are gone, they never
/// hear of each other again; so it is read as long as its log keys are kept.
#[test]
fn who_stops_reading_the_queues_of_old_epochs_never_finds_the_others() {
    assert!(month(1, 5, 40, false).quarrel().is_some());
    assert!(month(1, 5, 4, false).quarrel().is_none(), "a short division heals either way");
}
