//! The simulator in CI: a fixed range of seeds, the seeds that once found something, and equal digests for equal seeds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tidings_tests::sim::{Options, Report, Stats, run};

/// Runs worlds on all processors.
fn run_all(worlds: &[(u64, Options)]) -> Vec<Report> {
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(Vec::new());
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some((seed, options)) = worlds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let report = run(*seed, *options);
                    reports.lock().unwrap().push(report);
                }
            });
        }
    });
    reports.into_inner().unwrap()
}

fn failures(reports: &[Report]) -> String {
    let failed = reports.iter().filter(|report| report.violation.is_some());
    failed.map(|report| report.line() + "\n").collect()
}

// REQ-DELIV-9, REQ-DELIV-4, REQ-GROUP-8, REQ-INV-6
#[test]
fn seeds_0_to_50_keep_every_property_and_are_not_empty() {
    let worlds: Vec<_> = (0..50).map(|seed| (seed, Options::default())).collect();
    let reports = run_all(&worlds);
    assert!(failures(&reports).is_empty(), "\n{}", failures(&reports));
    let mut total = Stats::default();
    reports.iter().for_each(|report| total.add(&report.stats));
    // A world in which nothing happens keeps every property.
    for (name, count) in total.all() {
        // Passing on is for many nodes only, which no seed here has drawn: see below.
        assert!(count > 0 || ["passed_on", "tended"].contains(&name), "no world has any {name}");
    }
    assert!(total.received > 500, "only {} messages were received", total.received);
}

// REQ-FORK-1, REQ-FORK-9
#[test]
fn worlds_with_rival_commits_keep_every_property() {
    let worlds: Vec<_> =
        [601_229, 601_271, 601_244, 601_178, 601_163, 601_055].map(|seed| (seed, Options::default())).into();
    let reports = run_all(&worlds);
    assert!(failures(&reports).is_empty(), "\n{}", failures(&reports));
    let forks: u64 = reports.iter().map(|report| report.stats.forks).sum();
    // Draw other seeds if a change of the worlds has left these without.
    assert!(forks >= 8, "only {forks} epochs have rivals");
}

// REQ-SYNC-4, REQ-SYNC-5, REQ-SYNC-6
#[test]
fn worlds_of_many_nodes_in_which_followers_pass_entries_on_keep_every_property() {
    let crowd = Options { nodes: Some(14), ..Options::default() };
    let reports = run_all(&[900_013, 900_021, 900_034, 900_055, 900_072, 900_089].map(|seed| (seed, crowd)));
    assert!(failures(&reports).is_empty(), "\n{}", failures(&reports));
    let mut total = Stats::default();
    reports.iter().for_each(|report| total.add(&report.stats));
    assert!(total.passed_on > 10_000, "only {} entries were passed on", total.passed_on);
    assert!(total.tended > 0, "nobody looked after others");
}

/// Each line of `tests/seeds/*.txt`: a seed, perhaps `nodes=N` or `acts=N`, and behind `#` what it once found.
#[test]
fn seeds_that_once_found_a_bug_keep_every_property() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds");
    let mut worlds = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().map(|line| line.split('#').next().unwrap().trim()).filter(|line| !line.is_empty());
        worlds.extend(lines.map(parse_world));
    }
    assert!(!worlds.is_empty(), "there are no regression seeds");
    let reports = run_all(&worlds);
    assert!(failures(&reports).is_empty(), "\n{}", failures(&reports));
}

fn parse_world(line: &str) -> (u64, Options) {
    let mut words = line.split_whitespace();
    let seed = words.next().unwrap().parse().unwrap();
    let mut options = Options::default();
    for word in words {
        match word.split_once('=').unwrap() {
            ("nodes", count) => options.nodes = Some(count.parse().unwrap()),
            ("acts", count) => options.acts = Some(count.parse().unwrap()),
            (name, _) => panic!("{name} is no option of a world"),
        }
    }
    (seed, options)
}

// REQ-GROUP-9
#[test]
fn a_seed_run_twice_gives_the_same_digest() {
    let worlds: Vec<_> = (1000..1020).flat_map(|seed| [(seed, Options::default()); 2]).collect();
    let mut reports = run_all(&worlds);
    reports.sort_by_key(|report| report.seed);
    for pair in reports.chunks(2) {
        assert_eq!(pair[0].digest, pair[1].digest, "seed {}: cargo sim --twice --seed {}", pair[0].seed, pair[0].seed);
        assert_eq!(pair[0].stats, pair[1].stats);
    }
}

#[test]
fn two_seeds_give_two_digests() {
    let options = Options { acts: Some(3), ..Options::default() };
    assert_ne!(run(1, options).digest, run(2, options).digest);
}
