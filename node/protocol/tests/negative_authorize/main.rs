//! Attacks on the judgement of commits: what `authorize` must refuse at its parent state, whoever signed it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod bans;
mod chain;
mod fixture;
mod invariants;
mod proposals;
mod roles;
