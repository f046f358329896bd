//! `kill -9` of sender or receiver at any moment, with traffic both ways: no message that was answered 201 is missing on either side after
//! restart and unlock, none is there twice, none is unreadable. Half of the traffic goes through a group of the two.
//!
//! `TIDINGS_KILLS` says how often (10 without it); `TIDINGS_SEED` repeats a run's choices, though not the scheduler's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::http::Request;
use crate::node::Node;
use crate::person::{Person, items};

/// Messages of one person in one round. Both ways they fit into one page, so that a round can be checked as it ends.
const ROUND_MESSAGES: usize = 90;
/// The kill comes within this time of the round's first message.
const KILL_WITHIN_MS: u64 = 400;
/// One restart of this many is cut short by another kill, within a time that reaches from the opening of the store to the first syncs.
const STARTS_TO_ONE_CUT_SHORT: u64 = 3;
const START_CUT_WITHIN_MS: u64 = 150;

/// A message that its sender has tried to send.
#[derive(Clone, Debug)]
struct Tried {
    to: String,
    id: String,
    text: String,
    answered: bool,
}

/// Small and repeatable (xorshift64*), for choices only.
pub(crate) struct Dice(u64);

impl Dice {
    /// By `TIDINGS_SEED`, else by the clock; said, so that a run can be repeated.
    pub(crate) fn thrown() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
        let seed = from_environment("TIDINGS_SEED").unwrap_or_else(|| u64::from(now) | 1);
        report(&format!("TIDINGS_SEED={seed}"));
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % limit
    }
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// How often to kill.
pub(crate) fn kills() -> u64 {
    from_environment("TIDINGS_KILLS").unwrap_or(10)
}

/// For whoever repeats a failed run, or counts with `--nocapture`.
pub(crate) fn report(line: &str) {
    eprintln!("{line}");
}

// REQ-DELIV-8
#[test]
fn no_answered_message_is_lost_or_doubled_by_kill_dash_nine() {
    let (kills, mut dice) = (kills(), Dice::thrown());
    let mut nodes = [Node::start(), Node::start()];
    let names = ["alice", "bob"];
    let mut people = [Person::sign_up(&nodes[0], names[0]), Person::sign_up(&nodes[1], names[1])];
    people[0].befriend(&people[1]);
    let group = group_of_both(&people);

    let mut all = [Vec::new(), Vec::new()];
    for round in 0..kills {
        let victim = usize::try_from(dice.below(2)).unwrap();
        let moment = Duration::from_millis(dice.below(KILL_WITHIN_MS));
        let mut tried = round_of_traffic(&people, &group, round, &mut nodes[victim], moment);
        nodes[victim].restart();
        if dice.below(STARTS_TO_ONE_CUT_SHORT) == 0 {
            std::thread::sleep(Duration::from_millis(dice.below(START_CUT_WITHIN_MS)));
            nodes[victim].kill();
            nodes[victim].restart();
        }
        people[victim] = Person::log_in(&nodes[victim], names[victim]);
        for (sender, tried) in tried.iter_mut().enumerate() {
            settle(&people[sender], tried);
        }
        report(&format!(
            "round {round}: {} killed after {moment:?}, {} + {} messages",
            names[victim],
            tried[0].len(),
            tried[1].len()
        ));
        for reader in 0..2 {
            people[reader].until("every message of the round is there", || {
                let texts = [people[reader].texts(&people[1 - reader].id), people[reader].texts(&group)].concat();
                tried.iter().flatten().all(|tried| texts.contains(&tried.text)).then_some(())
            });
        }
        for (all, tried) in all.iter_mut().zip(tried) {
            all.extend(tried);
        }
    }
    for (place, person) in people.iter().enumerate() {
        let histories = [format!("/chat/{}", people[1 - place].id), format!("/group/{group}/messages")]
            .map(|path| whole_history(person, &path));
        check(names[place], &histories.concat(), &all);
        let empty = || (person.get("/status")["outbox"] == 0).then_some(());
        person.until("nothing waits any more", empty);
    }
}

fn group_of_both(people: &[Person; 2]) -> String {
    let group = people[0].post("/group/create", &json!({"name": "ops", "members": [people[1].id]})).expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    people[1].until("the group is there", || {
        items(&people[1].get("/groups")).iter().any(|found| found["id"] == group.as_str()).then_some(())
    });
    people[0].deliver(&group, "the group works");
    group
}

/// Both write until one of them is killed; gives what each has tried.
fn round_of_traffic(
    people: &[Person; 2],
    group: &str,
    round: u64,
    victim: &mut Node,
    moment: Duration,
) -> [Vec<Tried>; 2] {
    let over = AtomicBool::new(false);
    let started = AtomicUsize::new(0);
    let (first, begun) = mpsc::channel();
    std::thread::scope(|scope| {
        let writers = [0, 1].map(|sender| {
            let (over, started, first) = (&over, &started, first.clone());
            scope.spawn(move || {
                started.fetch_add(1, Ordering::SeqCst);
                write(&people[sender], [&people[1 - sender].id, group], round, over, &first)
            })
        });
        begun.recv().unwrap();
        // Not a wait for anything: the moment is what the test varies.
        std::thread::sleep(moment);
        victim.kill();
        over.store(true, Ordering::SeqCst);
        writers.map(|writer| writer.join().unwrap())
    })
}

fn write(from: &Person, places: [&str; 2], round: u64, over: &AtomicBool, first: &mpsc::Sender<()>) -> Vec<Tried> {
    let mut tried = Vec::new();
    while tried.len() < ROUND_MESSAGES && !over.load(Ordering::SeqCst) {
        let number = tried.len();
        let to = places[number % 2].to_owned();
        let sender = if from.name == "alice" { 1 } else { 2 };
        let id = format!("00000000-0000-4000-8000-{sender:04x}{round:04x}{number:04x}");
        let text = format!("{} {round}.{number}", from.name);
        let answered = match request(&to, &id, &text).token(&from.token).try_send(&from.host) {
            Ok(reply) if reply.status == 503 => false,
            Ok(reply) => {
                reply.expect(201);
                true
            }
            Err(_) => false,
        };
        tried.push(Tried { to, id, text, answered });
        // The round may be over already for the one who listens.
        first.send(()).unwrap_or_default();
    }
    tried
}

fn request(to: &str, id: &str, text: &str) -> Request {
    if to.starts_with("cnv1") {
        Request::post("/group/send", &json!({"group": to, "text": text, "id": id}))
    } else {
        Request::post("/chat/send", &json!({"to": to, "text": text, "id": id}))
    }
}

/// Every message without an answer is sent again with its id, as a client does; every answered one must be known.
fn settle(from: &Person, tried: &mut [Tried]) {
    let places: BTreeSet<&str> = tried.iter().map(|message| message.to.as_str()).collect();
    let known: Vec<Value> = places.into_iter().flat_map(|place| from.messages(place)).collect();
    let known: BTreeSet<&str> = known.iter().map(|message| message["id"].as_str().unwrap()).collect();
    for message in tried {
        assert!(
            known.contains(message.id.as_str()) || !message.answered,
            "{} does not know {:?} any more, which was answered",
            from.name,
            message.text
        );
        let answer = from.ask(&request(&message.to, &message.id, &message.text)).expect(201);
        assert_eq!((&answer["id"], &answer["text"]), (&json!(message.id), &json!(message.text)));
        message.answered = true;
    }
}

fn whole_history(person: &Person, path: &str) -> Vec<Value> {
    let (mut pages, mut before) = (Vec::new(), String::new());
    loop {
        let page = person.get(&format!("{path}?limit=200{before}"));
        pages.push(items(&page));
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => return pages.into_iter().rev().flatten().collect(),
        }
    }
}

fn check(reader: &str, history: &[Value], all: &[Vec<Tried>; 2]) {
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    for message in history {
        *shown.entry(message["text"].as_str().unwrap()).or_default() += 1;
    }
    let expected: Vec<&Tried> = all.iter().flatten().collect();
    for message in &expected {
        assert!(message.answered);
        assert_eq!(
            shown.get(message.text.as_str()),
            Some(&1),
            "{reader} sees {:?} another number of times",
            message.text
        );
    }
    // And the one that tried the group out.
    assert_eq!(history.len(), expected.len() + 1, "{reader} sees messages nobody sent");
    report(&format!("{reader}: {} messages, each once", history.len()));
}
