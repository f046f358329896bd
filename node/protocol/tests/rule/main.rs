//! The commit rule (docs/PROTOCOL.md section 14): properties of its functions, and worlds of devices in which they run against partitions,
//! loss and insiders. No MLS here: a commit is what the rule sees of it. The same with real groups is the simulator's work.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod choice;
mod dice;
mod evasion;
mod insiders;
mod partition;
mod placement;
mod sweep;
mod world;
