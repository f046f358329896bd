//! Attacks on the log layer by peers that are no members: junk, foreign signatures, reading without right, and filling the disk.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod world;

use tidings_crypto::id::{ConversationId, NodeId, OuterId, QueueId};
use tidings_crypto::outer::{LogKey, MAX_OUTER, Outer, TopicKey};
use tidings_crypto::{decode_exact, encode};
use tidings_protocol::command::{Command, Recipient};
use tidings_protocol::input::Protocol;
use tidings_protocol::limits::{
    INBOX_BYTES_MAX, INBOX_ITEM_BYTES_MAX, INBOX_ITEMS_MAX, PROVISIONAL_BYTES_MAX, PROVISIONAL_LIFETIME_MS,
    QUEUE_BYTES_MAX,
};
use tidings_protocol::record::contact::ContactRecord;
use tidings_protocol::record::log::QueueRecord;
use tidings_protocol::record::message::DeliveryState;
use tidings_protocol::store::snapshot::{Direction, Snapshot};
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::wire::id::{IdRequest, IdResponse};
use tidings_protocol::wire::inbox::{InboxRequest, InboxResponse, Item};
use tidings_protocol::wire::keys::{KeysRequest, KeysResponse};
use tidings_protocol::wire::log::{FetchRequest, LogRequest, LogResponse, Position, PushItem, PushStatus};
use tidings_protocol::{record, wire};
use tls_codec::VLByteVec;
use world::{Person, World};

const PROTOCOLS: [Protocol; 5] = [Protocol::Log, Protocol::Inbox, Protocol::Keys, Protocol::Id, Protocol::Ephemeral];

struct Pair {
    world: World,
    alice: Person,
    bob: Person,
    id: ConversationId,
}

fn pair() -> Pair {
    let mut world = World::new(2);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    world.befriend(alice, bob);
    world.send(bob, Recipient::Account(alice.account), "hello").unwrap();
    world.advance(3_000);
    let id = world.conversations(alice)[0].id;
    Pair { world, alice, bob, id }
}

fn node_rows(world: &World, host: usize, table: Table) -> Vec<(Vec<u8>, Vec<u8>)> {
    let store = &world.hosts[host].store;
    store.range(Scope::Node, table, &[], &[0xff; 100], usize::MAX, Direction::Forward).unwrap()
}

fn all_rows(world: &World, host: usize) -> usize {
    world.hosts[host].store.rows().count()
}

fn topic(secret: u8) -> TopicKey {
    TopicKey::derive(&[secret; 32])
}

fn public(topic: &TopicKey) -> [u8; 32] {
    *topic.public().as_bytes()
}

fn sealed(topic: &TopicKey, number: u16, bytes: usize) -> Vec<u8> {
    let mut nonce = [0; 24];
    nonce[..2].copy_from_slice(&number.to_be_bytes());
    Outer::seal(topic, &LogKey::from_bytes([1; 32]), nonce, &vec![0; bytes]).unwrap().to_bytes()
}

// NEGATIVE_TESTS 68
// REQ-ENTRY-2
#[test]
fn an_entry_for_another_queue_or_without_the_topic_keys_signature_is_refused_and_not_kept() {
    let Pair { mut world, alice, bob, id } = pair();
    let honest = world.forgery(bob, id);
    let real = TopicKey::derive(&honest.topic_secret);
    let rows = all_rows(&world, 0);
    let outer = honest.outer().to_bytes();
    // Another key presented, another queue written into the entry, a signature of another key, changed bytes.
    assert_eq!(world.push_raw(0, public(&topic(9)), outer.clone()), PushStatus::Refused);
    let mut other_queue = outer.clone();
    other_queue[1] ^= 1;
    assert_eq!(world.push_raw(0, public(&real), other_queue), PushStatus::Refused);
    assert_eq!(world.push_raw(0, public(&real), sealed(&topic(9), 0, 10)), PushStatus::Refused);
    let mut foreign = sealed(&topic(9), 0, 10);
    foreign[1..33].copy_from_slice(real.queue().as_bytes());
    assert_eq!(world.push_raw(0, public(&real), foreign), PushStatus::Refused);
    for at in [0, 40, 50, outer.len() - 70, outer.len() - 1] {
        let mut changed = outer.clone();
        changed[at] ^= 1;
        assert_eq!(world.push_raw(0, public(&real), changed), PushStatus::Refused, "byte {at}");
    }
    assert_eq!(all_rows(&world, 0), rows);
    assert_eq!(world.push_raw(0, public(&real), outer), PushStatus::Kept);
    assert_eq!(world.texts(alice), ["hello"]);
}

// NEGATIVE_TESTS 21, 68
#[test]
fn junk_on_every_protocol_is_answered_and_changes_nothing() {
    let Pair { mut world, alice, bob, .. } = pair();
    let rows = all_rows(&world, 0);
    let mut junk: Vec<Vec<u8>> = vec![vec![], vec![0], vec![0xff; 3], vec![0x3f; 70_000], (0..=255).collect()];
    junk.extend((0..=9).map(|kind| [vec![kind], vec![0xc0, 0, 0, 0, 0, 0, 0, 9]].concat()));
    junk.extend((0..=9).map(|kind| vec![kind, 0xbf, 0xff, 0xff, 0xff]));
    // Frames of one protocol on the others.
    junk.push(wire::encode(&IdRequest { account: alice.account }));
    junk.push(wire::encode(&KeysRequest { account: alice.account, token: [0; 16] }));
    for protocol in PROTOCOLS {
        for bytes in &junk {
            world.ask(0, protocol, bytes.clone());
        }
    }
    assert_eq!(all_rows(&world, 0), rows);
    assert_eq!(world.ask(0, Protocol::Log, vec![9]), wire::encode(&LogResponse::Malformed));
    world.send(bob, Recipient::Account(alice.account), "still there").unwrap();
    world.advance(3_000);
    assert_eq!(world.texts(alice), ["hello", "still there"]);
}

#[test]
fn answers_that_are_junk_lose_nothing_and_end_when_honest_ones_come() {
    let Pair { mut world, alice, bob, .. } = pair();
    for junk in [vec![], vec![1, 0], vec![2, 0xbf, 0xff, 0xff, 0xff], vec![4], vec![0xff; 1_000]] {
        world.tamper = Some(Box::new(move |_, _, _| Some(junk.clone())));
        let text = format!("number {}", world.messages(alice).len());
        world.send(alice, Recipient::Account(bob.account), &text).unwrap();
        world.advance(10_000);
        assert_eq!(world.messages(alice).last().unwrap().state(), DeliveryState::Queued);
    }
    world.tamper = None;
    world.advance(120_000);
    assert_eq!(world.texts(bob).len(), 6);
    assert!(world.messages(alice).iter().skip(1).all(|message| message.state() == DeliveryState::Delivered));
}

#[test]
fn entries_and_items_over_their_size_are_refused_and_not_kept() {
    let Pair { mut world, alice, .. } = pair();
    let rows = all_rows(&world, 0);
    let mut large = sealed(&topic(9), 0, MAX_OUTER - 1_000);
    assert_eq!(large.len(), MAX_OUTER);
    large.extend(vec![0; 65_536]);
    assert_eq!(world.push_raw(0, public(&topic(9)), large), PushStatus::Refused);
    // Not of a bucket's length.
    let mut odd = sealed(&topic(9), 0, 10);
    odd.push(0);
    assert_eq!(world.push_raw(0, public(&topic(9)), odd), PushStatus::Refused);
    let item = vec![0; INBOX_ITEM_BYTES_MAX + 1];
    assert_eq!(world.post_raw(0, alice.account, item), InboxResponse::Refused);
    let many = vec![PushItem { topic: [0; 32], outer: VLByteVec::from(vec![]), voucher: VLByteVec::from(vec![]) }; 257];
    let answer = world.ask(0, Protocol::Log, wire::encode(&LogRequest::Push(many)));
    assert_eq!(answer, wire::encode(&LogResponse::Malformed));
    assert_eq!(all_rows(&world, 0), rows);
}

fn list(world: &mut World, peer: NodeId, host: usize, queue: QueueId) -> Vec<OuterId> {
    let request = LogRequest::List(vec![Position { queue, after: 0, generation: [0; 16] }]);
    let answer = world.ask_as(peer, host, Protocol::Log, wire::encode(&request));
    let LogResponse::Listed(pages) = decode_exact::<LogResponse>(&answer).unwrap() else { panic!("no list") };
    pages.iter().flat_map(|page| page.entries.iter().map(|entry| entry.id)).collect()
}

fn fetch(world: &mut World, peer: NodeId, host: usize, queue: QueueId) -> usize {
    let request = LogRequest::Fetch(FetchRequest { queue, counters: (0..100).collect() });
    let answer = world.ask_as(peer, host, Protocol::Log, wire::encode(&request));
    let LogResponse::Fetched(entries) = decode_exact::<LogResponse>(&answer).unwrap() else { panic!("no entries") };
    entries.len()
}

// NEGATIVE_TESTS 88, as far as built
// REQ-NET-3
#[test]
fn a_node_that_is_no_follower_lists_and_fetches_nothing() {
    let Pair { mut world, alice, bob, id } = pair();
    let queue = world.conversation(alice, id).queue;
    let (follower, stranger) = (world.hosts[bob.host].id, NodeId::from_bytes([0xee; 32]));
    assert!(!list(&mut world, follower, 0, queue).is_empty());
    assert!(fetch(&mut world, follower, 0, queue) > 0);
    assert_eq!(list(&mut world, stranger, 0, queue), []);
    assert_eq!(fetch(&mut world, stranger, 0, queue), 0);
}

// NEGATIVE_TESTS 91
#[test]
fn key_packages_go_to_nobody_without_a_token_and_not_more_than_the_days_share() {
    let Pair { mut world, alice, bob, .. } = pair();
    let take = |world: &mut World, token: [u8; 16]| {
        let request = wire::encode(&KeysRequest { account: alice.account, token });
        let answer = world.ask(0, Protocol::Keys, request);
        !decode_exact::<KeysResponse>(&answer).unwrap().key_package.as_slice().is_empty()
    };
    for token in [[0; 16], [7; 16]] {
        assert!(!take(&mut world, token));
    }
    let known: ContactRecord = record::decode(&world.rows(bob, Table::Contact)[0].1, "test").unwrap();
    let token = *known.key_token.unwrap();
    world.lock(alice);
    let got = (0..100).filter(|_| take(&mut world, token)).count();
    assert_eq!(got, 5, "a locked account refills nothing");
    world.unlock(alice);
    let got = (0..100).filter(|_| take(&mut world, token)).count();
    assert_eq!(got, 15, "the day's share is used up also when there is more");
    world.advance(86_400_000);
    assert!(take(&mut world, token));
    // A token is good for the account that gave it only.
    let other = wire::encode(&KeysRequest { account: bob.account, token });
    let answer = world.ask(1, Protocol::Keys, other);
    assert!(decode_exact::<KeysResponse>(&answer).unwrap().key_package.as_slice().is_empty());
}

// NEGATIVE_TESTS 42
#[test]
fn key_packages_that_grew_old_in_the_pool_are_not_handed_out_but_replaced() {
    let Pair { mut world, alice, bob, .. } = pair();
    let known: ContactRecord = record::decode(&world.rows(bob, Table::Contact)[0].1, "test").unwrap();
    let token = *known.key_token.unwrap();
    let take = |world: &mut World| {
        let request = wire::encode(&KeysRequest { account: alice.account, token });
        let answer = world.ask(0, Protocol::Keys, request);
        decode_exact::<KeysResponse>(&answer).unwrap().key_package.as_slice().to_vec()
    };
    let private = world.rows(alice, Table::KeyPackage).len();
    world.lock(alice);
    world.advance(40 * 86_400_000);
    assert_eq!(take(&mut world), [0; 0]);
    world.unlock(alice);
    // The former last resort stays openable for a week.
    assert_eq!(world.rows(alice, Table::KeyPackage).len(), private + 1);
    let fresh = tidings_crypto::mls::SignedKeyPackage::parse(&take(&mut world)).unwrap();
    assert!(fresh.issued_at() * 1000 >= world.now - 86_400_000);
}

// NEGATIVE_TESTS 92
#[test]
fn an_account_that_is_not_hosted_here_is_answered_with_nothing() {
    let Pair { mut world, alice, bob, .. } = pair();
    let mut ask = |account| {
        let answer = world.ask(0, Protocol::Id, wire::encode(&IdRequest { account }));
        decode_exact::<IdResponse>(&answer).unwrap().log.as_slice().len()
    };
    assert!(ask(alice.account) > 0);
    assert_eq!(ask(bob.account), 0);
}

// NEGATIVE_TESTS 110
// REQ-NET-3
#[test]
fn a_stranger_fills_nothing_and_a_follower_its_provisional_share_and_not_a_byte_more() {
    let Pair { mut world, alice, bob, .. } = pair();
    // Each in a queue of its own: the share is the peer's, not the queue's.
    let asked_for_by_nobody: Vec<TopicKey> = (100..120).map(topic).collect();
    let stored = |world: &World| -> u64 {
        let rows = node_rows(world, 0, Table::QueueEntry).into_iter();
        let strange = |row: &[u8]| asked_for_by_nobody.iter().any(|topic| row.starts_with(topic.queue().as_bytes()));
        rows.filter(|(row, _)| strange(row)).map(|(_, value)| value.len() as u64).sum()
    };
    let mut kept = 0;
    for (number, topic) in (0..).zip(&asked_for_by_nobody) {
        assert_eq!(world.push_raw(0, public(topic), sealed(topic, number, 1_000_000)), PushStatus::Unasked);
        let follower = world.hosts[bob.host].id;
        let status = world.push_as(follower, 0, public(topic), sealed(topic, number, 1_000_000));
        kept += u64::from(status == PushStatus::Kept);
        assert!(matches!(status, PushStatus::Kept | PushStatus::NoRoom));
    }
    assert_eq!(kept, PROVISIONAL_BYTES_MAX / MAX_OUTER as u64);
    assert!(stored(&world) <= PROVISIONAL_BYTES_MAX);
    // REQ-MBOX-11: what nobody has asked for goes after a week, also if the node was restarted, and its room is free again.
    world.stop(0);
    world.start(0);
    world.advance(PROVISIONAL_LIFETIME_MS - 3_600_000);
    assert!(stored(&world) > 0);
    world.advance(2 * 3_600_000);
    assert_eq!(stored(&world), 0);
    assert_eq!(node_rows(&world, 0, Table::Provisional), []);
    world.unlock(alice);
    world.send(bob, Recipient::Account(alice.account), "not hindered").unwrap();
    world.advance(3_000);
    assert_eq!(world.texts(alice), ["hello", "not hindered"]);
}

#[test]
fn a_confirmed_queue_gives_back_its_own_room_and_no_more() {
    let Pair { mut world, alice, bob, .. } = pair();
    world.lock(bob);
    let group = world.group(alice, "ops", &[bob]);
    world.send(alice, Recipient::Conversation(group), "waits provisionally").unwrap();
    world.advance(3_000);
    let peer = world.hosts[0].id;
    let junk = sealed(&topic(9), 0, 100_000);
    assert_eq!(world.push_as(peer, 1, public(&topic(9)), junk.clone()), PushStatus::Kept);
    let used = |world: &World| -> Vec<u64> {
        let rows = node_rows(world, 1, Table::Provisional).into_iter().filter(|(row, _)| row.len() < 64);
        rows.map(|(_, value)| record::decode(&value, "test").unwrap()).collect()
    };
    assert!(used(&world).iter().all(|bytes| *bytes > junk.len() as u64));
    world.unlock(bob);
    assert!(world.texts(bob).contains(&"waits provisionally".to_owned()));
    assert_eq!(used(&world), [junk.len() as u64; 2]);
}

#[test]
fn an_account_that_unlocks_late_takes_no_follower_from_its_neighbours_queue() {
    let mut world = World::new(3);
    let (alice, dave) = (world.sign_up(0, "alice"), world.sign_up(0, "dave"));
    let (carol, erin) = (world.sign_up(1, "carol"), world.sign_up(2, "erin"));
    for other in [dave, carol, erin] {
        world.befriend(alice, other);
    }
    let group = world.group(alice, "ops", &[dave]);
    world.lock(dave);
    for member in [carol, erin] {
        let (account, member) = (alice.account, member.account);
        world.command(0, Command::AddMember { account, conversation: group, member }).unwrap();
        world.send(alice, Recipient::Conversation(group), "hello").unwrap();
        world.advance(3_000);
    }
    let queue = world.conversation(alice, group).queue;
    let followers = |world: &World| {
        let row = world.hosts[0].store.get(Scope::Node, Table::Queue, queue.as_bytes()).unwrap().unwrap();
        record::decode::<QueueRecord>(&row, "test").unwrap().followers
    };
    let before = followers(&world);
    assert_eq!(before.len(), 2);
    world.unlock(dave);
    assert_eq!(world.conversation(dave, group).tip, world.conversation(alice, group).tip);
    assert_eq!(followers(&world), before);
}

#[test]
fn a_peer_without_room_for_one_queue_still_gets_the_others() {
    let Pair { mut world, alice, bob, .. } = pair();
    let group = world.group(alice, "large", &[bob]);
    let queue = world.conversation(alice, group).queue;
    // Bob's node says of everything in the group's queue that it has no room.
    world.tamper = Some(Box::new(move |_, protocol, bytes| {
        let LogRequest::Push(items) = decode_exact(bytes).ok().filter(|_| protocol == Protocol::Log)? else {
            return None;
        };
        let of_group = |item: &PushItem| item.outer.as_slice()[1..33] == *queue.as_bytes();
        items.iter().all(of_group).then(|| encode(&LogResponse::Pushed(vec![PushStatus::NoRoom; items.len()])))
    }));
    for number in 0..260 {
        world.send(alice, Recipient::Conversation(group), &number.to_string()).unwrap();
    }
    world.send(alice, Recipient::Account(bob.account), "not behind them").unwrap();
    world.advance(10_000);
    assert!(world.texts(bob).contains(&"not behind them".to_owned()));
    world.tamper = None;
    world.advance(600_000);
    assert_eq!(world.texts(bob).len(), 262);
}

#[test]
fn a_stranger_fills_an_inbox_to_its_bound_and_leaves_no_trace_of_what_was_refused() {
    let Pair { mut world, alice, .. } = pair();
    let before = (all_rows(&world, 0), node_rows(&world, 0, Table::InboxSeen).len());
    for number in 0..50_u8 {
        assert_eq!(world.post_raw(0, alice.account, vec![number; 5_000]), InboxResponse::Kept);
    }
    assert_eq!((all_rows(&world, 0), node_rows(&world, 0, Table::InboxSeen).len()), before);
    world.lock(alice);
    let mut kept = 0;
    for number in 0..40_u8 {
        let item = wire::encode(&Item::Sealed(vec![number; 500_000].into()));
        let request = InboxRequest { recipient: alice.account, item: item.into() };
        let answer = world.ask(0, Protocol::Inbox, wire::encode(&request));
        kept += u64::from(decode_exact::<InboxResponse>(&answer).unwrap() == InboxResponse::Kept);
    }
    assert_eq!(kept, INBOX_BYTES_MAX / 500_000);
    world.unlock(alice);
    assert_eq!(node_rows(&world, 0, Table::Inbox), []);
    assert_eq!(world.post_raw(0, alice.account, vec![1; 500_000]), InboxResponse::Kept);
}

#[test]
fn many_small_items_for_a_locked_account_stop_at_their_number() {
    let Pair { mut world, alice, .. } = pair();
    world.lock(alice);
    let mut kept = 0;
    for number in 0..INBOX_ITEMS_MAX + 10 {
        let item = wire::encode(&Item::Sealed(number.to_be_bytes().to_vec().into()));
        let request = InboxRequest { recipient: alice.account, item: item.into() };
        let answer = world.ask(0, Protocol::Inbox, wire::encode(&request));
        kept += u64::from(decode_exact::<InboxResponse>(&answer).unwrap() == InboxResponse::Kept);
    }
    assert_eq!(kept, INBOX_ITEMS_MAX);
}

#[test]
fn a_follower_that_answers_lists_with_what_nobody_takes_is_not_asked_for_ever() {
    let Pair { mut world, alice, id, .. } = pair();
    let queue = world.conversation(alice, id).queue;
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = asked.clone();
    world.stop(1);
    world.tamper = Some(Box::new(move |_, protocol, bytes| {
        use tidings_protocol::wire::log::{Listed, Page, Rest};
        count.set(count.get() + 1);
        assert!(count.get() < 1_000, "asked for ever");
        match decode_exact::<LogRequest>(bytes).ok().filter(|_| protocol == Protocol::Log)? {
            LogRequest::List(_) => {
                let entries = vec![Listed { counter: 5, id: OuterId::from_bytes([3; 32]) }];
                Some(encode(&LogResponse::Listed(vec![
                    Page {
                        queue,
                        generation: [0; 16],
                        entries,
                        rest: Rest::Nothing
                    };
                    40
                ])))
            }
            LogRequest::Fetch(_) => Some(encode(&LogResponse::Fetched(vec![VLByteVec::from(vec![1; 512]); 3]))),
            LogRequest::Push(_) | LogRequest::Reconcile(_) | LogRequest::Mailbox(_) => None,
        }
    }));
    world.start(1);
    assert!(asked.get() < 20, "{}", asked.get());
}

// NEGATIVE_TESTS 110
// REQ-MBOX-13
#[test]
fn a_queue_beyond_its_bound_loses_its_oldest_entries_and_goes_on() {
    let Pair { mut world, alice, bob, id } = pair();
    let real = TopicKey::derive(&world.forgery(bob, id).topic_secret);
    let follower = world.hosts[bob.host].id;
    let push =
        |world: &mut World, number: u16| world.push_as(follower, 0, public(&real), sealed(&real, number, 1_000_000));
    let counted = |world: &World| {
        let rows = node_rows(world, 0, Table::Queue);
        let row = rows.into_iter().find(|(row, _)| row == real.queue().as_bytes()).unwrap();
        record::decode::<QueueRecord>(&row.1, "test").unwrap().bytes
    };
    let kept = |world: &World| {
        let bytes: u64 = node_rows(world, 0, Table::QueueEntry).iter().map(|(_, value)| value.len() as u64).sum();
        assert_eq!(counted(world), bytes, "what is counted is what is there");
        bytes
    };
    for number in 0..300 {
        assert_eq!(push(&mut world, number), PushStatus::Kept);
        assert!(counted(&world) <= QUEUE_BYTES_MAX + MAX_OUTER as u64);
    }
    // What was deleted is known, and not taken again.
    let before = kept(&world);
    assert_eq!(push(&mut world, 0), PushStatus::Kept);
    assert_eq!(kept(&world), before);
    world.send(bob, Recipient::Account(alice.account), "still here").unwrap();
    world.advance(3_000);
    assert_eq!(world.texts(alice), ["hello", "still here"]);
    // While she is locked nothing can go, and there is an end.
    world.lock(alice);
    let refused = (300..400).filter(|number| push(&mut world, *number) == PushStatus::NoRoom).count();
    assert!(refused > 0 && kept(&world) <= QUEUE_BYTES_MAX / 4 * 5);
    world.unlock(alice);
    // The sender tries again.
    push(&mut world, 500);
    assert_eq!(push(&mut world, 500), PushStatus::Kept);
}
