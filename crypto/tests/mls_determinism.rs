//! The same seed gives the same bytes on the wire and in the rows, however openmls's threads run (DECISIONS 9).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod mls_world;

use mls_world::{add, advance, all_agree, device, draw, group_of, package, rng};
use tidings_crypto::id::derive;
use tidings_crypto::mls::{CommitPlan, Group};

/// Sixteen members, cold updates (paths sealed to every leaf), adds, removals, a leave, messages. Hash of all wire bytes
/// and of all rows.
fn scenario(seed: u64) -> ([u8; 32], [u8; 32]) {
    let mut rng = rng(seed);
    let mut wire: Vec<Vec<u8>> = Vec::new();
    let mut groups = group_of(16, &mut rng);
    for round in 0..4_u8 {
        let committer = draw(&mut rng, groups.len());
        wire.push(groups[committer].encrypt(&[round], &mut rng).unwrap());
        let (rows, joiner) = package(&device(100 + round), &mut rng);
        let leaver = (committer + 1) % groups.len();
        let remove = Some(groups[leaver].own_leaf());
        let policy = Some(vec![round; 40]);
        let built = groups[committer].commit(CommitPlan { remove, policy, ..add(&[&joiner]) }, &mut rng).unwrap();
        let welcome = built.welcome.clone().unwrap();
        wire.extend([built.commit.clone(), welcome.clone(), joiner.to_bytes()]);
        groups = advance(groups, committer, built, &[]);
        groups.remove(leaver);
        groups.push(Group::join(&device(100 + round), rows, &welcome, &mut rng).unwrap());
        assert!(all_agree(&groups));
    }
    let proposals = vec![groups[5].propose_self_remove(&mut rng).unwrap()];
    let built =
        groups[6].commit(CommitPlan { self_removes: proposals.clone(), ..CommitPlan::default() }, &mut rng).unwrap();
    wire.extend([proposals[0].clone(), built.commit.clone()]);
    let groups = advance(groups, 6, built, &proposals);
    let rows: Vec<Vec<u8>> = groups.iter().flat_map(|group| group.rows().into_values()).collect();
    let parts = |all: &[Vec<u8>]| derive("tests/mls", &all.iter().map(Vec::as_slice).collect::<Vec<_>>());
    (parts(&wire), parts(&rows))
}

// REQ-GROUP-9
#[test]
#[allow(clippy::disallowed_methods, reason = "time must pass, or a clock in the rows would not show")]
fn one_seed_gives_one_run_and_another_seed_another() {
    let (wire, rows) = scenario(1);
    // A second run some time later: no clock reaches the rows.
    std::thread::sleep(std::time::Duration::from_millis(20));
    for _ in 0..3 {
        let (again, rows_again) = scenario(1);
        assert_eq!(again, wire);
        assert_eq!(rows_again, rows);
    }
    assert_ne!(scenario(2).0, wire);
}

#[test]
fn a_cold_update_of_sixteen_is_the_same_in_every_run() {
    let update = || {
        let mut rng = rng(3);
        let mut groups = group_of(16, &mut rng);
        groups[0].commit(CommitPlan::default(), &mut rng).unwrap().commit
    };
    let first = update();
    assert!(first.len() > 1_500, "the path is sealed to each of the others");
    for _ in 0..5 {
        assert_eq!(update(), first);
    }
}

#[test]
fn a_group_loaded_from_its_rows_goes_on_as_the_one_in_memory() {
    let mut rng_one = rng(4);
    let mut groups = group_of(4, &mut rng_one);
    let mut loaded = Group::load(groups[1].conversation(), groups[1].rows()).unwrap();
    let mut rng_two = rng_one.clone();
    assert_eq!(groups[1].encrypt(b"a", &mut rng_one).unwrap(), loaded.encrypt(b"a", &mut rng_two).unwrap());
    let plan = CommitPlan { remove: Some(0), ..CommitPlan::default() };
    let one = groups[1].commit(plan.clone(), &mut rng_one).unwrap();
    let two = loaded.commit(plan, &mut rng_two).unwrap();
    assert_eq!(one.commit, two.commit);
    assert_eq!(one.next.rows(), two.next.rows());
}
