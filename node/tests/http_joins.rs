//! Joining groups by link over HTTP, between people of one node: links, requests, the word on them, and what is refused with which code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod http_node;

use http_node::{Answer, Node, fresh};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Three {
    _folder: TempDir,
    node: Node,
    alice: String,
    bob: String,
    bob_id: String,
    carol: String,
    group: String,
}

/// Alice owns the group "ops" and is alone in it; bob and carol know nobody.
async fn three() -> Three {
    let (folder, node) = fresh().await;
    let (alice, bob, carol) = (node.sign_up("alice").await, node.sign_up("bob").await, node.sign_up("carol").await);
    let bob_id = bob.json()["account"]["id"].as_str().unwrap().to_owned();
    let [alice, bob, carol] = [alice, bob, carol].map(|answer| answer.token());
    let made = node.post("/group/create", &alice, json!({"name": "ops"})).await;
    let group = made.json()["id"].as_str().unwrap().to_owned();
    Three { _folder: folder, node, alice, bob, bob_id, carol, group }
}

impl Three {
    async fn link(&self, body: Value) -> Answer {
        let mut request = json!({"kind": "group", "group": "ops"});
        request.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        self.node.post("/invites", &self.alice, request).await
    }

    async fn rule(&self, join: &str) {
        let bearer = format!("Bearer {}", self.alice);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = json!({"join": join}).to_string();
        let answer = self.node.send("PATCH", &format!("/group/{}", self.group), &headers, body.as_bytes()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    async fn join(&self, who: &str, link: &Value) -> Answer {
        self.node.post("/groups/join", who, json!({"link": link})).await
    }

    fn is_member(&self, group: &Value, account: &str) -> bool {
        group["members"].as_array().unwrap().iter().any(|one| one["account"] == account && one["state"] == "member")
    }
}

// REQ-JOIN-2, REQ-JOIN-4
#[tokio::test]
async fn a_link_lets_in_whoever_follows_it_where_the_rule_says_so() {
    let three = three().await;
    let (node, alice, bob) = (&three.node, &three.alice, &three.bob);
    three.rule("link").await;
    let made = three.link(json!({"uses": 2, "note": "for bob"})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let invite = made.json();
    assert_eq!(
        (&invite["kind"], &invite["group"], &invite["approval"]),
        (&json!("group"), &json!(three.group), &json!(false))
    );
    assert!(invite["link"].as_str().unwrap().contains("/i#g1."));
    let answer = three.join(bob, &invite["link"]).await;
    assert_eq!((answer.status, &answer.json()["group"]), (202, &json!(three.group)), "{answer:?}");
    node.until(&format!("/group/{}", three.group), bob, |group| three.is_member(group, &three.bob_id)).await;
    assert_eq!(node.get("/groups/join", bob).await.json()["items"], json!([]));
    assert_eq!(node.get("/contacts", alice).await.json()["items"], json!([]), "nobody became a contact");
    let listed = node.get("/invites", alice).await.json();
    assert_eq!((&listed["items"][0]["link"], &listed["items"][0]["uses"]), (&invite["link"], &json!(1)));
    let again = three.join(bob, &invite["link"]).await;
    assert_eq!((again.status, again.code().as_str()), (409, "CONFLICT"));
    assert!(
        again.json()["detail"].as_str().unwrap().contains("member of this group already")
            && again.json()["fix"].is_string()
    );
    let own = three.join(alice, &invite["link"]).await;
    assert_eq!((own.status, own.json()["fix"].is_string()), (409, true));
}

// REQ-JOIN-3
#[tokio::test]
async fn a_request_is_listed_told_and_accepted_or_declined() {
    let three = three().await;
    let (node, alice, bob, carol) = (&three.node, &three.alice, &three.bob, &three.carol);
    let invite = three.link(json!({"uses": 2, "note": "the club"})).await.json();
    assert_eq!(invite["approval"], true, "the rule of a new group asks");
    for who in [bob, carol] {
        let answer = three.join(who, &invite["link"]).await;
        assert_eq!((answer.status, &answer.json()["state"]), (202, &json!("requested")));
    }
    let page = node.until("/requests", alice, |page| page["items"].as_array().unwrap().len() == 2).await;
    let by = |name: &str| {
        let all = page["items"].as_array().unwrap();
        all.iter().find(|one| one["handle"].as_str().unwrap().starts_with(name)).unwrap().clone()
    };
    let (of_bob, of_carol) = (by("bob@"), by("carol@"));
    assert_eq!(
        (&of_bob["account"], &of_bob["kind"], &of_bob["group"], &of_bob["note"]),
        (&json!(three.bob_id), &json!("group"), &json!(three.group), &json!("the club"))
    );
    assert_eq!(node.get("/requests", bob).await.json()["items"], json!([]));
    let members = node.get(&format!("/group/{}", three.group), alice).await.json()["members"].as_array().unwrap().len();
    assert_eq!(members, 1, "nobody is shown in the group yet");
    let path = |request: &Value, word: &str| format!("/requests/{}/{word}", request["id"].as_str().unwrap());
    assert_eq!(node.post(&path(&of_bob, "accept"), bob, json!({})).await.status, 404, "bob was not asked");
    let accepted = node.post(&path(&of_bob, "accept"), alice, json!({})).await;
    assert_eq!((accepted.status, &accepted.json()["id"]), (200, &json!(three.group)));
    node.until(&format!("/group/{}", three.group), bob, |group| three.is_member(group, &three.bob_id)).await;
    assert_eq!(node.post(&path(&of_carol, "decline"), alice, json!({})).await.status, 204);
    let refused = node.until("/groups/join", carol, |page| page["items"][0]["state"] == "refused").await;
    assert!(refused["items"][0]["reason"].as_str().unwrap().contains("declined"));
    assert_eq!(node.post(&path(&of_carol, "accept"), alice, json!({})).await.code(), "NOT_FOUND");
    assert_eq!(node.get("/requests", alice).await.json()["items"], json!([]));
}

// REQ-JOIN-4, REQ-JOIN-5
#[tokio::test]
async fn what_is_wrong_with_a_link_is_said_with_what_to_do() {
    let three = three().await;
    let (node, bob) = (&three.node, &three.bob);
    for (body, field) in [
        (json!({"kind": "group"}), "group"),
        (json!({"kind": "contact", "group": "ops"}), "group"),
        (json!({"kind": "contact", "approval": true}), "approval"),
    ] {
        let answer = node.post("/invites", &three.alice, body).await;
        assert_eq!((answer.status, answer.json()["fields"][0]["field"].as_str().unwrap()), (422, field));
    }
    assert_eq!(three.link(json!({"group": "nonsense"})).await.code(), "NOT_FOUND");
    let contact = node.post("/invites", &three.alice, json!({"kind": "contact"})).await.json();
    let wrong_way = three.join(bob, &contact["link"]).await;
    assert_eq!((wrong_way.code().as_str(), wrong_way.json()["fix"].is_string()), ("INVITE_INVALID", true));
    let group = three.link(json!({})).await.json();
    let wrong_way = node.post("/contacts", bob, json!({"link": group["link"]})).await;
    assert_eq!((wrong_way.code().as_str(), wrong_way.json()["fix"].is_string()), ("INVITE_INVALID", true));
    for link in ["nonsense", "https://x/i#g1.", "https://x/i#g9.abc"] {
        assert_eq!(three.join(bob, &json!(link)).await.code(), "INVITE_INVALID", "{link}");
    }
    let id = group["id"].as_str().unwrap();
    assert_eq!(node.delete(&format!("/invites/{id}"), &three.alice).await.status, 204);
    assert_eq!(three.join(bob, &group["link"]).await.status, 202);
    let refused = node.until("/groups/join", bob, |page| page["items"][0]["state"] == "refused").await;
    assert!(refused["items"][0]["reason"].as_str().unwrap().contains("revoked"));
    three.rule("invited").await;
    let closed = three.link(json!({})).await;
    assert_eq!((closed.status, closed.code().as_str(), closed.json()["fix"].is_string()), (409, "CONFLICT", true));
    assert!(
        node.get("/invites", &three.alice).await.json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["kind"] == "contact")
    );
}
