//! The same as over REST, through the command line; and the lines of INTERFACES §4 that this version has.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::node::Node;
use crate::person::PASSWORD;
use crate::shell::{command, run, run_with};

const WAIT: [&str; 4] = ["--wait", "delivered", "--timeout", "60s"];

pub(crate) fn sign_up(node: &Node, name: &str) -> Value {
    let made = run_with(node, &["signup", name, "--password-file", "-", "--json"], PASSWORD.as_bytes()).json();
    assert_eq!(made["account"]["name"], name);
    made["account"].clone()
}

/// Starts to listen for one event, and waits until nothing can be missed any more.
pub(crate) fn listening(node: &Node, arguments: &[&str]) -> Child {
    let arguments = [&["listen", "--timeout", "60s"], arguments].concat();
    let mut child = command(&node.data(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "Listening.\n");
    child
}

/// Makes the people of two nodes contacts, and waits until both know.
pub(crate) fn befriend(one: &Node, two: &Node) {
    let link = run(one, &["invite", "create"]).ok();
    let watches = [one, two].map(|node| listening(node, &["--types", "request.accepted", "--once", "1"]));
    let state = run(two, &["contact", "add", &link, "--json"]).json()["state"].clone();
    assert!(state == "requested" || state == "accepted", "{state}");
    for mut watch in watches {
        assert!(watch.wait().unwrap().success());
    }
}

pub(crate) fn texts(node: &Node, with: &str) -> Vec<String> {
    let page = run(node, &["chat", "history", with, "--json"]).json();
    page["items"].as_array().unwrap().iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn send(node: &Node, to: &str, text: &str) -> Value {
    run(node, &[&["send", to, text, "--json"], &WAIT[..]].concat()).json()
}

#[test]
fn people_meet_and_write_on_the_command_line() {
    let (one, two) = (Node::start(), Node::start());
    sign_up(&one, "alice");
    sign_up(&two, "bob");
    befriend(&one, &two);
    assert!(run(&two, &["contact", "list"]).ok().contains("alice"));

    assert_eq!(send(&one, "bob", "hi bob")["state"], "delivered");
    assert_eq!(send(&two, "@alice", "hi alice")["state"], "delivered");
    let stdin = run_with(
        &one,
        &[&["send", "@bob", "-f", "-", "--json"], &WAIT[..]].concat(),
        "Linux\n  über alles hinaus\n".as_bytes(),
    )
    .json();
    assert_eq!(stdin["text"], "Linux\n  über alles hinaus");
    let lines =
        run_with(&two, &[&["send", "alice", "--lines", "--json"], &WAIT[..]].concat(), b"one\n\ntwo\r\nthree").ok();
    assert_eq!(lines.lines().count(), 3);
    let said = ["hi bob", "hi alice", "Linux\n  über alles hinaus", "one", "two", "three"];
    assert_eq!(texts(&one, "bob"), said);
    assert_eq!(texts(&two, "alice"), said);

    let id = "0191e0a4-3f7b-7c11-9d0e-3f6f0c1c2b3a";
    for _ in 0..2 {
        assert_eq!(run(&one, &["send", "bob", "once", "--id", id, "--json"]).json()["id"], id);
    }
    send(&one, "bob", "after it");
    assert_eq!(texts(&two, "alice").iter().filter(|text| *text == "once").count(), 1);
    let human = run(&two, &["chat", "history", "alice", "--limit", "2"]);
    assert!(human.ok().contains("alice: once") && human.ok().contains("alice: after it"), "{human:?}");
    assert!(run(&two, &["chat", "list"]).ok().contains("@alice"));
}

#[test]
fn groups_are_kept_on_the_command_line() {
    let nodes = [Node::start(), Node::start(), Node::start()];
    for (node, name) in nodes.iter().zip(["alice", "bob", "carol"]) {
        sign_up(node, name);
    }
    let [one, two, three] = &nodes;
    befriend(one, two);
    befriend(one, three);
    let id = run(one, &["group", "create", "ops", "--member", "bob", "--member", "carol"]).ok();
    assert!(id.starts_with("cnv1"), "{id}");
    assert_eq!(send(one, "#ops", "to all")["state"], "delivered");
    assert_eq!(send(three, "ops", "from carol")["state"], "delivered");
    assert_eq!(texts(two, "#ops"), ["to all", "from carol"]);
    let shown = run(two, &["group", "show", "ops", "--json"]).json();
    assert_eq!((&shown["id"], shown["members"].as_array().unwrap().len()), (&json!(id), 3));

    run(one, &["group", "remove", "#ops", "carol"]).ok();
    assert_eq!(send(one, &id, "without carol")["state"], "delivered");
    send(one, "carol", "sorry");
    assert_eq!(texts(three, "#ops"), ["to all", "from carol"]);
    assert_eq!(run(three, &["send", "#ops", "still here?"]).refused(4).lines().count(), 1);
    run(one, &["group", "add", "ops", "carol"]).ok();
    assert_eq!(send(one, "ops", "welcome back")["state"], "delivered");
    assert_eq!(texts(three, "#ops").last().unwrap(), "welcome back");
    run(two, &["group", "leave", "ops"]).ok();
    assert_eq!(
        run(two, &["group", "list", "--json"]).json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|group| group["active"] == true)
            .count(),
        0
    );
    run(one, &["group", "leave", "ops"]).refused(6);
    assert!(run(one, &["group", "list"]).ok().contains("#ops"));
}

#[test]
fn listen_prints_one_event_a_line_and_runs_commands() {
    let (one, two) = (Node::start(), Node::start());
    sign_up(&one, "alice");
    sign_up(&two, "bob");
    befriend(&one, &two);
    let folder = tempfile::TempDir::new().unwrap();
    let noted = folder.path().join("noted");
    let script = format!("cat >> '{}'", noted.display());
    let two_messages = ["--types", "message.new", "--once", "2"];
    let mut listeners = [vec!["--json"], vec!["--exec", &script], vec![]]
        .map(|how| listening(&two, &[&how[..], &two_messages].concat()));
    send(&one, "bob", "first");
    send(&one, "bob", "second\nline");
    let [json_lines, exec_lines, human] = listeners.each_mut().map(|child| {
        assert!(child.wait().unwrap().success());
        let mut text = String::new();
        child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        text
    });
    let events: Vec<Value> = json_lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = |event: &Value| (event["type"].clone(), event["payload"]["text"].clone());
    assert_eq!(
        events.iter().map(told).collect::<Vec<_>>(),
        [(json!("message.new"), json!("first")), (json!("message.new"), json!("second\nline"))]
    );
    assert_eq!(std::fs::read_to_string(&noted).unwrap(), json_lines, "the command gets the same lines on stdin");
    assert_eq!(exec_lines, "");
    assert!(human.contains("@alice  alice: first") || human.contains("alice: first"), "{human}");

    let cursor = events[0]["cursor"].as_str().unwrap();
    let replay = run(
        &two,
        &["listen", "--json", "--types", "message.new", "--since", cursor, "--once", "1", "--timeout", "60s"],
    )
    .json();
    assert_eq!(replay["payload"]["text"], "second\nline", "since replays");
}

#[test]
fn listen_ends_quietly_when_its_reader_does() {
    let (one, two) = (Node::start(), Node::start());
    sign_up(&one, "alice");
    sign_up(&two, "bob");
    befriend(&one, &two);
    let mut child = listening(&two, &["--json"]);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    assert!(first.contains("node.ready"), "{first}");
    drop(stdout);
    run(&one, &["send", "bob", "to nobody"]).ok();
    assert_eq!(child.wait().unwrap().code(), Some(141));
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
}

#[test]
fn several_accounts_are_told_apart_by_account() {
    let node = Node::start();
    sign_up(&node, "alice");
    let folder = tempfile::TempDir::new().unwrap();
    let (link, password, key) =
        (folder.path().join("link"), folder.path().join("password"), folder.path().join("recovery"));
    std::fs::write(&link, run(&node, &["invite", "create", "--kind", "account"]).ok()).unwrap();
    std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let [link, password, key] = [link, password, key].map(|path| path.display().to_string());
    run(&node, &["signup", "dave", "--password-file", &password, "--invite-file", &link, "--recovery-out", &key]).ok();
    assert_eq!(std::fs::read_to_string(&key).unwrap().split_whitespace().count(), 24);

    let unclear = run(&node, &["whoami"]);
    assert!(unclear.refused(5).contains("alice") && unclear.stderr.contains("dave"), "{unclear:?}");
    for name in ["alice", "dave"] {
        assert_eq!(run(&node, &["--account", name, "whoami", "--json"]).json()["account"]["name"], name);
    }
    run(&node, &["--account", "dave", "lock"]).ok();
    assert_eq!(run(&node, &["--account", "dave", "whoami", "--json"]).json()["locked"], true);
    run(&node, &["--account", "dave", "chat", "list"]).refused(4);
    run(&node, &["--account", "alice", "chat", "list"]).ok();
    run(&node, &["--account", "dave", "unlock", "--password-file", &password]).ok();
    run(&node, &["--account", "dave", "chat", "list"]).ok();
    assert_eq!(run(&node, &["status", "--json"]).json()["unlocked"], 2);
}

#[test]
fn over_tcp_a_token_is_needed_and_login_writes_it() {
    let node = Node::start();
    sign_up(&node, "alice");
    let url = format!("http://{}", node.host());
    let folder = tempfile::TempDir::new().unwrap();
    let token = folder.path().join("token").display().to_string();
    run(&node, &["--url", &url, "whoami"]).refused(4);
    run_with(
        &node,
        &["--url", &url, "--token-file", &token, "login", "alice", "--password-file", "-"],
        PASSWORD.as_bytes(),
    )
    .ok();
    assert_eq!(
        run(&node, &["--url", &url, "--token-file", &token, "whoami", "--json"]).json()["account"]["name"],
        "alice"
    );
    let printed = run_with(&node, &["--url", &url, "login", "alice", "--password-file", "-"], PASSWORD.as_bytes()).ok();
    assert_eq!(
        run_with(&node, &["--url", &url, "--token-file", "-", "whoami", "--json"], printed.as_bytes()).json()["account"]
            ["name"],
        "alice"
    );
    run(&node, &["--url", &url, "--token-file", &token, "logout"]).ok();
    run(&node, &["--url", &url, "--token-file", &token, "whoami"]).refused(4);
}

#[test]
fn an_account_named_at_the_start_is_unlocked_by_its_file() {
    let mut node = Node::start();
    sign_up(&node, "alice");
    assert!(node.stop().success());
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("passphrase");
    std::fs::File::create(&file).unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    node.restart_with(&["--unlock", &format!("alice={}", file.display())]);
    assert_eq!(run(&node, &["whoami", "--json"]).json()["locked"], false);
    run(&node, &["chat", "list"]).ok();
}

#[test]
fn the_rest_of_the_commands_answer() {
    let node = Node::start();
    sign_up(&node, "alice");
    assert_eq!(run(&node, &["version"]).ok(), format!("tidings {}", env!("CARGO_PKG_VERSION")));
    assert_eq!(
        run(&node, &["paths", "--json"]).json()["socket"].as_str().unwrap(),
        node.data().join("api.sock").to_str().unwrap()
    );
    let status = run(&node, &["status", "--check", "--json"]).json();
    assert_eq!((&status["peerId"], &status["accounts"]), (&node.ready["peer_id"], &json!(1)));
    assert!(run(&node, &["status"]).ok().contains(node.peer_id()));
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(&node, &["completion", shell]).ok().contains("tidings"));
    }
    let invite = run(&node, &["invite", "create", "--qr", "--note", "for bob", "--json"]);
    assert!(invite.stderr.contains('█'), "the QR code is on stderr");
    let id = invite.json()["id"].as_str().unwrap().to_owned();
    assert!(run(&node, &["invite", "list"]).ok().contains("for bob"));
    run(&node, &["invite", "revoke", &id]).ok();
    assert_eq!(run(&node, &["invite", "list", "--json"]).json(), json!({"items": [], "next": null}));
    assert!(run(&node, &["up", "--print-config"]).ok().contains("registration"));
}
