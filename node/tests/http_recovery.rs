//! Making an owner over HTTP: what is shown, refused and signed, between people of one node. A month passes in the rows that say when
//! somebody was heard of.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod http_node;

use http_node::{Answer, Node, PASSWORD, fresh};
use serde_json::{Value, json};
use tempfile::TempDir;
use tidings_crypto::id::AccountId;
use tidings_protocol::record::conversation::ConversationRecord;
use tidings_protocol::record::log::DeviceLogRecord;
use tidings_protocol::record::{decode, encode};
use tidings_protocol::store::snapshot::{Direction, Snapshot};
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::{Write, WriteSet};

const MONTH_MS: u64 = 31 * 24 * 3600 * 1000;

struct Person {
    token: String,
    id: String,
}

/// The group "club" of alice, who owns it, and three others.
struct Four {
    _folder: TempDir,
    node: Node,
    people: Vec<Person>,
    path: String,
}

async fn four() -> Four {
    let (folder, node) = fresh().await;
    let mut people = Vec::new();
    for name in ["alice", "bob", "carol", "dave"] {
        let made = node.sign_up(name).await;
        people.push(Person { token: made.token(), id: made.json()["account"]["id"].as_str().unwrap().to_owned() });
    }
    for other in &people[1..] {
        node.befriend(&people[0].token, &other.token).await;
    }
    node.until("/contacts", &people[0].token, |page| {
        page["items"].as_array().unwrap().iter().filter(|one| one["state"] == "accepted").count() == 3
    })
    .await;
    let members: Vec<&str> = people[1..].iter().map(|person| person.id.as_str()).collect();
    let made = node.post("/group/create", &people[0].token, json!({"name": "club", "members": members})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/group/{}", made.json()["id"].as_str().unwrap());
    for other in &people[1..] {
        node.until(&path, &other.token, |group| group["members"].as_array().unwrap().len() == 4).await;
    }
    let path = format!("{path}/recovery");
    Four { _folder: folder, node, people, path }
}

impl Four {
    /// Alice is locked, and what the others have heard of anybody lies a month back.
    async fn a_month_passes(&self) {
        assert_eq!(self.node.post("/me/lock", &self.people[0].token, json!({})).await.status, 204);
        let mut writes = Vec::new();
        for person in &self.people[1..] {
            let account: AccountId = person.id.parse().unwrap();
            self.age(account, Table::Conversation, &mut writes, |bytes| {
                let mut record: ConversationRecord = decode(bytes, "test").unwrap();
                record.created_at -= MONTH_MS;
                record.welcomed_at = record.welcomed_at.map(|at| at - MONTH_MS);
                encode(&record)
            });
            self.age(account, Table::DeviceLog, &mut writes, |bytes| {
                let log: DeviceLogRecord = decode(bytes, "test").unwrap();
                encode(&DeviceLogRecord { heard: log.heard.map(|at| at - MONTH_MS), ..log })
            });
        }
        self.node.driver.write(WriteSet(writes)).await.unwrap();
    }

    fn age(&self, account: AccountId, table: Table, writes: &mut Vec<Write>, older: impl Fn(&[u8]) -> Vec<u8>) {
        let scope = Scope::Account(account);
        let store = self.node.driver.snapshot().unwrap();
        let rows = store.range(scope, table, &[], &[0xff; 80], 1000, Direction::Forward).unwrap();
        writes.extend(rows.into_iter().map(|(key, value)| Write { scope, table, key, value: Some(older(&value)) }));
    }

    async fn sign(&self, by: usize, owner: &str) -> Answer {
        self.node.post(&self.path, &self.people[by].token, json!({"owner": owner})).await
    }
}

// REQ-RECOVER-2, REQ-RECOVER-5
#[tokio::test]
async fn who_is_still_there_is_named_with_until_when() {
    let four = four().await;
    let (node, bob) = (&four.node, &four.people[1]);
    let how = node.get(&four.path, &bob.token).await.json();
    assert_eq!((&how["allowed"], &how["members"], &how["needed"]), (&json!(true), &json!(4), &json!(3)));
    assert_eq!((&how["admins"][0]["account"], &how["admins"][0]["absent"]), (&json!(four.people[0].id), &json!(false)));
    let refused = four.sign(1, &bob.id).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "CONFLICT"));
    assert!(refused.json()["detail"].as_str().unwrap().contains(&four.people[0].id), "{refused:?}");
    assert!(refused.json()["fix"].as_str().unwrap().contains(how["admins"][0]["absentFrom"].as_str().unwrap()));
    assert_eq!(four.sign(1, &four.people[0].id).await.status, 409, "nobody comes before alice");
    assert_eq!(four.sign(1, "nobody").await.status, 404);
    assert_eq!(node.delete(&four.path, &bob.token).await.code(), "NOT_FOUND");
    assert_eq!(node.get("/group/nonsense/recovery", &bob.token).await.code(), "NOT_FOUND");
}

// REQ-RECOVER-1
#[tokio::test]
async fn three_of_four_make_an_owner_and_the_one_who_was_away_is_told() {
    let four = four().await;
    let (node, people) = (&four.node, &four.people);
    four.a_month_passes().await;
    let (alice, bob) = (&people[0], &people[1]);
    let signed = four.sign(1, &bob.id).await;
    assert_eq!((signed.status, &signed.json()["signedFor"]), (202, &json!(bob.id)), "{signed:?}");
    assert_eq!(node.delete(&four.path, &bob.token).await.status, 204);
    assert_eq!(four.sign(1, &bob.id).await.status, 202);
    assert_eq!(four.sign(2, &bob.id).await.status, 202);
    let two = |how: &Value| how["petitions"][0]["signedBy"].as_array().is_some_and(|all| all.len() == 2);
    let how = node.until(&four.path, &people[3].token, two).await;
    assert_eq!(how["petitions"][0]["owner"], json!(bob.id));
    assert_eq!(four.sign(3, &bob.id).await.status, 202);
    let path = four.path.trim_end_matches("/recovery");
    let owns = |group: &Value| {
        group["members"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["account"] == bob.id.as_str() && one["role"] == "owner")
    };
    node.until(path, &people[3].token, owns).await;
    let log = node.get(&format!("{path}/log"), &people[3].token).await.json();
    assert_eq!((&log["items"][0]["act"], &log["items"][0]["account"]), (&json!("recovered"), &json!(bob.id)));
    let how = node.get(&four.path, &people[3].token).await.json();
    assert_eq!((&how["petitions"], how["signedFor"].is_null()), (&json!([]), true));
    assert_eq!(node.post("/me/unlock", &alice.token, json!({"password": PASSWORD})).await.status, 204);
    node.until(path, &alice.token, owns).await;
}
