//! What it costs to bring an entry to all followers, by their number, under loss and with some of them away.
//!
//! `cargo bench -p tidings-tests --bench carriers`. Real cores on a virtual clock, 50 ms one way; a lost packet is sent again after 150 ms,
//! doubling. At 10 and 100 nodes with accounts and MLS, at 100 and 1,000 also cores that only keep the queue. docs/adr/0030 has the results
//! beside those of gossipsub.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a bench")]
#![allow(clippy::cast_precision_loss, reason = "figures")]

#[path = "../../../node/protocol/tests/net_model/mod.rs"]
mod net_model;
#[path = "../../../node/protocol/tests/world/mod.rs"]
mod world;

use std::collections::{BTreeSet, VecDeque};

use net_model::{Loss, Member, Model, sealed, topic};
use tidings_crypto::derive;
use tidings_crypto::id::{NodeId, OuterId, QueueId};
use tidings_protocol::command::{Command, Recipient};
use tidings_protocol::input::Input;
use tidings_protocol::log::ring::neighbours;
use world::{Person, World};

const ENTRIES: usize = 10;

fn main() {
    hops();
    println!(
        "\n| nodes | cores | fault, in a hundred | copies a delivery | bytes a delivery | p50 ms | p99 ms | last ms | reached |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for nodes in [10, 100] {
        let (world, group, people) = group(nodes);
        let mut model = with_accounts(world, &people);
        for lost in [0, 5, 20] {
            model.loss = Loss::Packets(lost);
            let entries = say(&mut model, &people, group);
            report(&format!("| {nodes} | MLS | Packets({lost})"), &model, &entries);
        }
    }
    for nodes in [100, 1_000] {
        let faults = [Fault::None, Fault::Packets(5), Fault::Packets(20), Fault::Links(5), Fault::Links(20)];
        for fault in faults.into_iter().chain([Fault::Away(10), Fault::Churn(5), Fault::Churn(20)]) {
            let mut model = Model::new(nodes, &topic(1));
            model.start_all();
            model.advance(5_000);
            let entries = publish(&mut model, fault);
            report(&format!("| {nodes} | queue only | {fault:?}"), &model, &entries);
        }
    }
}

/// What goes wrong, in a hundred.
#[derive(Debug, Clone, Copy)]
enum Fault {
    None,
    /// Packets that are lost.
    Packets(u32),
    /// Links that take everything and deliver nothing.
    Links(u32),
    /// Nodes that are away all the time; they do not count.
    Away(usize),
    /// Nodes that go before each entry and come back after two seconds; they count.
    Churn(usize),
}

/// How many steps from any node to the farthest, on one ring with eight neighbours and on four rings with two each.
fn hops() {
    println!("| nodes | away | one ring, eight neighbours: steps | four rings, two each: steps |");
    println!("|---|---|---|---|");
    let queue = topic(1).queue();
    for nodes in [11_usize, 100, 1_000] {
        let ids: Vec<NodeId> =
            (0..nodes as u64).map(|node| NodeId::from_bytes(derive("bench node", &[&node.to_be_bytes()]))).collect();
        let four: Vec<Vec<usize>> = ids
            .iter()
            .map(|own| {
                let chosen = neighbours(&queue, *own, &ids);
                chosen.iter().map(|node| ids.iter().position(|id| id == node).unwrap()).collect()
            })
            .collect();
        let one = one_ring(&queue, &ids);
        for away in [0, 10] {
            let there = |node: usize| away == 0 || node % 10 != 7;
            println!("| {nodes} | {away} % | {} | {} |", farthest(&one, there), farthest(&four, there));
        }
    }
}

fn one_ring(queue: &QueueId, ids: &[NodeId]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|node| derive("bench ring", &[queue.as_bytes(), ids[*node].as_bytes()]));
    let mut near = vec![Vec::new(); ids.len()];
    for (place, node) in order.iter().enumerate() {
        for step in 1..=4 {
            near[*node].push(order[(place + step) % ids.len()]);
            near[*node].push(order[(place + ids.len() - step) % ids.len()]);
        }
    }
    near
}

fn farthest(near: &[Vec<usize>], there: impl Fn(usize) -> bool) -> String {
    let all: BTreeSet<usize> = (0..near.len()).filter(|node| there(*node)).collect();
    let mut most = 0;
    for start in all.iter().take(50) {
        let mut seen = BTreeSet::from([*start]);
        let mut open = VecDeque::from([(*start, 0)]);
        while let Some((node, steps)) = open.pop_front() {
            most = most.max(steps);
            for next in near[node].iter().filter(|next| all.contains(next)) {
                if seen.insert(*next) {
                    open.push_back((*next, steps + 1));
                }
            }
        }
        if seen.len() < all.len() {
            return format!("not all reached ({} of {})", seen.len(), all.len());
        }
    }
    most.to_string()
}

fn group(nodes: usize) -> (World, tidings_crypto::id::ConversationId, Vec<Person>) {
    let mut world = World::new(nodes);
    let people: Vec<Person> = (0..nodes).map(|host| world.sign_up(host, &format!("person{host}"))).collect();
    for other in &people[1..] {
        world.befriend(people[0], *other);
    }
    let group = world.group(people[0], "all", &people[1..]);
    world.advance(120_000);
    (world, group, people)
}

/// The same cores and stores, restarted in a network with latency.
fn with_accounts(world: World, people: &[Person]) -> Model {
    let now = world.now;
    let members =
        world.hosts.into_iter().map(|host| Member { core: host.core, store: host.store, id: host.id, online: true });
    let mut model = Model::of(members.collect(), now, 0);
    for person in people {
        model.start(person.host);
        model.input(person.host, Input::Unlocked(person.account), 0);
    }
    model.advance(120_000);
    model
}

fn say(model: &mut Model, people: &[Person], group: tidings_crypto::id::ConversationId) -> (Vec<OuterId>, u64, u64) {
    model.arrivals.clear();
    let before = model.figures.clone();
    for number in 0..ENTRIES {
        let from = people[number * 7 % people.len()];
        let text = format!("message {number} of some length, as people write them to each other every day");
        let to = Recipient::Conversation(group);
        let mut client_id = [0; 16];
        client_id[..8].copy_from_slice(&(model.now + number as u64).to_be_bytes());
        let command = Box::new(Command::Send { account: from.account, to, text, client_id });
        model.origin = Some(from.host);
        model.input(from.host, Input::Command { id: number as u64, command }, 0);
        model.advance(20_000);
    }
    totals(model, &before)
}

fn publish(model: &mut Model, fault: Fault) -> (Vec<OuterId>, u64, u64) {
    let nodes = model.members.len();
    match fault {
        Fault::Packets(lost) => model.loss = Loss::Packets(lost),
        Fault::Links(stalled) => model.loss = Loss::Links(stalled),
        Fault::Away(share) => some(nodes, share, 7).for_each(|node| model.stop(node)),
        Fault::None | Fault::Churn(_) => {}
    }
    model.advance(5_000);
    let before = model.figures.clone();
    let entries = if nodes > 100 { 5 } else { ENTRIES };
    for number in 0..entries {
        let origin = (number * 130 + 2) % nodes;
        let gone: Vec<usize> = match fault {
            Fault::Churn(share) => some(nodes, share, number + 3).filter(|node| *node != origin).collect(),
            Fault::None | Fault::Packets(_) | Fault::Links(_) | Fault::Away(_) => Vec::new(),
        };
        gone.iter().for_each(|node| model.stop(*node));
        model.publish(origin, &topic(1), &sealed(&topic(1), number as u64, 600));
        model.advance(2_000);
        gone.iter().for_each(|node| model.start(*node));
        model.advance(18_000);
    }
    totals(model, &before)
}

/// That share of the nodes, others for another `first`.
fn some(nodes: usize, in_a_hundred: usize, first: usize) -> impl Iterator<Item = usize> {
    let every = 100 / in_a_hundred;
    (0..nodes).filter(move |node| node % every == first % every)
}

fn totals(model: &Model, before: &net_model::Figures) -> (Vec<OuterId>, u64, u64) {
    let ids = model.arrivals.keys().copied().collect();
    (ids, model.figures.copies - before.copies, model.figures.copy_bytes - before.copy_bytes)
}

fn report(head: &str, model: &Model, (entries, copies, bytes): &(Vec<OuterId>, u64, u64)) {
    let there = model.members.iter().filter(|member| member.online).count();
    let deliveries: usize = entries.iter().map(|entry| model.arrivals[entry].len() - 1).sum();
    let worst = |part| entries.iter().map(|entry| model.time_to(entry, part).unwrap_or(u64::MAX)).max().unwrap();
    println!(
        "{head} | {:.1} | {:.0} | {} | {} | {} | {:.1} % |",
        *copies as f64 / deliveries as f64,
        *bytes as f64 / deliveries as f64,
        worst(50),
        worst(99),
        worst(100),
        deliveries as f64 * 100.0 / (entries.len() * (there - 1)) as f64,
    );
}
