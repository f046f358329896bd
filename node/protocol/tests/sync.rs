//! Sync between stores: reconciling large gaps, stores that went back, and liars.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "tests")]

mod net_model;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use net_model::{Loss, Model, Which, history, topic};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use tidings_crypto::id::{NodeId, OuterId, QueueId};
use tidings_crypto::outer::TopicKey;
use tidings_crypto::{decode_exact, encode};
use tidings_protocol::limits::{RANGES_MAX, RECONCILE_SESSIONS_MAX};
use tidings_protocol::store::table::Table;
use tidings_protocol::wire;
use tidings_protocol::wire::log::{Listed, LogRequest, LogResponse};
use tidings_protocol::wire::reconcile::{
    Differing, Have, Lacking, Range, RangeAnswer, RangePrefix, ReconcileRequest, Reconciled,
};

type Entries = Vec<(OuterId, Vec<u8>)>;

/// Two nodes that share a queue; each holds its own part of the entries.
fn two(one: &[(OuterId, Vec<u8>)], other: &[(OuterId, Vec<u8>)]) -> (Model, TopicKey) {
    let topic = topic(1);
    let mut model = Model::new(2, &topic);
    model.fill(0, topic.queue(), one);
    model.fill(1, topic.queue(), other);
    (model, topic)
}

fn without(all: &[(OuterId, Vec<u8>)], left_out: impl Fn(usize) -> bool) -> Entries {
    all.iter().enumerate().filter(|(at, _)| !left_out(*at)).map(|(_, entry)| entry.clone()).collect()
}

fn all_ids(entries: &[(OuterId, Vec<u8>)]) -> BTreeSet<Vec<u8>> {
    entries.iter().map(|(id, _)| id.as_bytes().to_vec()).collect()
}

// REQ-SYNC-1
#[test]
fn stores_without_positions_find_what_each_lacks_at_the_cost_of_the_difference() {
    let all = history(&topic(1), 0..3_000);
    let (mut model, topic) = two(&without(&all, |at| at % 300 == 7), &without(&all, |at| at % 300 == 123));
    model.start_all();
    model.advance(20_000);
    assert_eq!(model.ids(0, topic.queue()), all_ids(&all));
    assert_eq!(model.ids(1, topic.queue()), all_ids(&all));
    let overhead = model.figures.bytes - model.figures.fetched;
    // Read by counter it is 40 bytes for each of 2,990 entries, both ways.
    assert!(overhead < 40_000, "{overhead}");
    assert_eq!(model.figures.fetched, 20 * 512, "each entry went over the wire once");
    // Nothing is left to do: the positions are set.
    let before = model.figures.bytes;
    model.disconnect(0, 1);
    model.connect(0, 1);
    model.advance(5_000);
    assert!(model.figures.bytes - before < 500, "{}", model.figures.bytes - before);
}

// REQ-SYNC-1
#[test]
fn random_sets_always_end_with_the_union_on_both_sides_in_few_rounds_and_bytes() {
    let all = history(&topic(1), 0..2_600);
    let mut rng = ChaCha20Rng::from_seed([8; 32]);
    for round in 0..24_u32 {
        let size = [300, 1_000, 1_500, 2_600][round as usize % 4];
        let share = [0, 1, 20, 400][round as usize / 4 % 4];
        let sides: Vec<u32> = (0..size).map(|_| rng.next_u32() % 1000).collect();
        let one = without(&all[..size], |at| sides[at] < share);
        let other = without(&all[..size], |at| (share..share * 2).contains(&sides[at]));
        let difference = (size * 2 - one.len() - other.len()) as u64;
        let (mut model, topic) = two(&one, &other);
        model.start_all();
        model.advance(60_000);
        let union: BTreeSet<_> = all_ids(&one).union(&all_ids(&other)).cloned().collect();
        assert_eq!(model.ids(0, topic.queue()), union, "round {round}");
        assert_eq!(model.ids(1, topic.queue()), union, "round {round}");
        let overhead = model.figures.bytes - model.figures.fetched;
        let depth = u64::from(size.ilog2()).div_ceil(4) + 1;
        let most = 2 * (700 + difference * depth * 350);
        assert!(overhead <= most, "round {round}: {overhead} of {most} bytes for {difference} of {size}");
        let requests = 2 * (4 + depth * (1 + difference));
        assert!(model.figures.requests <= requests, "{} requests for {difference}", model.figures.requests);
    }
}

// REQ-SYNC-1
#[test]
fn reading_cut_off_again_and_again_goes_on_with_what_is_still_missing() {
    for by_counter in [false, true] {
        let all = history(&topic(1), 0..3_000);
        let (mut model, topic) = two(&without(&all, |at| at % 3 == 0), &all);
        if by_counter {
            // With a position that stands, however early, it is read by counter.
            model.set_cursor(0, topic.queue(), 1, 1);
        }
        model.start_all();
        model.advance(130);
        let (mut missing, mut cuts) = (1_000, 0);
        while missing > usize::from(by_counter) && cuts < 100 {
            model.advance(200 + cuts * 20);
            model.disconnect(0, 1);
            model.connect(0, 1);
            let left = all.len() - model.ids(0, topic.queue()).len();
            assert!(left <= missing);
            (missing, cuts) = (left, cuts + 1);
        }
        model.advance(30_000);
        let expected = if by_counter { &all[1..] } else { &all };
        assert_eq!(model.ids(0, topic.queue()), all_ids(expected));
        assert!(cuts > 1, "it was cut off in the middle");
        assert!(model.figures.fetched < 1_000 * 512 + cuts * 512 * 512, "what had come was not fetched again");
    }
}

// REQ-SYNC-2
#[test]
fn a_store_that_went_back_to_an_old_copy_is_noticed_and_read_anew() {
    for size in [40_usize, 2_000] {
        let all = history(&topic(1), 0..size as u64 + 60);
        let (mut model, topic) = two(&all[..size], &all[..size]);
        model.start_all();
        model.advance(10_000);
        let copy = model.members[0].store.clone();
        for entry in &all[size..][..20] {
            publish(&mut model, 0, &topic, entry);
        }
        model.disconnect(0, 1);
        model.connect(0, 1);
        model.advance(10_000);
        assert_eq!(model.ids(1, topic.queue()).len(), size + 20);
        // Restored from a backup, node 0 gives the same counters, and more, to other entries.
        model.stop(0);
        model.members[0].store = copy;
        model.start(0);
        for entry in &all[size + 20..] {
            publish(&mut model, 0, &topic, entry);
        }
        model.advance(130_000);
        assert_eq!(model.ids(1, topic.queue()), all_ids(&all), "{size}");
        assert_eq!(model.ids(0, topic.queue()), all_ids(&all), "{size}");
    }
}

fn publish(model: &mut Model, at: usize, topic: &TopicKey, entry: &(OuterId, Vec<u8>)) {
    model.publish(at, topic, &tidings_crypto::Outer::parse(&entry.1).unwrap());
    model.advance(0);
}

// REQ-SYNC-1
#[test]
fn one_who_joined_late_reconciles_what_came_since_and_hears_of_nothing_earlier() {
    let topic = topic(1);
    let all = history(&topic, 0..2_000);
    let mut model = Model::new(2, &topic);
    let nodes: Vec<NodeId> = model.members.iter().map(|member| member.id).collect();
    model.follow(0, &topic, &nodes, 1_001);
    model.fill(0, topic.queue(), &all);
    model.fill(1, topic.queue(), &without(&all[1_000..], |at| at % 100 == 5));
    model.start_all();
    model.advance(20_000);
    assert_eq!(model.ids(1, topic.queue()), all_ids(&all[1_000..]));
    assert_eq!(model.figures.fetched, 10 * 512);
    let everything = range("", Have::Items(Vec::new()));
    let Some(Reconciled { answers, .. }) = reconcile(&mut model, nodes[1], topic.queue(), vec![everything]) else {
        panic!("no answer")
    };
    let RangeAnswer::Lacking(Lacking { entries, .. }) = &answers[0] else { panic!("{answers:?}") };
    assert!(entries.iter().all(|entry| entry.counter > 1_000) && entries.len() > 100);
}

fn range(prefix: &str, have: Have) -> Range {
    let padded = format!("{prefix}{}", if prefix.len().is_multiple_of(2) { "" } else { "0" });
    let bytes = (0..padded.len() / 2).map(|at| u8::from_str_radix(&padded[at * 2..at * 2 + 2], 16).unwrap()).collect();
    let nibbles = u8::try_from(prefix.len()).unwrap();
    Range { prefix: RangePrefix { nibbles, bytes: wire::field(bytes) }, have }
}

fn split(prefix: &str) -> Range {
    range(prefix, Have::Split(vec![[0; 16]; 16]))
}

/// What node 0 answers a peer; `None` if it calls it malformed.
fn reconcile(model: &mut Model, peer: NodeId, queue: QueueId, ranges: Vec<Range>) -> Option<Reconciled> {
    let request = LogRequest::Reconcile(ReconcileRequest { queue, nonce: [4; 16], ranges });
    match decode_exact(&model.ask_as(peer, 0, encode(&request))).unwrap() {
        LogResponse::Reconciled(answer) => Some(answer),
        LogResponse::Malformed => None,
        other => panic!("{other:?}"),
    }
}

// NEGATIVE_TESTS 111
// REQ-SYNC-3
#[test]
fn requests_with_ranges_that_are_none_are_refused_and_strangers_learn_nothing() {
    let all = history(&topic(1), 0..2_000);
    let (mut model, topic) = two(&all, &[]);
    let (queue, peer) = (topic.queue(), model.members[1].id);
    let rows = model.members[0].store.rows().count();
    let many = |number: usize| (0..number).map(|at| split(&format!("{at:02x}"))).collect::<Vec<_>>();
    let items = |short: Vec<[u8; 8]>| vec![range("a", Have::Items(short))];
    let mut deep = split("");
    deep.prefix.nibbles = 200;
    for ranges in [
        vec![],
        many(RANGES_MAX + 1),
        vec![split("b"), split("a")],
        vec![split("a"), split("a")],
        vec![split("a"), split("ab")],
        vec![split(""), split("f")],
        vec![range("a", Have::Split(vec![[0; 16]; 15]))],
        vec![range("a", Have::Split(vec![[0; 16]; 1_000]))],
        vec![split(&"a".repeat(64))],
        vec![deep],
        items(vec![[1; 8], [1; 8]]),
        items(vec![[2; 8], [1; 8]]),
        items((0..1_000_u64).map(u64::to_be_bytes).collect()),
    ] {
        assert_eq!(reconcile(&mut model, peer, queue, ranges.clone()), None, "{ranges:?}");
    }
    assert_eq!(model.members[0].store.rows().count(), rows);
    let stranger = reconcile(&mut model, NodeId::from_bytes([0xcc; 32]), queue, many(2)).unwrap();
    assert_eq!((stranger.last, stranger.answers.len()), (0, 0));
    assert_eq!(model.members[0].store.rows().count(), rows);
    // A whole store in one answer: as much as a page has, and a hint to ask for less.
    let everything = reconcile(&mut model, peer, queue, vec![range("", Have::Items(Vec::new()))]).unwrap();
    let RangeAnswer::Lacking(Lacking { entries, more: 1 }) = &everything.answers[0] else { panic!("{everything:?}") };
    assert!(entries.len() <= 1_024);
    assert_eq!(reconcile(&mut model, peer, queue, many(RANGES_MAX)).unwrap().answers.len(), RANGES_MAX);
}

/// A name, and what is answered to a request.
type Lie = (&'static str, Box<dyn Fn(&ReconcileRequest) -> Vec<u8>>);

fn answered(answers: Vec<RangeAnswer>) -> Vec<u8> {
    encode(&LogResponse::Reconciled(Reconciled { last: 9_999, generation: [2; 16], answers }))
}

/// The same lie about each range; `at` is its place in the request.
fn about_each(name: &'static str, make: fn(usize, &Range) -> RangeAnswer) -> Lie {
    let lie = move |request: &ReconcileRequest| {
        answered(request.ranges.iter().enumerate().map(|(at, range)| make(at, range)).collect())
    };
    (name, Box::new(lie))
}

fn parts(parts: &[(u8, u64)]) -> RangeAnswer {
    RangeAnswer::Differ(parts.iter().map(|(nibble, count)| Differing { nibble: *nibble, count: *count }).collect())
}

fn all_parts() -> RangeAnswer {
    RangeAnswer::Differ((0..16).map(|nibble| Differing { nibble, count: 1 << 40 }).collect())
}

fn lacking(ids: &[[u8; 32]], more: bool) -> RangeAnswer {
    let entries = ids.iter().map(|id| Listed { counter: 7, id: OuterId::from_bytes(*id) }).collect();
    RangeAnswer::Lacking(Lacking { entries, more: u8::from(more) })
}

fn lies() -> Vec<Lie> {
    vec![
        ("junk", Box::new(|_| vec![0xff; 100])),
        ("another answer", Box::new(|_| encode(&LogResponse::Malformed))),
        ("too many answers", Box::new(|_| answered(vec![parts(&[]); 17]))),
        about_each("the other kind", |_, range| match range.have {
            Have::Split(_) => lacking(&[], false),
            Have::Items(_) => parts(&[]),
        }),
        about_each("a seventeenth part", |_, _| parts(&[(16, 1)])),
        about_each("parts without entries", |_, _| parts(&[(1, 0)])),
        about_each("parts twice", |_, _| parts(&[(1, 5); 1_000])),
        about_each("everything always differs", |_, range| match range.have {
            Have::Split(_) => all_parts(),
            Have::Items(_) => lacking(&[], true),
        }),
        about_each("two ranges of each request always have more", |at, range| match range.have {
            Have::Split(_) => all_parts(),
            Have::Items(_) => lacking(&[], at < 2 && range.prefix.nibbles < 60),
        }),
        about_each("entries that it does not give", |_, range| match range.have {
            Have::Split(_) => parts(&[(1, 1)]),
            Have::Items(_) => lacking(&[[0x11; 32]], false),
        }),
        about_each("entries of other ranges", |_, range| match range.have {
            Have::Split(_) => parts(&[(1, 1)]),
            Have::Items(_) => lacking(&[[0xee; 32]], false),
        }),
    ]
}

// NEGATIVE_TESTS 111
// REQ-SYNC-3
#[test]
fn a_peer_whose_answers_are_lies_costs_a_bounded_number_of_requests_and_is_read_by_counter() {
    let all = history(&topic(1), 0..1_500);
    for (name, lie) in lies() {
        let (mut model, topic) = two(&without(&all, |at| at % 100 == 3), &all);
        let liar = model.members[1].id;
        let asked = Rc::new(Cell::new(0));
        let count = asked.clone();
        model.tamper = Some(Box::new(move |peer, request| match request {
            LogRequest::Reconcile(request) if peer == liar => {
                count.set(count.get() + 1);
                Some(lie(request))
            }
            _ => None,
        }));
        model.start_all();
        model.advance(300_000);
        assert!(asked.get() > 0, "{name}");
        assert!(asked.get() <= 1_024, "{name}: {}", asked.get());
        assert_eq!(model.ids(0, topic.queue()), all_ids(&all), "{name}");
        // It lied once. It is not asked that way again while it is remembered, not even when the position is lost.
        let before = asked.get();
        model.disconnect(0, 1);
        model.set_cursor(0, topic.queue(), 1, 0);
        model.connect(0, 1);
        model.advance(60_000);
        assert_eq!(asked.get(), before, "{name}");
    }
}

// REQ-SYNC-3
#[test]
fn a_store_without_room_to_reconcile_is_asked_once_and_then_read_by_counter() {
    let all = history(&topic(1), 0..6_000);
    let (mut model, topic) = two(&without(&all, |at| at == 5_500), &all);
    let asked = Rc::new(Cell::new(0));
    let count = asked.clone();
    let peer = model.members[1].id;
    model.tamper = Some(Box::new(move |to, request| match request {
        LogRequest::Reconcile(_) if to == peer => {
            count.set(count.get() + 1);
            let none = Reconciled { last: 0, generation: [0; 16], answers: Vec::new() };
            Some(encode(&LogResponse::Reconciled(none)))
        }
        _ => None,
    }));
    model.start_all();
    model.advance(20_000);
    assert_eq!(asked.get(), 1);
    assert_eq!(model.ids(0, topic.queue()), all_ids(&all));
}

// REQ-SYNC-3
#[test]
fn at_most_two_reconciliations_are_under_way_with_one_peer() {
    let topics: Vec<TopicKey> = (1..6).map(topic).collect();
    let mut model = Model::new(2, &topics[0]);
    let nodes: Vec<NodeId> = model.members.iter().map(|member| member.id).collect();
    for topic in &topics {
        let all = history(topic, 0..400);
        for at in 0..2 {
            model.follow(at, topic, &nodes, 1);
            model.fill(at, topic.queue(), &without(&all, |entry| at == 0 && entry % 50 == 1));
        }
    }
    let open: Rc<RefCell<BTreeMap<QueueId, u64>>> = Rc::default();
    let (seen, peer) = (open.clone(), nodes[1]);
    model.tamper = Some(Box::new(move |to, request| {
        if let (LogRequest::Reconcile(request), true) = (request, to == peer) {
            seen.borrow_mut().entry(request.queue).or_insert(0);
        }
        None
    }));
    model.start_all();
    model.advance(150);
    assert_eq!(open.borrow().len(), RECONCILE_SESSIONS_MAX);
    model.advance(20_000);
    assert_eq!(open.borrow().len(), topics.len());
    for topic in &topics {
        assert_eq!(model.ids(0, topic.queue()), model.ids(1, topic.queue()));
        assert_eq!(model.ids(0, topic.queue()).len(), 400);
    }
}

// REQ-SYNC-3
#[test]
fn reconciliations_of_queues_that_ended_meanwhile_make_room_for_others() {
    let topics: Vec<TopicKey> = (1..5).map(topic).collect();
    let mut model = Model::new(2, &topics[0]);
    let nodes: Vec<NodeId> = model.members.iter().map(|member| member.id).collect();
    for topic in &topics {
        let all = history(topic, 0..400);
        for at in 0..2 {
            model.follow(at, topic, &nodes, 1);
            model.fill(at, topic.queue(), &without(&all, |entry| at == 0 && entry % 50 == 1));
        }
    }
    let open: Rc<RefCell<BTreeSet<QueueId>>> = Rc::default();
    let (seen, peer) = (open.clone(), nodes[1]);
    model.tamper = Some(Box::new(move |to, request| {
        if let (LogRequest::Reconcile(request), true) = (request, to == peer) {
            seen.borrow_mut().insert(request.queue);
        }
        None
    }));
    model.start_all();
    model.advance(150);
    let ended = open.borrow().clone();
    assert_eq!(ended.len(), RECONCILE_SESSIONS_MAX);
    for queue in &ended {
        model.delete(0, Table::Queue, queue.as_bytes());
    }
    model.advance(20_000);
    for topic in topics.iter().filter(|topic| !ended.contains(&topic.queue())) {
        assert_eq!(model.ids(0, topic.queue()).len(), 400);
    }
}

// REQ-SYNC-8
#[test]
fn what_got_no_answer_while_the_connection_stood_is_asked_for_again_after_a_pause() {
    let all = history(&topic(1), 0..400);
    let is_list = |request: &LogRequest| matches!(request, LogRequest::List(_));
    let is_fetch = |request: &LogRequest| matches!(request, LogRequest::Fetch(_));
    let is_reconcile = |request: &LogRequest| matches!(request, LogRequest::Reconcile(_));
    let cases: [(bool, Which); 4] = [(true, is_list), (true, is_fetch), (false, is_reconcile), (false, is_fetch)];
    for (number, (by_counter, lost)) in cases.into_iter().enumerate() {
        let (mut model, topic) = two(&without(&all, |at| at % 50 == 1), &all);
        if by_counter {
            model.set_cursor(0, topic.queue(), 1, 1);
            model.set_cursor(1, topic.queue(), 0, 392);
        }
        model.loss = Loss::These(lost);
        model.start_all();
        // Twenty seconds until it is clear that no answer comes.
        model.advance(24_000);
        model.loss = Loss::Requests(0);
        assert_eq!(model.ids(0, topic.queue()).len(), 392, "case {number}");
        model.advance(10_000);
        assert_eq!(model.ids(0, topic.queue()), all_ids(&all), "case {number}");
    }
}

// REQ-SYNC-1
#[test]
fn one_who_was_away_for_a_month_reads_what_is_new_and_nothing_else() {
    let all = history(&topic(1), 0..6_000);
    let (mut model, topic) = two(&all[..5_000], &all);
    model.set_cursor(0, topic.queue(), 1, 5_000);
    model.set_cursor(1, topic.queue(), 0, 5_000);
    model.start_all();
    model.advance(20_000);
    assert_eq!(model.ids(0, topic.queue()), all_ids(&all));
    assert_eq!(model.figures.fetched, 1_000 * 512);
    let overhead = model.figures.bytes - model.figures.fetched;
    assert!(overhead < 1_000 * 60, "{overhead}");
}

// REQ-SYNC-1
#[test]
fn a_long_list_of_what_is_known_already_is_not_read_to_its_end() {
    let all = history(&topic(1), 0..9_000);
    // Pushes brought node 0 all but three; its position at node 1 still stands at the start.
    let (mut model, topic) = two(&without(&all, |at| at % 4_000 == 500), &all);
    model.set_cursor(0, topic.queue(), 1, 1);
    model.set_cursor(1, topic.queue(), 0, 8_997);
    model.start_all();
    model.advance(20_000);
    assert_eq!(model.ids(0, topic.queue()), all_ids(&all));
    let overhead = model.figures.bytes - model.figures.fetched;
    assert!(overhead < 4_096 * 40 + 10_000, "one page, then the difference: {overhead}");
}
