//! Somebody whose node runs in a namespace, asked through its Unix socket, which no namespace hides.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{Reply, Request};
use crate::node::BINARY;
use crate::person::{PASSWORD, PATIENCE, items};

/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A node with one account; killed when dropped.
pub(super) struct Resident {
    child: Child,
    folder: TempDir,
    pub(super) name: String,
    pub(super) id: String,
}

impl Resident {
    /// Starts a node in a namespace and signs up there.
    pub(super) fn move_in(namespace: &str, name: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mut child = Command::new("ip")
            .args(["netns", "exec", namespace, BINARY, "up", "--json", "--no-browser", "--http", "127.0.0.1:0"])
            .args(["--listen", "/ip4/0.0.0.0/udp/0/quic-v1", "--data"])
            .arg(folder.path().join("data"))
            .env("XDG_CONFIG_HOME", folder.path().join("no-such-folder"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let mut resident = Self { child, folder, name: name.to_owned(), id: String::new() };
        assert!(line.contains("ready"), "{name}'s node: {line:?}\n{}", resident.log());
        let made = resident.post("/auth/signup", &json!({"name": name, "password": PASSWORD})).expect(201);
        resident.id = made["account"]["id"].as_str().unwrap().to_owned();
        resident
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("data/api.sock")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    pub(super) fn ask(&self, request: &Request) -> Reply {
        request.send_to_socket(&self.socket())
    }

    pub(super) fn get(&self, path: &str) -> Value {
        self.ask(&Request::get(path)).expect(200)
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Reply {
        self.ask(&Request::post(path, body))
    }

    /// Follows the other's invite; both then have each other as contacts.
    pub(super) fn befriend(&self, other: &Self) {
        let link = other.post("/invites", &json!({"kind": "contact"})).expect(201)["link"].clone();
        self.post("/contacts", &json!({"link": link})).expect(201);
        for (one, two) in [(self, other), (other, self)] {
            until(PATIENCE, || {
                let contacts = items(&one.get("/contacts?limit=200"));
                let contact = contacts.iter().find(|contact| contact["account"] == two.id.as_str());
                match contact {
                    Some(contact) if contact["state"] == "accepted" && contact["conversation"].is_string() => Ok(()),
                    Some(_) | None => Err(format!("{} is no contact of {}: {contacts:?}", two.name, one.name)),
                }
            });
        }
    }

    pub(super) fn send(&self, group: &str, text: &str) {
        self.post("/group/send", &json!({"group": group, "text": text})).expect(201);
    }

    /// Name, members and texts of a group, in the order shown; members as sorted account ids.
    pub(super) fn view(&self, group: &str) -> View {
        let known = items(&self.get("/groups?limit=200")).iter().any(|known| known["id"] == group);
        if !known {
            return View::default();
        }
        let shown = self.get(&format!("/group/{group}"));
        let mut members: Vec<String> = shown["members"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|member| member["state"] == "member")
            .map(|member| member["account"].as_str().unwrap().to_owned())
            .collect();
        members.sort();
        let messages = items(&self.get(&format!("/group/{group}/messages?limit=200")));
        let texts = messages.iter().map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect();
        View { name: shown["name"].clone(), epoch: shown["epoch"].clone(), members, texts }
    }
}

impl Drop for Resident {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            let log = self.log();
            eprintln!("--- log of {}\n{}", self.name, log.get(log.len().saturating_sub(4_000)..).unwrap_or(&log));
        }
    }
}

/// What somebody is shown of a group.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct View {
    pub(super) name: Value,
    pub(super) epoch: Value,
    pub(super) members: Vec<String>,
    pub(super) texts: Vec<String>,
}

/// Looks until it is so, and gives how long that took; fails with the last reason when it never is.
pub(super) fn until(patience: Duration, look: impl Fn() -> Result<(), String>) -> Duration {
    let start = Instant::now();
    loop {
        match look() {
            Ok(()) => return start.elapsed(),
            Err(reason) => assert!(start.elapsed() < patience, "not within {patience:?}: {reason}"),
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}
