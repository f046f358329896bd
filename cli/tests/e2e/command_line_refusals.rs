//! What the command line refuses, and the exit code that says why (INTERFACES §4).

use std::process::Stdio;

use crate::node::Node;
use crate::person::{PASSWORD, Person};
use crate::shell::{command, run, run_at, run_with};

#[test]
fn without_a_node_every_command_says_how_to_start_one() {
    let folder = tempfile::TempDir::new().unwrap();
    for line in ["whoami", "status --check", "chat list", "send bob hi", "listen", "invite create", "lock"] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let ended = run_at(folder.path(), &arguments, b"");
        assert!(ended.refused(7).contains("start it with `tidings up`"), "{line}");
    }
    let mut node = Node::start();
    node.kill();
    assert!(node.data().join("api.sock").exists(), "the socket of a killed node stays behind");
    run(&node, &["status"]).refused(7);
    run_at(folder.path(), &["--url", "http://127.0.0.1:1", "status"], b"").refused(7);
}

#[test]
fn nothing_is_asked_without_a_terminal() {
    let node = Node::start();
    for line in ["signup alice", "login alice"] {
        let arguments: Vec<&str> = line.split(' ').collect();
        assert!(run(&node, &arguments).refused(2).contains("--password-file"), "{line}");
    }
}

#[test]
fn wrong_passphrases_and_names_are_refused_alike() {
    let node = Node::start();
    Person::sign_up(&node, "alice");
    let [wrong, unknown] =
        ["alice", "nobody"].map(|name| run_with(&node, &["login", name, "--password-file", "-"], b"wrong password"));
    assert_eq!(wrong.refused(4), unknown.refused(4));
    run_with(&node, &["signup", "alice", "--password-file", "-"], PASSWORD.as_bytes()).refused(15);
    run_with(&node, &["signup", "x", "--password-file", "-"], PASSWORD.as_bytes()).refused(2);
    run(&node, &["lock"]).ok();
    run_with(&node, &["unlock", "--password-file", "-"], b"wrong password").refused(4);
    assert!(run(&node, &["contact", "list"]).refused(4).contains("unlock"));
}

#[test]
fn a_recipient_nobody_has_or_several_have_is_5() {
    let nodes = [Node::start(), Node::start(), Node::start()];
    let alice = Person::sign_up(&nodes[0], "alice");
    for (node, name) in [(1, "bob"), (2, "bobby")] {
        alice.befriend(&Person::sign_up(&nodes[node], name));
    }
    assert!(run(&nodes[0], &["send", "mallory", "hi"]).refused(5).contains("mallory"));
    let unclear = run(&nodes[0], &["send", "bo", "hi"]);
    assert!(unclear.refused(5).contains("@bob@") && unclear.stderr.contains("@bobby@"), "{unclear:?}");
    run(&nodes[0], &["send", "bob", "hi"]).ok();
    run(&nodes[0], &["send", "bobb", "hi"]).ok();
    run(&nodes[0], &["group", "show", "bob"]).refused(5);
    let problem = run(&nodes[0], &["send", "bo", "hi", "--json"]);
    let problem: serde_json::Value = serde_json::from_str(problem.refused(5)).unwrap();
    assert_eq!((problem["code"].as_str(), problem["candidates"].as_array().unwrap().len()), (Some("AMBIGUOUS"), 2));
}

#[test]
fn bad_texts_links_and_ids_are_usage_errors() {
    let nodes = [Node::start(), Node::start()];
    let (alice, bob) = (Person::sign_up(&nodes[0], "alice"), Person::sign_up(&nodes[1], "bob"));
    alice.befriend(&bob);
    let large = vec![b'x'; 64 * 1024 + 1];
    run_with(&nodes[0], &["send", "bob", "-f", "-"], &large).refused(2);
    run_with(&nodes[0], &["send", "bob", "--lines"], &large).refused(2);
    run_with(&nodes[0], &["send", "bob", "-f", "-"], b"\xff\xfe").refused(2);
    run_with(&nodes[0], &["send", "bob", "-f", "-"], b"").refused(2);
    run(&nodes[0], &["send", "bob", "hi", "--id", "seven"]).refused(2);
    run(&nodes[0], &["send", "bob", "-f", "/no/such/file"]).refused(2);
    run(&nodes[0], &["join", "https://node.example/i#v1.AAAA"]).refused(5);
    let own = run(&nodes[0], &["invite", "create"]).ok();
    run(&nodes[0], &["join", &own]).refused(6);
    run(&nodes[0], &["invite", "revoke", "0123"]).refused(5);
    assert!(alice.messages(&bob.id).is_empty());
}

#[test]
fn waiting_in_vain_is_9_and_the_message_is_safe() {
    let mut nodes = [Node::start(), Node::start()];
    let (alice, bob) = (Person::sign_up(&nodes[0], "alice"), Person::sign_up(&nodes[1], "bob"));
    alice.befriend(&bob);
    nodes[1].kill();
    let ended = run(&nodes[0], &["send", "bob", "when you are back", "--wait", "delivered", "--timeout", "500ms"]);
    assert!(ended.refused(9).contains("the message is safe"), "{ended:?}");
    run(&nodes[0], &["listen", "--types", "message.new", "--once", "1", "--timeout", "200ms"])
        .refused_beside_listening(9);
    nodes[1].restart();
    Person::log_in(&nodes[1], "bob").receive(&alice.id, "when you are back");
}

#[test]
fn an_interrupt_ends_a_client_as_the_shell_expects() {
    use std::os::unix::process::ExitStatusExt;
    let node = Node::start();
    Person::sign_up(&node, "alice");
    let mut child =
        command(&node.data(), &["listen", "--json"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut first = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut first).unwrap();
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let exit = child.wait().unwrap();
    assert!(exit.signal() == Some(2) || exit.code() == Some(130), "{exit:?}");
}
