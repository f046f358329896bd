//! The command line as a person types it, at the node of a data folder.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::node::{BINARY, Node};

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Its data, if it ended with 0.
    pub(crate) fn ok(&self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout.trim_end().to_owned()
    }

    /// Its JSON, if it ended with 0.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.ok()).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// Its remarks, if it ended with this code and without data.
    pub(crate) fn refused(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.stdout, "", "data beside a failure");
        assert!(!self.stderr.is_empty(), "a failure without a word");
        &self.stderr
    }
}

impl Ended {
    /// As [`Ended::refused`], for `listen`, which says first that it listens.
    pub(crate) fn refused_beside_listening(&self, code: i32) {
        assert!(self.refused(code).starts_with("Listening.\n"), "{self:?}");
    }
}

/// Runs a command at the node, with something on stdin.
pub(crate) fn run_with(node: &Node, arguments: &[&str], stdin: &[u8]) -> Ended {
    run_at(&node.data(), arguments, stdin)
}

/// Runs a command at the node.
pub(crate) fn run(node: &Node, arguments: &[&str]) -> Ended {
    run_with(node, arguments, b"")
}

/// Runs a command for a data folder.
pub(crate) fn run_at(data: &Path, arguments: &[&str], stdin: &[u8]) -> Ended {
    let mut child =
        command(data, arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // One that reads nothing closes the pipe early.
    drop(child.stdin.take().unwrap().write_all(stdin));
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A command for a data folder, not yet started.
pub(crate) fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.arg("--data").arg(data).args(arguments).env("XDG_CONFIG_HOME", data.join("no-such-folder"));
    for variable in
        ["TIDINGS_URL", "TIDINGS_SOCKET", "TIDINGS_DATA", "TIDINGS_ACCOUNT", "TIDINGS_TOKEN_FILE", "RUST_LOG"]
    {
        command.env_remove(variable);
    }
    command
}
