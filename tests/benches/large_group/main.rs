//! A group of many over twenty real nodes: what creating it, adding, removing and sending cost, and how that grows.
//!
//! `cargo bench -p tidings-tests --bench large_group [-- MEMBERS…]`, by default 10, 100 and 1,000; `TIDINGS_NODES` sets how many nodes. Needs root
//! and `ip`: the nodes run in a network namespace of their own, whose loopback counts what they send each other. A run ends with a table and asserts
//! that everybody is shown the same, nothing about time. `TIDINGS_GROUP_PATIENCE` is how many seconds a step may take (600).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a bench")]
#![allow(clippy::cast_precision_loss, reason = "figures")]

#[allow(dead_code, reason = "two_nodes uses the rest")]
#[path = "../two_nodes/http.rs"]
mod http;
#[allow(dead_code, reason = "two_nodes uses the rest")]
#[path = "../two_nodes/process.rs"]
mod process;

mod people;
mod steps;
mod town;

use town::Town;

const MEMBERS: [usize; 3] = [10, 100, 1000];
const NODES: usize = 20;

fn main() {
    let named: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if named.is_empty() { MEMBERS.to_vec() } else { named };
    let nodes = std::env::var("TIDINGS_NODES").ok().and_then(|text| text.parse().ok()).unwrap_or(NODES);
    let binary = process::release_binary();
    for members in sizes {
        let town = Town::new(&binary, nodes.min(members));
        steps::run(&town, members);
    }
}
