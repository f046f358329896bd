//! Rules on the workspace: which crate may use which, what stays out of the pure crates, versions, top level.
//!
//! Reads `cargo metadata` for this machine's platform; the drawing it holds the crates to is docs/ARCHITECTURE.md §2.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::tree;

/// Every arrow of docs/ARCHITECTURE.md §2. `tidings-tests` may use all and is not listed.
const DRAWN: [(&str, &str); 7] = [
    ("tidings", "tidings-api"),
    ("tidings", "tidings-node"),
    ("tidings-node", "tidings-api"),
    ("tidings-node", "tidings-crypto"),
    ("tidings-node", "tidings-protocol"),
    ("tidings-node", "tidings-web"),
    ("tidings-protocol", "tidings-crypto"),
];

/// What a pure crate may not have in its tree: runtimes, sockets, disks.
const IMPURE: [&str; 8] = ["async-std", "axum", "hyper", "libp2p", "mio", "redb", "reqwest", "tokio"];

/// Lowest versions without a published hole that reaches us.
const FLOORS: [(&str, &str); 6] = [
    ("h2", "0.4.16"),
    ("hpke-rs", "0.6.0"),
    ("libp2p-gossipsub", "0.50.1"),
    ("openmls", "0.9.2"),
    ("quinn-proto", "0.11.15"),
    ("yamux", "0.13.10"),
];

/// What may stand in the top folder beside dot-files.
const TOP_LEVEL: [&str; 17] = [
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "cli",
    "clippy.toml",
    "crypto",
    "deny.toml",
    "docs",
    "node",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "target",
    "tests",
    "web",
];

/// What a clippy.toml of a pure crate must ban, so that a step depends on nothing but its arguments.
const PURE_BANS: [&str; 5] = [
    "std::time::Instant::now",
    "std::time::SystemTime::now",
    "std::thread::spawn",
    "std::collections::HashMap",
    "std::collections::HashSet",
];

/// The packages of a build and who uses whom.
#[derive(Default)]
pub(crate) struct Graph {
    /// Names of the workspace's own packages.
    pub(crate) own: BTreeSet<String>,
    /// Package name → names of what it uses in any way, tests and build scripts included.
    pub(crate) uses: BTreeMap<String, BTreeSet<String>>,
    /// Package name → names of what is linked into it.
    pub(crate) links: BTreeMap<String, BTreeSet<String>>,
    /// (name, version) of every package.
    pub(crate) versions: BTreeSet<(String, String)>,
}

impl Graph {
    /// Reads the graph of the checked-out workspace.
    pub(crate) fn read() -> Self {
        let manifest = tree::root().join("Cargo.toml");
        let host = run(Command::new("rustc").arg("-vV"));
        let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned();
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let json = run(Command::new(cargo)
            .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", &host])
            .arg("--manifest-path")
            .arg(manifest));
        Self::from_metadata(&serde_json::from_str(&json).unwrap())
    }

    fn from_metadata(metadata: &Value) -> Self {
        let mut graph = Self::default();
        let mut names = BTreeMap::new();
        for package in metadata["packages"].as_array().unwrap() {
            let name = text(&package["name"]);
            graph.versions.insert((name.clone(), text(&package["version"])));
            names.insert(text(&package["id"]), name);
        }
        for member in metadata["workspace_members"].as_array().unwrap() {
            graph.own.insert(names[&text(member)].clone());
        }
        for node in metadata["resolve"]["nodes"].as_array().unwrap() {
            let from = &names[&text(&node["id"])];
            for used in node["deps"].as_array().unwrap() {
                let to = names[&text(&used["pkg"])].clone();
                graph.uses.entry(from.clone()).or_default().insert(to.clone());
                if used["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null()) {
                    graph.links.entry(from.clone()).or_default().insert(to);
                }
            }
        }
        graph
    }

    /// Everything linked into `package`, at any depth.
    fn tree_of(&self, package: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut open = vec![package];
        while let Some(name) = open.pop() {
            for used in self.links.get(name).into_iter().flatten() {
                if seen.insert(used.as_str()) {
                    open.push(used);
                }
            }
        }
        seen
    }
}

pub(crate) fn undrawn_arrows(graph: &Graph) -> Vec<String> {
    let mut violations = Vec::new();
    for from in graph.own.iter().filter(|name| *name != "tidings-tests") {
        for to in graph.uses.get(from).into_iter().flatten().filter(|name| graph.own.contains(*name)) {
            if !DRAWN.contains(&(from.as_str(), to.as_str())) {
                violations.push(format!("{from} uses {to}: docs/ARCHITECTURE.md draws no such arrow"));
            }
        }
    }
    violations
}

pub(crate) fn impure_trees(graph: &Graph) -> Vec<String> {
    let pure = ["tidings-crypto", "tidings-protocol"];
    let trees = pure.iter().flat_map(|name| graph.tree_of(name).into_iter().map(move |used| (name, used)));
    trees
        .filter(|(_, used)| IMPURE.contains(used) || used.starts_with("libp2p-"))
        .map(|(name, used)| format!("{name} is pure and has {used} in its tree"))
        .collect()
}

pub(crate) fn old_versions(graph: &Graph) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, version) in &graph.versions {
        let floor = FLOORS.iter().find(|(floored, _)| floored == name);
        if let Some((_, floor)) = floor
            && numbers(version) < numbers(floor)
        {
            violations.push(format!("{name} {version} is below {floor}"));
        }
    }
    violations
}

pub(crate) fn stray_top_level(entries: &[String]) -> Vec<String> {
    let stray = entries.iter().filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str()));
    stray.map(|name| format!("{name} does not belong into the top folder")).collect()
}

/// `settings` is the text of a pure crate's clippy.toml, which replaces the root's and so must hold its threshold too.
pub(crate) fn missing_bans(crate_name: &str, settings: &str) -> Vec<String> {
    let wanted = PURE_BANS.iter().copied().chain(["too-many-lines-threshold = 70"]);
    wanted
        .filter(|ban| !settings.contains(ban))
        .map(|ban| format!("{crate_name}/clippy.toml does not hold {ban}"))
        .collect()
}

fn numbers(version: &str) -> Vec<u64> {
    let plain = version.split(['-', '+']).next().unwrap_or(version);
    plain.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
