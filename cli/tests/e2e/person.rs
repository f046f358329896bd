//! Somebody with an account, who asks their node over REST.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::{Reply, Request};
use crate::node::Node;

/// What a test waits for happens within milliseconds; on a loaded machine within seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Between looks where no event tells of the change.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The passphrase of everybody in these tests.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A person with a session.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) host: String,
}

impl Person {
    /// The first account of a node.
    pub(crate) fn sign_up(node: &Node, name: &str) -> Self {
        Self::sign_up_with(node, &json!({"name": name, "password": PASSWORD}))
    }

    /// An account made with these fields.
    pub(crate) fn sign_up_with(node: &Node, request: &Value) -> Self {
        let made = node.post("/auth/signup", request).expect(201);
        assert_eq!(made["recoveryKey"].as_str().unwrap().split(' ').count(), 24);
        Self::of_session(node, &made)
    }

    /// Logs in again, which unlocks the account.
    pub(crate) fn log_in(node: &Node, name: &str) -> Self {
        Self::of_session(node, &node.post("/auth/login", &json!({"login": name, "password": PASSWORD})).expect(200))
    }

    fn of_session(node: &Node, session: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let account = &session["account"];
        Self {
            name: text(&account["name"]),
            id: text(&account["id"]),
            token: text(&session["accessToken"]),
            host: node.host(),
        }
    }

    pub(crate) fn ask(&self, request: &Request) -> Reply {
        request.clone().token(&self.token).send(&self.host)
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.ask(&Request::get(path)).expect(200)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.ask(&Request::post(path, body))
    }

    pub(crate) fn delete(&self, path: &str) -> Reply {
        self.ask(&Request::delete(path))
    }

    /// A contact invite's link.
    pub(crate) fn invite(&self) -> String {
        self.post("/invites", &json!({"kind": "contact"})).expect(201)["link"].as_str().unwrap().to_owned()
    }

    /// Makes the two contacts of each other, by a link.
    pub(crate) fn befriend(&self, other: &Self) {
        other.post("/contacts", &json!({"link": self.invite()})).expect(201);
        for (one, two) in [(self, other), (other, self)] {
            one.until("the contact is accepted and has a conversation", || {
                let contact = one.contact(two)?;
                (contact["state"] == "accepted" && contact["conversation"].is_string()).then_some(())
            });
        }
    }

    /// The other one as a contact.
    pub(crate) fn contact(&self, other: &Self) -> Option<Value> {
        items(&self.get("/contacts?limit=200")).into_iter().find(|contact| contact["account"] == other.id.as_str())
    }

    /// Sends a text to a person or, by its id, to a group; gives the message.
    pub(crate) fn send(&self, to: &str, text: &str) -> Value {
        if to.starts_with("cnv1") {
            self.post("/group/send", &json!({"group": to, "text": text})).expect(201)
        } else {
            self.post("/chat/send", &json!({"to": to, "text": text})).expect(201)
        }
    }

    /// The newest messages with a person or in a group, newest last.
    pub(crate) fn messages(&self, with: &str) -> Vec<Value> {
        let path = if with.starts_with("cnv1") {
            format!("/group/{with}/messages?limit=200")
        } else {
            format!("/chat/{with}?limit=200")
        };
        items(&self.get(&path))
    }

    /// Their texts.
    pub(crate) fn texts(&self, with: &str) -> Vec<String> {
        self.messages(with).iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until this text is there, and gives its message.
    pub(crate) fn receive(&self, with: &str, text: &str) -> Value {
        self.until(text, || self.messages(with).into_iter().find(|message| message["text"] == text))
    }

    /// Sends, and waits until all recipients have read it.
    pub(crate) fn deliver(&self, to: &str, text: &str) {
        let id = self.send(to, text)["id"].as_str().unwrap().to_owned();
        self.until(&format!("{text:?} is delivered"), || {
            self.messages(to)
                .into_iter()
                .find(|message| message["id"] == id.as_str() && message["state"] == "delivered")
        });
    }

    /// Looks at each event whether it is so now; fails when it never is.
    pub(crate) fn until<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        // Opened before the first look, so that nothing falls between.
        let mut events = Request::get("/events").token(&self.token).events(&self.host);
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < deadline, "{} waited in vain until {what}", self.name);
            events.next(deadline.min(Instant::now() + LOOK_AGAIN));
        }
    }
}

/// The items of a page.
pub(crate) fn items(page: &Value) -> Vec<Value> {
    page["items"].as_array().unwrap_or_else(|| panic!("no page: {page}")).clone()
}
