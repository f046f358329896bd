//! Mailboxes: what is written while nobody is there, kept by a node that can't read it, and brought when somebody comes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "tests")]

mod world;

use tidings_crypto::id::{NodeId, QueueId};
use tidings_crypto::outer::{LogKey, MAX_OUTER, Outer, TopicKey};
use tidings_protocol::command::{Answer, Command, Recipient};
use tidings_protocol::input::Protocol;
use tidings_protocol::limits::{
    CLOSING_FULL_MS, CLOSING_LIFETIME_MS, MAILBOX_QUEUE_BYTES_MAX, SPONSOR_ABSENT_MS, SPONSOR_BYTES_OPEN,
};
use tidings_protocol::log::mailbox::MailboxPolicy;
use tidings_protocol::record::contact::ContactRecord;
use tidings_protocol::record::mailbox::{MailboxState, OwnMailboxRecord, SponsorRecord};
use tidings_protocol::record::message::DeliveryState;
use tidings_protocol::store::snapshot::{Direction, Snapshot};
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::wire::keys::{KeysRequest, KeysResponse};
use tidings_protocol::wire::log::{LogRequest, LogResponse, Position, PushItem, PushStatus};
use tidings_protocol::wire::mailbox::{
    CollectRequest, MailboxRequest, MailboxResponse, QueueClaim, QueueVoucher, Reader, RefusalCause, Registration,
    SignedRegistration, SuccessionVoucher,
};
use tidings_protocol::{record, wire};
use world::{Person, World};

/// Where the mailbox is.
const M: usize = 2;

fn node_rows(world: &World, host: usize, table: Table) -> Vec<(Vec<u8>, Vec<u8>)> {
    let store = &world.hosts[host].store;
    store.range(Scope::Node, table, &[], &[0xff; 100], usize::MAX, Direction::Forward).unwrap()
}

fn own_mailbox(world: &World, person: Person) -> OwnMailboxRecord {
    record::decode(&world.rows(person, Table::OwnMailbox)[0].1, "test").unwrap()
}

fn sponsor(world: &World, person: Person) -> SponsorRecord {
    let rows = node_rows(world, M, Table::Sponsor);
    let row = rows.into_iter().find(|(row, _)| row == person.account.as_bytes()).unwrap();
    record::decode(&row.1, "test").unwrap()
}

/// Alice and Bob on nodes of their own, and a mailbox that is open.
fn people() -> (World, Person, Person) {
    let mut world = World::new(3);
    world.make_mailbox(M, MailboxPolicy::Open);
    let (alice, bob) = (world.sign_up(0, "alice"), world.sign_up(1, "bob"));
    (world, alice, bob)
}

fn state(world: &World, person: Person, text: &str) -> DeliveryState {
    world.messages(person).iter().find(|message| message.text == text).unwrap().state()
}

// REQ-MBOX-2
#[test]
fn a_message_arrives_though_sender_and_receiver_are_never_there_together() {
    let (mut world, alice, bob) = people();
    world.befriend(alice, bob);
    world.add_mailbox(bob, M, &[]);
    assert_eq!(own_mailbox(&world, bob).state, MailboxState::Registered);
    world.stop(bob.host);
    world.send(alice, Recipient::Account(bob.account), "while you are away").unwrap();
    world.advance(120_000);
    // REQ-DELIV-5: a mailbox of the recipient has it durably.
    assert_eq!(state(&world, alice, "while you are away"), DeliveryState::Sent);
    world.stop(alice.host);
    world.come_back(bob);
    assert_eq!(world.texts(bob), ["while you are away"]);
    world.send(bob, Recipient::Account(alice.account), "and you").unwrap();
    world.advance(60_000);
    world.stop(bob.host);
    world.come_back(alice);
    // She has no mailbox, but reads from his.
    assert_eq!(world.texts(alice), ["while you are away", "and you"]);
    assert_eq!(state(&world, alice, "while you are away"), DeliveryState::Delivered);
}

// REQ-MBOX-2
#[test]
fn people_become_contacts_and_write_though_they_are_never_there_together() {
    let (mut world, alice, bob) = people();
    world.add_mailbox(alice, M, &[]);
    world.add_mailbox(bob, M, &[]);
    let link = world.invite(alice);
    world.stop(alice.host);
    world.command(bob.host, Command::AddContact { account: bob.account, link }).unwrap();
    world.advance(120_000);
    world.send(bob, Recipient::Account(alice.account), "I came by your link").unwrap();
    world.stop(bob.host);
    world.come_back(alice);
    world.send(alice, Recipient::Account(bob.account), "welcome").unwrap();
    world.advance(120_000);
    assert_eq!(state(&world, alice, "welcome"), DeliveryState::Sent, "his mailbox keeps it, opened by his contact");
    world.stop(alice.host);
    world.come_back(bob);
    assert_eq!(world.texts(bob), ["welcome", "I came by your link"]);
    world.stop(bob.host);
    world.come_back(alice);
    assert_eq!(world.texts(alice), ["welcome", "I came by your link"]);
}

// REQ-MBOX-3
#[test]
fn what_every_reader_has_is_deleted_at_the_mailbox_and_not_taken_again() {
    let (mut world, alice, bob) = people();
    world.befriend(alice, bob);
    world.add_mailbox(bob, M, &[]);
    world.stop(bob.host);
    for number in 0..20 {
        world.send(alice, Recipient::Account(bob.account), &number.to_string()).unwrap();
    }
    world.advance(120_000);
    assert!(node_rows(&world, M, Table::QueueEntry).len() >= 20);
    assert!(sponsor(&world, bob).used > 0);
    world.come_back(bob);
    assert_eq!(world.texts(bob).len(), 20);
    // Mailboxes are read every five minutes, and said what is there.
    world.advance(1_000_000);
    assert_eq!(node_rows(&world, M, Table::QueueEntry), []);
    assert_eq!(sponsor(&world, bob).used, 0);
    world.stop(M);
    world.start(M);
    world.advance(1_000_000);
    assert_eq!(node_rows(&world, M, Table::QueueEntry), []);
}

/// A registration as the account's node would make it, for the attacker to change.
fn registration(world: &World, person: Person, queues: Vec<QueueClaim>) -> Registration {
    let own = world.directory(person);
    Registration {
        version: 1,
        account: person.account,
        mailbox: world.hosts[M].id,
        home: world.hosts[person.host].id,
        issued_at: world.now + 1_000_000,
        voucher: Vec::new().into(),
        identity_log: own.identity_log.into(),
        box_key: own.box_key.into(),
        reach: own.reach.into(),
        queues,
        tokens: Vec::new(),
        key_packages: Vec::new(),
        last_resort: Vec::new().into(),
    }
}

fn claim(world: &World, topic: &TopicKey, readers: &[usize], closing: bool) -> QueueClaim {
    let mailbox = world.hosts[M].id;
    let readers = readers.iter().map(|host| {
        let node = world.hosts[*host].id;
        Reader { node, signature: topic.allow_reading(&mailbox, &node) }
    });
    QueueClaim { topic: *topic.public().as_bytes(), closing: u8::from(closing), readers: readers.collect() }
}

fn ask(world: &mut World, peer: NodeId, request: MailboxRequest) -> MailboxResponse {
    let answer = world.ask_as(peer, M, Protocol::Log, wire::encode(&LogRequest::Mailbox(request)));
    match wire::decode::<LogResponse>(&answer, "test").unwrap() {
        LogResponse::Mailbox(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn register(world: &mut World, person: Person, registration: &Registration) -> MailboxResponse {
    let signed = SignedRegistration::sign(registration, &world.device_keys(person).device_key);
    let home = world.hosts[person.host].id;
    ask(world, home, MailboxRequest::Register(signed))
}

fn listed(world: &mut World, host: usize, queue: QueueId) -> usize {
    let peer = world.hosts[host].id;
    let request = LogRequest::List(vec![Position { queue, after: 0, generation: [0; 16] }]);
    let answer = world.ask_as(peer, M, Protocol::Log, wire::encode(&request));
    match wire::decode::<LogResponse>(&answer, "test").unwrap() {
        LogResponse::Listed(pages) => pages.iter().map(|page| page.entries.len()).sum(),
        other => panic!("{other:?}"),
    }
}

fn topic(secret: u8) -> TopicKey {
    TopicKey::derive(&[secret; 32])
}

fn sealed(topic: &TopicKey, number: u16, bytes: usize) -> Vec<u8> {
    let mut nonce = [0; 24];
    nonce[..2].copy_from_slice(&number.to_be_bytes());
    Outer::seal(topic, &LogKey::from_bytes([1; 32]), nonce, &vec![0; bytes]).unwrap().to_bytes()
}

fn push(world: &mut World, topic: &TopicKey, outer: Vec<u8>) -> PushStatus {
    world.push_raw(M, *topic.public().as_bytes(), outer)
}

// NEGATIVE_TESTS 88, 93
// REQ-MBOX-4
#[test]
fn only_who_has_the_topic_key_writes_and_only_whom_it_names_reads() {
    let (mut world, alice, bob) = people();
    let topic = topic(7);
    assert_eq!(push(&mut world, &topic, sealed(&topic, 0, 10)), PushStatus::Unasked, "a queue nobody asked for");
    let claims = vec![claim(&world, &topic, &[bob.host], false)];
    let wanted = registration(&world, bob, claims);
    assert!(matches!(register(&mut world, bob, &wanted), MailboxResponse::Registered(_)));
    // Without the topic key: another key's signature over this queue.
    let mut forged = sealed(&self::topic(8), 1, 10);
    forged[1..33].copy_from_slice(topic.queue().as_bytes());
    assert_eq!(push(&mut world, &topic, forged), PushStatus::Refused);
    assert_eq!(push(&mut world, &topic, sealed(&topic, 2, 10)), PushStatus::Kept);
    assert_eq!(listed(&mut world, bob.host, topic.queue()), 1);
    assert_eq!(listed(&mut world, alice.host, topic.queue()), 0, "not named");
    // A sponsor who has not got the topic key can claim the queue, but not read it.
    let (there, here) = (world.hosts[M].id, world.hosts[alice.host].id);
    let foreign = Reader { node: here, signature: self::topic(8).allow_reading(&there, &here) };
    let elsewhere = Reader { node: here, signature: topic.allow_reading(&here, &here) };
    for reader in [foreign, elsewhere] {
        let claim = QueueClaim { topic: *topic.public().as_bytes(), closing: 0, readers: vec![reader] };
        let mut greedy = registration(&world, alice, vec![claim]);
        greedy.issued_at += u64::from(reader == elsewhere);
        assert!(matches!(register(&mut world, alice, &greedy), MailboxResponse::Registered(_)));
        assert_eq!(listed(&mut world, alice.host, topic.queue()), 0);
    }
}

// NEGATIVE_TESTS 88
// REQ-MBOX-5
#[test]
fn a_registration_counts_from_its_own_home_under_its_own_device_and_not_twice() {
    let (mut world, alice, bob) = people();
    let good = registration(&world, bob, Vec::new());
    let refused = MailboxResponse::Refused(RefusalCause::Registration);
    // By another device, from another node, for another mailbox.
    let by_alice = SignedRegistration::sign(&good, &world.device_keys(alice).device_key);
    let home = world.hosts[bob.host].id;
    assert_eq!(ask(&mut world, home, MailboxRequest::Register(by_alice)), refused);
    let signed = SignedRegistration::sign(&good, &world.device_keys(bob).device_key);
    let foreign = world.hosts[alice.host].id;
    assert_eq!(ask(&mut world, foreign, MailboxRequest::Register(signed.clone())), refused);
    let elsewhere = Registration { mailbox: foreign, ..good.clone() };
    assert_eq!(register(&mut world, bob, &elsewhere), refused);
    assert_eq!(node_rows(&world, M, Table::Sponsor), []);
    assert!(matches!(ask(&mut world, home, MailboxRequest::Register(signed.clone())), MailboxResponse::Registered(_)));
    assert_eq!(ask(&mut world, home, MailboxRequest::Register(signed)), refused, "a second time");
    // Nobody else collects.
    let collect = MailboxRequest::Collect(CollectRequest { account: bob.account, after: 0 });
    assert_eq!(ask(&mut world, foreign, collect.clone()), refused);
    assert_eq!(ask(&mut world, home, collect), MailboxResponse::Collected(Vec::new()));
}

// NEGATIVE_TESTS 110
// REQ-MBOX-6
#[test]
fn a_sponsors_share_is_filled_and_not_a_byte_more_and_costs_no_other_sponsor() {
    let (mut world, alice, bob) = people();
    let loud: Vec<TopicKey> = (1..=3).map(topic).collect();
    let claims = loud.iter().map(|topic| claim(&world, topic, &[bob.host], false)).collect();
    let wanted = registration(&world, bob, claims);
    register(&mut world, bob, &wanted);
    let mut kept = [0_u64; 3];
    for number in 0..40 {
        for (place, topic) in loud.iter().enumerate() {
            let status = push(&mut world, topic, sealed(topic, number, 1_000_000));
            kept[place] += u64::from(status == PushStatus::Kept);
            assert!(matches!(status, PushStatus::Kept | PushStatus::NoRoom));
        }
    }
    let kept: u64 = kept.iter().sum::<u64>() * MAX_OUTER as u64;
    assert_eq!(kept, SPONSOR_BYTES_OPEN);
    assert_eq!(sponsor(&world, bob).used, SPONSOR_BYTES_OPEN);
    let quiet = topic(9);
    let claims = vec![claim(&world, &quiet, &[alice.host], false)];
    let wanted = registration(&world, alice, claims);
    register(&mut world, alice, &wanted);
    assert_eq!(push(&mut world, &quiet, sealed(&quiet, 0, 10)), PushStatus::Kept);
}

// REQ-MBOX-6
#[test]
fn one_loud_queue_leaves_room_for_the_others_of_its_sponsor() {
    let (mut world, _, bob) = people();
    let (loud, quiet) = (topic(1), topic(2));
    let claims = vec![claim(&world, &loud, &[bob.host], false), claim(&world, &quiet, &[bob.host], false)];
    let wanted = registration(&world, bob, claims);
    register(&mut world, bob, &wanted);
    let kept = (0..70).filter(|number| push(&mut world, &loud, sealed(&loud, *number, 1_000_000)) == PushStatus::Kept);
    assert_eq!(kept.count() as u64, MAILBOX_QUEUE_BYTES_MAX / MAX_OUTER as u64);
    assert_eq!(push(&mut world, &quiet, sealed(&quiet, 0, 10)), PushStatus::Kept);
}

// REQ-MBOX-7
#[test]
fn a_mailbox_for_people_with_vouchers_keeps_for_nobody_else() {
    let (mut world, alice, bob) = people();
    world.make_mailbox(M, MailboxPolicy::Vouchers);
    let command = Command::CreateVoucher { quota: 5_000_000, lifetime_seconds: 3600 };
    let Answer::Voucher(voucher) = world.command(M, command).unwrap() else { panic!("no voucher") };
    world.add_mailbox(bob, M, &[]);
    assert_eq!(own_mailbox(&world, bob).state, MailboxState::Refused);
    assert_eq!(own_mailbox(&world, bob).refusal, "it keeps against a voucher only");
    world.add_mailbox(bob, M, &[9; 16]);
    assert_eq!(own_mailbox(&world, bob).refusal, "the voucher does not hold");
    world.add_mailbox(bob, M, &voucher);
    let stands = own_mailbox(&world, bob);
    assert_eq!((stands.state, stands.quota), (MailboxState::Registered, 5_000_000));
    // A voucher is one person's.
    world.add_mailbox(alice, M, &voucher);
    assert_eq!(own_mailbox(&world, alice).state, MailboxState::Refused);
    let command = Command::CreateVoucher { quota: 5_000_000, lifetime_seconds: 3600 };
    let Answer::Voucher(late) = world.command(M, command).unwrap() else { panic!("no voucher") };
    world.advance(3_700_000);
    world.add_mailbox(alice, M, &late);
    assert_eq!(own_mailbox(&world, alice).refusal, "the voucher does not hold");
    world.make_mailbox(M, MailboxPolicy::Off);
    world.add_mailbox(alice, M, &voucher);
    assert_eq!(own_mailbox(&world, alice).refusal, "this node is no mailbox for others");
}

// NEGATIVE_TESTS 68
// REQ-MBOX-12
#[test]
fn a_closing_queue_serves_in_full_for_ten_minutes_then_a_trickle_and_after_a_week_it_is_gone() {
    let (mut world, _, bob) = people();
    let topic = topic(7);
    let claims = vec![claim(&world, &topic, &[bob.host], true)];
    let wanted = registration(&world, bob, claims);
    register(&mut world, bob, &wanted);
    assert_eq!(push(&mut world, &topic, sealed(&topic, 0, 50_000)), PushStatus::Kept);
    world.advance(CLOSING_FULL_MS + 1);
    assert_eq!(push(&mut world, &topic, sealed(&topic, 1, 3_000)), PushStatus::NoRoom, "too large");
    for day in 0..3 {
        let numbers = 1_000 * (day + 1)..1_000 * (day + 1) + 200;
        let flood = numbers.filter(|number| push(&mut world, &topic, sealed(&topic, *number, 10)) == PushStatus::Kept);
        assert_eq!(flood.count(), 64, "day {day}");
        world.advance(86_400_000);
    }
    assert_eq!(listed(&mut world, bob.host, topic.queue()), 1 + 3 * 64);
    world.advance(CLOSING_LIFETIME_MS);
    for table in [Table::QueueEntry, Table::OuterIndex, Table::Removed, Table::QueueDay, Table::Sponsored] {
        assert_eq!(node_rows(&world, M, table), [], "{table:?}");
    }
    assert_eq!(sponsor(&world, bob).used, 0);
    assert_eq!(push(&mut world, &topic, sealed(&topic, 5_000, 10)), PushStatus::Refused);
}

// REQ-MBOX-8
#[test]
fn a_queue_that_follows_one_which_is_kept_is_taken_from_any_member_and_read_only_when_claimed() {
    let (mut world, _, bob) = people();
    let (old, new, other) = (topic(1), topic(2), topic(3));
    let claims = vec![claim(&world, &old, &[bob.host], false)];
    let wanted = registration(&world, bob, claims);
    register(&mut world, bob, &wanted);
    let voucher = |by: &TopicKey, queue: &TopicKey| {
        let signature = by.succeeded_by(&queue.queue());
        wire::encode(&QueueVoucher::Succession(SuccessionVoucher { topic: *old.public().as_bytes(), signature }))
    };
    let push = |world: &mut World, topic: &TopicKey, voucher: Vec<u8>| {
        let (topic, outer) = (*topic.public().as_bytes(), sealed(topic, 0, 10).into());
        let request = LogRequest::Push(vec![PushItem { topic, outer, voucher: voucher.into() }]);
        let answer = world.ask(M, Protocol::Log, wire::encode(&request));
        match wire::decode::<LogResponse>(&answer, "test").unwrap() {
            LogResponse::Pushed(statuses) => statuses[0],
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(push(&mut world, &new, voucher(&other, &new)), PushStatus::Unasked, "not the old topic key's word");
    assert_eq!(push(&mut world, &new, voucher(&old, &other)), PushStatus::Unasked, "for another queue");
    assert_eq!(push(&mut world, &new, voucher(&old, &new)), PushStatus::Kept);
    // Who was in the old conversation is not for that in the new one.
    assert_eq!(listed(&mut world, bob.host, new.queue()), 0);
    let claims = vec![claim(&world, &old, &[bob.host], true), claim(&world, &new, &[bob.host], false)];
    let mut wanted = registration(&world, bob, claims);
    wanted.issued_at += 1;
    register(&mut world, bob, &wanted);
    assert_eq!(listed(&mut world, bob.host, new.queue()), 1);
}

// NEGATIVE_TESTS 91
// REQ-MBOX-9
#[test]
fn key_packages_at_a_mailbox_are_given_sparingly_and_the_last_one_stays_and_is_replaced() {
    let (mut world, alice, bob) = people();
    world.befriend(alice, bob);
    world.add_mailbox(bob, M, &[]);
    let known: ContactRecord = record::decode(&world.rows(alice, Table::Contact)[0].1, "test").unwrap();
    let token = *known.key_token.unwrap();
    let take = |world: &mut World, token: [u8; 16]| {
        let request = wire::encode(&KeysRequest { account: bob.account, token });
        let answer = world.ask(M, Protocol::Keys, request);
        wire::decode::<KeysResponse>(&answer, "test").unwrap().key_package.as_slice().to_vec()
    };
    world.stop(bob.host);
    assert_eq!(take(&mut world, [7; 16]), [0; 0], "no token");
    let got = (0..50).filter(|_| !take(&mut world, token).is_empty()).count();
    assert_eq!(got, 5);
    for _ in 0..3 {
        world.advance(86_400_000);
        (0..5).for_each(|_| assert!(!take(&mut world, token).is_empty()));
    }
    world.advance(86_400_000);
    let last = take(&mut world, token);
    assert!(!last.is_empty());
    assert_eq!(take(&mut world, token), last, "the pool is empty, and the last one stays");
    assert!(sponsor(&world, bob).last_resort_used);
    world.come_back(bob);
    world.advance(86_400_000);
    assert_ne!(take(&mut world, token), last, "it was replaced when its owner came");
    assert!(own_mailbox(&world, bob).key_packages >= 10);
}

// REQ-MBOX-9
#[test]
fn somebody_whose_node_is_off_is_added_through_their_mailbox() {
    let (mut world, alice, bob) = people();
    world.befriend(alice, bob);
    world.add_mailbox(bob, M, &[]);
    world.advance(10_000);
    world.stop(bob.host);
    // Five packages came with his request; then his node would be asked.
    let groups: Vec<_> = (0..7).map(|number| world.group(alice, &format!("group {number}"), &[bob])).collect();
    world.advance(200_000);
    for group in &groups {
        assert_eq!(world.conversation(alice, *group).members.len(), 2);
    }
    world.stop(alice.host);
    world.come_back(bob);
    assert_eq!(world.conversations(bob).len(), 8);
}

// NEGATIVE_TESTS 82
#[test]
fn a_mailbox_says_that_it_keeps_and_nothing_makes_a_message_delivered_but_its_reader() {
    let (mut world, alice, bob) = people();
    world.befriend(alice, bob);
    world.add_mailbox(bob, M, &[]);
    world.lock(bob);
    world.send(alice, Recipient::Account(bob.account), "not read yet").unwrap();
    world.advance(1_000_000);
    assert_eq!(state(&world, alice, "not read yet"), DeliveryState::Sent);
    world.unlock(bob);
    world.advance(3_000);
    assert_eq!(state(&world, alice, "not read yet"), DeliveryState::Delivered);
}

// REQ-MBOX-10
#[test]
fn a_mailbox_that_is_given_up_is_told_so_and_written_to_no_more() {
    let (mut world, alice, bob) = people();
    world.befriend(alice, bob);
    world.add_mailbox(bob, M, &[]);
    world.send(alice, Recipient::Account(bob.account), "one").unwrap();
    world.advance(5_000);
    let node = world.hosts[M].id;
    world.command(bob.host, Command::RemoveMailbox { account: bob.account, node }).unwrap();
    world.advance(60_000);
    assert_eq!(node_rows(&world, M, Table::QueueEntry), []);
    let before = world.hosts[M].store.rows().count();
    world.send(alice, Recipient::Account(bob.account), "two").unwrap();
    world.advance(60_000);
    assert_eq!(world.hosts[M].store.rows().count(), before);
    assert_eq!(world.texts(bob), ["one", "two"]);
}

// REQ-MBOX-2
#[test]
fn a_thousand_messages_wait_at_a_mailbox_and_come_in_order() {
    let (mut world, alice, bob) = people();
    world.befriend(alice, bob);
    world.add_mailbox(bob, M, &[]);
    world.stop(bob.host);
    let texts: Vec<String> = (0..1_000).map(|number| format!("number {number}")).collect();
    for text in &texts {
        world.send(alice, Recipient::Account(bob.account), text).unwrap();
    }
    // Long enough for the mailbox to hear that she has it.
    world.advance(1_000_000);
    world.stop(alice.host);
    world.come_back(bob);
    assert_eq!(world.texts(bob), texts);
}

// REQ-MBOX-10
#[test]
fn an_account_that_has_not_come_for_two_months_is_forgotten_at_its_mailbox_and_taken_again_when_it_comes() {
    let (mut world, alice, bob) = people();
    world.befriend(alice, bob);
    world.add_mailbox(bob, M, &[]);
    world.stop(bob.host);
    world.send(alice, Recipient::Account(bob.account), "where are you").unwrap();
    world.advance(SPONSOR_ABSENT_MS - 86_400_000);
    assert_eq!(node_rows(&world, M, Table::Sponsor).len(), 1);
    world.advance(2 * 86_400_000);
    for table in [Table::Sponsor, Table::Sponsored, Table::KeyPackagePool, Table::KeyToken, Table::QueueEntry] {
        assert_eq!(node_rows(&world, M, table), [], "{table:?}");
    }
    world.come_back(bob);
    assert_eq!(node_rows(&world, M, Table::Sponsor).len(), 1);
}
