//! Holds the documents to the code: requirement ids on both sides, links that lead somewhere.
//!
//! `docs/PROTOCOL.md` defines a requirement where its id stands in bold. A test names it with the plain id in a comment
//! or in a string; files of tests, the simulator, the store's conformance suite and `#[cfg(test)]` modules count as tests.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "architecture/tree.rs"]
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use tree::SourceFile;

const PROTOCOL: &str = "docs/PROTOCOL.md";
const CODE: [&str; 5] = [".rs", ".ts", ".tsx", ".js", ".mjs"];

fn check(violations: &[String]) {
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), violations.join("\n"));
}

/// The requirement ids in a text, in order, as often as they stand there.
fn ids(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in text.split("REQ-").skip(1) {
        let area: String = piece.chars().take_while(char::is_ascii_uppercase).collect();
        let number = piece[area.len()..].strip_prefix('-').unwrap_or_default();
        let number: String = number.chars().take_while(char::is_ascii_digit).collect();
        if !area.is_empty() && !number.is_empty() {
            found.push(format!("REQ-{area}-{number}"));
        }
    }
    found
}

/// The ids a document defines: those in bold.
fn defined(document: &str) -> Vec<String> {
    let bold = document.split("**").skip(1).step_by(2);
    bold.filter(|text| text.starts_with("REQ-")).flat_map(ids).collect()
}

/// The part of a file that is test code.
fn test_part(file: &SourceFile) -> &str {
    let in_tests = file.path.split('/').any(|part| part == "tests" || part.split('.').next() == Some("tests"));
    let endings = [".test.ts", ".test.mjs", "_tests.rs", "/conformance.rs"];
    if in_tests || endings.iter().any(|ending| file.path.ends_with(ending)) {
        return &file.text;
    }
    file.text.find("#[cfg(test)]").map_or("", |at| &file.text[at..])
}

fn defined_twice(document: &str) -> Vec<String> {
    let mut counts = BTreeMap::new();
    for id in defined(document) {
        *counts.entry(id).or_insert(0) += 1;
    }
    let twice = counts.iter().filter(|(_, count)| **count > 1);
    twice.map(|(id, count)| format!("{PROTOCOL} defines {id} {count} times")).collect()
}

fn untested(document: &str, files: &[SourceFile]) -> Vec<String> {
    let named: BTreeSet<String> = files.iter().flat_map(|file| ids(test_part(file))).collect();
    let missing = defined(document).into_iter().filter(|id| !named.contains(id));
    missing.map(|id| format!("{id} of {PROTOCOL} is named by no test")).collect()
}

fn undefined(document: &str, files: &[SourceFile]) -> Vec<String> {
    let known: BTreeSet<String> = defined(document).into_iter().collect();
    let mut violations = Vec::new();
    for file in files {
        let unknown = ids(&file.text).into_iter().filter(|id| !known.contains(id));
        violations.extend(unknown.map(|id| format!("{}: {id} does not stand in {PROTOCOL}", file.path)));
    }
    violations
}

/// Relative links of a Markdown file which lead to no file. `exists` takes a path relative to the repository.
fn dead_links(file: &SourceFile, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut violations = Vec::new();
    for piece in file.text.split("](").skip(1) {
        let target = piece.split([')', '#', ' ']).next().unwrap_or_default();
        if target.is_empty() || target.contains(':') || target.starts_with('/') {
            continue;
        }
        if !exists(&format!("{folder}/{target}")) {
            violations.push(format!("{}: link to {target}, which does not exist", file.path));
        }
    }
    violations
}

fn protocol() -> String {
    std::fs::read_to_string(tree::root().join(PROTOCOL)).unwrap()
}

/// This file plants ids that do not exist; every other file of code is real.
fn code() -> Vec<SourceFile> {
    let mut files = tree::files(&CODE);
    files.retain(|file| file.path != "tests/tests/docs.rs");
    files
}

fn planted(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

#[test]
fn every_requirement_is_defined_once() {
    let document = protocol();
    assert!(defined(&document).len() >= 40, "the requirements were found");
    check(&defined_twice(&document));
}

#[test]
fn a_requirement_defined_twice_is_found() {
    let document = "**REQ-ID-1** one. See REQ-ID-1. **REQ-ID-1** again. **REQ-ID-2** two.";
    assert_eq!(defined_twice(document).len(), 1);
}

#[test]
fn every_requirement_is_named_by_a_test() {
    check(&untested(&protocol(), &code()));
}

#[test]
fn a_requirement_named_only_outside_tests_is_found() {
    let document = "**REQ-ID-1** one. **REQ-ID-2** two. **REQ-ID-3** three. **REQ-ID-12** twelve.";
    let files = [
        planted("crypto/src/id.rs", "/// REQ-ID-1\nfn a() {}\n#[cfg(test)]\nmod tests { /* REQ-ID-2 */ }"),
        planted("crypto/tests/id.rs", "// REQ-ID-12\n#[test]\nfn a() {}"),
    ];
    let found = untested(document, &files);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("REQ-ID-1 ") && found[1].starts_with("REQ-ID-3 "));
}

#[test]
fn no_code_names_a_requirement_that_does_not_exist() {
    check(&undefined(&protocol(), &code()));
}

#[test]
fn an_unknown_requirement_in_code_is_found() {
    let files = [planted("crypto/src/id.rs", "/// See REQ-ID-7 and REQ-ID-1.")];
    assert_eq!(undefined("**REQ-ID-1** one.", &files).len(), 1);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let root = tree::root();
    let documents = tree::files(&[".md"]);
    let dead =
        documents.iter().flat_map(|file| dead_links(file, |path| root.join(path.trim_start_matches('/')).exists()));
    check(&dead.collect::<Vec<_>>());
}

#[test]
fn a_dead_link_is_found() {
    let file = planted("docs/A.md", "[a](B.md) [b](../README.md#top) [c](#here) [d](https://example.org)");
    assert_eq!(dead_links(&file, |path| path == "docs/B.md").len(), 1);
}
