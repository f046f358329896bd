//! The driver: batches, the order of commit and effect, panics, faults, bounds, time and keys.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm, reason = "tests")]

mod driver_probe;

use std::time::Duration;

use driver_probe::{ASK, Bench, FAULT, NOTIFY, PANIC, WAIT, WAKE, account, peer, row, settle};
use tidings_crypto::vault::DataKey;
use tidings_node::driver::{DriverError, End, INBOX_MAX, INBOX_PEER_REQUESTS_MAX};
use tidings_node::network::{NetworkCommand, NetworkEvent};
use tidings_node::store::Store;
use tidings_protocol::command::Command;
use tidings_protocol::error::Rejection;
use tidings_protocol::input::Protocol;
use tidings_protocol::store::snapshot::{Snapshot, StoreError};
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::WriteSet;

const DISCARDED: Result<(), DriverError> =
    Err(DriverError::Rejected(Rejection::Refused { reason: "the node failed on this request" }));

fn request(bytes: usize) -> NetworkEvent {
    NetworkEvent::Request { peer: peer(1), token: 7, protocol: Protocol::Log, bytes: vec![0; bytes] }
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..2000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never came: {what}");
}

#[tokio::test]
async fn everything_that_waits_is_one_commit() {
    let mut bench = Bench::new();
    bench.halt().await;
    let before = bench.driver.counters().commits.get();
    let waiting: Vec<_> = (0..100_u8).map(|number| bench.spawn(row(&[number]))).collect();
    settle().await;
    bench.go_on();
    for command in waiting {
        assert_eq!(command.await.unwrap(), Ok(()));
    }
    // One for the step that was halted, one for the hundred.
    assert_eq!(bench.driver.counters().commits.get() - before, 2);
    assert!((0..100).all(|number| bench.has_row(&[number])));
}

// REQ-STORE-2, REQ-DELIV-2
#[tokio::test]
async fn what_a_peer_hears_of_is_durable_already() {
    let mut bench = Bench::new();
    for number in 0..50_u8 {
        let answered = bench.spawn(row(&[number]));
        let NetworkCommand::Respond { bytes, .. } = bench.network.recv().await.unwrap() else {
            panic!("another effect")
        };
        assert_eq!(bytes, [number]);
        assert!(bench.has_row(&[number]), "the effect came before the commit");
        assert_eq!(answered.await.unwrap(), Ok(()));
    }
}

#[tokio::test]
async fn a_row_of_a_locked_account_is_refused_with_all_its_effects_and_the_rest_of_the_batch_is_kept() {
    let mut bench = Bench::new();
    bench.halt().await;
    let mut locked = row(b"beside");
    locked.put(Scope::Account(account(1)), Table::Contact, vec![1], vec![1]);
    let (first, refused, last) = (bench.spawn(row(b"first")), bench.spawn(locked), bench.spawn(row(b"last")));
    settle().await;
    bench.go_on();
    assert_eq!(first.await.unwrap(), Ok(()));
    assert_eq!(refused.await.unwrap(), DISCARDED);
    assert_eq!(last.await.unwrap(), Ok(()));
    assert!(bench.has_row(b"first") && bench.has_row(b"last") && !bench.has_row(b"beside"));
    for expected in [b"first".as_slice(), b"last"] {
        assert!(matches!(bench.network.recv().await, Some(NetworkCommand::Respond { bytes, .. }) if bytes == expected));
    }
}

#[tokio::test]
async fn an_input_over_which_the_core_panics_is_discarded_and_the_others_are_kept() {
    let mut bench = Bench::new();
    bench.events.send(NetworkEvent::Connected(peer(1))).await.unwrap();
    bench.events.send(NetworkEvent::Connected(peer(2))).await.unwrap();
    bench.events.send(NetworkEvent::Disconnected(peer(2))).await.unwrap();
    bench.driver.unlock(account(1), DataKey::from_bytes([1; 32]), None).await.unwrap();
    until("the peers", || bench.log().iter().any(|line| line.contains("PeerDisconnected"))).await;
    bench.halt().await;
    let (first, bad, last) = (bench.spawn(row(b"first")), bench.spawn(row(PANIC)), bench.spawn(row(b"last")));
    settle().await;
    bench.go_on();
    assert_eq!(first.await.unwrap(), Ok(()));
    assert_eq!(bad.await.unwrap(), DISCARDED);
    assert_eq!(last.await.unwrap(), Ok(()));
    assert!(bench.has_row(b"first") && bench.has_row(b"last") && !bench.has_row(PANIC));
    assert_eq!(bench.driver.counters().discarded.get(), 1);
    let told: Vec<String> = bench.log().into_iter().filter(|line| line.starts_with("3:")).collect();
    let expected = [
        "Start".to_owned(),
        format!("PeerConnected({:?})", peer(1)),
        format!("Unlocked({:?})", account(1)),
        "command".into(),
    ];
    assert_eq!(told, expected.map(|line| format!("3: {line}")), "a new core is told what the old one knew");
    // Each effect ran once, in spite of the repetition.
    for expected in [b"first".as_slice(), b"last"] {
        assert!(matches!(bench.network.recv().await, Some(NetworkCommand::Respond { bytes, .. }) if bytes == expected));
    }
    assert!(bench.network.try_recv().is_err());
}

#[tokio::test]
async fn a_peer_over_which_the_core_panics_stops_nobody() {
    let bench = Bench::new();
    bench.events.send(NetworkEvent::Connected(peer(66))).await.unwrap();
    until("the discard", || bench.driver.counters().discarded.get() == 1).await;
    assert_eq!(bench.spawn(row(PANIC)).await.unwrap(), DISCARDED);
    assert_eq!(bench.spawn(row(b"next")).await.unwrap(), Ok(()), "the rebuilt core is not told of that peer");
}

#[tokio::test]
async fn an_answer_to_the_core_before_never_reaches_its_successor() {
    let mut bench = Bench::new();
    let answer = |id| NetworkEvent::Response { peer: peer(1), id, result: Ok(vec![]) };
    let mut ask = async || {
        bench.driver.write(row(ASK)).await.unwrap();
        match bench.network.recv().await.unwrap() {
            NetworkCommand::Request { id, .. } => id,
            other => panic!("{other:?}"),
        }
    };
    let (first, second) = (ask().await, ask().await);
    assert_ne!(first, second, "the core's number is not the wire's");
    bench.events.send(answer(first)).await.unwrap();
    until("the answer", || bench.log().iter().any(|line| line.starts_with("1: Response"))).await;
    assert_eq!(bench.spawn(row(PANIC)).await.unwrap(), DISCARDED);
    bench.events.send(answer(second)).await.unwrap();
    bench.events.send(request(3)).await.unwrap();
    until("the request behind it", || bench.log().iter().any(|line| line == "2: request 3")).await;
    assert!(!bench.log().iter().any(|line| line.starts_with("2: Response")));
}

#[tokio::test]
async fn a_full_inbox_answers_busy_and_peers_fill_only_half_of_it() {
    let mut bench = Bench::new();
    bench.halt().await;
    for _ in 0..INBOX_PEER_REQUESTS_MAX + 10 {
        bench.events.send(request(3)).await.unwrap();
    }
    until("the dropped requests", || bench.driver.counters().dropped_requests.get() == 10).await;
    let room = INBOX_MAX - INBOX_PEER_REQUESTS_MAX;
    let waiting: Vec<_> = (0..room).map(|number| bench.spawn(row(&number.to_be_bytes()))).collect();
    settle().await;
    assert_eq!(bench.driver.write(row(b"one more")).await, Err(DriverError::Busy));
    bench.go_on();
    for command in waiting {
        assert_eq!(command.await.unwrap(), Ok(()), "what was taken is carried out");
    }
    assert_eq!(bench.driver.write(row(b"one more")).await, Ok(()), "there is room again");
    assert_eq!(bench.log().iter().filter(|line| line.ends_with("request 3")).count(), INBOX_PEER_REQUESTS_MAX);
}

#[tokio::test]
async fn a_fault_stops_the_node_and_keeps_what_was_committed() {
    let mut bench = Bench::new();
    bench.driver.write(row(b"before")).await.unwrap();
    bench.halt().await;
    let (beside, fault) = (bench.spawn(row(b"beside")), bench.spawn(row(FAULT)));
    settle().await;
    bench.go_on();
    assert_eq!(fault.await.unwrap(), Err(DriverError::Stopped));
    assert_eq!(beside.await.unwrap(), Err(DriverError::Stopped), "nothing of the batch counts");
    let End::Fault(text) = bench.driver.ended().await else { panic!("no fault") };
    assert!(text.contains("node.redb") && text.contains("test row"), "{text}");
    assert_eq!(bench.driver.write(row(b"after")).await, Err(DriverError::Stopped));
    let store = Store::open(bench.folder.path()).unwrap();
    let has = |key: &[u8]| store.snapshot().unwrap().get(Scope::Node, Table::Session, key).unwrap().is_some();
    assert!(has(b"before") && !has(b"beside"));
}

#[tokio::test]
async fn a_shutdown_finishes_what_waits_and_frees_the_folder() {
    let mut bench = Bench::new();
    bench.halt().await;
    let waiting: Vec<_> = (0..20_u8).map(|number| bench.spawn(row(&[number]))).collect();
    settle().await;
    let driver = bench.driver.clone();
    let stopped = tokio::spawn(async move { driver.shutdown().await });
    settle().await;
    let late = bench.spawn(row(b"late"));
    settle().await;
    bench.go_on();
    for command in waiting {
        assert_eq!(command.await.unwrap(), Ok(()));
    }
    assert_eq!(stopped.await.unwrap(), End::Shutdown);
    assert_eq!(late.await.unwrap(), Err(DriverError::Stopped));
    assert_eq!(bench.driver.shutdown().await, End::Shutdown, "a second time is harmless");
    drop(Store::open(bench.folder.path()).unwrap());
    assert!(bench.driver.snapshot().is_err(), "readers that live on read nothing more");
}

#[tokio::test]
async fn the_core_is_woken_at_its_time_and_not_before() {
    let bench = Bench::new();
    let before = bench.driver.clock().now().monotonic;
    bench.driver.write(row(WAKE)).await.unwrap();
    until("the tick", || bench.log().iter().any(|line| line == "1: Tick")).await;
    assert!(bench.driver.clock().now().monotonic.0 - before.0 >= 30);
    assert_eq!(bench.log().iter().filter(|line| *line == "1: Tick").count(), 1);
}

#[tokio::test]
async fn a_request_that_the_network_has_no_room_for_fails() {
    let mut bench = Bench::new();
    bench.halt().await;
    let mut many = WriteSet::default();
    for _ in 0..2010 {
        many.put(Scope::Node, Table::Session, ASK.to_vec(), vec![1]);
    }
    let command = bench.spawn(many);
    settle().await;
    bench.go_on();
    assert_eq!(command.await.unwrap(), Ok(()));
    let failures = || bench.log().iter().filter(|line| line.contains("Response") && line.contains("Timeout")).count();
    until("the failures", || failures() == 10).await;
}

#[tokio::test]
async fn clients_hear_of_events_once_and_never_of_older_ones() {
    let bench = Bench::new();
    let mut cursor = bench.driver.subscribe(account(1));
    assert_eq!(*cursor.borrow_and_update(), 0);
    let notify = async |value: u8| {
        let mut writes = WriteSet::default();
        writes.put(Scope::Node, Table::Session, NOTIFY.to_vec(), vec![value]);
        bench.driver.write(writes).await.unwrap();
    };
    notify(5).await;
    assert!(cursor.has_changed().unwrap());
    assert_eq!(*cursor.borrow_and_update(), 5);
    notify(4).await;
    assert!(!cursor.has_changed().unwrap());
    assert_eq!(*bench.driver.subscribe(account(1)).borrow(), 5);
    assert_eq!(*bench.driver.subscribe(account(2)).borrow(), 0);
}

#[tokio::test]
async fn an_account_can_be_read_between_unlock_and_lock() {
    let bench = Bench::new();
    let (anna, key) = (account(1), DataKey::from_bytes([1; 32]));
    let mut writes = WriteSet::default();
    writes.put(Scope::Account(anna), Table::Contact, vec![1], vec![2]);
    let get = || bench.driver.snapshot().unwrap().get(Scope::Account(anna), Table::Contact, &[1]);
    assert_eq!(get(), Err(StoreError::Locked));
    bench.driver.unlock(anna, key.clone(), None).await.unwrap();
    bench.driver.write(writes).await.unwrap();
    assert_eq!(get(), Ok(Some(vec![2])));
    bench.driver.unlock(anna, key, None).await.unwrap();
    bench.driver.lock(anna).await.unwrap();
    assert_eq!(get(), Err(StoreError::Locked));
    bench.driver.lock(anna).await.unwrap();
    let told = |word: &str| bench.log().iter().filter(|line| line.contains(word)).count();
    assert_eq!((told("Unlocked"), told(": Locked")), (1, 1), "the core hears of each change once");
}

#[tokio::test]
async fn a_new_account_is_written_under_its_key_and_a_refused_one_leaves_no_key() {
    let bench = Bench::new();
    let (anna, bert) = (account(1), account(2));
    let mut writes = WriteSet::default();
    writes.put(Scope::Account(anna), Table::Profile, vec![], vec![7]);
    bench.driver.unlock(anna, DataKey::from_bytes([1; 32]), Some(Command::Write(writes))).await.unwrap();
    let read = bench.driver.snapshot().unwrap().get(Scope::Account(anna), Table::Profile, &[]);
    assert_eq!(read, Ok(Some(vec![7])));
    let log = bench.log();
    let (created, unlocked) =
        (log.iter().position(|line| line == "1: command"), log.iter().position(|line| line.contains("Unlocked")));
    assert!(created < unlocked && created.is_some(), "{log:?}");
    let refused = bench.driver.unlock(bert, DataKey::from_bytes([2; 32]), Some(Command::Write(row(PANIC)))).await;
    assert!(matches!(refused, Err(DriverError::Rejected(_))), "{refused:?}");
    assert!(!bench.driver.is_unlocked(bert) && bench.driver.is_unlocked(anna));
}

#[tokio::test]
async fn a_core_halted_for_long_delays_no_reader() {
    let mut bench = Bench::new();
    bench.driver.write(row(b"there")).await.unwrap();
    bench.halt().await;
    assert!(bench.has_row(b"there") && !bench.has_row(WAIT));
    bench.go_on();
    until("the row", || bench.has_row(WAIT)).await;
}
