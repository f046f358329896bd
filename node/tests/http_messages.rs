//! Contacts, messages and groups between two people of one node.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod http_node;

use http_node::{Node, fresh};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Two {
    _folder: TempDir,
    node: Node,
    alice: String,
    alice_id: String,
    bob: String,
    bob_id: String,
}

/// Alice and Bob, contacts of each other.
async fn two() -> Two {
    let (folder, node) = fresh().await;
    let (alice, bob) = (node.sign_up("alice").await, node.sign_up("bob").await);
    let id = |answer: &http_node::Answer| answer.json()["account"]["id"].as_str().unwrap().to_owned();
    let two =
        Two { _folder: folder, alice_id: id(&alice), alice: alice.token(), bob_id: id(&bob), bob: bob.token(), node };
    two.node.befriend(&two.alice, &two.bob).await;
    for token in [&two.alice, &two.bob] {
        two.node.until("/contacts", token, |page| page["items"][0]["state"] == "accepted").await;
    }
    two
}

#[tokio::test]
async fn a_message_arrives_and_its_sender_sees_how_far_it_came() {
    let Two { node, alice, alice_id, bob, bob_id, .. } = &two().await;
    let id = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";
    let sent = node.post("/chat/send", alice, json!({"to": "bob", "text": "hello <b>", "id": id})).await;
    assert_eq!(sent.status, 201, "{sent:?}");
    let message = sent.json();
    assert_eq!((&message["id"], &message["self"], &message["sender"]), (&json!(id), &json!(true), &json!(alice_id)));
    for (field, value) in [
        ("attachments", json!([])),
        ("replyTo", json!(null)),
        ("reactions", json!([])),
        ("editedAt", json!(null)),
        ("deleted", json!(false)),
    ] {
        assert_eq!(message[field], value, "{field}");
    }
    assert!(message["time"].as_str().unwrap().ends_with('Z'));
    let page = node.until(&format!("/chat/{alice_id}"), bob, |page| page["items"][0]["text"] == "hello <b>").await;
    assert_eq!(
        (&page["items"][0]["id"], &page["items"][0]["self"], &page["next"]),
        (&json!(id), &json!(false), &json!(null))
    );
    let delivered =
        node.until(&format!("/chat/{bob_id}"), alice, |page| page["items"][0]["state"] == "delivered").await;
    assert_eq!(delivered["items"][0]["states"][0]["account"], *bob_id);
    let chats = node.get("/chats", bob).await.json();
    assert_eq!(
        (&chats["items"][0]["kind"], &chats["items"][0]["lastMessage"]["text"], &chats["items"][0]["unread"]),
        (&json!("direct"), &json!("hello <b>"), &json!(1))
    );
    assert_eq!(chats["items"][0]["contact"]["account"], *alice_id);
}

#[tokio::test]
async fn the_same_id_again_answers_the_first_message() {
    let Two { node, alice, alice_id, bob, .. } = &two().await;
    let id = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";
    let first = node.post("/chat/send", alice, json!({"to": "bob", "text": "once", "id": id})).await;
    let again = node.post("/chat/send", alice, json!({"to": "bob", "text": "once", "id": id.to_uppercase()})).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json()["time"], again.json()["time"]);
    let page = node.until(&format!("/chat/{alice_id}"), bob, |page| page["items"][0]["text"] == "once").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn history_comes_in_pages_newest_last() {
    let Two { node, alice, bob_id, .. } = &two().await;
    for number in 0..5 {
        assert_eq!(node.post("/chat/send", alice, json!({"to": bob_id, "text": number.to_string()})).await.status, 201);
    }
    let texts = |page: &Value| {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["text"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let newest = node.get("/chat/bob?limit=2", alice).await.json();
    assert_eq!(texts(&newest), ["3", "4"]);
    let before =
        node.get(&format!("/chat/bob?limit=2&before={}", newest["next"].as_str().unwrap()), alice).await.json();
    assert_eq!(texts(&before), ["1", "2"]);
    let first = node.get(&format!("/chat/bob?limit=2&before={}", before["next"].as_str().unwrap()), alice).await.json();
    assert_eq!((texts(&first), &first["next"]), (vec!["0".to_owned()], &json!(null)));
}

#[tokio::test]
async fn an_invite_is_listed_until_it_is_used_or_revoked() {
    let (_folder, node) = fresh().await;
    let (alice, bob) = (node.sign_up("alice").await.token(), node.sign_up("bob").await.token());
    let invite = node
        .post("/invites", &alice, json!({"kind": "contact", "note": "for bob", "expiresInSeconds": 60}))
        .await
        .json();
    assert!(invite["link"].as_str().unwrap().starts_with(&format!("http://{}/i#v1.", node.host())));
    assert_eq!(node.get("/invites", &alice).await.json()["items"][0]["link"], invite["link"]);
    assert_eq!(node.get("/invites", &bob).await.json()["items"], json!([]));
    let path = format!("/invites/{}", invite["id"].as_str().unwrap());
    assert_eq!(node.delete(&path, &bob).await.status, 404, "not his");
    assert_eq!(node.delete(&path, &alice).await.status, 204);
    assert_eq!(node.get("/invites", &alice).await.json()["items"], json!([]));
    for (body, code) in [
        (json!({"link": "http://x/i#v1.AAAA"}), "INVITE_INVALID"),
        (json!({"link": "nonsense"}), "INVITE_INVALID"),
        (json!({"handle": "bob@12D3"}), "NOT_FOUND"),
        (json!({}), "VALIDATION"),
    ] {
        assert_eq!(node.post("/contacts", &bob, body.clone()).await.code(), code, "{body}");
    }
}

#[tokio::test]
async fn a_group_is_founded_written_to_and_left() {
    let Two { node, alice, alice_id, bob, bob_id, .. } = &two().await;
    let made = node
        .post("/group/create", alice, json!({"name": "ops", "members": ["bob"], "description": "night shift"}))
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let group = made.json();
    let path = format!("/group/{}", group["id"].as_str().unwrap());
    assert_eq!(
        (&group["name"], &group["description"], &group["createdBy"], &group["active"]),
        (&json!("ops"), &json!("night shift"), &json!(alice_id), &json!(true))
    );
    let bobs =
        node.until(&path, bob, |group| group["members"].as_array().is_some_and(|members| members.len() == 2)).await;
    let role = |group: &Value, id: &str| {
        group["members"]
            .as_array()
            .unwrap()
            .iter()
            .find(|member| member["account"] == id)
            .map(|member| member["role"].clone())
    };
    assert_eq!((role(&bobs, alice_id), role(&bobs, bob_id)), (Some(json!("owner")), Some(json!("member"))));
    let sent = node.post("/group/send", bob, json!({"group": "#ops", "text": "on duty"})).await;
    assert_eq!(sent.status, 201, "{sent:?}");
    node.until(&format!("{path}/messages"), alice, |page| page["items"][0]["text"] == "on duty").await;
    assert_eq!(node.post(&format!("{path}/members"), bob, json!({"account": alice_id})).await.code(), "NOT_ADMIN");
    assert_eq!(node.delete(&format!("{path}/members/{alice_id}"), bob).await.code(), "NOT_ADMIN");
    assert_eq!(node.delete(&format!("{path}/members/{alice_id}"), alice).await.code(), "LAST_ADMIN");
    assert_eq!(node.delete(&format!("{path}/members/{bob_id}"), alice).await.status, 204);
    node.until(&path, bob, |group| group["active"] == false).await;
    assert_eq!(
        node.post("/group/send", bob, json!({"group": "ops", "text": "still here?"})).await.code(),
        "NOT_MEMBER"
    );
    assert_eq!(node.get("/groups", alice).await.json()["items"][0]["members"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_reads_the_groups_or_messages_of_others() {
    let Two { node, alice, .. } = &two().await;
    let mallory = node.sign_up("mallory").await.token();
    let group = node.post("/group/create", alice, json!({"name": "secret", "members": []})).await.json();
    let id = group["id"].as_str().unwrap();
    for path in
        [format!("/group/{id}"), format!("/group/{id}/messages"), "/group/secret".to_owned(), "/chat/bob".to_owned()]
    {
        assert_eq!(node.get(&path, &mallory).await.code(), "NOT_FOUND", "{path}");
    }
    assert_eq!(node.post("/group/send", &mallory, json!({"group": id, "text": "x"})).await.code(), "NOT_FOUND");
    assert_eq!(node.delete(&format!("/group/{id}/members/{}", "acc1x"), &mallory).await.code(), "NOT_FOUND");
    assert_eq!(
        node.post(&format!("/group/{id}/members"), &mallory, json!({"account": "bob"})).await.code(),
        "NOT_FOUND"
    );
}
