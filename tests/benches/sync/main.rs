//! What it costs to catch up, by the length of the history and by what is missing: by counter, and by ranges.
//!
//! `cargo bench -p tidings-tests --bench sync`. Two real cores over stores in memory, 50 ms one way. Bytes are those of both ways without the
//! missing entries themselves (512 B each); round trips are counted by the virtual clock; milliseconds are CPU of both nodes and the model.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a bench")]

#[path = "../../../node/protocol/tests/net_model/mod.rs"]
mod net_model;

use std::time::Instant;

use net_model::{Figures, Model, history, topic};
use tidings_crypto::id::OuterId;
use tidings_protocol::wire;
use tidings_protocol::wire::log::{LogRequest, LogResponse};
use tidings_protocol::wire::reconcile::Reconciled;

type Entries = [(OuterId, Vec<u8>)];

fn main() {
    let all = history(&topic(1), 0..101_000);
    println!("| history | missing | way | bytes | round trips | requests | ms |");
    println!("|---|---|---|---|---|---|---|");
    for length in [100, 10_000, 100_000] {
        for missing in [1, 100, 1_000].into_iter().filter(|missing| *missing <= length) {
            let row = |way: &str, cost: Cost| {
                let Cost { bytes, trips, requests, milliseconds } = cost;
                println!("| {length} | {missing} | {way} | {bytes} | {trips} | {requests} | {milliseconds} |");
            };
            row("by counter, position known", known(&all[..length], missing));
            row("by counter, position void", void(&all[..length], missing, false));
            row("by ranges, for the first time", void(&all[..length], missing, true));
            row("by ranges, later", later(&all, length, missing));
        }
    }
}

struct Cost {
    bytes: u64,
    trips: u64,
    requests: u64,
    milliseconds: u128,
}

/// Node 0 was away; the newest entries are missing.
fn known(all: &Entries, missing: usize) -> Cost {
    let mut model = two(&all[..all.len() - missing], all);
    model.set_cursor(0, topic(1).queue(), 1, (all.len() - missing) as u64);
    model.start_all();
    measure(&mut model, all.len())
}

/// Node 0 lost its position; what is missing is scattered.
fn void(all: &Entries, missing: usize, by_ranges: bool) -> Cost {
    let every = all.len() / missing;
    let left: Vec<_> =
        all.iter().enumerate().filter(|(at, _)| at % every != every / 2).map(|(_, one)| one.clone()).collect();
    let mut model = two(&left, all);
    if !by_ranges {
        model.tamper = Some(Box::new(|_, request| match request {
            LogRequest::Reconcile(_) => {
                let none = Reconciled { last: 0, generation: [0; 16], answers: Vec::new() };
                Some(wire::encode(&LogResponse::Reconciled(none)))
            }
            LogRequest::Push(_) | LogRequest::List(_) | LogRequest::Fetch(_) | LogRequest::Mailbox(_) => None,
        }));
    }
    model.start_all();
    measure(&mut model, all.len())
}

/// As before, but both nodes have reconciled once, and since then the newest have come.
fn later(all: &Entries, length: usize, missing: usize) -> Cost {
    let queue = topic(1).queue();
    let mut model = two(&all[..length], &all[..length]);
    model.start_all();
    model.advance(10_000);
    model.fill(1, queue, &all[length..length + missing]);
    model.disconnect(0, 1);
    model.advance(0);
    model.set_cursor(0, queue, 1, 0);
    model.set_cursor(1, queue, 0, length as u64);
    model.connect(0, 1);
    measure(&mut model, length + missing)
}

/// Node 1 has everything and knows it.
fn two(one: &Entries, other: &Entries) -> Model {
    let queue = topic(1).queue();
    let mut model = Model::new(2, &topic(1));
    model.fill(0, queue, one);
    model.fill(1, queue, other);
    model.set_cursor(1, queue, 0, one.len() as u64);
    model
}

fn measure(model: &mut Model, whole: usize) -> Cost {
    let before = model.figures.clone();
    let (begin, clock) = (model.now, Instant::now());
    let index = |model: &Model| model.get(0, tidings_protocol::store::table::Table::Queue, topic(1).queue().as_bytes());
    let mut steps = 0;
    while next(&index(model).unwrap()) <= whole as u64 && steps < 10_000 {
        model.advance(10);
        steps += 1;
    }
    let trips = (model.now - begin).saturating_sub(100).div_ceil(100);
    model.advance(2_000);
    let milliseconds = clock.elapsed().as_millis();
    assert_eq!(next(&index(model).unwrap()), whole as u64 + 1, "all is there");
    let Figures { bytes, fetched, requests, .. } = model.figures.clone();
    let bytes = (bytes - before.bytes) - (fetched - before.fetched);
    Cost { bytes, trips, requests: requests - before.requests, milliseconds }
}

fn next(row: &[u8]) -> u64 {
    tidings_protocol::record::decode::<tidings_protocol::record::log::QueueRecord>(row, "bench").unwrap().next
}
