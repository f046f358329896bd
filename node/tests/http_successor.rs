//! Going on with a group that has come to a halt, over HTTP, between people of one node. The halt and its two days stand in the rows that say since
//! when a device waits.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod http_node;

use http_node::{Node, fresh};
use serde_json::json;
use tidings_crypto::id::{AccountId, ConversationId};
use tidings_protocol::limits::SUCCESSOR_AFTER_MS;
use tidings_protocol::record::conversation::ConversationRecord;
use tidings_protocol::record::{decode, encode};
use tidings_protocol::store::snapshot::Snapshot;
use tidings_protocol::store::table::{Scope, Table};
use tidings_protocol::store::write_set::{Write, WriteSet};

const HOUR_MS: u64 = 3600 * 1000;

/// Since `hours` the device of `account` waits to be let back into the group.
async fn wait_since(node: &Node, account: &str, group: &str, hours: u64) {
    let (account, group): (AccountId, ConversationId) = (account.parse().unwrap(), group.parse().unwrap());
    let (scope, table, key) = (Scope::Account(account), Table::Conversation, group.as_bytes().to_vec());
    let row = node.driver.snapshot().unwrap().get(scope, table, &key).unwrap().unwrap();
    let mut record: ConversationRecord = decode(&row, "test").unwrap();
    record.stranded_since = Some(record.created_at - hours * HOUR_MS);
    node.driver.write(WriteSet(vec![Write { scope, table, key, value: Some(encode(&record)) }])).await.unwrap();
}

// REQ-SUCC-1, REQ-SUCC-2, REQ-SUCC-3
#[tokio::test]
async fn a_halt_is_shown_a_successor_is_opened_after_two_days_and_the_others_come() {
    let (_folder, node) = fresh().await;
    let (alice, bob) = (node.sign_up("alice").await, node.sign_up("bob").await);
    let id = |who: &http_node::Answer| who.json()["account"]["id"].as_str().unwrap().to_owned();
    let (ids, alice, bob) = ([id(&alice), id(&bob)], alice.token(), bob.token());
    node.befriend(&alice, &bob).await;
    node.until("/contacts", &alice, |page| page["items"][0]["state"] == "accepted").await;
    let made = node.post("/group/create", &alice, json!({"name": "club", "members": [ids[1]]})).await.json();
    let group = made["id"].as_str().unwrap();
    let (path, about) = (format!("/group/{group}"), format!("/group/{group}/successor"));
    node.until(&path, &bob, |group| group["members"].as_array().unwrap().len() == 2).await;

    assert_eq!(node.get(&about, &alice).await.json(), json!({"opened": []}));
    let early = node.post(&about, &alice, json!({})).await;
    assert_eq!((early.status, early.code().as_str()), (409, "CONFLICT"));
    wait_since(&node, &ids[0], group, 1).await;
    let how = node.get(&about, &alice).await.json();
    let early = node.post(&about, &alice, json!({})).await;
    assert_eq!(early.status, 409);
    assert!(early.json()["fix"].as_str().unwrap().contains(how["opensAt"].as_str().unwrap()), "{early:?}");
    assert_eq!(node.get(&path, &alice).await.json()["waitingSince"], how["waitingSince"]);
    let waits = node.post("/group/send", &alice, json!({"group": group, "text": "hello?"})).await;
    assert_eq!((waits.status, &waits.json()["state"]), (201, &json!("queued")));

    for account in &ids {
        wait_since(&node, account, group, SUCCESSOR_AFTER_MS / HOUR_MS + 1).await;
    }
    let opened = node.post(&about, &alice, json!({})).await;
    assert_eq!((opened.status, &opened.json()["name"]), (201, &json!("club")), "{opened:?}");
    let successor = opened.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(node.post(&about, &alice, json!({})).await.status, 409, "once");
    for token in [&alice, &bob] {
        node.until(&path, token, |group| group["successor"] == json!(successor)).await;
        node.until(&format!("/group/{successor}"), token, |group| group["members"].as_array().unwrap().len() == 2)
            .await;
    }
    let told = node.get(&about, &bob).await.json();
    assert_eq!((&told["opened"][0]["account"], &told["opened"][0]["group"]), (&json!(ids[0]), &json!(successor)));

    let refused = node.post("/group/send", &bob, json!({"group": group, "text": "here?"})).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "CONFLICT"));
    let held = node.get(&format!("/messages/{}", waits.json()["id"].as_str().unwrap()), &alice).await.json();
    assert!(held["reason"].as_str().unwrap().contains("successor"), "{held}");
    assert_eq!(node.get("/group/nonsense/successor", &bob).await.code(), "NOT_FOUND");
}
