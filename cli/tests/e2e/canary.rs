//! Words that are planted as text, group name, display name and login name, and then looked for where they must not be: the data folders,
//! the logs at their most talkative, and the traffic between the nodes (DECISIONS 35).

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::forwarder::Forwarder;
use crate::node::Node;
use crate::person::{PASSWORD, Person};

const TEXT: &str = "canary-text-zanzibar-4711";
const GROUP: &str = "canary-group-ouagadougou";
const ABOUT: &str = "canary-about-reykjavik";
const NAME: &str = "canary-name-antananarivo";
const SHOWN: &str = "Canary Shown Tegucigalpa";
const NOTE: &str = "canary-note-kuala-lumpur";
const EMAIL: &str = "canary-mail@vladivostok.example";

/// A place and all its bytes.
pub(crate) type Haystack = (String, Vec<u8>);

// REQ-VAULT-5
#[test]
fn no_planted_word_is_found_in_folders_logs_or_traffic() {
    let one = Node::start_with(&["--listen", "/ip4/127.0.0.1/tcp/0", "-vv"]);
    let forwarder = Forwarder::to(one.peer_port());
    let through = format!("/ip4/127.0.0.1/tcp/{}/p2p/{}", forwarder.port, one.peer_id());
    let two = Node::start_with(&["--listen", "/ip4/127.0.0.1/tcp/0", "--peer", &through, "-vv"]);
    let mut nodes = [one, two];
    let person = json!({"name": NAME, "displayName": SHOWN, "email": EMAIL, "password": PASSWORD});
    let (alice, bob) = (Person::sign_up_with(&nodes[0], &person), Person::sign_up(&nodes[1], "bob"));
    bob.until("the nodes meet through the forwarder", || {
        (!forwarder.traffic().is_empty() && !bob.get("/status")["peers"].as_array().unwrap().is_empty()).then_some(())
    });
    let link = alice.post("/invites", &json!({"kind": "contact", "note": NOTE})).expect(201)["link"].clone();
    bob.post("/contacts", &json!({"link": link})).expect(201);
    bob.until("they are contacts", || bob.contact(&alice)?["conversation"].as_str().map(drop));
    assert_eq!(bob.contact(&alice).unwrap()["displayName"], SHOWN, "the words do arrive");
    alice.until("they are contacts", || alice.contact(&bob)?["conversation"].as_str().map(drop));
    alice.deliver(&bob.id, TEXT);
    bob.deliver(&alice.id, &format!("{TEXT} {TEXT}"));
    let group = json!({"name": GROUP, "description": ABOUT, "members": [bob.id]});
    let group = alice.post("/group/create", &group).expect(201)["id"].as_str().unwrap().to_owned();
    bob.until("the group is there", || {
        bob.get("/groups")["items"].as_array()?.first()?["name"].as_str().filter(|name| *name == GROUP).map(drop)
    });
    bob.deliver(&group, TEXT);
    nodes[0].post("/auth/login", &json!({"login": NAME, "password": "wrong password"})).problem();

    let look = |nodes: &[Node; 2]| {
        let mut haystacks = vec![("traffic".to_owned(), forwarder.traffic())];
        for node in nodes {
            haystacks.push(("log".to_owned(), node.log().into_bytes()));
            files(&node.data(), &mut haystacks);
        }
        haystacks
    };
    let running = look(&nodes);
    check(&running);
    nodes.iter_mut().for_each(|node| assert!(node.stop().success()));
    check(&look(&nodes));
    the_search_finds_what_is_there(&running, &nodes);
}

fn check(haystacks: &[Haystack]) {
    for (place, bytes) in haystacks {
        for word in [TEXT, GROUP, ABOUT, NAME, SHOWN, NOTE, EMAIL, PASSWORD] {
            assert!(!holds(bytes, word), "{word:?} stands in {place}");
        }
    }
}

/// What is known to be in each kind of place, so that a search which finds nothing cannot pass.
fn the_search_finds_what_is_there(haystacks: &[Haystack], nodes: &[Node; 2]) {
    let found =
        |place: &str, word: &str| haystacks.iter().any(|(name, bytes)| name.contains(place) && holds(bytes, word));
    // The negotiation of protocols comes before the encryption.
    assert!(found("traffic", "/multistream/1.0.0"), "the traffic was not recorded");
    assert!(found("log", "DEBUG"), "the logs are not the talkative ones");
    assert!(found("data/", "redb"), "the files were not read");
    let traffic: usize = haystacks.iter().filter(|(place, _)| place == "traffic").map(|(_, bytes)| bytes.len()).sum();
    assert!(traffic > 8 * 1024, "the messages did not go through the forwarder: {traffic} bytes");
    assert!(nodes.iter().all(|node| node.data().is_dir()));
    let planted = |bytes: &[u8]| check(&[("planted".to_owned(), [b"...", bytes, b"..."].concat())]);
    for hidden in [
        TEXT.as_bytes().to_vec(),
        TEXT.to_uppercase().into_bytes(),
        hex(TEXT).into_bytes(),
        base64(format!("x{TEXT}").as_bytes()).into_bytes(),
    ] {
        assert!(
            std::panic::catch_unwind(|| planted(&hidden)).is_err(),
            "a planted word was not found: {}",
            String::from_utf8_lossy(&hidden)
        );
    }
}

pub(crate) fn files(folder: &Path, into: &mut Vec<Haystack>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = path.display().to_string();
        if entry.file_type().unwrap().is_dir() {
            files(&path, into);
        } else if entry.file_type().unwrap().is_file() {
            into.push((name.clone(), fs::read(&path).unwrap()));
        }
        into.push((format!("the name {name}"), name.into_bytes()));
    }
}

/// Whether the word is there: as it is in any case, as hexadecimal, or inside base64 at any offset.
pub(crate) fn holds(bytes: &[u8], word: &str) -> bool {
    let lower = bytes.to_ascii_lowercase();
    let mut forms = vec![(&lower, word.to_ascii_lowercase()), (&lower, hex(word))];
    let bytes = bytes.to_vec();
    for offset in 0..3 {
        // Only what the word alone decides; with its neighbours at both ends cut off.
        let encoded = base64(&[vec![0; offset], word.as_bytes().to_vec()].concat());
        let (start, end) = ((offset * 8).div_ceil(6), (offset + word.len()) * 8 / 6);
        forms.push((&bytes, encoded[start..end].to_owned()));
    }
    forms.iter().any(|(bytes, form)| bytes.windows(form.len()).any(|window| window == form.as_bytes()))
}

pub(crate) fn hex(word: &str) -> String {
    word.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    bits.chunks(6)
        .map(|chunk| {
            char::from(LETTERS[usize::from(chunk.iter().fold(0, |sum, bit| sum << 1 | bit) << (6 - chunk.len()))])
        })
        .collect()
}
