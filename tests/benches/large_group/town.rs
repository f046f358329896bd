//! The nodes, in a network namespace of their own, and what they have used so far.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::process::NodeProcess;

/// Nodes that share a loopback with nobody else; all gone when dropped.
pub(crate) struct Town {
    nodes: Vec<NodeProcess>,
    folder: TempDir,
    namespace: String,
}

/// What all nodes together have used since their start.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    pub(crate) cpu_seconds: f64,
    pub(crate) sent_bytes: u64,
    pub(crate) disk_bytes: u64,
}

impl Town {
    pub(crate) fn new(binary: &Path, count: usize) -> Self {
        let namespace = format!("tdtown{}", std::process::id());
        ip(&["netns", "add", &namespace]);
        let mut town = Self { nodes: Vec::new(), folder: TempDir::new().unwrap(), namespace };
        ip(&["-n", &town.namespace, "link", "set", "lo", "up"]);
        for number in 0..count {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", &town.namespace]).arg(binary);
            town.nodes.push(NodeProcess::start_as(command, &town.data(number), &["--registration", "open"]));
        }
        town
    }

    pub(crate) fn size(&self) -> usize {
        self.nodes.len()
    }

    fn data(&self, node: usize) -> PathBuf {
        self.folder.path().join(node.to_string())
    }

    /// The socket of a node.
    pub(crate) fn socket(&self, node: usize) -> PathBuf {
        self.data(node).join("api.sock")
    }

    pub(crate) fn used(&self) -> Used {
        let output = Command::new("ip").args(["netns", "exec", &self.namespace, "cat", "/proc/net/dev"]).output();
        let text = String::from_utf8(output.expect("ip").stdout).unwrap();
        let loopback = text.lines().find(|line| line.trim_start().starts_with("lo:")).unwrap();
        let sent = loopback.split_whitespace().nth(9).and_then(|word| word.parse().ok()).unwrap();
        let files = (0..self.size()).flat_map(|node| std::fs::read_dir(self.data(node)).unwrap());
        Used {
            cpu_seconds: self.nodes.iter().map(NodeProcess::cpu_seconds).sum(),
            sent_bytes: sent,
            disk_bytes: files.filter_map(|file| file.ok()?.metadata().ok()).map(|file| file.len()).sum(),
        }
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.nodes.clear();
        drop(Command::new("ip").args(["netns", "delete", &self.namespace]).status());
    }
}

fn ip(arguments: &[&str]) {
    let done = Command::new("ip").args(arguments).status().expect("this bench needs `ip` (apt-get install iproute2)");
    assert!(done.success(), "this bench makes a network namespace and needs root: ip {arguments:?}");
}
