//! The simulator: many real cores in one process, under a virtual clock, from one seed (ARCHITECTURE §6).
//!
//! A world lives in three parts: people sign up in peace; then they act while faults happen; then the faults end and all must settle.
//! Safety is checked after every step, liveness at the end. It owns time, network, disks and people; it knows nothing of how the core works
//! inside. Real sockets and real disks are tested elsewhere.

mod bans;
mod checker;
mod clock;
mod crowd;
mod dice;
mod faults;
mod host;
mod hostile;
mod insider;
mod network;
mod people;
mod plan;
mod report;
mod sabotage;
mod schedule;
mod settle;
mod step;
mod trace;
mod tree;
mod typing;
mod view;
mod wishes;
mod workload;
mod world;

pub use plan::Options;
pub use report::{Report, Stats, Violation};
pub use sabotage::Bug;
pub use trace::Digest;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the world of `seed`. A panic of a core is a violation like any other.
#[must_use]
pub fn run(seed: u64, options: Options) -> Report {
    let mut world = world::World::new(seed, options);
    let result = catch_unwind(AssertUnwindSafe(|| world.live()));
    let violation = match result {
        Ok(Ok(())) => None,
        Ok(Err(violation)) => Some(violation),
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Some(Violation { checker: "panic", text: text.unwrap_or_default(), at: world.schedule.now })
        }
    };
    world.stats.lived = world.schedule.now;
    world.stats.lost = world.network.lost;
    world.stats.conversations = world.view.all_conversations().len() as u64;
    world.stats.forks = world.view.all_conversations().into_iter().map(|id| world.view.tree.forks(id)).sum();
    Report { seed, violation, digest: world.digest, stats: world.stats }
}
