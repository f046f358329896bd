//! Holds the workspace to docs/ARCHITECTURE.md and docs/STYLE.md.
//!
//! Each rule is a function from facts to violations. It is run on the checkout, and on a planted violation which proves
//! that it can fail.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod arrows;
mod source;
mod tree;

use std::fs;

use arrows::Graph;
use tree::SourceFile;

/// Fails with all violations at once, so that one run shows all there is to mend.
fn check(violations: &[String]) {
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), violations.join("\n"));
}

fn rust() -> Vec<SourceFile> {
    tree::files(&[".rs"])
}

fn written_by_hand() -> Vec<SourceFile> {
    tree::files(&[".rs", ".ts", ".tsx", ".js", ".mjs"])
}

fn planted(path: &str, text: &str) -> Vec<SourceFile> {
    vec![SourceFile { path: path.to_owned(), text: text.to_owned() }]
}

fn planted_graph(own: &[&str], links: &[(&str, &str)]) -> Graph {
    let mut graph = Graph::default();
    graph.own.extend(own.iter().map(ToString::to_string));
    for (from, to) in links {
        graph.uses.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        graph.links.entry((*from).to_owned()).or_default().insert((*to).to_owned());
    }
    graph
}

#[test]
fn crates_use_only_what_the_drawing_shows() {
    let graph = Graph::read();
    assert_eq!(graph.own.len(), 7, "the graph was read");
    check(&arrows::undrawn_arrows(&graph));
}

#[test]
fn an_arrow_that_is_not_drawn_is_found() {
    let graph = planted_graph(&["tidings-crypto", "tidings-node"], &[("tidings-crypto", "tidings-node")]);
    assert_eq!(arrows::undrawn_arrows(&graph).len(), 1);
}

#[test]
fn the_pure_crates_have_no_runtime_socket_or_disk_in_their_trees() {
    check(&arrows::impure_trees(&Graph::read()));
}

#[test]
fn a_runtime_behind_a_dependency_of_a_pure_crate_is_found() {
    let links = [("tidings-protocol", "tidings-crypto"), ("tidings-crypto", "innocent"), ("innocent", "tokio")];
    let graph = planted_graph(&["tidings-crypto", "tidings-protocol"], &links);
    assert_eq!(arrows::impure_trees(&graph).len(), 2);
}

#[test]
fn no_dependency_is_below_its_floor() {
    check(&arrows::old_versions(&Graph::read()));
}

#[test]
fn a_version_below_its_floor_is_found() {
    let mut graph = Graph::default();
    for version in ["0.8.10", "0.9.2", "0.10.0"] {
        graph.versions.insert(("openmls".to_owned(), version.to_owned()));
    }
    assert_eq!(arrows::old_versions(&graph), ["openmls 0.8.10 is below 0.9.2"]);
}

#[test]
fn the_top_folder_holds_only_what_belongs_there() {
    let entries = fs::read_dir(tree::root()).unwrap();
    let names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    check(&arrows::stray_top_level(&names));
}

#[test]
fn a_stray_folder_is_found() {
    let names = ["crypto", ".ci", "scripts"].map(ToOwned::to_owned);
    assert_eq!(arrows::stray_top_level(&names).len(), 1);
}

#[test]
fn the_pure_crates_ban_clocks_spawning_and_unordered_maps() {
    for name in ["crypto", "node/protocol"] {
        let settings = fs::read_to_string(tree::root().join(name).join("clippy.toml")).unwrap_or_default();
        check(&arrows::missing_bans(name, &settings));
    }
}

#[test]
fn a_missing_ban_is_found() {
    assert!(!arrows::missing_bans("crypto", "too-many-lines-threshold = 70").is_empty());
}

#[test]
fn files_stay_short() {
    let files = written_by_hand();
    assert!(files.len() > 20, "the files were found");
    check(&source::file_lengths(&files));
}

#[test]
fn a_long_file_is_found() {
    assert_eq!(source::file_lengths(&planted("crypto/src/hub.rs", &"// one\n".repeat(601))).len(), 1);
    assert!(source::file_lengths(&planted("crypto/src/hub.rs", &"// one\n".repeat(600))).is_empty());
}

#[test]
fn functions_stay_short() {
    check(&source::function_lengths(&rust()));
}

#[test]
fn a_long_function_is_found_inside_a_macro_too() {
    let body = "    let s = \"}\"; // }\n\n    // a comment is free\n".repeat(69);
    let long = format!("macro_rules! m {{ () => {{ fn long() {{\n{body}}} }} }}");
    assert_eq!(source::function_lengths(&planted("crypto/src/x.rs", &long)).len(), 1);
    let body = "    step();\n".repeat(68);
    assert!(source::function_lengths(&planted("crypto/src/x.rs", &format!("fn f() {{\n{body}}}"))).is_empty());
}

#[test]
fn names_say_something() {
    check(&source::banned_words(&written_by_hand()));
}

#[test]
fn names_that_say_nothing_are_found() {
    let ours = "mod utils; struct PeerInfo; trait X { fn handler(&self); } impl Y { fn common_part(&self) {} }
        #[cfg(test)] mod helpers { #[test] fn data_is_read() {} fn read_data() {} }";
    assert_eq!(source::banned_words(&planted("crypto/src/x.rs", ours)).len(), 6);
    assert_eq!(source::banned_words(&planted("web/ui/src/message-helpers.ts", "")).len(), 1);
}

#[test]
fn names_of_other_peoples_traits_and_longer_words_pass() {
    let fine = "impl<T> Foreign<T> for Y { type Info = (); fn handler(&self) { let data = 1; } } fn database() {}
        struct DataKey;";
    check(&source::banned_words(&planted("crypto/src/x.rs", fine)));
}

#[test]
fn no_test_is_ignored() {
    check(&source::ignored_tests(&rust()));
}

#[test]
fn an_ignored_test_is_found() {
    let text = "#[test]\n#[cfg_attr(unix, ignore = \"slow\")]\nfn a() {}";
    assert_eq!(source::ignored_tests(&planted("tests/tests/x.rs", text)).len(), 1);
    let text = "/// Says `#[ignore]`.\nfn ignore() { let s = \"#[ignore]\"; }";
    check(&source::ignored_tests(&planted("tests/tests/x.rs", text)));
}
