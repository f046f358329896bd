//! What MLS costs at 2, 10, 100 and 1,000 members: bytes and milliseconds of each operation, suite 0x0003 beside the X-Wing suite.
//!
//! `cargo bench -p tidings-tests --bench mls_costs [-- MEMBERS…]`. Prints a table for each suite; every figure is of one thread and the median of
//! nine runs (three at 1,000). Asserts that members agree, nothing about time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a bench")]

mod measure;
mod member;
mod ours;
mod xwing;
mod xwing_crypto;

use measure::{Cost, Costs};
use tidings_crypto::mls::Group;

/// As long as the policy of a group with a name and a description.
const POLICY: &[u8] = &[0x70; 200];
const MEMBERS: [u32; 4] = [2, 10, 100, 1000];

fn main() {
    let named: Vec<u32> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let members = if named.is_empty() { MEMBERS.to_vec() } else { named };
    print_table("X25519 (0x0003), as a node runs it", &members, measure::costs::<Group>);
    print_table("X-Wing (0x004D)", &members, measure::costs::<xwing::XWingMember>);
}

fn print_table(suite: &str, members: &[u32], costs: fn(u32) -> Costs) {
    let columns: Vec<Costs> = members
        .iter()
        .map(|members| {
            eprintln!("{suite}: {members} members");
            costs(*members)
        })
        .collect();
    println!("\n{suite}: bytes · ms\n");
    println!("| | {} |", members.iter().map(u32::to_string).collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "---|".repeat(members.len()));
    for (row, (name, _)) in columns[0].iter().enumerate() {
        let cells: Vec<String> = columns.iter().map(|column| cell(column[row].1)).collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
}

fn cell(cost: Cost) -> String {
    if cost.ms == 0.0 { thousands(cost.bytes) } else { format!("{} · {:.2}", thousands(cost.bytes), cost.ms) }
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
