//! A node process of our own, in a folder of its own.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::http::{Reply, Request};

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_tidings");
/// A loaded machine is slow; a node that is not ready by then never will be.
const READY_TIME: Duration = Duration::from_secs(30);

/// A node; killed when dropped.
pub(crate) struct Node {
    folder: TempDir,
    arguments: Vec<String>,
    child: Child,
    stdout: Option<JoinHandle<String>>,
    /// The ready line.
    pub(crate) ready: Value,
}

impl Node {
    /// A fresh node that listens on QUIC.
    pub(crate) fn start() -> Self {
        Self::start_with(&["--listen", "/ip4/127.0.0.1/udp/0/quic-v1"])
    }

    /// A fresh node with these arguments for `up`.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let (child, ready, stdout) = spawn(folder.path(), &with_http(&arguments, "127.0.0.1:0"));
        // After a restart the node has to be where others know it to be.
        arguments.extend(["--http".to_owned(), host_of(&ready)]);
        pin_ports(&mut arguments, &ready);
        Self { folder, arguments, child, ready, stdout: Some(stdout) }
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What the node has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// `127.0.0.1:port` of the API.
    pub(crate) fn host(&self) -> String {
        host_of(&self.ready)
    }

    /// The port on which other nodes reach it.
    pub(crate) fn peer_port(&self) -> u16 {
        port_of(self.ready["listen"][0].as_str().unwrap())
    }

    /// Its peer id.
    pub(crate) fn peer_id(&self) -> &str {
        self.ready["peer_id"].as_str().unwrap()
    }

    /// A request without a token.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        Request::post(path, body).send(&self.host())
    }

    /// Ends the process at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the process to end, and gives its exit. With `--json` the ready line must have been all of its stdout.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.stop_by("TERM")
    }

    /// As [`Node::stop`], by another signal.
    pub(crate) fn stop_by(&mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        let exit = self.child.wait().unwrap();
        assert_eq!(self.stdout.take().unwrap().join().unwrap(), "", "more than one line on stdout");
        exit
    }

    /// Sends a signal.
    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Starts it again in the same folder, at the same ports.
    pub(crate) fn restart(&mut self) {
        let (child, ready, stdout) = spawn(self.folder.path(), &self.arguments);
        (self.child, self.ready, self.stdout) = (child, ready, Some(stdout));
    }

    /// Starts it again with more arguments.
    pub(crate) fn restart_with(&mut self, more: &[&str]) {
        self.arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
        self.restart();
    }

    /// Runs `up` in the folder, which is expected to refuse; gives exit code and stderr.
    pub(crate) fn refused_start(&self) -> (i32, String) {
        refused(&self.data(), &self.arguments)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            let log = self.log();
            eprintln!("--- log of {}\n{}", self.peer_id(), log.get(log.len().saturating_sub(4_000)..).unwrap_or(&log));
        }
    }
}

/// Runs `up` on a folder, which is expected to refuse.
pub(crate) fn refused(data: &Path, arguments: &[String]) -> (i32, String) {
    let output = command(data, arguments).output().unwrap();
    assert!(output.stdout.is_empty(), "a node that did not start says it is ready");
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn command(data: &Path, arguments: &[String]) -> Command {
    let mut command = Command::new(BINARY);
    command.arg("up").arg("--data").arg(data).args(["--no-browser", "--json"]).args(arguments);
    for variable in
        ["TIDINGS_URL", "TIDINGS_SOCKET", "TIDINGS_DATA", "TIDINGS_ACCOUNT", "TIDINGS_TOKEN_FILE", "RUST_LOG"]
    {
        command.env_remove(variable);
    }
    command.env("XDG_CONFIG_HOME", data.join("no-such-folder")).stdin(Stdio::null());
    command
}

fn spawn(folder: &Path, arguments: &[String]) -> (Child, Value, JoinHandle<String>) {
    let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
    let mut child = command(&folder.join("data"), arguments).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    let (ahead, line) = mpsc::channel();
    let rest = std::thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut line = String::new();
        drop(reader.read_line(&mut line));
        drop(ahead.send(line));
        let mut rest = String::new();
        drop(reader.read_to_string(&mut rest));
        rest
    });
    let line = line.recv_timeout(READY_TIME).unwrap_or_default();
    let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
        drop(child.kill());
        panic!("not ready: {line:?}\n{}", std::fs::read_to_string(folder.join("log")).unwrap_or_default())
    });
    assert_eq!(ready["event"], "ready");
    (child, ready, rest)
}

fn with_http(arguments: &[String], http: &str) -> Vec<String> {
    arguments.iter().cloned().chain(["--http".to_owned(), http.to_owned()]).collect()
}

/// Puts the ports that the system gave in place of zeros.
fn pin_ports(arguments: &mut [String], ready: &Value) {
    let mut bound = ready["listen"].as_array().unwrap().iter().map(|address| port_of(address.as_str().unwrap()));
    for argument in arguments.iter_mut().filter(|argument| argument.starts_with("/ip4/") && !argument.contains("/p2p/"))
    {
        for wildcard in ["/udp/0", "/tcp/0"] {
            if argument.contains(wildcard) {
                *argument =
                    argument.replace(wildcard, &format!("{}{}", wildcard.trim_end_matches('0'), bound.next().unwrap()));
            }
        }
    }
}

fn host_of(ready: &Value) -> String {
    ready["http"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned()
}

/// The port in `/ip4/…/udp/PORT/…`.
fn port_of(address: &str) -> u16 {
    address.split('/').nth(4).unwrap().parse().unwrap()
}
