//! Namespaces joined by a switch of ours, `impaired_switch.rs`. Owns their names, the switch process, and taking all of it away.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// Several links can be made by one process.
static LINKS: AtomicU32 = AtomicU32::new(0);

/// Namespaces on one switch; gone when dropped.
pub(super) struct Link {
    names: Vec<String>,
    switch: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    _program: TempDir,
}

impl Link {
    /// `count` namespaces, 10.215.0.1 and up, on a switch with these settings.
    pub(super) fn new(count: usize, settings: &[&str]) -> Self {
        let id = format!("{}x{}", std::process::id(), LINKS.fetch_add(1, Ordering::Relaxed));
        let taps: Vec<String> = (0..count).map(|port| format!("tn{id}p{port}")).collect();
        let program = compile();
        let mut switch = Command::new(program.path().join("switch"))
            .args(&taps)
            .args(settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut answers = BufReader::new(switch.stdout.take().unwrap());
        let orders = switch.stdin.take().unwrap();
        assert_eq!(line_of(&mut answers), "ready", "the switch makes TAP devices and needs root");
        let names = (0..count).map(|port| format!("tdnet{id}p{port}")).collect();
        let link = Self { names, switch, orders, answers, _program: program };
        for (port, (name, tap)) in link.names.iter().zip(&taps).enumerate() {
            ip(&["netns", "add", name]);
            ip(&["link", "set", tap, "netns", name]);
            // The switch knows its ports by the last byte.
            ip(&["-n", name, "link", "set", tap, "address", &format!("02:00:00:00:00:{port:02x}")]);
            ip(&["-n", name, "address", "add", &format!("10.215.0.{}/24", port + 1), "dev", tap]);
            ip(&["-n", name, "link", "set", tap, "up"]);
            ip(&["-n", name, "link", "set", "lo", "up"]);
        }
        link
    }

    /// Name of the namespace at `port`.
    pub(super) fn namespace(&self, port: usize) -> &str {
        &self.names[port]
    }

    /// Cuts the link: ports of different parts hear nothing of each other.
    pub(super) fn split(&mut self, parts: &[&[usize]]) {
        let parts: Vec<String> =
            parts.iter().map(|part| part.iter().map(usize::to_string).collect::<Vec<_>>().join(",")).collect();
        self.order(&format!("split {}", parts.join(" ")));
    }

    /// Joins what was cut.
    pub(super) fn heal(&mut self) {
        self.order("heal");
    }

    fn order(&mut self, line: &str) {
        writeln!(self.orders, "{line}").unwrap();
        assert_eq!(line_of(&mut self.answers), "ok", "the switch does not know {line:?}");
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        drop(self.switch.kill());
        drop(self.switch.wait());
        for name in &self.names {
            // Failing here would hide why the test failed.
            drop(Command::new("ip").args(["netns", "delete", name]).status());
        }
    }
}

fn line_of(answers: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    answers.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn compile() -> TempDir {
    let folder = TempDir::new().unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/netns/impaired_switch.rs");
    let made = Command::new(rustc)
        .args(["--edition", "2021", "-O", "-o"])
        .arg(folder.path().join("switch"))
        .arg(source)
        .status()
        .expect("this test compiles its switch with rustc");
    assert!(made.success(), "the switch does not compile");
    folder
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("this test needs `ip` (apt-get install iproute2)");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "this test makes network namespaces and needs root: ip {arguments:?}: {text}");
}
