//! Two network namespaces joined by one veth: nodes that know nothing of each other meet by mDNS alone.
//!
//! libp2p-mdns skips loopback, so each node is this program again, run inside a namespace. Needs root and `ip` of
//! iproute2, and fails with a message that says so where either is missing.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod network_support;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use network_support::{Node, start};
use tidings_node::network::{NetworkCommand, NetworkConfig, NetworkEvent, Protocol};

const TEST: &str = "two_nodes_on_one_link_meet_by_mdns_alone_and_talk";
const ROLE: &str = "TIDINGS_MDNS_ROLE";
const DONE: &str = "both ways done";

// REQ-NET-4
#[test]
fn two_nodes_on_one_link_meet_by_mdns_alone_and_talk() {
    if let Ok(role) = std::env::var(ROLE) {
        return inside(role.parse().unwrap());
    }
    let link = Link::new();
    let mut nodes = [link.spawn(1), link.spawn(2)];
    // Kept open until the end, as the program inside still writes its test report.
    let mut outputs = Vec::new();
    for node in &mut nodes {
        let mut output = BufReader::new(node.stdout.take().unwrap());
        let lines = read_until_done(&mut output);
        assert!(lines.iter().any(|line| line.contains(DONE)), "a node did not get through: {lines:#?}");
        outputs.push(output);
    }
    // Both stay until both are done: the end of their input is the sign to leave.
    for node in &mut nodes {
        drop(node.stdin.take());
        assert!(node.wait().unwrap().success());
    }
}

fn read_until_done(output: &mut impl BufRead) -> Vec<String> {
    let mut lines = Vec::new();
    for line in output.lines() {
        lines.push(line.unwrap());
        if lines.last().is_some_and(|line| line.contains(DONE)) {
            break;
        }
    }
    lines
}

/// The node of one namespace.
fn inside(seed: u8) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listen = ["/ip4/0.0.0.0/udp/0/quic-v1", "/ip4/0.0.0.0/tcp/0"].map(|address| address.parse().unwrap());
        let config =
            NetworkConfig { seed: [seed; 32], listen: listen.to_vec(), mdns: true, ..NetworkConfig::default() };
        let mut node = start(config).await;
        talk(&mut node).await;
        println!("{DONE}");
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()).unwrap()).await.unwrap();
    });
}

async fn talk(node: &mut Node) {
    let (mut asked, mut answered) = (false, false);
    while !asked || !answered {
        match node.next().await {
            NetworkEvent::Connected(peer) => node.request(peer, 1, Protocol::Id, b"who?".to_vec()).await,
            NetworkEvent::Request { token, bytes, .. } => {
                node.send(NetworkCommand::Respond { token, bytes }).await;
                answered = true;
            }
            NetworkEvent::Response { result, .. } => {
                assert_eq!(result, Ok(b"who?".to_vec()));
                asked = true;
            }
            NetworkEvent::Listening(_) => {}
            NetworkEvent::Disconnected(_) => panic!("the peer left"),
        }
    }
}

/// Two namespaces and the veth between them; removed when dropped.
struct Link {
    namespaces: [String; 2],
}

impl Link {
    fn new() -> Self {
        let id = std::process::id();
        let link = Self { namespaces: [1, 2].map(|side| format!("tidings-{id}-{side}")) };
        let [a, b] = &link.namespaces;
        for name in &link.namespaces {
            ip(&["netns", "add", name]);
        }
        let (left, right) = (format!("td{id}a"), format!("td{id}b"));
        ip(&["link", "add", &left, "netns", a, "type", "veth", "peer", "name", &right, "netns", b]);
        for (name, device, address) in [(a, &left, "10.213.0.1/24"), (b, &right, "10.213.0.2/24")] {
            ip(&["-n", name, "address", "add", address, "dev", device]);
            ip(&["-n", name, "link", "set", device, "up"]);
        }
        link
    }

    fn spawn(&self, side: u8) -> Child {
        let name = self.namespaces.get(usize::from(side) - 1).unwrap();
        let program = std::env::current_exe().unwrap();
        Command::new("ip")
            .args(["netns", "exec", name])
            .arg(program)
            .args(["--exact", TEST, "--nocapture"])
            .env(ROLE, side.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        for name in &self.namespaces {
            // Takes its end of the veth with it. Failing here would hide why the test failed.
            if Command::new("ip").args(["netns", "delete", name]).status().is_err() {
                println!("{name} is left behind");
            }
        }
    }
}

fn ip(arguments: &[&str]) {
    match Command::new("ip").args(arguments).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!(
            "this test makes network namespaces and needs root: `ip {}`: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => panic!("this test needs `ip` (apt-get install iproute2): {error}"),
    }
}
