//! Bans over HTTP, between people of one node: who imposes and lifts them, what others get to see, and which code an add is refused with.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod http_node;

use http_node::fresh;
use serde_json::{Value, json};

fn accounts(group: &Value, list: &str) -> Vec<String> {
    group[list].as_array().unwrap().iter().map(|one| one["account"].as_str().unwrap().to_owned()).collect()
}

// REQ-BAN-1, REQ-BAN-2
#[tokio::test]
async fn a_ban_is_made_shown_kept_and_lifted() {
    let (_folder, node) = fresh().await;
    let people = [node.sign_up("alice").await, node.sign_up("bob").await, node.sign_up("carol").await];
    let ids = people.iter().map(|answer| answer.json()["account"]["id"].as_str().unwrap().to_owned());
    let ids: Vec<String> = ids.collect();
    let [alice, bob, _] = people.map(|answer| answer.token());
    node.befriend(&bob, &alice).await;
    node.until("/contacts", &alice, |page| page["items"][0]["state"] == "accepted").await;
    let made = node.post("/group/create", &alice, json!({"name": "ops", "members": [ids[1]]})).await;
    let group = format!("/group/{}", made.json()["id"].as_str().unwrap());
    let bans = format!("{group}/bans");
    node.until(&group, &bob, |group| accounts(group, "members").len() == 2).await;

    let refused = node.post(&bans, &bob, json!({"account": ids[2]})).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "NOT_ADMIN"));
    let banned = node.post(&bans, &alice, json!({"account": "bob"})).await;
    assert_eq!((banned.status, accounts(&banned.json(), "banned")), (201, vec![ids[1].clone()]), "{banned:?}");
    assert_eq!(accounts(&banned.json(), "members"), [ids[0].clone()]);
    assert_eq!(banned.json()["banned"][0]["displayName"], "bob");
    node.until(&group, &bob, |group| group["active"] == false).await;

    let again = node.post(&bans, &alice, json!({"account": ids[1]})).await;
    assert_eq!((again.status, again.code().as_str(), again.json()["fix"].is_string()), (409, "CONFLICT", true));
    let added = node.post(&format!("{group}/members"), &alice, json!({"account": "bob"})).await;
    assert_eq!((added.status, added.code().as_str()), (409, "BANNED"));
    assert!(added.json()["fix"].as_str().unwrap().starts_with("lift the ban first"));

    // Carol is nobody's contact and was never in.
    let stranger = node.post(&bans, &alice, json!({"account": ids[2]})).await;
    assert_eq!((stranger.status, accounts(&stranger.json(), "banned").len()), (201, 2));
    assert_eq!(node.post(&bans, &alice, json!({"account": "nobody"})).await.code(), "NOT_FOUND");
    assert_eq!(node.post(&bans, &alice, json!({"account": ids[0]})).await.code(), "NOT_ADMIN", "oneself");
    for who in ["bob", ids[2].as_str()] {
        assert_eq!(node.delete(&format!("{bans}/{who}"), &alice).await.status, 204);
        assert_eq!(node.delete(&format!("{bans}/{who}"), &alice).await.code(), "NOT_FOUND");
    }
    let log = node.get(&format!("{group}/log"), &alice).await.json();
    let acts: Vec<&str> = log["items"].as_array().unwrap().iter().map(|entry| entry["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["unbanned", "unbanned", "banned", "banned", "removed", "added"]);
    assert_eq!(node.post(&format!("{group}/members"), &alice, json!({"account": "bob"})).await.status, 201);
    node.until(&group, &bob, |group| group["active"] == true).await;
}
