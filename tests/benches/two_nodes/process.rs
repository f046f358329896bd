//! A real node as a process of its own, and what the system says it uses.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A running node.
pub(crate) struct NodeProcess {
    child: Child,
    /// `host:port` of its HTTP side.
    pub(crate) http: String,
    /// From start to the ready line.
    pub(crate) ready_after: Duration,
}

impl NodeProcess {
    /// Starts `binary` on `data` and waits until it is ready.
    pub(crate) fn start(binary: &Path, data: &Path) -> Self {
        Self::start_as(Command::new(binary), data, &[])
    }

    /// As [`NodeProcess::start`]: `command` begins the command line, `more` ends it.
    pub(crate) fn start_as(mut command: Command, data: &Path, more: &[&str]) -> Self {
        let started = Instant::now();
        let mut child = command
            .args(["up", "--json", "--no-browser", "--http", "127.0.0.1:0"])
            .args(["--listen", "/ip4/127.0.0.1/udp/0/quic-v1", "--data"])
            .arg(data)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("the ready line");
        let ready_after = started.elapsed();
        let ready: Value = serde_json::from_str(&line).expect("the ready line is JSON");
        let http = ready["http"].as_str().expect("its address").trim_start_matches("http://").to_owned();
        Self { child, http, ready_after }
    }

    /// Seconds of CPU used so far, in user and kernel mode.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("/proc");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |field: usize| fields.get(field).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        // Linux counts in ticks of 10 ms on all architectures we run on.
        (ticks(11) + ticks(12)) / 100.0
    }

    /// Resident memory in MiB.
    #[allow(dead_code, reason = "not every bench looks at it")]
    pub(crate) fn resident_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("/proc");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        // The process may be gone already; either way it ends with this value.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Builds the release binary and says where it is; `TIDINGS_BIN` names another one.
pub(crate) fn release_binary() -> PathBuf {
    if let Some(path) = std::env::var_os("TIDINGS_BIN") {
        return path.into();
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(&cargo).args(["build", "--release", "--locked", "-p", "tidings"]).status().expect("cargo");
    assert!(built.success(), "the release build failed");
    let metadata =
        Command::new(&cargo).args(["metadata", "--no-deps", "--format-version", "1"]).output().expect("cargo");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("cargo metadata is JSON");
    PathBuf::from(metadata["target_directory"].as_str().expect("target directory")).join("release/tidings")
}
