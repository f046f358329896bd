//! Data folders that a node must refuse, without touching them, and ends that must leave them whole.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::node::{Node, refused};
use crate::person::Person;
use crate::shell;

/// The files of a folder by name, without the one that only says who has the folder.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files
        .filter(|path| path.extension().is_none_or(|kind| kind != "pid"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

/// The files of a folder by size: the database first, the keys after it.
fn by_size(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<(PathBuf, usize)> =
        contents(folder).into_iter().map(|(path, bytes)| (path, bytes.len())).filter(|(_, size)| *size > 0).collect();
    files.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    files.into_iter().map(|(path, _)| path).collect()
}

#[test]
fn a_node_that_is_asked_to_stop_does_so_within_20_seconds_and_keeps_everything() {
    let (mut one, two) = (Node::start(), Node::start());
    let (alice, bob) = (Person::sign_up(&one, "alice"), Person::sign_up(&two, "bob"));
    alice.befriend(&bob);
    alice.deliver(&bob.id, "kept");
    let begun = Instant::now();
    assert_eq!(one.stop().code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    one.restart();
    let alice = Person::log_in(&one, "alice");
    assert_eq!(alice.texts(&bob.id), ["kept"]);
    assert_eq!(one.ready["setup_url"], serde_json::Value::Null, "the first account is made");
    assert_eq!(one.stop_by("INT").code(), Some(0));
}

#[test]
fn a_second_process_on_the_same_folder_is_refused_and_names_the_first() {
    let node = Node::start();
    let alice = Person::sign_up(&node, "alice");
    let (code, text) = node.refused_start();
    assert_eq!(code, 6, "{text}");
    let pid = fs::read_dir(node.data())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|kind| kind == "pid"))
        .unwrap();
    let pid = fs::read_to_string(pid).unwrap();
    assert!(text.contains(pid.trim()), "{text} does not name process {pid}");
    alice.get("/chats");
}

#[test]
fn a_port_that_is_asked_for_and_taken_is_an_error() {
    let node = Node::start();
    let folder = tempfile::TempDir::new().unwrap();
    let (code, text) = refused(&folder.path().join("data"), &["--http".to_owned(), node.host()]);
    assert_eq!(code, 6, "{text}");
    assert!(text.contains(&node.host()), "{text}");
}

#[test]
fn damaged_or_exchanged_files_are_refused_untouched() {
    let (mut node, mut other) = (Node::start(), Node::start());
    let (_, _) = (Person::sign_up(&node, "alice"), Person::sign_up(&other, "bob"));
    assert!(node.stop().success() && other.stop().success());
    let files = by_size(&node.data());
    let (database, keys) =
        (files.first().unwrap(), files.iter().find(|path| path.to_string_lossy().contains("key")).unwrap());
    let whole = contents(&node.data());
    let of_another = by_size(&other.data()).into_iter().find(|path| path.file_name() == keys.file_name()).unwrap();

    type Damage<'a> = Box<dyn Fn() + 'a>;
    let damages: [(&str, Damage<'_>); 5] = [
        ("keys of another node", Box::new(|| assert!(fs::copy(&of_another, keys).unwrap() > 0))),
        ("keys cut short", Box::new(|| fs::write(keys, &whole[keys][..whole[keys].len() / 2]).unwrap())),
        ("no keys", Box::new(|| fs::remove_file(keys).unwrap())),
        ("a database that is none", Box::new(|| fs::write(database, vec![7; whole[database].len()]).unwrap())),
        (
            "a database cut short",
            Box::new(|| fs::write(database, &whole[database][..whole[database].len() / 3]).unwrap()),
        ),
    ];
    for (what, damage) in damages {
        damage();
        let before = contents(&node.data());
        let (code, text) = node.refused_start();
        assert_eq!(code, 13, "{what}: {text}");
        let after = contents(&node.data());
        let changed: Vec<&PathBuf> =
            before.keys().chain(after.keys()).filter(|path| before.get(*path) != after.get(*path)).collect();
        assert!(changed.is_empty(), "{what}: the refusal changed {changed:?}");
        whole.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
        fs::set_permissions(keys, fs::Permissions::from_mode(0o600)).unwrap();
    }
    node.restart();
    Person::log_in(&node, "alice").get("/chats");
}

#[test]
fn keys_that_everybody_can_read_are_refused_with_the_line_that_mends_it() {
    let mut node = Node::start();
    assert!(node.stop().success());
    let keys = by_size(&node.data()).into_iter().find(|path| path.to_string_lossy().contains("key")).unwrap();
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, text) = node.refused_start();
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("chmod 600"), "{text}");
}

#[test]
fn settings_that_are_none_are_refused_with_the_nearest() {
    let folder = tempfile::TempDir::new().unwrap();
    let config = folder.path().join("config.toml");
    fs::write(&config, "listn = [\"/ip4/127.0.0.1/tcp/0\"]\n").unwrap();
    let data = folder.path().join("data");
    let (code, text) = refused(&data, &["--config".to_owned(), config.display().to_string()]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("listen"), "{text}");
    assert!(!data.exists(), "a refused start made a folder");
    let shown = shell::run_at(&data, &["config", "show", "--origin", "--json"], b"").json();
    let row = shown.as_array().unwrap().iter().find(|row| row["key"] == "data").unwrap().clone();
    assert_eq!((row["value"].as_str(), row["origin"].as_str()), (data.to_str(), Some("--data")));
}
