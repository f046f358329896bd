//! The steps of one run and what each took.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::people::{Person, each, until_all};
use crate::town::Town;

/// Nothing has happened for as long as this when the nodes are called quiet: receipts of groups wait for a second.
const QUIET: Duration = Duration::from_secs(3);
/// CPU of all nodes together that counts as nothing, per [`QUIET`].
const QUIET_CPU_SECONDS: f64 = 0.2;

/// Runs an act and what follows from it until `settled`, and prints time, CPU, and bytes; then the same once all is quiet.
fn measured<T>(town: &Town, name: &str, act: impl FnOnce() -> T, settled: impl FnOnce(&T)) -> T {
    let (before, start) = (town.used(), Instant::now());
    let result = act();
    let answered = start.elapsed();
    settled(&result);
    let settled = start.elapsed();
    let mut last = town.used();
    // The settling of what nobody waits for, receipts above all, belongs to the cost.
    loop {
        std::thread::sleep(QUIET);
        let now = town.used();
        let idle = now.cpu_seconds - last.cpu_seconds < QUIET_CPU_SECONDS;
        last = now;
        if idle {
            break;
        }
    }
    println!(
        "| {name} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} |",
        answered.as_secs_f64(),
        settled.as_secs_f64(),
        last.cpu_seconds - before.cpu_seconds,
        (last.sent_bytes - before.sent_bytes) as f64 / 1e6,
        (last.disk_bytes as f64 - before.disk_bytes as f64) / 1e6,
    );
    result
}

/// One group of `members` over the nodes of `town`. It is never larger, as 1,000 is the most there may be.
pub(crate) fn run(town: &Town, members: usize) {
    let nodes = town.size();
    println!("\n{members} members over {nodes} nodes\n");
    println!("| step | answered s | everybody s | CPU s | sent MB | disk MB |\n|---|---|---|---|---|---|");
    let numbers: Vec<usize> = (0..=members).collect();
    let people = measured(town, "sign up", || each(&numbers, |number| Person::sign_up(town, *number)), |_| ());
    let (founder, others) = people.split_first().unwrap();
    let others: Vec<&Person> = others.iter().collect();
    measured(
        town,
        "contacts of the founder",
        || each(&others, |person| person.follow(founder)),
        |_| until_all(&others, "the founder accepts", |person| person.has_met()),
    );
    let (late, first) = others.split_last().unwrap();
    let everybody: Vec<&Person> = people.iter().take(members).collect();
    let ids: Vec<&str> = first.iter().map(|person| person.id.as_str()).collect();
    let create = || {
        let request = json!({"name": "many", "members": ids});
        founder.client().must("POST", "/group/create", Some(&request))["id"].as_str().unwrap().to_owned()
    };
    let group = measured(town, "create the group", create, |group| {
        until_all(&everybody, "the group is there", |person| person.members_shown(group) == members);
    });
    let group = group.as_str();
    send(town, "send a message", founder, &everybody, group);
    send(town, "send another", first[first.len() / 2], &everybody, group);
    let gone = first[first.len() / 3];
    let remove = || {
        founder.client().must("DELETE", &format!("/group/{group}/members/{}", gone.id), None);
    };
    let rest: Vec<&Person> = everybody.iter().filter(|person| person.id != gone.id).copied().collect();
    measured(town, "remove one", remove, |()| {
        until_all(&rest, "somebody is gone", |person| person.members_shown(group) == members - 1);
    });
    let add = || {
        founder.client().must("POST", &format!("/group/{group}/members"), Some(&json!({"account": late.id})));
    };
    let with_late: Vec<&Person> = rest.iter().chain(&[*late]).copied().collect();
    measured(town, "add one", add, |()| {
        until_all(&with_late, "the newcomer is there", |person| person.members_shown(group) == members);
    });
    send(town, "send a third", late, &with_late, group);
}

fn send(town: &Town, name: &str, sender: &Person, everybody: &[&Person], group: &str) {
    let act = || {
        let request = json!({"group": group, "text": name});
        sender.client().must("POST", "/group/send", Some(&request));
    };
    measured(town, name, act, |()| until_all(everybody, name, |person| person.newest(group)["text"] == name));
}
