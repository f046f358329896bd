//! Two real nodes on loopback, driven over REST: how long from send to shown, how many messages a second, at what cost.
//!
//! `cargo bench -p tidings-tests --bench two_nodes`. Prints figures and what the disk can do; asserts nothing about time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a bench")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "figures")]

mod http;
mod process;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use http::Client;
use process::NodeProcess;
use serde_json::{Value, json};

const LATENCY_MESSAGES: usize = 400;
const LATENCY_PER_SECOND: u64 = 20;
const BURST_MESSAGES: usize = 5000;
const BURST_IN_FLIGHT: usize = 64;
const PASSWORD: &str = "correct horse battery staple";

struct Person {
    http: String,
    token: String,
    id: String,
}

fn main() {
    let binary = process::release_binary();
    println!("binary: {:.1} MB", std::fs::metadata(&binary).unwrap().len() as f64 / 1e6);
    let folder = tempfile::tempdir().unwrap();
    let (data_a, data_b) = (folder.path().join("a"), folder.path().join("b"));
    println!("durable 4 KiB write on this disk: p50 {:.2} ms", fsync_ms(folder.path()));
    drop(NodeProcess::start(&binary, &data_a));
    let node_a = NodeProcess::start(&binary, &data_a);
    let node_b = NodeProcess::start(&binary, &data_b);
    println!("start on an existing folder: {:.0} ms", node_a.ready_after.as_secs_f64() * 1e3);
    let (alice, bob) = (sign_up(&node_a, "alice"), sign_up(&node_b, "bob"));
    befriend(&alice, &bob);
    std::thread::sleep(Duration::from_secs(3));
    println!("idle resident memory: {:.1} MiB and {:.1} MiB", node_a.resident_mib(), node_b.resident_mib());
    latency(&alice, &bob);
    burst(&alice, &bob, &[&node_a, &node_b]);
    println!("resident memory after the burst: {:.1} MiB and {:.1} MiB", node_a.resident_mib(), node_b.resident_mib());
}

fn fsync_ms(folder: &Path) -> f64 {
    let path = folder.join("fsync");
    let mut file = std::fs::File::create(&path).unwrap();
    let mut times: Vec<f64> = (0..200)
        .map(|_| {
            let start = Instant::now();
            file.write_all(&[7; 4096]).unwrap();
            file.sync_all().unwrap();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    percentile(&mut times, 50)
}

fn percentile(times: &mut [f64], percent: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times[(times.len() - 1) * percent / 100]
}

fn sign_up(node: &NodeProcess, name: &str) -> Person {
    let mut client = Client::connect(&node.http, "");
    let answer = client.must("POST", "/auth/signup", Some(&json!({"name": name, "password": PASSWORD})));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Person { http: node.http.clone(), token: text(&answer["accessToken"]), id: text(&answer["account"]["id"]) }
}

fn client(person: &Person) -> Client {
    Client::connect(&person.http, &person.token)
}

fn befriend(alice: &Person, bob: &Person) {
    let link = client(alice).must("POST", "/invites", Some(&json!({"kind": "contact"})))["link"].clone();
    let started = Instant::now();
    client(bob).must("POST", "/contacts", Some(&json!({"link": link})));
    for person in [alice, bob] {
        while client(person).must("GET", "/contacts", None)["items"][0]["state"] != "accepted" {
            assert!(started.elapsed() < Duration::from_secs(30), "the contact is not accepted");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    println!("invite followed to contact accepted on both sides: {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
}

/// Reports each text that `person` is shown, with the time.
fn watch(person: &Person) -> mpsc::Receiver<(String, Instant)> {
    let (sender, receiver) = mpsc::channel();
    let client = client(person);
    std::thread::spawn(move || {
        client.events(|event| {
            let text = event["payload"]["text"].as_str().or(event["payload"]["message"]["text"].as_str());
            match (event["type"].as_str(), text) {
                (Some("message.new"), Some(text)) => sender.send((text.to_owned(), Instant::now())).is_ok(),
                _ => true,
            }
        });
    });
    std::thread::sleep(Duration::from_millis(300));
    receiver
}

fn latency(alice: &Person, bob: &Person) {
    let shown = watch(bob);
    let mut client = client(alice);
    let mut sent = BTreeMap::new();
    let mut answered = Vec::new();
    let start = Instant::now();
    for number in 0..LATENCY_MESSAGES {
        let due = start + Duration::from_millis(1000 / LATENCY_PER_SECOND * number as u64);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let text = format!("latency {number}");
        let at = Instant::now();
        client.must("POST", "/chat/send", Some(&json!({"to": bob.id, "text": text})));
        answered.push(at.elapsed().as_secs_f64() * 1e3);
        sent.insert(text, at);
    }
    let mut times = Vec::new();
    while times.len() < LATENCY_MESSAGES {
        let (text, at) = shown.recv_timeout(Duration::from_secs(20)).expect("every message is shown");
        if let Some(sent) = sent.get(&text) {
            times.push((at - *sent).as_secs_f64() * 1e3);
        }
    }
    println!(
        "send to shown at {LATENCY_PER_SECOND}/s: p50 {:.2} ms, p99 {:.2} ms (answered 201: p50 {:.2} ms)",
        percentile(&mut times, 50),
        percentile(&mut times, 99),
        percentile(&mut answered, 50)
    );
}

fn burst(alice: &Person, bob: &Person, nodes: &[&NodeProcess]) {
    let shown = watch(bob);
    let before: f64 = nodes.iter().map(|node| node.cpu_seconds()).sum();
    let next = Arc::new(AtomicUsize::new(0));
    let failed = Arc::new(Mutex::new(Vec::new()));
    let start = Instant::now();
    let senders: Vec<_> = (0..BURST_IN_FLIGHT)
        .map(|_| {
            let (next, failed, to) = (next.clone(), failed.clone(), bob.id.clone());
            let mut client = client(alice);
            std::thread::spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= BURST_MESSAGES {
                        return;
                    }
                    let (status, answer) =
                        client.call("POST", "/chat/send", Some(&json!({"to": to, "text": format!("burst {number}")})));
                    if status != 201 {
                        failed.lock().unwrap().push(format!("{status} {answer}"));
                    }
                }
            })
        })
        .collect();
    for sender in senders {
        sender.join().unwrap();
    }
    let answered = start.elapsed().as_secs_f64();
    let failed = failed.lock().unwrap().clone();
    let expected = BURST_MESSAGES - failed.len();
    for _ in 0..expected {
        while !shown.recv_timeout(Duration::from_secs(30)).expect("every message is shown").0.starts_with("burst") {}
    }
    let took = start.elapsed().as_secs_f64();
    let cpu = nodes.iter().map(|node| node.cpu_seconds()).sum::<f64>() - before;
    println!(
        "{expected} messages with {BURST_IN_FLIGHT} in flight: {:.0} answered/s, {:.0} delivered/s, {:.2} CPU s per 1,000 for both nodes",
        expected as f64 / answered,
        expected as f64 / took,
        cpu * 1000.0 / expected as f64
    );
    if let Some(first) = failed.first() {
        println!("{} not accepted, first: {first}", failed.len());
    }
}
