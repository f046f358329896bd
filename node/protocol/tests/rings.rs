//! Many followers: who pushes to whom, what is passed on, and what `sent` means then.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "tests")]

mod net_model;
mod world;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use net_model::{Loss, Model, sealed, topic};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use tidings_crypto::id::{NodeId, QueueId};
use tidings_crypto::{decode_exact, encode};
use tidings_protocol::command::Recipient;
use tidings_protocol::input::Protocol;
use tidings_protocol::limits::{DIRECT_FOLLOWERS_MAX, SYNC_FOLLOWERS};
use tidings_protocol::log::ring::neighbours;
use tidings_protocol::record;
use tidings_protocol::record::log::{Obstacle, PeerWaitRecord};
use tidings_protocol::record::message::DeliveryState;
use tidings_protocol::store::snapshot::Snapshot;
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::wire;
use tidings_protocol::wire::log::{LogRequest, LogResponse, PushItem, PushStatus};
use world::{Person, World};

// REQ-SYNC-4
#[test]
fn up_to_nine_other_followers_nobody_passes_on_and_with_more_everybody_does() {
    for (nodes, passed_on) in [(DIRECT_FOLLOWERS_MAX + 1, false), (DIRECT_FOLLOWERS_MAX + 2, true)] {
        let topic = topic(1);
        let mut model = Model::new(nodes, &topic);
        model.start_all();
        model.advance(5_000);
        let entry = sealed(&topic, 1, 100);
        model.publish(0, &topic, &entry);
        model.advance(5_000);
        assert_eq!(model.time_to(&entry.id(), 100).is_some(), passed_on);
        assert_eq!(model.figures.copies > 0, passed_on);
    }
}

// REQ-SYNC-5
#[test]
fn what_is_passed_on_is_sent_again_until_it_is_answered() {
    let topic = topic(1);
    let mut model = Model::new(30, &topic);
    model.start_all();
    model.advance(5_000);
    model.loss = Loss::Requests(100);
    let entry = sealed(&topic, 1, 100);
    model.publish(0, &topic, &entry);
    model.advance(1_000);
    model.loss = Loss::Requests(0);
    assert_eq!(model.arrivals[&entry.id()].len(), 1);
    // Before anybody reads from another by itself, which is after a minute.
    model.advance(30_000);
    assert!(model.time_to(&entry.id(), 100).is_some());
}

// REQ-SYNC-4
#[test]
fn neighbours_are_eight_mutual_and_others_in_another_topic_generation() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let nodes: Vec<NodeId> = (0..200)
        .map(|_| {
            let mut id = [0; 32];
            rng.fill_bytes(&mut id);
            NodeId::from_bytes(id)
        })
        .collect();
    let (one, next) = (topic(1).queue(), topic(2).queue());
    let of = |queue: &QueueId, node: &NodeId| {
        let others: Vec<NodeId> = nodes.iter().filter(|other| *other != node).copied().collect();
        neighbours(queue, *node, &others)
    };
    let mut same = 0;
    for node in &nodes {
        let chosen = of(&one, node);
        assert!(chosen.len() <= 8 && chosen.len() >= 5, "{}", chosen.len());
        assert!(chosen.iter().all(|other| of(&one, other).contains(node)));
        same += of(&next, node).iter().filter(|other| chosen.contains(other)).count();
    }
    assert!(same < 200, "{same} of 1,600 neighbours stayed");
}

// REQ-SYNC-5
#[test]
fn a_thousand_followers_are_all_reached_while_a_fifth_of_all_requests_is_lost() {
    let topic = topic(1);
    let mut model = Model::new(1_000, &topic);
    model.start_all();
    model.advance(3_000);
    model.loss = Loss::Requests(20);
    for away in (7..1_000).step_by(10) {
        model.stop(away);
    }
    let before = model.figures.clone();
    let entry = sealed(&topic, 1, 100);
    model.publish(0, &topic, &entry);
    model.advance(59_000);
    assert!(model.time_to(&entry.id(), 100).is_some(), "{:?} of 900", model.arrivals[&entry.id()].len());
    let copies = model.figures.copies - before.copies;
    assert!(copies <= 9 * 1_000, "{copies} copies");
    // Who was away reads it when it comes back.
    for away in (7..1_000).step_by(10) {
        model.start(away);
    }
    model.advance(120_000);
    assert!(model.time_to(&entry.id(), 100).is_some());
}

// REQ-NET-3
#[test]
fn of_many_followers_only_neighbours_may_bring_a_queue_that_nobody_here_has_asked_for() {
    let topic = topic(1);
    let mut model = Model::new(30, &topic);
    model.start_all();
    model.advance(5_000);
    let nodes: Vec<NodeId> = model.members.iter().map(|member| member.id).collect();
    let beside = neighbours(&topic.queue(), nodes[0], &nodes[1..]);
    for (number, peer) in (0..).zip(&nodes[1..]) {
        let unknown = net_model::topic(100 + number);
        let (outer, voucher) = (sealed(&unknown, 1, 100).to_bytes(), Vec::new());
        let (outer, voucher) = (wire::field(outer), wire::field(voucher));
        let item = PushItem { topic: *unknown.public().as_bytes(), outer, voucher };
        let answer = model.ask_as(*peer, 0, encode(&LogRequest::Push(vec![item])));
        let expected = if beside.contains(peer) { PushStatus::Kept } else { PushStatus::Unasked };
        assert_eq!(decode_exact::<LogResponse>(&answer).unwrap(), LogResponse::Pushed(vec![expected]));
    }
}

fn dozen() -> (World, Vec<Person>, tidings_crypto::id::ConversationId) {
    let mut world = World::new(13);
    let people: Vec<Person> = (0..13).map(|host| world.sign_up(host, &format!("person{host}"))).collect();
    for other in &people[1..] {
        world.befriend(people[0], *other);
    }
    let group = world.group(people[0], "ops", &people[1..]);
    world.advance(30_000);
    (world, people, group)
}

fn states(world: &World, person: Person) -> Vec<DeliveryState> {
    let messages = world.messages(person);
    messages.last().unwrap().states.iter().map(|recipient| recipient.state).collect()
}

// REQ-SYNC-6
#[test]
fn in_a_large_group_one_neighbour_that_keeps_it_makes_a_message_sent_and_one_that_refuses_makes_nothing_fail() {
    let (mut world, people, group) = dozen();
    for person in &people[1..] {
        world.lock(*person);
    }
    let pushes = Rc::new(Cell::new(0));
    let count = pushes.clone();
    world.tamper = Some(Box::new(move |_, protocol, bytes| match decode_exact(bytes) {
        Ok(LogRequest::Push(items)) if protocol == Protocol::Log => {
            count.set(count.get() + 1);
            Some(encode(&LogResponse::Pushed(vec![PushStatus::Refused; items.len()])))
        }
        _ => None,
    }));
    world.send(people[0], Recipient::Conversation(group), "refused by all").unwrap();
    world.advance(3_000);
    assert!((1..=8).contains(&pushes.get()), "{} pushes", pushes.get());
    assert_eq!(states(&world, people[0]), vec![DeliveryState::Queued; 12]);
    world.tamper = None;
    world.send(people[0], Recipient::Conversation(group), "kept by some").unwrap();
    world.advance(3_000);
    assert_eq!(states(&world, people[0]), vec![DeliveryState::Sent; 12]);
    for person in &people[1..] {
        world.unlock(*person);
    }
    world.advance(130_000);
    for person in &people[1..] {
        assert!(world.texts(*person).ends_with(&["refused by all".into(), "kept by some".into()]));
    }
    assert_eq!(states(&world, people[0]), vec![DeliveryState::Delivered; 12]);
}

// REQ-SYNC-5, REQ-MSG-5
#[test]
fn a_neighbour_without_room_for_what_others_wrote_stays_one_without_room_for_what_one_wrote_oneself() {
    let (mut world, people, group) = dozen();
    let nodes: Vec<NodeId> = world.hosts.iter().map(|host| host.id).collect();
    let queue = world.conversation(people[0], group).queue;
    let full = neighbours(&queue, nodes[0], &nodes[1..])[0];
    let pushes = Rc::new(Cell::new(0));
    let count = pushes.clone();
    world.tamper = Some(Box::new(move |asked, protocol, bytes| match decode_exact(bytes) {
        Ok(LogRequest::Push(items)) if protocol == Protocol::Log && asked == full => {
            count.set(count.get() + 1);
            Some(encode(&LogResponse::Pushed(vec![PushStatus::NoRoom; items.len()])))
        }
        _ => None,
    }));
    let wait = |world: &World| -> PeerWaitRecord {
        let row = world.hosts[0].store.get(Scope::Node, Table::PeerWait, full.as_bytes()).unwrap().unwrap();
        record::decode(&row, "test").unwrap()
    };
    world.send(people[0], Recipient::Conversation(group), "there is no room for it").unwrap();
    world.advance(500);
    let first = wait(&world);
    assert_eq!(first.obstacle, Obstacle::NoRoom);
    let writer = people.iter().skip(1).find(|person| nodes[person.host] != full).unwrap();
    for text in ["nor for this", "nor this"] {
        world.send(*writer, Recipient::Conversation(group), text).unwrap();
        world.advance(2_000);
    }
    assert!(pushes.get() > 3, "{} pushes: what others wrote was passed on", pushes.get());
    assert_eq!((wait(&world).since, wait(&world).obstacle), (first.since, Obstacle::NoRoom));
}

// REQ-SYNC-7
#[test]
fn of_many_followers_only_some_are_asked_for_what_is_missing() {
    let (mut world, people, group) = dozen();
    let bob = world.hosts[1].id;
    let kept_back = Rc::new(RefCell::new(BTreeSet::new()));
    let noted = kept_back.clone();
    world.tamper = Some(Box::new(move |asked, protocol, bytes| match decode_exact(bytes) {
        Ok(LogRequest::Push(items)) if protocol == Protocol::Log && asked == bob => {
            noted.borrow_mut().extend(items.iter().map(|item| item.outer.as_slice().to_vec()));
            Some(encode(&LogResponse::Pushed(vec![PushStatus::NoRoom; items.len()])))
        }
        _ => None,
    }));
    world.send(people[0], Recipient::Conversation(group), "bob does not get this").unwrap();
    world.advance(10);
    let lists = Rc::new(RefCell::new(BTreeSet::new()));
    let seen = lists.clone();
    world.tamper = Some(Box::new(move |asked, protocol, bytes| {
        match decode_exact(bytes) {
            // Its origin tries again, also together with what it passes on.
            Ok(LogRequest::Push(items)) if protocol == Protocol::Log && asked == bob => {
                let kept_back = kept_back.borrow();
                let again = items.iter().any(|item| kept_back.contains(item.outer.as_slice()));
                return again.then(|| encode(&LogResponse::Pushed(vec![PushStatus::NoRoom; items.len()])));
            }
            Ok(LogRequest::List(_)) if protocol == Protocol::Log && asked != bob => {
                seen.borrow_mut().insert(asked);
            }
            _ => {}
        }
        None
    }));
    world.send(people[2], Recipient::Conversation(group), "but this").unwrap();
    assert!(!world.texts(people[1]).contains(&"but this".into()), "it builds on the other");
    world.advance(2_500);
    assert!((1..=SYNC_FOLLOWERS).contains(&lists.borrow().len()), "{} asked", lists.borrow().len());
    world.advance(300_000);
    assert!(world.texts(people[1]).ends_with(&["bob does not get this".into(), "but this".into()]));
}

// NEGATIVE_TESTS 113
// REQ-SYNC-7
#[test]
fn what_an_author_kept_from_one_member_comes_from_another_while_the_author_is_away() {
    let mut world = World::new(3);
    let people: Vec<Person> = (0..3).map(|host| world.sign_up(host, &format!("person{host}"))).collect();
    for other in &people[1..] {
        world.befriend(people[0], *other);
    }
    let group = world.group(people[0], "ops", &people[1..]);
    let bob = world.hosts[1].id;
    world.tamper = Some(Box::new(move |asked, protocol, bytes| match decode_exact(bytes) {
        Ok(LogRequest::Push(items)) if protocol == Protocol::Log && asked == bob => {
            Some(encode(&LogResponse::Pushed(vec![PushStatus::NoRoom; items.len()])))
        }
        _ => None,
    }));
    world.send(people[0], Recipient::Conversation(group), "not for bob").unwrap();
    world.advance(500);
    world.stop(0);
    world.tamper = None;
    world.send(people[2], Recipient::Conversation(group), "what do you think of it?").unwrap();
    world.advance(1_000);
    assert_eq!(world.texts(people[1]).len(), 0, "shown only after what it builds on");
    world.advance(5_000);
    assert_eq!(world.texts(people[1]), ["not for bob", "what do you think of it?"]);
    assert_eq!(world.rows(people[1], Table::Pending), []);
}
