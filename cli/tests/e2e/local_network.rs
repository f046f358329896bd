//! Two nodes in two network namespaces on one veth: only mDNS introduces them. Needs root and `ip` (iproute2), and says so.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::node::BINARY;
use crate::person::PASSWORD;
use crate::shell::run_at;

/// Two namespaces and the veth between them; gone when dropped.
struct Link {
    names: [String; 2],
}

impl Link {
    fn new() -> Self {
        let id = std::process::id();
        let link = Self { names: ["a", "b"].map(|side| format!("tdlan{id}{side}")) };
        let [a, b] = &link.names;
        for name in &link.names {
            ip(&["netns", "add", name]);
        }
        let devices = [format!("tl{id}a"), format!("tl{id}b")];
        let [left, right] = &devices;
        ip(&["link", "add", left, "netns", a, "type", "veth", "peer", "name", right, "netns", b]);
        for (name, device, address) in [(a, left, "10.214.0.1/24"), (b, right, "10.214.0.2/24")] {
            ip(&["-n", name, "address", "add", address, "dev", device]);
            ip(&["-n", name, "link", "set", device, "up"]);
            ip(&["-n", name, "link", "set", "lo", "up"]);
        }
        link
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        for name in &self.names {
            // Takes its end of the veth with it. Failing here would hide why the test failed.
            drop(Command::new("ip").args(["netns", "delete", name]).status());
        }
    }
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("this test needs `ip` (apt-get install iproute2)");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "this test makes network namespaces and needs root: ip {arguments:?}: {text}");
}

/// A node in a namespace, asked through its Unix socket, which no namespace hides.
struct LocalNode {
    child: Child,
    data: TempDir,
    peer_id: String,
}

impl LocalNode {
    fn start(namespace: &str) -> Self {
        let data = TempDir::new().unwrap();
        let mut child = Command::new("ip")
            .args(["netns", "exec", namespace, BINARY, "up", "--json", "--no-browser", "--http", "127.0.0.1:0"])
            .args(["--listen", "/ip4/0.0.0.0/udp/0/quic-v1", "--data"])
            .arg(data.path())
            .env("XDG_CONFIG_HOME", data.path().join("no-such-folder"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self { child, data, peer_id: ready["peer_id"].as_str().unwrap().to_owned() }
    }

    fn data(&self) -> &Path {
        self.data.path()
    }

    fn sees(&self, other: &Self) -> bool {
        run_at(self.data(), &["status", "--json"], b"").ok().contains(&other.peer_id)
    }
}

impl Drop for LocalNode {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn two_nodes_on_one_link_whom_only_mdns_introduces_talk_both_ways() {
    let link = Link::new();
    let nodes = [0, 1].map(|side: usize| LocalNode::start(&link.names[side]));
    let [a, b] = &nodes;
    for (node, name) in [(a, "alice"), (b, "bob")] {
        run_at(node.data(), &["signup", name, "--password-file", "-"], PASSWORD.as_bytes()).ok();
    }
    // No invite and no address has passed between them yet: it is mDNS that has brought them together.
    let met = (0..600).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        a.sees(b) && b.sees(a)
    });
    assert!(met, "mDNS did not introduce the nodes within a minute");
    let invite = run_at(a.data(), &["invite", "create"], b"").ok();
    // Her id, since her name is known only once her node has answered.
    let alice = run_at(b.data(), &["contact", "add", &invite], b"").ok();
    let wait = ["--wait", "delivered", "--timeout", "60s"];
    run_at(b.data(), &[&["send", &alice, "over the local network"], &wait[..]].concat(), b"").ok();
    run_at(a.data(), &[&["send", "bob", "and back"], &wait[..]].concat(), b"").ok();
    for node in [a, b] {
        let history =
            run_at(node.data(), &["chat", "history", if std::ptr::eq(node, a) { "bob" } else { "alice" }], b"").ok();
        assert!(history.contains("over the local network") && history.contains("and back"), "{history}");
    }
}
