//! A store that is killed at any moment has every row it acknowledged, and no commit by halves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tidings_node::store::Store;
use tidings_protocol::store::snapshot::Snapshot;
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::WriteSet;

const FOLDER: &str = "TIDINGS_TEST_CRASH_FOLDER";
const FIRST: &str = "TIDINGS_TEST_CRASH_FIRST";
const ROUNDS: u64 = 20;
const TABLES: [Table; 3] = [Table::Queue, Table::QueueEntry, Table::Session];

fn value(counter: u64, table: Table) -> Vec<u8> {
    let length = usize::try_from(200 + counter % 700).unwrap();
    [&counter.to_be_bytes()[..], table.name().as_bytes(), &vec![b'.'; length]].concat()
}

/// Not a test of its own: what the killed process runs. Without the variables it has nothing to do.
#[test]
fn child_that_writes_until_it_is_killed() {
    let (Ok(folder), Ok(first)) = (std::env::var(FOLDER), std::env::var(FIRST)) else { return };
    let mut store = Store::open(Path::new(&folder)).unwrap();
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nopen").unwrap();
    for counter in first.parse::<u64>().unwrap().. {
        let mut writes = WriteSet::default();
        for table in TABLES {
            writes.put(Scope::Node, table, counter.to_be_bytes().to_vec(), value(counter, table));
        }
        store.commit(writes).unwrap();
        writeln!(out, "ack {counter}").unwrap();
        out.flush().unwrap();
    }
}

/// Runs a writer, kills it `wait` after it opened the store, and yields the last counter it acknowledged.
fn write_and_kill(folder: &Path, first: u64, wait: Duration) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_writes_until_it_is_killed", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "open"), "the store opens after the last kill");
    let killer = std::thread::spawn(move || {
        std::thread::sleep(wait);
        child.kill().unwrap();
        child.wait().unwrap();
    });
    let acknowledged = lines.filter_map(|line| line.ok()?.strip_prefix("ack ")?.parse().ok()).last();
    killer.join().unwrap();
    acknowledged
}

#[test]
fn no_acknowledged_row_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut next = 0;
    for round in 0..ROUNDS {
        let wait = Duration::from_micros(2_000 + round.wrapping_mul(6_364_136_223_846_793_005) % 60_000);
        let acknowledged = write_and_kill(folder.path(), next, wait).map_or(next, |last| last + 1);
        let store = Store::open(folder.path()).unwrap();
        let snapshot = store.snapshot().unwrap();
        let present =
            |counter: u64| TABLES.map(|table| snapshot.get(Scope::Node, table, &counter.to_be_bytes()).unwrap());
        for counter in 0..acknowledged {
            assert_eq!(
                present(counter),
                TABLES.map(|table| Some(value(counter, table))),
                "round {round}, row {counter}"
            );
        }
        let last = present(acknowledged);
        let all = last.iter().all(Option::is_some);
        assert!(all || last.iter().all(Option::is_none), "round {round}: a commit is whole or absent");
        next = acknowledged + u64::from(all);
    }
    assert!(next > ROUNDS, "the writers wrote");
}
