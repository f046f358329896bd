//! `cargo sim`: runs worlds by seed and says which ones broke.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tidings_tests::sim::{Bug, Options, Report, Stats, run};

const USAGE: &str =
    "usage: cargo sim [--seeds A..B | --seed S]... [--minutes M] [--twice] [--nodes N] [--steps ACTS] [--jobs J] [--bug NAME]

  --seeds A..B   worlds A to B-1 (default 0..50)
  --seed S       one world, each step printed
  --minutes M    worlds from the first seed on, until M minutes are over
  --quiet        do not print the steps of a single world
  --twice        run each world twice and compare digests
  --nodes N      so many nodes instead of what the seed draws; from 11 on they pass entries on
  --steps ACTS   so many acts of people instead of what the seed draws
  --jobs J       worlds at the same time (default: one for each processor)
  --bug NAME     plant a bug (see tests/src/sim/sabotage.rs)
  --only NAME    ask one checker alone";

#[derive(Default)]
struct Wanted {
    seeds: Vec<u64>,
    options: Options,
    twice: bool,
    quiet: bool,
    single: bool,
    minutes: Option<u64>,
    jobs: Option<usize>,
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted::default();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--seeds" => {
                let range = value()?;
                let (low, high) = range.split_once("..").ok_or("--seeds needs A..B")?;
                wanted.seeds.extend(number(low)?..number(high)?);
            }
            "--seed" => {
                wanted.seeds.push(number(&value()?)?);
                wanted.single = true;
            }
            "--minutes" => wanted.minutes = Some(number(&value()?)?),
            "--nodes" => wanted.options.nodes = Some(usize::try_from(number(&value()?)?).unwrap_or(1)),
            "--steps" => wanted.options.acts = Some(usize::try_from(number(&value()?)?).unwrap_or(1)),
            "--jobs" => wanted.jobs = Some(usize::try_from(number(&value()?)?).unwrap_or(1).max(1)),
            "--bug" => {
                let name = value()?;
                let bug = Bug::ALL.into_iter().find(|bug| format!("{bug:?}") == name);
                wanted.options.bug = Some(bug.ok_or_else(|| format!("there is no bug {name}"))?);
            }
            "--only" => {
                let name = value()?;
                let bug = Bug::ALL.into_iter().find(|bug| bug.seen_by() == name);
                wanted.options.only = Some(bug.ok_or_else(|| format!("there is no checker {name}"))?.seen_by());
            }
            "--twice" => wanted.twice = true,
            "--quiet" => wanted.quiet = true,
            "--help" | "-h" => return Err(USAGE.into()),
            _ => return Err(format!("{word} is not known\n{USAGE}")),
        }
    }
    if let Some(minutes) = wanted.minutes {
        let first = wanted.seeds.first().copied().unwrap_or(0);
        // More than any machine gets through in that time.
        wanted.seeds = (first..first.saturating_add(minutes.saturating_mul(100_000))).collect();
    }
    if wanted.seeds.is_empty() {
        wanted.seeds.extend(0..50);
    }
    wanted.options.verbose = wanted.single && wanted.seeds.len() == 1 && !wanted.quiet;
    Ok(wanted)
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}

/// Processor time of this process so far, in seconds; Linux only, otherwise none.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

fn say(line: &str) {
    // Nobody reads on after closing the pipe.
    writeln!(std::io::stdout().lock(), "{line}").unwrap_or_default();
}

/// Runs one world; says what is wrong with it.
fn one(seed: u64, wanted: &Wanted) -> (Report, Option<String>) {
    let report = run(seed, wanted.options);
    if report.violation.is_some() {
        let line = report.line();
        return (report, Some(line));
    }
    if wanted.twice {
        let again = run(seed, Options { verbose: false, ..wanted.options });
        if again.digest != report.digest || again.stats != report.stats {
            let line = format!("seed {seed}: two runs differ\n    cargo sim --twice --seed {seed}");
            return (report, Some(line));
        }
    }
    (report, None)
}

fn run_all(wanted: &Wanted) -> (Stats, Vec<String>, u64) {
    let next = AtomicU64::new(0);
    let results = Mutex::new((Stats::default(), Vec::new()));
    let end = wanted.minutes.map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
    let done = AtomicU64::new(0);
    let jobs = wanted.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(wanted.seeds.len()) {
            scope.spawn(|| {
                loop {
                    let place = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX);
                    let Some(seed) = wanted.seeds.get(place) else { return };
                    if end.is_some_and(|end| Instant::now() >= end) {
                        return;
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                    let (report, failure) = one(*seed, wanted);
                    let mut results = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    results.0.add(&report.stats);
                    if let Some(line) = failure {
                        say(&line);
                        results.1.push(line);
                    }
                }
            });
        }
    });
    let (stats, failures) = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    (stats, failures, done.into_inner())
}

fn main() -> ExitCode {
    let wanted = match parse(std::env::args().skip(1)) {
        Ok(wanted) => wanted,
        Err(text) => {
            say(&text);
            return ExitCode::from(2);
        }
    };
    let begin = Instant::now();
    let (stats, failures, worlds) = run_all(&wanted);
    let counts: Vec<String> = stats.all().into_iter().map(|(name, count)| format!("{name} {count}")).collect();
    say(&counts.join(", "));
    let cpu = cpu_seconds().map_or_else(|| "?".into(), |cpu| format!("{:.3}", cpu / worlds as f64));
    let took = begin.elapsed().as_secs_f64();
    say(&format!("{worlds} worlds, {} failed, {took:.1} s, {cpu} CPU seconds per seed", failures.len()));
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
