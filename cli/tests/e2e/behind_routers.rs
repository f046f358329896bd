//! Nodes behind routers in network namespaces, with a relay on the public side. Needs root, `ip` and `nft`, and says so.
//!
//! Each router translates addresses and drops what nobody inside has asked for. `masquerade` keeps ports (port-restricted cone),
//! where a hole can be punched; `fully-random` gives each destination a port of its own (symmetric), where none can.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::node::BINARY;
use crate::person::PASSWORD;
use crate::shell::run_at;

const PORT_RESTRICTED: &str = "masquerade";
const SYMMETRIC: &str = "masquerade fully-random";
const RELAY: &str = "198.18.0.10";

/// Two households behind a router each, and the public network between them. All gone when dropped.
struct Internet {
    prefix: String,
}

impl Internet {
    fn new(tag: &str, nat: &str) -> Self {
        let internet = Self { prefix: format!("td{tag}{}", std::process::id() % 100_000) };
        for name in ["p", "r1", "r2", "h1", "h2"] {
            ip(&["netns", "add", &internet.name(name)]);
            ip(&["-n", &internet.name(name), "link", "set", "lo", "up"]);
        }
        let public = internet.name("p");
        ip(&["-n", &public, "link", "add", "br0", "type", "bridge"]);
        ip(&["-n", &public, "link", "set", "br0", "up"]);
        for address in ["198.18.0.10/24", "198.18.0.11/24"] {
            ip(&["-n", &public, "address", "add", address, "dev", "br0"]);
        }
        for side in ["1", "2"] {
            internet.household(side, nat);
        }
        internet
    }

    fn name(&self, part: &str) -> String {
        format!("{}{part}", self.prefix)
    }

    fn household(&self, side: &str, nat: &str) {
        let [public, router, home] =
            ["p".to_owned(), format!("r{side}"), format!("h{side}")].map(|part| self.name(&part));
        ip(&[
            "link",
            "add",
            "out",
            "netns",
            &router,
            "type",
            "veth",
            "peer",
            "name",
            &format!("to{side}"),
            "netns",
            &public,
        ]);
        ip(&["link", "add", "in", "netns", &router, "type", "veth", "peer", "name", "up0", "netns", &home]);
        ip(&["-n", &public, "link", "set", &format!("to{side}"), "master", "br0", "up"]);
        ip(&["-n", &router, "address", "add", &format!("198.18.0.{side}/24"), "dev", "out"]);
        ip(&["-n", &router, "address", "add", &format!("10.{side}.0.1/24"), "dev", "in"]);
        ip(&["-n", &home, "address", "add", &format!("10.{side}.0.2/24"), "dev", "up0"]);
        for (namespace, device) in [(&router, "out"), (&router, "in"), (&home, "up0")] {
            ip(&["-n", namespace, "link", "set", device, "up"]);
        }
        ip(&["-n", &home, "route", "add", "default", "via", &format!("10.{side}.0.1")]);
        ip(&["netns", "exec", &router, "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
        nft(&router, nat);
    }
}

impl Drop for Internet {
    fn drop(&mut self) {
        for part in ["p", "r1", "r2", "h1", "h2"] {
            // Failing here would hide why the test failed.
            drop(Command::new("ip").args(["netns", "delete", &self.name(part)]).status());
        }
    }
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("this test needs `ip` (apt-get install iproute2)");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "this test makes network namespaces and needs root: ip {arguments:?}: {text}");
}

/// What stands in the router: addresses are translated, and what comes unasked is dropped as routers do, before it leaves a trace that
/// would be in the way of a hole.
fn nft(router: &str, nat: &str) {
    let mut rules = String::new();
    write!(
        rules,
        "table ip home {{
           chain post {{ type nat hook postrouting priority 100; oifname \"out\" {nat}; }}
           chain input {{ type filter hook input priority 0; iifname \"out\" ct state new drop; }}
           chain forward {{ type filter hook forward priority 0; iifname \"out\" ct state new drop; }}
         }}"
    )
    .unwrap();
    let mut child = Command::new("ip")
        .args(["netns", "exec", router, "nft", "-f", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("this test needs `ip`");
    child.stdin.take().unwrap().write_all(rules.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "this test needs `nft` (apt-get install nftables)");
}

/// A node in a namespace, asked through its Unix socket, which no namespace hides.
struct HiddenNode {
    child: Child,
    data: TempDir,
    ready: Value,
}

impl HiddenNode {
    fn start(namespace: &str, listen: &str, more: &[&str]) -> Self {
        let data = TempDir::new().unwrap();
        let mut child = Command::new("ip")
            .args(["netns", "exec", namespace, BINARY, "up", "--json", "--no-browser", "--http", "127.0.0.1:0"])
            .args(["--listen", &format!("/ip4/{listen}/udp/4480/quic-v1"), "--data"])
            .arg(data.path())
            .args(more)
            .env("XDG_CONFIG_HOME", data.path().join("no-such-folder"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap();
        Self { child, data, ready }
    }

    fn data(&self) -> &Path {
        self.data.path()
    }

    fn peer_id(&self) -> &str {
        self.ready["peer_id"].as_str().unwrap()
    }

    fn status(&self) -> Value {
        run_at(self.data(), &["status", "--json"], b"").json()
    }

    /// Whether it is connected to another node, and by this path only.
    fn has_only(&self, path: &str, other: &Self) -> bool {
        let status = self.status();
        let mut links =
            status["peers"].as_array().unwrap().iter().filter(|peer| peer["peerId"] == other.peer_id()).peekable();
        links.peek().is_some() && links.all(|peer| peer["path"] == path)
    }

    fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            assert!(start.elapsed() < Duration::from_secs(60), "not within a minute: {what}; {}", self.status());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for HiddenNode {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn relay(internet: &Internet, more: &[&str]) -> (HiddenNode, String) {
    let relay = HiddenNode::start(&internet.name("p"), RELAY, &[&["--profile", "relay"], more].concat());
    let address = format!("/ip4/{RELAY}/udp/4480/quic-v1/p2p/{}", relay.peer_id());
    (relay, address)
}

/// Alice and Bob, each behind a router, who know the relay only; they become contacts by a link and write to each other.
fn meet_through(internet: &Internet, relay: &str) -> [HiddenNode; 2] {
    let nodes = ["h1", "h2"].map(|home| HiddenNode::start(&internet.name(home), "0.0.0.0", &["--relay", relay]));
    for (node, name) in nodes.iter().zip(["alice", "bob"]) {
        let listen = node.ready["listen"].as_array().unwrap();
        assert!(listen.iter().any(|address| address == &format!("{relay}/p2p-circuit")), "{listen:?}");
        assert_eq!(node.status()["reach"]["kind"], "relayed");
        let said = run_at(node.data(), &["status"], b"").ok();
        assert!(said.contains("Reachable through relay 12D3"), "{said}");
        run_at(node.data(), &["signup", name, "--password-file", "-"], PASSWORD.as_bytes()).ok();
    }
    let [alice, bob] = &nodes;
    let invite = run_at(alice.data(), &["invite", "create"], b"").ok();
    let inviter = run_at(bob.data(), &["contact", "add", &invite], b"").ok();
    send(bob, &inviter, "through the relay");
    send(alice, "bob", "and back");
    nodes
}

fn send(from: &HiddenNode, to: &str, text: &str) {
    run_at(from.data(), &["send", to, text, "--wait", "delivered", "--timeout", "60s"], b"").ok();
}

// REQ-NET-5, REQ-NET-6
#[test]
fn behind_routers_two_nodes_talk_through_a_relay_and_then_punch_a_hole() {
    let internet = Internet::new("c", PORT_RESTRICTED);
    let (_relay, address) = relay(&internet, &[]);
    let [alice, bob] = &meet_through(&internet, &address);
    for (node, other) in [(alice, bob), (bob, alice)] {
        // Both sides punch, so there can be two.
        node.until("direct connections and no others", |node| node.has_only("direct", other));
    }
    send(alice, "bob", "directly");
    send(bob, "alice", "and back");
    assert!(alice.has_only("direct", bob) && bob.has_only("direct", alice));
    // The relay has tried by now whether they can be reached, and could not.
    assert_eq!(alice.status()["reach"]["kind"], "relayed");
}

// REQ-NET-5
#[test]
fn behind_routers_that_let_no_hole_be_punched_nodes_go_on_through_the_relay() {
    let internet = Internet::new("s", SYMMETRIC);
    let (relay, address) = relay(&internet, &[]);
    let [alice, bob] = &meet_through(&internet, &address);
    // Longer than DCUtR tries.
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(15) {
        send(alice, "bob", "still through the relay");
        send(bob, "alice", "and back");
    }
    assert!(alice.has_only("relayed", bob) && bob.has_only("relayed", alice), "{}", alice.status());
    // A relay that goes away takes the place with it, and the node says so; one that comes back is used again.
    drop(relay);
    alice.until("no place at the relay", |alice| alice.status()["reach"]["kind"] == "local");
    let said = run_at(alice.data(), &["status"], b"").ok();
    assert!(said.contains("this network only") && said.contains("RELAY_LOST"), "{said}");
}

// REQ-NET-5, REQ-NET-6
#[test]
fn behind_routers_a_relay_takes_whom_it_allows_and_tells_public_nodes_that_they_are_public() {
    let internet = Internet::new("a", PORT_RESTRICTED);
    let stranger = HiddenNode::start(&internet.name("h1"), "0.0.0.0", &[]);
    assert_eq!(stranger.status()["reach"]["kind"], "local");
    let config = TempDir::new().unwrap();
    let file = config.path().join("relay.toml");
    std::fs::write(&file, format!("[relay]\nallow = ['{}']", stranger.peer_id())).unwrap();
    let (_relay, address) = relay(&internet, &["--config", file.to_str().unwrap()]);
    let refused = HiddenNode::start(&internet.name("h2"), "0.0.0.0", &["--relay", &address]);
    let listen = refused.ready["listen"].to_string();
    assert!(!listen.contains("p2p-circuit"), "{listen}");
    let said = run_at(refused.data(), &["status"], b"").ok();
    assert!(said.contains("No place at relay") && said.contains("this network only"), "{said}");
    let public = HiddenNode::start(&internet.name("p"), "198.18.0.11", &["--relay", &address]);
    public.until("it is known to be public", |public| public.status()["reach"]["kind"] == "direct");
    assert!(run_at(public.data(), &["status"], b"").ok().contains("Reachable directly"));
}
